// From the first server to this one, and from one version of the storage to the next.
import assert from 'node:assert/strict';
import {chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {Daemon, runOnce} from './lib/daemon.mjs';
import {feedSettings, startFeed} from './lib/feeds.mjs';
import {play, smallField, startScene} from './lib/scene.mjs';
import {Race} from './lib/race.mjs';
import {tempDir} from './lib/tools.mjs';

const oldSession = (id, more = {}) => ({
  sessionId: id,
  timestamp: new Date(id + 600000).toISOString(),
  sessionData: {event_name: `Session ${id}`, runs: [{kart_number: '05', name: 'Old Timer', best_time_raw: 30111}]},
  lapHistory: {'05': [{lapNum: 2, timeRaw: 30111, position: 1, timestamp: id + 60000}]},
  analysis: {summary: {eventName: `Session ${id}`, totalKarts: 1, totalLaps: 1}, karts: [], crossKartDrivers: []},
  ...more,
});

// What the first server leaves behind: three sessions that are over, one that is on, and what else gathers.
function oldStorage(t) {
  const dir = tempDir(t);
  mkdirSync(path.join(dir, 'sessions'));
  mkdirSync(path.join(dir, 'current'));
  const put = (name, session) => writeFileSync(path.join(dir, name), JSON.stringify(session, null, 2));
  for (const id of [1760256914000, 1760260514000, 1760264114000])
    put(`sessions/session-${id}.json`, oldSession(id, {isComplete: true}));
  put('current/session.json', oldSession(1760267714000, {isComplete: false}));
  writeFileSync(path.join(dir, 'sessions/session-broken.json'), '{"sessionId": 17, "timesta');
  writeFileSync(path.join(dir, 'notes.txt'), 'mine');
  return dir;
}

const snapshot = (dir) =>
  readdirSync(dir, {recursive: true})
    .filter((name) => statSync(path.join(dir, name)).isFile())
    .sort()
    .map((name) => [name, readFileSync(path.join(dir, name), 'utf8'), statSync(path.join(dir, name)).mtimeMs]);

const migrate = (from, cwd, options = {}) =>
  runOnce(['--migrate-from', from], {cwd, env: {STORAGE_PATH: './storage', LOG_FILE: ''}, ...options});

test('the first server’s sessions come over, once, and the source stays as it was', async (t) => {
  const [from, cwd] = [oldStorage(t), tempDir(t)];
  const before = snapshot(from);
  const first = await migrate(from, cwd);
  assert.equal(first.code, 65, 'one file is damaged');
  assert.match(first.stdout, /^taken +1760256914000: begun .*, 1 karts, 1 laps$/m);
  assert.match(first.stdout, /^taken +1760267714000: .*; it was going on there, and is over here$/m);
  assert.match(first.stdout, /^NOT TAKEN +sessions\/session-broken\.json: /m);
  assert.match(first.stdout, /^left +notes\.txt: not named as a session is$/m);
  assert.match(
    first.stdout,
    /^4 taken, 0 brought on, 0 there already, 1 other files left, 1 NOT TAKEN; \.\/storage has 4 sessions now$/m,
  );
  assert.deepEqual(snapshot(from), before);

  const stored = snapshot(path.join(cwd, 'storage/sessions'));
  const second = await migrate(from, cwd);
  assert.match(second.stdout, /^0 taken, 0 brought on, 4 there already, /m);
  assert.deepEqual(snapshot(path.join(cwd, 'storage/sessions')), stored);

  const feed = await startFeed(t, 'raw');
  await feed.stop();
  const daemon = await Daemon.start(t, {dir: cwd, env: feedSettings(feed)});
  const {total, sessions} = await daemon.json('/api/sessions');
  assert.equal(total, 4);
  assert.ok(sessions.every((session) => session.isComplete));
  assert.deepEqual(
    await daemon.json('/api/sessions/1760256914000'),
    oldSession(1760256914000, {isComplete: true}),
    'served as it was',
  );
  assert.equal((await daemon.get('/api/sessions/1760267714000', {method: 'DELETE'})).status, 200, 'it is over');
});

test('a migration without anything to complain of ends with 0, and tells of MAX_SESSIONS', async (t) => {
  const [from, cwd] = [tempDir(t), tempDir(t)];
  mkdirSync(path.join(from, 'storage/sessions'), {recursive: true});
  for (let i = 1; i <= 3; i += 1)
    writeFileSync(
      path.join(from, `storage/sessions/session-${1760256914000 + i}.json`),
      JSON.stringify(oldSession(1760256914000 + i)),
    );
  const done = await migrate(from, cwd, {env: {STORAGE_PATH: './storage', LOG_FILE: '', MAX_SESSIONS: 2}});
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^3 taken, .*\nMAX_SESSIONS is 2: as soon as a session ends, the oldest go\./m);
});

test('what cannot begin says why, with 1', async (t) => {
  const cwd = tempDir(t);
  const nowhere = await migrate(path.join(cwd, 'nowhere'), cwd);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /nowhere is no storage folder: there is neither sessions\/ nor current\/ in it/);

  const scene = await startScene(t);
  const busy = await migrate(oldStorage(t), scene.daemon.dir);
  assert.equal(busy.code, 1);
  assert.match(busy.stderr, new RegExp(`in use by another server, process ${scene.daemon.child.pid}\\.`));
  assert.equal((await migrate('', cwd)).code, 64);
});

test('root migrates for the user whose folder it is', {skip: process.getuid() !== 0 && 'needs root'}, async (t) => {
  const [from, cwd] = [oldStorage(t), tempDir(t)];
  const storage = path.join(cwd, 'storage');
  mkdirSync(storage);
  chmodSync(cwd, 0o755);
  chownSync(storage, 65534, 65534);
  await migrate(from, cwd);
  const theirs = readdirSync(storage, {recursive: true});
  assert.ok(theirs.length >= 4 + 5, `${theirs}`);
  for (const name of theirs) assert.equal(statSync(path.join(storage, name)).uid, 65534, name);
});

test('a folder of a newer version is refused with what to do, and one of before versions is read', async (t) => {
  const scene = await startScene(t);
  await play(scene, new Race({karts: smallField()}));
  const {daemon} = scene;
  assert.equal(readFileSync(daemon.file('version'), 'utf8'), '1\n');
  await daemon.stop();
  writeFileSync(daemon.file('version'), '7\n');
  const before = snapshot(daemon.file());
  const {code, stderr} = await runOnce([], {cwd: daemon.dir, env: daemon.env});
  assert.equal(code, 1);
  assert.match(
    stderr,
    /storage folder \.\/storage is of a newer version .*storage version 7, .*up to 1\. Nothing was changed\. Start the newer program again, or set STORAGE_PATH/,
  );
  const kept = (files) => files.filter(([name]) => name !== '.lock');
  assert.deepEqual(kept(snapshot(daemon.file())), kept(before));

  rmSync(daemon.file('version'));
  await daemon.restart();
  assert.equal((await daemon.json('/api/sessions')).total, 1);
  assert.ok(existsSync(daemon.file('version')));
});
