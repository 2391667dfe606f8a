// The built-in demo runs a minute, and its numbers hold: every statistic is computed again from the laps served.
import assert from 'node:assert/strict';
import test from 'node:test';

import {Daemon} from './lib/daemon.mjs';
import {assertKart, expectedAnalysis} from './lib/expected.mjs';
import {sleep} from './lib/tools.mjs';

const RUN_MS = Number(process.env.RF_DEMO_MS || 60000);

// The analysis a stored session must have, from its own full record of laps.
function recompute(session) {
  const rows = session.runs
    .filter((run) => run.laps.length > 0)
    .map((run) => {
      const analysed = [...session.analysis.karts, ...session.analysis.unranked].find(
        (k) => k.kartId === run.kartId && (k.runId ?? run.runId) === run.runId,
      );
      const nums = run.laps.map((lap) => lap.lapNum);
      assert.deepEqual(
        nums,
        [...new Set(nums)].sort((a, b) => a - b),
        `${run.kart}: each lap number once, in order`,
      );
      return {run, analysed};
    });
  return rows;
}

function checkSession(session) {
  const problems = [];
  const rows = recompute(session);
  // Runs as lap lists, as if lap numbers had no gaps: the statistics do not depend on them.
  const karts = rows.map(({run}) => ({
    id: run.runId,
    kartId: run.kartId,
    kart: run.kart,
    kartNumber: run.kartNumber,
    driver: run.driverName,
    laps: run.laps.map((lap) => lap.timeRaw),
  }));
  const wanted = expectedAnalysis(karts);
  assert.deepEqual(
    session.analysis.karts.map((k) => k.bestLap),
    wanted.ranked.map((k) => k.bestLap),
    'order by best lap',
  );
  for (const [i, kart] of session.analysis.karts.entries()) {
    const same = wanted.ranked.find((k) => k.runId === kart.runId && k.kartId === kart.kartId);
    assert.ok(same, `run ${kart.runId} on ${kart.kartId}`);
    assert.equal(wanted.ranked[i].bestLap, kart.bestLap);
    const {run} = rows.find((r) => r.run.runId === kart.runId && r.run.kartId === kart.kartId);
    assertKart(kart, {
      ...same,
      totalLaps: kart.totalLaps,
      missedLaps: kart.missedLaps,
      lapHistory: run.laps.filter((lap) => lap.valid).map((lap) => ({lapNum: lap.lapNum, time: lap.timeRaw})),
    });
    assert.ok(kart.missedLaps >= 0);
    assert.ok(
      run.laps.length + kart.missedLaps <= kart.totalLaps,
      `${kart.kart}: ${run.laps.length} laps, ${kart.missedLaps} missed of ${kart.totalLaps}`,
    );
    for (const lap of run.laps)
      assert.equal(
        lap.valid,
        same.lapHistory.some((l) => l.time === lap.timeRaw),
        `${kart.kart} lap ${lap.lapNum}: valid`,
      );
  }
  assert.equal(session.analysis.summary.totalKarts, wanted.ranked.length);
  assert.equal(session.analysis.summary.crossKartDrivers, wanted.cross.length);
  if (wanted.winner) assert.equal(session.analysis.winner.bestLapRaw, wanted.winner.bestLapRaw);
  return problems;
}

test('the demo runs a minute and its numbers hold', async (t) => {
  const daemon = await Daemon.start(t, {args: ['--demo']});
  assert.equal((await daemon.json('/health')).websocket.connected, true, 'the demo counts as connected');
  const seen = new Map();
  const sessions = new Set();
  const end = Date.now() + RUN_MS;
  let polls = 0;
  while (Date.now() < end) {
    const answer = await daemon.get('/api/current');
    if (answer.status === 200) {
      const {liveSessions} = answer.json;
      polls += 1;
      for (const {sessionId} of liveSessions) {
        sessions.add(sessionId);
        const session = await daemon.json(`/api/sessions/${sessionId}`);
        checkSession(session);
        for (const run of session.runs) {
          const key = `${sessionId}/${run.runId}/${run.kartId}`;
          const before = seen.get(key) ?? [];
          const after = run.laps.map((lap) => [lap.lapNum, lap.timeRaw]);
          // No lap that was there goes away again.
          assert.deepEqual(
            after.filter(([num]) => before.some(([had]) => had === num)).map(([num]) => num),
            before.map(([num]) => num),
            key,
          );
          seen.set(key, after);
        }
      }
    }
    await sleep(1000);
  }
  assert.ok(polls > 5);
  const {liveSessions, analysis} = await daemon.json('/api/current');
  assert.equal(new Set(liveSessions.map((s) => s.trackConfig)).size, 2, 'two tracks are live');
  assert.ok(analysis.karts.length + analysis.unranked.length >= 5);
  const list = await daemon.json('/api/sessions');
  assert.equal(
    list.total,
    sessions.size,
    `no session too many: ${JSON.stringify(list.sessions.map((s) => s.sessionId))}`,
  );
  assert.equal(list.total, 2);
  const laps = [...seen.values()].reduce((sum, run) => sum + run.length, 0);
  assert.ok(laps >= 20, `${laps} laps in a minute`);
  for (const session of list.sessions) {
    const stored = await daemon.json(`/api/sessions/${session.sessionId}`);
    assert.equal(stored.runs.length >= 10, true, 'ten karts on each track');
  }
  await daemon.stop();
});
