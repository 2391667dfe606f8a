// Push: from a frame's sending to its event at the clients, by clients and by what they ask for.
import {spawn} from 'node:child_process';

import {Race} from '../integration/lib/race.mjs';
import {bigField, settle} from '../integration/lib/scene.mjs';
import {syncTimes} from './disk.mjs';
import {lines} from './plot.mjs';
import {goal, inTurn, median, medianOf, quantile, short} from './figures.mjs';
import {cpuWhile, onLoadCore, residentKb, tool} from './ground.mjs';

const LAP_BASE = 20000; // as stream_load.c has it
const LAP_MODULUS = 60000;
const LAP_STANDS = 987654; // for what is known when the frame is sent
const SENT_STANDS = 987654321012;
const LIMITS = {1: '< 5', 2000: '< 50', 10000: '< 150'};

export const microseconds = () => Number(process.hrtime.bigint() / 1000n);

// Two frames a second, each with a lap or none; each frame and each lap tells when it was sent. A frame is made ahead, so
// that making it is not measured. On a plain WebSocket.
export class Ticker {
  constructor(feed, {karts = 20, laps = 12, perSecond = 2, driving = true} = {}) {
    Object.assign(this, {feed, perSecond, driving, turn: 0});
    this.race = new Race({karts: bigField({count: karts, laps, base: 27000}), endAt: Date.now() - 1000});
  }

  async start(scene) {
    this.feed.pushAll(this.race.frames());
    await settle(scene, this.race);
    this.prepare();
    this.timer = setInterval(() => this.push(), 1000 / this.perSecond);
  }

  prepare() {
    const {race} = this;
    race.at = Date.now() + 1000 / this.perSecond;
    const state = race.states[this.turn++ % race.karts.length];
    if (this.driving) {
      state.total += 1;
      state.prev = state.last;
      state.last = LAP_STANDS;
      state.startedAt = state.passedAt = race.at;
    }
    this.text = JSON.stringify(race.payload({sent_us: SENT_STANDS}));
    this.state = state;
  }

  push() {
    const sent = microseconds();
    const time = LAP_BASE + (Math.floor(sent / 100) % LAP_MODULUS);
    this.feed.pushText(this.text.replace(`"last_time_raw":${LAP_STANDS}`, `"last_time_raw":${time}`).replace(SENT_STANDS, sent));
    if (this.driving) this.state.last = time;
    this.prepare();
  }

  stop() {
    clearInterval(this.timer);
  }
}

// Clients of the stream in a process of their own. `measuring` is called once they are all there and greeted.
export function streamLoad(port, {clients, seconds, zipped = false, laps = false, measuring = () => {}}) {
  const query = laps ? ['?events=lap'] : [];
  const flags = [...(zipped ? ['--gzip'] : []), ...(laps ? ['--laps'] : [])];
  const command = [tool('stream-load'), ...flags, String(port), String(clients), String(seconds), ...query];
  return new Promise((resolve, reject) => {
    const child = spawn(onLoadCore[0], [...onLoadCore.slice(1), ...command], {stdio: ['ignore', 'pipe', 'pipe']});
    let [out, err, begun] = ['', '', false];
    child.stdout.on('data', (part) => {
      out += part;
      if (!begun && out.includes('measuring\n')) {
        begun = true;
        measuring();
      }
    });
    child.stderr.on('data', (part) => (err += part));
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(out.split('\n')[1])) : reject(new Error(`${command}: ${err}`))));
  });
}

const KINDS = {
  'whole frames': {},
  'whole frames, gzip': {zipped: true},
  'laps alone': {laps: true},
  'frames without a lap': {driving: false},
};
// Few clients get more frames, or there would be no hundredth of them.
const SIDES = {
  1: {perSecond: 10, kinds: Object.keys(KINDS)},
  100: {perSecond: 10, kinds: ['whole frames, gzip']},
  2000: {perSecond: 2, kinds: ['whole frames', 'whole frames, gzip', 'laps alone']},
  10000: {perSecond: 2, kinds: ['whole frames', 'whole frames, gzip', 'laps alone']},
};

// So many clients for a while: what they got and when, and what it cost the server.
export async function measure(ground, {clients, seconds, kind, perSecond}) {
  const scene = await ground.scene({env: {MAX_CONNECTIONS: 12000}});
  const {pid} = scene.daemon.child;
  const ticker = new Ticker(scene.feed, {perSecond, ...KINDS[kind]});
  await ticker.start(scene);
  const before = residentKb(pid);
  let used;
  const found = await streamLoad(scene.daemon.port, {
    clients,
    seconds,
    ...KINDS[kind],
    measuring: () => (used = cpuWhile(pid, () => new Promise((done) => setTimeout(done, (seconds - 0.5) * 1000)).then(() => residentKb(pid)))),
  });
  const {share, result: resident} = await used;
  ticker.stop();
  await scene.daemon.stop();
  await scene.feed.stop();
  return {...found, share, kbEach: (resident - before) / clients, residentMb: resident / 1024, mbPerSecond: found.megabytes / seconds};
}

export async function run({ground, quick, folder, say}) {
  const [rounds, seconds] = quick ? [1, 4] : [3, 6];
  const sides = {};
  for (const [clients, {kinds, perSecond}] of Object.entries(SIDES))
    for (const kind of kinds)
      sides[`${clients} ${kind}`] = () => {
        say(`${clients} clients, ${kind}`);
        return measure(ground, {clients: Number(clients), seconds, kind, perSecond});
      };
  const found = await inTurn(rounds, sides);
  const of = (clients, kind) => found[`${clients} ${kind}`];
  const sync = await syncTimes(ground);
  const unzipped = of(1, 'whole frames, gzip')[0].zipped === 0;
  const rows = Object.entries(found).map(([name, all]) => {
    const [, clients, kind] = name.match(/^(\d+) (.*)$/);
    const gone = median(all.map((one) => one.gone));
    return [clients, kind, medianOf(all, 'median_ms'), medianOf(all, 'p99_ms'), medianOf(all, 'worst_ms'), `${short(100 * medianOf(all, 'share'))} %`, medianOf(all, 'mbPerSecond'), Number(clients) >= 100 ? medianOf(all, 'kbEach') : '', gone ? `**${gone}**` : '0'];
  });
  const plot = lines(folder, 'push', {
    title: 'Frame in to event out, 99 of 100 are quicker',
    x: 'clients',
    y: 'ms',
    log: 'xy',
    series: Object.keys(KINDS).map((kind) => ({title: kind, points: Object.keys(SIDES).filter((clients) => of(clients, kind)).map((clients) => [clients, medianOf(of(clients, kind), 'p99_ms')])})),
  });
  const best = unzipped ? 'whole frames' : 'whole frames, gzip';
  return {
    title: 'Push',
    text: `Two frames a second of 20 karts (22 kB; ten where there are 1 or 100 clients), a lap in each; milliseconds from the frame's sending to the last byte of its event at the clients, of whom up to 400, evenly spread, read what they get. A lap is pushed once it is on disk: to write and sync 4 kB takes ${short(quantile(sync, 0.5))} ms here, for one in a hundred ${short(quantile(sync, 0.99))} ms. ${rounds} rounds of ${seconds} s.${unzipped ? ' **The server does not compress the stream.**' : ''}`,
    tables: [{heads: ['clients', 'what', 'median ms', 'p99 ms', 'worst ms', 'CPU', 'MB/s', 'kB a client', 'cut off'], rows}],
    plots: [plot],
    goals: [
      goal('frame to event, p99, 1 client, frames without a lap', medianOf(of(1, 'frames without a lap'), 'p99_ms'), 'ms', LIMITS[1]),
      ...Object.entries(LIMITS).map(([clients, bound]) => goal(`frame to event, p99, ${clients} clients, ${best}`, medianOf(of(clients, best), 'p99_ms'), 'ms', bound)),
      ...[2000, 10000].map((clients) => goal(`frame to event, p99, ${clients} clients, laps alone`, medianOf(of(clients, 'laps alone'), 'p99_ms'), 'ms', LIMITS[clients])),
      ...[best, 'laps alone'].map((kind) => goal(`memory a stream client, 10000 of them, ${kind}`, medianOf(of(10000, kind), 'kbEach'), 'kB', '< 12')),
    ],
  };
}
