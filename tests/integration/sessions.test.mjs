// Sessions begin, end, are kept, listed, cleaned up; and the files on disk.
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {assertAnalysis} from './lib/expected.mjs';
import {feedSettings, startFeed} from './lib/feeds.mjs';
import {Race} from './lib/race.mjs';
import {finish, listed, play, settle, smallField, startScene} from './lib/scene.mjs';
import {assertShape, freePort, tempDir, until} from './lib/tools.mjs';

const listing = async (daemon, query = '') => daemon.json(`/api/sessions${query}`);
const storedId = /^\d{8}T\d{6}Z-[a-z0-9-]+$/;

// Races one after the other on the same track, a few minutes apart.
function series(names, {track = 3, laps = 4} = {}) {
  const end = Date.now();
  return names.map((event, i) => new Race({
    event, track, endAt: end - (names.length - i) * 200_000,
    karts: smallField().slice(0, 2).map((kart) => ({...kart, id: kart.id + 100 * i, laps: kart.laps.slice(0, laps)})),
  }));
}

test('a session that finishes is complete; laps after the flag still count', async (t) => {
  const scene = await startScene(t);
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  scene.feed.pushAll(frames.slice(0, -2));
  const last = frames.slice(-2).map(({payload}) => {
    payload.data.status_string = 'finished';
    return payload;
  });
  scene.feed.pushAll(last);
  const current = await settle(scene, race, {status_string: 'finished'});
  assertAnalysis(current.analysis, race.karts);
  await listed(scene, 1);
  await until('the file has all laps', () => {
    const stored = scene.daemon.readJson('sessions', `session-${current.sessionId}.json`);
    assertAnalysis(stored.analysis, race.karts);
    return stored.isComplete === true;
  }, {describe: () => scene.daemon.tail()});
});

test('the next event on the track begins the next session, and ends the one before', async (t) => {
  const scene = await startScene(t);
  const races = series(['Session #1', 'Session #2', 'Session #1']);
  const ids = [];
  for (const race of races) {
    const current = await play(scene, race);
    assert.equal(current.analysis.summary.eventName, race.event);
    assertAnalysis(current.analysis, race.karts);
    ids.push(current.sessionId);
  }
  assert.equal(new Set(ids).size, 3, 'a name that returns does not bring its id back');
  for (const id of ids) assert.match(id, storedId);
  await listed(scene, 3);
  const list = await until('the first two are complete', async () => {
    const found = await listing(scene.daemon);
    return found.sessions.filter((s) => s.isComplete).length === 2 && found;
  }, {describe: () => scene.daemon.tail()});
  assert.deepEqual(list.sessions.map((s) => s.sessionId), [...ids].reverse(), 'newest first');
  assert.deepEqual(list.sessions.map((s) => s.isCurrent), [true, false, false]);
  assertShape(list, {total: 'int', sessions: [{sessionId: 'string', eventName: 'string', trackConfigId: 'int', trackName: 'string', date: 'iso',
    timestamp: 'iso', karts: 'int', laps: 'int', duration: 'int', winner: 'object', isComplete: 'boolean', isCurrent: 'boolean'}]});
  assert.deepEqual(list.sessions.map((s) => s.karts), [2, 2, 2]);
  assert.deepEqual(list.sessions.map((s) => s.laps), [10, 10, 10]);
  for (const [i, id] of ids.entries()) assertAnalysis((await scene.daemon.json(`/api/sessions/${id}`)).analysis, races[i].karts);
});

test('lap counters that begin again are a new session under the same event name', async (t) => {
  const scene = await startScene(t);
  const [first, second] = series(['Open Track', 'Open Track']);
  const one = await play(scene, first);
  const two = await play(scene, second);
  assert.notEqual(two.sessionId, one.sessionId);
  assertAnalysis(two.analysis, second.karts);
  assertAnalysis((await scene.daemon.json(`/api/sessions/${one.sessionId}`)).analysis, first.karts);
  await listed(scene, 2);
});

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
  assertShape(stored, {sessionId: 'string', timestamp: 'iso', date: 'iso', eventName: 'string', trackConfigId: 'int', trackName: 'string',
    karts: 'int', laps: 'int', duration: 'int', winner: 'object', isComplete: 'boolean',
    runs: [{runId: 'int', kartId: 'int', kart: 'string', kartNumber: 'string', driverName: 'string',
      laps: [{lapNum: 'int', timeRaw: 'int', position: 'int|null', timestamp: 'number', valid: 'boolean'}]}]});
  assert.deepEqual(Object.keys(stored.lapHistory).sort(), ['05', '07', '09', '21']);
  for (const kart of race.karts) {
    const times = kart.laps.map((time, i) => [i + 2, time]);
    assert.deepEqual(stored.lapHistory[kart.kartNumber].map((l) => [l.lapNum, l.timeRaw]), times);
    assert.deepEqual(stored.runs.find((r) => r.kartId === kart.kartId).laps.map((l) => [l.lapNum, l.timeRaw]), times);
  }
  assert.equal(stored.lapHistory['09'].find((l) => l.timeRaw === 71200).valid, false, 'the spin is kept, and not valid');
});

test('MAX_SESSIONS keeps the newest completed ones, and no clean-up takes a live one', async (t) => {
  const scene = await startScene(t, {env: {MAX_SESSIONS: 2}});
  const races = series(['A', 'B', 'C', 'D', 'E']);
  const ids = [];
  for (const race of races) ids.push((await play(scene, race)).sessionId);
  const list = await until('three are left', async () => {
    const found = await listing(scene.daemon);
    return found.total === 3 && found;
  }, {describe: () => scene.daemon.tail()});
  assert.deepEqual(list.sessions.map((s) => s.sessionId), ids.slice(2).reverse());
  await until('their files too', () => readdirSync(scene.daemon.file('sessions')).filter((f) => f.endsWith('.json')).length === 3);
  assert.equal((await scene.daemon.get(`/api/sessions/${ids[0]}`)).status, 404);
});

test('files are whole JSON at any moment of a race, with modes 0640 and 0750', async (t) => {
  const scene = await startScene(t);
  const race = new Race({karts: smallField()});
  const folder = scene.daemon.file();
  let reads = 0;
  let done = false;
  const reader = (async () => {
    while (!done) {
      for (const file of ['current/session.json', ...(existsSync(path.join(folder, 'sessions')) ? readdirSync(path.join(folder, 'sessions')).map((f) => `sessions/${f}`) : [])]) {
        if (!file.endsWith('.json')) continue;
        let text;
        try {
          text = readFileSync(path.join(folder, file), 'utf8');
        } catch (error) {
          if (error.code === 'ENOENT') continue;
          throw error;
        }
        JSON.parse(text);
        reads += 1;
      }
      await new Promise(setImmediate);
    }
  })();
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
  done = true;
  await reader;
  assert.ok(reads > 20, `${reads} reads`);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o750);
  assert.deepEqual(readdirSync(path.dirname(file)).filter((f) => !/^session-[A-Za-z0-9-]+\.json$/.test(f)), [], 'nothing left behind');
});

test('files of the first server are listed and served, the live session beside them', async (t) => {
  const dir = tempDir(t);
  mkdirSync(path.join(dir, 'storage', 'sessions'), {recursive: true});
  const old = {
    sessionId: 1760256914123,
    timestamp: '2025-10-12T08:15:14.123Z',
    isComplete: true,
    sessionData: {event_name: 'Session #7', eventName: 'Session #7', track_configuration_id: 2, trackConfig: 2,
      runs: [{kart_number: '05', name: 'Old Timer', total_laps: 12, best_time_raw: 30111}]},
    lapHistory: {'05': [{lapNum: 2, timeRaw: 30111, position: 1, timestamp: 1760256944000}]},
    analysis: {summary: {eventName: 'Session #7', trackConfig: 2, totalKarts: 1, totalLaps: 12, fastestLap: '30.111', fastestDriver: 'Old Timer',
      winner: {name: 'Old Timer', kartNumber: '05', bestLap: '30.111', bestLapRaw: 30111}}, karts: [], crossKartDrivers: []},
    somethingElse: {kept: true},
  };
  writeFileSync(path.join(dir, 'storage/sessions/session-1760256914123.json'), JSON.stringify(old, null, 2));
  writeFileSync(path.join(dir, 'storage/sessions/session-1760000000000.json'), JSON.stringify({sessionId: 1760000000000}));
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
  assert.deepEqual((await scene.daemon.json('/api/sessions/1760256914123')), old, 'served as it is');
  const exported = await scene.daemon.json('/api/sessions/1760256914123/export');
  assert.deepEqual(exported.session, old);
  assert.equal((await scene.daemon.get('/api/sessions/1760000000000')).status, 200);
  assert.equal((await scene.daemon.get('/api/sessions/broken')).status, 404);
  assert.equal((await listing(scene.daemon, '?driver=old%20timer')).total, 1);
});

test('the listing filters by event, track, driver and time, and pages', async (t) => {
  const scene = await startScene(t);
  const names = ['Kids Cup', 'Session #5', 'Night Race'];
  const races = series(names);
  const hill = series(['Kids Cup Final'], {track: 9})[0];
  hill.karts.forEach((kart) => (kart.driver = `Hill ${kart.driver}`));
  hill.map = 'hill.png';
  const ids = [];
  for (const race of [...races, hill]) ids.push((await play(scene, race)).sessionId);
  await listed(scene, 4);
  const events = async (query) => (await listing(scene.daemon, query)).sessions.map((s) => s.eventName).sort();
  assert.deepEqual(await events('?event=kids'), ['Kids Cup', 'Kids Cup Final']);
  assert.deepEqual(await events('?event=%235'), ['Session #5']);
  assert.deepEqual(await events('?track=9'), ['Kids Cup Final']);
  assert.deepEqual(await events('?track=lake'), ['Kids Cup', 'Night Race', 'Session #5']);
  assert.deepEqual(await events('?driver=hill'), ['Kids Cup Final']);
  assert.deepEqual(await events(`?driver=${encodeURIComponent('Říha')}&event=night`), ['Night Race']);
  assert.deepEqual(await events('?event=nothing-like-it'), []);
  assert.deepEqual(await events('?from=2000-01-01'), [...names, 'Kids Cup Final'].sort());
  assert.deepEqual(await events('?to=2000-01-01'), []);
  const paged = await listing(scene.daemon, '?limit=2&offset=1');
  assert.equal(paged.total, 4, 'total is the count before paging');
  const all = await listing(scene.daemon);
  assert.deepEqual(paged.sessions, all.sessions.slice(1, 3));
  assert.deepEqual((await listing(scene.daemon, '?offset=99')).sessions, []);
  for (const query of ['?limit=abc', '?limit=-1', '?offset=x', '?from=yesterday']) {
    const answer = await scene.daemon.get(`/api/sessions${query}`);
    assert.equal(answer.status, 400, query);
    assert.equal(typeof answer.json.error, 'string');
  }
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

test('current: the live session with most active karts, and no flicker between two', async (t) => {
  const scene = await startScene(t);
  const endAt = Date.now();
  const small = new Race({event: 'Small', track: 1, karts: smallField().slice(0, 2), endAt});
  const large = new Race({event: 'Large', track: 2, karts: smallField().map((k) => ({...k, id: k.id + 50, kartId: k.kartId + 50})), endAt});
  scene.feed.pushAll(large.frames());
  await settle(scene, large);
  scene.feed.pushAll(small.frames());
  await settle(scene, small);
  for (let i = 0; i < 5; i += 1) {
    await settle(scene, i % 2 ? small : large);
    assert.equal((await scene.daemon.json('/api/current')).analysis.summary.eventName, 'Large');
  }
  const bySession = (await scene.daemon.json('/api/current?track=1')).sessionId;
  assert.equal((await scene.daemon.json(`/api/current?session=${bySession}`)).analysis.summary.eventName, 'Small');
  assert.equal((await scene.daemon.json(`/api/analysis?session=${bySession}`)).summary.eventName, 'Small');
  assert.equal((await scene.daemon.json('/api/kart/05?track=1')).runId, 1700001);
  assert.equal((await scene.daemon.json('/api/kart/05?track=2')).runId, 1700051);
  assert.equal((await scene.daemon.get('/api/current?track=77')).status, 404);
  assert.equal((await scene.daemon.get('/api/current?session=nope')).status, 404);
});

test('a cached or old frame changes nothing', async (t) => {
  const scene = await startScene(t);
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  const middle = JSON.parse(JSON.stringify(frames[8].payload));
  const before = await (async () => {
    scene.feed.pushAll(frames);
    return settle(scene, race);
  })();
  scene.feed.push(middle);
  const cached = JSON.parse(JSON.stringify(middle));
  cached.data.timestamp = Math.floor(Date.now() / 1000) - 46377;
  cached.data.timestamp_socket = Math.floor(Date.now() / 1000);
  scene.feed.push(cached);
  scene.feed.push(frames.at(-1).payload);
  scene.feed.push(frames.at(-1).payload);
  const after = await settle(scene, race);
  assert.equal(after.sessionId, before.sessionId);
  assertAnalysis(after.analysis, race.karts);
  await listed(scene, 1);
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
  await until('/health is DEGRADED', async () => (await scene.daemon.json('/health')).status === 'DEGRADED', {describe: () => scene.daemon.tail()});
  rmSync(scene.daemon.file());
  renameSync(away, scene.daemon.file());
  await until('/health is OK again once it can be written to', async () => {
    await settle(scene, race);
    return (await scene.daemon.json('/health')).status === 'OK';
  }, {deadlineMs: 120000, everyMs: 500, describe: () => scene.daemon.tail()});
  const {sessionId} = await scene.daemon.json('/api/current');
  assertAnalysis(scene.daemon.readJson('sessions', `session-${sessionId}.json`).analysis, race.karts);
});

test('a port of its own is enough: no feed, no session, 404 with a message', async (t) => {
  const daemon = await Daemon.start(t, {env: {WS_HOST: '127.0.0.1', WS_PORT: await freePort()}});
  const answer = await daemon.get('/api/current');
  assert.equal(answer.status, 404);
  assert.equal(answer.json.error, 'No current session data available');
  assert.equal(typeof answer.json.message, 'string');
  assert.deepEqual((await listing(daemon)), {...(await listing(daemon)), total: 0, sessions: []});
});
