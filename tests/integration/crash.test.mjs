// kill -9 at any moment: what was served is served again, under the same session id, once.
// CRASH_KILLS (12), CRASH_SEED (random, told at the start) and CRASH_ROUNDS (laps of a session) can be set.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';

import {
  MANY_SESSIONS,
  allIsThere,
  filesAreWhole,
  folderIsClean,
  kill,
  raceGoesOn,
  raceIsOver,
  run,
  sessionsAreRight,
  startRace,
} from './lib/crash.mjs';
import {Daemon} from './lib/daemon.mjs';
import {assertAnalysis} from './lib/expected.mjs';
import {feedSettings, startFeed} from './lib/feeds.mjs';
import {Race} from './lib/race.mjs';
import {listed, settle, smallField, startScene} from './lib/scene.mjs';
import {sleep, tempDir, until} from './lib/tools.mjs';
import {Witness} from './lib/witness.mjs';

const KILLS = Number(process.env.CRASH_KILLS || 12);

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

test('a long session, which is saved less often: the listing tells of every lap, and each comes through kill -9', async (t) => {
  const scene = await startScene(t);
  const {daemon, feed} = scene;
  const race = new Race({karts: smallField()});
  const more = {more: 'x'.repeat(3_000_000)}; // goes to the file with the rest of the frame: some seconds from save to save
  for (let frame = race.step(); frame; frame = race.step()) {
    feed.push(race.payload(more));
    const {sessionId} = await settle(scene, race, more);
    const {sessions} = await daemon.json('/api/sessions');
    const session = await daemon.json(`/api/sessions/${sessionId}`);
    const {laps, karts, winner} = session;
    assert.deepEqual(
      sessions.map((listed) => [listed.sessionId, listed.laps, listed.karts, listed.winner]),
      laps > 0 ? [[sessionId, laps, karts, winner]] : [],
    );
  }
  const current = await settle(scene, race, more);
  assertAnalysis(current.analysis, race.karts);
  await daemon.kill9();
  await daemon.restart();
  const again = await daemon.json(`/api/sessions/${current.sessionId}`);
  assertAnalysis(again.analysis, race.karts);
  const list = await listed(scene, 1);
  assert.equal(list.sessions[0].laps, again.laps);
  await daemon.stop();
  folderIsClean(daemon);
});

test(`kill -9 at ${KILLS} random moments of a race on two tracks`, async (t) => {
  const started = Date.now();
  const scene = await startRace(t);
  const {daemon, venue, witness, random} = scene;
  for (let i = 0; i < KILLS; i++) {
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
