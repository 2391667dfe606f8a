// Backups as they are shipped: taken while the server runs, restored elsewhere, encrypted, thrown away when old, sent away.
import assert from 'node:assert/strict';
import {execFile, execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';

import {MANY_SESSIONS, filesAreWhole, raceGoesOn, startRace} from './lib/crash.mjs';
import {Daemon, cleanEnv} from './lib/daemon.mjs';
import {root} from './lib/documents.mjs';
import {feedSettings, startFeed} from './lib/feeds.mjs';
import {freePort} from './lib/ports.mjs';
import {startProgram, without} from './lib/program.mjs';
import {Race} from './lib/race.mjs';
import {finish, play, smallField, startScene} from './lib/scene.mjs';
import {tempDir, until} from './lib/tools.mjs';
import {Witness} from './lib/witness.mjs';

const script = path.join(root, 'docker/backup/racefacer-backup');

// The script with a folder of backups, and with whatever storage a call names.
class Backups {
  constructor(t, settings = {}) {
    Object.assign(this, {folder: tempDir(t, 'rf-backup-'), settings});
  }

  env(storage, more) {
    const folders = {BACKUP_FOLDER: this.folder, BACKUP_STORAGE: storage ?? '/nonexistent'};
    return cleanEnv({...folders, BACKUP_IDENTITY: '/nonexistent', ...this.settings, ...more});
  }

  // {code, text}
  run(args, storage, more) {
    return new Promise((resolve) => {
      execFile(script, args, {env: this.env(storage, more)}, (error, stdout, stderr) =>
        resolve({code: error ? error.code : 0, text: stdout + stderr}),
      );
    });
  }

  async good(args, storage, more) {
    const {code, text} = await this.run(args, storage, more);
    assert.equal(code, 0, text);
    return text;
  }

  // One that ends with another status than 0, and says so.
  async refused(words, args, storage, more) {
    const {code, text} = await this.run(args, storage, more);
    assert.notEqual(code, 0, text);
    assert.match(text, words);
  }

  names() {
    return readdirSync(this.folder).sort();
  }

  // Their names have seconds.
  nextSecond() {
    const now = () => new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    return until('the next second', () => !this.names().some((name) => name.includes(now())));
  }

  file(name) {
    return path.join(this.folder, name);
  }

  // A backup of `days` ago.
  old(days) {
    const name = `racefacer-${days}-days-ago.tar.gz`;
    const at = Date.now() / 1000 - days * 86400;
    writeFileSync(this.file(name), '');
    utimesSync(this.file(name), at, at);
    return name;
  }
}

// A race that is over, and the folder of its server, which runs.
async function raced(t) {
  const scene = await startScene(t);
  const race = new Race({karts: smallField()});
  await play(scene, race);
  const {sessionId} = await finish(scene, race);
  const session = await scene.daemon.json(`/api/sessions/${sessionId}`);
  return {daemon: scene.daemon, storage: scene.daemon.file(), session};
}

async function nobodysFeed(t) {
  const feed = await startFeed(t, 'raw');
  await feed.stop();
  return feedSettings(feed, MANY_SESSIONS);
}

function emptyStorage(t) {
  const dir = tempDir(t);
  mkdirSync(path.join(dir, 'storage'));
  return {dir, storage: path.join(dir, 'storage')};
}

test('taken in mid-race, restored elsewhere: all that was served before is served there', async (t) => {
  const scene = await startRace(t, {sessionLimit: 2});
  const {daemon, venue, witness} = scene;
  const backups = new Backups(t);
  const env = await nobodysFeed(t);
  const elsewhere = emptyStorage(t);
  for (let i = 1; i <= 3; i++) {
    await raceGoesOn(scene, 15);
    const since = witness.clock;
    const known = [...witness.ids].filter(([, session]) => session.id.clock <= since);
    await backups.good(['now'], daemon.file());
    const name = backups.names().filter((one) => !one.includes('before-restore')).at(-1);
    const packed = execFileSync('tar', ['-tzf', backups.file(name)], {encoding: 'utf8'});
    for (const part of ['./version\n', './sessions/session-', './journal/'])
      assert.ok(packed.includes(part), `${part} is in it`);
    assert.ok(!packed.includes('.lock'));
    // From the second time on there is something in the folder, which is backed up before it goes.
    await backups.good(['restore', name], elsewhere.storage);
    assert.equal(backups.names().filter((one) => one.includes('before-restore')).length, i - 1);
    filesAreWhole(elsewhere.storage);

    const copy = await Daemon.start(t, {dir: elsewhere.dir, env});
    const reader = new Witness(copy, venue, {until: since, doubtful: witness.hasDoubts()});
    reader.ids = new Map(known);
    assert.ok(await reader.readAll());
    assert.ok(reader.counts.lapsHeld > 0);
    assert.equal((await copy.json('/health')).storage.quarantined, 0);
    await backups.refused(/is at work in .*: stop it first/, ['restore', name], elsewhere.storage);
    assert.equal((await copy.json('/health')).storage.state, 'ok');
    await copy.stop();
    assert.ok(!readdirSync(elsewhere.storage).includes('.restore'));
    await backups.nextSecond();
  }
});

test('with a key nobody reads it but who has the other', {skip: without('age')}, async (t) => {
  const {daemon, storage, session} = await raced(t);
  const keys = tempDir(t, 'rf-keys-');
  const identity = path.join(keys, 'identity');
  execFileSync('age-keygen', ['-o', identity], {stdio: 'ignore'});
  const BACKUP_KEY = execFileSync('age-keygen', ['-y', identity], {encoding: 'utf8'}).trim();
  const backups = new Backups(t, {BACKUP_KEY});
  await backups.good(['now'], storage);
  const [name] = backups.names();
  assert.match(name, /^racefacer-\d{8}T\d{6}Z\.tar\.gz\.age$/);
  const bytes = readFileSync(backups.file(name));
  assert.match(bytes.subarray(0, 30).toString('latin1'), /^age-encryption\.org/);

  const {dir, storage: elsewhere} = emptyStorage(t);
  await backups.refused(/no private key/, ['restore', name], elsewhere);
  execFileSync('age-keygen', ['-o', path.join(keys, 'other')], {stdio: 'ignore'});
  const wrong = {BACKUP_IDENTITY: path.join(keys, 'other')};
  await backups.refused(/nothing was changed/, ['restore', name], elsewhere, wrong);
  writeFileSync(backups.file('racefacer-torn.tar.gz.age'), bytes.subarray(0, bytes.length - 100));
  const right = {BACKUP_IDENTITY: identity};
  await backups.refused(/nothing was changed/, ['restore', 'racefacer-torn.tar.gz.age'], elsewhere, right);
  assert.deepEqual(readdirSync(elsewhere), ['.lock']);

  await backups.good(['restore', name], elsewhere, right);
  const copy = await Daemon.start(t, {dir, env: await nobodysFeed(t)});
  assert.deepEqual((await copy.json(`/api/sessions/${session.sessionId}`)).runs, session.runs);
  await copy.stop();
  await daemon.stop();
});

test('a backup that is torn, or none of ours, changes nothing', async (t) => {
  const {daemon, storage} = await raced(t);
  await daemon.stop();
  const backups = new Backups(t);
  await backups.good(['now'], storage);
  const [name] = backups.names();
  const before = execFileSync('find', [storage, '-type', 'f'], {encoding: 'utf8'}).split('\n').sort();
  const bytes = readFileSync(backups.file(name));
  writeFileSync(backups.file('racefacer-torn.tar.gz'), bytes.subarray(0, bytes.length - 50));
  await backups.refused(/nothing was changed/, ['restore', 'racefacer-torn.tar.gz'], storage);
  execFileSync('tar', ['-czf', backups.file('racefacer-other.tar.gz'), '-C', tempDir(t), '.']);
  await backups.refused(/no storage of the server; nothing was changed/, ['restore', 'racefacer-other.tar.gz'], storage);
  await backups.refused(/there is no racefacer-none/, ['restore', 'racefacer-none'], storage);
  assert.deepEqual(execFileSync('find', [storage, '-type', 'f'], {encoding: 'utf8'}).split('\n').sort(), before);
});

test('they are kept for thirty days, and longer where none succeeds', async (t) => {
  const {storage} = await raced(t);
  const backups = new Backups(t);
  const [kept, gone] = [backups.old(29), backups.old(31)];
  await backups.refused(/no storage of the server/, ['now'], tempDir(t));
  const broken = tempDir(t);
  writeFileSync(path.join(broken, 'tar'), '#!/bin/sh\necho half; exit 2\n', {mode: 0o755});
  await backups.refused(/^$/, ['now'], storage, {PATH: `${broken}:${process.env.PATH}`});
  const whole = backups.names().filter((name) => !name.endsWith('.part'));
  assert.deepEqual(whole, [kept, gone], 'what is half done is no backup, and the old ones stay');
  await backups.refused(/^$/, ['check']);
  await backups.good(['now'], storage);
  assert.ok(backups.names().includes(kept) && !backups.names().includes(gone), backups.names().join());
  await backups.good(['check']);
  await backups.good(['now'], storage, {BACKUP_KEEP_DAYS: 7});
  assert.ok(!backups.names().includes(kept));
});

test('rsync brings them to another host, where they stay', {skip: without('rsync')}, async (t) => {
  const {storage} = await raced(t);
  const dir = tempDir(t, 'rf-rsync-');
  const port = await freePort();
  const user = `uid = ${process.getuid()}\ngid = ${process.getgid()}\nuse chroot = no\n`;
  writeFileSync(path.join(dir, 'conf'), `${user}[there]\npath = ${dir}/there\nread only = no\n`);
  mkdirSync(path.join(dir, 'there'));
  const options = ['--daemon', '--no-detach', '--address=127.0.0.1', `--port=${port}`, `--config=${dir}/conf`];
  const {tail} = startProgram(t, 'rsync', options);
  await until('rsync listens', () => accepts(port), {describe: tail});
  const backups = new Backups(t, {BACKUP_RSYNC: `rsync://127.0.0.1:${port}/there/`});
  await backups.good(['now'], storage);
  const there = () => readdirSync(path.join(dir, 'there')).sort();
  assert.deepEqual(there(), backups.names());
  const [first] = backups.names();
  utimesSync(backups.file(first), 0, 0);
  await backups.nextSecond();
  await backups.good(['now'], storage);
  assert.equal(existsSync(backups.file(first)), false, 'it was old here');
  assert.ok(there().includes(first), 'and is still there');
  await backups.refused(/rsync to .* failed/, ['now'], storage, {BACKUP_RSYNC: 'rsync://127.0.0.1:1/none/'});
});

const accepts = (port) =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(socket.destroy()));
    socket.on('error', () => resolve(false));
  });

test('each night one, the first at once', async (t) => {
  const {storage} = await raced(t);
  const backups = new Backups(t);
  for (const time of ['first', 'second']) {
    const {output, end, tail} = startProgram(t, script, ['nightly'], {env: backups.env(storage)});
    await until(`it waits for the night, the ${time} time`, () => /the next in [1-9]\d* s/.test(output()), {describe: tail});
    assert.equal(backups.names().length, 1);
    assert.deepEqual(await end(), {code: 0, signal: null}, tail());
  }
  const at = (clock, more) => {
    const command = ['-f', clock, script, 'next'];
    return Number(execFileSync('faketime', command, {env: backups.env(storage, more), encoding: 'utf8'}));
  };
  if (without('faketime')) return;
  assert.equal(at('2026-07-01 03:00:00'), 1800);
  assert.equal(at('2026-07-01 03:31:00'), 86400 - 60);
  assert.equal(at('2026-07-01 23:00:00', {BACKUP_AT: '01:00'}), 7200);
  await backups.refused(/no time of day/, ['nightly'], storage, {BACKUP_AT: 'at night'});
});
