// What the kernel tells of the server's process: processor time and memory.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';

import {sleep} from './tools.mjs';

const TICKS_PER_SECOND = 100; // of /proc, on every Linux that Node runs on

function statFields(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' '); // the name in front may hold anything
}

// R: it runs, S: it sleeps, T: it is stopped.
export function processState(pid) {
  return statFields(pid)[0];
}

// Seconds of processor time used so far, by the whole process.
export function cpuSeconds(pid) {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function residentMb(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB/m)[1]) / 1024;
}

// The most it has ever had.
export function peakMb(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmHWM:\s+(\d+) kB/m)[1]) / 1024;
}

// A server that waits for something may use a fifth of a core: far more than it should, far less than a busy loop.
export async function assertIdle(pid, what, ms = 1000) {
  const [from, at] = [cpuSeconds(pid), Date.now()];
  await sleep(ms);
  const share = (cpuSeconds(pid) - from) / ((Date.now() - at) / 1000);
  assert.ok(share < 0.2, `${what}: idle while waiting, but used ${(100 * share).toFixed(0)} % of a core`);
}
