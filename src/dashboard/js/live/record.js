// One session as the views see it: the live one, or a stored one by its id.
import {LapBook} from '../model/laps.js';
import {buildRows, kartsByKey} from '../model/rows.js';
import {Asker} from './http.js';

/** @import {Analysis, Kart, Row, SessionData} from '../model/types.js' */
/** @import {Live} from './live.js' */

const RELOAD_MS = 60000; // of a live session's record, where laps are not told one by one: the server counts these questions

const PAUSE_MS = 3000; // between two questions that were not answered

export class SessionRecord {
  book = new LapBook();
  error = '';
  loading = false;
  missing = false; // there is no such session
  /** @type {import('../model/types.js').StoredSession | null} */
  stored = null;
  #asker = new Asker();
  #loadedAt = -Infinity;
  #gaps = 0; // of the stream, when the record was read
  /** @type {Analysis | null} */
  #merged = null;
  /** @type {string | null} */
  #loaded = null;
  /** @type {(() => void)[]} */
  #ends = [];

  /**
   * @param {Live} live @param {string | null} sessionId null: the live session, whichever that is
   * @param {() => void} changed
   */
  constructor(live, sessionId, changed) {
    this.live = live;
    this.sessionId = sessionId;
    this.changed = changed;
    if (sessionId === null) {
      this.#ends = [live.listen(() => this.#follow()), live.onLap((lap) => this.book.add(lap))];
    } else {
      this.#ends = [live.listen(() => this.#loadStored(sessionId))];
      this.#loadStored(sessionId);
    }
  }

  close() {
    for (const end of this.#ends) end();
    this.sessionId = this.#loaded = null;
    this.changed = () => {};
  }

  get isLive() {
    return this.sessionId === null;
  }

  /** @returns {string | null} */
  get id() {
    return this.sessionId ?? this.live.sessionId;
  }

  /** @returns {SessionData | null} */
  get data() {
    return this.isLive ? this.live.data : (this.stored?.sessionData ?? null);
  }

  /** @returns {Analysis | null} */
  get analysis() {
    return this.isLive ? this.live.analysis : (this.stored?.analysis ?? null);
  }

  /** @returns {Row[]} */
  rows() {
    return buildRows(this.data, this.analysis, this.isLive ? this.live.laps : undefined);
  }

  /** @returns {Map<string, Kart>} */
  karts() {
    return kartsByKey(this.analysis);
  }

  /** Laps of the live session are read once, and then added as they are told. */
  wantLaps() {
    const {sessionId} = this.live;
    if (!this.isLive || sessionId === null || this.loading) return;
    const known = this.#loaded === sessionId && this.#gaps === this.live.gaps;
    const age = performance.now() - this.#loadedAt;
    if (known ? this.live.link !== 'stream' && age > RELOAD_MS : age > PAUSE_MS) void this.#load(sessionId);
  }

  /** Until there is an answer: the server may be gone for a moment, or be asked too much. @param {string} sessionId */
  #loadStored(sessionId) {
    const settled = this.stored !== null || this.missing || this.loading;
    if (!settled && performance.now() - this.#loadedAt > PAUSE_MS) void this.#load(sessionId);
  }

  #follow() {
    if (this.#loaded !== null && this.#loaded !== this.live.sessionId) {
      this.book = new LapBook();
      this.#loaded = null;
    }
    if (this.#loaded === null || this.live.analysis === this.#merged) return;
    this.#merged = this.live.analysis;
    this.book.merge(this.karts().values());
  }

  /** @param {string} sessionId */
  async #load(sessionId) {
    this.loading = true;
    this.#loadedAt = performance.now();
    this.#gaps = this.live.gaps;
    try {
      const {status, body} = await this.#asker.get(`/api/sessions/${encodeURIComponent(sessionId)}`);
      if (this.id !== sessionId) return;
      if (status === 200) {
        this.error = '';
        this.#loaded = sessionId;
        this.book.load(body);
        for (const lap of this.live.laps.values()) if (this.isLive) this.book.add(lap);
        if (!this.isLive) this.stored = body;
      } else {
        this.missing = status === 404;
        this.error = this.missing ? 'This session is not stored here.' : String(body?.error ?? `Error ${status}`);
      }
    } catch {
      this.error = 'The server did not answer.';
    } finally {
      this.loading = false;
      this.changed();
    }
  }
}
