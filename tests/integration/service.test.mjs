// Under systemd, with Type=notify and a watchdog: a socket of ours stands in for it.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';

import {Daemon, runOnce} from './lib/daemon.mjs';
import {processState} from './lib/process.mjs';
import {startScene} from './lib/scene.mjs';
import {Supervisor} from './lib/supervisor.mjs';
import {atEnd, tempDir, until} from './lib/tools.mjs';

const PING = 'WATCHDOG=1';

test('READY is told once the server answers, then how the feed is, and STOPPING at the end', async (t) => {
  const supervisor = await Supervisor.start(t);
  const {daemon, feed} = await startScene(t, {env: {NOTIFY_SOCKET: supervisor.socket}});
  await supervisor.until('READY=1');
  assert.match(supervisor.messages[0], /^READY=1$/m, 'before all else');
  await until('the feed is told', () => /^ws:.*: joined$/.test(supervisor.status()));
  await feed.stop();
  await until('its loss is told', () => /^ws:.*: waiting, ./.test(supervisor.status()));
  assert.equal(supervisor.count('STOPPING=1'), 0);
  await daemon.stop();
  await supervisor.until('STOPPING=1');
  assert.equal(supervisor.count('READY=1'), 1);
  assert.equal(supervisor.count(PING), 0, 'nobody asked for it');

  daemon.spawn();
  await supervisor.until('READY=1', 2);
  assert.equal((await daemon.get('/health')).status, 200, 'at the first request after it');
});

test('a start that fails is never READY', async (t) => {
  const supervisor = await Supervisor.start(t);
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => server.close());
  const env = {HOST: '127.0.0.1', PORT: server.address().port, NOTIFY_SOCKET: supervisor.socket};
  const {code} = await runOnce(['--demo'], {cwd: tempDir(t), env});
  assert.equal(code, 1);
  await supervisor.until('STOPPING=1'); // the last that it tells
  assert.equal(supervisor.count('READY=1'), 0);
});

test('the watchdog hears from a server that lives, and nothing from one that stands still', async (t) => {
  const start = async () => {
    const supervisor = await Supervisor.start(t);
    const env = {NOTIFY_SOCKET: supervisor.socket, WATCHDOG_USEC: 100000};
    return {supervisor, daemon: await Daemon.start(t, {args: ['--demo'], env})};
  };
  const [still, other] = [await start(), await start()];
  await still.supervisor.until(PING, 3);
  still.daemon.child.kill('SIGSTOP');
  atEnd(t, () => still.daemon.child.kill('SIGCONT'));
  await until('it is stopped', () => processState(still.daemon.child.pid) === 'T');
  await still.supervisor.mark('X_STOPPED=1');
  const heard = still.supervisor.count(PING);
  await other.supervisor.until(PING, other.supervisor.count(PING) + 10);
  assert.equal(still.supervisor.count(PING), heard, 'it stands still');
  still.daemon.child.kill('SIGCONT');
  await still.supervisor.until(PING, heard + 3);
});

test('a supervisor that does not listen holds nobody up, and is told again when it does', async (t) => {
  const supervisor = await Supervisor.start(t);
  supervisor.child.kill('SIGSTOP');
  atEnd(t, () => supervisor.child.kill('SIGCONT'));
  const env = {NOTIFY_SOCKET: supervisor.socket, WATCHDOG_USEC: 2000};
  const daemon = await Daemon.start(t, {args: ['--demo'], env});
  await until('its queue is full', () => daemon.output.includes('systemd cannot be told'), {
    describe: () => daemon.tail(),
  });
  assert.equal((await daemon.get('/health')).status, 200);
  supervisor.child.kill('SIGCONT');
  await supervisor.until(PING, 100);
});
