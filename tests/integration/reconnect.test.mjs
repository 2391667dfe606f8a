// Cables pulled, servers killed, venues that come back: no lap twice, none lost, the same session.
import assert from 'node:assert/strict';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {assertAnalysis} from './lib/expected.mjs';
import {Cable, feedSettings, startFeed} from './lib/feeds.mjs';
import {Race} from './lib/race.mjs';
import {listed, play, settle, smallField, startScene} from './lib/scene.mjs';
import {freePort} from './lib/ports.mjs';
import {atEnd, until} from './lib/tools.mjs';

// Plays the first `count` frames and waits until they are in.
async function playSome(scene, race, count) {
  const first = race.next === 0 ? [race.payload()] : [];
  for (let i = 0; i < count; i += 1) first.push(race.step().payload);
  scene.feed.pushAll(first);
  return settle(scene, race);
}

for (const kind of ['socketio4', 'socketio2', 'raw']) {
  test(`unplugged in mid-race and plugged in again (${kind})`, async (t) => {
    const scene = await startScene(t, {kind});
    const {feed, daemon} = scene;
    const race = new Race({karts: smallField()});
    const before = await playSome(scene, race, 11);
    await feed.stop();
    await daemon.disconnected();
    assert.equal((await daemon.json('/api/current')).sessionId, before.sessionId, 'served all the same');
    await feed.start();
    await daemon.connected();
    await feed.ready();
    const after = await play(scene, race);
    assert.equal(after.sessionId, before.sessionId);
    assertAnalysis(after.analysis, race.karts);
    await listed(scene, 1);
    await daemon.stop();
  });
}

test('a venue that is not there at the start, and comes later', async (t) => {
  const feed = await startFeed(t, 'socketio4');
  await feed.stop();
  const daemon = await Daemon.start(t, {env: feedSettings(feed)});
  await until('it tried a few times', async () => (await daemon.json('/api/stats')).websocket.attempts >= 4, {
    describe: () => daemon.tail(),
  });
  await feed.start();
  await daemon.connected();
  await feed.ready();
  const race = new Race({karts: smallField()});
  assertAnalysis((await play({feed, daemon}, race)).analysis, race.karts);
});

test('an address that there is no way to is named so, and leaves nothing behind', async (t) => {
  const daemon = await Daemon.start(t, {env: {WS_HOST: '255.255.255.255', WS_PORT: await freePort()}}); // nobody's
  await until('it tried twice', async () => (await daemon.json('/api/stats')).websocket.attempts >= 2);
  const {websocket} = await daemon.json('/health');
  assert.match(websocket.lastError, /^Permission denied$|unreachable/);
  await daemon.stop(); // with 0: every handle is closed
});

test('a name that cannot be resolved is tried again, and stops nothing', async (t) => {
  const daemon = await Daemon.start(t, {env: {WS_HOST: 'venue.invalid', WS_PORT: await freePort()}});
  await until('it tried twice', async () => (await daemon.json('/api/stats')).websocket.attempts >= 2, {
    describe: () => daemon.tail(),
  });
  assert.equal((await daemon.json('/health')).websocket.connected, false);
  await daemon.stop();
});

// Whatever a server does to the attempt to connect, the next attempt follows.
const rude = {
  'closes at once': (socket) => socket.destroy(),
  'resets after the request': (socket) => socket.once('data', () => socket.resetAndDestroy?.() ?? socket.destroy()),
  'answers 500': (socket) => socket.once('data', () => socket.end('HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n')),
  'answers 301': (socket) =>
    socket.once('data', () =>
      socket.end('HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'),
    ),
  'speaks no HTTP': (socket) => socket.once('data', () => socket.end('220 smtp.example ESMTP ready\r\n')),
};
for (const [what, answer] of Object.entries(rude)) {
  test(`a server that ${what} is tried again`, async (t) => {
    const net = await import('node:net');
    let connects = 0;
    const server = net.createServer((socket) => {
      connects += 1;
      socket.on('error', () => {});
      answer(socket);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(t, () => server.close());
    for (const dialect of ['auto', 'socketio', 'raw']) {
      connects = 0;
      const daemon = await Daemon.start(t, {
        env: {WS_HOST: '127.0.0.1', WS_PORT: server.address().port, WS_DIALECT: dialect},
      });
      await until('it came four times', () => connects >= 4, {describe: () => daemon.tail()});
      await daemon.stop();
    }
  });
}

test('a connection that dies without a word is noticed by the missing pings', async (t) => {
  for (const kind of ['socketio4', 'socketio2']) {
    const feed = await startFeed(t, kind, {pingInterval: 300, pingTimeout: 500});
    const cable = await Cable.start(t, feed.port);
    const daemon = await Daemon.start(t, {env: feedSettings(feed, {WS_PORT: cable.port})});
    await daemon.connected();
    await feed.ready();
    const race = new Race({karts: smallField()});
    await playSome({feed, daemon}, race, 9);
    const accepted = cable.accepted;
    cable.cutSilently();
    await until('it connects anew', () => cable.accepted > accepted, {describe: () => daemon.tail()});
    await until('and joins', () => feed.joins >= 2, {describe: () => daemon.tail()});
    await daemon.connected();
    const after = await play({feed, daemon}, race);
    assertAnalysis(after.analysis, race.karts);
    await daemon.stop();
  }
});

test('a server that goes away politely is joined again', async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const race = new Race({karts: smallField()});
  await playSome(scene, race, 7);
  for (const deep of [false, true]) {
    const joins = scene.feed.joins;
    scene.feed.io.disconnectSockets(deep);
    await until('joined again', () => scene.feed.joins > joins && scene.feed.clients() === 1, {
      describe: () => scene.daemon.tail(),
    });
  }
  const after = await play(scene, race);
  assertAnalysis(after.analysis, race.karts);
});

const ends = {
  'kill -9': (daemon) => daemon.kill9(),
  SIGTERM: (daemon) => daemon.stop(),
};
for (const [how, end] of Object.entries(ends)) {
  test(`${how} in mid-race and started again: the same session goes on`, async (t) => {
    const scene = await startScene(t);
    const {feed, daemon} = scene;
    const race = new Race({karts: smallField()});
    let before = await playSome(scene, race, 12);
    const told = () => race.states.reduce((sum, state) => sum + state.total, 0);
    for (let round = 0; round < 2; round += 1) {
      // On disk soon after each lap: what is not there yet cannot come through a kill.
      const laps = told();
      await until(
        'the session is on disk',
        () => {
          const stored = daemon.readJson('sessions', `session-${before.sessionId}.json`);
          return stored.laps === laps;
        },
        {describe: () => daemon.tail()},
      );
      await end(daemon);
      await daemon.restart();
      const restored = await daemon.json('/api/current');
      assert.equal(restored.sessionId, before.sessionId, 'served before the first frame');
      assert.deepEqual(restored.analysis.karts, before.analysis.karts);
      await daemon.connected();
      await feed.ready();
      // The feed sends the state the server has already seen, then goes on; one crossing came while it was away.
      feed.push(race.payload());
      race.step();
      before = await playSome(scene, race, 2);
      assert.equal(before.sessionId, restored.sessionId);
    }
    const after = await play(scene, race);
    assert.equal(after.sessionId, before.sessionId);
    assertAnalysis(after.analysis, race.karts);
    await listed(scene, 1);
    await daemon.stop();
  });
}
