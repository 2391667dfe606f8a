// Frames that are JSON and make no sense: fields wrong in type, keys and ids that come twice, counters and clocks gone mad. Each is
// taken or refused by rule, and the race around it comes out right.
import assert from 'node:assert/strict';
import {describe, it} from 'node:test';

import {assertAnalysis} from './lib/expected.mjs';
import {amid, assertServed, moment, refusedOf, startHostile, twisted} from './lib/hostile.mjs';
import {listed, settle} from './lib/scene.mjs';

describe('hostile fields', {concurrency: 4}, () => {
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
    const scene = await startHostile(t);
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
    const scene = await startHostile(t);
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
    const scene = await startHostile(t);
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
    const scene = await startHostile(t);
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
    const scene = await startHostile(t);
    const twice = (race) => {
      const text = JSON.stringify(race.payload());
      return [
        text.replace(/"id":(\d+)/, '"id":$1,"id":1700099'), // the first counts
        text.replaceAll('"total_laps":', '"gap":"x","gap":"y","total_laps":'),
        text.replace('"event_name":', '"event_n\\u0061me":"Session #12","event_name":'),
        text.replace('"type":"session"', `"type":"session",${'"type":1,'.repeat(1000)}"x":1`),
        text.replace(/"total_laps":(\d+),"total_time"/g, '"total_laps":$1,"total_laps":99,"total_time"'),
        text.replace(/,"race_predictor_data"/, ',"data":{"runs":[]},"race_predictor_data"'),
        text.replace(/\]\},"race_predictor_data"/, '],"runs":[{"id":5,"total_laps":9}]},"race_predictor_data"'),
      ];
    };
    const texts = Array.from({length: 7}, (_, i) => (race) => twice(race)[i]);
    await amid(scene, texts);
  });

  it('ids that collide', async (t) => {
    const scene = await startHostile(t);
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
    const scene = await startHostile(t);
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
    const scene = await startHostile(t);
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
