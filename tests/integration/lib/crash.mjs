// What the tests of kills and full disks share: a race, its witness, and a look at the storage folder.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {existsSync, readFileSync, readdirSync, statSync} from 'node:fs';
import path from 'node:path';

import {Daemon} from './daemon.mjs';
import {assertAnalysis} from './expected.mjs';
import {feedSettings, startFeed} from './feeds.mjs';
import {atEnd, until} from './tools.mjs';
import {Venue, randomFrom} from './venue.mjs';
import {Witness} from './witness.mjs';

const ROUNDS = Number(process.env.CRASH_ROUNDS || 8);
const SEED = Number(process.env.CRASH_SEED || Math.floor(Math.random() * 1_000_000));

export const MANY_SESSIONS = {MAX_SESSIONS: 10000, LOG_LEVEL: 'info'};

// A venue at race, a server that follows it, and a witness of all it serves.
export async function startRace(t, {env = {}, dir, rounds = ROUNDS, sessionLimit, seed = SEED} = {}) {
  t.diagnostic(`CRASH_SEED=${seed}`);
  const feed = await startFeed(t, 'socketio4');
  const daemon = await Daemon.start(t, {env: feedSettings(feed, {...MANY_SESSIONS, ...env}), dir});
  const venue = new Venue(feed, {seed, rounds, sessionLimit});
  const witness = new Witness(daemon, venue, {random: randomFrom(seed + 1000)});
  atEnd(t, () => witness.stop());
  atEnd(t, () => venue.stop());
  venue.start();
  witness.start();
  return {feed, daemon, venue, witness, random: randomFrom(seed + 2000)};
}

// Waits while the witness watches: a fault that it finds ends the wait.
export function watched({witness, daemon}, what, probe, options) {
  return until(
    what,
    () => {
      if (witness.fault) return true;
      return probe();
    },
    {describe: () => daemon.tail(), ...options},
  ).then((found) => {
    witness.check();
    return found;
  });
}

export const raceGoesOn = (scene, laps) => {
  const enough = scene.witness.counts.lapsServed + laps;
  return watched(scene, `${laps} more laps are served`, () => scene.witness.counts.lapsServed >= enough);
};

export const raceIsOver = (scene) =>
  watched(scene, 'every session under way is over', () => scene.venue.settled, {deadlineMs: 180000});

export async function kill(scene) {
  await scene.daemon.kill9();
  scene.witness.lifeEnds();
}

// Everything that was served until now, asked for once more.
export async function allIsThere(scene) {
  assert.ok(await scene.witness.readAll(), 'the server answers all along');
  scene.witness.check();
}

// Every run and every lap of a stored session, and its analysis, against what was driven.
export function sessionIsRight(stored, session) {
  const karts = session.outcome();
  assertAnalysis(stored.analysis, karts);
  const laps = (list) => list.map((lap) => [lap.lapNum, lap.timeRaw]);
  for (const kart of karts) {
    const run = stored.runs.find((one) => one.runId === kart.id && one.kartId === kart.kartId);
    assert.deepEqual(
      laps(run.laps),
      kart.laps.map((time, i) => [kart.firstLap + i, time]),
    );
  }
  assert.equal(stored.runs.length, karts.length, 'no run too many');
  assert.equal(stored.isComplete, true);
}

export async function sessionsAreRight(daemon, venue, witness) {
  const expected = venue.tracks.flatMap((track) => track.sessions);
  const {sessions} = await daemon.json('/api/sessions');
  assert.equal(sessions.length, expected.length, 'as many sessions as were raced');
  for (const session of expected) {
    const stored = await daemon.json(`/api/sessions/${session.id.text}`);
    sessionIsRight(stored, session);
  }
  witness.check();
}

// Runs a program to its end while the race goes on.
export const run = (program, args, statuses) =>
  new Promise((resolve, reject) => {
    execFile(program, args, (error, stdout, stderr) => {
      if (statuses.includes(error ? error.code : 0)) resolve();
      else reject(new Error(`${program} ${args.join(' ')} → ${error?.code}: ${stderr}`));
    });
  });

// ---- the storage folder

const filesOf = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, {withFileTypes: true, recursive: true})
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    : [];

const parsed = new Map();

// Session files are whole whatever happens; what was being written has another name.
export function filesAreWhole(folder) {
  const saved = (name) => name.endsWith('.json') && !path.basename(name).startsWith('.tmp-');
  for (const file of filesOf(folder).filter(saved)) {
    const {ino, mtimeMs, size} = statSync(file);
    const state = `${ino} ${mtimeMs} ${size}`;
    if (parsed.get(file) === state) continue;
    assert.doesNotThrow(() => JSON.parse(readFileSync(file, 'utf8')), `${file} is whole`);
    parsed.set(file, state);
  }
}

// After a polite stop nothing is left half done, and nothing was damaged. Only a record that was being written when the
// power failed may be torn, and that is the last of its file.
export function folderIsClean(daemon) {
  filesAreWhole(daemon.file());
  assert.deepEqual(filesOf(daemon.file('quarantine')), [], 'nothing had to be put aside');
  for (const file of filesOf(daemon.file('sessions')))
    assert.match(path.basename(file), /^session-[a-zA-Z0-9-]+\.json$/);
  for (const file of filesOf(daemon.file('journal'))) {
    const records = readFileSync(file, 'utf8').split('\n');
    records.pop(); // empty, or torn
    for (const record of records) {
      assert.match(record, /^[0-9a-f]{16} \{/, `${file}: ${record}`);
      JSON.parse(record.slice(17));
    }
  }
}
