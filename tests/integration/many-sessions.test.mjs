// A start with more stored sessions than are read at once: live data does not wait, and none of them is missing.
import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import test from 'node:test';

import {Race} from './lib/race.mjs';
import {finish, play, smallField, startScene} from './lib/scene.mjs';
import {until} from './lib/tools.mjs';

const COUNT = 600; // 256 are read at once

const idOf = (n) => `${new Date(Date.UTC(2025, 0, 1) + n * 600000).toISOString().replace(/[-:]|\.\d+/g, '')}-session-${n}-t1`;

// A scene whose server is down, with a race in its storage, and many copies of it from last year; `change` edits the nth's text.
async function archive(t, change = (n, text) => text) {
  const scene = await startScene(t, {env: {MAX_SESSIONS: 1000}});
  const race = new Race({karts: smallField()});
  await play(scene, race);
  const {sessionId} = await finish(scene, race);
  await until('it is saved', async () => (await scene.daemon.json('/health')).storage.unsaved === 0);
  await scene.daemon.stop();
  const fileOf = (id) => scene.daemon.file('sessions', `session-${id}.json`);
  const text = readFileSync(fileOf(sessionId), 'utf8');
  assert.match(text, /"isComplete":true/);
  for (let n = 0; n < COUNT; n++) {
    const date = new Date(Date.UTC(2025, 0, 1) + n * 600000).toISOString();
    const own = text.replaceAll(sessionId, idOf(n)).replace(/"date":"[^"]*"/, `"date":"${date}"`);
    writeFileSync(fileOf(idOf(n)), change(n, own));
  }
  return {...scene, sessionId, fileOf};
}

async function allListed(daemon) {
  return until('all are listed', async () => {
    const listing = await daemon.json('/api/sessions');
    return listing.unindexed === undefined && listing;
  });
}

test('all of them are listed, and each is served from the start on', async (t) => {
  const {daemon, sessionId} = await archive(t);
  await daemon.restart();
  const oldest = await daemon.json(`/api/sessions/${idOf(0)}`);
  assert.equal(oldest.sessionId, idOf(0));
  const {total, sessions} = await allListed(daemon);
  assert.equal(total, COUNT + 1);
  const wanted = [sessionId, ...Array.from({length: COUNT}, (_, i) => idOf(COUNT - 1 - i))];
  assert.deepEqual(sessions.map((session) => session.sessionId), wanted);
  const {storage} = await until('/health says so, too', async () => {
    const health = await daemon.json('/health');
    return health.storage.unindexed === 0 && health;
  });
  assert.deepEqual([storage.unreadable, storage.unread], [0, 0]);
});

test('the oldest can be deleted right after the start, and stays away after a kill', async (t) => {
  const {daemon, fileOf} = await archive(t);
  await daemon.restart();
  const answers = await Promise.all([0, 1, 2].map((n) => daemon.get(`/api/sessions/${idOf(n)}`, {method: 'DELETE'})));
  assert.deepEqual(answers.map(({status}) => status), [200, 200, 200]);
  await daemon.kill9();
  assert.deepEqual([0, 1, 2, 3].map((n) => existsSync(fileOf(idOf(n)))), [false, false, false, true]);
  await daemon.restart();
  assert.equal((await allListed(daemon)).total, COUNT + 1 - 3);
});

test('a session that an earlier run never ended is ended, with all its laps; a damaged one is put aside', async (t) => {
  const {daemon, fileOf} = await archive(t, (n, text) => {
    if (n === 5) return text.replace('"isComplete":true', '"isComplete":false');
    return n === 6 ? text.slice(0, text.length / 2) : text;
  });
  const {runs} = JSON.parse(readFileSync(fileOf(idOf(5)), 'utf8'));
  await daemon.restart();
  assert.equal((await allListed(daemon)).total, COUNT);
  const ended = await until('it is saved as ended', () => {
    const stored = JSON.parse(readFileSync(fileOf(idOf(5)), 'utf8'));
    return stored.isComplete && stored;
  });
  assert.deepEqual(ended.runs.map((run) => run.laps), runs.map((run) => run.laps));
  const {sessions} = await daemon.json('/api/sessions');
  assert.equal(sessions.find((session) => session.sessionId === idOf(5)).isComplete, true);
  assert.equal(existsSync(fileOf(idOf(6))), false);
  await until('/health tells', async () => (await daemon.json('/health')).storage.quarantined === 1);
});

test('a race goes on across a restart while the others are read', async (t) => {
  const scene = await archive(t);
  const race = new Race({event: 'Night race', track: 9, karts: smallField(28000)});
  const frames = race.frames();
  await scene.daemon.restart();
  await scene.daemon.connected();
  scene.feed.pushAll(frames.slice(0, frames.length / 2));
  const before = await until('the race is on', async () => {
    const current = await scene.daemon.json('/api/current?track=9');
    return current.sessionData?.event_name === 'Night race' && current;
  });
  await scene.daemon.kill9();
  await scene.daemon.restart();
  await scene.daemon.connected();
  scene.feed.pushAll(frames.slice(frames.length / 2));
  const current = await finish(scene, race);
  assert.equal(current.sessionId, before.sessionId);
  assert.equal((await allListed(scene.daemon)).total, COUNT + 2);
});
