// Who may delete a session, and what is left of it.
import assert from 'node:assert/strict';
import test from 'node:test';

import {finish, raced} from './lib/scene.mjs';
import {request} from './lib/tools.mjs';

const bearer = (token) => ({Authorization: `Bearer ${token}`});

test('DELETE without a token: from loopback, without a foreign Origin, never a live session', async (t) => {
  const {daemon, scene, race, current} = await raced(t);
  const path = `/api/sessions/${current.sessionId}`;
  const live = await daemon.get(path, {method: 'DELETE'});
  assert.equal(live.status, 409);
  assert.equal(typeof live.json.error, 'string');
  await finish(scene, race);
  const foreign = await daemon.get(path, {method: 'DELETE', headers: {Origin: 'https://evil.example'}});
  assert.equal(foreign.status, 403);
  assert.equal(typeof foreign.json.error, 'string');
  const nullOrigin = await daemon.get(path, {method: 'DELETE', headers: {Origin: 'null'}});
  assert.equal(nullOrigin.status, 403);
  const deleted = await daemon.get(path, {method: 'DELETE'});
  assert.equal(deleted.status, 200);
  assert.deepEqual(
    {...deleted.json},
    {...deleted.json, message: 'Session deleted successfully', sessionId: current.sessionId},
  );
  assert.equal((await daemon.get(path)).status, 404);
  assert.equal((await daemon.get(path, {method: 'DELETE'})).status, 404);
  assert.equal((await daemon.json('/api/sessions')).total, 0);
  const {existsSync} = await import('node:fs');
  assert.equal(existsSync(daemon.file('sessions', `session-${current.sessionId}.json`)), false);
  // It does not come back with a restart, nor from a frame that comes late.
  scene.feed.push(race.payload({status_string: 'finished'}));
  await daemon.stop();
  await daemon.restart();
  assert.equal((await daemon.json('/api/sessions')).total, 0);
});

test("DELETE from the server's own origin", async (t) => {
  const {daemon, scene, race, current} = await raced(t);
  await finish(scene, race);
  const host = `127.0.0.1:${daemon.port}`;
  const deleted = await daemon.get(`/api/sessions/${current.sessionId}`, {
    method: 'DELETE',
    headers: {Host: host, Origin: `http://${host}`},
  });
  assert.equal(deleted.status, 200, deleted.text);
});

test('DELETE with a token set', async (t) => {
  const {daemon, scene, race, current} = await raced(t, {env: {API_TOKEN: 'correct-horse-battery'}});
  await finish(scene, race);
  const path = `/api/sessions/${current.sessionId}`;
  for (const headers of [
    {},
    bearer('wrong'),
    bearer('correct-horse-batterx'),
    bearer(''),
    {Authorization: 'correct-horse-battery'},
    bearer('correct-horse-battery '),
  ]) {
    const answer = await daemon.get(path, {method: 'DELETE', headers});
    if (headers.Authorization?.endsWith('battery ')) continue; // HTTP takes blanks off the end
    assert.ok([401, 403].includes(answer.status), `${JSON.stringify(headers)} → ${answer.status}`);
    assert.equal(typeof answer.json.error, 'string');
    assert.ok(!answer.text.includes('battery'));
  }
  const again = await daemon.get(path, {method: 'DELETE', headers: bearer('correct-horse-battery')});
  assert.ok([200, 404].includes(again.status));
  assert.equal((await daemon.get(path)).status, 404);
  assert.ok(!daemon.output.includes('correct-horse-battery'), 'the token is in no log line');
});

test('deleting from somewhere else than loopback, without a token, is 403', async (t) => {
  const os = await import('node:os');
  const address = Object.values(os.networkInterfaces())
    .flat()
    .find((a) => a.family === 'IPv4' && !a.internal)?.address;
  if (!address) return t.skip('this machine has no address but loopback');
  const {daemon, scene, race, current} = await raced(t, {env: {HOST: ''}});
  await finish(scene, race);
  const answer = await request(daemon.port, `/api/sessions/${current.sessionId}`, {method: 'DELETE', host: address});
  assert.equal(answer.status, 403, answer.text);
  assert.match(answer.text, /API_TOKEN/, 'told why');
});
