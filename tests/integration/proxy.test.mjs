// The proxy: real nginx with the shipped configuration in front of the server.
import assert from 'node:assert/strict';
import https from 'node:https';
import test from 'node:test';
import tls from 'node:tls';
import {createGunzip} from 'node:zlib';

import {launch} from './lib/attack-run.mjs';
import {exchange, many, open, statuses, tally} from './lib/attack-socket.mjs';
import {Metrics} from './lib/metrics.mjs';
import {Nginx} from './lib/nginx.mjs';
import {without} from './lib/program.mjs';
import {Race} from './lib/race.mjs';
import {finish, listed, play, settle, smallField, startScene} from './lib/scene.mjs';
import {atEnd, request, sleep, until} from './lib/tools.mjs';

const options = {skip: without('nginx'), concurrency: true};
const guest = (n) => `127.0.1.${1 + (n % 250)}`; // anybody but the house, which is 127.0.0.1 here

async function raceBehindProxy(t, env = {}) {
  const scene = await startScene(t, {env: {TRUST_PROXY: 1, ...env}});
  const race = new Race({karts: smallField()});
  const nginx = await Nginx.start(t, scene.daemon);
  return {...scene, scene, race, nginx};
}

// Requests that came to the server, by the pattern of a route; all without one.
async function arrived(daemon, route) {
  const metrics = await Metrics.of(daemon);
  let sum = 0;
  for (const [key, value] of metrics.samples) {
    const [name, ...labels] = JSON.parse(key);
    const {route: found} = Object.fromEntries(labels);
    if (name === 'racefacer_http_requests_total' && (route ? found === route : found !== '/metrics')) sum += value;
  }
  return sum;
}

// How requests begin that never come to an end: in the line, the headers, the body.
const slow = {
  line: 'GET /',
  headers: 'GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ',
  body: 'GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\n',
};

// Goes on with a byte each 200 ms until it is cut off; the status it was told, 0 for none.
async function drip(target, beginning, from) {
  const socket = await open(target, {from});
  socket.write(beginning);
  const timer = setInterval(() => socket.writable && socket.write('y'), 200);
  const cutOff = await Promise.race([socket.ended.then(() => true), sleep(45000)]);
  clearInterval(timer);
  socket.destroy();
  if (!cutOff) return 'still open';
  return statuses(socket.received)[0] ?? 0;
}

test('through nginx', options, async (t) => {
  await Promise.all([
    t.test('TLS, and whoever comes without it is sent there', async (t) => {
      const {nginx} = await raceBehindProxy(t);
      const plain = await request(nginx.plainPort, '/api/current?track=1');
      assert.equal(plain.status, 308);
      assert.equal(plain.headers.location, 'https://127.0.0.1/api/current?track=1');
      const welcome = await nginx.get('/', {headers: {Accept: 'text/html'}});
      assert.equal(welcome.status, 200);
      assert.match(welcome.text, /<!doctype html>/i);
      assert.match(welcome.headers['content-security-policy'], /default-src 'none'/);
      assert.match(welcome.headers['strict-transport-security'], /max-age=\d{8}/);
      assert.doesNotMatch(JSON.stringify(welcome.headers), /nginx\/\d/);
      const handshake = (minVersion, maxVersion) =>
        new Promise((resolve) => {
          const {port, ca} = nginx;
          const socket = tls.connect({host: '127.0.0.1', port, ca, minVersion, maxVersion, ALPNProtocols: ['h2']});
          socket.on('secureConnect', () => resolve(`${socket.getProtocol()} ${socket.alpnProtocol}`));
          socket.on('error', (error) => resolve(error.code));
          socket.on('close', () => socket.destroy());
          atEnd(t, () => socket.destroy());
        });
      assert.equal(await handshake('TLSv1.3', 'TLSv1.3'), 'TLSv1.3 h2');
      assert.equal(await handshake('TLSv1.2', 'TLSv1.2'), 'TLSv1.2 h2');
      assert.doesNotMatch(await handshake('TLSv1', 'TLSv1.1'), /^TLSv/);
    }),

    t.test('an event of the stream comes at once', async (t) => {
      const {scene, nginx, race} = await raceBehindProxy(t);
      const streams = [{}, {'Accept-Encoding': 'gzip, deflate, br'}].map((headers) => {
        const stream = {text: '', over: false};
        const asked = https.get(nginx.options('/api/stream?events=lap', {headers}), (response) => {
          stream.packed = response.headers['content-encoding'] === 'gzip';
          const text = stream.packed ? response.pipe(createGunzip()) : response;
          text.on('data', (part) => (stream.text += part));
          text.on('error', () => {});
          response.on('end', () => (stream.over = true));
        });
        asked.on('error', () => (stream.over = true));
        atEnd(t, () => asked.destroy());
        return stream;
      });
      const have = (pattern) =>
        until(`both streams have ${pattern}`, () => streams.every(({text}) => pattern.test(text)), {
          describe: () => JSON.stringify(streams) + nginx.tail(),
        });
      await have(/event: connected/);
      const frames = race.frames();
      scene.feed.pushAll(frames.slice(0, 6)); // one lap, and no more: nothing after it could push it out
      await have(/event: lap\ndata: .*\n\n/);
      assert.deepEqual(
        streams.map(({packed, over}) => ({packed, over})),
        [
          {packed: false, over: false},
          {packed: true, over: false},
        ],
      );
    }),

    t.test('gzip and ETags pass, and the two bodies are kept apart', async (t) => {
      const {scene, nginx, race} = await raceBehindProxy(t);
      await play(scene, race);
      const ask = (encoding, more = {}) =>
        nginx.get('/api/current', {headers: {...(encoding ? {'Accept-Encoding': encoding} : {}), ...more}});
      const plain = await ask();
      assert.equal(plain.headers['content-encoding'], undefined);
      for (const encoding of ['gzip', 'gzip, deflate, br, zstd', 'br;q=1.0, gzip;q=0.5']) {
        const packed = await ask(encoding);
        assert.equal(packed.headers['content-encoding'], 'gzip', encoding);
        assert.deepEqual(packed.json(), plain.json());
        const same = await ask(encoding, {'If-None-Match': packed.headers.etag});
        assert.equal(same.status, 304);
        assert.equal(same.text, '');
      }
      for (const encoding of ['gzip;q=0', 'deflate, gzip;q=0.000', 'br'])
        assert.equal((await ask(encoding)).headers['content-encoding'], undefined, encoding);
      assert.equal((await ask(undefined, {'If-None-Match': plain.headers.etag})).status, 304);
    }),

    t.test('a thousand polls at once are a few requests', async (t) => {
      const {scene, daemon, nginx, race} = await raceBehindProxy(t);
      await play(scene, race);
      const counts = {};
      for (const [target, route] of [
        ['/api/current', '/api/current'],
        ['/api/kart/5', '/api/kart/{kart}'],
      ]) {
        const before = await arrived(daemon, route);
        const began = performance.now();
        const answers = await many(1000, 100, (i) => nginx.get(target, {from: guest(i)}));
        const seconds = (performance.now() - began) / 1000;
        assert.ok(answers.every(({status}) => status === 200));
        assert.equal(new Set(answers.map(({text}) => text)).size, 1);
        assert.ok(answers.every(({headers}) => !Object.keys(headers).some((name) => name.startsWith('ratelimit'))));
        counts[route] = (await arrived(daemon, route)) - before;
        assert.ok(counts[route] <= seconds + 2, `${counts[route]} requests in ${seconds} s`);
        assert.ok(counts[route] >= 1);
      }
      t.diagnostic(`2 × 1000 polls were ${JSON.stringify(counts)} requests to the server`);
      const more = await settle(scene, race);
      await until(
        'the newest frame comes through',
        async () => (await nginx.get('/api/current')).json().sessionData.test_marker === more.sessionData.test_marker,
      );
    }),

    t.test('limits count the client, whatever it says it is', async (t) => {
      const {scene, nginx, race} = await raceBehindProxy(t, {RATE_LIMIT_MAX_REQUESTS: 3});
      await play(scene, race);
      const [{sessionId}] = (await listed(scene, 1)).sessions;
      const open = async (from, headers) => (await nginx.get(`/api/sessions/${sessionId}`, {from, headers})).status;
      for (let i = 0; i < 3; i++) assert.equal(await open(guest(1)), 200);
      assert.equal(await open(guest(1)), 429);
      assert.equal(await open(guest(1), {'X-Forwarded-For': '192.0.2.7'}), 429, 'what it wrote itself does not count');
      assert.equal(await open(guest(2)), 200, 'another client has a count of its own');
    }),

    t.test('a deletion passes, with its Authorization', async (t) => {
      const {scene, nginx, race} = await raceBehindProxy(t, {API_TOKEN: 'correct-horse-battery'});
      await play(scene, race);
      const {sessionId} = await finish(scene, race);
      const remove = async (headers) =>
        (await nginx.get(`/api/sessions/${sessionId}`, {method: 'DELETE', from: guest(1), headers})).status;
      assert.equal(await remove({}), 403);
      assert.equal(await remove({Authorization: 'Bearer correct-horse-battery'}), 200);
      assert.equal((await nginx.get(`/api/sessions/${sessionId}`)).status, 404);
    }),

    t.test('what is for the house is not for guests, however it is spelt', async (t) => {
      const {daemon, nginx} = await raceBehindProxy(t);
      const coded = (name) => `/%${name.charCodeAt(1).toString(16)}${name.slice(2)}`;
      const spellings = (name) => [name, `${name}/`, `/${name}`, `/x/..${name}`, coded(name), `${name}?a=b`];
      for (const name of ['/metrics', '/api/stats', '/api/clients']) {
        assert.equal((await nginx.get(name)).status, 200, `${name} for the house`);
        const before = await arrived(daemon, name);
        for (const target of [...spellings(name), `https://elsewhere.example${name}`])
          for (const method of ['GET', 'HEAD']) {
            const answer = await nginx.get(target, {from: guest(1), method});
            assert.equal(answer.status, 403, `${method} ${target}`);
          }
        // /metrics counts the one that is asked here.
        const asked = name === '/metrics' ? 1 : 0;
        assert.equal(await arrived(daemon, name), before + asked, 'none of them arrived');
      }
      const forged = {'X-Forwarded-For': '127.0.0.1', 'X-Real-IP': '127.0.0.1'};
      assert.equal((await nginx.get('/metrics', {from: guest(1), headers: forged})).status, 403);
    }),

    t.test('attacks stay outside', async (t) => {
      const {daemon, nginx} = await raceBehindProxy(t);
      const target = {port: nginx.port, tls: true};
      const before = await arrived(daemon);

      let most = 0;
      let dripping = true;
      const watch = (async () => {
        while (dripping) {
          most = Math.max(most, (await Metrics.of(daemon)).value('racefacer_http_connections'));
          await sleep(200);
        }
      })();
      const ends = await many(75, 75, (i) => drip(target, Object.values(slow)[i % 3], guest(i)));
      dripping = false;
      await watch;
      assert.deepEqual(tally(ends), {0: 50, 413: 25}, 'all are cut off, and told so where a body was too large');
      assert.ok(most <= 5, `${most} connections at the server, while 75 dripped into nginx`);

      const smuggled = await launch(t, 'conflicting', target).done;
      for (const [name, {statuses, smuggled: got}] of Object.entries(smuggled)) {
        assert.ok(!got, `${name} got a second answer`);
        assert.match(Object.keys(statuses).join(), /^(400|413|501)$/, `${name}: ${JSON.stringify(statuses)}`);
      }
      const head = (line, more = '') => `${line}\r\nHost: x\r\nConnection: close\r\n${more}\r\n`;
      for (const [bytes, wanted] of [
        [head('GET /health HTTP/1.1', `X-Long: ${'y'.repeat(9000)}\r\n`), 400],
        [head('GET /health HTTP/1.1', `X-Long: ${'y'.repeat(1_000_000)}\r\n`), 400],
        [head('GET /health HTTP/1.1', `X: ${'y'.repeat(700)}\r\n`.repeat(60)), 400],
        [head(`GET /api/kart/${'y'.repeat(9000)} HTTP/1.1`), 414],
        [head('GET /health HTTP/1.1', 'Host: y\r\n'), 400],
        [head('GET /a\u0000b HTTP/1.1'), 400],
        ['\u0016\u0003\u0001\u0002'.repeat(100) + '\r\n\r\n', 400],
      ]) {
        const {status} = await exchange(target, bytes, {from: guest(3)});
        assert.equal(status, wanted, JSON.stringify(bytes.slice(0, 60)));
      }
      assert.equal(await arrived(daemon), before, 'the server has heard of nothing');
      assert.equal((await nginx.get('/health')).json().status, 'OK');
    }),
  ]);
});
