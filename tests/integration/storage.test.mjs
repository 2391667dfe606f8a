// What is kept on disk: every lap, whole files at any moment, files of the first server, and no more than wanted.
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {assertAnalysis} from './lib/expected.mjs';
import {feedSettings, startFeed} from './lib/feeds.mjs';
import {Race} from './lib/race.mjs';
import {finish, listed, play, series, settle, smallField, startScene} from './lib/scene.mjs';
import {assertShape, atEnd, tempDir, until} from './lib/tools.mjs';

const listing = async (daemon, query = '') => daemon.json(`/api/sessions${query}`);

test('a stored session has every run and every lap, also of who left', async (t) => {
  const scene = await startScene(t);
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  scene.feed.pushAll(frames);
  // Kart 21 leaves before the end.
  await settle(scene, race, {runs: race.payload().data.runs.filter((run) => run.kart !== 'E21')});
  const id = (await scene.daemon.json('/api/current')).sessionId;
  const stored = await scene.daemon.json(`/api/sessions/${id}`);
  assertAnalysis(stored.analysis, race.karts);
  assert.deepEqual(stored.sessionData.runs.map((run) => run.kart).sort(), ['E05', 'E07', 'E09', 'E21']);
  assertShape(stored, {
    sessionId: 'string',
    timestamp: 'iso',
    date: 'iso',
    eventName: 'string',
    trackConfigId: 'int',
    trackName: 'string',
    karts: 'int',
    laps: 'int',
    duration: 'int',
    winner: 'object',
    isComplete: 'boolean',
    runs: [
      {
        runId: 'int',
        kartId: 'int',
        kart: 'string',
        kartNumber: 'string',
        driverName: 'string',
        laps: [{lapNum: 'int', timeRaw: 'int', position: 'int|null', timestamp: 'number', valid: 'boolean'}],
      },
    ],
  });
  assert.deepEqual(Object.keys(stored.lapHistory).sort(), ['05', '07', '09', '21']);
  for (const kart of race.karts) {
    const times = kart.laps.map((time, i) => [i + 2, time]);
    assert.deepEqual(
      stored.lapHistory[kart.kartNumber].map((l) => [l.lapNum, l.timeRaw]),
      times,
    );
    assert.deepEqual(
      stored.runs.find((r) => r.kartId === kart.kartId).laps.map((l) => [l.lapNum, l.timeRaw]),
      times,
    );
  }
  assert.equal(
    stored.lapHistory['09'].find((l) => l.timeRaw === 71200).valid,
    false,
    'the spin is kept, and not valid',
  );
});

test('MAX_SESSIONS keeps the newest completed ones, and no clean-up takes a live one', async (t) => {
  const scene = await startScene(t, {env: {MAX_SESSIONS: 2}});
  const races = series(['A', 'B', 'C', 'D', 'E']);
  const ids = [];
  for (const race of races) ids.push((await play(scene, race)).sessionId);
  const list = await until(
    'three are left',
    async () => {
      const found = await listing(scene.daemon);
      return found.total === 3 && found;
    },
    {describe: () => scene.daemon.tail()},
  );
  assert.deepEqual(
    list.sessions.map((s) => s.sessionId),
    ids.slice(2).reverse(),
  );
  await until(
    'their files too',
    () => readdirSync(scene.daemon.file('sessions')).filter((f) => f.endsWith('.json')).length === 3,
  );
  assert.equal((await scene.daemon.get(`/api/sessions/${ids[0]}`)).status, 404);
});

test('files are whole JSON at any moment of a race, with modes 0640 and 0750', async (t) => {
  const scene = await startScene(t);
  const race = new Race({karts: smallField()});
  const folder = scene.daemon.file();
  const readAll = () => {
    let count = 0;
    // What is being written has another name until it is whole.
    const sessions = readdirSync(path.join(folder, 'sessions')).filter((name) => name.startsWith('session-'));
    for (const file of ['current/session.json', ...sessions.map((name) => `sessions/${name}`)]) {
      if (!existsSync(path.join(folder, file))) continue;
      JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
      count += 1;
    }
    return count;
  };
  let reads = 0;
  let broken;
  const reader = setInterval(() => {
    try {
      for (let i = 0; i < 5; i += 1) reads += readAll();
    } catch (error) {
      broken ??= error;
    }
  }, 1);
  atEnd(t, () => clearInterval(reader));
  for (const {payload} of race.frames()) {
    scene.feed.push(payload);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const current = await settle(scene, race);
  const file = scene.daemon.file('sessions', `session-${current.sessionId}.json`);
  await until('the file has all laps', () => {
    assertAnalysis(JSON.parse(readFileSync(file, 'utf8')).analysis, race.karts);
    return true;
  });
  await until('the current one too', () => {
    assertAnalysis(scene.daemon.readJson('current', 'session.json').analysis, race.karts);
    return true;
  });
  assert.equal(broken, undefined);
  assert.ok(reads > 20, `${reads} reads`);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o750);
  await until('nothing is left behind', () =>
    readdirSync(path.dirname(file)).every((name) => /^session-[A-Za-z0-9-]+\.json$/.test(name)),
  );
});

test('files of the first server are listed and served, the live session beside them', async (t) => {
  const dir = tempDir(t);
  mkdirSync(path.join(dir, 'storage', 'sessions'), {recursive: true});
  const old = {
    sessionId: 1760256914123,
    timestamp: '2025-10-12T08:15:14.123Z',
    isComplete: true,
    sessionData: {
      event_name: 'Session #7',
      eventName: 'Session #7',
      track_configuration_id: 2,
      trackConfig: 2,
      runs: [{kart_number: '05', name: 'Old Timer', total_laps: 12, best_time_raw: 30111}],
    },
    lapHistory: {'05': [{lapNum: 2, timeRaw: 30111, position: 1, timestamp: 1760256944000}]},
    analysis: {
      summary: {
        eventName: 'Session #7',
        trackConfig: 2,
        totalKarts: 1,
        totalLaps: 12,
        fastestLap: '30.111',
        fastestDriver: 'Old Timer',
        winner: {name: 'Old Timer', kartNumber: '05', bestLap: '30.111', bestLapRaw: 30111},
      },
      karts: [],
      crossKartDrivers: [],
    },
    somethingElse: {kept: true},
  };
  writeFileSync(path.join(dir, 'storage/sessions/session-1760256914123.json'), JSON.stringify(old, null, 2));
  writeFileSync(
    path.join(dir, 'storage/sessions/session-1760000000000.json'),
    JSON.stringify({sessionId: 1760000000000}),
  );
  writeFileSync(path.join(dir, 'storage/sessions/session-broken.json'), '{"sessionId": 17, "timesta');
  writeFileSync(path.join(dir, 'storage/sessions/notes.txt'), 'not a session');

  const scene = await startScene(t, {dir});
  const race = new Race({karts: smallField()});
  const current = await play(scene, race);
  const list = await listed(scene, 3);
  const found = list.sessions.find((s) => String(s.sessionId) === '1760256914123');
  assert.ok(found, JSON.stringify(list));
  assert.equal(found.eventName, 'Session #7');
  assert.equal(found.isComplete, true);
  assert.equal(list.sessions[0].sessionId, current.sessionId);
  assert.deepEqual(await scene.daemon.json('/api/sessions/1760256914123'), old, 'served as it is');
  const exported = await scene.daemon.json('/api/sessions/1760256914123/export');
  assert.deepEqual(exported.session, old);
  assert.equal((await scene.daemon.get('/api/sessions/1760000000000')).status, 200);
  assert.equal((await scene.daemon.get('/api/sessions/broken')).status, 404);
  assert.equal((await listing(scene.daemon, '?driver=old%20timer')).total, 1);
});

test('a backup unpacked before the start is a restore', async (t) => {
  const one = await startScene(t);
  const race = new Race({karts: smallField()});
  await play(one, race);
  const {sessionId} = await finish(one, race);
  await one.daemon.stop();
  const dir = tempDir(t);
  const {cpSync} = await import('node:fs');
  cpSync(one.daemon.file(), path.join(dir, 'storage'), {recursive: true});
  const feed = await startFeed(t, 'raw');
  await feed.stop();
  const two = await Daemon.start(t, {dir, env: feedSettings(feed)});
  const stored = await two.json(`/api/sessions/${sessionId}`);
  assertAnalysis(stored.analysis, race.karts);
});

test('a disk that fails is told in /health, and the server goes on', async (t) => {
  const scene = await startScene(t);
  const {renameSync, rmSync} = await import('node:fs');
  // A file where the folder was: nothing can be written, whoever the test runs as.
  const away = `${scene.daemon.file()}.away`;
  renameSync(scene.daemon.file(), away);
  writeFileSync(scene.daemon.file(), 'in the way');
  const race = new Race({karts: smallField()});
  assertAnalysis((await play(scene, race)).analysis, race.karts);
  await until('/health is DEGRADED', async () => (await scene.daemon.json('/health')).status === 'DEGRADED', {
    describe: () => scene.daemon.tail(),
  });
  rmSync(scene.daemon.file());
  renameSync(away, scene.daemon.file());
  await until(
    '/health is OK again once it can be written to',
    async () => {
      await settle(scene, race);
      return (await scene.daemon.json('/health')).status === 'OK';
    },
    {deadlineMs: 120000, everyMs: 500, describe: () => scene.daemon.tail()},
  );
  const {sessionId} = await scene.daemon.json('/api/current');
  assertAnalysis(scene.daemon.readJson('sessions', `session-${sessionId}.json`).analysis, race.karts);
});
