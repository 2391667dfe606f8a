// The feed's fields as the page reads them, and times as it writes them.
import assert from 'node:assert/strict';
import test from 'node:test';

import {bytes, clock, delta, duration, lapTime, plural} from '../../src/dashboard/js/model/format.js';
import {color, flag, inkOn, keyOf, keyOfRow, number, same, text} from '../../src/dashboard/js/model/values.js';

test('any number may come as text, and "-" and "null" are nothing', () => {
  assert.deepEqual([26521, '26521', ' 7 ', '-', 'null', null, undefined, '', {}, NaN, 'x'].map(number), [
    26521,
    26521,
    7,
    ...Array(8).fill(null),
  ]);
  assert.deepEqual(['a', ' b ', '-', 'null', null, 5, true, {}].map(text), ['a', 'b', '', '', '', '5', 'true', '']);
  assert.deepEqual([true, 'true', 1, '1', false, 'false', 0, null, 'null'].map(flag), [
    ...Array(4).fill(true),
    ...Array(5).fill(false),
  ]);
});

test('a colour is six hexadecimal digits or none, and what is written on it can be read', () => {
  assert.equal(color('39b549'), '#39b549');
  assert.equal(color('#E30613'), '#e30613');
  for (const wrong of ['null', '', 'red', '39b54', '39b549;x', 'url(x)']) assert.equal(color(wrong), null);
  assert.equal(inkOn('#f9b233'), '#000');
  assert.equal(inkOn('#1d71b8'), '#fff');
  assert.equal(inkOn('#000000'), '#fff');
});

test('a run is known by its id and its kart, as the server has it', () => {
  assert.equal(keyOfRow({id: '17', kart_id: 5, kart: 'E05'}), keyOf({runId: 17, kartId: 5, kart: 'E05'}));
  assert.notEqual(keyOf({runId: 17, kartId: 5}), keyOf({runId: 17, kartId: 6}));
  assert.equal(keyOfRow({kart_id: 5, kart: 'E05'}), keyOf({kartId: 5, kart: 'E07'}));
  assert.equal(keyOfRow({kart: '-', kart_number: '05'}), keyOf({kartNumber: '05'}));
});

test('times as everybody in the paddock writes them', () => {
  assert.deepEqual([26521, 62711, 59999.6, 3_600_000, 0, null, undefined, NaN].map(lapTime), [
    '26.521',
    '1:02.711',
    '1:00.000',
    '1:00:00.000',
    ...Array(4).fill('--.-'),
  ]);
  assert.deepEqual([0, 123, -45, 61000, -0.2, null].map(delta), [
    '+0.000',
    '+0.123',
    '−0.045',
    '+1:01.000',
    '+0.000',
    '',
  ]);
  assert.deepEqual([432, 4032, 0, -3, 59.9].map(clock), ['7:12', '1:07:12', '0:00', '0:00', '0:59']);
  assert.deepEqual([45_000, 720_000, 11_100_000, 10_800_000, 187_200_000].map(duration), [
    '45 s',
    '12 min',
    '3 h 5 min',
    '3 h',
    '2 d 4 h',
  ]);
  assert.deepEqual([0, 999, 10_200_000, 346_000].map(bytes), ['0 B', '999 B', '10.2 MB', '346 kB']);
  assert.deepEqual(
    [1, 2, 0].map((n) => plural(n, 'lap')),
    ['1 lap', '2 laps', '0 laps'],
  );
});

test('two values say the same where all that is in them does', () => {
  const row = {key: '1/2', gain: 0, name: 'Ana', color: null, sectors: [{text: '9.1', bad: false}], order: Infinity};
  assert.equal(same(row, structuredClone(row)), true);
  for (const other of [
    {...row, gain: 1},
    {...row, color: '#000000'},
    {...row, sectors: []},
    {...row, sectors: [{text: '9.1', bad: true}]},
    {...row, more: undefined},
  ])
    assert.equal(same(row, other), false, JSON.stringify(other));
  assert.equal(same(null, row), false);
  assert.equal(same('1', 1), false);
});
