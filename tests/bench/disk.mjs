// What the disk takes to write and sync a little: the least that a lap waits for, whoever serves it.
import {open} from 'node:fs/promises';
import path from 'node:path';

import {sleep} from '../integration/lib/tools.mjs';

const LITTLE = Buffer.alloc(4096, 'x');

async function syncTime(file) {
  const at = performance.now();
  await file.write(LITTLE);
  await file.datasync();
  return performance.now() - at;
}

// So many in a row, in milliseconds.
export async function syncTimes(ground, count = 300) {
  const file = await open(path.join(ground.dir('sync'), 'file'), 'w');
  const times = [];
  while (times.length < count) times.push(await syncTime(file));
  await file.close();
  return times;
}

// One each second while something else goes on.
export async function syncTimesWhile(ground, action) {
  const file = await open(path.join(ground.dir('sync'), 'file'), 'w');
  const times = [];
  let over = false;
  const done = action().finally(() => (over = true));
  while (!over) {
    times.push(await syncTime(file));
    await Promise.race([done.catch(() => {}), sleep(1000)]);
  }
  await file.close();
  return {result: await done, times};
}
