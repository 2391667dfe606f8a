// What befalls a connection that stands: cuts, resets and stalls in mid-frame, bytes one by one, close codes, broken frames.
// After each the feed is back by itself, and nothing is lost that was sent while it was connected.
import assert from 'node:assert/strict';
import {describe, it} from 'node:test';

import {closeFrame, ends, frame, wireBytes} from './lib/fault-proxy.mjs';
import {assertUpAndDown, back, playSome, startFaulty} from './lib/faulty-feed.mjs';
import {CHANNEL} from './lib/feeds.mjs';
import {freshHealth} from './lib/health.mjs';
import {assertIdle} from './lib/process.mjs';
import {sleep, until} from './lib/tools.mjs';

// The text of a frame on the wire of a dialect.
const wireText = (kind, payload) =>
  kind === 'raw' ? JSON.stringify(payload) : `42${JSON.stringify([CHANNEL, payload])}`;

describe('faults of a connection', {concurrency: 12}, () => {
  for (const kind of ['socketio4', 'socketio2', 'raw']) {
    for (const [how, end] of Object.entries({closed: ends.closed, reset: ends.reset})) {
      it(`${how} in mid-frame (${kind}): the frames before it are in`, async (t) => {
        const scene = await startFaulty(t, kind);
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
      const scene = await startFaulty(t, kind);
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
      const scene = await startFaulty(t, kind, {feedOptions: {pingInterval: 400, pingTimeout: 1200}});
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
      const scene = await startFaulty(t, kind, {env: {WS_DIALECT: kind === 'raw' ? 'raw' : 'auto'}});
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
    const scene = await startFaulty(t, 'socketio4', {feedOptions: {pingInterval: 500, pingTimeout: 1500}});
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
    const scene = await startFaulty(t, 'raw');
    const before = await playSome(scene, 3);
    const {accepted} = scene.proxy;
    for (const size of [0, 1, 124, 125]) scene.proxy.inject(frame(9, 'p'.repeat(size)));
    scene.proxy.inject(frame(10, 'a pong nobody asked for'));
    await back(scene, before);
    assert.equal(scene.proxy.accepted, accepted, 'one connection all along');
  });
});
