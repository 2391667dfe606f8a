// A disk that fails while something is deleted, at the start, or by never answering: nothing is left half, and /health
// tells it.
import assert from 'node:assert/strict';
import {readdirSync, rmSync} from 'node:fs';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {FaultyDisk, whyNoFaultyDisk} from './lib/faulty-disk.mjs';
import {feedSettings, startFeed} from './lib/feeds.mjs';
import {Race} from './lib/race.mjs';
import {bigField, finish, settle} from './lib/scene.mjs';
import {until} from './lib/tools.mjs';

const newRace = (more) => new Race({karts: bigField({count: 2, laps: 4, base: 27000}), ...more});

const lapsOf = (stored) =>
  stored.runs.map((run) => [run.runId, run.laps.map((lap) => [lap.lapNum, lap.timeRaw])]).sort((a, b) => a[0] - b[0]);

const lapsOfRace = (race) =>
  race.karts.map((kart, i) => [kart.id, kart.laps.slice(0, race.states[i].total - 1).map((time, j) => [j + 2, time])]);

// A server on a disk that fails from disk.fail() to disk.mend().
async function serverOn(t, disk, settings = {}) {
  disk.mend();
  const feed = await startFeed(t, 'raw');
  const daemon = await Daemon.start(t, {
    dir: disk.dir,
    env: feedSettings(feed, {WS_DIALECT: 'raw', LOG_LEVEL: 'info', ...disk.settings, ...settings}),
  });
  await daemon.connected();
  await feed.ready();
  return {feed, daemon};
}

async function raceOn(scene, race, crossings) {
  for (let i = 0; i < crossings; i++) scene.feed.push(race.step().payload);
  return settle(scene, race);
}

async function raceToTheEnd(scene, race) {
  await raceOn(scene, race, race.crossings.length - race.next);
  return finish(scene, race);
}

// In its file; /health would be a moment old.
const saved = ({daemon}, id, race) =>
  until(
    `${id} is saved`,
    () => {
      const file = daemon.readJson('sessions', `session-${id}.json`);
      return JSON.stringify(lapsOf(file)) === JSON.stringify(lapsOfRace(race));
    },
    {describe: () => daemon.tail()},
  );

async function restart({daemon, feed}) {
  await daemon.kill9();
  await daemon.restart();
  await daemon.connected();
  await feed.ready();
}

async function isWhole({daemon}, id, race) {
  const {sessions} = await daemon.json('/api/sessions');
  assert.ok(
    sessions.some((one) => one.sessionId === id),
    `${id} is listed\n${daemon.tail()}`,
  );
  assert.deepEqual(lapsOf(await daemon.json(`/api/sessions/${id}`)), lapsOfRace(race), daemon.tail());
}

async function isGone({daemon}, id) {
  assert.equal((await daemon.get(`/api/sessions/${id}`)).status, 404, daemon.tail());
  const {sessions} = await daemon.json('/api/sessions');
  assert.ok(!sessions.some((one) => one.sessionId === id), daemon.tail());
}

// Refused: there as a whole, now and after a crash. Confirmed: gone for good.
async function deleteAndLook(scene, id, race) {
  const {daemon} = scene;
  const answer = await daemon.get(`/api/sessions/${id}`, {method: 'DELETE'});
  if (answer.status === 200) return isGone(scene, id).then(() => true);
  assert.equal(answer.status, 500, answer.text);
  assert.match(answer.json.error, new RegExp(`${id} could not be deleted.*still there`));
  await isWhole(scene, id, race);
  return false;
}

const FAULTS = {
  'the journal cannot be written': {call: 'write', where: 'journal'},
  'the journal cannot be synced': {call: 'sync', where: 'journal', errno: 'EIO'},
  'the file cannot be renamed': {call: 'rename', where: 'sessions', errno: 'EIO'},
  'the folder cannot be synced': {call: 'sync', where: 'sessions', errno: 'EIO'},
  'current/ cannot be changed': {call: 'unlink', where: 'current', errno: 'EIO'},
  'nothing can be changed': {call: 'create,write,sync,rename,unlink', errno: 'EIO'},
};

for (const [what, fault] of Object.entries(FAULTS)) {
  test(`DELETE while ${what}`, async (t) => {
    const why = await whyNoFaultyDisk(t);
    if (why) return t.skip(why);
    const disk = new FaultyDisk(t, {lasting: true, ...fault});
    const scene = await serverOn(t, disk);
    const race = newRace();
    const {sessionId} = await raceToTheEnd(scene, race);
    await saved(scene, sessionId, race);
    disk.fail();
    assert.equal(await deleteAndLook(scene, sessionId, race), false, 'it is refused');
    assert.ok(disk.failures > 0);
    disk.mend();
    await restart(scene);
    await isWhole(scene, sessionId, race);
    assert.equal(await deleteAndLook(scene, sessionId, race), true);
    await restart(scene);
    await isGone(scene, sessionId);
    return undefined;
  });
}

test('a refused DELETE takes no lap that the journal alone has', async (t) => {
  const why = await whyNoFaultyDisk(t);
  if (why) return t.skip(why);
  const disk = new FaultyDisk(t, {call: 'create,rename', where: 'sessions', errno: 'EIO', lasting: true});
  const scene = await serverOn(t, disk);
  const race = newRace();
  const {sessionId} = await raceOn(scene, race, 5);
  await saved(scene, sessionId, race);
  disk.fail();
  assert.equal((await raceToTheEnd(scene, race)).sessionId, sessionId);
  assert.equal(await deleteAndLook(scene, sessionId, race), false);
  await scene.daemon.kill9();
  disk.mend();
  await scene.daemon.restart();
  await isWhole(scene, sessionId, race);
  return undefined;
});

test('a session that was never saved is deleted for good', async (t) => {
  const why = await whyNoFaultyDisk(t);
  if (why) return t.skip(why);
  const disk = new FaultyDisk(t, {call: 'create', where: 'sessions', lasting: true});
  const scene = await serverOn(t, disk);
  disk.fail();
  const race = newRace();
  const {sessionId} = await raceToTheEnd(scene, race);
  assert.equal(await deleteAndLook(scene, sessionId, race), true);
  await scene.daemon.kill9();
  disk.mend();
  await scene.daemon.restart();
  await isGone(scene, sessionId);
  return undefined;
});

for (const [what, fault] of Object.entries(FAULTS).filter(([, {where}]) => where !== 'current')) {
  test(`a clean-up while ${what}`, async (t) => {
    const why = await whyNoFaultyDisk(t);
    if (why) return t.skip(why);
    const disk = new FaultyDisk(t, {lasting: true, ...fault});
    const scene = await serverOn(t, disk, {MAX_SESSIONS: 1});
    const races = [1, 2, 3].map((i) => newRace({event: `Session #${i}`, endAt: Date.now() - (3 - i) * 400_000}));
    const ids = [(await raceToTheEnd(scene, races[0])).sessionId];
    await saved(scene, ids[0], races[0]);
    disk.fail();
    ids.push((await raceToTheEnd(scene, races[1])).sessionId);
    await until('the clean-up has failed', () => disk.failures > 0);
    disk.mend();
    await saved(scene, ids[1], races[1]);
    await restart(scene);
    const {sessions} = await scene.daemon.json('/api/sessions');
    for (const [i, id] of ids.entries())
      if (i === 1 || sessions.some((one) => one.sessionId === id)) await isWhole(scene, id, races[i]);
    ids.push((await raceToTheEnd(scene, races[2])).sessionId);
    await until('the oldest are gone', () => {
      const names = readdirSync(scene.daemon.file('sessions'));
      return names.length === 1 && names[0].includes(ids[2]);
    });
    await saved(scene, ids[2], races[2]);
    await restart(scene);
    await isWhole(scene, ids[2], races[2]);
    await isGone(scene, ids[0]);
    return undefined;
  });
}

// ---- the start

for (const where of ['journal', 'sessions']) {
  test(`what cannot be synced at the start (${where}) is not durable until it is saved whole`, async (t) => {
    const why = await whyNoFaultyDisk(t);
    if (why) return t.skip(why);
    const disk = new FaultyDisk(t, {call: 'sync', where, errno: 'EIO', lasting: true});
    const scene = await serverOn(t, disk);
    const {daemon} = scene;
    const race = newRace();
    const {sessionId} = await raceOn(scene, race, 5);
    await saved(scene, sessionId, race);
    await daemon.kill9();
    disk.fail();
    await daemon.restart();
    if (where === 'sessions') {
      const current = await daemon.json('/api/current');
      assert.equal(current.durable, false, daemon.tail());
      assert.equal((await daemon.json(`/api/sessions/${sessionId}`)).durable, false);
      assert.equal((await daemon.json(`/api/sessions/${sessionId}/export`)).session.durable, false);
      const {status, reasons} = await daemon.json('/health');
      assert.equal(status, 'DEGRADED');
      assert.match(reasons.join(), /cannot be synced/);
    }
    await isWhole(scene, sessionId, race);
    disk.mend();
    await until('it is durable again', async () => (await daemon.json('/api/current')).durable, {
      describe: () => daemon.tail(),
    });
    assert.equal((await daemon.json(`/api/sessions/${sessionId}`)).durable, undefined);
    assert.match(daemon.output, /an earlier run has written cannot be synced/);
    assert.ok((await daemon.json('/health')).storage.saves > 0, 'it was saved');
    return undefined;
  });
}

for (const where of ['journal', 'sessions/session']) {
  test(`a file that cannot be read at the start (${where}) is not taken for empty`, async (t) => {
    const why = await whyNoFaultyDisk(t);
    if (why) return t.skip(why);
    const disk = new FaultyDisk(t, {call: 'read', where, errno: 'EIO', lasting: true});
    const scene = await serverOn(t, disk);
    const {daemon} = scene;
    const first = newRace({event: 'Session #1', endAt: Date.now() - 400_000});
    const {sessionId} = await raceOn(scene, first, 4);
    await saved(scene, sessionId, first);
    await raceOn(scene, first, 4); // most often not saved yet: the journal alone has it
    await daemon.kill9();
    const folder = where.split('/')[0];
    const files = readdirSync(daemon.file(folder)).filter((name) => !name.startsWith('.'));
    rmSync(daemon.file('current', 'session.json')); // it would stand in
    disk.fail();
    await daemon.restart();
    const {status, reasons, storage} = await daemon.json('/health');
    assert.equal(status, 'DEGRADED');
    assert.match(reasons.join(), /cannot be read from the disk: laps may be missing/);
    assert.ok(storage.unread > 0);
    assert.match(daemon.output, /cannot be read: Input\/output error\. Laps that were served may be missing/);

    // The race that is on is followed all the same: as another session, which keeps clear of what cannot be read.
    await daemon.connected();
    await scene.feed.ready();
    const onItsWay = await raceOn(scene, first, 1);
    assert.notEqual(onItsWay.sessionId, sessionId);
    const second = newRace({event: 'Session #2'});
    const {sessionId: next} = await raceToTheEnd(scene, second);
    await isWhole(scene, next, second);
    await daemon.kill9();
    for (const name of files) assert.ok(readdirSync(daemon.file(folder)).includes(name), `${name} is still there`);
    disk.mend();
    await daemon.restart();
    await isWhole(scene, next, second);
    first.states.forEach((state, i) => (state.total -= i === first.crossings[8].index ? 1 : 0)); // the other one has that
    await isWhole(scene, sessionId, first);
    assert.equal((await daemon.json('/health')).storage.unread, 0);
    return undefined;
  });
}

// ---- no answer at all

test('a save that hangs is told, with the cause', async (t) => {
  const why = await whyNoFaultyDisk(t);
  if (why) return t.skip(why);
  const disk = new FaultyDisk(t, {call: 'rename', where: 'sessions', errno: 'HANG', lasting: true});
  const scene = await serverOn(t, disk);
  const {daemon} = scene;
  disk.fail();
  const race = newRace();
  const {sessionId, durable} = await raceOn(scene, race, 5);
  assert.equal(durable, true, 'the journal has it');
  await until(
    '/health tells it',
    async () => {
      const {status, reasons} = await daemon.json('/health');
      return status === 'DEGRADED' && /cannot be saved: the disk takes very long/.test(reasons.join());
    },
    {describe: () => daemon.tail()},
  );
  disk.mend();
  await until('all is well', async () => (await daemon.json('/health')).status === 'OK');
  await saved(scene, sessionId, race);
  return undefined;
});
