// Frames from a feed that is broken or means harm. Each is refused or taken by rule and counted by its cause, the next good
// frame is handled as if nothing had been, every body stays JSON, and memory stays within its bound.
import assert from 'node:assert/strict';
import {describe, it} from 'node:test';

import {Daemon, preset} from './lib/daemon.mjs';
import {assertAnalysis} from './lib/expected.mjs';
import {FaultProxy, frame} from './lib/fault-proxy.mjs';
import {CHANNEL, feedSettings, startFeed} from './lib/feeds.mjs';
import {freshHealth} from './lib/health.mjs';
import {peakMb} from './lib/process.mjs';
import {Race} from './lib/race.mjs';
import {listed, settle, smallField, startScene} from './lib/scene.mjs';
import {until} from './lib/tools.mjs';

// What the server may have in memory at any moment of these tests; a sanitizer has memory of its own.
const BOUND_MB = 100;

async function start(t, more) {
  const scene = await startScene(t, {env: {LOG_LEVEL: 'info'}, ...more});
  return {...scene, race: new Race({karts: smallField()})};
}

const refusedOf = async (daemon) => (await freshHealth(daemon)).websocket.refused;

// All that is served is asked for and parsed.
async function assertServed(scene) {
  const {daemon, race} = scene;
  const paths = ['/health', '/api/stats', '/api/current', '/api/analysis', '/api/sessions', '/api/kart/05'];
  paths.push(
    `/api/current?track=${race.track}`,
    `/api/analysis?track=${race.track}`,
    `/api/kart/E07?track=${race.track}`,
  );
  for (const path of paths) {
    const answer = await daemon.get(path);
    assert.ok([200, 404].includes(answer.status), `${path} → ${answer.status}`);
    JSON.parse(answer.text);
    assert.ok(!answer.text.includes('�') || path.includes('current'), `${path} holds text that was no UTF-8`);
  }
  if (preset === 'release' || preset === 'debug') {
    const peak = peakMb(daemon.child.pid);
    assert.ok(peak < BOUND_MB, `${peak.toFixed(0)} MB resident, ${BOUND_MB} are the bound`);
  }
}

// A race as it stood at one of its frames.
const moment = (payload) => ({
  payload: (more) => ({...structuredClone(payload), data: {...structuredClone(payload.data), ...more}}),
});

// Sends the bad ones between the frames of a race, and holds the race against its lap lists at the end.
async function amid(scene, texts, {expectRefused = {}, race = scene.race} = {}) {
  const {feed, daemon} = scene;
  const before = await refusedOf(daemon);
  const frames = race.frames();
  const each = Math.ceil(texts.length / frames.length);
  frames.forEach(({payload}, i) => {
    feed.push(payload);
    for (const text of texts.slice(i * each, (i + 1) * each))
      feed.pushText(typeof text === 'function' ? text(moment(payload)) : text);
  });
  const current = await settle(scene, race);
  assertAnalysis(current.analysis, race.karts);
  const after = await refusedOf(daemon);
  const grown = Object.fromEntries(
    Object.entries(after)
      .map(([name, count]) => [name, count - before[name]])
      .filter(([, count]) => count !== 0),
  );
  assert.deepEqual(grown, expectRefused, 'counted by cause');
  await assertServed(scene);
  return current;
}

// A frame of the present moment in which something is bad, made by text so that it can be what JSON.stringify never gives.
function twisted(race, change) {
  const payload = race.payload();
  const text = change(payload.data, payload);
  return text ?? JSON.stringify(payload);
}

const utf8Faults = [
  '80',
  'ff',
  'c3',
  'c328',
  'c080',
  'e282',
  'eda080',
  'edbfbf',
  'f0288cbc',
  'f4908080',
  'f8888080',
  'fffe',
];

describe('hostile frames', {concurrency: 4}, () => {
  it('invalid UTF-8, in text and in binary messages', async (t) => {
    const scene = await start(t);
    const bad = utf8Faults.map((hex) => (race) => {
      const [a, b] = JSON.stringify(race.payload()).split('Ana Example', 2);
      return Buffer.concat([Buffer.from(a), Buffer.from(hex, 'hex'), Buffer.from(b), Buffer.from('"}]}}')]);
    });
    const send = scene.feed.pushText.bind(scene.feed);
    scene.feed.pushText = (text) => {
      if (typeof text === 'string') return send(text);
      for (const client of scene.feed.wss.clients) for (const binary of [false, true]) client.send(text, {binary});
    };
    await amid(scene, bad, {expectRefused: {utf8: 2 * utf8Faults.length}});
    assert.equal(scene.feed.connects, 1, 'one connection all along');
  });

  it('invalid UTF-8 and broken packets in Socket.IO', async (t) => {
    const feed = await startFeed(t, 'socketio4');
    const race = new Race({karts: smallField()});
    const proxy = await FaultProxy.start(t, feed);
    const daemon = await Daemon.start(t, {env: feedSettings(feed, {WS_PORT: proxy.port, LOG_LEVEL: 'info'})});
    await daemon.connected();
    await feed.ready();
    const text = `42${JSON.stringify([CHANNEL, race.payload()])}`;
    for (const hex of utf8Faults)
      proxy.inject(
        frame(1, Buffer.concat([Buffer.from(text.slice(0, -9)), Buffer.from(hex, 'hex'), Buffer.from('"}]')])),
      );
    const packets = [
      '',
      '4',
      '9',
      '42',
      '42[',
      '42[]',
      '42{}',
      '42["x"',
      '42/x',
      '45',
      '45x-',
      '459999999-["x"]',
      '42"x"',
    ];
    packets.push('42999999999999999999["x",{}]', '42[1,2]', '0', '0x', '0[]', '40', '40{"sid":"y"}', '3probe');
    for (const packet of packets) proxy.inject(frame(1, packet));
    const before = await settle({feed, daemon}, race);
    const refused = await refusedOf(daemon);
    assert.equal(refused.utf8, utf8Faults.length);
    assert.ok(refused.badPackets >= 10, JSON.stringify(refused));
    assert.match(daemon.output, /skipped a message of \d+ bytes \(no packet/);
    assert.match(daemon.output, /refused a payload of \d+ bytes \(utf8\)/);
    feed.pushAll(race.frames());
    const after = await settle({feed, daemon}, race);
    assert.equal(after.sessionId, before.sessionId);
    assertAnalysis(after.analysis, race.karts);
    assert.equal(proxy.accepted, 1, 'one connection all along');
  });

  it('truncated JSON, text behind it, 10 000 levels', async (t) => {
    const scene = await start(t);
    const whole = JSON.stringify(scene.race.payload());
    const cuts = Array.from({length: 60}, (_, i) => whole.slice(0, 1 + Math.floor((i * (whole.length - 1)) / 60)));
    const deep = ['[', '{"a":', '[{"a":'].flatMap((open) => [
      open.repeat(10_000),
      `{"data":{"event_name":"Session #12","x":${open.repeat(10_000)}`,
    ]);
    deep.push(`{"data":{"runs":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`, `${'['.repeat(2_000_000)}`);
    const other = [
      `${whole}x`,
      `${whole}${whole}`,
      '{"data":{"runs":[,]}}',
      "{'data':{}}",
      '{"data":{"runs":[{"id":01}]}}',
    ];
    other.push(
      '{"data":{"runs":[{"id":NaN}]}}',
      '\u0000',
      '',
      ' ',
      '{"data":{"a":"\t',
      'undefined',
      '{"data":{"a":1,}}',
    );
    const bad = [...cuts, ...deep, ...other];
    await amid(scene, bad, {expectRefused: {json: bad.length}});
  });

  it('3 MB, 5 MB, 2000 runs and 2001, strings of 1 MB, a million values', async (t) => {
    const scene = await start(t);
    const rows = (race, count) =>
      Array.from({length: count}, (_, i) => ({id: 50 + i, kart_id: 9000 + i, kart: `X${i}`, total_laps: 0}));
    const big = 'y'.repeat(1_000_000);
    const texts = [
      (race) => twisted(race, (data) => void (data.ballast = 'x'.repeat(3_000_000))),
      (race) => twisted(race, (data) => void (data.ballast = Array(240_000).fill([]))),
      () => `{"data":{"x":"${'z'.repeat(5_000_000)}"}}`,
      (race) => twisted(race, (data) => void data.runs.push(...rows(race, 2001 - data.runs.length))),
      (race) =>
        twisted(race, (data) => {
          data.track_configuration_id = 9; // its guests would stay in the race
          data.runs.push(...rows(race, 2000 - data.runs.length));
        }),
      (race) => twisted(race, (data) => void (data.runs[0].photo = big)),
      (race) => twisted(race, (data) => void (data.runs[1].name = big)),
      (race) => twisted(race, (data) => void Object.assign(data.runs[2], {kart_number: big, kart: big})),
      (race) => twisted(race, (data) => void (data.maps_data = {map: {bgr: `${big}.png`}})),
      (race) => twisted(race, (data) => void (data[big] = big)),
      (race) => twisted(race, (data) => void (data.runs[0][big] = 1)),
      () => `{"kart_number":"${big}","lapNum":3,"timeRaw":30000}`,
      () => `{"data":{"runs":[${'0,'.repeat(1_900_000)}0]}}`,
      () => `{"data":{"runs":[],"x":[${'[],'.repeat(1_200_000)}0]}}`,
      () => `{"data":{"runs":[],"x":{${'"a":0,'.repeat(600_000)}"b":0}}}`,
      () => `{"data":{${'"runs":[],'.repeat(300_000)}"b":0}}`,
      () => `[${'0,'.repeat(1_900_000)}0]`,
    ];
    const expectRefused = {tooLarge: 1, tooManyRuns: 1, tooManyValues: 5, noKart: 1};
    const current = await amid(scene, texts, {expectRefused});
    assert.match(scene.daemon.output, /skipped a message of 4194304 bytes \(this is the limit/);
    const crowd = await scene.daemon.json('/api/current?track=9');
    assert.equal(crowd.sessionData.runs.length, 2000);
    assert.equal(crowd.analysis.unranked.length + crowd.analysis.karts.length, 2000);
    // Names are cut, not kept at any length.
    for (const run of [...current.analysis.karts, ...current.analysis.unranked])
      assert.ok(JSON.stringify(run).length < 20_000);
  });

  it('rows of a megabyte by the hundred fill no memory', async (t) => {
    const scene = await start(t);
    const {race, feed, daemon} = scene;
    const frames = race.frames();
    for (const [i, {payload}] of frames.entries()) {
      for (let k = 0; k < 8; k += 1) {
        // Each time another run that stays for one frame only, too heavy to be remembered as it came.
        const id = 100 * i + k + 1;
        const guest = {id, kart_id: id, kart: `G${id}`, name: 'Guest', total_laps: 2, last_time_raw: 30_000 + id};
        const more = {...payload.data, runs: [...payload.data.runs, {...guest, photo: 'p'.repeat(1_000_000)}]};
        feed.push({...payload, data: more});
      }
      if (i % 4 === 3) await settleNow(scene);
    }
    const current = await settle(scene, race);
    for (const kart of race.karts) {
      const found = [...current.analysis.karts, ...current.analysis.unranked].find((run) => run.runId === kart.id);
      assert.equal(found.totalLaps, kart.laps.length + 1, kart.driver);
    }
    const guests = current.analysis.unranked.filter((run) => run.runId < 10_000);
    assert.equal(guests.length, 8 * frames.length, 'followed all the same');
    await assertServed(scene);
    // The record on disk knows them, too, and is JSON.
    const stored = await until(
      'the session is stored',
      async () => {
        const session = await daemon.json(`/api/sessions/${current.sessionId}`);
        return session.sessionData.runs.length === guests.length + race.karts.length && session;
      },
      {describe: () => daemon.tail()},
    );
    assert.ok(JSON.stringify(stored).length < 3_000_000, 'without their ballast');
  });

  it('a crowd of strangers does not crowd out who is there', async (t) => {
    const scene = await start(t);
    const crowd = (n) => (race) =>
      twisted(race, (data) => {
        for (let i = 0; data.runs.length < 2000; i += 1)
          data.runs.push({id: 2000 * n + i + 1, kart: `X${i}`, name: 'Stranger', total_laps: 3, last_time_raw: 30_000});
      });
    const {feed, race} = scene;
    const frames = race.frames();
    feed.push(frames[0].payload);
    for (let n = 0; n < 4; n += 1) feed.pushText(crowd(n)(moment(frames[0].payload)));
    feed.pushAll(frames.slice(1));
    const current = await settle(scene, race);
    const runs = [...current.analysis.karts, ...current.analysis.unranked];
    assert.equal(runs.length, 4000, 'and no more of them than a session holds');
    for (const kart of race.karts)
      assert.equal(runs.find((run) => run.runId === kart.id).totalLaps, kart.laps.length + 1, kart.driver);
    await assertServed(scene);
  });

  // Waits until all that was sent has been read: what waits in sockets is no memory of the server's, but of this test's.
  async function settleNow({feed, daemon}) {
    const {messages} = (await freshHealth(daemon)).websocket;
    feed.pushText('{}');
    await until('all is read', async () => {
      const buffered = [...feed.wss.clients].reduce((sum, client) => sum + client.bufferedAmount, 0);
      return buffered === 0 && (await freshHealth(daemon)).websocket.messages > messages;
    });
  }

  const wrong = [
    'null',
    'true',
    '[]',
    '{}',
    '""',
    '"x"',
    '-1',
    '1e308',
    '1e400',
    '-0',
    '"1e400"',
    '[[{"id":1}]]',
    '9007199254740993',
  ];
  it('every field of a row wrong in type', async (t) => {
    const scene = await start(t);
    const fields = Object.keys(scene.race.payload().data.runs[0]);
    // What tells who a row is about makes another competitor of it: those have a race of their own, below.
    const identity = ['id', 'kart_id', 'name'];
    const texts = [];
    for (const field of fields.filter((name) => !identity.includes(name)))
      for (const value of wrong)
        texts.push((race) =>
          twisted(race, (data, payload) => {
            data.runs[1][field] = '@@';
            return JSON.stringify(payload).replace('"@@"', value);
          }),
        );
    await amid(scene, texts);
    await listed(scene, 1);
  });

  it('identities wrong in type: the runs of the good frames are right', async (t) => {
    const scene = await start(t);
    const {feed, race, daemon} = scene;
    race.frames().forEach(({payload}, i) => {
      feed.push(payload);
      for (const field of ['id', 'kart_id', 'name', 'first_name', 'kart', 'kart_number']) {
        payload.data.runs[1][field] = '@@';
        feed.pushText(JSON.stringify(payload).replace('"@@"', wrong[i % wrong.length]));
      }
    });
    const current = await settle(scene, race);
    for (const kart of race.karts) {
      const found = [...current.analysis.karts, ...current.analysis.unranked].filter((run) => run.runId === kart.id);
      assert.equal(Math.max(...found.map((run) => run.totalLaps)), kart.laps.length + 1, kart.driver);
    }
    await listed(scene, 1);
    await assertServed(scene);
  });

  it('every field of the frame wrong in type', async (t) => {
    const scene = await start(t);
    const payload = scene.race.payload();
    const texts = [];
    // These two tell to which session a frame belongs, and are another test's.
    for (const field of Object.keys(payload.data).filter((f) => !['event_name', 'track_configuration_id'].includes(f)))
      for (const value of wrong)
        texts.push((race) =>
          twisted(race, (data, whole) => {
            data[field] = '@@';
            return JSON.stringify(whole).replace('"@@"', value);
          }),
        );
    for (const field of Object.keys(payload).filter((f) => f !== 'data'))
      for (const value of wrong)
        texts.push((race) => JSON.stringify({...race.payload(), [field]: '@@'}).replace('"@@"', value));
    for (const value of wrong) texts.push(`{"data":${value}}`, value, `[${value}]`, `["x",${value}]`);
    const before = await refusedOf(scene.daemon);
    assert.equal(before.json, 0);
    await amid(scene, texts);
    await listed(scene, 1);
  });

  it('names and tracks wrong in type begin sessions of their own at most', async (t) => {
    const scene = await start(t);
    const {feed, race, daemon} = scene;
    const frames = race.frames();
    feed.pushAll(frames.slice(0, 20));
    const before = await settle(scene, race);
    for (const value of wrong)
      feed.pushText(JSON.stringify(race.payload({track_configuration_id: '@@'})).replace('"@@"', value));
    feed.pushAll(frames.slice(20));
    const after = await settle(scene, race);
    assert.equal(after.sessionId, before.sessionId);
    for (const value of ['null', 'true', '[]', '{}', '""'])
      feed.pushText(JSON.stringify(race.payload({event_name: '@@'})).replace('"@@"', value));
    const nameless = await settle(scene, race);
    assert.equal(nameless.sessionId, before.sessionId, 'a name that is none is no other event');
    assertAnalysis(nameless.analysis, race.karts);
    await assertServed(scene);
    const {total} = await daemon.json('/api/sessions');
    assert.ok(total <= 1 + wrong.length, `${total} sessions`);
  });

  it('keys that come twice', async (t) => {
    const scene = await start(t);
    const twice = (race) => {
      const text = JSON.stringify(race.payload());
      return [
        text.replace('"id":', '"id":1700099,"id":').replace('"id":1700099,', ''),
        text.replaceAll('"total_laps":', '"gap":"x","gap":"y","total_laps":'),
        text.replace('"event_name":', '"event_n\\u0061me":"Session #12","event_name":'),
        text.replace('"type":"session"', `"type":"session",${'"type":1,'.repeat(1000)}"x":1`),
        text.replace('"runs":', '"test":1,"runs":').replace(/\}\],?"/, (end) => end),
        text.replace(/,"race_predictor_data"/, ',"data":{"runs":[]},"race_predictor_data"'),
        text.replace(/\]\},"race_predictor_data"/, '],"runs":[{"id":5,"total_laps":9}]},"race_predictor_data"'),
      ];
    };
    const texts = Array.from({length: 7}, (_, i) => (race) => twice(race)[i]);
    await amid(scene, texts);
  });

  it('ids that collide', async (t) => {
    const scene = await start(t);
    const {feed, race} = scene;
    race.frames().forEach(({payload}) => {
      const [first, second] = payload.data.runs;
      // The same row twice; the same id under another name; the same kart under another id; a hundred of the same.
      feed.push({...payload, data: {...payload.data, runs: [...payload.data.runs, first]}});
      feed.push({
        ...payload,
        data: {...payload.data, runs: [...payload.data.runs, {...second, name: 'Twin', total_laps: 0}]},
      });
      feed.push({
        ...payload,
        data: {...payload.data, runs: [...payload.data.runs, {...second, id: 42, name: 'Same Kart'}]},
      });
      feed.push({...payload, data: {...payload.data, runs: [...payload.data.runs, ...Array(100).fill(first)]}});
      feed.push(payload);
    });
    const current = await settle(scene, race);
    for (const kart of race.karts) {
      const found = [...current.analysis.karts, ...current.analysis.unranked].find(
        (run) => run.runId === kart.id && run.driverName === kart.driver,
      );
      assert.equal(found.totalLaps, kart.laps.length + 1, kart.driver);
      assert.equal(found.missedLaps ?? 0, 0, kart.driver);
      assert.equal(found.bestLap, Math.min(...kart.laps), kart.driver);
    }
    assert.ok(current.analysis.karts.length + current.analysis.unranked.length <= race.karts.length + 3);
    await assertServed(scene);
  });

  it('laps of zero and less, counters that jump by millions and come back', async (t) => {
    const scene = await start(t);
    const texts = [];
    for (const value of [0, -1, -27_000, 1e10, 0.4, '0', '-5', ' ', '1:60.000', '::', '99999999999999999999'])
      texts.push((race) =>
        twisted(race, (data) => void Object.assign(data.runs[0], {last_time_raw: value, prev_time_raw: value})),
      );
    for (const value of [2_000_000, 999_999_999, 1_000_000_001, 2 ** 31, 2 ** 53, -3, '1000000'])
      texts.push((race) =>
        twisted(
          race,
          (data) => void Object.assign(data.runs[2], {total_laps: value, last_time_raw: null, prev_time_raw: null}),
        ),
      );
    const {feed, race, daemon} = scene;
    race.frames().forEach(({payload}, i) => {
      feed.push(payload);
      if (texts[i]) feed.pushText(texts[i](moment(payload)));
      // A counter is believed to have fallen when two frames say so.
      feed.push(payload);
      feed.push({...payload, data: {...payload.data, repeated: true}});
    });
    const current = await settle(scene, race);
    assertAnalysis(current.analysis, race.karts);
    await assertServed(scene);
    await listed(scene, 1);
  });

  it('timestamps from 1970 and from 2100', async (t) => {
    const scene = await start(t);
    const texts = [];
    const times = [0, 1, -1, 100, 2_000_000_000_000, 4_102_444_800, 4_102_444_800_000, 253_402_300_799, 2 ** 63, 1e300];
    for (const value of times) {
      for (const field of ['timestamp', 'timestamp_socket'])
        texts.push((race) => twisted(race, (data) => void (data[field] = value)));
      texts.push((race) =>
        twisted(race, (data) => void Object.assign(data, {timestamp: value, timestamp_socket: value})),
      );
      for (const field of ['last_passing', 'current_lap_start_timestamp', 'current_lap_start_microtimestamp'])
        texts.push((race) => twisted(race, (data) => void data.runs.forEach((run) => void (run[field] = value))));
    }
    const {feed, race, daemon} = scene;
    const frames = race.frames();
    const before = await refusedOf(daemon);
    frames.forEach(({payload}, i) => {
      feed.push(payload);
      for (const text of texts.slice(3 * i, 3 * i + 3)) feed.pushText(text(moment(payload)));
    });
    const current = await settle(scene, race);
    assertAnalysis(current.analysis, race.karts);
    const after = await refusedOf(daemon);
    assert.ok(after.cached > before.cached, 'frames from 1970 are old copies');
    assert.deepEqual({...after, cached: 0, old: 0}, {...before, cached: 0, old: 0});
    await assertServed(scene);
    await listed(scene, 1);
  });
});
