// What all parts stand on: a folder on a real disk, the two cores, the server as users run it, and a clean end.
import {execFileSync, spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statfsSync} from 'node:fs';
import path from 'node:path';

import {Daemon, binary} from '../integration/lib/daemon.mjs';
import {startFeed, feedSettings} from '../integration/lib/feeds.mjs';
import {freePort} from '../integration/lib/ports.mjs';

export const tool = (name) => path.join(path.dirname(binary), 'tests', name);

// The server, or what it is measured against, has a core to itself; what asks, and this process, has the other.
const SERVER_CORE = '0';
const LOAD_CORE = '1';
export const onServerCore = ['taskset', '-c', SERVER_CORE];
export const onLoadCore = ['taskset', '-c', LOAD_CORE];

// Limits by address, since all of the load comes from one; all else as shipped, durability above all.
export const SETTINGS = {
  RATE_LIMIT_LIVE_PER_SECOND: 0,
  RATE_LIMIT_MAX_REQUESTS: 1000000,
  LOG_LEVEL: 'warn',
  NODE_ENV: 'production',
};

const TMPFS = 0x01021994;

export class Ground {
  constructor(folder) {
    this.ends = [];
    mkdirSync(folder, {recursive: true});
    if (statfsSync(folder).type === TMPFS) throw new Error(`${folder} is in memory: durability would cost nothing there`);
    this.folder = mkdtempSync(path.join(folder, 'run-'));
    this.after(() => rmSync(this.folder, {recursive: true, force: true}));
    this.stay(LOAD_CORE);
  }

  // This process, and what it starts from now on.
  stay(cores) {
    execFileSync('taskset', ['-a', '-p', '-c', cores, String(process.pid)], {stdio: 'ignore'});
  }

  bothCores() {
    this.stay(`${SERVER_CORE},${LOAD_CORE}`);
  }

  // As the helpers of the integration tests expect it of a test.
  after(action) {
    this.ends.push(action);
  }

  async close() {
    for (const action of this.ends.reverse()) await action();
    this.ends = [];
  }

  // A folder that is gone when the part is over.
  dir(name) {
    return mkdtempSync(path.join(this.folder, `${name}-`));
  }

  server({env = {}, ...options} = {}) {
    const dir = options.dir ?? this.dir('server');
    return Daemon.start(this, {...options, dir, wrapper: onServerCore, env: {...SETTINGS, ...env}});
  }

  // The same, but not waited for: {daemon, began}.
  async begin({dir = this.dir('server'), env = {}} = {}) {
    const daemon = new Daemon();
    Object.assign(daemon, {t: this, dir, port: await freePort(), output: '', command: [...onServerCore, binary]});
    daemon.env = {...Daemon.defaults, ...SETTINGS, PORT: daemon.port, ...env};
    const began = performance.now();
    daemon.spawn();
    this.after(() => daemon.end());
    return {daemon, began};
  }

  // A feed that this process pushes, and the server that follows it.
  async scene({kind = 'raw', env = {}, ...options} = {}) {
    const feed = await startFeed(this, kind);
    const dialect = kind === 'raw' ? {WS_DIALECT: 'raw'} : {};
    const daemon = await this.server({...options, env: feedSettings(feed, {...dialect, ...env})});
    await daemon.connected();
    await feed.ready();
    return {feed, daemon};
  }

  // Something else on the server's core, ended with the part.
  other(command, options) {
    const child = spawn(onServerCore[0], [...onServerCore.slice(1), ...command], {stdio: 'ignore', ...options});
    this.after(() => void (child.exitCode === null && child.kill('SIGKILL')));
    return child;
  }
}

// Runs a command on the load's core, and returns what it says.
export function load(command, {input} = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(onLoadCore[0], [...onLoadCore.slice(1), ...command], {stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe']});
    let [out, err] = ['', ''];
    child.stdout.on('data', (part) => (out += part));
    child.stderr.on('data', (part) => (err += part));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${command.join(' ')}: ${code} ${err}${out}`))));
    if (input) child.stdin.end(input);
  });
}

// Seconds of all threads that live, to the nanosecond: on a processor, and waiting for it while others had it.
function scheduled(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const all = threads.map((tid) => readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ').map(Number));
  const sum = (field) => all.reduce((before, one) => before + one[field], 0) / 1e9;
  return {ran: sum(0), waited: sum(1)};
}

export const cpuSeconds = (pid) => scheduled(pid).ran;

// The same for a while: {share: of a core, seconds, waited}.
export async function cpuWhile(pid, action) {
  const [before, at] = [scheduled(pid), performance.now()];
  const result = await action();
  const [after, wall] = [scheduled(pid), (performance.now() - at) / 1000];
  const seconds = after.ran - before.ran;
  return {result, seconds, wall, share: seconds / wall, waited: after.waited - before.waited};
}

// Megabytes: resident in all, of these its own (the rest is files, libraries above all, that others may share), and the most.
export function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (field) => Number(status.match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))[1]) / 1024;
  return {resident: mb('VmRSS'), own: mb('RssAnon'), most: mb('VmHWM')};
}

export const residentKb = (pid) => memory(pid).resident * 1024;
