// Bad frames amid good ones, and what has to hold all the same.
import assert from 'node:assert/strict';

import {preset} from './daemon.mjs';
import {assertAnalysis} from './expected.mjs';
import {freshHealth} from './health.mjs';
import {peakMb} from './process.mjs';
import {Race} from './race.mjs';
import {settle, smallField, startScene} from './scene.mjs';

// What the server may have in memory at any moment of these tests; a sanitizer has memory of its own.
const BOUND_MB = 100;

export async function startHostile(t, more) {
  const scene = await startScene(t, {env: {LOG_LEVEL: 'info'}, ...more});
  return {...scene, race: new Race({karts: smallField()})};
}

export const refusedOf = async (daemon) => (await freshHealth(daemon)).websocket.refused;

// All that is served is asked for and parsed.
export async function assertServed(scene) {
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
export const moment = (payload) => ({
  payload: (more) => ({...structuredClone(payload), data: {...structuredClone(payload.data), ...more}}),
});

// Sends the bad ones between the frames of a race, and holds the race against its lap lists at the end.
export async function amid(scene, texts, {expectRefused = {}, race = scene.race} = {}) {
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
export function twisted(race, change) {
  const payload = race.payload();
  const text = change(payload.data, payload);
  return text ?? JSON.stringify(payload);
}
