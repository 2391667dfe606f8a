// What all parts stand on: a folder on a real disk, the two cores, the server as users run it, and a clean end.
import {execFileSync, spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statfsSync} from 'node:fs';
import path from 'node:path';

import {Daemon, binary} from '../integration/lib/daemon.mjs';
import {startFeed, feedSettings} from '../integration/lib/feeds.mjs';

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
    execFileSync('taskset', ['-a', '-p', '-c', LOAD_CORE, String(process.pid)], {stdio: 'ignore'});
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

// Seconds of processor time of all threads that live, to the nanosecond.
export function cpuSeconds(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.map((tid) => Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]));
  return ns.reduce((sum, one) => sum + one, 0) / 1e9;
}

// The same for a while: {share: of a core, seconds}.
export async function cpuWhile(pid, action) {
  const [cpu, at] = [cpuSeconds(pid), performance.now()];
  const result = await action();
  const [used, wall] = [cpuSeconds(pid) - cpu, (performance.now() - at) / 1000];
  return {result, seconds: used, wall, share: used / wall};
}

export function residentKb(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB/m)[1]);
}
