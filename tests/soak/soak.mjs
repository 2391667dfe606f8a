// Hours of racing in one: the built server, a feed that fails, clients of all kinds, and a look at what it takes.
import {execFileSync} from 'node:child_process';
import {mkdirSync, rmSync} from 'node:fs';
import path from 'node:path';

import {Daemon, binary} from '../integration/lib/daemon.mjs';
import {FaultProxy} from '../integration/lib/fault-proxy.mjs';
import {feedSettings, startFeed} from '../integration/lib/feeds.mjs';
import {until} from '../integration/lib/tools.mjs';
import {randomFrom} from '../integration/lib/venue.mjs';
import {Client, attack, poll, rough} from './clients.mjs';
import {feedFaults, operator} from './faults.mjs';
import {Races} from './races.mjs';
import {writeReport} from './report.mjs';
import {Samples, openSockets} from './samples.mjs';
import {Stage} from './stage.mjs';
import {judge} from './verdict.mjs';

const MB_A_DAY = 64;
const DESCRIPTORS_A_DAY = 100;

const setting = (name, value) => Number(process.env[`SOAK_${name}`] || value);
const minutes = setting('MINUTES', 60);
const seed = setting('SEED', Math.floor(Math.random() * 1_000_000));
const framesPerSecond = setting('FRAMES', 200);
const requestsPerSecond = setting('REQUESTS', 60);
const folder = path.resolve(process.env.SOAK_REPORT || 'build/soak');

const stage = new Stage();
const dir = path.join(folder, 'server');
rmSync(dir, {recursive: true, force: true});
mkdirSync(dir, {recursive: true});

const feed = await startFeed(stage, 'socketio4', {pingInterval: 2000, pingTimeout: 2000});
const proxy = await FaultProxy.start(stage, feed);
const env = {
  LOG_LEVEL: 'info',
  RATE_LIMIT_LIVE_PER_SECOND: 200,
  HTTP_REQUEST_SECONDS: 5, // slow writers are sent away within their turn
  MAX_SESSIONS: 50,
  WS_PORT: proxy.port,
};
const daemon = await Daemon.start(stage, {dir, env: feedSettings(feed, env)});
await daemon.connected();
const {pid} = daemon.child;
// An hour is not thrown away for a fault of the soak itself; and however it ends, no server is left behind.
process.on('uncaughtException', (error) => stage.fail(error));
process.on('exit', () => daemon.child.kill('SIGKILL'));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
const rest = {before: openSockets(pid)};
console.log(`soak: ${minutes} minutes, seed ${seed}, server ${pid} on port ${daemon.port}, report in ${folder}`);

const random = randomFrom(seed);
const {port} = daemon;
const monitor = new Client(stage, port);
const races = new Races(stage, {feed, daemon, monitor, seed, framesPerSecond});
const samples = new Samples(stage, {daemon, monitor, file: path.join(folder, 'samples.tsv')});

const begun = new Date();
stage.begun = performance.now();
const work = [
  ...races.start(),
  samples.start(),
  ...poll(stage, {port, races, random, requestsPerSecond}),
  ...rough(stage, {port, random}),
  attack(stage, {port, everyMs: 8000}),
  feedFaults(stage, {feed, proxy, races, random, everyMs: 4000}),
  ...operator(stage, {daemon, monitor, races}),
];
const tell = () => {
  const {residentMb, descriptors, cpuPercent} = samples.rows.at(-1);
  console.log(
    `soak: ${(stage.seconds / 60).toFixed(1)} min, ${residentMb.toFixed(1)} MB, ${descriptors} descriptors, ` +
      `${cpuPercent.toFixed(0)} % of a core, ${stage.total('sessions')} sessions, ${stage.total('failures')} failures`,
  );
};
const ticker = setInterval(tell, 60000);
await stage.sleep(minutes * 60000);
stage.running = false;
clearInterval(ticker);
tell();
races.stop();
await Promise.all(work);
await races.allChecked();

// Alone again: a socket that is still open then was forgotten. The monitor's own connections are closed first.
monitor.agent.destroy();
try {
  await daemon.connected();
  await until('no sockets are open but those at the start', () => openSockets(pid) <= rest.before);
} catch (error) {
  stage.fail(error);
}
rest.after = openSockets(pid);
try {
  await stage.close(); // the server ends with 0
} catch (error) {
  stage.fail(error);
}

const seconds = samples.column('seconds');
const verdicts = {
  'resident memory, MB': judge(seconds, samples.column('residentMb'), MB_A_DAY),
  'descriptors': judge(seconds, samples.column('descriptors'), DESCRIPTORS_A_DAY),
};
const passed = stage.total('failures') === 0 && Object.values(verdicts).every((verdict) => verdict.flat);
const about = {
  minutes,
  seed,
  framesPerSecond,
  requestsPerSecond,
  passed,
  reconnects: feed.connects - 1,
  version: `${execFileSync(binary, ['--version'], {encoding: 'utf8'}).trim()} ${process.env.SOAK_COMMIT ?? ''}`.trim(),
  date: begun.toISOString(),
};
writeReport({folder, stage, samples, verdicts, rest, about});
console.log(`soak: ${passed ? 'passed' : 'FAILED'}; see ${path.join(folder, 'report.md')}`);
process.exit(passed ? 0 : 1);
