// Which elements of a list are moved when its order changes.
import assert from 'node:assert/strict';
import test from 'node:test';

import {staying} from '../../src/dashboard/js/model/order.js';

const stay = (was) => [...staying(was)].sort((a, b) => a - b);

test('in the same order all stay', () => {
  assert.deepEqual(stay([0, 1, 2, 3]), [0, 1, 2, 3]);
  assert.deepEqual(stay([]), []);
});

test('one that wins or loses places is the only one moved', () => {
  assert.deepEqual(stay([3, 0, 1, 2]), [1, 2, 3], 'from last to first');
  assert.deepEqual(stay([1, 2, 3, 0]), [0, 1, 2], 'from first to last');
  assert.deepEqual(stay([0, 3, 1, 2, 4]), [0, 2, 3, 4]);
});

test('as many as can be stay', () => {
  assert.deepEqual(stay([2, 5, 3, 0, 4, 1]), [0, 2, 4], '2, 3, 4');
  assert.equal(stay([3, 2, 1, 0]).length, 1, 'turned around, all but one move');
});

test('what is new is put in, and what is gone leaves a gap', () => {
  assert.deepEqual(stay([-1, 0, -1, 1]), [1, 3]);
  assert.deepEqual(stay([4, 7, 9]), [0, 1, 2]);
  assert.deepEqual(stay([-1, -1]), []);
});
