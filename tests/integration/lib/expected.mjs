// The analysis of a race, worked out from its lap lists alone, by the definitions of the documentation and not by
// looking at what the server does.
import assert from 'node:assert/strict';

const sum = (list) => list.reduce((a, b) => a + b, 0);
const mean = (list) => sum(list) / list.length;

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// Whole milliseconds: what a mean has beyond them is cut off.
export function formatMs(ms) {
  const whole = Math.round(ms);
  const minutes = Math.floor(whole / 60000);
  const seconds = ((whole % 60000) / 1000).toFixed(3);
  return minutes ? `${minutes}:${seconds.padStart(6, '0')}` : seconds;
}

// One kart: {id, kartId, kart, kartNumber, driver, laps: [ms, …] from lap 2 (or firstLap) on, missed: [lap numbers never
// told]}.
function runResult(kart, {minMs, maxMs}) {
  const missed = new Set(kart.missed ?? []);
  const first = kart.firstLap ?? 2;
  const timed = kart.laps.map((time, i) => ({lapNum: i + first, time})).filter(({lapNum}) => !missed.has(lapNum));
  const limit = maxMs || (timed.length ? 2 * median(timed.map((lap) => lap.time)) : Infinity);
  const valid = timed.filter(({time}) => time >= minMs && time <= limit);
  const times = valid.map((lap) => lap.time);
  const average = times.length ? mean(times) : 0;
  return {
    kartNumber: kart.kartNumber ?? kart.kart,
    kart: kart.kart,
    kartId: kart.kartId,
    runId: kart.id,
    driverName: kart.driver,
    totalLaps: kart.laps.length + first - 1,
    validLaps: valid.length,
    missedLaps: missed.size,
    bestLap: times.length ? Math.min(...times) : 0,
    avgLapTime: average,
    best3Avg: times.length ? mean([...times].sort((a, b) => a - b).slice(0, 3)) : 0,
    consistency: times.length ? Math.sqrt(mean(times.map((time) => (time - average) ** 2))) / 1000 : 0,
    totalTime: sum(times),
    elapsedTime: sum(timed.map((lap) => lap.time)),
    lapHistory: valid,
    timed,
  };
}

export function expectedAnalysis(karts, {minMs = 5000, maxMs = 0, minLaps = 3} = {}) {
  const results = karts.map((kart) => runResult(kart, {minMs, maxMs}));
  const ranked = results.filter((r) => r.validLaps >= minLaps).sort((a, b) => a.bestLap - b.bestLap);
  const unranked = results.filter((r) => r.validLaps < minLaps);

  const scale = (list, value, whenEqual) => {
    const low = Math.min(...list);
    const high = Math.max(...list);
    return high === low ? whenEqual : 100 - (100 * (value - low)) / (high - low);
  };
  for (const r of ranked) {
    const lap = scale(
      ranked.map((x) => x.bestLap),
      r.bestLap,
      100,
    );
    const steady = scale(
      ranked.map((x) => x.consistency),
      r.consistency,
      50,
    );
    r.normalizedIndex = Math.round(0.7 * lap + 0.3 * steady) + 0; // no -0
  }

  const byDriver = new Map();
  for (const r of ranked) if (r.driverName) byDriver.set(r.driverName, [...(byDriver.get(r.driverName) ?? []), r]);
  const cross = [...byDriver.entries()]
    .filter(([, runs]) => new Set(runs.map((r) => r.kartId ?? r.kart)).size > 1)
    .map(([driverName, runs]) => ({
      driverName,
      karts: runs.map((r) => ({
        kartNumber: r.kartNumber,
        kartId: r.kartId,
        bestLap: r.bestLap,
        avgLap: r.avgLapTime,
        laps: r.validLaps,
      })),
    }));

  const first = ranked[0];
  return {
    ranked,
    unranked,
    cross,
    totalLaps: sum(ranked.map((r) => r.totalLaps)),
    winner: first && {
      name: first.driverName,
      kartNumber: first.kartNumber,
      bestLap: formatMs(first.bestLap),
      bestLapRaw: first.bestLap,
    },
  };
}

const near = (actual, wanted, tolerance, what) =>
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${what}: ${actual} should be ${wanted}`);

// Holds one analysed kart of an answer against what it should be. Whole milliseconds exactly; means to 0.1 ms.
export function assertKart(actual, wanted) {
  const who = `kart ${wanted.kart} (${wanted.driverName})`;
  for (const name of [
    'kartNumber',
    'kart',
    'kartId',
    'runId',
    'driverName',
    'totalLaps',
    'validLaps',
    'missedLaps',
    'bestLap',
    'totalTime',
    'elapsedTime',
    'normalizedIndex',
  ]) {
    if (wanted[name] === undefined) continue;
    assert.deepEqual(actual[name], wanted[name], `${who}: ${name}`);
  }
  near(actual.avgLapTime, wanted.avgLapTime, 0.0501, `${who}: avgLapTime`);
  near(actual.best3Avg, wanted.best3Avg, 0.0501, `${who}: best3Avg`);
  near(actual.consistency, wanted.consistency, 0.000501, `${who}: consistency`);
  assert.equal(actual.bestLapFormatted, formatMs(wanted.bestLap), `${who}: bestLapFormatted`);
  assert.equal(actual.avgLapTimeFormatted, formatMs(wanted.avgLapTime), `${who}: avgLapTimeFormatted`);
  assert.equal(actual.best3AvgFormatted, formatMs(wanted.best3Avg), `${who}: best3AvgFormatted`);
  assert.equal(actual.totalTimeFormatted, formatMs(wanted.totalTime), `${who}: totalTimeFormatted`);
  assert.match(actual.consistencyFormatted, /^\d+\.\d{3}s$/, `${who}: consistencyFormatted`);
  near(Number.parseFloat(actual.consistencyFormatted), wanted.consistency, 0.000501, `${who}: consistencyFormatted`);
  assert.deepEqual(
    actual.lapHistory.map(({lapNum, time, timeFormatted}) => ({lapNum, time, timeFormatted})),
    wanted.lapHistory.map(({lapNum, time}) => ({lapNum, time, timeFormatted: formatMs(time)})),
    `${who}: lapHistory`,
  );
}

// Holds an `analysis` (of /api/current or a stored session) against the lap lists.
export function assertAnalysis(analysis, karts, options) {
  const wanted = expectedAnalysis(karts, options);
  assert.deepEqual(
    analysis.karts.map((k) => k.bestLap),
    wanted.ranked.map((k) => k.bestLap),
    'karts by best lap',
  );
  wanted.ranked.forEach((kart, i) => assertKart(analysis.karts[i], kart));
  const brief = (k) => `${k.kartNumber} ${k.driverName}: ${k.totalLaps} laps, ${k.validLaps} valid`;
  assert.deepEqual(analysis.unranked.map(brief).sort(), wanted.unranked.map(brief).sort(), 'unranked');
  const sortCross = (list) => [...list].sort((a, b) => (a.driverName < b.driverName ? -1 : 1));
  const cross = sortCross(analysis.crossKartDrivers);
  const wantedCross = sortCross(wanted.cross);
  assert.deepEqual(
    cross.map((d) => d.driverName),
    wantedCross.map((d) => d.driverName),
    'crossKartDrivers',
  );
  wantedCross.forEach((driver, i) =>
    driver.karts.forEach((kart, j) => {
      const actual = cross[i].karts[j];
      for (const name of ['kartNumber', 'kartId', 'bestLap', 'laps'])
        assert.deepEqual(actual[name], kart[name], `${driver.driverName}: ${name}`);
      near(actual.avgLap, kart.avgLap, 0.0501, `${driver.driverName}: avgLap`);
    }),
  );

  const {summary} = analysis;
  assert.equal(summary.totalKarts, wanted.ranked.length, 'summary.totalKarts');
  assert.equal(summary.totalLaps, wanted.totalLaps, 'summary.totalLaps');
  assert.equal(summary.crossKartDrivers, wanted.cross.length, 'summary.crossKartDrivers');
  if (wanted.winner) {
    assert.deepEqual(summary.winner, wanted.winner, 'summary.winner');
    assert.deepEqual(analysis.winner, wanted.winner, 'winner');
    assert.equal(summary.fastestLap, wanted.winner.bestLap, 'summary.fastestLap');
    assert.equal(summary.fastestDriver, wanted.winner.name, 'summary.fastestDriver');
  } else {
    assert.equal(summary.winner, null);
    assert.equal(summary.fastestLap, '--');
    assert.equal(summary.fastestDriver, 'N/A');
  }
}

// What of an analysis must be the same whenever the same race is driven: all but the times of day.
export function timeless(value) {
  return JSON.parse(
    JSON.stringify(value, (key, inner) => (['timestamp', 'lastUpdate', 'sessionId'].includes(key) ? undefined : inner)),
  );
}
