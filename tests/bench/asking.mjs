// Questions to a server: single ones, also where it may not be there yet, and many at a rate.
import http from 'node:http';

import {sleep} from '../integration/lib/tools.mjs';
import {load, tool} from './ground.mjs';

const agent = new http.Agent({keepAlive: true, maxSockets: 1});

// On a connection that stays. {status, text}; null where nobody answers.
export function ask(port, target, method = 'GET') {
  return new Promise((resolve) => {
    const request = http.request({host: '127.0.0.1', port, path: target, method, agent}, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({status: answer.statusCode, text: Buffer.concat(parts).toString()}));
    });
    request.on('error', () => resolve(null));
    request.end();
  });
}

// Asks until the answer is good enough: milliseconds since `start`.
export async function when(start, port, target, enough = () => true) {
  for (;;) {
    const answer = await ask(port, target);
    if (answer?.status === 200 && enough(answer.text)) return performance.now() - start;
    await sleep(2);
  }
}

// A deletion: how many milliseconds until the answer, which comes when it is on disk.
export async function timedDelete(port, id) {
  const at = performance.now();
  const answer = await ask(port, `/api/sessions/${id}`, 'DELETE');
  const took = performance.now() - at;
  if (answer?.status !== 200) throw new Error(`DELETE ${id}: ${answer?.status} ${answer?.text}`);
  return took;
}

// These paths in turn, `rate` a second or as fast as they are answered: what poll-load says of it.
export async function pollLoad(port, paths, {seconds, connections = 1, rate = 0, headers = {}}) {
  const lines = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
  const found = JSON.parse(await load([tool('poll-load'), ...lines, ...[port, connections, seconds, rate].map(String), ...paths]));
  if (found.refused) throw new Error(`${paths[0]}: ${JSON.stringify(found)}`);
  return found;
}
