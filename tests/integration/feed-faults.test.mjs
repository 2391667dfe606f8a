// Servers that are not there, are no servers, keep us waiting, change, or have bad certificates. After each the feed is back by
// itself, the processor is left alone while there is nothing to do, and the log tells of it at a limited rate.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {appendFileSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {FaultProxy, behaviours, closeFrame, frame} from './lib/fault-proxy.mjs';
import {
  assertBackoff,
  assertFewLines,
  assertUpAndDown,
  back,
  backoff,
  playSome,
  startFaulty,
} from './lib/faulty-feed.mjs';
import {feedSettings, makeCertificate, startFeed} from './lib/feeds.mjs';
import {freshHealth} from './lib/health.mjs';
import {assertIdle} from './lib/process.mjs';
import {Race} from './lib/race.mjs';
import {smallField} from './lib/scene.mjs';
import {freePort} from './lib/ports.mjs';
import {tempDir, until} from './lib/tools.mjs';

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
  it('a TLS handshake that is never answered', async (t) => {
    const right = makeCertificate(t);
    const scene = await startFaulty(t, 'socketio4', {
      feedOptions: {tls: right.tls},
      env: {WS_PROTOCOL: 'wss', WS_HOST: 'localhost', WS_CA_FILE: right.caFile},
    });
    const {proxy, daemon} = scene;
    const before = await playSome(scene, 9);
    const [{accepted}, from, at] = [proxy, daemon.output.length, Date.now()];
    proxy.behave(behaviours.answersNothing);
    proxy.cut();
    await until('it connects', () => proxy.accepted > accepted, {describe: () => daemon.tail()});
    proxy.behave(null);
    await assertIdle(daemon.child.pid, 'no answer to the TLS hello', 2000);
    await back(scene, before);
    assert.match(assertFewLines(daemon, from, at), /no answer|TLS/);
  });

  for (const [what, behaviour, says] of mute) {
    it(what, async (t) => {
      const scene = await startFaulty(t, 'socketio4', {env: {WS_DIALECT: 'socketio'}});
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
      const scene = await startFaulty(t);
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

  it('restarts in a loop', async (t) => {
    const scene = await startFaulty(t);
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

  // A hosts file of its own for the server, by a mount nobody else sees.
  const mounts = spawnSync('unshare', ['-m', 'true']).status === 0;
  const skip = mounts ? false : 'no right to mount anything here';
  it('a name that does not resolve at first', {skip}, async (t) => {
    const feed = await startFeed(t, 'socketio4');
    const hosts = path.join(tempDir(t), 'hosts');
    writeFileSync(hosts, '127.0.0.1 localhost\n');
    const script = `mount --bind ${hosts} /etc/hosts && exec "$0"`;
    const daemon = await Daemon.start(t, {
      wrapper: ['unshare', '-m', 'sh', '-c', script],
      env: feedSettings(feed, {...backoff, WS_HOST: 'venue.invalid'}),
    });
    await until('it has tried a few times', async () => (await daemon.json('/api/stats')).websocket.attempts >= 3, {
      describe: () => daemon.tail(),
    });
    assert.match(daemon.output, /venue\.invalid does not resolve/);
    appendFileSync(hosts, '127.0.0.1 venue.invalid\n');
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
