// Payloads that are too large, too many or no JSON. Each is refused or taken by rule and counted by its cause, the next good frame
// is handled as if nothing had been, every body stays JSON, and memory stays within its bound.
import assert from 'node:assert/strict';
import {describe, it} from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {assertAnalysis} from './lib/expected.mjs';
import {FaultProxy, frame} from './lib/fault-proxy.mjs';
import {CHANNEL, feedSettings, startFeed} from './lib/feeds.mjs';
import {freshHealth} from './lib/health.mjs';
import {amid, assertServed, moment, refusedOf, startHostile, twisted} from './lib/hostile.mjs';
import {Race} from './lib/race.mjs';
import {settle, smallField} from './lib/scene.mjs';
import {until} from './lib/tools.mjs';

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
    const scene = await startHostile(t);
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
    const scene = await startHostile(t);
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
    const scene = await startHostile(t);
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
    const scene = await startHostile(t);
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
    const scene = await startHostile(t);
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
});
