// kill -9 at any moment: what was served is served again, under the same session id, once.
// CRASH_KILLS (12), CRASH_SEED (random, told at the start) and CRASH_ROUNDS (laps of a session) can be set.
import assert from 'node:assert/strict';
import {execFile, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {assertAnalysis} from './lib/expected.mjs';
import {feedSettings, startFeed} from './lib/feeds.mjs';
import {Race} from './lib/race.mjs';
import {listed, settle, smallField, startScene} from './lib/scene.mjs';
import {atEnd, sleep, tempDir, until} from './lib/tools.mjs';
import {Venue, randomFrom} from './lib/venue.mjs';
import {Witness} from './lib/witness.mjs';

const KILLS = Number(process.env.CRASH_KILLS || 12);
const ROUNDS = Number(process.env.CRASH_ROUNDS || 8);
const SEED = Number(process.env.CRASH_SEED || Math.floor(Math.random() * 1_000_000));

const MANY_SESSIONS = {MAX_SESSIONS: 10000, LOG_LEVEL: 'info'};

// A venue at race, a server that follows it, and a witness of all it serves.
async function startRace(t, {env = {}, dir, rounds = ROUNDS, sessionLimit, seed = SEED} = {}) {
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
function watched({witness, daemon}, what, probe, options) {
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

const raceGoesOn = (scene, laps) => {
  const enough = scene.witness.counts.lapsServed + laps;
  return watched(scene, `${laps} more laps are served`, () => scene.witness.counts.lapsServed >= enough);
};

const raceIsOver = (scene) =>
  watched(scene, 'every session under way is over', () => scene.venue.settled, {deadlineMs: 180000});

async function kill(scene) {
  await scene.daemon.kill9();
  scene.witness.lifeEnds();
}

// Everything that was served until now, asked for once more.
async function allIsThere(scene) {
  assert.ok(await scene.witness.readAll(), 'the server answers all along');
  scene.witness.check();
}

async function sessionsAreRight(daemon, venue, witness) {
  const expected = venue.tracks.flatMap((track) => track.sessions);
  const {sessions} = await daemon.json('/api/sessions');
  assert.equal(sessions.length, expected.length, 'as many sessions as were raced');
  for (const session of expected) {
    const stored = await daemon.json(`/api/sessions/${session.id.text}`);
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
  witness.check();
}

// Runs a program to its end while the race goes on.
const run = (program, args, statuses) =>
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
function filesAreWhole(folder) {
  for (const file of filesOf(folder).filter((name) => name.endsWith('.json'))) {
    const {ino, mtimeMs, size} = statSync(file);
    const state = `${ino} ${mtimeMs} ${size}`;
    if (parsed.get(file) === state) continue;
    assert.doesNotThrow(() => JSON.parse(readFileSync(file, 'utf8')), `${file} is whole`);
    parsed.set(file, state);
  }
}

// After a polite stop nothing is left half done, and nothing was damaged. Only a record that was being written when the
// power failed may be torn, and that is the last of its file.
function folderIsClean(daemon) {
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

// ---- the tests

test('kill -9 five times in mid-race', async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const {daemon, feed} = scene;
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  // The first part ends with the very first lap: no file has it yet when the server is killed.
  const parts = [6, 9, 13, 17, 20, frames.length];
  let from = 0;
  let id;
  for (const to of parts) {
    feed.pushAll(frames.slice(from, to));
    from = to;
    const wanted = frames[to - 1].payload.data.runs.map((run) => [run.kart, run.total_laps]);
    const current = await until(
      'the laps are served',
      async () => {
        const served = await daemon.json('/api/current');
        const counts = served.sessionData.runs.map((run) => [run.kart, run.total_laps]);
        return JSON.stringify(counts) === JSON.stringify(wanted) && served.durable && served;
      },
      {describe: () => daemon.tail()},
    );
    id ??= current.sessionId;
    assert.equal(current.sessionId, id, 'the session goes on under its id');
    if (to === frames.length) break;

    const before = await daemon.json(`/api/sessions/${id}`);
    await daemon.kill9();
    await daemon.restart();
    const after = await daemon.json(`/api/sessions/${id}`);
    assert.ok(
      before.runs.some((run) => run.laps.length > 0),
      'there is something to lose',
    );
    const laps = ({runs}) =>
      runs
        .filter((run) => run.laps.length > 0)
        .map(({runId, kartId, driverName, totalLaps, missedLaps, laps: list}) => {
          return {runId, kartId, driverName, totalLaps, missedLaps, list};
        });
    assert.deepEqual(laps(after), laps(before), 'every lap is there again');
    await daemon.connected();
    await feed.ready();
  }
  const current = await settle(scene, race);
  assertAnalysis(current.analysis, race.karts);
  await listed(scene, 1);
  await daemon.stop();
  folderIsClean(daemon);
});

test(`kill -9 at ${KILLS} random moments of a race on two tracks`, async (t) => {
  const started = Date.now();
  const scene = await startRace(t);
  const {daemon, venue, witness, random} = scene;
  for (let kill_ = 0; kill_ < KILLS; kill_++) {
    // At times the server is killed while everything is asked for once more, or before.
    if (random() < 0.6) await allIsThere(scene);
    await sleep(random() * 300);
    await kill(scene);
    filesAreWhole(daemon.file());
    await daemon.restart();
  }
  await allIsThere(scene);
  venue.lastSessions(2);
  await raceIsOver(scene);
  venue.stop();
  await witness.stop();
  await allIsThere(scene);
  await sessionsAreRight(daemon, venue, witness);
  assert.equal((await daemon.json('/health')).storage.quarantined, 0);
  await daemon.stop();
  folderIsClean(daemon);

  const {answers, lapsServed, lapsHeld, lapsRead} = witness.counts;
  const frames = venue.tracks.map((track) => track.counts);
  const sum = (name) => frames.reduce((all, one) => all + one[name], 0);
  assert.ok(lapsServed > 0 && lapsHeld > 0);
  t.diagnostic(
    `${KILLS} kills in ${Math.round((Date.now() - started) / 1000)} s; ` +
      `${venue.tracks.map((track) => track.sessions.length).join(' + ')} sessions; ` +
      `${sum('sent')} frames of laps, ${sum('lost')} lost on the way, ${sum('clock')} of the clock; ` +
      `${lapsServed} laps served, held to it ${lapsHeld} times, in ${answers} answers with ${lapsRead} laps`,
  );
});

test('kill -9 while the server starts changes nothing', async (t) => {
  const scene = await startRace(t, {sessionLimit: 1});
  const {daemon, venue, witness, random} = scene;
  await raceGoesOn(scene, 60);
  await kill(scene);
  venue.stop();
  await witness.stop();
  const began = Date.now();
  await daemon.restart();
  const startMs = Date.now() - began;
  const before = new Map();
  for (const id of witness.ids.keys()) before.set(id, (await daemon.json(`/api/sessions/${id}`)).runs);
  await allIsThere(scene);
  for (let i = 0; i < 10; i++) {
    await kill(scene);
    daemon.spawn();
    await sleep(random() * startMs);
  }
  await kill(scene);
  await daemon.restart();
  await allIsThere(scene);
  for (const [id, runs] of before) assert.deepEqual((await daemon.json(`/api/sessions/${id}`)).runs, runs);
  witness.start();
  venue.start();
  await raceIsOver(scene);
  venue.stop();
  await witness.stop();
  await sessionsAreRight(daemon, venue, witness);
  await daemon.stop();
  folderIsClean(daemon);
});

test('a tar of the folder, taken in mid-race without stopping anything, has all that was served before', async (t) => {
  const scene = await startRace(t, {sessionLimit: 2});
  const {daemon, venue, witness} = scene;
  const nobody = await startFeed(t, 'raw');
  await nobody.stop();
  for (let i = 0; i < 4; i++) {
    await raceGoesOn(scene, 15);
    const dir = tempDir(t);
    const archive = path.join(dir, 'backup.tar');
    const since = witness.clock;
    const known = [...witness.ids].filter(([, session]) => session.id.clock <= since);
    // 1: files changed while they were read, as is to be expected of a journal.
    await run('tar', ['-cf', archive, '-C', daemon.dir, 'storage'], [0, 1]);
    await run('tar', ['-xf', archive, '-C', dir], [0]);
    filesAreWhole(path.join(dir, 'storage'));

    const copy = await Daemon.start(t, {dir, env: feedSettings(nobody, MANY_SESSIONS)});
    const reader = new Witness(copy, venue, {until: since, doubtful: witness.hasDoubts()});
    reader.ids = new Map(known);
    assert.ok(await reader.readAll());
    assert.equal((await copy.json('/health')).storage.quarantined, 0);
    await copy.stop();
  }
  await raceIsOver(scene);
  await sessionsAreRight(daemon, venue, witness);
});

test('a disk that is full loses nothing, and says so', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root, to mount a small disk');
  const dir = tempDir(t);
  const storage = path.join(dir, 'storage');
  mkdirSync(storage);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0750', 'tmpfs', storage], {encoding: 'utf8'});
  if (mounted.error || mounted.status !== 0) return t.skip(`no small disk can be mounted: ${mounted.stderr}`);
  atEnd(t, () => assert.equal(spawnSync('umount', ['-l', storage]).status, 0));

  const scene = await startRace(t, {dir});
  const {daemon, venue, witness} = scene;
  await raceGoesOn(scene, 20);
  const filler = path.join(storage, 'filler');
  const full = () => {
    for (const size of [1 << 20, 1 << 16, 1 << 12])
      try {
        for (;;) writeFileSync(filler, Buffer.alloc(size, 'x'), {flag: 'a'});
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error;
      }
  };
  full();
  const health = await watched(scene, '/health says what is wrong', async () => {
    full(); // files that are replaced leave room
    const told = await daemon.json('/health');
    return told.status === 'DEGRADED' && /space|full/i.test(told.reasons.join()) && told;
  });
  t.diagnostic(`reasons: ${health.reasons.join('; ')}`);
  await watched(scene, '/api/current says that it may not last', async () => {
    return (await daemon.json('/api/current')).durable === false;
  });
  // The race goes on all the same; nobody is killed meanwhile, so what is served has been taken in.
  witness.trusting = true;
  await raceGoesOn(scene, 40);
  witness.trusting = false;

  rmSync(filler);
  await watched(scene, '/health is well again', async () => (await daemon.json('/health')).status === 'OK', {
    deadlineMs: 120000,
  });
  await watched(scene, 'what is served lasts', async () => (await daemon.json('/api/current')).durable === true);
  witness.allIsDurable();
  await kill(scene);
  filesAreWhole(storage);
  await daemon.restart();
  await allIsThere(scene);
  await raceGoesOn(scene, 20);
  venue.lastSessions(1);
  await raceIsOver(scene);
  venue.stop();
  await witness.stop();
  await sessionsAreRight(daemon, venue, witness);
  await daemon.stop();
  folderIsClean(daemon);
});
