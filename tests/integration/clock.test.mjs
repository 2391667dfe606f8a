// The system's clock is set while a race is on: by NTP after a start in 1970, or by hand. No session breaks, no lap is lost,
// and whatever waits goes on waiting for as long as it would have.
import assert from 'node:assert/strict';
import test from 'node:test';

import {FakeClock, whyNoFakeClock} from './lib/fake-clock.mjs';
import {Race} from './lib/race.mjs';
import {bigField, finish, settle, startScene} from './lib/scene.mjs';
import {until} from './lib/tools.mjs';

const HOUR = 3600;
const DAY = 24 * HOUR;
const SINCE_1970 = Math.floor(Date.now() / 1000) - 60;
const PLAUSIBLE_MS = 60_000; // an age or a span that no jump is in

const JUMPS = {
  '2 h forward': [0, 2 * HOUR],
  '2 h back': [0, -2 * HOUR],
  'a day forward': [0, DAY],
  'a day back': [0, -DAY],
  'set right, 2 h forward': [-2 * HOUR, 0],
  'set right, 2 h back': [2 * HOUR, 0],
  'from 1970 to today': [-SINCE_1970, 0],
  'from today to 1970': [0, -SINCE_1970],
};

const lapsOf = (stored) =>
  stored.runs.map((run) => [run.runId, run.laps.map((lap) => [lap.lapNum, lap.timeRaw])]).sort((a, b) => a[0] - b[0]);

const lapsOfRace = (race) =>
  race.karts.map((kart, i) => [kart.id, kart.laps.slice(0, race.states[i].total - 1).map((time, j) => [j + 2, time])]);

const newRace = (endAt) => new Race({endAt, karts: bigField({count: 3, laps: 6, base: 27000})});

function raceOn(scene, race, crossings) {
  for (let i = 0; i < crossings; i++) scene.feed.push(race.step().payload);
  return settle(scene, race);
}

// All of the race so far is one session: in what is live, in the listing, on disk.
async function oneSession({daemon}, race, id) {
  const current = await daemon.json('/api/current');
  assert.equal(current.sessionId, id);
  assert.equal(current.live, true);
  assert.equal(current.durable, true);
  const {sessions} = await daemon.json('/api/sessions');
  assert.deepEqual(
    sessions.map((one) => one.sessionId),
    [id],
    daemon.tail(),
  );
  assert.ok(sessions[0].duration < PLAUSIBLE_MS, `duration ${sessions[0].duration}`);
  assert.equal(sessions[0].isComplete, false);
  assert.deepEqual(lapsOf(await daemon.json(`/api/sessions/${id}`)), lapsOfRace(race));
  await until(
    'saving goes on',
    () => {
      const file = daemon.readJson('sessions', `session-${id}.json`);
      return JSON.stringify(lapsOf(file)) === JSON.stringify(lapsOfRace(race)) && file.date === sessions[0].date;
    },
    {describe: () => daemon.tail()},
  );
  return sessions[0];
}

// Once /health shows the time as it was set; its body is kept for a moment. No age has the jump in it at any time.
async function ages({daemon}, clock) {
  await until(
    '/health has the time of the clock',
    async () => {
      const health = await daemon.json('/health');
      const aged = health.websocket.newestFrameAgeMs;
      if (health.status !== 'OK' || aged > PLAUSIBLE_MS || health.uptime > PLAUSIBLE_MS / 1000) return 'wrong';
      return Math.abs(Date.parse(health.timestamp) - clock.now()) < PLAUSIBLE_MS;
    },
    {describe: () => daemon.tail()},
  ).then((found) => assert.notEqual(found, 'wrong', daemon.tail()));
}

const jumpLines = ({daemon}) => daemon.output.match(/the system's clock was set/g)?.length ?? 0;

for (const [what, [before, after]] of Object.entries(JUMPS)) {
  test(`the clock is set in mid-race: ${what}`, {skip: whyNoFakeClock()}, async (t) => {
    const clock = new FakeClock(t, before);
    const scene = await startScene(t, {
      kind: 'socketio4',
      feedOptions: {pingInterval: 300, pingTimeout: 2000},
      env: {LOG_LEVEL: 'info', ...clock.settings},
    });
    const {daemon, feed} = scene;
    const race = newRace();
    const {sessionId} = await raceOn(scene, race, 7);
    assert.equal(Number(sessionId.slice(0, 4)), new Date(clock.now()).getUTCFullYear(), 'the clock is what we set');
    await oneSession(scene, race, sessionId);
    assert.equal(jumpLines(scene), 0);

    clock.set(after);
    await ages(scene, clock);
    await until('the log tells of it', () => jumpLines(scene) === 1, {describe: () => daemon.tail()});
    await oneSession(scene, race, sessionId);
    await raceOn(scene, race, 5);
    const listed = await oneSession(scene, race, sessionId);
    assert.ok(Math.abs(Date.parse(listed.date) - clock.now()) < PLAUSIBLE_MS, `it began at ${listed.date}`);

    // Timers: the heartbeat keeps the connection, and a lost one is made again.
    assert.equal((await daemon.json('/health')).websocket.connects, 1);
    await feed.stop();
    await daemon.disconnected();
    await feed.start();
    await daemon.connected();
    await feed.ready();
    await ages(scene, clock);

    // A crash after it: what was saved before and journalled behind is one session still.
    await raceOn(scene, race, 3);
    await daemon.kill9();
    await daemon.restart();
    await daemon.connected();
    await feed.ready();
    await raceOn(scene, race, 4);
    await oneSession(scene, race, sessionId);
    await finish(scene, race);
    const {sessions} = await daemon.json('/api/sessions');
    assert.equal(sessions.length, 1);
    assert.equal(sessions[0].isComplete, true);
    assert.deepEqual(lapsOf(await daemon.json(`/api/sessions/${sessionId}`)), lapsOfRace(race));
    assert.equal(jumpLines(scene), 1, daemon.tail());
  });
}

for (const [what, backS] of Object.entries({'2 h': 2 * HOUR, 'a day': DAY, 'to 1970': SINCE_1970})) {
  test(`the clock goes back while the server is down: ${what}`, {skip: whyNoFakeClock()}, async (t) => {
    const clock = new FakeClock(t);
    const scene = await startScene(t, {env: {LOG_LEVEL: 'info', ...clock.settings}});
    const {daemon, feed} = scene;
    const race = newRace();
    const {sessionId} = await raceOn(scene, race, 7);
    await daemon.kill9();
    clock.set(-backS);
    await daemon.restart();
    await daemon.connected();
    await feed.ready();
    await raceOn(scene, race, 5);
    await oneSession(scene, race, sessionId);
    clock.set(0); // by NTP, a while later
    await ages(scene, clock);
    await raceOn(scene, race, 5);
    await oneSession(scene, race, sessionId);
  });
}

test('a clock that shows the same second again makes no id twice', {skip: whyNoFakeClock()}, async (t) => {
  const clock = new FakeClock(t);
  const scene = await startScene(t, {env: {LOG_LEVEL: 'info', ...clock.settings}});
  const {daemon} = scene;
  const ids = new Set();
  for (let i = 0; i < 8; i++) {
    const race = newRace(Date.now() - (8 - i) * 300_000); // the same name, its counters begin anew
    const {sessionId} = await raceOn(scene, race, 5);
    assert.ok(!ids.has(sessionId), `${sessionId} is there already`);
    ids.add(sessionId);
    await finish(scene, race);
    if (i % 2) assert.equal((await daemon.get(`/api/sessions/${sessionId}`, {method: 'DELETE'})).status, 200);
    clock.set(clock.offsetS - 2); // further back than it took
  }
  await until('all are listed', async () => (await daemon.json('/api/sessions')).total === 4);
});
