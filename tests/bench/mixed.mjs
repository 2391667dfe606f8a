// Mixed: a live race, two thousand streams, five hundred polls a second and somebody in the history, all at once: how late is what.
import {writeFileSync} from 'node:fs';
import path from 'node:path';

import {sleep} from '../integration/lib/tools.mjs';
import {pollLoad, timedDelete} from './asking.mjs';
import {questions} from './browsing.mjs';
import {syncTimesWhile} from './disk.mjs';
import {goal, short, spreadOf} from './figures.mjs';
import {cpuWhile, memory} from './ground.mjs';
import {Ticker, streamLoad} from './push.mjs';
import {storeSessions, storedSession} from './sessions.mjs';

const STREAMS = 2000;
const POLLS = {rate: 500, connections: 32, headers: {'Accept-Encoding': 'gzip'}};
const PLAIN_POLLS = {rate: 5, connections: 1};
const BROWSING = {rate: 1, connections: 1}; // each kind
const DELETE_EVERY_MS = 10000;

// A folder with sessions, as a venue has after some months: {dir, store, doomed}. What is deleted is not asked for.
async function stored(ground, count) {
  const template = await storedSession(ground, {karts: 10, laps: 10});
  const heavy = await storedSession(ground, {karts: 25, laps: 165});
  const dir = ground.dir('mixed');
  const ids = storeSessions(path.join(dir, 'storage'), template, count);
  writeFileSync(path.join(dir, 'storage/sessions', `session-${heavy.id}.json`), heavy.text);
  const doomed = ids.filter((id, i) => i % 10 === 9);
  return {dir, doomed, store: {count: count + 1, large: heavy.id, ids: ids.filter((id, i) => i % 10 !== 9)}};
}

// One now and then until `over`: what each took.
async function deleteNowAndThen(port, ids, everyMs, over) {
  const times = [];
  for (const id of ids) {
    if (await Promise.race([over.then(() => true), sleep(everyMs)])) break;
    times.push(await timedDelete(port, id));
  }
  return spreadOf(times);
}

// All of it for so many seconds: {streams, answers: {kind: times}}
async function everything(port, {store, doomed, seconds, quick}) {
  let begin;
  const greeted = new Promise((resolve) => (begin = resolve));
  const streams = streamLoad(port, {clients: STREAMS, seconds, zipped: true, measuring: () => begin()});
  await Promise.race([greeted, streams]); // who fails is never greeted
  const kinds = Object.entries(questions(store));
  const asked = [
    ['/api/current, 500 a second, gzip', pollLoad(port, ['/api/current'], {seconds, ...POLLS})],
    ['/api/current, plain', pollLoad(port, ['/api/current'], {seconds, ...PLAIN_POLLS})],
    ...kinds.map(([kind, paths]) => [kind, pollLoad(port, paths, {seconds, ...BROWSING})]),
    ['a delete, on disk', deleteNowAndThen(port, doomed, quick ? 1000 : DELETE_EVERY_MS, streams)],
  ];
  const found = await Promise.all([streams, ...asked.map(([, times]) => times)]);
  return {streams: found[0], answers: Object.fromEntries(asked.map(([kind], i) => [kind, found[i + 1]]))};
}

export async function run({ground, quick, say}) {
  const [seconds, count] = quick ? [8, 200] : [600, 2000];
  const {dir, store, doomed} = await stored(ground, count);
  const scene = await ground.scene({dir, env: {MAX_SESSIONS: 10000}});
  const {port, child} = scene.daemon;
  const ticker = new Ticker(scene.feed);
  await ticker.start(scene);
  say(`${seconds} s of all at once`);
  const {result: {result, times: sync}, share, waited} = await cpuWhile(child.pid, () => syncTimesWhile(ground, () => everything(port, {store, doomed, seconds, quick})));
  ticker.stop();
  const {resident, most} = memory(child.pid);
  await scene.daemon.stop();
  await scene.feed.stop();
  const {streams, answers} = result;
  if (streams.gone) throw new Error(`${streams.gone} streams were cut off`);
  const row = (what, {answers: number, median_ms: median, p99_ms: p99, worst_ms: worst}) => [what, number, median, p99, worst];
  const worst = Math.max(...Object.values(answers).map((one) => one.worst_ms));
  return {
    title: 'Mixed',
    text: `${seconds} s of all at once: two frames a second of 20 karts, a lap in each, so that each waits for the disk; ${STREAMS} clients of the stream, gzip, of whom ${streams.readers} read what they get; \`/api/current\` ${POLLS.rate} times a second on ${POLLS.connections} connections; each kind of browsing once a second in ${short(count)} stored sessions, and a deletion each ${quick ? 1 : DELETE_EVERY_MS / 1000} s. Milliseconds: of a frame from its sending to the last byte of its event at a client, of an answer from the moment the question was due. What asks shares one core with what reads the streams and what sends the frames, and its own waits are in the figures. The server took ${short(share * 100)} % of its core and waited ${short(waited)} s for it while others had it; it had ${short(resident)} MB at the end, ${short(most)} MB at most.`,
    tables: [
      {
        heads: ['', 'events or answers', 'median ms', 'p99 ms', 'worst ms'],
        rows: [row('a frame, to its event', {...streams, answers: streams.events}), ...Object.entries(answers).map(([what, times]) => row(what, times)), row('the disk alone: 4 kB written and synced, each second', spreadOf(sync))],
      },
    ],
    goals: [
      goal('mixed: the latest frame', streams.worst_ms, 'ms', '< 100'),
      goal('mixed: the latest answer', worst, 'ms', '< 250'),
    ],
  };
}
