// History: starting with many stored sessions, and what is asked of them.
import {writeFileSync} from 'node:fs';
import path from 'node:path';

import {feedSettings, startFeed} from '../integration/lib/feeds.mjs';
import {Race} from '../integration/lib/race.mjs';
import {bigField} from '../integration/lib/scene.mjs';
import {pollLoad, timedDelete, when} from './asking.mjs';
import {questions, spread} from './browsing.mjs';
import {lines} from './plot.mjs';
import {goal, inTurn, medianOf, short, spreadOf} from './figures.mjs';
import {cpuSeconds, residentKb} from './ground.mjs';
import {storeSessions, storedSession} from './sessions.mjs';

const COUNTS = [100, 10000, 99900]; // MAX_SESSIONS ends at 100 000, and the live one must not push others out

// Starts it on a folder, with a race on: milliseconds to the first answer, to live data, to all sessions in the listing.
async function start(ground, {dir, count}) {
  const feed = await startFeed(ground, 'raw');
  const race = new Race({event: 'Live', track: 9, karts: bigField({count: 20, laps: 3, base: 27000, from: 500000})});
  race.step();
  const frames = setInterval(() => feed.push(race.payload()), 20);
  const {daemon, began} = await ground.begin({dir, env: {MAX_SESSIONS: 100000, ...feedSettings(feed, {WS_DIALECT: 'raw'})}});
  const health = await when(began, daemon.port, '/health');
  const live = await when(began, daemon.port, '/api/current', (text) => text.includes('"eventName":"Live"'));
  const listed = await when(began, daemon.port, '/api/sessions?limit=1', (text) => Number(text.match(/"total":(\d+)/)[1]) >= count);
  clearInterval(frames);
  return {daemon, feed, health, live, listed, cpu: cpuSeconds(daemon.child.pid), residentKb: residentKb(daemon.child.pid)};
}

async function startAndStop(ground, options) {
  const {daemon, feed, ...found} = await start(ground, options);
  await daemon.stop();
  await feed.stop();
  return found;
}

// What browsing takes, one question at a time: {name: {median_ms, p99_ms, worst_ms}}
async function browse(ground, {dir, count, ids, large, seconds}) {
  const {daemon, feed} = await start(ground, {dir, count});
  const found = {};
  for (const [what, paths] of Object.entries(questions({count, ids, large}))) found[what] = await pollLoad(daemon.port, paths, {seconds});
  const deletes = [];
  for (const id of spread(ids, Math.min(50, count / 4))) deletes.push(await timedDelete(daemon.port, id));
  found['a delete, on disk'] = spreadOf(deletes);
  await daemon.stop();
  await feed.stop();
  return found;
}

export async function run({ground, quick, folder, say}) {
  const [rounds, seconds] = quick ? [1, 1] : [3, 2];
  const template = await storedSession(ground, {karts: 10, laps: 10});
  const heavy = await storedSession(ground, {karts: 25, laps: 165});
  const stores = [];
  for (const count of COUNTS) {
    const dir = ground.dir(`history-${count}`);
    const at = performance.now();
    const ids = storeSessions(path.join(dir, 'storage'), template, count);
    writeFileSync(path.join(dir, 'storage/sessions', `session-${heavy.id}.json`), heavy.text);
    say(`${count} sessions written in ${((performance.now() - at) / 1000).toFixed(0)} s`);
    stores.push({dir, ids, count: count + 1, large: heavy.id, seconds});
  }
  const first = {};
  for (const store of stores) first[store.count] = await startAndStop(ground, store);
  const sides = Object.fromEntries(stores.map((store) => [store.count, () => startAndStop(ground, store)]));
  const starts = await inTurn(rounds, sides);
  const browsed = {};
  for (const store of stores) {
    say(`browses ${store.count}`);
    browsed[store.count] = await browse(ground, store);
  }
  const [few, , many] = stores.map(({count}) => count);
  const kbEach = (count) => (medianOf(starts[count], 'residentKb') - medianOf(starts[few], 'residentKb')) / (count - few);
  const what = Object.keys(browsed[few]);
  const plot = lines(folder, 'history', {
    title: 'From its start to what it serves, by stored sessions',
    x: 'sessions',
    y: 'ms',
    log: 'xy',
    series: [
      ['health', 'the first answer'],
      ['live', 'live data'],
      ['listed', 'all sessions in the listing'],
    ].map(([field, title]) => ({title, points: stores.map(({count}) => [count, medianOf(starts[count], field)])})),
  });
  const worst = Math.max(...['the newest 50', '50 from anywhere', 'by driver', 'by event'].map((one) => browsed[many][one].p99_ms));
  return {
    title: 'History',
    text: `Stored sessions of 10 karts and 100 laps, ${Math.round(template.text.length / 1000)} kB each, and one of ${(heavy.text.length / 1e6).toFixed(1)} MB; a race is on at the start. The files are in the system's memory, as they have just been written. First start: nothing of the server is in the folder but the sessions. Then ${rounds} further starts. Browsing: one question at a time, ${seconds} s of each, another page, name or id each time.`,
    tables: [
      {
        title: 'Start, milliseconds',
        heads: ['sessions', 'first start: answer', 'live data', 'listing complete', 'next starts: answer', 'live data', 'listing complete', 'CPU s', 'resident MB', 'kB a session'],
        rows: stores.map(({count}) => [
          count,
          ...['health', 'live', 'listed'].map((field) => first[count][field]),
          ...['health', 'live', 'listed'].map((field) => medianOf(starts[count], field)),
          medianOf(starts[count], 'cpu'),
          medianOf(starts[count], 'residentKb') / 1024,
          count === few ? '' : kbEach(count),
        ]),
      },
      {
        title: 'Browsing, milliseconds: median, and 99 of 100',
        heads: ['', ...stores.map(({count}) => `${short(count)} sessions`)],
        rows: what.map((one) => [one, ...stores.map(({count}) => `${short(browsed[count][one].median_ms)}, ${short(browsed[count][one].p99_ms)}`)]),
      },
    ],
    plots: [plot],
    goals: [
      goal('100 000 sessions: first start to live data', first[many].live / 1000, 's', '< 2'),
      goal('100 000 sessions: later starts to live data', medianOf(starts[many], 'live') / 1000, 's', '< 2'),
      goal('memory of a stored session, names included', kbEach(many), 'kB', '< 1'),
      goal('100 000 sessions: a page of the listing, found or searched, p99', worst, 'ms', '< 250'),
    ],
  };
}
