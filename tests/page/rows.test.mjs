// The lines of the timing tower.
import assert from 'node:assert/strict';
import test from 'node:test';

import {remaining, statusOf} from '../../src/dashboard/js/model/clock.js';
import {buildRows, sectorCount} from '../../src/dashboard/js/model/rows.js';

const run = (id, pos, more = {}) => ({
  id,
  kart_id: id + 100,
  pos,
  name: `Driver ${id}`,
  kart: `E0${id}`,
  kart_number: `0${id}`,
  kart_color: '39b549',
  total_laps: 5,
  last_time: '27.100',
  last_time_raw: 27100,
  gap: '-',
  int: '-',
  s1: '-',
  ...more,
});
const kart = (id, bestLap, more = {}) => ({
  runId: id,
  kartId: id + 100,
  kart: `E0${id}`,
  kartNumber: `0${id}`,
  driverName: `Driver ${id}`,
  totalLaps: 5,
  validLaps: 4,
  bestLap,
  bestLapFormatted: (bestLap / 1000).toFixed(3),
  avgLapTimeFormatted: '27.500',
  ...more,
});

test('in order of position, whatever the order and the types in the frame', () => {
  const rows = buildRows({runs: [run(1, '3'), run(2, 1), run(3, null), run(4, 2)]}, null);
  assert.deepEqual(
    rows.map(({plate}) => plate),
    ['02', '04', '01', '03'],
  );
  assert.deepEqual(
    rows.map(({pos}) => pos),
    ['1', '2', '3', ''],
  );
});

test('a ghost is no line, and nothing is shown for what the feed does not have', () => {
  const ghost = run(9, 2, {kart: null, kart_number: '', kart_id: null});
  const [row, ...rest] = buildRows(
    {runs: [run(1, 1, {kart_color: 'null', name: 'null', last_time: '-'}), ghost]},
    null,
  );
  assert.equal(rest.length, 0);
  assert.deepEqual([row.name, row.last, row.gap, row.color, row.best, row.avg], ['', '', '', null, '', '']);
  assert.deepEqual(buildRows(null, null), []);
  assert.deepEqual(buildRows({}, null), []);
});

test("best and average are the analysis's; the session's best is purple, the own best green", () => {
  const data = {runs: [run(1, 1, {last_time_raw: 26500}), run(2, 2, {last_time_raw: '27000'}), run(3, 3)]};
  const analysis = {
    karts: [kart(1, 26500), kart(2, 27000)],
    unranked: [kart(3, 26900, {bestLapFormatted: undefined, stale: true})],
  };
  const rows = buildRows(data, analysis);
  assert.deepEqual(
    rows.map(({best}) => best),
    ['26.500', '27.000', '26.900'],
  );
  assert.deepEqual(
    rows.map(({bestMark}) => bestMark),
    ['session', '', ''],
  );
  assert.deepEqual(
    rows.map(({lastMark}) => lastMark),
    ['session', 'personal', ''],
  );
  assert.deepEqual(
    rows.map(({stale}) => stale),
    [false, false, true],
  );
});

test('a lap event is shown at once, before the analysis knows it', () => {
  const data = {runs: [run(1, 1, {last_time_raw: 26400}), run(2, 2, {last_time_raw: 71000})]};
  const analysis = {karts: [kart(1, 26500), kart(2, 26450)]};
  const laps = new Map([
    ['1/101', {lapNum: 5, timeRaw: 26400, timeFormatted: '26.400', valid: true, personalBest: true, sessionBest: true}],
    [
      '2/102',
      {lapNum: 5, timeRaw: 71000, timeFormatted: '1:11.000', valid: false, personalBest: false, sessionBest: false},
    ],
  ]);
  const [first, second] = buildRows(data, analysis, laps);
  assert.deepEqual([first.best, first.bestMark, first.lastMark], ['26.400', 'session', 'session']);
  assert.deepEqual([second.best, second.bestMark, second.lastMark], ['26.450', '', 'excluded']);
});

test('a last lap that a newer analysis does not list is excluded, also where no event told', () => {
  const data = {runs: [run(1, 1, {last_time_raw: 71000})]};
  const history = (...nums) => ({
    lapHistory: nums.map((lapNum) => ({lapNum, time: 27000, timeFormatted: '27.000', position: 1})),
  });
  const mark = (more) => buildRows(data, {karts: [kart(1, 26500, more)]})[0].lastMark;
  assert.equal(mark(history(3, 4)), 'excluded');
  assert.equal(mark(history(3, 4, 5)), '');
  assert.equal(mark({...history(3, 4), totalLaps: 4}), '', 'an analysis of before the lap tells nothing');
  assert.equal(mark({}), '', 'nor does one without laps');
});

test('gain and loss are over the last lap', () => {
  const history = (...positions) => ({
    lapHistory: positions.map((position, i) => ({lapNum: i + 2, position, time: 1, timeFormatted: ''})),
  });
  const data = {runs: [run(1, 1), run(2, 4), run(3, 3)]};
  const analysis = {karts: [kart(1, 1, history(5, 3, 1)), kart(2, 2, history(2, 2)), kart(3, 3, history(3))]};
  assert.deepEqual(
    buildRows(data, analysis).map(({plate, gain}) => [plate, gain]),
    [
      ['01', 2],
      ['03', 0],
      ['02', -2],
    ],
  );
});

test('sectors are columns only as far as the venue has them', () => {
  assert.equal(sectorCount(buildRows({runs: [run(1, 1)]}, null)), 0);
  assert.equal(sectorCount(buildRows({runs: [run(1, 1), run(2, 2, {s1: '9.1', s2: '8.2', s3: '-'})]}, null)), 2);
  const [row] = buildRows({runs: [run(1, 1, {s2: '16.037', s2_status: 'bad'})]}, null);
  assert.deepEqual(row.sectors[1], {text: '16.037', bad: true});
});

test('the clock goes on between frames, a moment long, and only while the session runs', () => {
  const data = {
    status_string: 'in_progress',
    duration_type: 'min',
    time_left_in_seconds: 432,
    total_laps: 22,
    current_lap: 12,
  };
  assert.deepEqual(remaining(data, 0), {main: '7:12', label: 'Time left', side: 'Lap 12 of 22'});
  assert.equal(remaining(data, 2500).main, '7:10');
  assert.equal(remaining(data, 600_000).main, '7:07');
  assert.equal(remaining({...data, status_string: 'finished'}, 2500).main, '7:12');
  assert.equal(remaining({...data, time_left_in_seconds: null, time_left: '00:07:12'}, 0).main, '00:07:12');
  assert.deepEqual(remaining({...data, duration_type: 'laps', current_lap: '21'}, 0), {
    main: '1 lap',
    label: 'To go',
    side: 'Lap 21 of 22',
  });
  assert.deepEqual(remaining(null, 0), {main: '', label: '', side: ''});
  assert.deepEqual(
    ['in_progress', 'FINISHED', 'scheduled', 'cancelled', 'odd', null].map((s) => statusOf({status_string: s})),
    ['running', 'finished', 'waiting', 'cancelled', '', ''],
  );
});
