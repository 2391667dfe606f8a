// Bad networks, bad servers, bad certificates. After each the feed is back by itself, nothing is lost that was sent while it was
// connected, the processor is left alone while there is nothing to do, and the log tells of it at a limited rate.
import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {assertAnalysis} from './lib/expected.mjs';
import {FaultProxy, behaviours, closeFrame, ends, frame, wireBytes} from './lib/fault-proxy.mjs';
import {CHANNEL, feedSettings, makeCertificate, startFeed} from './lib/feeds.mjs';
import {freshHealth} from './lib/health.mjs';
import {assertIdle} from './lib/process.mjs';
import {Race} from './lib/race.mjs';
import {listed, play, settle, smallField} from './lib/scene.mjs';
import {freePort, sleep, tempDir, until} from './lib/tools.mjs';

const MAX_MS = 400;
const backoff = {WS_RECONNECT_MIN_MS: 50, WS_RECONNECT_MAX_MS: MAX_MS, LOG_LEVEL: 'info'};

async function start(t, kind = 'socketio4', {feedOptions, env} = {}) {
  const feed = await startFeed(t, kind, feedOptions);
  const proxy = await FaultProxy.start(t, feed);
  const daemon = await Daemon.start(t, {env: feedSettings(feed, {...backoff, WS_PORT: proxy.port, ...env})});
  await daemon.connected();
  await feed.ready();
  const race = new Race({karts: smallField()});
  return {feed, proxy, daemon, race};
}

async function playSome(scene, count) {
  const {race, feed} = scene;
  if (race.next === 0) feed.push(race.payload());
  for (let i = 0; i < count; i += 1) feed.push(race.step().payload);
  return settle(scene, race);
}

const linesOf = (text) => text.split('\n').filter((line) => line.trim() !== '');

// No wait that the log or the status tells of is longer than the settings allow.
async function assertBackoff(daemon) {
  for (const [, seconds] of daemon.output.matchAll(/next attempt(?: as [^;]*?)? in ([\d.]+) s/g))
    assert.ok(Number(seconds) * 1000 <= MAX_MS, `next attempt in ${seconds} s`);
  const {timestamp, websocket} = await freshHealth(daemon);
  if (websocket.nextAttempt)
    assert.ok(Date.parse(websocket.nextAttempt) - Date.parse(timestamp) <= MAX_MS, JSON.stringify(websocket));
}

// At most `rate` lines a second, and a few to begin with.
function assertFewLines(daemon, from, sinceMs, rate = 1) {
  const lines = linesOf(daemon.output.slice(from));
  const allowed = 5 + (rate * (Date.now() - sinceMs)) / 1000;
  assert.ok(lines.length <= allowed, `${lines.length} lines, ${allowed.toFixed(1)} are enough:\n${lines.join('\n')}`);
  return lines.join('\n');
}

// The same where connections come and go: one line a second for each of connected, lost, and not connected.
const assertUpAndDown = (daemon, from, sinceMs) => assertFewLines(daemon, from, sinceMs, 3);

// The feed is here again, by itself, and the race goes on as if nothing had been.
async function back(scene, before) {
  const {feed, daemon, race} = scene;
  await daemon.connected();
  await feed.ready();
  const after = await play(scene, race);
  if (before) assert.equal(after.sessionId, before.sessionId);
  assertAnalysis(after.analysis, race.karts);
  assert.equal((await freshHealth(daemon)).status, 'OK');
  await assertBackoff(daemon);
  await listed(scene, 1);
}

const opens = behaviours.opens;
const open4 = '0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';

// What a connect may meet: [what, behaviour, what the log says of it].
const atConnect = [
  ['nobody listens', 'refuse', /refused/i],
  ['closed at once', behaviours.closes, /breaks off|broke|reset/],
  ['reset at once', behaviours.resets, /reset|breaks off|broke/],
  ['HTTP 301', behaviours.answers('301 Moved', 'Location: http://127.0.0.1:1/\r\n'), /HTTP 301/],
  ['HTTP 302 to itself', behaviours.answers('302 Found', 'Location: /socket.io/\r\n'), /HTTP 302/],
  ['HTTP 401', behaviours.answers('401 Who', 'WWW-Authenticate: Basic realm="x"\r\n', 'no'), /HTTP 401/],
  ['HTTP 404', behaviours.answers('404 Not Found', '', '{"error":"no"}'), /HTTP 404/],
  ['HTTP 503', behaviours.answers('503 Busy', 'Retry-After: 3600\r\n', 'later'), /HTTP 503/],
  ['HTTP 200', behaviours.answers('200 OK', '', '<html>hello</html>'), /HTTP 200/],
  ['no HTTP', behaviours.sends('220 mail.example ESMTP\r\n'), /no connection to/],
  [
    'headers of 200 kB',
    behaviours.sends(`HTTP/1.1 101 Switching\r\nX: ${'y'.repeat(200_000)}\r\n\r\n`),
    /no connection to/,
  ],
  ['101 and a wrong accept key', behaviours.upgradesWrongly('AAAAAAAAAAAAAAAAAAAAAAAAAAA='), /no WebSocket/],
  [
    '101 and an extension nobody asked for',
    behaviours.upgradesWith('Sec-WebSocket-Extensions: permessage-deflate\r\n'),
    /no connection to/,
  ],
  [
    '101 and a protocol nobody asked for',
    behaviours.upgradesWith('Sec-WebSocket-Protocol: chat\r\n'),
    /no connection to/,
  ],
  ['101 and nothing else', behaviours.sends('HTTP/1.1 101 Switching Protocols\r\n\r\n'), /no WebSocket/],
  [
    'a Socket.IO that refuses us',
    opens(Buffer.concat([frame(1, open4), frame(1, '44{"message":"go away"}')])),
    /go away/,
  ],
  [
    'a close frame in place of the open packet',
    opens(closeFrame(1013, 'try later')),
    /1002 or one not known try later/,
  ],
];

// Servers that keep us waiting: they are given up after the ten seconds a connect may take.
const mute = [
  ['no answer to the request', behaviours.answersNothing, /does not answer the request/],
  ['headers without end', behaviours.dripsHeaders, /does not answer the request|no WebSocket/],
  [
    'an open packet without end',
    opens(frame(1, '0{"sid":"', {length: 900_000}), behaviours.thenDrips('x', 100)),
    /no Engine.IO open/,
  ],
  [
    'an open packet in fragments without end',
    opens(frame(1, '0{"sid":"', {fin: false}), behaviours.thenDrips(frame(0, 'xxx', {fin: false}), 100)),
    /no Engine.IO open/,
  ],
  [
    'an open packet of 2^63 - 1 bytes',
    opens(
      Buffer.from([0x81, 127, 127, 255, 255, 255, 255, 255, 255, 255, 48]),
      behaviours.thenDrips('y'.repeat(1000), 50),
    ),
    /./,
  ],
  ['open, and no answer to the connect', opens(frame(1, open4)), /does not answer the Socket.IO connect/],
];

// Most of them wait, most of the time: all at once.
describe('faults of the feed', {concurrency: 20}, () => {
  for (const [what, behaviour, says] of mute) {
    it(what, async (t) => {
      const scene = await start(t, 'socketio4', {env: {WS_DIALECT: 'socketio'}});
      const {proxy, daemon} = scene;
      const before = await playSome(scene, 9);
      const [from, at] = [daemon.output.length, Date.now()];
      const accepted = proxy.accepted;
      proxy.behave(behaviour);
      proxy.cut();
      await until('it connects', () => proxy.accepted > accepted, {describe: () => daemon.tail()});
      proxy.behave(null); // for the next one
      await assertIdle(daemon.child.pid, what, 2000);
      await until('it gives up and connects anew', () => proxy.accepted > accepted + 1, {
        describe: () => daemon.tail(),
      });
      await back(scene, before);
      assert.match(assertFewLines(daemon, from, at), says);
    });
  }

  for (const [what, behaviour, says] of atConnect) {
    it(what, async (t) => {
      const scene = await start(t);
      const {proxy, daemon} = scene;
      const before = await playSome(scene, 9);
      const [from, at] = [daemon.output.length, Date.now()];
      if (behaviour === 'refuse') {
        await proxy.unplug();
      } else {
        proxy.behave(behaviour);
        proxy.cut();
      }
      const attempts = async () => (await daemon.json('/api/stats')).websocket.attempts;
      const first = await attempts();
      await until('it has tried often', async () => (await attempts()) >= first + 12, {describe: () => daemon.tail()});
      await assertIdle(daemon.child.pid, what);
      const {websocket, status} = await freshHealth(daemon);
      assert.equal(websocket.connected, false);
      assert.equal(status, 'DEGRADED');
      await assertBackoff(daemon);
      assert.match(assertFewLines(daemon, from, at), says);
      if (behaviour === 'refuse') await proxy.plugIn();
      else proxy.behave(null);
      await back(scene, before);
    });
  }

  // The text of a frame on the wire of a dialect.
  const wireText = (kind, payload) =>
    kind === 'raw' ? JSON.stringify(payload) : `42${JSON.stringify([CHANNEL, payload])}`;

  for (const kind of ['socketio4', 'socketio2', 'raw']) {
    for (const [how, end] of Object.entries({closed: ends.closed, reset: ends.reset})) {
      it(`${how} in mid-frame (${kind}): the frames before it are in`, async (t) => {
        const scene = await start(t, kind);
        const {feed, proxy, daemon, race} = scene;
        const before = await playSome(scene, 5);
        // Several frames at once, and then half a frame.
        const whole = [race.step().payload, race.step().payload, race.step().payload];
        const barrier = race.barrier();
        whole.push(barrier.payload);
        const half = race.barrier().payload;
        const bytes = whole.reduce((sum, payload) => sum + wireBytes(wireText(kind, payload)), 0);
        // A reset throws away what the receiver has not read yet: it may come only when the rest is in.
        const act = (socket) =>
          end === ends.closed
            ? end(socket)
            : void until('the frames before are in', arrived, {describe: () => daemon.tail()}).then(
                () => end(socket),
                () => end(socket),
              );
        const arrived = async () => (await daemon.json('/api/current')).sessionData.test_marker === barrier.marker;
        proxy.endAfter(bytes + Math.floor(wireBytes(wireText(kind, half)) / 2), act);
        const accepted = proxy.accepted;
        for (const payload of [...whole, half]) feed.push(payload);
        await until('it connects anew', () => proxy.accepted > accepted, {describe: () => daemon.tail()});
        assert.ok(await arrived(), `all whole frames count, and half a frame does not\n${daemon.tail()}`);
        await back(scene, before);
        const {refused} = (await freshHealth(daemon)).websocket;
        assert.equal(refused.json + refused.utf8 + refused.badPackets, 0, 'half a frame is no frame, and no bad one');
        assert.match(daemon.output, /lost the connection to .*; next attempt in/);
      });
    }
  }

  for (const kind of ['socketio4', 'socketio2', 'raw']) {
    it(`one byte at a time (${kind})`, async (t) => {
      const scene = await start(t, kind);
      await playSome(scene, 2);
      const [{accepted}, {connects}] = [scene.proxy, scene.feed];
      scene.proxy.byteByByte = true;
      scene.proxy.cut(); // the handshake, too
      await until('it is back', () => scene.feed.connects > connects && scene.feed.clients() === 1, {
        describe: () => scene.daemon.tail(),
      });
      await scene.daemon.connected();
      const before = await playSome(scene, 4);
      scene.proxy.byteByByte = false;
      await scene.proxy.pairs.values().next().value.queue;
      await back(scene, before);
      assert.equal(scene.proxy.accepted, accepted + 1, 'slow is not broken');
    });
  }

  for (const kind of ['socketio4', 'socketio2']) {
    it(`a stall without FIN (${kind})`, async (t) => {
      const scene = await start(t, kind, {feedOptions: {pingInterval: 400, pingTimeout: 1200}});
      const {feed, proxy, daemon, race} = scene;
      const before = await playSome(scene, 6);
      const accepted = proxy.accepted;
      // In mid-frame, which is the worst place: bytes have come, but no message.
      proxy.endAfter(700, ends.silent);
      feed.push(race.barrier().payload);
      await assertIdle(daemon.child.pid, 'a stalled connection');
      await until('it connects anew', () => proxy.accepted > accepted, {describe: () => daemon.tail()});
      await back(scene, before);
      assert.match(daemon.output, /the connection is dead/);
    });
  }

  const codes = [undefined, 0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013];
  codes.push(1014, 1015, 1016, 2999, 3000, 4000, 4999, 5000, 65535);
  for (const kind of ['socketio4', 'raw']) {
    it(`each close code (${kind})`, async (t) => {
      const scene = await start(t, kind, {env: {WS_DIALECT: kind === 'raw' ? 'raw' : 'auto'}});
      const {feed, proxy, daemon, race} = scene;
      const before = await playSome(scene, 3);
      const [from, at] = [daemon.output.length, Date.now()];
      for (const [i, code] of codes.entries()) {
        const [accepted, connects] = [proxy.accepted, feed.connects];
        proxy.inject(closeFrame(code, code !== undefined && i % 2 ? 'see you' : ''));
        await until(
          `it connects anew after code ${code}`,
          () => proxy.accepted > accepted && feed.connects > connects,
          {
            describe: () => daemon.tail(),
          },
        );
        await until('and joins', () => feed.clients() === 1, {describe: () => daemon.tail()});
        await daemon.connected();
        const {messages} = (await freshHealth(daemon)).websocket;
        feed.push(race.payload());
        await until('its frames come', async () => (await freshHealth(daemon)).websocket.messages > messages, {
          describe: () => daemon.tail(),
        });
      }
      assertUpAndDown(daemon, from, at);
      await back(scene, before);
    });
  }

  const broken = {
    'a close frame of one byte': frame(8, 'x'),
    'a close frame with a reason that is not UTF-8': closeFrame(1000, Buffer.from([0xff, 0xfe, 0x80])),
    'a close frame of 200 bytes': closeFrame(1000, 'z'.repeat(200)),
    'a reserved opcode': frame(3, 'x'),
    'a reserved control opcode': frame(11, 'x'),
    'reserved bits': frame(1, '{}', {reserved: 7}),
    'a continuation of nothing': frame(0, 'x'),
    'a ping of 200 bytes': frame(9, 'p'.repeat(200)),
    'a ping in two parts': frame(9, 'p', {fin: false}),
    'a message inside a message': Buffer.concat([frame(1, '{', {fin: false}), frame(1, '{}')]),
    'a masked frame': Buffer.from([0x81, 0x82, 1, 2, 3, 4, 0x7a, 0x7f]),
    'a length above 2^63': Buffer.from([0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255, 0]),
    'HTTP in mid-stream': Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'a thousand pings at once': Buffer.concat(Array(1000).fill(frame(1, '2'))),
    'a thousand pings of the WebSocket at once': Buffer.concat(Array(1000).fill(frame(9, 'p'))),
    'bytes without sense': Buffer.from(Array.from({length: 4000}, (_, i) => (i * 167 + 13) & 255)),
  };
  it('what is no WebSocket frame, or comes where it may not', async (t) => {
    const scene = await start(t, 'socketio4', {feedOptions: {pingInterval: 500, pingTimeout: 1500}});
    const {feed, proxy, daemon} = scene;
    const before = await playSome(scene, 3);
    for (const [what, bytes] of Object.entries(broken)) {
      // Whether it is let pass or the connection ended is the WebSocket library's to say; that there is one in the end is not.
      proxy.inject(bytes);
      await sleep(100);
      const {websocket} = await freshHealth(daemon);
      if (websocket.connected && feed.clients() >= 1) proxy.cut(ends.closed);
      await until(`joined again after ${what}`, async () => feed.clients() === 1, {describe: () => daemon.tail()});
      await daemon.connected();
    }
    await back(scene, before);
  });

  it('pings of every size are answered, or at least survived', async (t) => {
    const scene = await start(t, 'raw');
    const before = await playSome(scene, 3);
    const {accepted} = scene.proxy;
    for (const size of [0, 1, 124, 125]) scene.proxy.inject(frame(9, 'p'.repeat(size)));
    scene.proxy.inject(frame(10, 'a pong nobody asked for'));
    await back(scene, before);
    assert.equal(scene.proxy.accepted, accepted, 'one connection all along');
  });

  it('restarts in a loop', async (t) => {
    const scene = await start(t);
    const {feed, daemon} = scene;
    const before = await playSome(scene, 3);
    const [from, at] = [daemon.output.length, Date.now()];
    const rounds = 15;
    for (let i = 0; i < rounds; i += 1) {
      await feed.stop();
      await daemon.disconnected();
      await feed.start();
      await daemon.connected();
      await feed.ready();
      if (i % 4 === 0) await playSome(scene, 1);
    }
    assert.equal((await freshHealth(daemon)).websocket.connects, rounds + 1);
    assertUpAndDown(daemon, from, at);
    await back(scene, before);
  });

  it('another dialect at each connect', async (t) => {
    const feeds = {};
    for (const kind of ['socketio4', 'socketio2', 'raw']) feeds[kind] = await startFeed(t, kind);
    const proxy = await FaultProxy.start(t, feeds.socketio4);
    const daemon = await Daemon.start(t, {env: feedSettings(feeds.socketio4, {...backoff, WS_PORT: proxy.port})});
    const race = new Race({karts: smallField()});
    let before;
    for (const kind of ['socketio4', 'socketio2', 'socketio4', 'raw', 'socketio2', 'raw', 'socketio4']) {
      const feed = feeds[kind];
      proxy.feed = feed;
      const {connects} = feed;
      proxy.cut();
      await until(`joined ${kind}`, () => feed.connects > connects && feed.clients() === 1, {
        describe: () => daemon.tail(),
      });
      await daemon.connected();
      const now = await playSome({feed, daemon, race}, 2);
      before ??= now;
      assert.equal(now.sessionId, before.sessionId);
      assert.equal((await daemon.json('/api/stats')).websocket.dialect, feed.dialect);
    }
    await back({feed: feeds.socketio4, proxy, daemon, race}, before);
  });

  // Another key of the same server is not enough: a certificate that is refused stays refused until it is a good one.
  const bad = [
    ['an expired certificate', {expired: true}, true, /expired/],
    ['a certificate for another name', {names: 'DNS:other.example'}, true, /mismatch|host/i],
    ['a certificate of an unknown authority', {}, false, /unable to get local issuer|self.signed|issuer/i],
  ];
  for (const [what, options, trusted, says] of bad) {
    it(`${what}, and then a good one`, async (t) => {
      const [wrong, right] = [makeCertificate(t, options), makeCertificate(t)];
      const caFile = path.join(tempDir(t), 'both.pem');
      writeFileSync(caFile, readFileSync(right.caFile, 'utf8') + (trusted ? readFileSync(wrong.caFile, 'utf8') : ''));
      const feed = await startFeed(t, 'socketio4', {tls: wrong.tls});
      const daemon = await Daemon.start(t, {
        env: feedSettings(feed, {...backoff, WS_HOST: 'localhost', WS_CA_FILE: caFile}),
      });
      const [from, at] = [daemon.output.length, Date.now()];
      const attempts = async () => (await daemon.json('/api/stats')).websocket.attempts;
      await until('it has tried often', async () => (await attempts()) >= 12, {describe: () => daemon.tail()});
      await assertIdle(daemon.child.pid, what);
      assertFewLines(daemon, from, at);
      assert.match(daemon.output, says);
      assert.equal(feed.connects, 0, 'nobody came in');
      await assertBackoff(daemon);
      await feed.stop();
      feed.tls = right.tls;
      await feed.start();
      await back({feed, daemon, race: new Race({karts: smallField()})});
    });
  }

  it('no TLS where TLS is asked for, then TLS', async (t) => {
    const right = makeCertificate(t);
    const feed = await startFeed(t, 'socketio4');
    const daemon = await Daemon.start(t, {
      env: feedSettings(feed, {...backoff, WS_HOST: 'localhost', WS_PROTOCOL: 'wss', WS_CA_FILE: right.caFile}),
    });
    await until('it has tried often', async () => (await daemon.json('/api/stats')).websocket.attempts >= 6, {
      describe: () => daemon.tail(),
    });
    await assertIdle(daemon.child.pid, 'no TLS');
    assert.match(daemon.output, /TLS/);
    await feed.stop();
    feed.tls = right.tls;
    await feed.start();
    await back({feed, daemon, race: new Race({karts: smallField()})});
  });

  it('a name that does not resolve', async (t) => {
    const at = Date.now();
    const daemon = await Daemon.start(t, {
      env: {...backoff, WS_HOST: 'venue.invalid', WS_PORT: await freePort()},
    });
    await until('it has tried a few times', async () => (await daemon.json('/api/stats')).websocket.attempts >= 3, {
      describe: () => daemon.tail(),
    });
    await assertIdle(daemon.child.pid, 'a name that does not resolve');
    await assertBackoff(daemon);
    assertFewLines(daemon, 0, at - 5000);
    assert.match(daemon.output, /venue\.invalid does not resolve/);
    await daemon.stop();
  });
});
