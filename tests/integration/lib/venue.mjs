// A venue that races on and on, whatever happens to whoever listens: two tracks, a frame for each crossing of the line.
// It knows at any time what every lap may be served as.
import {Race} from './race.mjs';

const KARTS = 10;
const MIN_ROUNDS = 8; // all that a session has to offer fits in

// The same numbers from the same seed.
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

// What one lap was told to be, one after the other: [undefined, 27100, …]; undefined: there is no such lap.
class Slot {
  told = [undefined];
  seen = []; // of each of `told`: when it was first served, and whether that is promised to last
}

class ScriptedSession {
  constructor(track, number, rounds, random) {
    Object.assign(this, {track, number, rounds, random});
    this.event = `Session #${number}`;
    this.slots = new Map(); // by "runId/kartId/lapNum"
    this.runs = new Map(); // by "runId/kartId"
    this.finished = false;
    this.karts = Array.from({length: KARTS}, (_, i) => this.kart(i, i, `Driver ${track}-${i}`));
    this.race = new Race({event: this.event, track, karts: this.karts.map((kart) => ({...kart, laps: []}))});
    this.race.karts = this.karts;
    this.race.lapCount = rounds;
    this.times = this.karts.map(() => []); // of each competitor: by lap number
    this.steps = this.script();
  }

  // Kart numbers are the same on both tracks; the last two are spare.
  kart(competitor, place, driver) {
    const kartNumber = String(place + 1).padStart(2, '0');
    return {
      id: this.track * 1_000_000 + this.number * 100 + competitor,
      kartId: this.track * 100 + place,
      kart: `K${kartNumber}`,
      kartNumber,
      driver,
      place,
    };
  }

  // No two karts have a time in common, so that there is one right order.
  time(index, base = 26000) {
    return base + 16 * Math.floor(this.random() * 150) + this.karts[index].place;
  }

  run(kart) {
    const key = `${kart.id}/${kart.kartId}`;
    if (!this.runs.has(key)) this.runs.set(key, kart);
    return key;
  }

  tell(index, num, time) {
    const state = this.race.states[index];
    const key = `${this.owners[index].findLast(([first]) => first <= num)[1]}/${num}`;
    if (!this.slots.has(key)) this.slots.set(key, new Slot());
    this.slots.get(key).told.push(time);
    this.times[index][num] = time;
    state.last = this.times[index][state.total] ?? null;
    state.prev = this.times[index][state.total - 1] ?? null;
    const known = this.times[index].filter((one) => one !== undefined);
    state.best = known.length ? Math.min(...known) : null;
    state.startedAt = state.passedAt = this.race.at;
  }

  cross(index, base) {
    const state = this.race.states[index];
    state.total += 1;
    if (state.total > 1) this.tell(index, state.total, this.time(index, base));
    else state.startedAt = state.passedAt = this.race.at;
  }

  correct(index) {
    this.tell(index, this.race.states[index].total, this.time(index, 29000));
  }

  // A marshal takes a lap back.
  fall(index) {
    const state = this.race.states[index];
    state.total -= 1;
    this.tell(index, state.total + 1, undefined);
  }

  changeKart(index) {
    const place = KARTS + (index % 2);
    this.karts[index] = this.kart(index, place, this.karts[index].driver);
    this.owners[index].push([this.race.states[index].total + 1, this.run(this.karts[index])]);
  }

  // In a round each kart crosses once, always in the same order: nobody laps anybody.
  script() {
    this.owners = this.karts.map((kart) => [[0, this.run(kart)]]);
    const steps = [{act: () => {}}];
    for (let round = 1; round <= this.rounds; round++) {
      for (let index = 0; index < KARTS; index++) {
        // One frame after the other is lost until kart 3 comes by again: its lap is told as the one before.
        const lost = (round === 5 && index >= 3) || (round === 6 && index < 3);
        const base = round === 3 && index === 1 ? 71000 : undefined; // a spin
        if (round === this.rounds && index === KARTS - 3) steps.push({act: () => (this.finished = true)});
        steps.push({index, lost, act: () => this.cross(index, base)});
        if (round === 4 && index === 2) steps.push({index, act: () => this.correct(index)});
        if (round === 4 && index === 7) steps.push({index, strict: true, act: () => this.changeKart(index)});
        if (round === 6 && index === 5) steps.push({index, act: () => this.fall(index)});
      }
    }
    return steps;
  }

  payload(marker) {
    return this.race.payload({test_marker: marker, ...(this.finished ? {status_string: 'finished'} : {})});
  }

  // The karts as expectedAnalysis takes them: what was told last is right.
  outcome() {
    return [...this.runs].map(([key, kart]) => {
      const laps = [...this.slots]
        .filter(([slot]) => slot.startsWith(`${key}/`))
        .map(([slot, {told}]) => ({num: Number(slot.split('/')[2]), time: told.at(-1)}))
        .filter(({time}) => time !== undefined)
        .sort((a, b) => a.num - b.num);
      return {...kart, firstLap: laps[0]?.num, laps: laps.map(({time}) => time)};
    });
  }
}

// One track: session after session, frame after frame, as long as the feed still tells enough for the right answer.
// A frame has a kart's last and last but one lap, so a kart may cross once without anybody having noticed, not twice.
export class ScriptedTrack {
  constructor(id, {rounds = MIN_ROUNDS, random, sessionLimit = Infinity}) {
    Object.assign(this, {id, rounds, random, sessionLimit});
    this.sessions = [];
    this.number = 0; // of the session under way
    this.marker = 0; // of the newest frame
    this.told = 0; // of the newest frame that told something new
    this.noticed = 0; // the newest frame that was served, promised to last
    this.counts = {sent: 0, lost: 0, clock: 0};
    this.next();
  }

  get session() {
    return this.sessions.at(-1);
  }

  get done() {
    return this.step === this.session.steps.length;
  }

  // Everybody's last lap has been noticed.
  get settled() {
    return this.done && this.noticed >= this.told;
  }

  next() {
    this.number += 1;
    this.sessions.push(new ScriptedSession(this.id, this.number, this.rounds, this.random));
    this.events = this.session.karts.map(() => []); // of each competitor: the frames that tell them
    this.step = 0;
  }

  mayGoOn({index, strict}) {
    if (index === undefined) return true;
    const events = this.events[index];
    return (events.at(strict ? -1 : -2) ?? 0) <= this.noticed;
  }

  // The next frame, or null where it is lost on the way.
  frame() {
    if (this.settled && this.number < this.sessionLimit) this.next();
    const step = this.session.steps[this.step];
    this.marker += 1;
    this.session.race.at = Date.now();
    if (!step || !this.mayGoOn(step)) {
      this.counts.clock += 1; // only time passes
      return this.session.payload(this.marker);
    }
    step.act();
    this.step += 1;
    this.told = this.marker;
    if (step.index !== undefined) this.events[step.index].push(this.marker);
    if (step.lost) this.counts.lost += 1;
    else this.counts.sent += 1;
    return step.lost ? null : this.session.payload(this.marker);
  }
}

// Plays the tracks in turn, 50 to 200 frames a second, to whoever has joined by then.
export class Venue {
  constructor(feed, {seed, rounds, tracks = [3, 4], sessionLimit}) {
    this.feed = feed;
    this.random = randomFrom(seed);
    this.tracks = tracks.map((id) => new ScriptedTrack(id, {rounds, random: randomFrom(seed + id), sessionLimit}));
    this.turn = 0;
  }

  start() {
    const tick = () => {
      const frame = this.tracks[this.turn++ % this.tracks.length].frame();
      if (frame) this.feed.push(frame);
      this.timer = setTimeout(tick, 5 + 15 * this.random());
    };
    this.timer = setTimeout(tick, 0);
  }

  stop() {
    clearTimeout(this.timer);
  }

  track(id) {
    return this.tracks.find((track) => track.id === id);
  }

  // No further session after the ones under way.
  lastSessions(least) {
    for (const track of this.tracks) track.sessionLimit = Math.max(least, track.sessions.length);
  }

  get settled() {
    return this.tracks.every((track) => track.settled && track.sessions.length >= track.sessionLimit);
  }
}
