// A race recorded and replayed is the same race.
import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {gunzipSync, gzipSync} from 'node:zlib';

import {Daemon, runOnce} from './lib/daemon.mjs';
import {assertAnalysis, timeless} from './lib/expected.mjs';
import {Race, interleave} from './lib/race.mjs';
import {bigField, listed, settle, smallField, startScene} from './lib/scene.mjs';
import {freePort} from './lib/ports.mjs';
import {tempDir, until} from './lib/tools.mjs';

async function record(t, kind, name) {
  const scene = await startScene(t, {kind, args: ['--record', name]});
  const endAt = Date.now();
  const lake = new Race({karts: smallField(), endAt});
  const hill = new Race({
    event: 'Kids Cup',
    track: 4,
    karts: bigField({count: 5, laps: 7, base: 21000, from: 300}),
    endAt,
    map: 'hill.png',
  });
  const frames = interleave(lake.frames(), hill.frames());
  scene.feed.pushAll(frames);
  const results = {lake: await settle(scene, lake), hill: await settle(scene, hill)};
  await scene.daemon.stop();
  return {file: path.join(scene.daemon.dir, name), results, lake, hill, count: frames.length + 2};
}

async function replayed(daemon, recording) {
  for (const [name, track] of [
    ['lake', 3],
    ['hill', 4],
  ]) {
    const current = await until(
      `all of ${name} is replayed`,
      async () => {
        const answer = await daemon.json(`/api/current?track=${track}`);
        return answer.sessionData.test_marker === recording[name].marker && answer;
      },
      {describe: () => daemon.tail()},
    );
    assertAnalysis(current.analysis, recording[name].karts);
    assert.deepEqual(timeless(current.analysis), timeless(recording.results[name].analysis));
    assert.equal(current.sessionId, recording.results[name].sessionId, "the recording's clock names the session");
  }
  await listed({daemon}, 2);
}

for (const [kind, name] of [
  ['socketio4', 'race.jsonl'],
  ['raw', 'race.jsonl.gz'],
]) {
  test(`recorded over ${kind} into ${name}, replayed at once`, async (t) => {
    const recording = await record(t, kind, name);
    const bytes = readFileSync(recording.file);
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, recording.count, 'a line for each payload');
    for (const line of lines) {
      assert.equal(typeof line.t, 'number');
      assert.equal(line.event, kind === 'raw' ? '' : 'lemansentertainment');
      assert.ok(line.payload.data.runs.length > 0);
    }
    const daemon = await Daemon.start(t, {args: ['--replay', recording.file, '--speed', 'max']});
    await replayed(daemon, recording);
    assert.equal((await daemon.json('/health')).websocket.connected, true, 'a replay counts as connected');
    assert.ok(existsSync(daemon.file('replay')), 'its sessions are kept apart');
    assert.ok(
      !existsSync(daemon.file('sessions')) ||
        !existsSync(daemon.file('sessions', `session-${recording.results.lake.sessionId}.json`)),
    );
    await daemon.stop();
    // The same recording once more over the same folder changes nothing.
    await daemon.restart();
    await replayed(daemon, recording);
  });
}

test('a day that is long past is replayed with its own clock', async (t) => {
  const past = Date.parse('2025-03-01T12:00:00Z');
  const race = new Race({karts: smallField(), endAt: past});
  const lines = race.frames().map(({at, payload}) => JSON.stringify({t: at, event: 'lemansentertainment', payload}));
  const {payload} = race.barrier();
  lines.push(JSON.stringify({t: race.at, event: 'lemansentertainment', payload}));
  const dir = tempDir(t);
  const file = path.join(dir, 'day.jsonl.gz');
  writeFileSync(file, gzipSync(`${lines.join('\n')}\n`));
  const daemon = await Daemon.start(t, {args: ['--replay', file, '--speed', 'max']});
  const current = await until(
    'it is replayed',
    async () => {
      const answer = await daemon.json('/api/current');
      return answer.sessionData.test_marker === race.marker && answer;
    },
    {describe: () => daemon.tail()},
  );
  assertAnalysis(current.analysis, race.karts);
  assert.match(current.sessionId, /^20250301T11\d{4}Z-session-12-t3$/);
  assert.equal(current.timestamp.slice(0, 10), '2025-03-01');
});

test('a recording cut short, with a broken line in it, is replayed as far as it goes', async (t) => {
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  const lines = frames.map(({at, payload}) => JSON.stringify({t: at, event: '', payload}));
  lines.splice(5, 0, '{"t": broken', '', 'null');
  const {payload} = race.barrier();
  lines.push(JSON.stringify({t: race.at, event: '', payload}));
  const file = path.join(tempDir(t), 'cut.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n{"t":17,"event":"","payl`);
  const daemon = await Daemon.start(t, {args: ['--replay', file, '--speed', 'max']});
  const current = await until(
    'it is replayed',
    async () => {
      const answer = await daemon.json('/api/current');
      return answer.sessionData.test_marker === race.marker && answer;
    },
    {describe: () => daemon.tail()},
  );
  assertAnalysis(current.analysis, race.karts);
});

test('a recording that is not there: one clear line, exit status not 0', async (t) => {
  const {code, stderr, stdout} = await runOnce(['--replay', './nothing.jsonl'], {
    cwd: tempDir(t),
    env: {HOST: '127.0.0.1', PORT: await freePort()},
  });
  assert.notEqual(code, 0);
  assert.match(stderr + stdout, /nothing\.jsonl/);
});
