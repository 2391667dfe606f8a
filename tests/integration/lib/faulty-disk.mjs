// A disk that fails or loses its power, for a server under test: tests/support/faulty_disk.c, preloaded.
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {binary, preset, runOnce} from './daemon.mjs';
import {tempDir} from './tools.mjs';

const shim = path.join(path.dirname(binary), 'tests', 'faulty_disk.so');

// Why it cannot be used here; false where it can.
export async function whyNoFaultyDisk(t) {
  if (process.platform !== 'linux') return 'faulty disks are there for Linux alone';
  if (!existsSync(shim)) {
    assert.equal(preset, 'sanitize', `there is no ${shim}: build it first (script/test does)`);
    return "a sanitizer's own library must be loaded first, so no faulty disk can be preloaded";
  }
  const disk = new FaultyDisk(t);
  const log = disk.settings.FAULTY_DISK_LOG;
  await runOnce(['--version'], {env: disk.settings});
  return existsSync(log) ? false : `nothing can be preloaded into ${binary}`;
}

export class FaultyDisk {
  // What is to fail, see faulty_disk.c: {call: 'write', nth: 3, errno: 'EIO', lasting: true}. powerCut: keeps what a power
  // cut would leave. where: what the path has to have in it. slowMs: what every sync takes longer. from: a folder to go on in, which is moved.
  constructor(t, {call, nth = 1, errno = 'ENOSPC', lasting = false, where, powerCut = false, slowMs = 0, from} = {}) {
    this.t = t;
    const base = realpathSync(tempDir(t, 'rf-disk-'));
    this.dir = path.join(base, 'server'); // where the server is to run
    this.shadow = path.join(base, 'shadow');
    this.until = path.join(base, 'fault');
    if (from) renameSync(from, this.dir);
    else mkdirSync(this.dir);
    this.settings = {
      LD_PRELOAD: shim,
      FAULTY_DISK_ROOT: this.dir,
      FAULTY_DISK_LOG: path.join(base, 'calls'),
      LOG_FILE: path.join(base, 'server.log'), // what becomes of it does not matter here
    };
    if (call) Object.assign(this.settings, {FAULTY_DISK_CALL: call, FAULTY_DISK_NTH: nth, FAULTY_DISK_ERRNO: errno});
    if (lasting) {
      writeFileSync(this.until, '');
      this.settings.FAULTY_DISK_UNTIL = this.until;
    }
    if (where) this.settings.FAULTY_DISK_PATH = where;
    if (slowMs) this.settings.FAULTY_DISK_SLOW_MS = slowMs;
    if (powerCut) this.settings.FAULTY_DISK_SHADOW = this.shadow;
  }

  // [{kind, path, failed}], in the order of the calls.
  calls() {
    return readFileSync(this.settings.FAULTY_DISK_LOG, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [, kind, file, mark] = line.match(/^(\S+) (.*?)( !)?$/);
        return {kind, path: file, failed: mark !== undefined};
      });
  }

  get failures() {
    return this.calls().filter((call) => call.failed).length;
  }

  // What mend has mended, anew.
  fail() {
    writeFileSync(this.until, '');
  }

  mend() {
    rmSync(this.until, {force: true});
  }

  // ---- after a power cut

  // The names in a folder that were made to last: Map of name → {folder, inode}.
  lastingNames(inode) {
    const file = path.join(this.shadow, 'folders', String(inode));
    if (!existsSync(file)) return new Map();
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return new Map(
      lines.map((line) => {
        const [, kind, number, name] = line.match(/^([df]) (\d+) (.*)$/);
        return [name, {folder: kind === 'd', inode: Number(number)}];
      }),
    );
  }

  static namesNow(folder) {
    return new Map(
      readdirSync(folder).map((name) => {
        const status = statSync(path.join(folder, name));
        return [name, {folder: status.isDirectory(), inode: status.ino}];
      }),
    );
  }

  lastingBytes(inode) {
    const file = path.join(this.shadow, 'files', String(inode));
    return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  }

  // Some of what was not synced may be there as well: any beginning of it.
  bytes(inode, more) {
    const lasting = this.lastingBytes(inode);
    const kept = path.join(this.shadow, 'kept', String(inode));
    if (more === 0 || !existsSync(kept)) return lasting;
    const all = readFileSync(kept);
    if (!all.subarray(0, lasting.length).equals(lasting)) return lasting;
    return all.subarray(0, lasting.length + Math.floor(more * (all.length - lasting.length)));
  }

  // A folder as it would be found when the power is back. newNames(folder, name): whether what was done to this name since
  // the folder's last sync has come to be; more: how much of the bytes that no sync was for, 0 to 1.
  afterPowerCut({newNames = () => false, more = () => 0} = {}) {
    const target = tempDir(this.t, 'rf-cut-');
    const build = (from, inode, to) => {
      const lasting = this.lastingNames(inode);
      const now = FaultyDisk.namesNow(from);
      for (const name of new Set([...lasting.keys(), ...now.keys()])) {
        const entry = (newNames(path.basename(from), name) ? now : lasting).get(name);
        if (!entry) continue;
        if (entry.folder) {
          mkdirSync(path.join(to, name));
          build(path.join(from, name), entry.inode, path.join(to, name));
        } else {
          writeFileSync(path.join(to, name), this.bytes(entry.inode, more()), {mode: 0o640});
        }
      }
    };
    build(this.dir, statSync(this.dir).ino, target);
    return target;
  }
}
