// Laps, what the charts draw of them, and the results.
import assert from 'node:assert/strict';
import test from 'node:test';

import {LapBook} from '../../src/dashboard/js/model/laps.js';
import {METHODS, results} from '../../src/dashboard/js/model/results.js';
import {focus, gaps, lapNumbers, lapTimes, positions} from '../../src/dashboard/js/model/series.js';

const lap = (lapNum, timeRaw, timestamp, more = {}) => ({
  lapNum,
  timeRaw,
  timestamp,
  position: 1,
  valid: true,
  ...more,
});
const stored = (runs) => ({runs: runs.map((laps, i) => ({runId: i + 1, kartId: i + 1, kart: `K${i + 1}`, laps}))});

function book() {
  const found = new LapBook();
  found.load(
    stored([
      [lap(2, 26000, 1000), lap(3, 71000, 72000, {valid: false}), lap(5, 26500, 120000, {position: 2})],
      [lap(3, 27000, 40000, {position: 0}), lap(4, 27100, 67100)],
    ]),
  );
  return found;
}

test('one value for each lap number, and null where there is none', () => {
  const found = book();
  const keys = ['1/1', '2/2'];
  assert.deepEqual(lapNumbers(found, keys), [2, 3, 4, 5]);
  assert.deepEqual(lapNumbers(found, ['2/2']), [3, 4]);
  assert.deepEqual(lapNumbers(found, []), []);
  assert.deepEqual(lapTimes(found, keys).lines, [
    [26, null, null, 26.5],
    [null, 27, 27.1, null],
  ]);
  assert.deepEqual(positions(found, keys).lines, [
    [1, 1, null, 2],
    [null, null, 1, null],
  ]);
});

test('the gap is to whoever ended the lap first, also to one who is not drawn', () => {
  const found = book();
  assert.deepEqual(gaps(found, ['1/1']).lines, [[0, 32, null, 0]]);
  assert.deepEqual(gaps(found, ['2/2']), {x: [3, 4], lines: [[0, 0]]});
  found.add({...lap(4, 30000, 66100), runId: 3, kartId: 3, kart: 'K3'});
  assert.deepEqual(gaps(found, ['2/2']).lines, [[0, 1]]);
});

test('a lap told again takes the place of what it was', () => {
  const found = book();
  const {version} = found;
  found.add({...lap(4, 27050, 67100), runId: 2, kartId: 2});
  assert.notEqual(found.version, version);
  assert.deepEqual(
    found.lapsOf('2/2').map(({lapNum, timeRaw}) => [lapNum, timeRaw]),
    [
      [3, 27000],
      [4, 27050],
    ],
  );
  assert.equal(found.runs.get('2/2').kart, 'K2', 'a lap without names takes none away');
});

test('where no lap is told, the valid ones come from the analysis, and change nothing that is known', () => {
  const found = book();
  found.merge([
    {
      runId: 2,
      kartId: 2,
      kartNumber: '2',
      driverName: 'B',
      lapHistory: [
        {lapNum: 4, time: 27100, position: 1},
        {lapNum: 5, time: 27200, position: 3},
      ],
    },
  ]);
  assert.equal(found.lapsOf('2/2').length, 3);
  assert.equal(found.lapsOf('2/2')[1].timestamp, 67100);
  assert.deepEqual(
    found.lapsOf('2/2').map(({valid}) => valid),
    [true, true, true],
  );
  found.merge([
    {
      runId: 2,
      kartId: 2,
      kartNumber: '2',
      driverName: 'B',
      lapHistory: [
        {lapNum: 3, time: 27000, position: 1},
        {lapNum: 5, time: 27150, position: 3},
      ],
    },
  ]);
  assert.deepEqual(
    found.lapsOf('2/2').map(({timeRaw, valid}) => [timeRaw, valid]),
    [
      [27000, true],
      [27100, false],
      [27150, true],
    ],
    'corrected, and excluded since',
  );
  found.merge([{runId: 2, kartId: 2, kartNumber: '2', driverName: 'B', totalLaps: 5}]);
  assert.equal(found.lapsOf('2/2').filter(({valid}) => valid).length, 2, 'a run that is not ranked tells nothing');
  const {version} = found;
  found.merge([
    {runId: 2, kartId: 2, kartNumber: '2', driverName: 'B', lapHistory: [{lapNum: 5, time: 27150, position: 3}]},
  ]);
  assert.equal(found.version, version);
});

test('files of the first server, with laps by kart number only', () => {
  const found = new LapBook();
  found.load({
    lapHistory: {'05': [{lapNum: 2, timeRaw: 27000, position: 1, timestamp: 5}]},
    analysis: {karts: [{kartNumber: '05', kartId: 7, driverName: 'Ana', totalLaps: 2, validLaps: 1}]},
  });
  assert.equal(found.lapsOf('k7')[0].valid, true);
});

test('an outlier does not flatten the rest, and what is close together stays whole', () => {
  assert.deepEqual(focus([26, 26.2, 26.4, null, 26.3]), [26, 26.4]);
  const [least, most] = focus([26, 26.1, 26.2, 26.3, 66]);
  assert.equal(least, 26);
  assert.ok(most < 30);
  assert.deepEqual(focus([]), [0, 1]);
  assert.deepEqual(focus([27]), [27, 27]);
});

const karts = [
  [
    'A',
    {
      bestLap: 26500,
      avgLapTime: 27500,
      best3Avg: 26800,
      consistency: 0.9,
      totalTime: 110000,
      validLaps: 4,
      totalLaps: 5,
      elapsedTime: 110000,
    },
  ],
  [
    'B',
    {
      bestLap: 26700,
      avgLapTime: 27000,
      best3Avg: 26750,
      consistency: 0.2,
      totalTime: 135000,
      validLaps: 5,
      totalLaps: 6,
      elapsedTime: 140000,
    },
  ],
  [
    'C',
    {
      bestLap: 26600,
      avgLapTime: 27200,
      best3Avg: 26900,
      consistency: 0.5,
      totalTime: 136000,
      validLaps: 5,
      totalLaps: 6,
      elapsedTime: 136000,
    },
  ],
].map(([driverName, values]) => ({driverName, kartNumber: driverName, ...values}));

test('each method has its own winner', () => {
  const order = (method) =>
    results(karts, method)
      .map(({kart}) => kart.driverName)
      .join('');
  assert.deepEqual(Object.fromEntries(Object.keys(METHODS).map((method) => [method, order(method)])), {
    best: 'ACB',
    total: 'BCA',
    average: 'BCA',
    best3: 'BAC',
    consistency: 'BCA',
    laps: 'CBA',
  });
  assert.deepEqual(
    results(karts, 'total').map(({behind}) => behind),
    ['', '+1.000', '1 lap fewer'],
  );
  assert.deepEqual(
    results(karts, 'consistency').map(({behind}) => behind),
    ['', '+0.300', '+0.700'],
  );
  assert.deepEqual(
    karts.map(({driverName}) => driverName),
    ['A', 'B', 'C'],
    'what was given stays as it was',
  );
});
