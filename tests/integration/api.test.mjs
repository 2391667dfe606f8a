// The REST API: every endpoint, its field names, headers, limits and errors.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {assertKart, expectedAnalysis} from './lib/expected.mjs';
import {Race} from './lib/race.mjs';
import {finish, listed, play, settle, smallField, startScene} from './lib/scene.mjs';
import {assertShape, freePort, rawGet, rawRequest, request, sleep, until} from './lib/tools.mjs';

const KART = {
  kartNumber: 'string', kart: 'string', kartId: 'int', runId: 'int', driverName: 'string', totalLaps: 'int', validLaps: 'int', missedLaps: 'int',
  position: 'int', bestLap: 'int', bestLapFormatted: 'string', avgLapTime: 'number', avgLapTimeFormatted: 'string', best3Avg: 'number',
  best3AvgFormatted: 'string', consistency: 'number', consistencyFormatted: 'string', totalTime: 'int', totalTimeFormatted: 'string',
  elapsedTime: 'int', normalizedIndex: 'int', stale: 'boolean',
  lapHistory: [{lapNum: 'int', time: 'int', timeFormatted: 'string', position: 'int|null'}], lastUpdate: 'iso',
};
const WINNER = {name: 'string', kartNumber: 'string', bestLap: 'string', bestLapRaw: 'int'};
const SUMMARY = {
  timestamp: 'iso', sessionId: 'string', eventName: 'string', trackConfig: 'int', totalKarts: 'int', totalLaps: 'int', fastestLap: 'string',
  fastestDriver: 'string', crossKartDrivers: 'int', winner: WINNER,
};
const ANALYSIS = {
  summary: SUMMARY,
  karts: [KART],
  unranked: [{kartNumber: 'string', kartId: 'int', driverName: 'string', totalLaps: 'int', validLaps: 'int', bestLap: 'any'}],
  crossKartDrivers: [{driverName: 'string', karts: [{kartNumber: 'string', kartId: 'int', bestLap: 'int', avgLap: 'number', laps: 'int'}]}],
};

async function raced(t, options) {
  const scene = await startScene(t, options);
  const karts = smallField();
  // Ana drives a second kart too: a cross-kart driver.
  karts.push({id: 1700009, kartId: 150, kart: 'E30', kartNumber: '30', driver: 'Ana Example', laps: [28100, 28050, 27999]});
  const race = new Race({karts});
  const current = await play(scene, race);
  await listed(scene, 1);
  return {...scene, scene, race, current};
}

const bearer = (token) => ({Authorization: `Bearer ${token}`});

test('every endpoint answers in the shape its clients know', async (t) => {
  const {daemon, race, current} = await raced(t);

  for (const path of ['/health', '/api/health']) {
    const health = await daemon.json(path);
    assertShape(health, {status: 'string', timestamp: 'iso', websocket: {connected: 'boolean'}, uptime: 'number'});
    assert.equal(health.status, 'OK');
    assert.equal(health.websocket.connected, true);
  }

  const welcome = await daemon.json('/');
  assertShape(welcome, {name: 'string', version: 'string', status: 'string', endpoints: 'object'});
  assert.equal(welcome.name, 'RaceFacer Analysis Server');
  assert.equal(welcome.status, 'running');

  assertShape(current, {
    sessionId: 'string', timestamp: 'iso', live: 'boolean', analysis: {...ANALYSIS, winner: WINNER},
    sessionData: {track_name: 'string', eventName: 'string', trackConfig: 'int', currentLap: 'int', totalLaps: 'int', runs: [{kart_number: 'string'}]},
    liveSessions: [{sessionId: 'string', eventName: 'string', trackConfig: 'int', karts: 'int', timestamp: 'iso'}],
  });
  assert.equal(current.live, true);
  assert.match(current.sessionId, /^\d{8}T\d{6}Z-session-12-t3$/);
  // Every field of the newest frame, as the feed sent it.
  const sent = race.payload({test_marker: race.marker}).data;
  for (const [name, value] of Object.entries(sent)) {
    if (name !== 'runs' && name !== 'total_laps') assert.deepEqual(current.sessionData[name], value, `sessionData.${name}`);
  }
  const byId = (runs) => [...runs].sort((a, b) => a.id - b.id);
  assert.deepEqual(byId(current.sessionData.runs), byId(sent.runs));

  const analysis = await daemon.json('/api/analysis');
  assertShape(analysis, ANALYSIS);
  assert.deepEqual(analysis.karts, current.analysis.karts);
  assert.deepEqual(analysis.crossKartDrivers.map((d) => d.driverName), ['Ana Example']);
  assert.deepEqual(analysis.crossKartDrivers[0].karts.map((k) => k.kartNumber), ['05', '30']);

  const stats = await daemon.json('/api/stats');
  assertShape(stats, {
    storage: {totalSessions: 'int', currentSession: 'any', storageSize: 'number', storageSizeMB: 'any', maxSessions: 'int', lapHistoryKarts: 'int'},
    websocket: {connected: 'boolean'},
    server: {uptime: 'number', memory: {rss: 'number'}, version: 'string'},
    currentSession: {eventName: 'string', totalKarts: 'int', totalLaps: 'int', fastestLap: 'string'},
  });
  assert.equal(stats.currentSession.eventName, 'Session #12');
  assert.equal(stats.currentSession.fastestLap, '26.521');
  assert.equal(stats.storage.totalSessions, 1);

  const list = await daemon.json('/api/sessions');
  assert.equal(list.total, 1);
  assert.equal(list.sessions[0].karts, 5, 'all runs with a lap');
  assert.equal(list.sessions[0].isCurrent, true);
  assert.equal(list.sessions[0].isComplete, false);

  const stored = await daemon.json(`/api/sessions/${current.sessionId}`);
  assert.equal(stored.sessionId, current.sessionId);
  const exported = await daemon.get(`/api/sessions/${current.sessionId}/export`);
  assert.equal(exported.headers['content-disposition'], `attachment; filename="session-${current.sessionId}.json"`);
  assertShape(exported.json, {exportDate: 'iso', session: {sessionId: 'string'}});
  assert.deepEqual(exported.json.session.analysis.karts, stored.analysis.karts);
});

test('a kart by label, number with and without zeros, or kart id; ranked or not', async (t) => {
  const {daemon, race} = await raced(t);
  const wanted = expectedAnalysis(race.karts);
  for (const name of ['E05', '05', '5', '137']) {
    const kart = await daemon.json(`/api/kart/${name}`);
    assertKart(kart, wanted.ranked.find((k) => k.kart === 'E05'));
    assertShape(kart, {...KART, realtimeLapHistory: [{lapNum: 'int', timeRaw: 'int', position: 'int|null', timestamp: 'number', valid: 'boolean'}]});
  }
  const spun = await daemon.json('/api/kart/09');
  assert.deepEqual(spun.realtimeLapHistory.map((l) => [l.lapNum, l.timeRaw, l.valid]),
    [[2, 28403, true], [3, 28011, true], [4, 71200, false], [5, 27922, true], [6, 27873, true]]);
  assert.equal(spun.lapHistory.length, 4);
  const unranked = await daemon.json('/api/kart/21');
  assert.equal(unranked.driverName, 'O\'Neil "Neo" <b>');
  assert.equal(unranked.validLaps, 2);
  const answer = await daemon.get('/api/kart/99');
  assert.equal(answer.status, 404);
  assert.equal(answer.json.error, 'Kart 99 not found');
  assert.equal((await daemon.get('/api/kart/%45%30%35')).status, 200, 'percent-encoded');
});

test('every answer carries the headers of a hardened API, CORS, ETag; HEAD goes wherever GET goes', async (t) => {
  const {daemon, current} = await raced(t);
  const paths = ['/', '/health', '/api/health', '/api/current', '/api/analysis', '/api/kart/05', '/api/stats', '/api/sessions',
    `/api/sessions/${current.sessionId}`, `/api/sessions/${current.sessionId}/export`, '/api/nothing'];
  for (const path of paths) {
    const got = await daemon.get(path);
    assert.equal(got.headers['content-type'], 'application/json; charset=utf-8', path);
    assert.equal(got.headers['x-content-type-options'], 'nosniff', path);
    for (const name of ['x-frame-options', 'referrer-policy', 'x-dns-prefetch-control', 'cross-origin-resource-policy']) {
      assert.ok(got.headers[name], `${path}: ${name}`);
    }
    assert.equal(got.headers['access-control-allow-origin'], '*', path);
    const head = await daemon.get(path, {method: 'HEAD'});
    assert.equal(head.status, got.status, `HEAD ${path}`);
    assert.equal(head.text, '', `HEAD ${path}`);
    assert.equal(head.headers['content-type'], got.headers['content-type'], `HEAD ${path}`);
  }
  for (const path of ['/api/current', '/api/analysis', '/api/kart/05', '/api/sessions', `/api/sessions/${current.sessionId}`]) {
    const got = await daemon.get(path);
    assert.match(got.headers.etag, /^"[^"]+"$/, `${path}: a strong ETag`);
    for (const tag of [got.headers.etag, `"x", ${got.headers.etag}`, `W/${got.headers.etag}`, '*']) {
      const same = await daemon.get(path, {headers: {'If-None-Match': tag}});
      assert.equal(same.status, 304, `${path} ${tag}`);
      assert.equal(same.text, '');
      assert.equal(same.headers.etag, got.headers.etag);
    }
    assert.equal((await daemon.get(path, {headers: {'If-None-Match': '"other"'}})).status, 200);
    const head = await daemon.get(path, {method: 'HEAD'});
    assert.equal(head.headers.etag, got.headers.etag);
    assert.equal(head.headers['content-length'], got.headers['content-length']);
  }
  for (const path of ['/api/current', '/api/analysis']) assert.equal((await daemon.get(path)).headers['cache-control'], 'no-cache');
});

test('an ETag changes with the body and only then', async (t) => {
  const {daemon, scene, race} = await raced(t);
  const one = await daemon.get('/api/current');
  assert.equal((await daemon.get('/api/current')).headers.etag, one.headers.etag);
  await settle(scene, race);
  const two = await daemon.get('/api/current', {headers: {'If-None-Match': one.headers.etag}});
  assert.equal(two.status, 200);
  assert.notEqual(two.headers.etag, one.headers.etag);
});

test('preflights and origins', async (t) => {
  const any = await Daemon.start(t, {env: {WS_HOST: '127.0.0.1', WS_PORT: await freePort()}});
  for (const path of ['/api/current', '/api/sessions/x', '/health']) {
    const answer = await any.get(path, {method: 'OPTIONS', headers: {
      Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'content-type'}});
    assert.equal(answer.status, 204, path);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.match(answer.headers['access-control-allow-methods'], /GET/);
    assert.match(answer.headers['access-control-allow-methods'], /DELETE/);
    for (const name of ['Content-Type', 'Authorization', 'Cache-Control', 'Last-Event-ID', 'If-None-Match']) {
      assert.match(answer.headers['access-control-allow-headers'], new RegExp(name, 'i'));
    }
    assert.match(answer.headers['access-control-max-age'], /^\d+$/);
  }
  const listed = await Daemon.start(t, {env: {WS_HOST: '127.0.0.1', WS_PORT: await freePort(),
    ALLOWED_ORIGINS: 'https://app.example, http://localhost:8080'}});
  for (const [origin, allowed] of [['https://app.example', true], ['http://localhost:8080', true], ['https://evil.example', false],
    ['https://app.example.evil.example', false], ['null', false]]) {
    for (const method of ['GET', 'OPTIONS']) {
      const answer = await listed.get('/health', {method, headers: {Origin: origin, 'Access-Control-Request-Method': 'GET'}});
      assert.equal(answer.headers['access-control-allow-origin'], allowed ? origin : undefined, `${method} ${origin}`);
      assert.match(answer.headers.vary ?? '', /origin/i);
    }
  }
});

test('what is not there is 404, a method that is not there 405 with Allow', async (t) => {
  const {daemon, current} = await raced(t);
  for (const path of ['/api', '/api/', '/api/nothing', '/favicon.txt', '/api/current/x', '/api/kart', '/api/sessions/a/b', '/healthy']) {
    const answer = await daemon.get(path);
    assert.equal(answer.status, 404, path);
    assert.deepEqual({error: answer.json.error, path: answer.json.path, method: answer.json.method},
      {error: 'Endpoint not found', path, method: 'GET'});
  }
  const unknown = await daemon.get('/api/sessions/20200101T000000Z-none');
  assert.equal(unknown.status, 404);
  assert.equal(unknown.json.error, 'Session 20200101T000000Z-none not found');
  for (const [path, methods] of [['/api/current', ['POST', 'PUT', 'DELETE', 'PATCH']], ['/health', ['POST']],
    [`/api/sessions/${current.sessionId}`, ['POST', 'PUT']], ['/api/sessions', ['DELETE', 'POST']]]) {
    for (const method of methods) {
      const answer = await daemon.get(path, {method, body: method === 'DELETE' ? undefined : '{}'});
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.match(answer.headers.allow, /\bGET\b.*\bHEAD\b|\bHEAD\b.*\bGET\b/);
      assert.equal(typeof answer.json.error, 'string');
    }
  }
  assert.match((await daemon.get(`/api/sessions/${current.sessionId}`, {method: 'PUT', body: '{}'})).headers.allow, /DELETE/);
});

test('no path leads out of the storage folder, and none breaks the server', async (t) => {
  const {daemon} = await raced(t);
  const attacks = [
    '/api/sessions/../../etc/passwd', '/api/sessions/..%2f..%2f..%2fetc%2fpasswd', '/api/sessions/%2e%2e%2f%2e%2e%2fcurrent%2fsession',
    '/api/sessions/..%5c..%5cx', '/api/sessions/%00', '/api/sessions/a%00b', '/api/sessions/%', '/api/sessions/%2', '/api/sessions/%zz',
    `/api/sessions/${'a'.repeat(3000)}`, '/api/sessions/.', '/api/sessions/..', '/api/sessions/%ff%fe', '/api/sessions/../current/session',
    '/api/kart/%00', '/api/kart/..%2f', '/api/kart/%', '/api/kart/%c0%af', `/api/kart/${'9'.repeat(3000)}`, '//api/current', '/api//current',
    '/..', '/%2e%2e/%2e%2e/etc/passwd', '/api/current?track=%00', '/api/current?track=%zz', '/api/sessions?event=%', '/api/sessions?limit=99999999999999999999',
    '/api/current?track=', `/api/sessions?event=${'x'.repeat(4000)}`,
  ];
  for (const attack of attacks) {
    const {status, text} = await rawGet(daemon.port, attack);
    assert.ok([200, 400, 404, 414].includes(status), `${attack.slice(0, 80)} → ${status}`);
    assert.ok(!/root:|\/storage\/|No such file/.test(text), `${attack}: ${text.slice(0, 300)}`);
    if (/sessions\/[^?]*(\.\.|%00|%2e|%2f|%zz|aaaa|%ff|%$|%2$)/i.test(attack)) assert.ok([400, 404, 414].includes(status), `${attack.slice(0, 80)} → ${status}`);
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
    ['POST /api/current HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', [400, 405]],
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
  const two = await rawRequest(daemon.port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /api/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
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
  for (let i = 0; i < 30; i += 1) assert.equal((await daemon.get('/api/sessions')).status, 200, 'the listing is a live read');
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
  await until('it is let in again', async () => (await daemon.get('/api/current', from('192.0.2.1'))).status === 200, {everyMs: 400});
});

test('X-Forwarded-For of somebody who is no proxy of ours is not believed', async (t) => {
  const {daemon} = await raced(t, {env: {RATE_LIMIT_LIVE_PER_SECOND: 3}});
  let limited = false;
  for (let i = 0; i < 400 && !limited; i += 1) {
    limited = (await daemon.get('/api/current', {headers: {'X-Forwarded-For': `192.0.2.${i % 250}`}})).status === 429;
  }
  assert.ok(limited);
});

test('DELETE without a token: from loopback, without a foreign Origin, never a live session', async (t) => {
  const {daemon, scene, race, current} = await raced(t);
  const path = `/api/sessions/${current.sessionId}`;
  const live = await daemon.get(path, {method: 'DELETE'});
  assert.equal(live.status, 409);
  assert.equal(typeof live.json.error, 'string');
  await finish(scene, race);
  const foreign = await daemon.get(path, {method: 'DELETE', headers: {Origin: 'https://evil.example'}});
  assert.equal(foreign.status, 403);
  assert.equal(typeof foreign.json.error, 'string');
  const nullOrigin = await daemon.get(path, {method: 'DELETE', headers: {Origin: 'null'}});
  assert.equal(nullOrigin.status, 403);
  const deleted = await daemon.get(path, {method: 'DELETE'});
  assert.equal(deleted.status, 200);
  assert.deepEqual({...deleted.json}, {...deleted.json, message: 'Session deleted successfully', sessionId: current.sessionId});
  assert.equal((await daemon.get(path)).status, 404);
  assert.equal((await daemon.get(path, {method: 'DELETE'})).status, 404);
  assert.equal((await daemon.json('/api/sessions')).total, 0);
  const {existsSync} = await import('node:fs');
  assert.equal(existsSync(daemon.file('sessions', `session-${current.sessionId}.json`)), false);
  // It does not come back with a restart, nor from a frame that comes late.
  scene.feed.push(race.payload({status_string: 'finished'}));
  await daemon.stop();
  await daemon.restart();
  assert.equal((await daemon.json('/api/sessions')).total, 0);
});

test("DELETE from the server's own origin", async (t) => {
  const {daemon, scene, race, current} = await raced(t);
  await finish(scene, race);
  const host = `127.0.0.1:${daemon.port}`;
  const deleted = await daemon.get(`/api/sessions/${current.sessionId}`, {method: 'DELETE', headers: {Host: host, Origin: `http://${host}`}});
  assert.equal(deleted.status, 200, deleted.text);
});

test('DELETE with a token set', async (t) => {
  const {daemon, scene, race, current} = await raced(t, {env: {API_TOKEN: 'correct-horse-battery'}});
  await finish(scene, race);
  const path = `/api/sessions/${current.sessionId}`;
  for (const headers of [{}, bearer('wrong'), bearer('correct-horse-batterx'), bearer(''), {Authorization: 'correct-horse-battery'}, bearer('correct-horse-battery ')]) {
    const answer = await daemon.get(path, {method: 'DELETE', headers});
    if (headers.Authorization?.endsWith('battery ')) continue; // HTTP takes blanks off the end
    assert.ok([401, 403].includes(answer.status), `${JSON.stringify(headers)} → ${answer.status}`);
    assert.equal(typeof answer.json.error, 'string');
    assert.ok(!answer.text.includes('battery'));
  }
  const again = await daemon.get(path, {method: 'DELETE', headers: bearer('correct-horse-battery')});
  assert.ok([200, 404].includes(again.status));
  assert.equal((await daemon.get(path)).status, 404);
  assert.ok(!daemon.output.includes('correct-horse-battery'), 'the token is in no log line');
});

test('deleting from somewhere else than loopback, without a token, is 403', async (t) => {
  const os = await import('node:os');
  const address = Object.values(os.networkInterfaces()).flat().find((a) => a.family === 'IPv4' && !a.internal)?.address;
  if (!address) return t.skip('this machine has no address but loopback');
  const {daemon, scene, race, current} = await raced(t, {env: {HOST: ''}});
  await finish(scene, race);
  const answer = await request(daemon.port, `/api/sessions/${current.sessionId}`, {method: 'DELETE', host: address});
  assert.equal(answer.status, 403, answer.text);
  assert.match(answer.text, /API_TOKEN/, 'told why');
});

test('all addresses: IPv4 and IPv6 on one port', async (t) => {
  const daemon = await Daemon.start(t, {env: {HOST: '', WS_HOST: '127.0.0.1', WS_PORT: await freePort()}});
  assert.equal((await request(daemon.port, '/health', {host: '127.0.0.1'})).status, 200);
  const os = await import('node:os');
  if (Object.values(os.networkInterfaces()).flat().some((a) => a.address === '::1')) {
    assert.equal((await request(daemon.port, '/health', {host: '::1'})).status, 200);
  }
});

test('MAX_CONNECTIONS_PER_ADDRESS and MAX_CONNECTIONS do not stop the server from answering later', async (t) => {
  const daemon = await Daemon.start(t, {env: {WS_HOST: '127.0.0.1', WS_PORT: await freePort(), MAX_CONNECTIONS_PER_ADDRESS: 4, HTTP_IDLE_SECONDS: 2}});
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
