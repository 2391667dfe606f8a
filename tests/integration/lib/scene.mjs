// A feed, a server that follows it, and the ways tests use them together.
import assert from 'node:assert/strict';

import {Daemon} from './daemon.mjs';
import {feedSettings, startFeed} from './feeds.mjs';
import {Race, lapTimes} from './race.mjs';
import {until} from './tools.mjs';

// Four karts on one track; "05" goes well, "21" drives too few laps to be ranked, "09" has a spin.
export function smallField(base = 27000) {
  return [
    {
      id: 1700001,
      kartId: 137,
      kart: 'E05',
      kartNumber: '05',
      driver: 'Ana Example',
      laps: [27100, 26900, 26521, 26711, 27480, 26649],
    },
    {
      id: 1700002,
      kartId: 138,
      kart: 'E07',
      kartNumber: '07',
      driver: 'Bořek Říha',
      laps: [27950, 27310, 27204, 27003, 27117, 27259],
    },
    {
      id: 1700003,
      kartId: 139,
      kart: 'E09',
      kartNumber: '09',
      driver: '山田 太郎',
      laps: [28403, 28011, 71200, 27922, 27873],
    },
    {id: 1700004, kartId: 171, kart: 'E21', kartNumber: '21', driver: 'O\'Neil "Neo" <b>', laps: [29500, 29107]},
  ].map((kart) => ({...kart, laps: kart.laps.map((time) => time + base - 27000)}));
}

// `count` karts with kart numbers from 1 up; ids and kart ids from `from` up.
export function bigField({
  count,
  laps,
  base,
  from = 1000,
  label = (n) => `K${n}`,
  number = (n) => String(n).padStart(2, '0'),
  driver,
}) {
  return Array.from({length: count}, (_, i) => ({
    id: 1700000 + from + i,
    kartId: from + i,
    kart: label(i + 1),
    kartNumber: number(i + 1),
    driver: driver ? driver(i) : `Driver ${from + i}`,
    laps: lapTimes(from + i, laps, base + 37 * i),
  }));
}

export async function startScene(t, {kind = 'raw', feedOptions, env = {}, args, dir} = {}) {
  const feed = await startFeed(t, kind, feedOptions);
  const dialect = kind === 'raw' ? {WS_DIALECT: 'raw'} : {};
  const daemon = await Daemon.start(t, {env: feedSettings(feed, {...dialect, ...env}), args, dir});
  await daemon.connected();
  await feed.ready();
  return {feed, daemon};
}

// Pushes a frame that can be recognised and waits until it is passed on: all frames before it have been taken in.
// Returns the /api/current of that race.
export async function settle({feed, daemon}, race, more) {
  const {marker, payload} = race.barrier(more);
  feed.push(payload);
  const query = race.sparse || race.track === undefined ? '' : `?track=${race.track}`;
  return until(
    `the frame with marker ${marker} is served`,
    async () => {
      const current = await daemon.json(`/api/current${query}`);
      return current.sessionData.test_marker === marker && current;
    },
    {describe: () => daemon.tail()},
  );
}

// Plays what is left of a race at once, and waits until all of it is in.
export async function play(scene, race, more) {
  scene.feed.pushAll(race.frames());
  return settle(scene, race, more);
}

// Ends a race as its venue would, and waits for the session to be complete in the listing.
export async function finish(scene, race) {
  const current = await settle(scene, race);
  race.at += 1000;
  scene.feed.push(race.payload({status_string: 'finished'}));
  return until(
    'the session is complete',
    async () => {
      const {sessions} = await scene.daemon.json('/api/sessions');
      return sessions.find((s) => s.sessionId === current.sessionId && s.isComplete);
    },
    {describe: () => scene.daemon.tail()},
  );
}

// The listing once it has `count` sessions: one is listed when it is first saved, a moment after its first lap. Whether
// there are too many shows then too, since all sessions are saved together.
export async function listed({daemon}, count) {
  const list = await until(
    `${count} session(s) are listed`,
    async () => {
      const found = await daemon.json('/api/sessions');
      return found.total >= count && found;
    },
    {describe: () => daemon.tail()},
  );
  assert.equal(list.total, count, `no session too many: ${JSON.stringify(list.sessions)}`);
  return list;
}

// A race driven to its last lap, and all that tests of the API want to know about it.
export async function raced(t, options) {
  const scene = await startScene(t, options);
  const karts = smallField();
  // Ana drives a second kart too: a cross-kart driver.
  karts.push({
    id: 1700009,
    kartId: 150,
    kart: 'E30',
    kartNumber: '30',
    driver: 'Ana Example',
    laps: [28100, 28050, 27999],
  });
  const race = new Race({karts});
  const current = await play(scene, race);
  await listed(scene, 1);
  return {...scene, scene, race, current};
}

// Races one after the other on the same track, a few minutes apart.
export function series(names, {track = 3, laps = 4} = {}) {
  const end = Date.now();
  return names.map(
    (event, i) =>
      new Race({
        event,
        track,
        endAt: end - (names.length - i) * 200_000,
        karts: smallField()
          .slice(0, 2)
          .map((kart) => ({...kart, id: kart.id + 100 * i, laps: kart.laps.slice(0, laps)})),
      }),
  );
}
