// A venue whose laps take 65 s and whose frames have no kart number and no track id, and repeat kart labels.
import assert from 'node:assert/strict';
import test from 'node:test';

import {assertAnalysis} from './lib/expected.mjs';
import {Race} from './lib/race.mjs';
import {bigField, listed, play, startScene} from './lib/scene.mjs';

function field() {
  // Labels 1 … 5 twice, each pair with two kart ids; the kart numbers of the answer are then the labels.
  return bigField({
    count: 10,
    laps: 12,
    base: 65000,
    from: 500,
    label: (n) => String(((n - 1) % 5) + 1),
    number: () => undefined,
  });
}

test('it is analysed in full', async (t) => {
  const scene = await startScene(t);
  const race = new Race({event: 'Session #77 PARTY', karts: field(), sparse: true});
  const current = await play(scene, race);
  assertAnalysis(current.analysis, race.karts);
  assert.equal(current.analysis.karts.length, 10);
  assert.ok(
    current.analysis.karts.every((kart) => kart.validLaps === 12),
    'no lap of 65 s is thrown away',
  );
  assert.ok(
    current.sessionData.runs.every((run) => typeof run.kart_number === 'string' && run.kart_number === run.kart),
    'kart_number is filled in from the label',
  );
  await listed(scene, 1);
  assert.match(current.sessionId, /^\d{8}T\d{6}Z-session-77-party$/);
});

test('a label that two karts have: the one that crossed the line last, the other among the alternatives', async (t) => {
  const scene = await startScene(t);
  const race = new Race({event: 'Session #77 PARTY', karts: field(), sparse: true});
  await play(scene, race);
  const lastOf = (label) => race.crossings.filter((c) => race.karts[c.index].kart === label).at(-1).index;
  for (const label of ['1', '3', '5']) {
    const kart = await scene.daemon.json(`/api/kart/${label}`);
    const winner = race.karts[lastOf(label)];
    assert.equal(kart.kartId, winner.kartId, `label ${label}`);
    const other = race.karts.find((k) => k.kart === label && k.kartId !== winner.kartId);
    assert.deepEqual(
      kart.alternatives.map((k) => k.kartId),
      [other.kartId],
    );
    assert.equal(kart.realtimeLapHistory.length, 12);
  }
  const byId = await scene.daemon.json('/api/kart/507');
  assert.equal(byId.kartId, 507, 'a kart id, where no label and no number is like it');
});

test('LAP_TIME_MAX_MS=60000 throws these laps out, as told', async (t) => {
  const scene = await startScene(t, {env: {LAP_TIME_MAX_MS: 60000}});
  const race = new Race({event: 'Session #77 PARTY', karts: field(), sparse: true});
  const current = await play(scene, race);
  assert.equal(current.analysis.karts.length, 0);
  assert.equal(current.analysis.unranked.length, 10);
  assertAnalysis(current.analysis, race.karts, {maxMs: 60000});
});

test('LAP_TIME_MIN_MS and MIN_LAPS_FOR_ANALYSIS are heeded', async (t) => {
  const scene = await startScene(t, {env: {LAP_TIME_MIN_MS: 65000, MIN_LAPS_FOR_ANALYSIS: 6}});
  const race = new Race({karts: bigField({count: 6, laps: 12, base: 65000, from: 40})});
  const current = await play(scene, race);
  assertAnalysis(current.analysis, race.karts, {minMs: 65000, minLaps: 6});
});

test('a lap of exactly twice the median counts, one of a millisecond more does not', async (t) => {
  const scene = await startScene(t);
  const [odd, even] = bigField({count: 2, laps: 0, base: 0, from: 70});
  odd.laps = [22000, 44001, 20000, 44000, 21000];
  even.laps = [45001, 20000, 23000, 45000, 21000, 22000];
  const race = new Race({karts: [odd, even]});
  const {analysis} = await play(scene, race);
  assertAnalysis(analysis, race.karts);
  const counted = (kart) => analysis.karts.find((k) => k.kartId === kart.kartId).lapHistory.map((lap) => lap.time);
  assert.deepEqual(counted(odd), [22000, 20000, 44000, 21000]);
  assert.deepEqual(counted(even), [20000, 23000, 45000, 21000, 22000]);
});
