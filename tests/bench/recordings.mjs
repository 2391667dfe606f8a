// Recordings: races of a given size, written frame by frame, and their replay.
import {closeSync, openSync, writeSync} from 'node:fs';

import {Race} from '../integration/lib/race.mjs';
import {bigField} from '../integration/lib/scene.mjs';
import {sleep} from '../integration/lib/tools.mjs';
import {cpuSeconds} from './ground.mjs';

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

// Sessions one after the other on one track, a frame for each fifth crossing, which is enough to miss no lap.
export function recordDay(file, {sessions, karts, laps}) {
  const recording = new Recording(file);
  const lengthMs = (laps + 2) * (BASE_MS + 2000);
  for (let i = 0; i < sessions; i++) {
    const race = new Race({event: `Session #${i + 1}`, karts: field(karts, laps, i + 1), endAt: Date.now() - (sessions - i) * lengthMs});
    const last = Math.floor((karts * (laps + 1)) / 5);
    for (let frame = 0; frame < last; frame++) {
      skip(race, 4);
      const {at, payload} = race.step();
      recording.add(at, payload);
    }
  }
  return recording.end();
}

// Plays one to its end: {cpu, wall} in seconds, and what `look` finds at the server that has played it.
export async function replay(ground, recording, look = () => ({})) {
  const started = performance.now();
  const daemon = await ground.server({args: ['--replay', recording.file, '--speed', 'max'], env: {LOG_LEVEL: 'info'}});
  const over = () => daemon.output.match(/is over: (\d+) payloads, (\d+) lines skipped|"(\d+) payloads/);
  while (!over()) await sleep(2);
  const [wall, cpu] = [(performance.now() - started) / 1000, cpuSeconds(daemon.child.pid)];
  await sleep(300); // the last of them may wait for the disk
  const {websocket} = await daemon.json('/api/stats');
  const seen = await look(daemon);
  await daemon.stop();
  const [, played] = over();
  if (Number(played) !== recording.frames) throw new Error(`${played} of ${recording.frames} frames were played`);
  if (websocket.applied < recording.frames) throw new Error(`${websocket.applied} of ${recording.frames} frames were taken in: ${JSON.stringify(websocket)}`);
  return {cpu, wall, ...seen};
}
