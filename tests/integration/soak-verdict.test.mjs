// The soak's verdict tells what is flat from what grows.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {judge, slopePerDay} from '../soak/verdict.mjs';

const HOUR = Array.from({length: 3600}, (_, second) => second + 1);
const judged = (value) => judge(HOUR, HOUR.map(value), 64);

test('a line is as steep as it was drawn', () => {
  assert.ok(Math.abs(slopePerDay(HOUR, HOUR.map((at) => 20 + at / 86400)) - 1) < 1e-6);
  assert.equal(slopePerDay([5], [7]), 0);
});

test('what fills up at first, goes up and down, or falls is flat', () => {
  assert.equal(judged((at) => 10 + 20 * Math.min(1, at / 600)).flat, true);
  assert.equal(judged((at) => 30 + 3 * ((at % 90) / 90)).flat, true);
  assert.equal(judged((at) => 30 - at / 3600).flat, true);
});

test('what grows is not flat, slowly or at the end', () => {
  const slow = judged((at) => 200 + (80 * at) / 86400);
  assert.equal(slow.flat, false);
  assert.ok(Math.abs(slow.perDay - 80) < 0.01);
  assert.ok(slow.lastQuarter <= 1.1 * slow.secondQuarter, 'by its slope alone');

  const burst = judged((at) => (at === 3599 ? 34 : 30));
  assert.equal(burst.flat, false);
  assert.ok(burst.perDay < 64, 'by its last quarter alone');
});

test('a short run is told, not judged', () => {
  const seconds = HOUR.slice(0, 120);
  const {flat, short, perDay} = judge(seconds, seconds, 64);
  assert.deepEqual({flat, short}, {flat: true, short: true});
  assert.ok(perDay > 64);
});
