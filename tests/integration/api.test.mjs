// The REST API: every endpoint, its field names, headers, limits and errors.
import assert from 'node:assert/strict';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {assertKart, expectedAnalysis} from './lib/expected.mjs';
import {listed, raced, settle} from './lib/scene.mjs';
import {freePort} from './lib/ports.mjs';
import {assertShape} from './lib/tools.mjs';

const KART = {
  kartNumber: 'string',
  kart: 'string',
  kartId: 'int',
  runId: 'int',
  driverName: 'string',
  totalLaps: 'int',
  validLaps: 'int',
  missedLaps: 'int',
  position: 'int',
  bestLap: 'int',
  bestLapFormatted: 'string',
  avgLapTime: 'number',
  avgLapTimeFormatted: 'string',
  best3Avg: 'number',
  best3AvgFormatted: 'string',
  consistency: 'number',
  consistencyFormatted: 'string',
  totalTime: 'int',
  totalTimeFormatted: 'string',
  elapsedTime: 'int',
  normalizedIndex: 'int',
  stale: 'boolean',
  lapHistory: [{lapNum: 'int', time: 'int', timeFormatted: 'string', position: 'int|null'}],
  lastUpdate: 'iso',
};
const WINNER = {name: 'string', kartNumber: 'string', bestLap: 'string', bestLapRaw: 'int'};
const SUMMARY = {
  timestamp: 'iso',
  sessionId: 'string',
  eventName: 'string',
  trackConfig: 'int',
  totalKarts: 'int',
  totalLaps: 'int',
  fastestLap: 'string',
  fastestDriver: 'string',
  crossKartDrivers: 'int',
  winner: WINNER,
};
const ANALYSIS = {
  summary: SUMMARY,
  karts: [KART],
  unranked: [
    {kartNumber: 'string', kartId: 'int', driverName: 'string', totalLaps: 'int', validLaps: 'int', bestLap: 'any'},
  ],
  crossKartDrivers: [
    {
      driverName: 'string',
      karts: [{kartNumber: 'string', kartId: 'int', bestLap: 'int', avgLap: 'number', laps: 'int'}],
    },
  ],
};

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
    sessionId: 'string',
    timestamp: 'iso',
    live: 'boolean',
    analysis: {...ANALYSIS, winner: WINNER},
    sessionData: {
      track_name: 'string',
      eventName: 'string',
      trackConfig: 'int',
      currentLap: 'int',
      totalLaps: 'int',
      runs: [{kart_number: 'string'}],
    },
    liveSessions: [{sessionId: 'string', eventName: 'string', trackConfig: 'int', karts: 'int', timestamp: 'iso'}],
  });
  assert.equal(current.live, true);
  assert.match(current.sessionId, /^\d{8}T\d{6}Z-session-12-t3$/);
  // Every field of the newest frame, as the feed sent it.
  const sent = race.payload({test_marker: race.marker}).data;
  for (const [name, value] of Object.entries(sent)) {
    if (name !== 'runs' && name !== 'total_laps')
      assert.deepEqual(current.sessionData[name], value, `sessionData.${name}`);
  }
  const byId = (runs) => [...runs].sort((a, b) => a.id - b.id);
  assert.deepEqual(byId(current.sessionData.runs), byId(sent.runs));

  const analysis = await daemon.json('/api/analysis');
  assertShape(analysis, ANALYSIS);
  assert.deepEqual(analysis.karts, current.analysis.karts);
  assert.deepEqual(
    analysis.crossKartDrivers.map((d) => d.driverName),
    ['Ana Example'],
  );
  assert.deepEqual(
    analysis.crossKartDrivers[0].karts.map((k) => k.kartNumber),
    ['05', '30'],
  );

  const stats = await daemon.json('/api/stats');
  assertShape(stats, {
    storage: {
      totalSessions: 'int',
      currentSession: 'any',
      storageSize: 'number',
      storageSizeMB: 'any',
      maxSessions: 'int',
      lapHistoryKarts: 'int',
    },
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
    assertKart(
      kart,
      wanted.ranked.find((k) => k.kart === 'E05'),
    );
    assertShape(kart, {
      ...KART,
      realtimeLapHistory: [
        {lapNum: 'int', timeRaw: 'int', position: 'int|null', timestamp: 'number', valid: 'boolean'},
      ],
    });
  }
  const spun = await daemon.json('/api/kart/09');
  assert.deepEqual(
    spun.realtimeLapHistory.map((l) => [l.lapNum, l.timeRaw, l.valid]),
    [
      [2, 28403, true],
      [3, 28011, true],
      [4, 71200, false],
      [5, 27922, true],
      [6, 27873, true],
    ],
  );
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
  const paths = [
    '/',
    '/health',
    '/api/health',
    '/api/current',
    '/api/analysis',
    '/api/kart/05',
    '/api/stats',
    '/api/sessions',
    `/api/sessions/${current.sessionId}`,
    `/api/sessions/${current.sessionId}/export`,
    '/api/nothing',
  ];
  for (const path of paths) {
    const got = await daemon.get(path);
    assert.equal(got.headers['content-type'], 'application/json; charset=utf-8', path);
    assert.equal(got.headers['x-content-type-options'], 'nosniff', path);
    for (const name of [
      'x-frame-options',
      'referrer-policy',
      'x-dns-prefetch-control',
      'cross-origin-resource-policy',
    ]) {
      assert.ok(got.headers[name], `${path}: ${name}`);
    }
    assert.equal(got.headers['access-control-allow-origin'], '*', path);
    const head = await daemon.get(path, {method: 'HEAD'});
    assert.equal(head.status, got.status, `HEAD ${path}`);
    assert.equal(head.text, '', `HEAD ${path}`);
    assert.equal(head.headers['content-type'], got.headers['content-type'], `HEAD ${path}`);
  }
  for (const path of [
    '/api/current',
    '/api/analysis',
    '/api/kart/05',
    '/api/sessions',
    `/api/sessions/${current.sessionId}`,
  ]) {
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
  for (const path of ['/api/current', '/api/analysis'])
    assert.equal((await daemon.get(path)).headers['cache-control'], 'no-cache');
});

test('gzip to whoever accepts it: the same body, tags and lengths of its own', async (t) => {
  const {daemon, current} = await raced(t);
  const asked = (path, encoding, headers = {}, method = 'GET') =>
    daemon.get(path, {method, headers: {...headers, 'Accept-Encoding': encoding}});
  for (const path of [
    '/api/current',
    '/api/analysis',
    '/api/sessions?limit=100',
    `/api/sessions/${current.sessionId}`,
    `/api/sessions/${current.sessionId}/export`,
    '/metrics',
  ]) {
    const plain = await asked(path, 'identity');
    const packed = await asked(path, 'br;q=1.0, gzip;q=0.8, *;q=0.1');
    if (plain.bytes.length < 1000) continue; // one packet either way
    assert.equal(packed.headers['content-encoding'], 'gzip', path);
    for (const answer of [plain, packed]) assert.match(answer.headers.vary, /Accept-Encoding/, path);
    assert.ok(packed.bytes.length < plain.bytes.length / 2, path);
    assert.equal(Number(packed.headers['content-length']), packed.bytes.length, path);
    for (const encoding of ['gzip;q=0', 'br', 'gzip;q=0.000, identity', '']) {
      const answer = await asked(path, encoding);
      assert.equal(answer.headers['content-encoding'], undefined, `${path} ${encoding}`);
    }
    const head = await asked(path, 'gzip', {}, 'HEAD');
    assert.equal(head.headers['content-encoding'], 'gzip', path);
    if (/export|metrics/.test(path)) continue; // they have the time of day in them
    assert.equal(packed.text, plain.text, path);
    assert.equal(head.headers['content-length'], packed.headers['content-length'], path);
    assert.match(packed.headers.etag, /^"[^"]+"$/, `${path}: a strong ETag`);
    assert.notEqual(packed.headers.etag, plain.headers.etag, `${path}: strong tags tell two forms apart`);
    const same = await asked(path, 'gzip', {'If-None-Match': packed.headers.etag});
    assert.deepEqual([same.status, same.bytes.length], [304, 0], path);
    assert.equal(same.headers.etag, packed.headers.etag, path);
    assert.equal((await asked(path, 'gzip', {'If-None-Match': plain.headers.etag})).status, 200, path);
    assert.equal((await asked(path, 'identity', {'If-None-Match': packed.headers.etag})).status, 200, path);
  }
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
    const answer = await any.get(path, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://app.example',
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'content-type',
      },
    });
    assert.equal(answer.status, 204, path);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.match(answer.headers['access-control-allow-methods'], /GET/);
    assert.match(answer.headers['access-control-allow-methods'], /DELETE/);
    for (const name of ['Content-Type', 'Authorization', 'Cache-Control', 'Last-Event-ID', 'If-None-Match']) {
      assert.match(answer.headers['access-control-allow-headers'], new RegExp(name, 'i'));
    }
    assert.match(answer.headers['access-control-max-age'], /^\d+$/);
  }
  const listed = await Daemon.start(t, {
    env: {
      WS_HOST: '127.0.0.1',
      WS_PORT: await freePort(),
      ALLOWED_ORIGINS: 'https://app.example, http://localhost:8080',
    },
  });
  for (const [origin, allowed] of [
    ['https://app.example', true],
    ['http://localhost:8080', true],
    ['https://evil.example', false],
    ['https://app.example.evil.example', false],
    ['null', false],
  ]) {
    for (const method of ['GET', 'OPTIONS']) {
      const answer = await listed.get('/health', {
        method,
        headers: {Origin: origin, 'Access-Control-Request-Method': 'GET'},
      });
      assert.equal(answer.headers['access-control-allow-origin'], allowed ? origin : undefined, `${method} ${origin}`);
      assert.match(answer.headers.vary ?? '', /origin/i);
    }
  }
});

test('what is not there is 404, a method that is not there 405 with Allow', async (t) => {
  const {daemon, current} = await raced(t);
  for (const path of [
    '/api',
    '/api/',
    '/api/nothing',
    '/favicon.txt',
    '/api/current/x',
    '/api/kart',
    '/api/sessions/a/b',
    '/healthy',
  ]) {
    const answer = await daemon.get(path);
    assert.equal(answer.status, 404, path);
    assert.deepEqual(
      {error: answer.json.error, path: answer.json.path, method: answer.json.method},
      {error: 'Endpoint not found', path, method: 'GET'},
    );
  }
  const unknown = await daemon.get('/api/sessions/20200101T000000Z-none');
  assert.equal(unknown.status, 404);
  assert.equal(unknown.json.error, 'Session 20200101T000000Z-none not found');
  for (const [path, methods] of [
    ['/api/current', ['POST', 'PUT', 'DELETE', 'PATCH']],
    ['/health', ['POST']],
    [`/api/sessions/${current.sessionId}`, ['POST', 'PUT']],
    ['/api/sessions', ['DELETE', 'POST']],
  ]) {
    for (const method of methods) {
      const answer = await daemon.get(path, {method, body: method === 'DELETE' ? undefined : '{}'});
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.match(answer.headers.allow, /\bGET\b.*\bHEAD\b|\bHEAD\b.*\bGET\b/);
      assert.equal(typeof answer.json.error, 'string');
    }
  }
  assert.match(
    (await daemon.get(`/api/sessions/${current.sessionId}`, {method: 'PUT', body: '{}'})).headers.allow,
    /DELETE/,
  );
});
