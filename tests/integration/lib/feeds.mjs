// Real servers in the venue's place: Socket.IO 4, Socket.IO 2 and plain WebSocket, each also over TLS. A test pushes frames; on
// Socket.IO only those who joined the channel get them. Each can be unplugged and plugged in again on the same port.
import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import {createRequire} from 'node:module';
import net from 'node:net';
import path from 'node:path';

import {Server as SocketIo4} from 'socket.io';
import {WebSocketServer} from 'ws';

import {freePort} from './ports.mjs';
import {atEnd, tempDir, until} from './tools.mjs';

const SocketIo2 = createRequire(import.meta.url)('socket.io-v2');

export const CHANNEL = 'lemansentertainment';

// Listens on a port that stays the same, and knows its sockets, so that they can be cut off.
class Feed {
  constructor({tls, pingInterval = 25000, pingTimeout = 20000} = {}) {
    Object.assign(this, {
      tls,
      pingInterval,
      pingTimeout,
      port: undefined,
      sockets: new Set(),
      connects: 0,
      joins: 0,
      requests: [],
    });
  }

  async start() {
    this.server = this.tls ? https.createServer(this.tls) : http.createServer();
    this.server.on('request', (request, response) => {
      // Socket.IO answers its own path; whoever asks for anything else is told so.
      if (!response.headersSent && !request.url.startsWith('/socket.io/')) response.writeHead(404).end();
    });
    this.server.on('upgrade', (request) => this.requests.push(request.url));
    this.server.on(this.tls ? 'secureConnection' : 'connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
    });
    this.server.on('tlsClientError', (error) => (this.tlsError = error));
    this.attach();
    this.port ??= await freePort();
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.port, '127.0.0.1', resolve);
    });
    return this;
  }

  // As when the cable is pulled out of the server: no goodbye on any level but TCP's.
  async stop() {
    if (!this.server) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    this.detach();
    await closed;
    this.server = null;
  }

  async ready(count) {
    const wanted = count ?? 1;
    await until(`${wanted} client(s) on the feed`, () => this.clients() >= wanted);
  }

  pushAll(frames) {
    for (const frame of frames) this.push(frame.payload ?? frame);
  }
}

class SocketIo4Feed extends Feed {
  dialect = 'socketio';
  attach() {
    this.io = new SocketIo4(this.server, {
      transports: ['websocket'],
      serveClient: false,
      pingInterval: this.pingInterval,
      pingTimeout: this.pingTimeout,
    });
    this.io.on('connection', (socket) => {
      this.connects += 1;
      socket.on('join', (channel) => {
        this.joins += 1;
        void socket.join(channel);
      });
    });
  }
  detach() {
    this.io.engine.close();
    this.io.removeAllListeners();
  }
  clients() {
    return this.io.sockets.adapter.rooms.get(CHANNEL)?.size ?? 0;
  }
  push(payload, event = CHANNEL) {
    this.io.to(CHANNEL).emit(event, payload);
  }
  // Emits and waits for the acknowledgement.
  async pushAcknowledged(payload) {
    const [socket] = await this.io.in(CHANNEL).fetchSockets();
    return new Promise((resolve, reject) =>
      this.io.sockets.sockets
        .get(socket.id)
        .timeout(20000)
        .emit(CHANNEL, payload, (error) => (error ? reject(error) : resolve())),
    );
  }
}

class SocketIo2Feed extends Feed {
  dialect = 'socketio-v2';
  attach() {
    this.io = new SocketIo2(this.server, {
      transports: ['websocket'],
      serveClient: false,
      pingInterval: this.pingInterval,
      pingTimeout: this.pingTimeout,
    });
    this.io.on('connection', (socket) => {
      this.connects += 1;
      socket.on('join', (channel) => {
        this.joins += 1;
        socket.join(channel);
      });
    });
  }
  detach() {
    this.io.engine.close();
    this.io.removeAllListeners();
  }
  clients() {
    return this.io.sockets.adapter.rooms[CHANNEL]?.length ?? 0;
  }
  push(payload, event = CHANNEL) {
    this.io.to(CHANNEL).emit(event, payload);
  }
}

// anyPath: takes whatever path is asked for, so that a client that asks for Socket.IO gets payloads in place of its packets.
class RawFeed extends Feed {
  dialect = 'raw';
  constructor({anyPath = false, path: rawPath = '/', ...options} = {}) {
    super(options);
    this.anyPath = anyPath;
    this.path = rawPath;
  }
  attach() {
    this.wss = new WebSocketServer({noServer: true, perMessageDeflate: false});
    this.server.on('upgrade', (request, socket, head) => {
      if (!this.anyPath && request.url.split('?')[0] !== this.path) {
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      this.wss.handleUpgrade(request, socket, head, (client) => {
        this.connects += 1;
        client.on('error', () => {}); // of frames that a test has broken on purpose
      });
    });
  }
  detach() {
    this.wss.close();
  }
  clients() {
    return this.wss.clients.size;
  }
  push(payload) {
    this.pushText(typeof payload === 'string' ? payload : JSON.stringify(payload));
  }
  pushText(text) {
    for (const client of this.wss.clients) client.send(text);
  }
  // The same text in pieces of the given size, each a WebSocket fragment.
  pushFragmented(text, size) {
    const bytes = Buffer.from(text);
    for (const client of this.wss.clients) {
      for (let at = 0; at < bytes.length; at += size) {
        client.send(bytes.subarray(at, at + size), {binary: false, fin: at + size >= bytes.length});
      }
    }
  }
}

const KINDS = {socketio4: SocketIo4Feed, socketio2: SocketIo2Feed, raw: RawFeed};

export async function startFeed(t, kind, options) {
  const feed = new KINDS[kind](options);
  await feed.start();
  atEnd(t, () => feed.stop());
  return feed;
}

export function feedSettings(feed, more = {}) {
  return {WS_HOST: '127.0.0.1', WS_PORT: feed.port, WS_PROTOCOL: feed.tls ? 'wss' : 'ws', WS_CHANNEL: CHANNEL, ...more};
}

// Between the server under test and a feed. It can swallow everything without closing anything, which is what a dead
// cable looks like; connections made later go through.
export class Cable {
  static async start(t, targetPort) {
    const cable = new Cable();
    cable.pairs = new Set();
    cable.accepted = 0;
    cable.server = net.createServer((near) => {
      cable.accepted += 1;
      const far = net.connect(targetPort, '127.0.0.1');
      const pair = {near, far, dead: false};
      cable.pairs.add(pair);
      near.on('data', (part) => pair.dead || far.write(part));
      far.on('data', (part) => pair.dead || near.write(part));
      for (const [one, other] of [
        [near, far],
        [far, near],
      ]) {
        one.on('error', () => {});
        one.on('close', () => pair.dead || other.destroy());
      }
    });
    await new Promise((resolve) => cable.server.listen(0, '127.0.0.1', resolve));
    cable.port = cable.server.address().port;
    atEnd(t, () => {
      cable.server.close();
      for (const {near, far} of cable.pairs) {
        near.destroy();
        far.destroy();
      }
    });
    return cable;
  }
  cutSilently() {
    for (const pair of this.pairs) pair.dead = true;
  }
}

// An authority of our own and a certificate by it, made by openssl: {tls: {key, cert}, caFile}.
export function makeCertificate(t, {names = 'DNS:localhost,IP:127.0.0.1', expired = false} = {}) {
  const dir = tempDir(t, 'rf-cert-');
  const file = (name) => path.join(dir, name);
  const openssl = (...args) => execFileSync('openssl', args, {cwd: dir, stdio: ['ignore', 'ignore', 'pipe']});
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=Test Authority',
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign',
  );
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
    '-subj',
    '/CN=test server',
  );
  writeFileSync(
    file('ca.cnf'),
    [
      '[ca]',
      'default_ca=d',
      '[d]',
      'database=index.txt',
      'new_certs_dir=.',
      'serial=serial',
      'default_md=sha256',
      'policy=p',
      'x509_extensions=v3',
      '[p]',
      'commonName=supplied',
      '[v3]',
      `subjectAltName=${names}`,
      'extendedKeyUsage=serverAuth',
      '',
    ].join('\n'),
  );
  writeFileSync(file('index.txt'), '');
  writeFileSync(file('serial'), '01\n');
  const [from, to] = expired ? ['20200101000000Z', '20200201000000Z'] : ['20200101000000Z', '20991231000000Z'];
  openssl(
    'ca',
    '-batch',
    '-config',
    'ca.cnf',
    '-cert',
    'ca.pem',
    '-keyfile',
    'ca.key',
    '-in',
    'server.csr',
    '-out',
    'server.pem',
    '-notext',
    '-startdate',
    from,
    '-enddate',
    to,
  );
  return {tls: {key: readFileSync(file('server.key')), cert: readFileSync(file('server.pem'))}, caFile: file('ca.pem')};
}
