// A TCP proxy between the server under test and a feed that does to connections what bad networks and bad servers do.
import {createHash} from 'node:crypto';
import net from 'node:net';

import {freePort} from './ports.mjs';
import {atEnd, sleep} from './tools.mjs';

export class FaultProxy {
  // `feed` is anything with a port; it may be changed for another between two connects.
  static async start(t, feed) {
    const proxy = new FaultProxy();
    Object.assign(proxy, {feed, port: await freePort(), accepted: 0, pairs: new Set(), behaviour: null, byteByByte: false});
    await proxy.plugIn();
    atEnd(t, () => proxy.unplug());
    return proxy;
  }

  async plugIn() {
    this.server = net.createServer((near) => this.accept(near));
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.port, '127.0.0.1', resolve);
    });
  }

  // Nobody listens any more: connects are refused.
  async unplug() {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }

  accept(near) {
    this.accepted += 1;
    near.setNoDelay(true);
    near.on('error', () => {});
    const pair = {near, far: null, stalled: false, left: null, queue: Promise.resolve()};
    this.pairs.add(pair);
    near.on('close', () => {
      this.pairs.delete(pair);
      pair.far?.destroy();
    });
    if (this.behaviour) {
      this.behaviour(near);
      return;
    }
    const far = net.connect(this.feed.port, '127.0.0.1');
    pair.far = far;
    near.on('data', (part) => pair.stalled || far.write(part));
    far.on('data', (part) => this.forward(pair, part));
    far.on('error', () => {});
    far.on('close', () => pair.stalled || pair.queue.then(() => near.end()));
  }

  forward(pair, part) {
    if (pair.stalled) return;
    if (pair.left) {
      const piece = part.subarray(0, pair.left.bytes);
      pair.left.bytes -= piece.length;
      pair.near.write(piece);
      if (pair.left.bytes === 0) {
        pair.stalled = true;
        pair.left.then(pair.near);
      }
    } else if (this.byteByByte) {
      for (let i = 0; i < part.length; i += 1) {
        const byte = part.subarray(i, i + 1);
        pair.queue = pair.queue.then(
          () => new Promise((resolve) => pair.near.write(byte, () => setImmediate(resolve))),
        );
      }
    } else {
      pair.near.write(part);
    }
  }

  // What becomes of connections made from now on: a function of the socket, or null to let them through.
  behave(behaviour) {
    this.behaviour = behaviour;
  }

  // Lets this many more bytes of the feed through, then does `then` to the socket: see `ends`.
  endAfter(bytes, then) {
    for (const pair of this.pairs) pair.left = {bytes, then};
  }

  // From now on nothing goes through what is connected, and nobody is told.
  stall() {
    for (const pair of this.pairs) pair.stalled = true;
  }

  // Puts bytes of its own into the stream, as if the feed had sent them. Between two messages, or it is a fault itself.
  inject(bytes) {
    for (const pair of this.pairs) pair.near.write(bytes);
  }

  cut(how = ends.destroyed) {
    for (const pair of this.pairs) how(pair.near);
  }
}

export const ends = {
  destroyed: (socket) => socket.destroy(),
  closed: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  silent: () => {},
};

const acceptKey = (request) => {
  const key = request.match(/^Sec-WebSocket-Key: *(\S+)/im)?.[1] ?? '';
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
};

// An unmasked frame as a server sends it. `length` may lie.
export function frame(opcode, data = '', {fin = true, reserved = 0, length} = {}) {
  const body = Buffer.from(data);
  const told = length ?? body.length;
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const head = Buffer.alloc(told < 126 ? 2 : told < 65536 ? 4 : 10);
  head[0] = first;
  if (told < 126) head[1] = told;
  else if (told < 65536) {
    head[1] = 126;
    head.writeUInt16BE(told, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(told), 2);
  }
  return Buffer.concat([head, body]);
}

export function closeFrame(code, reason = '') {
  if (code === undefined) return frame(8);
  return frame(8, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
}

// What a message of the feed takes up on the wire, as ws and Socket.IO send it: no masks, no compression.
export const wireBytes = (text) => frame(1, text).length;

const onRequest = (socket, act) => {
  let request = '';
  socket.on('data', (part) => {
    if (request.includes('\r\n\r\n')) return;
    request += part.toString('latin1');
    if (request.includes('\r\n\r\n')) act(request);
  });
};

// Sends the same piece again and again, for as long as somebody is there to take it.
async function drip(socket, piece, everyMs) {
  while (!socket.destroyed && socket.writable) {
    socket.write(piece);
    await sleep(everyMs);
  }
}

// Ways a server has of not being one. Each is a behaviour for FaultProxy.behave.
export const behaviours = {
  closes: ends.destroyed,
  resets: ends.reset,
  answersNothing: () => {},
  answers:
    (status, headers = '', body = '') =>
    (socket) =>
      onRequest(socket, () =>
        socket.end(`HTTP/1.1 ${status}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
      ),
  sends: (bytes) => (socket) => onRequest(socket, () => socket.end(bytes)),
  // Headers, one each tenth of a second, that never end.
  dripsHeaders: (socket) =>
    onRequest(socket, () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n');
      void drip(socket, 'X-More: of the same\r\n', 100);
    }),
  // A proper WebSocket, over which these bytes come. `then` ends it, or drips on.
  opens:
    (bytes, then = ends.silent) =>
    (socket) =>
      onRequest(socket, (request) => {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
            `Sec-WebSocket-Accept: ${acceptKey(request)}\r\n\r\n`,
        );
        socket.write(bytes);
        then(socket);
      }),
  // A WebSocket in which the server has read more than was asked for.
  upgradesWith: (headers) => (socket) =>
    onRequest(socket, (request) =>
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `${headers}Sec-WebSocket-Accept: ${acceptKey(request)}\r\n\r\n`,
      ),
    ),
  thenDrips: (piece, everyMs) => (socket) => void drip(socket, piece, everyMs),
  upgradesWrongly: (accept) => (socket) =>
    onRequest(socket, () =>
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      ),
    ),
};
