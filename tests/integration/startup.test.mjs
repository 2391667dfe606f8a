// Arguments, settings, and the ways in which a start must fail or a stop must work.
import assert from 'node:assert/strict';
import {accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';

import {Daemon, binary, runOnce} from './lib/daemon.mjs';
import {Race} from './lib/race.mjs';
import {play, smallField, startScene} from './lib/scene.mjs';
import {freePort} from './lib/ports.mjs';
import {atEnd, sleep, tempDir, until} from './lib/tools.mjs';

const NAMES = [
  'HOST',
  'PORT',
  'NODE_ENV',
  'WS_HOST',
  'WS_PORT',
  'WS_PROTOCOL',
  'WS_CHANNEL',
  'WS_DIALECT',
  'WS_PATH',
  'WS_RECONNECT_MIN_MS',
  'WS_RECONNECT_MAX_MS',
  'STORAGE_PATH',
  'WS_CA_FILE',
  'MAX_SESSIONS',
  'MAX_LAPS_PER_SESSION',
  'SESSION_GAP_MINUTES',
  'STALE_AFTER_SECONDS',
  'MIN_LAPS_FOR_ANALYSIS',
  'LAP_TIME_MIN_MS',
  'LAP_TIME_MAX_MS',
  'LOG_LEVEL',
  'LOG_FILE',
  'ALLOWED_ORIGINS',
  'RATE_LIMIT_WINDOW',
  'RATE_LIMIT_MAX_REQUESTS',
  'RATE_LIMIT_LIVE_PER_SECOND',
  'API_TOKEN',
  'TRUST_PROXY',
  'MAX_CONNECTIONS',
  'MAX_CONNECTIONS_PER_ADDRESS',
  'HTTP_IDLE_SECONDS',
  'HTTP_REQUEST_SECONDS',
  'MAX_HEADER_BYTES',
];

test('--help, --version, --print-config name every setting; an unknown argument is refused', async (t) => {
  const cwd = tempDir(t);
  const help = await runOnce(['--help'], {cwd});
  assert.equal(help.code, 0);
  for (const name of NAMES) assert.match(help.stdout, new RegExp(`\\b${name}\\b`), `--help: ${name}`);
  for (const option of [
    '--help',
    '--version',
    '--check-config',
    '--print-config',
    '--health',
    '--demo',
    '--replay',
    '--speed',
    '--record',
  ]) {
    assert.ok(help.stdout.includes(option), `--help: ${option}`);
  }
  const version = await runOnce(['--version'], {cwd});
  assert.equal(version.code, 0);
  assert.match(version.stdout, /\d+\.\d+\.\d+/);
  const print = await runOnce(['--print-config'], {cwd, env: {API_TOKEN: 'very-secret-token', PORT: 3077}});
  assert.equal(print.code, 0);
  for (const name of NAMES) assert.match(print.stdout, new RegExp(`^${name}=`, 'm'), `--print-config: ${name}`);
  assert.match(print.stdout, /^PORT=3077$/m);
  assert.ok(!(print.stdout + print.stderr).includes('very-secret-token'), 'the token is masked');
  for (const args of [['--nonsense'], ['--speed', 'warp', '--replay', 'x'], ['--replay']]) {
    const wrong = await runOnce(args, {cwd});
    assert.notEqual(wrong.code, 0, args.join(' '));
    assert.ok(wrong.stderr.length > 0, args.join(' '));
  }
});

test('the defaults are the documented ones', async (t) => {
  const print = await runOnce(['--print-config'], {cwd: tempDir(t)});
  const values = Object.fromEntries(
    print.stdout
      .split('\n')
      .filter((line) => /^[A-Z_]+=/.test(line))
      .map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1).replace(/^"(.*)"$/, '$1')];
      }),
  );
  const defaults = {
    PORT: '3001',
    NODE_ENV: 'development',
    WS_HOST: 'lemansentertainment.loc',
    WS_PORT: '8131',
    WS_PROTOCOL: 'ws',
    WS_CHANNEL: 'lemansentertainment',
    WS_DIALECT: 'auto',
    WS_RECONNECT_MIN_MS: '1000',
    WS_RECONNECT_MAX_MS: '30000',
    STORAGE_PATH: './storage',
    MAX_SESSIONS: '50',
    MAX_LAPS_PER_SESSION: '1000',
    SESSION_GAP_MINUTES: '60',
    STALE_AFTER_SECONDS: '300',
    MIN_LAPS_FOR_ANALYSIS: '3',
    LAP_TIME_MIN_MS: '5000',
    LAP_TIME_MAX_MS: '0',
    LOG_LEVEL: 'info',
    LOG_FILE: './logs/server.log',
    ALLOWED_ORIGINS: '*',
    RATE_LIMIT_WINDOW: '15',
    RATE_LIMIT_MAX_REQUESTS: '100',
    RATE_LIMIT_LIVE_PER_SECOND: '50',
    TRUST_PROXY: '0',
    MAX_CONNECTIONS: '12000',
    MAX_CONNECTIONS_PER_ADDRESS: '0',
    HTTP_IDLE_SECONDS: '30',
    HTTP_REQUEST_SECONDS: '10',
    MAX_HEADER_BYTES: '8192',
  };
  for (const [name, value] of Object.entries(defaults)) assert.equal(values[name], value, name);
});

const WRONG = {
  PORT: 'eighty',
  WS_PORT: '70000',
  WS_PROTOCOL: 'gopher',
  WS_DIALECT: 'klingon',
  LOG_LEVEL: 'loud',
  NODE_ENV: 'prod',
  MAX_SESSIONS: '-5',
  WS_RECONNECT_MIN_MS: '5',
  LAP_TIME_MIN_MS: '12abc',
  TRUST_PROXY: '1e3',
};

test('wrong settings: every fault at once with name, value and what is allowed; exit status 78', async (t) => {
  for (const args of [[], ['--check-config'], ['--demo']]) {
    const cwd = tempDir(t);
    const {code, stderr, stdout} = await runOnce(args, {cwd, env: WRONG});
    assert.equal(code, 78, `${args}: ${stderr}`);
    for (const [name, value] of Object.entries(WRONG)) {
      const line = (stderr + stdout).split('\n').find((l) => l.includes(name) && l.includes(value));
      assert.ok(line, `a line on ${name}=${value} in:\n${stderr}`);
    }
    assert.match(stderr, /socketio-v2/, 'what is allowed');
    assert.ok(!existsSync(path.join(cwd, 'storage')), 'nothing was begun');
  }
  const good = await runOnce(['--check-config'], {cwd: tempDir(t)});
  assert.equal(good.code, 0, good.stderr);
});

test('.env: under the environment, over the default; empty means unset; a name that is none of ours is a warning', async (t) => {
  const cwd = tempDir(t);
  writeFileSync(
    path.join(cwd, '.env'),
    [
      '# a comment',
      '',
      'PORT=4001',
      'WS_CHANNEL="my venue"',
      "STORAGE_PATH='./somewhere'",
      'export MAX_SESSIONS=7',
      'LOG_LEVEL=',
      'WS_PORT = 9000',
      'WS_HSOT=venue.loc',
      'API_TOKEN=from-the-file',
      '',
    ].join('\n'),
  );
  const print = await runOnce(['--print-config'], {cwd, env: {PORT: 5001, WS_PROTOCOL: ''}});
  assert.equal(print.code, 0, print.stderr);
  assert.match(print.stdout, /^PORT=5001$/m, 'the environment wins');
  assert.match(print.stdout, /^WS_CHANNEL="?my venue"?$/m);
  assert.match(print.stdout, /^STORAGE_PATH="?\.\/somewhere"?$/m);
  assert.match(print.stdout, /^MAX_SESSIONS=7$/m);
  assert.match(print.stdout, /^LOG_LEVEL=info$/m, 'empty means unset');
  assert.match(print.stdout, /^WS_PROTOCOL=ws$/m, 'empty means unset');
  assert.match(print.stdout, /^WS_PORT=9000$/m);
  const check = await runOnce(['--check-config'], {cwd});
  assert.equal(check.code, 0, 'a warning is no fault');
  assert.match(check.stderr, /WS_HSOT.*WS_HOST/, 'the nearest name');
  assert.ok(!(print.stderr + print.stdout).includes('from-the-file'));
  writeFileSync(path.join(cwd, '.env'), 'PORT=99999\n');
  const wrong = await runOnce(['--check-config'], {cwd});
  assert.equal(wrong.code, 78);
  assert.match(wrong.stderr, /PORT.*99999/);
});

test('a busy port: one clear line, exit status not 0', async (t) => {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => server.close());
  const {port} = server.address();
  const {code, signal, stderr, stdout} = await runOnce(['--demo'], {
    cwd: tempDir(t),
    env: {HOST: '127.0.0.1', PORT: port},
  });
  assert.equal(signal, null);
  assert.notEqual(code, 0);
  assert.match(stderr + stdout, new RegExp(`${port}.*in use|in use.*${port}`, 'i'));
});

test('a storage folder that cannot be made or written to: one clear line with its path, exit status not 0', async (t) => {
  const cwd = tempDir(t);
  writeFileSync(path.join(cwd, 'file'), '');
  const under = await runOnce(['--demo'], {
    cwd,
    env: {HOST: '127.0.0.1', PORT: await freePort(), STORAGE_PATH: './file/storage'},
  });
  assert.ok(under.code !== 0 && under.signal === null, JSON.stringify(under));
  assert.match(under.stderr + under.stdout, /file\/storage/);

  // Without the right to write: as who we are, or, where root may write everywhere, as nobody.
  const root = process.getuid() === 0;
  const who = root ? {uid: 65534, gid: 65534} : {};
  if (root) {
    try {
      assert.equal((await runOnce(['--version'], {cwd: '/', ...who})).code, 0);
    } catch {
      return t.skip('nobody cannot reach the binary here');
    }
  }
  const folder = path.join(cwd, 'readonly');
  mkdirSync(folder);
  chmodSync(folder, 0o555);
  chmodSync(cwd, 0o755);
  const logs = tempDir(t);
  chmodSync(logs, 0o777);
  for (const storage of [folder, path.join(folder, 'storage')]) {
    const denied = await runOnce(['--demo'], {
      cwd: logs,
      ...who,
      env: {HOST: '127.0.0.1', PORT: await freePort(), STORAGE_PATH: storage},
    });
    assert.ok(denied.code !== 0 && denied.signal === null, JSON.stringify(denied));
    assert.ok((denied.stderr + denied.stdout).includes(storage), denied.stderr);
    assert.match(denied.stderr + denied.stdout, /permission|denied|writ/i);
  }
  assert.ok(accessSync(binary, constants.X_OK) === undefined);
});

test('--health asks the running server', async (t) => {
  const scene = await startScene(t);
  const env = {PORT: scene.daemon.port, HOST: '127.0.0.1'};
  const cwd = tempDir(t);
  assert.equal((await runOnce(['--health'], {cwd, env})).code, 0);
  await scene.feed.stop();
  await scene.daemon.disconnected();
  assert.equal((await runOnce(['--health'], {cwd, env})).code, 0, 'a quiet feed is no fault');
  assert.equal(
    (await runOnce(['--health'], {cwd, env: {PORT: scene.daemon.port, HOST: ''}})).code,
    0,
    'all addresses: asked on loopback',
  );
  await scene.daemon.stop();
  const {code} = await runOnce(['--health'], {cwd, env});
  assert.notEqual(code, 0);
});

test('SIGTERM and SIGINT under load: answers in flight are finished, exit status 0', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const scene = await startScene(t, {kind: 'socketio4'});
    const race = new Race({karts: smallField()});
    await play(scene, race);
    let stopping = false;
    let served = 0;
    const client = async () => {
      for (;;) {
        try {
          const answer = await scene.daemon.get('/api/current');
          assert.equal(answer.status, 200);
          JSON.parse(answer.text);
          served += 1;
        } catch (error) {
          if (stopping && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(error.code)) return;
          throw error;
        }
      }
    };
    const pusher = setInterval(() => scene.feed.push(race.payload()), 5);
    atEnd(t, () => clearInterval(pusher));
    const clients = Array.from({length: 20}, client);
    await until('load', () => served > 200);
    stopping = true;
    scene.daemon.kill(signal);
    const exit = await scene.daemon.waitExit(`after ${signal}`);
    clearInterval(pusher);
    await Promise.all(clients);
    assert.deepEqual(exit, {code: 0, signal: null}, scene.daemon.tail());
    scene.daemon.checkOutput();
  }
});

test('a second SIGTERM ends a stop that waits', async (t) => {
  const daemon = await Daemon.start(t, {
    env: {WS_HOST: '127.0.0.1', WS_PORT: await freePort(), HTTP_REQUEST_SECONDS: 60, HTTP_IDLE_SECONDS: 60},
  });
  const socket = net.connect(daemon.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  atEnd(t, () => socket.destroy());
  await sleep(100);
  daemon.kill('SIGTERM');
  await sleep(100);
  daemon.kill('SIGTERM');
  await daemon.waitExit('after a second SIGTERM');
});

test('a stop ends in good time although a client holds a connection', async (t) => {
  const daemon = await Daemon.start(t, {
    env: {WS_HOST: '127.0.0.1', WS_PORT: await freePort(), HTTP_REQUEST_SECONDS: 60, HTTP_IDLE_SECONDS: 60},
  });
  const socket = net.connect(daemon.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  atEnd(t, () => socket.destroy());
  await sleep(100);
  await daemon.stop();
});

test('logs: JSON lines in LOG_FILE, errors apart, SIGHUP reopens', async (t) => {
  const {renameSync} = await import('node:fs');
  const scene = await startScene(t, {
    env: {NODE_ENV: 'production', LOG_LEVEL: 'info', LOG_FILE: './logs/server.log', API_TOKEN: 'hush-hush-hush'},
  });
  const {daemon} = scene;
  const log = path.join(daemon.dir, 'logs/server.log');
  const race = new Race({karts: smallField()});
  const current = await play(scene, race);
  const lines = (file) =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  await until('the session is in the log', () => readFileSync(log, 'utf8').includes(current.sessionId));
  assert.ok(lines(log).length >= 3);
  assert.ok(lines(log).length < 60, 'nothing for each frame');
  renameSync(log, `${log}.away`);
  daemon.child.kill('SIGHUP');
  await until('a new file', () => existsSync(log));
  await daemon.stop();
  lines(`${log}.away`);
  lines(log);
  for (const line of daemon.output.trim().split('\n')) JSON.parse(line);
  assert.ok(!daemon.output.includes('hush-hush-hush'));
});
