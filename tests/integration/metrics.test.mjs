// /metrics: Prometheus's own tools take it as it is, and its figures are those of the race.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {statfsSync} from 'node:fs';
import test from 'node:test';

import {Metrics} from './lib/metrics.mjs';
import {without} from './lib/program.mjs';
import {Race} from './lib/race.mjs';
import {finish, play, smallField, startScene} from './lib/scene.mjs';
import {Stream} from './lib/sse.mjs';
import {until} from './lib/tools.mjs';

test('the figures are those of the race', async (t) => {
  const scene = await startScene(t);
  const race = new Race({karts: smallField()});
  await play(scene, race);
  await scene.daemon.get('/api/kart/99');
  await scene.daemon.get('/api/kart/98');
  const metrics = await Metrics.of(scene.daemon);
  const driven = race.karts.reduce((sum, kart) => sum + kart.laps.length, 0);
  assert.equal(metrics.value('racefacer_laps_total'), driven);
  assert.equal(metrics.value('racefacer_laps_missed'), 0);
  assert.equal(metrics.value('racefacer_feed_connected'), 1);
  assert.equal(metrics.value('racefacer_sessions_live'), 1);
  assert.equal(metrics.value('racefacer_sessions_begun_total'), 1);
  assert.equal(metrics.value('racefacer_durable'), 1);
  const disk = statfsSync(scene.daemon.dir);
  const room = metrics.value('racefacer_storage_available_bytes');
  assert.ok(room > 0 && room <= disk.blocks * disk.bsize, `${room} bytes of room`);
  const {websocket, storage} = await scene.daemon.json('/api/stats');
  assert.equal(metrics.value('racefacer_frames_total'), websocket.frames);
  assert.equal(
    metrics.value('racefacer_frame_to_published_seconds_count'),
    websocket.frames,
    'each frame is published once',
  );
  assert.ok(metrics.value('racefacer_journal_syncs_total') <= storage.journalCommits);
  assert.equal(
    metrics.value('racefacer_journal_sync_duration_seconds_count'),
    metrics.value('racefacer_journal_syncs_total'),
  );
  assert.equal(metrics.value('racefacer_http_requests_total', {route: '/api/kart/{kart}', status: '404'}), 2);
  assert.ok(metrics.value('process_resident_memory_bytes') > 1e6);
  assert.ok(metrics.value('process_start_time_seconds') * 1000 <= Date.now());
  await finish(scene, race);
  await until('the session is over', async () => (await Metrics.of(scene.daemon)).value('racefacer_sessions_live') === 0);
});

test('laps that the counters know of and nobody told are missed', async (t) => {
  const scene = await startScene(t);
  const race = new Race({karts: smallField().slice(0, 1)});
  const frames = race.frames();
  scene.feed.push(frames.at(-1).payload); // in mid-race: two laps are told, those before are not
  const driven = race.karts[0].laps.length;
  await until('the missed laps are told', async () => {
    const metrics = await Metrics.of(scene.daemon);
    return metrics.value('racefacer_laps_total') === 2 && metrics.value('racefacer_laps_missed') === driven - 2;
  });
});

test('clients of the stream are counted', async (t) => {
  const scene = await startScene(t);
  const stream = Stream.open(t, scene.daemon);
  await until(
    'one client is there',
    async () => (await Metrics.of(scene.daemon)).value('racefacer_stream_clients') === 1,
  );
  stream.close();
  await until('and gone', async () => (await Metrics.of(scene.daemon)).value('racefacer_stream_clients') === 0);
  assert.equal((await Metrics.of(scene.daemon)).value('racefacer_stream_connections_total'), 1);
});

test('promtool finds nothing to say', {skip: without('promtool')}, async (t) => {
  const scene = await startScene(t);
  await play(scene, new Race({karts: smallField()}));
  const {text} = await scene.daemon.get('/metrics');
  const check = spawnSync('promtool', ['check', 'metrics'], {input: text, encoding: 'utf8', timeout: 30000});
  assert.equal(check.status, 0, check.stderr);
  assert.equal(check.stdout + check.stderr, '');
});
