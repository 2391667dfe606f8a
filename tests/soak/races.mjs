// Races without end on several tracks, held against their own truth as each session ends.
import {sessionIsRight} from '../integration/lib/crash.mjs';
import {until} from '../integration/lib/tools.mjs';
import {ScriptedTrack, randomFrom} from '../integration/lib/venue.mjs';

const ROUNDS = [12, 20, 40, 200]; // laps of a session, by track
const TICK_MS = 20;
const NOTICE_MS = 100;
const NAMES = ['Ana Example', 'Bořek Říha', '山田 太郎', 'O\'Neil "Neo" <b>', 'Zoë 🏁', 'Иван', 'a\u0301ccents', '-'];

// A track that lets go of what is over, and whose drivers have other names in each session.
class SoakTrack extends ScriptedTrack {
  next() {
    super.next();
    if (this.sessions.length > 2) this.sessions.shift();
    for (const kart of this.session.karts) {
      const name = NAMES[Math.floor(this.random() * NAMES.length)];
      kart.driver = `${name} ${this.id}-${this.number}-${kart.place}`;
    }
  }
}

export class Races {
  constructor(stage, {feed, daemon, monitor, seed, framesPerSecond}) {
    Object.assign(this, {stage, feed, daemon, monitor, framesPerSecond});
    this.tracks = ROUNDS.map(
      (rounds, i) => new SoakTrack(3 + i, {rounds, random: randomFrom(seed + i), sessionLimit: Infinity}),
    );
    this.checked = []; // ids of sessions that were right, the oldest first
    this.checks = new Set();
    this.turn = 0;
  }

  start() {
    let [last, due] = [performance.now(), 0];
    const tick = () => {
      const now = performance.now();
      // Whoever was held up does not make up for all of it.
      due += Math.min(1, (now - last) / 1000) * this.framesPerSecond;
      last = now;
      for (; due >= 1; due--) this.push();
    };
    this.timer = setInterval(tick, TICK_MS);
    return this.tracks.map((track) => this.stage.repeat(() => this.notice(track), NOTICE_MS));
  }

  stop() {
    clearInterval(this.timer);
  }

  async allChecked() {
    await Promise.all(this.checks);
  }

  push() {
    const track = this.tracks[this.turn++ % this.tracks.length];
    const before = track.session;
    const frame = track.frame();
    if (track.session !== before) this.sessionEnds(before);
    if (!frame) {
      this.stage.count('frames', 'lost on purpose');
      return;
    }
    this.stage.count('frames', this.feed.server && this.feed.clients() > 0 ? 'sent' : 'sent to nobody');
    if (this.feed.server) this.feed.push(frame);
  }

  // What is served is what the track may build on: it loses nothing that has not been told twice.
  async notice(track) {
    const {status, text} = await this.monitor.get(`/api/current?track=${track.id}`);
    if (status !== 200) return;
    const field = (name) => text.match(new RegExp(`"${name}":"?([^",}]*)`))?.[1];
    const session = track.sessions.find((one) => one.event === field('eventName'));
    if (session) session.id = field('sessionId');
    if (field('durable') === 'true') track.noticed = Math.max(track.noticed, Number(field('test_marker') ?? 0));
  }

  sessionEnds(session) {
    const check = this.check(session)
      .catch((error) => this.stage.fail(error))
      .finally(() => this.checks.delete(check));
    this.checks.add(check);
  }

  async check(session) {
    const stored = await until(`${session.id} is complete`, async () => {
      const {status, text} = await this.monitor.get(`/api/sessions/${session.id}`);
      const found = status === 200 && JSON.parse(text);
      return found?.isComplete && found;
    });
    sessionIsRight(stored, session);
    this.checked.push(session.id);
    if (this.checked.length > 200) this.checked.shift();
    this.stage.count('sessions', 'ended and right');
    const laps = stored.runs.reduce((sum, run) => sum + run.laps.length, 0);
    this.stage.count('laps', 'driven and served right', laps);
  }
}
