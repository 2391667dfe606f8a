// Starts an attacker process, and is told by it.
import {fork} from 'node:child_process';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {atEnd} from './tools.mjs';

const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'attacker.mjs');

// {held, done: promises of what the attack tells half-way and at its end, release()}
export function launch(t, name, options) {
  const child = fork(script, [name, JSON.stringify({endsAfterMs: 60000, ...options})], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const attack = {release: () => child.send('release')};
  const wait = (what) =>
    new Promise((resolve, reject) => {
      child.on('message', (message) => what in message && resolve(message[what]));
      child.on('exit', (code, signal) => reject(new Error(`attack ${name} ended: ${code ?? signal}`)));
    });
  attack.held = wait('held');
  attack.done = wait('done');
  // Only one of them is waited for in many tests; an end without the other is no fault then.
  attack.held.catch(() => {});
  attack.done.catch(() => {});
  atEnd(t, () => void (child.exitCode === null && child.kill('SIGKILL')));
  return attack;
}
