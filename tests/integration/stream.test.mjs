// The push stream: every lap once, in order, whatever happens to the connection.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import net from 'node:net';
import test from 'node:test';
import {gunzipSync} from 'node:zlib';

import {EventSource} from 'eventsource';

import {descriptors} from './lib/bystander.mjs';
import {Race} from './lib/race.mjs';
import {bigField, finish, play, series, settle, smallField, startScene} from './lib/scene.mjs';
import {Stream, drivenLaps, lapKey} from './lib/sse.mjs';
import {atEnd, until} from './lib/tools.mjs';

function assertLaps(laps, race, what) {
  assert.deepEqual(laps.map(lapKey).sort(), drivenLaps(race).sort(), `${what}: every lap, once`);
  for (const kart of race.karts) {
    const numbers = laps.filter((lap) => lap.runId === kart.id).map((lap) => lap.lapNum);
    assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), `${what}: the laps of ${kart.kart} in order`);
  }
}

test('a fresh client is greeted, told how the server is, and shown the race; then each lap', async (t) => {
  const scene = await startScene(t);
  const early = Stream.open(t, scene.daemon);
  await early.have('session', 1);
  assert.deepEqual(early.of('session')[0], {runs: []}, 'there is no session yet');
  assert.deepEqual(
    early.events.map((event) => event.name),
    ['connected', 'status', 'session'],
  );
  assert.equal(early.events[0].retry, '2000');
  assert.match(early.of('connected')[0].clientId, /^\d+$/);
  assert.equal(early.of('connected')[0].resumed, false);
  assert.equal(early.of('status')[0].status, 'OK');

  const race = new Race({karts: smallField()});
  const current = await play(scene, race);
  await early.have('lap', drivenLaps(race).length);
  assertLaps(early.of('lap'), race, 'raw client');
  assert.equal(early.of('sessionStart').length, 1);
  assert.equal(early.of('sessionStart')[0].sessionId, current.sessionId);

  await until('the newest frame has come', () => early.of('session').at(-1).test_marker === race.marker);
  assert.deepEqual(early.of('session').at(-1), current.sessionData, 'as in /api/current');
  const late = Stream.open(t, scene.daemon);
  const [shown] = await late.have('session', 1);
  assert.deepEqual(shown, current.sessionData);
  assert.equal(late.of('lap').length, 0, 'laps of before are in the API');

  // Each bit of a lap, against the laps driven.
  const best = {};
  let sessionBest = Infinity;
  for (const lap of early.of('lap')) {
    const kart = race.karts.find(({id}) => id === lap.runId);
    assert.equal(lap.sessionId, current.sessionId);
    assert.equal(lap.kartId, kart.kartId);
    assert.equal(lap.kart, kart.kart);
    assert.equal(lap.kartNumber, kart.kartNumber);
    assert.equal(lap.driverName, kart.driver);
    assert.ok(lap.position > 0);
    assert.match(lap.timestamp, /^\d{4}-.*Z$/);
    assert.equal(lap.valid, lap.timeRaw !== 71200, JSON.stringify(lap));
    if (!lap.valid) {
      assert.deepEqual([lap.deltaToBest, lap.deltaToSessionBest, lap.personalBest], [null, null, false]);
      continue;
    }
    best[lap.runId] = Math.min(best[lap.runId] ?? Infinity, lap.timeRaw);
    sessionBest = Math.min(sessionBest, lap.timeRaw);
    assert.equal(lap.personalBest, lap.timeRaw === best[lap.runId]);
    assert.equal(lap.deltaToBest, lap.timeRaw - best[lap.runId]);
    assert.equal(lap.sessionBest, lap.timeRaw === sessionBest);
    assert.equal(lap.deltaToSessionBest, lap.timeRaw - sessionBest);
  }
});

test('real EventSource clients and curl get every lap', async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const race = new Race({karts: bigField({count: 12, laps: 8, base: 27000})});
  const laps = {eventsource: [], curl: []};
  const source = new EventSource(`http://127.0.0.1:${scene.daemon.port}/api/stream?events=lap`);
  atEnd(t, () => source.close());
  source.addEventListener('lap', (event) => laps.eventsource.push(JSON.parse(event.data)));
  const curl = spawn('curl', ['-sN', `http://127.0.0.1:${scene.daemon.port}/api/stream?events=lap,status`]);
  atEnd(t, () => curl.kill());
  let text = '';
  curl.stdout.on('data', (part) => (text += part));
  await until('both are there', async () => (await scene.daemon.json('/api/clients')).totalClients === 2);
  await play(scene, race);
  await until('eventsource has all', () => laps.eventsource.length >= drivenLaps(race).length);
  assertLaps(laps.eventsource, race, 'eventsource');
  const ofCurl = () => [...text.matchAll(/event: lap\ndata: (.*)\n\n/g)].map((match) => JSON.parse(match[1]));
  await until('curl has all', () => ofCurl().length >= drivenLaps(race).length);
  assertLaps(ofCurl(), race, 'curl');
  assert.ok(!/event: (session|position)/.test(text), 'only what was asked for');
});

test('with gzip: the same events as without, resumed ones too, and a whole file at the end', async (t) => {
  const scene = await startScene(t);
  const streams = {plain: Stream.open(t, scene.daemon), gzip: Stream.open(t, scene.daemon, {gzip: true})};
  const laps = Stream.open(t, scene.daemon, {gzip: true, query: '?events=lap,status'});
  for (const stream of [...Object.values(streams), laps]) await stream.have('status', 1);
  assert.equal(streams.plain.response.headers['content-encoding'], undefined);
  assert.equal(streams.gzip.response.headers['content-encoding'], 'gzip');
  for (const stream of Object.values(streams)) assert.match(stream.response.headers.vary, /Accept-Encoding/);
  const refused = Stream.open(t, scene.daemon, {headers: {'Accept-Encoding': 'gzip;q=0, identity'}});
  await refused.have('status', 1);
  assert.equal(refused.response.headers['content-encoding'], undefined);

  const race = new Race({karts: bigField({count: 12, laps: 8, base: 27000})});
  for (let i = 0; i < 40; i++) scene.feed.push(race.step().payload);
  await settle(scene, race);
  for (const stream of Object.values(streams)) {
    stream.cut();
    stream.connect();
    await stream.have('connected', 2);
    assert.equal(stream.of('connected')[1].resumed, true);
    stream.errors = []; // of the cut
  }
  await play(scene, race);
  for (const [name, stream] of Object.entries({...streams, laps})) {
    await stream.have('lap', drivenLaps(race).length);
    assertLaps(stream.of('lap'), race, name);
  }
  await until('both have the newest frame', () =>
    Object.values(streams).every((stream) => stream.of('session').at(-1).test_marker === race.marker),
  );
  // Frames that a client was behind for are skipped: of all else, the two have the same.
  const all = (stream) =>
    stream.events.filter(({name}) => !['connected', 'session', 'heartbeat', 'status'].includes(name));
  assert.deepEqual(all(streams.gzip), all(streams.plain));
  await scene.daemon.stop();
  for (const [name, stream] of Object.entries({...streams, laps})) {
    await until(`${name} has ended`, () => !stream.live && stream.whole, {describe: () => `${stream.errors}`});
    assert.deepEqual(stream.errors, [], name);
  }
});

test('an HTTP/1.0 proxy gets bare events, without chunks', async (t) => {
  const scene = await startScene(t);
  const socket = net.connect(scene.daemon.port, '127.0.0.1', () => socket.write('GET /api/stream HTTP/1.0\r\n\r\n'));
  atEnd(t, () => socket.destroy());
  let text = '';
  socket.on('data', (part) => (text += part));
  await until('it is greeted', () => text.includes('{"runs":[]}'));
  const body = text.split('\r\n\r\n')[1];
  assert.match(body, /^retry: 2000\nid: [0-9a-f]+-\d+\nevent: connected\ndata: \{.*\}\n\nid: /);
  assert.ok(!/transfer-encoding/i.test(text));

  const packed = net.connect(scene.daemon.port, '127.0.0.1', () =>
    packed.write('GET /api/stream HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n'),
  );
  atEnd(t, () => packed.destroy());
  const parts = [];
  packed.on('data', (part) => parts.push(part));
  await until('both are there', async () => (await scene.daemon.json('/api/clients')).activeClients === 2);
  await scene.daemon.stop();
  await until('it has ended', () => packed.closed);
  const all = Buffer.concat(parts);
  const bare = gunzipSync(all.subarray(all.indexOf('\r\n\r\n') + 4)).toString();
  assert.match(bare, /^retry: 2000\nid: [0-9a-f]+-\d+\nevent: connected\n/);
  assert.match(bare, /\{"runs":\[\]\}\n\n$/);
});

test('a hundred forced reconnects: no lap missed, none twice', async (t) => {
  const scene = await startScene(t);
  const race = new Race({karts: bigField({count: 10, laps: 30, base: 27000})});
  const all = Stream.open(t, scene.daemon);
  const some = Stream.open(t, scene.daemon, {query: '?events=lap'});
  await all.have('session', 1);
  await some.have('connected', 1);
  for (let cuts = 0; cuts < 100; cuts++) {
    for (let i = 0; i < 3; i++) scene.feed.push(race.step().payload);
    if (cuts % 3 === 0) await settle(scene, race);
    for (const stream of [all, some]) {
      stream.cut();
      stream.connect();
      await until('it is greeted', () => stream.of('connected').length === stream.connects, {
        describe: () => scene.daemon.tail(),
      });
      assert.equal(stream.of('connected').at(-1).resumed, true);
    }
  }
  await play(scene, race);
  for (const [name, stream] of Object.entries({all, some})) {
    await stream.have('lap', drivenLaps(race).length);
    assertLaps(stream.of('lap'), race, name);
  }
});

test('what cannot be resumed begins afresh, and says why', async (t) => {
  const scene = await startScene(t);
  const race = new Race({karts: smallField()});
  await play(scene, race);
  const first = Stream.open(t, scene.daemon);
  await first.have('session', 1);
  first.cut();
  await scene.daemon.stop();
  await scene.daemon.restart();
  await scene.daemon.connected();
  first.connect();
  await first.have('connected', 2);
  const greeting = first.of('connected')[1];
  assert.equal(greeting.resumed, false);
  assert.match(greeting.reason, /started again/);
  await first.have('session', 2);
  assert.equal(first.of('session')[1].runs.length, 4);

  for (const lastId of ['1-1', 'x', `${first.lastId}999`]) {
    const stream = Stream.open(t, scene.daemon, {lastId});
    const [{resumed, reason}] = await stream.have('connected', 1);
    assert.equal(resumed, false);
    assert.ok(reason.length > 10, reason);
  }
});

test('?track= follows one track, ?events= chooses; without them the default session and all else', async (t) => {
  const scene = await startScene(t);
  const streams = {
    all: Stream.open(t, scene.daemon),
    three: Stream.open(t, scene.daemon, {query: '?track=3'}),
    four: Stream.open(t, scene.daemon, {query: '?track=4&events=lap,session,sessionEnd'}),
  };
  for (const stream of Object.values(streams)) await stream.have('session', 1);
  const endAt = Date.now();
  const lake = new Race({event: 'Lake', track: 3, karts: smallField(), endAt});
  const hill = new Race({event: 'Hill', track: 4, karts: bigField({count: 3, laps: 5, base: 21000}), endAt});
  await play(scene, lake);
  await play(scene, hill);
  await finish(scene, hill);
  await streams.four.have('sessionEnd', 1);
  await streams.all.have('lap', drivenLaps(lake).length + drivenLaps(hill).length);
  assertLaps(streams.four.of('lap'), hill, 'track 4');
  assertLaps(streams.three.of('lap'), lake, 'track 3');
  assert.ok(streams.four.of('session').every((data) => [undefined, 4].includes(data.trackConfig)));
  assert.ok(streams.all.of('session').every((data) => [undefined, 3].includes(data.trackConfig)), 'the default one');
  assert.ok(streams.all.of('sessionStart').length === 2 && streams.all.of('sessionEnd').length === 1);
  assert.equal(streams.four.of('position').length, 0);
  const end = streams.four.of('sessionEnd')[0];
  assert.deepEqual([end.eventName, end.karts, end.laps], ['Hill', 3, 15]);
  const refused = await scene.daemon.get('/api/stream?events=lap,lapz');
  assert.equal(refused.status, 400);
  assert.match(refused.json.error, /lapz.*there are session, lap/);
});

test('one session after the other: start, end, and the new one is followed', async (t) => {
  const scene = await startScene(t);
  const stream = Stream.open(t, scene.daemon);
  await stream.have('session', 1);
  const races = series(['One', 'Two', 'Three']);
  for (const race of races) await play(scene, race);
  await stream.have('sessionStart', 3);
  assert.deepEqual(
    stream.events.filter((e) => /^session[SE]/.test(e.name)).map((e) => `${e.name} ${e.json.eventName}`),
    ['sessionStart One', 'sessionEnd One', 'sessionStart Two', 'sessionEnd Two', 'sessionStart Three'],
  );
  for (const race of races)
    assertLaps(
      stream.of('lap').filter((lap) => race.karts.some(({id}) => id === lap.runId)),
      race,
      race.event,
    );
});

test('a feed that is lost and comes back is told', async (t) => {
  const scene = await startScene(t);
  const stream = Stream.open(t, scene.daemon, {query: '?events=status'});
  await stream.have('status', 1);
  await scene.feed.stop();
  await until('it is told', () => stream.of('status').at(-1).connected === false);
  assert.equal(stream.of('status').at(-1).status, 'DEGRADED');
  assert.match(stream.of('status').at(-1).reasons[0], /feed is not connected/);
  await scene.feed.start();
  await until('and that it is back', () => stream.of('status').at(-1).status === 'OK');
});

test('a client that goes is noticed at once, one that reads nothing is cut off; nobody else waits', async (t) => {
  const scene = await startScene(t, {env: {HTTP_IDLE_SECONDS: 3}});
  const good = Stream.open(t, scene.daemon);
  await good.have('session', 1);
  const lazy = net.connect(scene.daemon.port, '127.0.0.1', () =>
    lazy.write('GET /api/stream HTTP/1.1\r\nHost: x\r\nUser-Agent: lazy/1\r\n\r\n'),
  );
  atEnd(t, () => lazy.destroy());
  lazy.on('error', () => {});
  await until('it is read from', () => lazy.bytesRead > 500);
  lazy.pause();
  const clients = () => scene.daemon.json('/api/clients');
  assert.equal((await clients()).totalClients, 2);

  const race = new Race({karts: bigField({count: 40, laps: 40, base: 27000})});
  await play(scene, race);
  await good.have('lap', drivenLaps(race).length);
  assertLaps(good.of('lap'), race, 'the one that reads');
  const seen = (await clients()).clients.find(({userAgent}) => userAgent === 'lazy/1');
  if (seen) assert.ok(seen.lagBytes > 0, 'it is behind');
  await until('it is cut off', async () => (await clients()).totalClients === 1);
  assert.match(scene.daemon.output, /lazy\/1.*reads too slowly/);
  good.cut();
  await until('it is noticed', async () => (await clients()).totalClients === 0);
});

test('streams count as connections for as long as they last, and leave no descriptor behind', async (t) => {
  const scene = await startScene(t, {env: {MAX_CONNECTIONS_PER_ADDRESS: 6}});
  const before = descriptors(scene.daemon);
  const clients = async () => (await scene.daemon.json('/api/clients')).totalClients;
  for (let round = 0; round < 3; round++) {
    const streams = Array.from({length: 5}, (_, i) => Stream.open(t, scene.daemon, {gzip: i % 2 === 0}));
    for (const stream of streams) await stream.have('session', 1);
    assert.equal(await clients(), 5, 'there is room for one more');
    const last = Stream.open(t, scene.daemon);
    await last.have('session', 1);
    assert.equal((await scene.daemon.get('/health')).status, 503, 'and for no other');
    for (const stream of [...streams, last]) stream.cut();
    await until('they have gone', async () => (await scene.daemon.get('/health')).status === 200);
    await until('all of them', async () => (await clients()) === 0);
  }
  await until('every descriptor is closed', async () => descriptors(scene.daemon) <= before, {
    describe: () => `${descriptors(scene.daemon)} are open, ${before} were`,
  });
});

test('2000 clients at once have every lap', async (t) => {
  const scene = await startScene(t);
  const race = new Race({karts: bigField({count: 4, laps: 3, base: 27000})});
  const laps = new Array(2000).fill(0);
  const sockets = laps.map((_, i) => {
    const socket = net.connect(scene.daemon.port, '127.0.0.1', () =>
      socket.write('GET /api/stream?events=lap HTTP/1.1\r\nHost: x\r\n\r\n'),
    );
    let rest = '';
    socket.on('data', (part) => {
      rest += part.toString('latin1');
      laps[i] += rest.split('event: lap\n').length - 1;
      rest = rest.slice(rest.lastIndexOf('event: ') + (rest.endsWith('event: lap\n') ? 7 : 0)).slice(-200);
      rest = rest.replace('event: lap\n', '');
    });
    socket.on('error', () => {});
    return socket;
  });
  atEnd(t, () => sockets.forEach((socket) => socket.destroy()));
  await until('all are there', async () => (await scene.daemon.json('/api/clients')).totalClients === 2000);
  await play(scene, race);
  await until('all have all', () => laps.every((count) => count >= drivenLaps(race).length), {
    describe: () => `${laps.filter((count) => count < drivenLaps(race).length).length} have less`,
  });
  assert.ok(laps.every((count) => count === drivenLaps(race).length));
  await scene.daemon.stop(); // ends the streams too, in good time
});

test('nothing is pushed that a kill could take back', async (t) => {
  const scene = await startScene(t);
  const stream = Stream.open(t, scene.daemon, {query: '?events=lap'});
  const races = series(['One', 'Two', 'Three', 'Four', 'Five'], {laps: 6});
  const frames = races.flatMap((race) => race.frames());
  for (let kill = 0; kill < 5; kill++) {
    await stream.have('connected', kill + 1);
    scene.feed.pushAll(frames.slice((kill * frames.length) / 5, ((kill + 1) * frames.length) / 5));
    await stream.have('lap', stream.of('lap').length + 2);
    await scene.daemon.kill9();
    stream.cut();
    await scene.daemon.restart();
    await scene.daemon.connected();
    await scene.feed.ready();
    const {sessions} = await scene.daemon.json('/api/sessions');
    const kept = new Set();
    for (const {sessionId} of sessions)
      for (const run of (await scene.daemon.json(`/api/sessions/${sessionId}`)).runs)
        for (const lap of run.laps) kept.add(`${sessionId} ${lapKey({...lap, runId: run.runId})}`);
    for (const lap of stream.of('lap')) assert.ok(kept.has(`${lap.sessionId} ${lapKey(lap)}`), lapKey(lap));
    stream.connect();
  }
});
