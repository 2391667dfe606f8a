// A disk that is full, or hangs: the race is followed and served all the same, and nothing is promised that is not kept.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdirSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {
  allIsThere,
  filesAreWhole,
  folderIsClean,
  kill,
  raceGoesOn,
  raceIsOver,
  sessionsAreRight,
  startRace,
  watched,
} from './lib/crash.mjs';
import {Race} from './lib/race.mjs';
import {smallField, startScene} from './lib/scene.mjs';
import {atEnd, tempDir, until} from './lib/tools.mjs';

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

test('a disk that hangs: no lap is called durable before it is on disk', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root, to mount a disk that can be frozen');
  const dir = tempDir(t);
  const storage = path.join(dir, 'storage');
  const image = path.join(dir, 'disk');
  mkdirSync(storage);
  writeFileSync(image, '');
  truncateSync(image, 16 << 20);
  for (const [program, ...args] of [
    ['mkfs.ext4', '-q', '-F', image],
    ['mount', '-o', 'loop', image, storage],
  ]) {
    const done = spawnSync(program, args, {encoding: 'utf8'});
    if (done.error || done.status !== 0) return t.skip(`${program}: ${done.error ?? done.stderr}`);
  }
  atEnd(t, () => assert.equal(spawnSync('umount', ['-l', storage]).status, 0));
  const freeze = (option) => spawnSync('fsfreeze', [option, storage]).status === 0;
  if (!freeze('-f') || !freeze('-u')) return t.skip('this disk cannot be frozen');

  const scene = await startScene(t, {dir});
  const {daemon, feed} = scene;
  atEnd(t, () => freeze('-u')); // whatever happened
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  const crossings = (data) => data.runs.reduce((all, run) => all + run.total_laps, 0);
  const served = (count) =>
    until(
      `${count} crossings are served`,
      async () => {
        const current = await daemon.json('/api/current');
        return crossings(current.sessionData) === count && current;
      },
      {describe: () => daemon.tail()},
    );
  feed.pushAll(frames.slice(0, 9));
  await until('they last', async () => (await served(8)).durable);
  assert.ok(freeze('-f'));
  feed.push(frames[9].payload);
  assert.equal((await served(9)).durable, false, 'it cannot be on disk');
  const health = await daemon.json('/health');
  assert.equal(health.status, 'DEGRADED');
  assert.match(health.reasons.join(), /disk/);
  feed.push(frames[10].payload);
  assert.equal((await served(10)).durable, false);

  assert.ok(freeze('-u'));
  await until('all is well again', async () => (await daemon.json('/health')).status === 'OK');
  const {sessionId, durable} = await served(10);
  assert.equal(durable, true);
  const {runs} = await daemon.json(`/api/sessions/${sessionId}`);
  await daemon.kill9();
  await daemon.restart();
  const again = await daemon.json(`/api/sessions/${sessionId}`);
  assert.deepEqual(
    again.runs.map((run) => run.laps),
    runs.map((run) => run.laps),
  );
  await daemon.stop();
  folderIsClean(daemon);
});
