// A wall clock that a test sets, for a server under test: Debian's libfaketime, preloaded. Clocks that nobody can set stay
// as they are.
import {existsSync, readdirSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {preset} from './daemon.mjs';
import {tempDir} from './tools.mjs';

function findLibrary() {
  if (process.platform !== 'linux' || !existsSync('/usr/lib')) return undefined;
  const folders = ['/usr/lib', ...readdirSync('/usr/lib').map((name) => path.join('/usr/lib', name))];
  return folders.map((folder) => path.join(folder, 'faketime', 'libfaketimeMT.so.1')).find(existsSync);
}

const library = findLibrary();

// Why it cannot be used here; false where it can.
export function whyNoFakeClock() {
  if (preset === 'sanitize') return "a sanitizer's own library must be loaded first, so no clock can be preloaded";
  return library ? false : 'libfaketime is not there (package faketime)';
}

export class FakeClock {
  // offsetS: how far it is ahead of the right time.
  constructor(t, offsetS = 0) {
    this.file = path.join(tempDir(t, 'rf-clock-'), 'offset');
    this.set(offsetS);
    this.settings = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  set(offsetS) {
    this.offsetS = offsetS;
    writeFileSync(`${this.file}.new`, `${offsetS < 0 ? '-' : '+'}${Math.abs(offsetS)}\n`);
    renameSync(`${this.file}.new`, this.file);
  }

  now() {
    return Date.now() + this.offsetS * 1000;
  }
}
