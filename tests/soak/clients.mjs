// Those who ask: polite ones that are held to their answers, rough ones, and the attacks of the integration tests.
import {createConnection} from 'node:net';
import http from 'node:http';

import {launch} from '../integration/lib/attack-run.mjs';

const ATTACKS = [
  'slowReaders', 'cutOff', 'halfRequests', 'pipelining', 'slowWriters', 'headerFlood', 'giantUrls', 'bodies', 'badMethods', 'conflicting',
]; // prettier-ignore
const EXPECTED = [200, 204, 304, 404, 405, 409, 429];

// Asks on one connection that is kept; every answer has to be one.
export class Client {
  constructor(stage, port, from = '127.0.0.1') {
    Object.assign(this, {stage, port, from});
    this.agent = new http.Agent({keepAlive: true, maxSockets: 4, localAddress: from});
    stage.after(() => this.agent.destroy());
  }

  async get(path, {method = 'GET', headers = {}, fresh = false} = {}) {
    try {
      const answer = await this.once(path, {method, headers, fresh});
      this.stage.count('answers', answer.status);
      if (!EXPECTED.includes(answer.status)) this.stage.fail(`${method} ${path} → ${answer.status} ${answer.text}`);
      return answer;
    } catch (error) {
      // A kept connection may be closed just as it is used again: ask on a new one, as any client would.
      if (error.reused) return this.get(path, {method, headers, fresh: true});
      throw new Error(`${method} ${path} from ${this.from}: ${error.message}`);
    }
  }

  once(path, {method, headers, fresh}) {
    const where = {port: this.port, host: '127.0.0.1', localAddress: this.from, agent: !fresh && this.agent};
    return new Promise((resolve, reject) => {
      const req = http.request({...where, path, method, headers}, (res) => {
        const parts = [];
        res.on('data', (part) => parts.push(part));
        res.on('error', reject);
        res.on('end', () => {
          const body = Buffer.concat(parts);
          resolve({status: res.statusCode, headers: res.headers, body, text: body.toString('utf8')});
        });
      });
      req.setTimeout(15000, () => req.destroy(new Error('no answer in 15 s')));
      req.on('error', (error) => reject(Object.assign(error, {reused: req.reusedSocket})));
      req.end();
    });
  }
}

// Polls as dashboards and scripts do, some with an ETag, some compressed; what is JSON has to be JSON.
export function poll(stage, {port, races, random, requestsPerSecond, clients = 6}) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const stored = () => pick(races.checked.slice(-20)) ?? 'none';
  const paths = [
    () => '/health',
    () => '/api/current',
    () => '/api/current',
    () => `/api/current?track=${pick(races.tracks).id}`,
    () => '/api/analysis',
    () => '/api/stats',
    () => '/api/sessions',
    () => `/api/sessions?limit=5&offset=${Math.floor(random() * 40)}&driver=ana`,
    () => `/api/sessions/${stored()}`,
    () => `/api/sessions/${stored()}/export`,
    () => `/api/kart/${1 + Math.floor(random() * 12)}`,
    () => `/api/kart/99?session=${stored()}`,
    () => '/',
    () => '/no/such/thing',
  ];
  return Array.from({length: clients}, (_, i) => {
    const client = new Client(stage, port, `127.0.0.${2 + i}`);
    const etags = new Map();
    return stage.repeat(
      async () => {
        const path = pick(paths)();
        const headers = {};
        if (i % 2 && etags.has(path)) headers['If-None-Match'] = etags.get(path);
        if (i % 3 === 0) headers['Accept-Encoding'] = 'gzip';
        const {status, headers: got, text} = await client.get(path, {headers});
        if (etags.size > 50) etags.clear();
        if (got.etag) etags.set(path, got.etag);
        if (status === 200 && got['content-type']?.includes('json') && !got['content-encoding']) JSON.parse(text);
      },
      () => (2 * random() * clients * 1000) / requestsPerSecond,
    );
  });
}

// Connect, ask or half ask, and are gone or stay until they are sent away; each from an address of its own.
export function rough(stage, {port, random}) {
  const byte = () => 1 + Math.floor(random() * 254);
  const open = (text, act) => {
    const socket = createConnection({port, host: '127.0.0.1', localAddress: `127.${byte()}.${byte()}.${byte()}`});
    socket.on('error', () => {});
    socket.on('connect', () => {
      socket.write(text);
      act(socket);
    });
    socket.setTimeout(60000, () => {
      socket.destroy();
      stage.fail('half a request was left alone for a minute');
    });
    stage.count('rough clients', act.name);
  };
  const whole = 'GET /api/current HTTP/1.1\r\nHost: x\r\n\r\n';
  const dropped = (socket) => setTimeout(() => socket.destroy(), 20 * random());
  const reset = (socket) => setTimeout(() => socket.resetAndDestroy(), 20 * random());
  const silent = (socket) => socket.resume();
  return [
    stage.repeat(() => open(random() < 0.5 ? whole : '', dropped), 200),
    stage.repeat(() => open(whole.repeat(1 + Math.floor(random() * 8)), reset), 300),
    stage.repeat(() => open(whole.slice(0, 1 + Math.floor(random() * 30)), silent), 1000),
  ];
}

// The attacks of the integration tests, each from 127.0.0.2 and up and in a process of its own, one after the other.
export function attack(stage, {port, everyMs}) {
  let turn = 0;
  return stage.repeat(async () => {
    const name = ATTACKS[turn++ % ATTACKS.length];
    const one = launch(stage, name, {port});
    const letGo = () => setTimeout(() => one.release(), 4000); // the one that holds on until it is told
    one.held.then(letGo, () => {});
    await one.done;
    stage.count('attacks', name);
  }, everyMs);
}
