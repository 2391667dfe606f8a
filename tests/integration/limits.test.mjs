// What the server does to too many requests, to strange ones and to hostile ones.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {raced} from './lib/scene.mjs';
import {freePort} from './lib/ports.mjs';
import {rawGet, rawRequest, request, sleep, until} from './lib/tools.mjs';

test('no path leads out of the storage folder, and none breaks the server', async (t) => {
  const {daemon} = await raced(t);
  const attacks = [
    '/api/sessions/../../etc/passwd',
    '/api/sessions/..%2f..%2f..%2fetc%2fpasswd',
    '/api/sessions/%2e%2e%2f%2e%2e%2fcurrent%2fsession',
    '/api/sessions/..%5c..%5cx',
    '/api/sessions/%00',
    '/api/sessions/a%00b',
    '/api/sessions/%',
    '/api/sessions/%2',
    '/api/sessions/%zz',
    `/api/sessions/${'a'.repeat(3000)}`,
    '/api/sessions/.',
    '/api/sessions/..',
    '/api/sessions/%ff%fe',
    '/api/sessions/../current/session',
    '/api/kart/%00',
    '/api/kart/..%2f',
    '/api/kart/%',
    '/api/kart/%c0%af',
    `/api/kart/${'9'.repeat(3000)}`,
    '//api/current',
    '/api//current',
    '/..',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/api/current?track=%00',
    '/api/current?track=%zz',
    '/api/sessions?event=%',
    '/api/sessions?limit=99999999999999999999',
    '/api/current?track=',
    `/api/sessions?event=${'x'.repeat(4000)}`,
  ];
  for (const attack of attacks) {
    const {status, text} = await rawGet(daemon.port, attack);
    assert.ok([200, 400, 404, 414].includes(status), `${attack.slice(0, 80)} → ${status}`);
    assert.ok(!/root:|\/storage\/|No such file/.test(text), `${attack}: ${text.slice(0, 300)}`);
    if (/sessions\/[^?]*(\.\.|%00|%2e|%2f|%zz|aaaa|%ff|%$|%2$)/i.test(attack))
      assert.ok([400, 404, 414].includes(status), `${attack.slice(0, 80)} → ${status}`);
    if (status >= 400) assert.match(text, /\r\n\r\n\{"error":/, `${attack.slice(0, 80)}: errors are JSON`);
  }
  const health = await daemon.json('/health');
  assert.equal(health.status, 'OK');
});

test('requests no client would send are refused, and harm nobody', async (t) => {
  const {daemon} = await raced(t, {env: {HTTP_REQUEST_SECONDS: 2, HTTP_IDLE_SECONDS: 2, MAX_HEADER_BYTES: 4096}});
  const cases = [
    ['nonsense\r\n\r\n', [0, 400]],
    ['GET /health HTTP/1.1\r\n\r\n', [0, 400]],
    ['GET /health HTTP/9.9\r\nHost: x\r\n\r\n', [0, 400, 505]],
    [`GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'y'.repeat(100000)}\r\n\r\n`, [0, 400, 413, 431]],
    [
      'POST /api/current HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      [400, 405],
    ],
    ['POST /api/current HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!', [400, 405]],
    ['POST /api/current HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello', [0, 400, 405]],
    ['GET http://evil.example/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', [200, 400, 404]],
  ];
  for (const [bytes, allowed] of cases) {
    const answer = await rawRequest(daemon.port, bytes);
    const status = Number(answer.match(/^HTTP\/1\.[01] (\d{3})/)?.[1] ?? 0);
    assert.ok(allowed.includes(status), `${JSON.stringify(bytes.slice(0, 90))} → ${answer.slice(0, 200)}`);
  }
  // A client that sends a byte now and then is cut off all the same.
  await new Promise((resolve, reject) => {
    const socket = net.connect(daemon.port, '127.0.0.1');
    socket.write('GET /health HTTP/1.1\r\nHost: ');
    const drip = setInterval(() => socket.write('x'), 300);
    const giveUp = setTimeout(() => {
      socket.destroy();
      reject(new Error('a dripping client is never cut off'));
    }, 60000);
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(drip);
      clearTimeout(giveUp);
      resolve();
    });
    socket.resume();
  });
  // Requests in a row on one connection, and pipelined.
  const two = await rawRequest(
    daemon.port,
    'GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /api/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  assert.match(two, /HTTP\/1\.1 200[\s\S]*HTTP\/1\.1 404/);
  assert.equal((await daemon.get('/health')).status, 200);
});

test('limits: stored sessions, live reads, preflights never', async (t) => {
  const {daemon, current} = await raced(t, {env: {RATE_LIMIT_MAX_REQUESTS: 5, RATE_LIMIT_WINDOW: 15}});
  const path = `/api/sessions/${current.sessionId}`;
  const statuses = [];
  for (let i = 0; i < 4; i += 1) statuses.push((await daemon.get(path)).status);
  statuses.push((await daemon.get(`${path}/export`)).status);
  assert.deepEqual(statuses, [200, 200, 200, 200, 200]);
  for (const options of [{}, {method: 'DELETE'}, {method: 'HEAD'}]) {
    const limited = await daemon.get(path, options);
    assert.equal(limited.status, 429, JSON.stringify(options));
    assert.match(limited.headers['retry-after'], /^\d+$/);
    assert.equal(limited.headers['ratelimit-limit'], '5');
    assert.equal(limited.headers['ratelimit-remaining'], '0');
    assert.match(limited.headers['ratelimit-reset'], /^\d+$/);
    if (options.method !== 'HEAD') assert.equal(typeof limited.json.error, 'string');
  }
  assert.equal((await daemon.get(path, {method: 'OPTIONS'})).status, 204);
  for (let i = 0; i < 30; i += 1)
    assert.equal((await daemon.get('/api/sessions')).status, 200, 'the listing is a live read');
  assert.equal((await daemon.get('/api/current')).status, 200);
});

test('limits on live reads, by client address behind a proxy that is trusted', async (t) => {
  const {daemon} = await raced(t, {env: {RATE_LIMIT_LIVE_PER_SECOND: 3, TRUST_PROXY: 1}});
  const from = (address) => ({headers: {'X-Forwarded-For': address}});
  let limited = null;
  for (let i = 0; i < 400 && !limited; i += 1) {
    const answer = await daemon.get('/api/current', from('192.0.2.1'));
    if (answer.status === 429) limited = answer;
    else assert.equal(answer.status, 200);
  }
  assert.ok(limited, 'at some time it is too much');
  assert.match(limited.headers['retry-after'], /^\d+$/);
  assert.equal((await daemon.get('/api/current', from('192.0.2.2'))).status, 200, 'another client is not held back');
  assert.equal((await daemon.get('/api/current', {...from('192.0.2.1'), method: 'OPTIONS'})).status, 204);
  await until('it is let in again', async () => (await daemon.get('/api/current', from('192.0.2.1'))).status === 200, {
    everyMs: 400,
  });
});

test('X-Forwarded-For of somebody who is no proxy of ours is not believed', async (t) => {
  const {daemon} = await raced(t, {env: {RATE_LIMIT_LIVE_PER_SECOND: 3}});
  let limited = false;
  for (let i = 0; i < 400 && !limited; i += 1) {
    limited = (await daemon.get('/api/current', {headers: {'X-Forwarded-For': `192.0.2.${i % 250}`}})).status === 429;
  }
  assert.ok(limited);
});

test('all addresses: IPv4 and IPv6 on one port', async (t) => {
  const daemon = await Daemon.start(t, {env: {HOST: '', WS_HOST: '127.0.0.1', WS_PORT: await freePort()}});
  assert.equal((await request(daemon.port, '/health', {host: '127.0.0.1'})).status, 200);
  const os = await import('node:os');
  if (
    Object.values(os.networkInterfaces())
      .flat()
      .some((a) => a.address === '::1')
  ) {
    assert.equal((await request(daemon.port, '/health', {host: '::1'})).status, 200);
  }
});

test('MAX_CONNECTIONS_PER_ADDRESS and MAX_CONNECTIONS do not stop the server from answering later', async (t) => {
  const daemon = await Daemon.start(t, {
    env: {WS_HOST: '127.0.0.1', WS_PORT: await freePort(), MAX_CONNECTIONS_PER_ADDRESS: 4, HTTP_IDLE_SECONDS: 2},
  });
  const sockets = Array.from({length: 12}, () => net.connect(daemon.port, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => {});
  await sleep(300);
  for (const socket of sockets) socket.destroy();
  await until('it answers', async () => (await daemon.get('/health', {timeoutMs: 3000})).status === 200);
});

test('a hundred clients at once get the same whole body', async (t) => {
  const {daemon, current} = await raced(t);
  const answers = await Promise.all(Array.from({length: 100}, () => daemon.get('/api/current')));
  for (const answer of answers) assert.deepEqual(answer.json.analysis, current.analysis);
});
