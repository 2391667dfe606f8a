// Every call that changes the disk fails, one after the other, and the power is cut: no lap is lost that was served as
// durable. Of all combinations a fixed sample is tried; FAULTY_DISK_ALL=1 tries them all, which takes minutes.
import assert from 'node:assert/strict';
import {cpSync, existsSync, readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {FaultyDisk, whyNoFaultyDisk} from './lib/faulty-disk.mjs';
import {feedSettings, startFeed} from './lib/feeds.mjs';
import {Race} from './lib/race.mjs';
import {bigField, finish, settle} from './lib/scene.mjs';
import {sleep, tempDir, until} from './lib/tools.mjs';
import {randomFrom} from './lib/venue.mjs';

const ALL = process.env.FAULTY_DISK_ALL === '1';
const AT_ONCE = 8; // most of a life is waiting for a retry

const KINDS = ['create', 'write', 'sync', 'rename', 'unlink', 'truncate', 'mkdir'];
const CAUSES = /No space left on device|Input\/output error/;

// ---- what was promised

// All valid laps in an /api/current: [[session id, "run/kart/lap", ms], …]
const lapsIn = (current) =>
  current.analysis.karts.flatMap((kart) =>
    kart.lapHistory.map((lap) => [current.sessionId, `${kart.runId}/${kart.kartId}/${lap.lapNum}`, lap.time]),
  );

class Promises {
  sessions = new Map(); // id → Map of "run/kart/lap" → ms

  take(current) {
    if (!current.durable) return;
    for (const [id, key, time] of lapsIn(current)) {
      if (!this.sessions.has(id)) this.sessions.set(id, new Map());
      this.sessions.get(id).set(key, time);
    }
  }

  get count() {
    return [...this.sessions.values()].reduce((sum, laps) => sum + laps.size, 0);
  }

  async check(daemon, when) {
    const {sessions} = await daemon.json('/api/sessions');
    for (const [id, laps] of this.sessions) {
      assert.ok(
        sessions.some((one) => one.sessionId === id),
        `${when}: session ${id} is not listed\n${daemon.tail()}`,
      );
      const stored = await daemon.json(`/api/sessions/${id}`);
      const found = new Map(
        stored.runs.flatMap((run) =>
          run.laps.map((lap) => [`${run.runId}/${run.kartId}/${lap.lapNum}`, lap.timeRaw]),
        ),
      );
      for (const [key, time] of laps)
        assert.equal(found.get(key), time, `${when}: lap ${key} of ${id} was served as durable\n${daemon.tail()}`);
    }
  }
}

// What the race has come to so far, in the same form.
const drivenLaps = (race, id) =>
  race.karts.flatMap((kart, index) =>
    kart.laps
      .slice(0, Math.max(0, race.states[index].total - 1))
      .map((time, i) => [id, `${kart.id}/${kart.kartId}/${i + 2}`, time]),
  );

const sorted = (laps) => laps.map((lap) => lap.join(' ')).sort();

function assertWholeFiles(dir) {
  const folder = path.join(dir, 'storage');
  if (!existsSync(folder)) return; // the start was refused before
  for (const entry of readdirSync(folder, {withFileTypes: true, recursive: true})) {
    const name = path.join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile() || !entry.name.endsWith('.json') || entry.name.startsWith('.tmp-')) continue;
    assert.doesNotThrow(() => JSON.parse(readFileSync(name, 'utf8')), `${name} is whole`);
  }
}

// ---- one life of a server

async function serverOn(t, feed, dir, settings = {}) {
  return Daemon.start(t, {
    dir,
    env: feedSettings(feed, {WS_DIALECT: 'raw', MIN_LAPS_FOR_ANALYSIS: 1, LOG_LEVEL: 'info', ...settings}),
  });
}

const shortRace = () => new Race({karts: bigField({count: 2, laps: 3, base: 27000})});

// Crossing after crossing: the server follows, whatever becomes of the disk. Half-way it has time for its first save.
async function drive(scene, race, promises, {hangs = false} = {}) {
  while (race.step()) {
    const current = await settle(scene, race);
    assert.deepEqual(sorted(lapsIn(current)), sorted(drivenLaps(race, current.sessionId)), scene.daemon.tail());
    promises.take(current);
    if (!hangs && race.next === race.crossings.length / 2)
      await until('a save was tried', async () => {
        const {storage} = await scene.daemon.json('/health');
        return storage.saves + storage.failures > 0;
      });
  }
}

// A fault that lasts is told, as long as it lasts. Writing less than was asked for is none.
async function assertTold(scene, disk, {errno}) {
  if (errno === 'SHORT') return;
  if (!disk.calls().some((call) => call.failed && !['truncate', 'mkdir'].includes(call.kind))) return;
  await until(
    '/health is DEGRADED, with the cause',
    async () => {
      const health = await scene.daemon.json('/health');
      return health.status === 'DEGRADED' && health.reasons.some((why) => /disk|saved|journal/.test(why));
    },
    {describe: () => scene.daemon.tail()},
  );
}

async function allOnDisk(scene, track) {
  return until(
    'all is on disk',
    async () => {
      const health = await scene.daemon.json('/health');
      const current = await scene.daemon.json(`/api/current?track=${track}`);
      return health.status === 'OK' && health.storage.saves > 1 && health.storage.unsaved === 0 && current.durable && current;
    },
    {describe: () => scene.daemon.tail()},
  );
}

const ENDINGS = {
  // One call fails. The server gets over it by itself.
  once: {lasting: false, recovers: true},
  // It fails until somebody makes room.
  lasting: {lasting: true, recovers: true},
  // The server is killed while the disk fails.
  'killed in it': {lasting: true, recovers: false},
  // One call fails, the server gets over it, and the power is cut.
  'power cut after it': {lasting: false, recovers: true, powerCut: true},
  'power cut in it': {lasting: true, recovers: false, powerCut: true},
};

// True where the fault came to be.
async function live(t, fault) {
  const what = JSON.stringify(fault);
  const {lasting, recovers, powerCut} = ENDINGS[fault.ending];
  const disk = new FaultyDisk(t, {...fault, lasting, powerCut});
  const feed = await startFeed(t, 'raw');
  const promises = new Promises();
  try {
    const daemon = await serverOn(t, feed, disk.dir, disk.settings);
    const scene = {feed, daemon};
    await daemon.connected();
    await feed.ready();
    const race = shortRace();
    await drive(scene, race, promises);
    if (lasting) await assertTold(scene, disk, fault);
    disk.mend();
    if (recovers) {
      promises.take(await allOnDisk(scene, race.track));
      assert.equal(promises.count, drivenLaps(race, '').length);
    }
    await daemon.kill9();
  } catch (error) {
    // It may refuse to start on a disk that fails, if it says why.
    if (!/ended at once with \{"code":1,/.test(error.message)) throw new Error(`${what}: ${error.stack}`);
    assert.match(error.message, CAUSES, `${what}: a refusal names the cause`);
    assert.equal(promises.count, 0);
  }
  try {
    await feed.stop();
    assertWholeFiles(disk.dir);
    const dirs = powerCut ? [disk.afterPowerCut(), disk.afterPowerCut({newNames: () => true})] : [disk.dir];
    for (const dir of dirs) {
      const next = await serverOn(t, feed, dir);
      await promises.check(next, what);
      await next.kill9();
      assertWholeFiles(dir);
    }
    return disk.failures > 0;
  } catch (error) {
    throw new Error(`${what}: ${error.stack}`);
  }
}

// How many calls of each kind there are in such a life.
async function countCalls(t) {
  const disk = new FaultyDisk(t);
  const feed = await startFeed(t, 'raw');
  const daemon = await serverOn(t, feed, disk.dir, disk.settings);
  await daemon.connected();
  await feed.ready();
  const race = shortRace();
  await drive({feed, daemon}, race, new Promises());
  await allOnDisk({daemon}, race.track);
  await daemon.kill9();
  const calls = disk.calls();
  return Object.fromEntries(KINDS.map((kind) => [kind, calls.filter((call) => call.kind === kind).length]));
}

// The first call of each kind with every ending, and of all others each 7th combination of call, errno and ending.
function* combinations(counts) {
  const endings = Object.keys(ENDINGS);
  let index = 0;
  for (const call of KINDS)
    for (let nth = 1; nth <= counts[call]; nth++)
      for (const errno of call === 'write' ? ['ENOSPC', 'EIO', 'SHORT', 'TORN'] : ['ENOSPC', 'EIO'])
        for (const ending of endings)
          if (ALL || index++ % 13 === 0 || (nth === 1 && errno === 'EIO')) yield {call, nth, errno, ending};
}

async function inParallel(list, action) {
  const work = async () => {
    for (let next = list.shift(); next; next = list.shift()) {
      try {
        await action(next);
      } catch (error) {
        list.length = 0; // the others come to their end first
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({length: AT_ONCE}, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

test('any call that changes the disk may fail', async (t) => {
  const why = await whyNoFaultyDisk(t);
  if (why) return t.skip(why);
  const counts = await countCalls(t);
  for (const kind of KINDS) assert.ok(counts[kind] > 0, `the server makes ${kind} calls: ${JSON.stringify(counts)}`);
  const list = [...combinations(counts)];
  const tried = list.length;
  const came = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
  await inParallel(list, async (fault) => {
    if (await live(t, fault)) came[fault.call] += 1;
  });
  t.diagnostic(`calls: ${JSON.stringify(counts)}; ${tried} lives; faults: ${JSON.stringify(came)}`);
  for (const kind of KINDS) assert.ok(came[kind] > 0, `${kind} calls were made to fail: ${JSON.stringify(came)}`);
  return undefined;
});

test('a disk that hangs holds up nobody for long', async (t) => {
  const why = await whyNoFaultyDisk(t);
  if (why) return t.skip(why);
  const feed = await startFeed(t, 'raw');
  const sound = new FaultyDisk(t);
  const first = await serverOn(t, feed, sound.dir, sound.settings);
  await first.kill9();
  const before = sound.calls().filter((call) => call.kind === 'sync').length;

  // From the first sync after the start on.
  const disk = new FaultyDisk(t, {call: 'sync', nth: before + 1, errno: 'HANG', lasting: true, powerCut: true});
  const daemon = await serverOn(t, feed, disk.dir, disk.settings);
  const scene = {feed, daemon};
  await daemon.connected();
  await feed.ready();
  const race = shortRace();
  const promises = new Promises();
  await drive(scene, race, promises, {hangs: true});
  assert.equal(promises.count, 0, 'nothing was served as durable');
  await until('/health tells it', async () => {
    const {status, reasons} = await daemon.json('/health');
    return status === 'DEGRADED' && reasons.some((reason) => /disk/.test(reason));
  });
  disk.mend();
  promises.take(await allOnDisk(scene, race.track));
  assert.equal(promises.count, drivenLaps(race, '').length);
  await daemon.kill9();
  await checkPowerCuts(t, {disk, feed: await unplugged(t), random: randomFrom(2), promises});
  return undefined;
});

// ---- the start after a crash

test('any call of the start after a crash may fail', async (t) => {
  const why = await whyNoFaultyDisk(t);
  if (why) return t.skip(why);
  const feed = await startFeed(t, 'raw');
  const crashed = new FaultyDisk(t);
  const daemon = await serverOn(t, feed, crashed.dir, crashed.settings);
  await daemon.connected();
  await feed.ready();
  const promises = new Promises();
  const race = shortRace();
  await drive({feed, daemon}, race, promises);
  await daemon.kill9();
  const made = promises.count;
  assert.equal(made, drivenLaps(race, '').length);
  const nobody = await unplugged(t);
  const again = (options) => {
    const from = path.join(tempDir(t), 'copy');
    cpSync(crashed.dir, from, {recursive: true});
    return new FaultyDisk(t, {...options, from});
  };

  const sound = again({});
  const whole = await serverOn(t, nobody, sound.dir, sound.settings);
  await promises.check(whole, 'without any fault');
  await whole.kill9();
  const calls = sound.calls();
  const list = [];
  for (const call of KINDS)
    for (let nth = 1; nth <= calls.filter(({kind}) => kind === call).length; nth++)
      for (const lasting of [false, true])
        for (const powerCut of [false, true]) list.push({call, nth, errno: 'EIO', lasting, powerCut});
  let refused = 0;
  const sample = list.filter((fault, index) => ALL || index % 3 === 0);
  const lives = sample.length;
  await inParallel(sample, async (fault) => {
    const what = `${JSON.stringify(fault)} at the start after a crash`;
    const disk = again(fault);
    try {
      const next = await serverOn(t, nobody, disk.dir, disk.settings);
      await promises.check(next, what);
      await next.kill9();
    } catch (error) {
      if (!/ended at once with \{"code":1,/.test(error.message)) throw error;
      assert.match(error.message, CAUSES, `${what}: a refusal names the cause`);
      refused += 1;
    }
    const dirs = fault.powerCut ? [disk.afterPowerCut(), disk.afterPowerCut({newNames: () => true})] : [disk.dir];
    for (const dir of dirs) {
      const last = await serverOn(t, nobody, dir);
      await promises.check(last, `${what}, and a sound one after it`);
      await last.kill9();
    }
  });
  t.diagnostic(`${lives} starts, ${refused} of them refused`);
  return undefined;
});

// ---- power cuts

// Race after race on one track, each a few minutes after the one before.
function* crossings(races = 20) {
  const end = Date.now();
  for (let i = 0; i < races; i++) {
    const endAt = end - (races - i) * 300_000;
    const karts = bigField({count: 6, laps: 6, base: 27000, from: 1000 + 100 * i});
    yield* new Race({event: `Session #${i + 1}`, endAt, karts}).frames();
  }
}

// The race goes on until so many more laps were served as durable.
async function raceOn({feed, daemon, frames}, promises, more) {
  const enough = promises.count + more;
  while (promises.count < enough) {
    const {value, done} = frames.next();
    assert.ok(!done, `the races end with ${promises.count} laps\n${daemon.tail()}`);
    feed.push(value.payload);
    await sleep(2); // within the sync, most often
    const answer = await daemon.get('/api/current');
    if (answer.status === 200) promises.take(answer.json);
  }
}

// What a power cut may leave: of the names that were changed since their folder was synced and of the bytes that were
// written since their file was, none, all, or any.
function powerCuts(random) {
  const anything = {newNames: () => random() < 0.5, more: random};
  return {
    'nothing but what was synced': {},
    'all that was done to names': {newNames: () => true},
    "the journal's names alone": {newNames: (folder) => folder === 'journal'},
    "the sessions' names alone": {newNames: (folder) => folder === 'sessions'},
    'any of it': anything,
    'any other of it': anything,
  };
}

async function checkPowerCuts(t, {disk, feed, random, promises, check = async () => {}}) {
  for (const [what, cut] of Object.entries(powerCuts(random))) {
    const dir = disk.afterPowerCut(cut);
    const next = await serverOn(t, feed, dir);
    await promises.check(next, `after a power cut with ${what}`);
    await check(next, what);
    await next.kill9();
    assertWholeFiles(dir);
  }
}

test('a power cut takes nothing that was served as durable', async (t) => {
  const why = await whyNoFaultyDisk(t);
  if (why) return t.skip(why);
  const seed = Number(process.env.FAULTY_DISK_SEED || Math.floor(Math.random() * 1_000_000));
  t.diagnostic(`FAULTY_DISK_SEED=${seed}`);
  const random = randomFrom(seed);
  const feed = await startFeed(t, 'raw');
  const frames = crossings();
  const promises = new Promises();
  let from;
  for (const more of ALL ? [1, 2, 5, 20, 1, 40, 60, 10, 30, 50] : [1, 5, 3, 40, 10, 20]) {
    const disk = new FaultyDisk(t, {powerCut: true, slowMs: 10, from});
    const daemon = await serverOn(t, feed, disk.dir, disk.settings);
    await daemon.connected();
    await feed.ready();
    await raceOn({feed, daemon, frames}, promises, more);
    // Killed within a sync, as likely as not, and started again: what the first life had only written, the second serves,
    // and then it has to last.
    if (random() < 0.7) {
      feed.push(frames.next().value.payload);
      await sleep(Math.floor(20 * random()));
      await daemon.kill9();
      await daemon.restart();
      await promises.check(daemon, 'after a kill');
      promises.take(await daemon.json('/api/current'));
      if (random() < 0.5) {
        await daemon.connected();
        await raceOn({feed, daemon, frames}, promises, 1 + Math.floor(10 * random()));
      }
    }
    if (random() < 0.5) await sleep(Math.floor(300 * random())); // the saves may be anywhere
    await daemon.kill9();
    await checkPowerCuts(t, {disk, feed: await unplugged(t), random, promises});
    from = disk.afterPowerCut(powerCuts(random)['any of it']);
  }
  t.diagnostic(`${promises.count} laps of ${promises.sessions.size} sessions were served as durable`);
  return undefined;
});

// A feed that is not there.
async function unplugged(t) {
  const feed = await startFeed(t, 'raw');
  await feed.stop();
  return feed;
}

test('what a killed server had written and not synced lasts once the next one serves it', async (t) => {
  const why = await whyNoFaultyDisk(t);
  if (why) return t.skip(why);
  const feed = await startFeed(t, 'raw');
  const sound = new FaultyDisk(t);
  const first = await serverOn(t, feed, sound.dir, sound.settings);
  await first.kill9();
  // The journal's file is begun; the sync of its first record hangs.
  const nth = sound.calls().filter((call) => call.kind === 'sync').length + 2;
  const disk = new FaultyDisk(t, {call: 'sync', nth, errno: 'HANG', lasting: true, powerCut: true});
  const daemon = await serverOn(t, feed, disk.dir, disk.settings);
  await daemon.connected();
  await feed.ready();
  feed.push(shortRace().frames().at(-1).payload); // the laps in one commit
  await until('the sync hangs', () => disk.failures > 0);
  await daemon.kill9();
  disk.mend();
  Object.assign(daemon.env, {FAULTY_DISK_CALL: '', FAULTY_DISK_SLOW_MS: 100}); // no save is there before the end
  await daemon.restart();
  const promises = new Promises();
  const answer = await daemon.get('/api/current');
  if (answer.status === 200) promises.take(answer.json);
  await daemon.kill9();
  assert.ok(promises.count > 0, 'what was written is served');
  await checkPowerCuts(t, {disk, feed: await unplugged(t), random: randomFrom(3), promises});
  return undefined;
});

test('a deleted session does not come back after a power cut', async (t) => {
  const why = await whyNoFaultyDisk(t);
  if (why) return t.skip(why);
  const disk = new FaultyDisk(t, {powerCut: true});
  const feed = await startFeed(t, 'raw');
  const daemon = await serverOn(t, feed, disk.dir, disk.settings);
  await daemon.connected();
  await feed.ready();
  const race = shortRace();
  await drive({feed, daemon}, race, new Promises());
  const {sessionId} = await finish({feed, daemon}, race);
  assert.equal((await daemon.get(`/api/sessions/${sessionId}`, {method: 'DELETE'})).status, 200);
  await daemon.kill9();
  await checkPowerCuts(t, {
    disk,
    feed: await unplugged(t),
    random: randomFrom(1),
    promises: new Promises(),
    check: async (next, what) => {
      const {sessions} = await next.json('/api/sessions');
      assert.deepEqual(sessions, [], `after a power cut with ${what}\n${next.tail()}`);
    },
  });
  return undefined;
});
