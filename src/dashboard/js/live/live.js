// What goes on now: the newest frame by the stream, or by asking each second where there is no stream; the analysis and the
// server's health by asking. Tells its listeners once a screen refresh at most.
import {keyOf} from '../model/values.js';
import {Asker} from './http.js';
import {Stream} from './stream.js';

/** @import {Analysis, LapEvent, LiveSession, SessionData} from '../model/types.js' */
/** @typedef {'connecting' | 'stream' | 'polling' | 'gone'} Link */

const POLL_MS = 1000;
const PATIENCE_MS = 3000; // for the stream to come up or back, before the first question
const ANALYSIS_MS = 2000; // between two questions for it
const HIDDEN_MS = 10000; // after which a tab that is not seen pauses
const SPREAD_MS = 250;
const HEALTH_MS = 15000;
const SOON_MS = 600; // that the analysis waits for the frame it is drawn with

export class Live {
  /** @type {Link} */
  link = 'connecting';
  /** @type {SessionData | null} the newest frame; null: there is no session */
  data = null;
  /** @type {string | null} */
  sessionId = null;
  /** @type {Analysis | null} */
  analysis = null;
  /** @type {LiveSession[]} */
  sessions = [];
  /** @type {any} the body of /health */
  health = null;
  /** @type {Map<string, LapEvent>} each run's newest lap event */
  laps = new Map();
  answered = false; // it is known whether there is a session
  live = true; // the feed still tells this session's laps
  frameAt = 0;
  gaps = 0; // how often the stream came up without going on where it was: laps may have been missed

  #asker = new Asker();
  /** @type {Stream | null} */
  #stream = null;
  /** @type {string | null} */
  #track = null;
  #started = false;
  #up = false;
  #pollTimer = 0;
  #hiddenTimer = 0;
  #analysisTimer = 0;
  #analysisAt = -Infinity;
  #drawing = false;
  #soon = 0;
  #generation = 0; // answers to what was asked before the track changed are not taken
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {Set<(lap: LapEvent) => void>} */
  #lapListeners = new Set();

  start() {
    this.#started = true;
    document.addEventListener('visibilitychange', () => this.#onVisibility());
    this.#connect();
    void this.askHealth();
    setInterval(() => void this.askHealth(), HEALTH_MS);
    setInterval(() => this.#up && this.data !== null && this.askAnalysis(), 5 * ANALYSIS_MS);
  }

  /** @param {() => void} listener @returns {() => void} takes it away again */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Each lap as it is told, without waiting for a screen refresh. @param {(lap: LapEvent) => void} listener */
  onLap(listener) {
    this.#lapListeners.add(listener);
    return () => this.#lapListeners.delete(listener);
  }

  get track() {
    return this.#track;
  }

  /** Follows a track's session; null: the one the server takes by itself. @param {string | null} track */
  follow(track) {
    if (track === this.#track) return;
    this.#track = track;
    if (this.#started) this.#connect();
  }

  changed() {
    if (this.#drawing) return;
    this.#drawing = true;
    clearTimeout(this.#soon);
    this.#soon = 0;
    requestAnimationFrame(() => {
      this.#drawing = false;
      for (const listener of this.#listeners) listener();
    });
  }

  /** With the next frame, if one comes soon: to draw something costs more than what is drawn. */
  #changedSoon() {
    if (!this.#drawing) this.#soon ||= setTimeout(() => this.changed(), SOON_MS);
  }

  get #query() {
    return this.#track === null ? '' : `?track=${this.#track}`;
  }

  #connect() {
    this.#generation += 1;
    this.answered = false;
    this.#forget(null);
    this.data = null;
    this.#open();
    this.changed();
  }

  #open() {
    this.#up = false;
    this.#stream?.close();
    this.#stream = new Stream(`/api/stream${this.#query}`, {
      onUp: (hello) => this.#streamUp(hello?.resumed === true),
      onDown: () => this.#streamDown(),
      onEvent: (name, data) => this.#onEvent(name, data),
    });
    this.#analysisAt = -Infinity;
    this.#pollLater(PATIENCE_MS);
  }

  /** A tab that nobody sees gives its connection back: a browser has six for all tabs of a server. */
  #onVisibility() {
    clearTimeout(this.#hiddenTimer);
    if (document.visibilityState === 'hidden') {
      this.#hiddenTimer = setTimeout(() => this.#pause(), HIDDEN_MS);
    } else if (this.#stream === null) {
      this.#open();
    }
  }

  #pause() {
    this.#stream?.close();
    this.#stream = null;
    this.#up = false;
    clearTimeout(this.#pollTimer);
  }

  /** @param {boolean} resumed */
  #streamUp(resumed) {
    if (!resumed) this.gaps += 1;
    this.#up = true;
    this.link = 'stream';
    clearTimeout(this.#pollTimer);
    this.#pollTimer = 0;
    if (this.data !== null) this.askAnalysis();
    void this.askHealth();
    this.changed();
  }

  #streamDown() {
    this.#pollLater(this.#up ? 1000 : POLL_MS, !this.#up);
    this.#up = false;
  }

  /** @param {string} name @param {any} data */
  #onEvent(name, data) {
    if (name === 'session') this.#takeFrame(data, data.sessionId ?? null);
    else if (name === 'lap') this.#takeLap(data);
    else if (name === 'status') void this.askHealth();
    else this.askAnalysis();
    this.changed();
  }

  /** @param {SessionData} data @param {string | null} sessionId */
  #takeFrame(data, sessionId) {
    this.answered = true;
    this.frameAt = performance.now();
    const none = !sessionId && !data.runs?.length;
    if (sessionId !== this.sessionId) this.#forget(sessionId);
    this.data = none ? null : data;
    if (none && this.#track !== null) void this.#askSessions();
    else if (!none && this.analysis === null) this.askAnalysis();
  }

  /** @param {string | null} sessionId */
  #forget(sessionId) {
    this.sessionId = sessionId;
    this.analysis = null;
    this.laps = new Map();
  }

  /** @param {LapEvent} lap */
  #takeLap(lap) {
    if (lap.sessionId !== this.sessionId) return; // of another track
    this.laps.set(keyOf(lap), lap);
    for (const listener of this.#lapListeners) listener(lap);
    this.askAnalysis();
  }

  /** Soon, and not more often than it may be asked for. */
  askAnalysis() {
    if (this.#analysisTimer) return;
    // All pages hear of a lap at the same moment; they need not ask at the same.
    const wait = Math.max(0, this.#analysisAt + ANALYSIS_MS - performance.now()) + SPREAD_MS * Math.random();
    this.#analysisTimer = setTimeout(() => {
      this.#analysisTimer = 0;
      this.#analysisAt = performance.now();
      void this.#askCurrent();
    }, wait);
  }

  /** @returns {Promise<boolean>} whether the server answered */
  async #askCurrent() {
    const generation = this.#generation;
    let answer;
    try {
      answer = await this.#asker.get(`/api/current${this.#query}`);
    } catch {
      return false;
    }
    if (generation !== this.#generation) return true;
    const {status, body} = answer;
    const waits = this.analysis !== null; // one is shown already
    if (status === 200) {
      // On the stream the newest frame comes by itself, and is newer than this answer's.
      if (!this.#up && (answer.changed || this.data === null)) this.#takeFrame(body.sessionData, body.sessionId);
      if (body.sessionId === this.sessionId) this.analysis = body.analysis;
      else if (this.data !== null) this.askAnalysis(); // a session has just followed another
      this.sessions = body.liveSessions ?? [];
      this.live = body.live !== false;
    } else if (status === 404 && !this.#up) {
      this.#takeFrame({runs: []}, null);
      if (this.#track === null) this.sessions = [];
    }
    if (this.#up && waits) this.#changedSoon();
    else this.changed();
    return true;
  }

  /** On a track without a session: which others there are. */
  async #askSessions() {
    const answer = await this.#asker.get('/api/current').catch(() => null);
    if (answer?.status === 200) this.sessions = answer.body.liveSessions ?? [];
    this.changed();
  }

  /** @param {number} ms @param {boolean} [keep] an earlier date stays */
  #pollLater(ms, keep = false) {
    if (keep && this.#pollTimer) return;
    clearTimeout(this.#pollTimer);
    this.#pollTimer = setTimeout(() => this.#poll(), ms);
  }

  async #poll() {
    const answered = await this.#askCurrent();
    if (this.#up || this.#stream === null) return;
    const link = answered ? 'polling' : 'gone';
    if (link !== this.link) void this.askHealth();
    this.link = link;
    this.changed();
    this.#pollLater(POLL_MS);
  }

  async askHealth() {
    try {
      this.health = (await this.#asker.get('/health', false)).body;
      this.changed();
    } catch {
      // that the server is gone is told by the link
    }
  }
}
