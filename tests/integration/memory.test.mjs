// What a feed that means no good can make the server keep: the bound that docs/memory.md states.
import assert from 'node:assert/strict';
import test from 'node:test';

import {preset} from './lib/daemon.mjs';
import {assertAnalysis} from './lib/expected.mjs';
import {freshHealth} from './lib/health.mjs';
import {peakMb} from './lib/process.mjs';
import {Race} from './lib/race.mjs';
import {settle, smallField, startScene} from './lib/scene.mjs';
import {until} from './lib/tools.mjs';

const BOUND_MB = 256; // of what the feed can cause
const ROUNDS = 20;
const skip = preset === 'sanitize' && 'a sanitizer has memory of its own';

const row = (id, total, more) => ({id, kart_id: id, kart: 'E', total_laps: total, ...more});
const frame = (track, event, runs, more) =>
  JSON.stringify({data: {track_configuration_id: track, event_name: event, ...more, runs}});
const many = (count, make) => Array.from({length: count}, (_, i) => make(i));

// Each round: one more of every kind of frame that makes a server keep something.
function* hostile(n) {
  const timed = {last_time_raw: 30_000 + n, prev_time_raw: 31_000 + n};
  const name = 'n'.repeat(512);
  // Frames of 3 MB on every track there is room for.
  for (let k = 0; k < 4; k += 1) yield frame(100 + ((4 * n + k) % 70), 'Ballast', [row(1, n + 2)], {x: 'x'.repeat(3_000_000)});
  // The same as a row's worth of values each.
  yield frame(20, 'Values', [row(1, n + 2)], {x: many(200_000, () => 0)});
  // Strangers by the thousand, with the longest of names, and never the same.
  yield frame(21, 'Strangers', many(1900, (i) => row(1_000_000 + 2000 * n + i, 0, {name, kart: name, kart_number: name})));
  // The same with short ones, beside somebody who races: they make room for one another.
  yield frame(26, 'Crowd', [row(1, n + 2, timed), ...many(1900, (i) => row(1_000_000 + 2000 * n + i, 0))]);
  // Drivers by the thousand, and as many laps as frames can tell.
  yield frame(22, 'Laps', many(2000, (i) => row(i + 1, 2 * n + 3, timed)));
  yield frame(22, 'Laps', many(2000, (i) => row(i + 3000, 2 * n + 3, timed)));
  // Rows as heavy as rows may be, of drivers who leave at once.
  yield frame(23, 'Rows', many(230, (i) => row(230 * n + i + 1, 2, {...timed, photo: 'p'.repeat(16_000)})));
  // Drivers who change karts all the time.
  for (let k = 0; k < 8; k += 1)
    yield frame(24, 'Karts', many(10, (i) => ({...row(i + 1, 8 * n + k + 2, timed), kart_id: 1000 * (8 * n + k) + i + 1})));
  // A new event with each frame.
  for (let k = 0; k < 8; k += 1) yield frame(25, `Event ${8 * n + k}`, many(300, (i) => row(i + 1, 3, timed)));
}

// Waits until the server has taken in all that was sent: what waits in sockets is no memory of its own.
async function taken({feed, daemon}) {
  const {messages} = (await freshHealth(daemon)).websocket;
  feed.pushText('{}');
  await until(
    'all is read',
    async () => {
      const buffered = [...feed.wss.clients].reduce((sum, client) => sum + client.bufferedAmount, 0);
      return buffered === 0 && (await freshHealth(daemon)).websocket.messages > messages;
    },
    {deadlineMs: 60_000},
  );
}

test('hostile frames on many tracks cannot make memory pass its bound', {skip}, async (t) => {
  const scene = await startScene(t, {env: {MAX_SESSIONS: 100}});
  const {feed, daemon} = scene;
  const race = new Race({karts: smallField(), track: 7});
  const frames = race.frames();
  for (let n = 0; n < ROUNDS; n += 1) {
    feed.pushAll(frames.slice(Math.floor((n * frames.length) / ROUNDS), Math.floor(((n + 1) * frames.length) / ROUNDS)));
    for (const text of hostile(n)) feed.pushText(text);
    await taken(scene);
    for (const path of ['/api/current', '/api/current?track=22', '/api/sessions', '/api/stats', '/api/analysis?track=24'])
      assert.ok([200, 404, 503].includes((await daemon.get(path)).status), path);
  }
  const peak = peakMb(daemon.child.pid);
  const stats = await daemon.json('/api/stats');
  t.diagnostic(`${peak.toFixed(0)} MB at the most; ${JSON.stringify(stats.server.memory.bounds)}`);
  assert.ok(peak < BOUND_MB, `${peak.toFixed(0)} MB resident, ${BOUND_MB} are the bound`);
  for (const cause of ['driversWithoutLaps', 'kartChanges', 'framesLetGo', 'sessionsNotBegun', 'sessionsEnded'])
    assert.ok(stats.server.memory.bounds[cause] > 0, `${cause} was provoked`);
  // Whoever really raced has every lap.
  const current = await daemon.json('/api/current?track=7');
  assertAnalysis(current.analysis, race.karts);
});
