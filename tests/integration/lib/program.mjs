// Other people's programs that the server works with, run by their real selves, with what this project ships for them.
import {spawn, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';

import {root} from './documents.mjs';
import {atEnd} from './tools.mjs';

// What `skip` of a test wants to know: false, or why the test cannot be.
export function without(tool, how = 'script/bootstrap test installs it') {
  return spawnSync(tool, ['--version']).error ? `there is no ${tool}: ${how}` : false;
}

// A file of the project with other paths and ports in it. Each of them has to be there.
export function shipped(name, replacements = {}) {
  let text = readFileSync(path.join(root, name), 'utf8');
  for (const [from, to] of Object.entries(replacements)) {
    if (!text.includes(from)) throw new Error(`${name} has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  return text;
}

// Runs until the end of the test. end() ends it by SIGTERM, and where it does not listen by SIGKILL.
export function startProgram(t, command, args, options = {}) {
  const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe'], ...options});
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += part));
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve({code, signal})));
  const end = async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 20000);
    const how = await ended;
    clearTimeout(late);
    return how;
  };
  atEnd(t, end);
  return {end, tail: () => `--- ${command} said:\n${output.slice(-4000)}`, output: () => output};
}
