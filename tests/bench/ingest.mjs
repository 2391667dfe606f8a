// Ingest: recordings at full speed, by karts, by laps that are stored already, by tracks; and beside Node, which only parses.
import {spawn} from 'node:child_process';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {CHANNEL, startFeed} from '../integration/lib/feeds.mjs';
import {Race} from '../integration/lib/race.mjs';
import {settle} from '../integration/lib/scene.mjs';
import {sleep} from '../integration/lib/tools.mjs';
import {lines} from './plot.mjs';
import {goal, inTurn, medianOf, ratioOf, short} from './figures.mjs';
import {cpuWhile, onServerCore, residentKb} from './ground.mjs';
import {field, recordRace, recordTracks, replay, skip} from './recordings.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const KARTS = [5, 20, 100, 500];
const LAPS = [100, 1000, 10000, 100000];
const TRACKS = [1, 10, 50];

// What a frame costs, without the start and the end of a server.
const each = (found, base, frames) =>
  found.map(({cpu, wall}, i) => ({cpuUs: ((cpu - base[i].cpu) / frames) * 1e6, perSecond: frames / (wall - base[i].wall)}));

// One frame after the other to whoever follows the feed, without drowning this process in what is not sent yet.
async function pushSteadily(feed, payloads) {
  for (let i = 0; i < payloads.length; i++) {
    feed.push(payloads[i]);
    if (i % 20 === 19) await sleep(4);
  }
}

// The same frames by Socket.IO: CPU seconds a frame, ours and of a client in Node.
async function followOurs(ground, {race, payloads}) {
  const scene = await ground.scene({kind: 'socketio4'});
  const {seconds} = await cpuWhile(scene.daemon.child.pid, async () => {
    await pushSteadily(scene.feed, payloads);
    await settle(scene, race);
  });
  const {share} = await cpuWhile(scene.daemon.child.pid, () => live(scene.feed, race));
  await scene.daemon.stop();
  await scene.feed.stop();
  return {cpuUs: (seconds / payloads.length) * 1e6, share: share * 100};
}

// Until the server has taken in so many frames more. It is not asked for laps: with many of them that would cost more than frames.
const taken = async (daemon) => Number((await daemon.get('/metrics')).text.match(/^racefacer_frames_total (\d+)$/m)[1]);
async function take(daemon, count, push) {
  const end = (await taken(daemon)) + count;
  await push();
  while ((await taken(daemon)) < end) await sleep(5);
}

// A session of so many laps, and what further frames cost it: CPU microseconds of one in a burst, and at two a second with
// the saves that they bring about.
async function withLaps(ground, laps, frames) {
  const scene = await ground.scene({env: {MAX_LAPS_PER_SESSION: 100000}});
  const {pid} = scene.daemon.child;
  const race = new Race({karts: field(20, laps / 20 + frames / 20 + 10), withGrid: false});
  const before = [];
  for (let lap = 0; lap <= laps / 20; lap++) {
    skip(race, 19);
    before.push(race.step().payload);
    if (before.length === 50) await pushSteadily(scene.feed, before.splice(0));
  }
  await pushSteadily(scene.feed, before);
  const {analysis} = await settle(scene, race);
  if (Math.abs(analysis.summary.totalLaps - laps) > 40) throw new Error(`${analysis.summary.totalLaps} laps in place of ${laps}`);
  await sleep(2000); // what is to be saved is saved
  const payloads = Array.from({length: frames}, () => race.step().payload);
  const burst = await cpuWhile(pid, () => take(scene.daemon, frames, () => pushSteadily(scene.feed, payloads)));
  await sleep(2000);
  const count = 2 * savedSeconds;
  const slow = await cpuWhile(pid, async () => {
    for (let i = 0; i < count; i++) {
      scene.feed.push(race.step().payload);
      await sleep(500);
    }
  });
  const residentMb = residentKb(pid) / 1024;
  await scene.daemon.stop();
  await scene.feed.stop();
  return {cpuUs: (burst.seconds / frames) * 1e6, perSecond: frames / burst.wall, liveUs: (slow.seconds / count) * 1e6, residentMb};
}

async function followNode(ground, {race, payloads}) {
  const feed = await startFeed(ground, 'socketio4');
  const command = [...onServerCore, process.execPath, path.join(here, 'socketio_side.mjs'), String(feed.port), CHANNEL];
  const child = spawn(command[0], command.slice(1), {stdio: ['ignore', 'pipe', 'inherit']});
  ground.after(() => child.kill('SIGKILL'));
  await feed.ready();
  let count = 0;
  child.stdout.on('data', (part) => (count += part.toString().split('\n').length - 1)); // a line for each hundred
  const {seconds} = await cpuWhile(child.pid, async () => {
    await pushSteadily(feed, payloads);
    while (count < Math.floor(payloads.length / 100)) await sleep(2);
  });
  const {share} = await cpuWhile(child.pid, () => live(feed, race));
  child.kill('SIGKILL');
  await feed.stop();
  return {cpuUs: (seconds / payloads.length) * 1e6, share: share * 100};
}

let liveSeconds = 10;
let savedSeconds = 50; // the longest session is saved twice in it

// Two frames a second, a lap in each third: 20 karts in a lap of 27 s.
async function live(feed, race) {
  for (let i = 0; i < 2 * liveSeconds; i++) {
    race.at += 500;
    feed.push(i % 3 === 0 ? race.step().payload : race.payload());
    await sleep(500);
  }
}

export async function run({ground, quick, folder, say}) {
  const rounds = quick ? 1 : 3;
  const scale = quick ? 0.5 : 1;
  if (quick) liveSeconds = savedSeconds = 4;
  const dir = ground.dir('recordings');
  const file = (name) => path.join(dir, `${name}.jsonl`);
  say('writes the recordings');
  const recordings = {empty: recordRace(file('empty'), {karts: 20, frames: 1})};
  for (const karts of KARTS)
    recordings[`karts ${karts}`] = recordRace(file(`karts-${karts}`), {karts, frames: Math.ceil(scale * {5: 8000, 20: 4000, 100: 1000, 500: 240}[karts])});
  for (const tracks of TRACKS) recordings[`tracks ${tracks}`] = recordTracks(file(`tracks-${tracks}`), {tracks, karts: 20, frames: Math.ceil(scale * 4000)});

  const sides = Object.fromEntries(
    Object.entries(recordings).map(([name, recording]) => [
      name,
      () => {
        say(`${name}: ${recording.frames} frames, ${(recording.bytes / 1e6).toFixed(0)} MB`);
        return replay(ground, recording);
      },
    ]),
  );
  const race = new Race({karts: field(20, 120), withGrid: false}); // longer than that, for the live frames after it
  const payloads = Array.from({length: scale * 2000}, () => race.step().payload);
  for (const laps of LAPS)
    sides[`laps ${laps}`] = () => {
      say(`${laps} laps`);
      return withLaps(ground, laps, scale * 2000);
    };
  sides.ours = () => followOurs(ground, {race, payloads});
  sides.node = () => followNode(ground, {race, payloads});
  const found = await inTurn(rounds, sides);

  const of = (name) => each(found[name], found.empty, recordings[name].frames);
  const row = (label, all, more = []) => [label, medianOf(all, 'cpuUs'), 1e6 / medianOf(all, 'cpuUs'), medianOf(all, 'perSecond'), ...more];
  const byKarts = Object.fromEntries(KARTS.map((karts) => [karts, of(`karts ${karts}`)]));
  const byLaps = Object.fromEntries(LAPS.map((laps) => [laps, found[`laps ${laps}`]]));
  const byTracks = Object.fromEntries(TRACKS.map((tracks) => [tracks, of(`tracks ${tracks}`)]));
  const heads = (label, more = []) => [label, 'CPU µs a frame', 'frames a CPU second', 'frames a second', ...more];
  const kb = (name) => recordings[name].bytes / recordings[name].frames / 1000;
  const plot = lines(folder, 'ingest', {
    title: 'What a frame costs, by laps that are stored already (20 karts)',
    x: 'laps',
    y: 'CPU µs',
    log: 'xy',
    series: [
      {title: 'in a burst', points: LAPS.map((laps) => [laps, medianOf(byLaps[laps], 'cpuUs')])},
      {title: 'two a second, saves included', points: LAPS.map((laps) => [laps, medianOf(byLaps[laps], 'liveUs')])},
    ],
  });
  return {
    title: 'Ingest',
    text: `A replay at full speed, a lap in each frame: parsed, analysed, journaled, synced, published; ${rounds} rounds. Beside it Node's socket.io-client that follows the same feed as the server and does nothing but parse (${payloads.length} frames of 20 karts).`,
    tables: [
      {title: 'By karts', heads: heads('karts', ['kB a frame', 'against 20']), rows: KARTS.map((karts) => row(karts, byKarts[karts], [kb(`karts ${karts}`), ratioOf(byKarts[karts], byKarts[20], 'cpuUs')]))},
      {
        title: 'By laps stored in the session: 20 karts, frames by WebSocket, MAX_LAPS_PER_SESSION=100000; first in a burst, then two a second, saves included',
        heads: heads('laps', ['against 100', 'two a second: CPU µs a frame', 'against 100', 'resident MB']),
        rows: LAPS.map((laps) => row(laps, byLaps[laps], [ratioOf(byLaps[laps], byLaps[100], 'cpuUs'), medianOf(byLaps[laps], 'liveUs'), ratioOf(byLaps[laps], byLaps[100], 'liveUs'), medianOf(byLaps[laps], 'residentMb')])),
      },
      {title: 'By tracks in parallel, 20 karts each', heads: heads('tracks'), rows: TRACKS.map((tracks) => row(tracks, byTracks[tracks]))},
      {
        title: 'By Socket.IO',
        heads: ['', 'CPU µs a frame', 'against Node', 'of a core, two frames a second'],
        rows: [['the server', found.ours], ['Node, parsing alone', found.node]].map(([name, all]) => [name, medianOf(all, 'cpuUs'), ratioOf(all, found.node, 'cpuUs'), `${short(medianOf(all, 'share'))} %`]),
      },
    ],
    plots: [plot],
    goals: [
      goal('ingest, 20 karts, journaled, on one core', medianOf(byKarts[20], 'perSecond'), 'frames/s', '≥ 1500'),
      goal('a frame with 100 000 laps stored, against one with 100 (flat)', ratioOf(byLaps[100000], byLaps[100], 'cpuUs'), '×', '≤ 1.25'),
      goal('a frame of 500 karts, against one of 20', ratioOf(byKarts[500], byKarts[20], 'cpuUs'), '×', '≤ 30'),
      goal('at two frames a second, saves included (flat)', ratioOf(byLaps[100000], byLaps[100], 'liveUs'), '×', '≤ 1.25'),
    ],
  };
}
