// The push stream. Reconnects by itself; says when it is up and when it is not, and leaves the rest to whoever listens.

const SILENCE_MS = 40000; // two heartbeats and a half
const REOPEN_MS = 10000; // after an answer that is no stream

/**
 * @typedef {{onUp: (hello: any) => void, onDown: () => void, onEvent: (name: string, data: any) => void}} Listener
 */

const EVENTS = ['session', 'lap', 'sessionStart', 'sessionEnd', 'status'];

export class Stream {
  /** @type {EventSource | null} */
  #source = null;
  #heard = 0;
  #timer = 0;
  #closed = false;

  /** @param {string} url @param {Listener} listener */
  constructor(url, listener) {
    this.url = url;
    this.listener = listener;
    this.#open();
    this.#timer = setInterval(() => this.#check(), 5000);
  }

  #open() {
    this.#source?.close();
    const source = new EventSource(this.url);
    this.#source = source;
    this.#heard = Date.now();
    source.addEventListener('connected', (event) => this.#hear(event, this.listener.onUp));
    source.addEventListener('heartbeat', () => (this.#heard = Date.now()));
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => this.#hear(event, (data) => this.listener.onEvent(name, data)));
    }
    source.addEventListener('error', () => {
      this.listener.onDown();
      // The browser tries again where the connection broke, but not where the answer was no stream.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.#reopen(source), REOPEN_MS);
    });
  }

  /** @param {EventSource} source */
  #reopen(source) {
    if (!this.#closed && this.#source === source) this.#open();
  }

  /** @param {MessageEvent} event @param {(data: any) => void} then */
  #hear(event, then) {
    this.#heard = Date.now();
    let data;
    try {
      data = JSON.parse(event.data);
    } catch {
      return; // half an event, from something in between
    }
    then(data);
  }

  #check() {
    if (this.#source?.readyState !== EventSource.OPEN || Date.now() - this.#heard < SILENCE_MS) return;
    this.listener.onDown();
    this.#open();
  }

  close() {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#source?.close();
    this.#source = null;
  }
}
