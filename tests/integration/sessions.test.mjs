// Sessions begin, end, are kept, listed, cleaned up; and the files on disk.
import assert from 'node:assert/strict';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {assertAnalysis} from './lib/expected.mjs';
import {Race} from './lib/race.mjs';
import {listed, play, series, settle, smallField, startScene} from './lib/scene.mjs';
import {freePort} from './lib/ports.mjs';
import {assertShape, until} from './lib/tools.mjs';

const listing = async (daemon, query = '') => daemon.json(`/api/sessions${query}`);
const storedId = /^\d{8}T\d{6}Z-[a-z0-9-]+$/;

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
  await until(
    'the file has all laps',
    () => {
      const stored = scene.daemon.readJson('sessions', `session-${current.sessionId}.json`);
      assertAnalysis(stored.analysis, race.karts);
      return stored.isComplete === true;
    },
    {describe: () => scene.daemon.tail()},
  );
});

test('laps after the flag are kept though the next session begins at once', async (t) => {
  const scene = await startScene(t);
  const [first, second] = series(['Session #1', 'Session #2']);
  const frames = first.frames().map(({payload}, i, all) => {
    if (i >= all.length - 4) payload.data.status_string = 'finished';
    return payload;
  });
  scene.feed.pushAll(frames);
  scene.feed.pushAll(second.frames());
  await settle(scene, second);
  const list = await listed(scene, 2);
  const stored = await scene.daemon.json(`/api/sessions/${list.sessions[1].sessionId}`);
  assert.equal(stored.eventName, 'Session #1');
  assertAnalysis(stored.analysis, first.karts);
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
  const list = await until(
    'the first two are complete',
    async () => {
      const found = await listing(scene.daemon);
      return found.sessions.filter((s) => s.isComplete).length === 2 && found;
    },
    {describe: () => scene.daemon.tail()},
  );
  assert.deepEqual(
    list.sessions.map((s) => s.sessionId),
    [...ids].reverse(),
    'newest first',
  );
  assert.deepEqual(
    list.sessions.map((s) => s.isCurrent),
    [true, false, false],
  );
  assertShape(list, {
    total: 'int',
    sessions: [
      {
        sessionId: 'string',
        eventName: 'string',
        trackConfigId: 'int',
        trackName: 'string',
        date: 'iso',
        timestamp: 'iso',
        karts: 'int',
        laps: 'int',
        duration: 'int',
        winner: 'object',
        isComplete: 'boolean',
        isCurrent: 'boolean',
      },
    ],
  });
  assert.deepEqual(
    list.sessions.map((s) => s.karts),
    [2, 2, 2],
  );
  assert.deepEqual(
    list.sessions.map((s) => s.laps),
    [10, 10, 10],
  );
  for (const [i, id] of ids.entries())
    assertAnalysis((await scene.daemon.json(`/api/sessions/${id}`)).analysis, races[i].karts);
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

test('current: the live session with most active karts, and no flicker between two', async (t) => {
  const scene = await startScene(t);
  const endAt = Date.now();
  const small = new Race({event: 'Small', track: 1, karts: smallField().slice(0, 2), endAt});
  const large = new Race({
    event: 'Large',
    track: 2,
    karts: smallField().map((k) => ({...k, id: k.id + 50, kartId: k.kartId + 50})),
    endAt,
  });
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

test('a port of its own is enough: no feed, no session, 404 with a message', async (t) => {
  const daemon = await Daemon.start(t, {env: {WS_HOST: '127.0.0.1', WS_PORT: await freePort()}});
  const answer = await daemon.get('/api/current');
  assert.equal(answer.status, 404);
  assert.equal(answer.json.error, 'No current session data available');
  assert.equal(typeof answer.json.message, 'string');
  assert.deepEqual(await listing(daemon), {...(await listing(daemon)), total: 0, sessions: []});
});
