// The document of the API: it is sound, and so complete that each path and status in it was seen here, and no route of
// the server is missing. That no answer contradicts it is looked at in every test, see lib/openapi.mjs.
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import test from 'node:test';

import {Daemon, runOnce} from './lib/daemon.mjs';
import {Metrics} from './lib/metrics.mjs';
import {check, checkAnswer, openapi, pathOf, seen} from './lib/openapi.mjs';
import {finish, play, series, startScene} from './lib/scene.mjs';
import {Stream} from './lib/sse.mjs';
import {atEnd, rawGet, rawRequest, until} from './lib/tools.mjs';

const operations = Object.entries(openapi.paths).flatMap(([name, item]) =>
  Object.entries(item).map(([method, operation]) => ({name, method: method.toUpperCase(), operation})),
);

// A target of each path that there is something at, with one session over and one on.
async function targets(t, env) {
  const scene = await startScene(t, {env});
  const [first, second] = series(['Session #12', 'Session #13']);
  await play(scene, first);
  const {sessionId} = await finish(scene, first);
  await play(scene, second);
  const page = await scene.daemon.get('/', {headers: {Accept: 'text/html'}});
  const files = [...page.text.matchAll(/assets\/([\w.-]+)/g)].map(([, name]) => name);
  const target = (name) => name.replace('{file}', files[0]).replace('{kart}', '5').replace('{id}', sessionId);
  return {scene, sessionId, files, target};
}

test('the server serves the document, under its own version', async (t) => {
  const daemon = await Daemon.start(t, {args: ['--demo']});
  assert.deepEqual(await daemon.json('/api/openapi.json'), openapi);
  const {stdout} = await runOnce(['--version']);
  assert.equal(`racefacer-analysis ${openapi.info.version}\n`, stdout);
  const {endpoints} = await daemon.json('/');
  for (const {method, path: where} of Object.values(endpoints)) {
    const name = where.replace(/:(\w+)/g, '{$1}');
    assert.ok(openapi.paths[name]?.[method.toLowerCase()], `${method} ${where} of GET / is in the document`);
  }
  assert.ok(Object.values(endpoints).some((endpoint) => endpoint.path === '/api/openapi.json'));
});

test('every route of the server is in the document, and the other way round', async (t) => {
  const daemon = await Daemon.start(t, {args: ['--demo']});
  const routes = (await Metrics.of(daemon)).labels('route').filter((route) => route !== 'other');
  const alias = ['/api/health'];
  assert.deepEqual([...routes, ...alias].sort(), Object.keys(openapi.paths).sort());
});

test('references lead somewhere, and examples are what they are examples of', () => {
  const walk = (value, at) => {
    if (value === null || typeof value !== 'object') return;
    if (typeof value.$ref === 'string') {
      const parts = value.$ref.slice(2).split('/');
      assert.ok(parts.reduce((inner, part) => inner?.[part], openapi), `${at}: ${value.$ref}`);
    }
    if (value.schema && value.examples)
      for (const [name, {value: example}] of Object.entries(value.examples))
        check(`${at}/schema`, example, `${at}: the example ${name}`);
    for (const [name, inner] of Object.entries(value))
      walk(inner, `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  };
  walk(openapi, '');
  for (const [name, response] of Object.entries(openapi.components.responses))
    for (const {examples} of Object.values(response.content ?? {}))
      assert.ok(Object.keys(examples).length > 0, `the error ${name} has an example`);
  const ids = operations.map(({operation}) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
});

test('an answer that is not as the document has it is noticed', () => {
  const headers = {'content-type': 'application/json; charset=utf-8', etag: '"a"', 'cache-control': 'no-cache'};
  const answer = {target: '/', status: 200, headers};
  const good = {name: 'RaceFacer Analysis Server', version: '1', status: 'running', endpoints: {}};
  checkAnswer({...answer, text: JSON.stringify(good)});
  const wrong = (what, part) => assert.throws(() => checkAnswer({...answer, text: JSON.stringify(good), ...part}), what);
  wrong(/additional properties.*more/s, {text: JSON.stringify({...good, more: 1})});
  wrong(/required property 'version'/, {text: JSON.stringify({...good, version: undefined})});
  wrong(/the header ETag is missing/, {headers: {...headers, etag: undefined}});
  wrong(/is not in the document/, {status: 418});
  wrong(/text\/plain is not in the document/, {headers: {...headers, 'content-type': 'text/plain'}});
  wrong(/is not in the document/, {target: '/api/nothing'});
  assert.equal(pathOf('/api/sessions/a%2Fb/export/?x=/y'), '/api/sessions/{id}/export');
  assert.equal(pathOf('/api/kart/'), undefined);
});

// ---- each path and status

test('what is asked for well', async (t) => {
  const {scene, sessionId, files, target} = await targets(t);
  const {daemon} = scene;
  for (const {name, method} of operations) {
    if (method !== 'GET' || name === '/api/stream') continue;
    const {status, headers} = await daemon.get(target(name));
    assert.equal(status, 200, name);
    if (headers.etag && !/health|stats|clients|export/.test(name)) {
      const again = await daemon.get(target(name), {headers: {'If-None-Match': headers.etag}});
      assert.equal(again.status, 304, name);
    }
  }
  // Of these no two answers need be the same, but any ETag is answered to "*".
  for (const name of ['/health', '/api/health', '/api/stats', '/api/clients', '/api/sessions/{id}/export'])
    assert.equal((await daemon.get(target(name), {headers: {'If-None-Match': '*'}})).status, 304, name);
  for (const file of files) assert.equal((await daemon.get(`/assets/${file}`)).status, 200);
  const stream = Stream.open(t, daemon);
  await until('the stream has begun', () => stream.events.some((event) => event.name === 'session'));
  seen.add('GET /api/stream 200');
  stream.close();

  assert.equal((await daemon.get('/assets/none.js')).status, 404);
  assert.equal((await daemon.get('/api/kart/99')).status, 404);
  for (const name of ['/api/current', '/api/analysis']) assert.equal((await daemon.get(`${name}?track=99`)).status, 404);
  for (const tail of ['', '/export']) assert.equal((await daemon.get(`/api/sessions/none${tail}`)).status, 404);
  const remove = async (id, headers) => (await daemon.get(`/api/sessions/${id}`, {method: 'DELETE', headers})).status;
  const live = (await daemon.json('/api/current')).sessionId;
  assert.equal(await remove(live), 409);
  assert.equal(await remove('none'), 404);
  assert.equal(await remove(sessionId, {Origin: 'http://elsewhere.example'}), 403);

  // A disk that does not do what it is asked to: folders where files were, and the other way round.
  const file = daemon.file('sessions', `session-${sessionId}.json`);
  renameSync(file, `${file}.away`);
  mkdirSync(file);
  for (const tail of ['', '/export']) assert.equal((await daemon.get(`/api/sessions/${sessionId}${tail}`)).status, 500);
  rmSync(file, {recursive: true});
  renameSync(`${file}.away`, file);
  renameSync(daemon.file('sessions'), daemon.file('away'));
  writeFileSync(daemon.file('sessions'), 'in the way');
  assert.equal(await remove(sessionId), 500);
  rmSync(daemon.file('sessions'));
  renameSync(daemon.file('away'), daemon.file('sessions'));
  assert.ok(existsSync(file));
  assert.equal(await remove(sessionId), 200);
});

const raw = async (daemon, method, target, {headers = '', body = ''} = {}) => {
  const answer = await rawRequest(
    daemon.port,
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n${body}`,
  );
  const [head, text] = answer.split(/\r\n\r\n(.*)/s);
  const fields = Object.fromEntries([...head.matchAll(/^([\w-]+): (.*)$/gm)].map(([, k, v]) => [k.toLowerCase(), v]));
  const status = Number(head.match(/^HTTP\/1\.1 (\d{3})/)?.[1]);
  checkAnswer({method, target, status, headers: fields, text});
  return status;
};

test('what no server would take', async (t) => {
  const {scene, target} = await targets(t, {HTTP_REQUEST_SECONDS: 1});
  const {daemon} = scene;
  const late = operations.map(
    ({name, method}) =>
      new Promise((resolve, reject) => {
        const socket = net.connect(daemon.port, '127.0.0.1', () => socket.write(`${method} ${target(name)} HTTP/1.1\r\nHost:`));
        let answer = '';
        socket.on('data', (part) => (answer += part));
        socket.on('error', reject);
        socket.on('close', () => {
          const [head, text] = answer.split(/\r\n\r\n(.*)/s);
          const headers = {'content-type': 'application/json'};
          try {
            checkAnswer({method, target: target(name), status: Number(head.slice(9, 12)), headers, text});
            resolve(head.slice(9, 12));
          } catch (error) {
            reject(error);
          }
        });
      }),
  );
  for (const {name, method} of operations) {
    const where = target(name);
    assert.equal(await raw(daemon, method, `${where}?${'a&'.repeat(300)}`), 400, name);
    assert.equal(await raw(daemon, method, where, {headers: 'Content-Length: 100000\r\n'}), 413, name);
    assert.equal(await raw(daemon, method, `${where}?a=${'b'.repeat(9000)}`), 414, name);
    assert.equal(await raw(daemon, method, where, {headers: `X-Long: ${'y'.repeat(9000)}\r\n`}), 431, name);
    assert.equal(await raw(daemon, 'OPTIONS', where), 204, name);
    assert.equal(await raw(daemon, 'PATCH', where), 405, name);
    assert.equal(await raw(daemon, 'BREW', where), 501, name);
  }
  assert.equal((await rawGet(daemon.port, '/api/karts')).status, 404);
  assert.deepEqual(new Set(await Promise.all(late)), new Set(['408']));
});

test('what is too much', async (t) => {
  const {scene, target} = await targets(t);
  const {dir} = scene.daemon;
  const {PORT: ignored, ...env} = scene.daemon.env;
  await scene.daemon.stop();
  const limited = {...env, RATE_LIMIT_LIVE_PER_SECOND: 1, RATE_LIMIT_MAX_REQUESTS: 1};
  const few = await Daemon.start(t, {dir, env: limited});
  for (const {name, method} of operations)
    await until(`${name}: the limit is met`, async () => {
      const answer = await few.get(target(name), {method, headers: {Origin: 'http://elsewhere.example'}});
      return answer.status === 429;
    });
  await few.stop();

  const one = await Daemon.start(t, {dir, env: {...env, MAX_CONNECTIONS_PER_ADDRESS: 1}});
  const holder = net.connect(one.port, '127.0.0.1');
  atEnd(t, () => holder.destroy());
  await until('the address has all it may', async () => (await one.get('/health')).status === 503);
  for (const {name, method} of operations) assert.equal((await one.get(target(name), {method})).status, 503, name);
});

test('every path and status of the document was seen', () => {
  const wanted = operations.flatMap(({name, method, operation}) =>
    Object.keys(operation.responses).map((status) => `${method} ${name} ${status}`),
  );
  assert.deepEqual(
    wanted.filter((one) => !seen.has(one)),
    [],
  );
});
