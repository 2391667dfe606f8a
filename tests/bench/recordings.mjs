// Recordings to replay: races of a given size, written frame by frame.
import {closeSync, openSync, writeSync} from 'node:fs';

import {Race} from '../integration/lib/race.mjs';
import {bigField} from '../integration/lib/scene.mjs';

const BASE_MS = 27000;

export const field = (karts, laps, track = 1) => bigField({count: karts, laps, base: BASE_MS, from: 1000 * track});

export class Recording {
  constructor(file) {
    this.fd = openSync(file, 'w');
    Object.assign(this, {file, frames: 0, bytes: 0, pending: []});
  }

  add(at, payload) {
    const line = `${JSON.stringify({t: at, payload})}\n`;
    this.pending.push(line);
    this.frames += 1;
    this.bytes += line.length;
    if (this.pending.length === 64) this.flush();
  }

  flush() {
    writeSync(this.fd, this.pending.join(''));
    this.pending = [];
  }

  end() {
    this.flush();
    closeSync(this.fd);
    return this;
  }
}

// Crossings of which no frame tells but a later one.
export function skip(race, crossings) {
  race.payload = () => null;
  for (let i = 0; i < crossings; i++) race.step();
  delete race.payload;
}

// A race of one lap a frame.
export function recordRace(file, {karts, frames}) {
  const race = new Race({karts: field(karts, Math.ceil(frames / karts) + 1)});
  const recording = new Recording(file);
  for (let i = 0; i < frames; i++) {
    const {at, payload} = race.step();
    recording.add(at, payload);
  }
  return recording.end();
}

// The same on several tracks of one channel, in turn.
export function recordTracks(file, {tracks, karts, frames}) {
  const laps = Math.ceil(frames / tracks / karts) + 1;
  const races = Array.from({length: tracks}, (_, i) => {
    return new Race({event: `Session ${i}`, track: i + 1, karts: field(karts, laps, i + 1), gridMs: 700 + i});
  });
  const recording = new Recording(file);
  const start = races[0].startAt;
  let at = start;
  for (let i = 0; i < frames; i++) {
    const race = races[i % tracks];
    const {payload, at: of} = race.step();
    at = Math.max(at, of - race.startAt + start);
    recording.add(at, payload);
  }
  return recording.end();
}
