// Footprint: what the server takes while it idles, follows a race, after a day of them and with many clients; its start, its size.
import {execFileSync} from 'node:child_process';
import {statSync} from 'node:fs';
import path from 'node:path';

import {binary} from '../integration/lib/daemon.mjs';
import {feedSettings, startFeed} from '../integration/lib/feeds.mjs';
import {Race} from '../integration/lib/race.mjs';
import {bigField, play} from '../integration/lib/scene.mjs';
import {sleep} from '../integration/lib/tools.mjs';
import {pollLoad, when} from './asking.mjs';
import {goal, inTurn, median, medianOf, quantile} from './figures.mjs';
import {cpuWhile, memory} from './ground.mjs';
import {Ticker, measure, streamLoad} from './push.mjs';
import {recordDay, replay} from './recordings.mjs';

const CLIENTS = 10000;

// A feed that is connected and says nothing but its pings; before that, where a race is asked for, all of one at once.
async function quiet(ground, {seconds, karts}) {
  const scene = await ground.scene({kind: 'socketio4'});
  const {pid} = scene.daemon.child;
  if (karts) await play(scene, new Race({karts: bigField({count: karts, laps: 12, base: 27000})}));
  await sleep(3000); // what is to be saved is saved
  const {share} = await cpuWhile(pid, () => sleep(seconds * 1000));
  const found = {...memory(pid), percent: share * 100};
  await scene.daemon.stop();
  await scene.feed.stop();
  return found;
}

// A race with somebody who has the page open: a stream, and a question each second.
async function live(ground, {seconds}) {
  const scene = await ground.scene();
  const {port, child} = scene.daemon;
  const ticker = new Ticker(scene.feed);
  await ticker.start(scene);
  const {share} = await cpuWhile(child.pid, () =>
    Promise.all([
      streamLoad(port, {clients: 1, seconds, zipped: true}),
      pollLoad(port, ['/api/current'], {seconds, rate: 1, headers: {'Accept-Encoding': 'gzip'}}),
    ]),
  );
  const found = {...memory(child.pid), percent: share * 100};
  ticker.stop();
  await scene.daemon.stop();
  await scene.feed.stop();
  return found;
}

async function afterDay(ground, recording, sessions) {
  const {resident, own, most} = await replay(ground, recording, async (daemon) => {
    const {total} = await daemon.json('/api/sessions');
    if (total !== Math.min(sessions, 50)) throw new Error(`${total} sessions are kept of ${sessions}`);
    await daemon.json('/api/current');
    return memory(daemon.child.pid);
  });
  return {resident, own, most};
}

async function withClients(ground, {seconds}) {
  const {residentMb, kbEach, share} = await measure(ground, {clients: CLIENTS, seconds, kind: 'whole frames, gzip', perSecond: 2});
  return {resident: residentMb, kbEach, percent: share * 100};
}

// Milliseconds from the start of the process to its first answer: of the first start in a folder, and of the next one.
async function starts(ground, count) {
  const feed = await startFeed(ground, 'raw');
  const found = {first: [], next: []};
  for (let i = 0; i < count; i++) {
    const dir = ground.dir('start');
    for (const times of Object.values(found)) {
      const {daemon, began} = await ground.begin({dir, env: feedSettings(feed, {WS_DIALECT: 'raw'})});
      times.push(await when(began, daemon.port, '/health'));
      await daemon.stop();
    }
  }
  await feed.stop();
  return found;
}

function strippedBytes(ground) {
  const file = path.join(ground.dir('strip'), 'stripped');
  execFileSync('strip', ['-o', file, binary]);
  return statSync(file).size;
}

export async function run({ground, quick, say}) {
  const [rounds, idleSeconds, liveSeconds, sessions, startCount] = quick ? [1, 6, 6, 6, 5] : [3, 60, 30, 60, 25];
  say('writes a day of races');
  const day = recordDay(path.join(ground.dir('day'), 'day.jsonl'), {sessions, karts: 20, laps: 22});
  const sides = {
    'idle, no session yet': () => quiet(ground, {seconds: idleSeconds}),
    'idle, after a race of 20 karts': () => quiet(ground, {seconds: idleSeconds, karts: 20}),
    'a live race of 20 karts, the page open': () => live(ground, {seconds: liveSeconds}),
    [`after a day: ${sessions} sessions, ${day.frames} frames`]: () => afterDay(ground, day, sessions),
    [`${CLIENTS} stream clients, gzip`]: () => withClients(ground, {seconds: 6}),
  };
  const names = Object.keys(sides);
  const told = Object.fromEntries(names.map((name) => [name, () => (say(name), sides[name]())]));
  const found = await inTurn(rounds, told);
  say('starts and stops');
  const times = await starts(ground, startCount);
  const bytes = strippedBytes(ground);
  const [idle, raced, racing, , crowd] = names.map((name) => found[name]);
  const figure = (all, field) => (all[0][field] === undefined ? '' : medianOf(all, field)); // not all have all
  return {
    title: 'Footprint',
    text: `Medians of ${rounds} rounds. Idle: ${idleSeconds} s on a Socket.IO feed that is connected and quiet, nobody asks. The live race: two frames a second, a lap in each, for ${liveSeconds} s, one client of the stream and a question a second. A day: a replay of sessions of 20 karts and 22 laps each, one after the other, the last 50 of which are kept. Resident memory has the pages of shared libraries in it; "its own" has not.`,
    tables: [
      {
        heads: ['', 'resident MB', 'its own MB', 'at most MB', 'CPU, % of a core'],
        rows: names.map((name) => [name, ...['resident', 'own', 'most', 'percent'].map((field) => figure(found[name], field))]),
      },
      {
        heads: ['', 'median', 'least', 'most'],
        rows: [
          ...Object.entries(times).map(([which, all]) => [`${which} start in a folder to first answer, ms (of ${all.length})`, median(all), quantile(all, 0), Math.max(...all)]),
          ['the binary, stripped, the page in it, kB', bytes / 1000, '', ''],
        ],
      },
    ],
    goals: [
      goal('memory with a live race of 20 karts', medianOf(racing, 'resident'), 'MB', '< 12'),
      goal(`memory a stream client, ${CLIENTS} of them`, medianOf(crowd, 'kbEach'), 'kB', '< 12'),
      goal('idle, quiet feed, no session yet', medianOf(idle, 'percent'), '% of a core', '< 0.1'),
      goal('idle, quiet feed, after a race', medianOf(raced, 'percent'), '% of a core', '< 0.1'),
    ],
  };
}
