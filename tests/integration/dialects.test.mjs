// The same race over every dialect and over TLS gives the same analysis, to the millisecond.
import assert from 'node:assert/strict';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {assertAnalysis, timeless} from './lib/expected.mjs';
import {CHANNEL, feedSettings, makeCertificate, startFeed} from './lib/feeds.mjs';
import {Race, interleave, loseLap} from './lib/race.mjs';
import {bigField, listed, play, settle, smallField, startScene} from './lib/scene.mjs';
import {sleep, until} from './lib/tools.mjs';

// Two tracks on one channel, kart numbers that repeat across them, and two losses: one lap of the first track is told
// by prev_time_raw alone, another (three frames of the same kart in a row are gone) is never told.
function twoTracks() {
  const endAt = Date.now();
  const lake = new Race({event: 'Session #12', track: 3, karts: smallField(), endAt});
  const hillKarts = bigField({
    count: 6,
    laps: 9,
    base: 21000,
    from: 300,
    label: (n) => `E0${n}`,
    number: (n) => `0${n}`,
    driver: (i) => (i < 2 ? 'Twice Named' : `Hill Driver ${i}`),
  });
  const hill = new Race({event: 'Kids Cup', track: 4, karts: hillKarts, endAt, map: 'hill.png'});
  let lakeFrames = loseLap(lake.frames(), 0, 4);
  // Kart 07 crosses three times unseen or half seen: laps 5 and 6 are lost, the next frame tells 7 and, as the one before, 6.
  const from = lakeFrames.findIndex((f) => f.index === 1 && f.total === 5);
  const to = lakeFrames.findIndex((f) => f.index === 1 && f.total === 7);
  lakeFrames = [...lakeFrames.slice(0, from), ...lakeFrames.slice(to)];
  const missed = new Map([[1, [5]]]);
  // Others may have crossed up to three times in that gap too: whatever two crossings of theirs no frame shows is missed.
  const before = lakeFrames[from - 1].payload.data.runs;
  const after = lakeFrames[from].payload.data.runs;
  lake.karts.forEach((kart, index) => {
    const was = before.find((r) => r.id === kart.id).total_laps;
    const is = after.find((r) => r.id === kart.id).total_laps;
    const lost = [];
    for (let lap = was + 1; lap < is - 1; lap += 1) if (lap >= 2) lost.push(lap);
    if (lost.length) missed.set(index, lost);
  });
  assert.deepEqual(missed.get(1), [5], 'the script of this test');
  const expectedLake = lake.karts.map((kart, index) => ({...kart, missed: missed.get(index)}));
  return {lake, hill, expectedLake, frames: interleave(lakeFrames, hill.frames())};
}

async function playTwoTracks(scene) {
  const race = twoTracks();
  scene.feed.pushAll(race.frames);
  const lake = await settle(scene, race.lake);
  const hill = await settle(scene, race.hill);
  assertAnalysis(lake.analysis, race.expectedLake);
  assertAnalysis(hill.analysis, race.hill.karts);
  assert.equal(lake.analysis.summary.eventName, 'Session #12');
  assert.equal(hill.analysis.summary.eventName, 'Kids Cup');
  assert.equal(lake.sessionData.track_name, 'lakeside');
  assert.equal(hill.sessionData.track_name, 'hill');
  assert.equal(hill.analysis.crossKartDrivers[0]?.driverName, 'Twice Named');
  assert.deepEqual(hill.liveSessions.map((s) => s.trackConfig).sort(), [3, 4]);
  await listed(scene, 2);
  return {lake: timeless(lake.analysis), hill: timeless(hill.analysis)};
}

const reference = {};
const variants = [
  {name: 'Socket.IO 4, found out', kind: 'socketio4', says: 'socketio'},
  {name: 'Socket.IO 4, told', kind: 'socketio4', dialect: 'socketio', says: 'socketio'},
  {name: 'Socket.IO 2, found out', kind: 'socketio2', says: 'socketio-v2'},
  {name: 'Socket.IO 2, told', kind: 'socketio2', dialect: 'socketio-v2', says: 'socketio-v2'},
  {name: 'plain WebSocket, found out', kind: 'raw', says: 'raw'},
  {name: 'plain WebSocket, told', kind: 'raw', dialect: 'raw', says: 'raw'},
  {name: 'Socket.IO 4 over TLS', kind: 'socketio4', tls: true, says: 'socketio'},
  {name: 'Socket.IO 2 over TLS', kind: 'socketio2', tls: true, says: 'socketio-v2'},
  {name: 'plain WebSocket over TLS', kind: 'raw', tls: true, says: 'raw'},
];

for (const {name, kind, dialect, tls, says} of variants) {
  test(`the same race over ${name}`, async (t) => {
    const certificate = tls ? makeCertificate(t) : null;
    const feed = await startFeed(t, kind, {tls: certificate?.tls});
    const env = feedSettings(feed, {WS_DIALECT: dialect ?? 'auto', WS_CA_FILE: certificate?.caFile});
    if (tls) env.WS_HOST = 'localhost';
    const daemon = await Daemon.start(t, {env});
    await daemon.connected();
    await feed.ready();
    const result = await playTwoTracks({feed, daemon});
    reference.result ??= result;
    assert.deepEqual(result, reference.result, 'the same as over the first dialect');
    const {websocket} = await daemon.json('/api/stats');
    assert.equal(websocket.dialect, says);
    if (kind !== 'raw') assert.equal(feed.joins, 1, 'joined once');
    await daemon.stop();
  });
}

test('http and https are read as ws and wss', async (t) => {
  const certificate = makeCertificate(t);
  for (const [protocol, tls] of [
    ['http', undefined],
    ['https', certificate.tls],
  ]) {
    const feed = await startFeed(t, 'socketio4', {tls});
    const daemon = await Daemon.start(t, {
      env: feedSettings(feed, {WS_HOST: 'localhost', WS_PROTOCOL: protocol, WS_CA_FILE: certificate.caFile}),
    });
    await daemon.connected();
    await daemon.stop();
  }
});

test('a plain WebSocket that takes any path is found out by its first payload', async (t) => {
  const feed = await startFeed(t, 'raw', {anyPath: true});
  const daemon = await Daemon.start(t, {env: feedSettings(feed)});
  await feed.ready();
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  await until(
    'it is connected',
    async () => {
      feed.push(frames[0].payload);
      return (await daemon.json('/health')).websocket.connected;
    },
    {everyMs: 200, describe: () => daemon.tail()},
  );
  feed.pushAll(frames);
  const current = await settle({feed, daemon}, race);
  assertAnalysis(current.analysis, race.karts);
});

test('other namespaces, acknowledgements, attachments and other events do no harm; timing-data and session-data count', async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const {feed, daemon} = scene;
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  frames.forEach(({payload}, i) => {
    if (i % 3 === 0) feed.push(payload);
    else if (i % 3 === 1) feed.push(payload, 'timing-data');
    else feed.push(payload.data, 'session-data');
    feed.push({hello: ['world']}, 'chat');
    feed.push(Buffer.from([1, 2, 3]), 'photo');
  });
  await feed.pushAcknowledged(frames.at(-1).payload);
  const current = await settle(scene, race);
  assertAnalysis(current.analysis, race.karts);
  assert.equal(feed.connects, 1, 'one connection all along');
  await daemon.stop();
});

test('lap-data records a lap where exactly one run has that kart number', async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const race = new Race({karts: smallField()});
  await play(scene, race);
  scene.feed.push({kart_number: '21', lapNum: 4, timeRaw: 28800, position: 4, timestamp: Date.now()}, 'lap-data');
  scene.feed.push({kart_number: '99', lapNum: 4, timeRaw: 28800, position: 4, timestamp: Date.now()}, 'lap-data');
  const kart = await until(
    'the lap is there',
    async () => {
      const answer = await scene.daemon.json('/api/kart/21');
      return answer.validLaps === 3 && answer;
    },
    {describe: () => scene.daemon.tail()},
  );
  assert.deepEqual(
    kart.realtimeLapHistory.map((l) => [l.lapNum, l.timeRaw]),
    [
      [2, 29500],
      [3, 29107],
      [4, 28800],
    ],
  );
});

for (const kind of ['socketio4', 'socketio2']) {
  test(`heartbeats keep a quiet ${kind} connection for many times its timeout`, async (t) => {
    const scene = await startScene(t, {kind, feedOptions: {pingInterval: 200, pingTimeout: 600}});
    await sleep(4000);
    assert.equal(scene.feed.connects, 1, 'still the first connection');
    assert.equal(scene.feed.clients(), 1);
    const race = new Race({karts: smallField()});
    assertAnalysis((await play(scene, race)).analysis, race.karts);
  });
}

test('payloads in any fragmentation; 3 MB is taken, more than 4 MB refused and counted', async (t) => {
  const scene = await startScene(t, {kind: 'raw'});
  const {feed, daemon} = scene;
  const race = new Race({karts: smallField()});
  race.frames().forEach(({payload}, i) => feed.pushFragmented(JSON.stringify(payload), [1500, 17, 4096, 65536][i % 4]));
  assertAnalysis((await settle(scene, race)).analysis, race.karts);

  race.at += 1000;
  feed.pushFragmented(JSON.stringify(race.payload({test_marker: 'large', ballast: 'x'.repeat(3_000_000)})), 50_000);
  await until(
    'the large frame is taken',
    async () => (await daemon.json('/api/current')).sessionData.test_marker === 'large',
    {
      describe: () => daemon.tail(),
    },
  );

  race.at += 1000;
  feed.pushFragmented(JSON.stringify(race.payload({test_marker: 'too large', ballast: 'x'.repeat(4_300_000)})), 50_000);
  await until(
    'its refusal is counted',
    async () => JSON.stringify(await daemon.json('/api/stats')).match(/"too_?[lL]arge":[1-9]/),
    {
      describe: () => daemon.tail(),
    },
  );
  await daemon.connected();
  await feed.ready();
  const current = await settle(scene, race);
  assertAnalysis(current.analysis, race.karts);
  await listed(scene, 1);
});

test('payloads that are no JSON, or not what a frame looks like, are counted and change nothing', async (t) => {
  const scene = await startScene(t, {kind: 'raw'});
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  frames.forEach(({payload}, i) => {
    scene.feed.pushText(
      ['{', 'null', '[]', '"text"', '{"data":null}', '{"data":{"runs":7}}', '\u0000', '{"data":{"runs":[1,null,{}]}}'][
        i % 8
      ],
    );
    scene.feed.push(payload);
  });
  const current = await settle(scene, race);
  assertAnalysis(current.analysis, race.karts);
  await listed(scene, 1);
});

test('numbers as strings, booleans as strings, half an emoji in a name', async (t) => {
  const scene = await startScene(t, {kind: 'raw'});
  const karts = smallField();
  const race = new Race({karts});
  const stringly = (value) =>
    JSON.stringify(value, (key, inner) => {
      if (typeof inner === 'number') return String(inner);
      if (inner === null || typeof inner === 'boolean') return String(inner);
      return inner;
    });
  for (const {payload} of race.frames())
    scene.feed.pushText(stringly(payload).replace('"Ana Example"', '"Ana Example"'));
  const current = await settle(scene, race);
  assertAnalysis(current.analysis, karts);

  race.at += 1000;
  const cut = JSON.stringify(race.payload({test_marker: 'cut'})).replaceAll('"Ana Example"', '"Ana \\ud83d"');
  scene.feed.pushText(cut);
  await until(
    'the frame with half an emoji is taken',
    async () => (await scene.daemon.json('/api/current')).sessionData.test_marker === 'cut',
    {
      describe: () => scene.daemon.tail(),
    },
  );
});

const refusals = [
  ['a certificate of an unknown authority', {}, false, 'localhost'],
  ['a certificate for another name', {names: 'DNS:other.example'}, true, 'localhost'],
  ['an expired certificate', {expired: true}, true, 'localhost'],
];
for (const [what, options, trust, host] of refusals) {
  test(`${what} is refused, and the log says so`, async (t) => {
    const certificate = makeCertificate(t, options);
    const feed = await startFeed(t, 'socketio4', {tls: certificate.tls});
    const env = feedSettings(feed, {WS_HOST: host, ...(trust ? {WS_CA_FILE: certificate.caFile} : {})});
    const daemon = await Daemon.start(t, {env});
    await until('it tried twice', async () => (await daemon.json('/api/stats')).websocket.attempts >= 2, {
      describe: () => daemon.tail(),
    });
    const health = await daemon.json('/health');
    assert.equal(health.websocket.connected, false);
    assert.equal(feed.connects, 0, 'nobody came in');
    assert.match(daemon.output, /certificate|issuer|self.signed|expired|hostname|verif/i);
    if (options.expired) assert.match(daemon.output, /expired/i);
    await daemon.stop();
  });
}

test(`frames come only to who joined ${CHANNEL}: another WS_CHANNEL joins another`, async (t) => {
  const feed = await startFeed(t, 'socketio4');
  const daemon = await Daemon.start(t, {env: feedSettings(feed, {WS_CHANNEL: 'elsewhere'})});
  await daemon.connected();
  await until('the join', () => feed.io.sockets.adapter.rooms.get('elsewhere')?.size === 1);
  feed.io.to('elsewhere').emit('elsewhere', new Race({karts: smallField()}).frames().at(-1).payload);
  await until('its frame is there', async () => (await daemon.get('/api/current')).status === 200, {
    describe: () => daemon.tail(),
  });
});
