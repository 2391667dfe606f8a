// The address, the search of sessions, and the state of the server in words.
import assert from 'node:assert/strict';
import test from 'node:test';

import {href, parse} from '../../src/dashboard/js/model/route.js';
import {faults, feedState, lapsOf, storageState} from '../../src/dashboard/js/model/status.js';

test('what is written into an address is read from it', () => {
  const route = {
    view: 'history',
    session: '20260101T100000Z-session-12-t3',
    track: '3',
    kart: 'E05 & co',
    karts: ['E05', '7', '測'],
    method: 'best3',
    theme: 'light',
    rows: 8,
    turn: 5,
    search: {event: 'Cup #1', from: '2026-01-31'},
    page: 3,
  };
  assert.deepEqual(parse(href(route)), route);
  assert.equal(href({view: 'tower'}), '?');
});

test('what makes no sense in an address is left out', () => {
  const route = parse('?view=nothing&track=abc&theme=pink&page=-4&rows=x&karts=');
  assert.deepEqual(
    [route.view, route.track, route.theme, route.page, route.rows, route.karts],
    ['tower', null, null, 1, null, []],
  );
  assert.equal(parse('?track=-1').track, '-1');
});

test('the state of the server in words', () => {
  const now = Date.parse('2026-01-01T10:00:00Z');
  const feed = (websocket) => feedState({websocket}, now);
  assert.deepEqual(feed({connected: true, target: 'ws://venue:8131', newestFrameAgeMs: 300}), {
    text: 'Connected',
    kind: 'good',
    note: 'ws://venue:8131, newest frame just now',
  });
  assert.equal(feed({connected: true, target: 'x', newestFrameAgeMs: 300000}).kind, 'fair');
  assert.deepEqual(feed({connected: false, lastError: 'connection refused', nextAttempt: '2026-01-01T10:00:07Z'}), {
    text: 'Not connected',
    kind: 'bad',
    note: 'connection refused, next attempt in 7 s',
  });
  assert.equal(storageState({storage: {state: 'failing', error: 'no space'}}).note, 'no space');
  assert.equal(storageState({storage: {state: 'ok', unsaved: 0}}).kind, 'good');
  assert.deepEqual(faults({reasons: ['feed is not connected: refused']}, true), ['Feed is not connected: refused.']);
  assert.deepEqual(faults({}, true), []);
  assert.deepEqual(faults({}, false), ['The server does not answer.']);
  assert.equal(lapsOf([{laps: 10}, {}, {laps: 5}]), 15);
});
