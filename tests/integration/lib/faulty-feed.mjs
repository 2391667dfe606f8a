// The setting of all tests of a faulty feed: feed, proxy, server and race, and what is asked of each after a fault.
import assert from 'node:assert/strict';

import {Daemon} from './daemon.mjs';
import {assertAnalysis} from './expected.mjs';
import {FaultProxy} from './fault-proxy.mjs';
import {feedSettings, startFeed} from './feeds.mjs';
import {freshHealth} from './health.mjs';
import {Race} from './race.mjs';
import {listed, play, settle, smallField} from './scene.mjs';

const MAX_MS = 400;
export const backoff = {WS_RECONNECT_MIN_MS: 50, WS_RECONNECT_MAX_MS: MAX_MS, LOG_LEVEL: 'info'};

export async function startFaulty(t, kind = 'socketio4', {feedOptions, env} = {}) {
  const feed = await startFeed(t, kind, feedOptions);
  const proxy = await FaultProxy.start(t, feed);
  const daemon = await Daemon.start(t, {env: feedSettings(feed, {...backoff, WS_PORT: proxy.port, ...env})});
  await daemon.connected();
  await feed.ready();
  const race = new Race({karts: smallField()});
  return {feed, proxy, daemon, race};
}

export async function playSome(scene, count) {
  const {race, feed} = scene;
  if (race.next === 0) feed.push(race.payload());
  for (let i = 0; i < count; i += 1) feed.push(race.step().payload);
  return settle(scene, race);
}

const linesOf = (text) => text.split('\n').filter((line) => line.trim() !== '');

// No wait that the log or the status tells of is longer than the settings allow.
export async function assertBackoff(daemon) {
  for (const [, seconds] of daemon.output.matchAll(/next attempt(?: as [^;]*?)? in ([\d.]+) s/g))
    assert.ok(Number(seconds) * 1000 <= MAX_MS, `next attempt in ${seconds} s`);
  const {timestamp, websocket} = await freshHealth(daemon);
  if (websocket.nextAttempt)
    assert.ok(Date.parse(websocket.nextAttempt) - Date.parse(timestamp) <= MAX_MS, JSON.stringify(websocket));
}

// At most `rate` lines a second, and a few to begin with.
export function assertFewLines(daemon, from, sinceMs, rate = 1) {
  const lines = linesOf(daemon.output.slice(from));
  const allowed = 5 + (rate * (Date.now() - sinceMs)) / 1000;
  assert.ok(lines.length <= allowed, `${lines.length} lines, ${allowed.toFixed(1)} are enough:\n${lines.join('\n')}`);
  return lines.join('\n');
}

// The same where connections come and go: one line a second for each of connected, lost, and not connected.
export const assertUpAndDown = (daemon, from, sinceMs) => assertFewLines(daemon, from, sinceMs, 3);

// The feed is here again, by itself, and the race goes on as if nothing had been.
export async function back(scene, before) {
  const {feed, daemon, race} = scene;
  await daemon.connected();
  await feed.ready();
  const after = await play(scene, race);
  if (before) assert.equal(after.sessionId, before.sessionId);
  assertAnalysis(after.analysis, race.karts);
  assert.equal((await freshHealth(daemon)).status, 'OK');
  await assertBackoff(daemon);
  await listed(scene, 1);
}
