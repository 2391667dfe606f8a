// Reads everything the server serves, all the time, and holds it to it: what was served once is served for ever, unless
// the race itself has changed it.
import assert from 'node:assert/strict';

import {sleep} from './tools.mjs';

const NOT_DURABLE = 'marked as not durable'; // so the log says where the disk cannot follow

// What a client sees of a server that is killed in the middle of an answer.
const isGone = (error) => ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(error.code);

export class Witness {
  // until: of what another witness has seen before that moment; nothing is added to it.
  // doubtful: of that, only what was said to be durable.
  constructor(daemon, venue, {random, until, doubtful = false}) {
    Object.assign(this, {daemon, venue, random, doubtful});
    this.readOnly = until !== undefined;
    this.clock = until ?? 0; // counts what happens, to tell what came before what
    this.life = {output: 0};
    this.ids = new Map(); // session id → the scripted session
    this.counts = {answers: 0, lapsRead: 0, lapsServed: 0, lapsHeld: 0};
  }

  // ---- lives of the server

  // Call it once the process is gone. Where the log says that laps were not durable, only those that were said to be so
  // count.
  lifeEnds() {
    this.life.notDurable = this.hasDoubts();
    if (this.life.notDurable) this.forget(this.life);
    this.life = {output: this.daemon.output.length};
  }

  hasDoubts() {
    return this.daemon.output.includes(NOT_DURABLE, this.life.output);
  }

  // The server has said so: whatever it served before counts.
  allIsDurable() {
    this.life.output = this.daemon.output.length;
  }

  forget(life) {
    for (const session of this.sessions()) {
      if (session.id?.life === life && !session.id.durable) {
        this.ids.delete(session.id.text);
        session.id = undefined;
      }
      for (const slot of session.slots.values())
        slot.seen.forEach((seen, i) => seen?.life === life && !seen.durable && delete slot.seen[i]);
    }
  }

  sessions() {
    return this.venue.tracks.flatMap((track) => track.sessions);
  }

  // ---- what is remembered

  // How far a lap had come in what was served before `since`.
  floor(slot, since) {
    let floor = 0;
    slot.seen.forEach((seen, i) => {
      if (seen && seen.clock <= since && (seen.durable || !this.doubtful)) floor = Math.max(floor, i);
    });
    return floor;
  }

  remembers(view) {
    return !this.readOnly && (view.durable || !view.life.notDurable);
  }

  lap(view, session, key, time) {
    const slot = session.slots.get(key);
    const what = `${session.id?.text}: lap ${key} in ${view.target}`;
    assert.ok(slot, `${what}: ${time} ms, which nobody has driven`);
    const floor = this.floor(slot, view.since);
    const at = slot.told.indexOf(time, floor);
    assert.ok(at >= 0, `${what} is ${time}; the feed told ${slot.told}, and number ${floor} of it was served before`);
    if (time !== undefined) this.counts.lapsRead += 1;
    if (floor > 0) this.counts.lapsHeld += 1;
    const seen = slot.seen[at];
    if (seen) seen.durable ||= view.durable && !this.readOnly;
    else if (this.remembers(view)) {
      slot.seen[at] = {clock: ++this.clock, durable: view.durable, life: view.life};
      if (time !== undefined) this.counts.lapsServed += 1;
    }
  }

  // All laps of a run, or the valid ones alone (then a lap that is not there says nothing).
  laps(view, session, key, laps, {all}) {
    const nums = laps.map(({lapNum}) => lapNum);
    assert.equal(new Set(nums).size, nums.length, `${view.target}: a lap twice in ${key}: ${nums}`);
    for (const lap of laps) this.lap(view, session, `${key}/${lap.lapNum}`, lap.timeRaw ?? lap.time);
    if (!all) return;
    for (const [slot] of session.slots)
      if (slot.startsWith(`${key}/`) && !nums.includes(Number(slot.split('/')[2]))) this.lap(view, session, slot);
  }

  // The scripted session an id stands for: one for each.
  session(view, id, trackId, event) {
    const session = this.venue.track(trackId)?.sessions.find((one) => one.event === event);
    assert.ok(session, `${view.target}: ${id} is about "${event}" on track ${trackId}, which nobody has raced`);
    if (session.id) assert.equal(id, session.id.text, `${view.target}: a second session for "${event}"`);
    else if (this.remembers(view)) session.id = {text: id, life: view.life, clock: ++this.clock};
    if (session.id && !this.readOnly) {
      session.id.durable ||= view.durable;
      this.ids.set(id, session);
    }
    return session;
  }

  // ---- reading

  // null: the server was not there.
  async get(target) {
    const view = {target, since: this.clock, life: this.life};
    try {
      view.answer = await this.daemon.get(target);
    } catch (error) {
      if (isGone(error)) return null;
      throw error;
    }
    this.counts.answers += 1;
    view.found = view.answer.status === 200;
    assert.ok(view.found || view.answer.status === 404, `${target} → ${view.answer.status} ${view.answer.text}`);
    if (view.found) view.json = view.answer.json;
    view.durable = view.json?.durable === true;
    return view;
  }

  // Something of this session was promised before the view was asked for.
  static promised(view, session) {
    return session?.id && session.id.clock <= view.since;
  }

  async readCurrent(track) {
    const session = track.sessions.find((one) => one.id);
    const view = await this.get(`/api/current?track=${track.id}`);
    if (!view) return false;
    assert.ok(view.found || !Witness.promised(view, session), `${view.target} → 404, though it was there before`);
    if (!view.found) return true;
    const {sessionId, analysis, sessionData} = view.json;
    const current = this.session(view, sessionId, track.id, analysis.summary.eventName);
    for (const kart of analysis.karts)
      this.laps(view, current, `${kart.runId}/${kart.kartId}`, kart.lapHistory, {all: false});
    // Its frame is taken in as a whole, and so is every one before it.
    if ((view.durable || this.trusting) && !this.readOnly)
      track.noticed = Math.max(track.noticed, sessionData.test_marker ?? 0);
    return true;
  }

  async readKart(track, index) {
    const kart = track.session.karts[index];
    const view = await this.get(`/api/kart/${kart.kart}?track=${track.id}`);
    if (!view) return false;
    // A kart that is unknown to the session: it may have begun a moment ago.
    if (view.found) {
      const {runId, kartId, realtimeLapHistory} = view.json;
      const key = `${runId}/${kartId}`;
      const session = track.sessions.find((one) => one.runs.has(key));
      assert.ok(session, `${view.target}: run ${key}, which nobody drives`);
      this.laps(view, session, key, realtimeLapHistory, {all: true});
    }
    return true;
  }

  async readSession(id) {
    const known = this.ids.get(id);
    const view = await this.get(`/api/sessions/${id}`);
    if (!view) return false;
    assert.ok(view.found || !Witness.promised(view, known) || !this.hasLaps(known, view), `${view.target} → 404`);
    if (!view.found) return true;
    const {sessionId, eventName, trackConfigId, runs} = view.json;
    assert.equal(sessionId, id);
    const session = this.session(view, id, trackConfigId, eventName);
    const keys = runs.map((run) => `${run.runId}/${run.kartId}`);
    assert.equal(new Set(keys).size, keys.length, `${view.target}: a run twice in ${keys}`);
    runs.forEach((run, i) => this.laps(view, session, keys[i], run.laps, {all: true}));
    for (const [slot] of session.slots)
      if (!keys.some((key) => slot.startsWith(`${key}/`))) this.lap(view, session, slot);
    return true;
  }

  hasLaps(session, view) {
    return [...session.slots.values()].some((slot) => slot.told[this.floor(slot, view.since)] !== undefined);
  }

  // Nobody is listed twice, nobody unknown, and everybody who was there when the server was started.
  async readListing({complete}) {
    const known = complete ? [...this.ids] : [];
    const view = await this.get('/api/sessions');
    if (!view) return false;
    const ids = view.json.sessions.map((one) => one.sessionId);
    assert.equal(new Set(ids).size, ids.length, `a session is listed twice: ${ids}`);
    assert.equal(view.json.total, ids.length);
    for (const one of view.json.sessions) this.session(view, one.sessionId, one.trackConfigId, one.eventName);
    for (const [id, session] of known)
      assert.ok(ids.includes(id) || !this.hasLaps(session, view), `${id} is not listed: ${ids}`);
    return true;
  }

  // Everything. False: the server went away meanwhile.
  async readAll({complete = true} = {}) {
    if (!(await this.readListing({complete}))) return false;
    for (const track of this.venue.tracks) if (!(await this.readCurrent(track))) return false;
    for (const id of [...this.ids.keys()]) if (!(await this.readSession(id))) return false;
    return true;
  }

  // ---- all the time

  start() {
    this.watching = true;
    const {random} = this;
    const loops = [
      ...this.venue.tracks.map((track) => () => this.readCurrent(track)),
      () => {
        const track = this.venue.tracks[Math.floor(random() * this.venue.tracks.length)];
        return this.readKart(track, Math.floor(random() * track.session.karts.length));
      },
      async () => {
        const newest = [...this.ids.keys()].slice(-4);
        if (newest.length) await this.readSession(newest[Math.floor(random() * newest.length)]);
      },
      () => this.readListing({complete: false}),
    ];
    this.loops = loops.map(async (read) => {
      try {
        while (this.watching) {
          await read();
          await sleep(3);
        }
      } catch (error) {
        this.fault ??= error;
        this.watching = false;
      }
    });
  }

  async stop() {
    this.watching = false;
    await Promise.all(this.loops ?? []);
    this.check();
  }

  check() {
    if (this.fault) throw this.fault;
  }
}
