// What the server's process and its storage weigh, second by second: into a table for the plot, and kept for the verdict.
import {appendFileSync, readFileSync, readdirSync, readlinkSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {cpuSeconds} from '../integration/lib/process.mjs';

const COLUMNS = ['seconds', 'residentMb', 'descriptors', 'threads', 'cpuPercent', 'storageMb', 'files', 'sessions', 'healthMs'];

function weigh(folder) {
  const sum = {bytes: 0, files: 0};
  for (const entry of readdirSync(folder, {withFileTypes: true, recursive: true})) {
    try {
      if (!entry.isFile()) continue;
      sum.bytes += statSync(path.join(entry.parentPath ?? entry.path, entry.name)).size;
      sum.files += 1;
    } catch {
      // it was there a moment ago
    }
  }
  return sum;
}

const openDescriptors = (pid) => readdirSync(`/proc/${pid}/fd`);

export function openSockets(pid) {
  return openDescriptors(pid).filter((one) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${one}`).startsWith('socket:');
    } catch {
      return false; // it was open a moment ago
    }
  }).length;
}

export class Samples {
  constructor(stage, {daemon, monitor, file}) {
    Object.assign(this, {stage, daemon, monitor, file, rows: []});
    writeFileSync(file, `${COLUMNS.join('\t')}\n`);
  }

  async take() {
    const {pid} = this.daemon.child;
    const asked = performance.now();
    const health = await this.monitor.get('/health');
    const healthMs = performance.now() - asked;
    const {storage} = JSON.parse((await this.monitor.get('/api/stats')).text);
    if (!['OK', 'DEGRADED'].includes(JSON.parse(health.text).status)) this.stage.fail(health.text);

    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const number = (name) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))[1]);
    const [now, cpu] = [performance.now(), cpuSeconds(pid)];
    const {bytes, files} = weigh(path.join(this.daemon.dir, 'storage'));
    const row = {
      seconds: this.stage.seconds,
      residentMb: number('VmRSS') / 1024,
      descriptors: openDescriptors(pid).length,
      threads: number('Threads'),
      cpuPercent: this.last ? (100 * (cpu - this.last.cpu)) / ((now - this.last.now) / 1000) : 0,
      storageMb: bytes / 1e6,
      files,
      sessions: storage.totalSessions,
      healthMs,
    };
    this.last = {now, cpu};
    this.rows.push(row);
    appendFileSync(this.file, `${COLUMNS.map((name) => Number(row[name].toFixed(3))).join('\t')}\n`);
  }

  start() {
    return this.stage.repeat(() => this.take(), 1000);
  }

  column(name) {
    return this.rows.map((row) => row[name]);
  }
}
