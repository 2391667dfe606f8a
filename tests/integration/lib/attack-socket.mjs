// Sockets for attackers: from an address of their own, and without any politeness of an HTTP client.
import net from 'node:net';
import tls from 'node:tls';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const addressOf = (n) => `127.0.0.${2 + (n % 200)}`;

// A connected socket; rejects where there is none. `reading: false` leaves all that comes in the kernel. A target with
// `tls` is spoken to through it; who it is does not matter to an attacker.
export function open({port, tls: secure = false}, {from = '127.0.0.2', reading = true, ...more} = {}) {
  return new Promise((resolve, reject) => {
    const options = {port, host: '127.0.0.1', localAddress: from, ...more};
    const socket = secure ? tls.connect({...options, rejectUnauthorized: false}) : net.connect(options);
    socket.received = '';
    socket.ended = new Promise((over) => socket.once('close', over));
    if (reading) socket.on('data', (part) => (socket.received += part.toString('latin1')));
    else socket.pause();
    socket.once(secure ? 'secureConnect' : 'connect', () => resolve(socket));
    socket.on('error', (error) => {
      socket.failure = error.code;
      reject(error);
    });
  });
}

// The status lines in what a socket received; a body of ours has none in it.
export const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));

// Sends bytes and waits for the server's end of it. {status, statuses, text, ms until the first answer, failure}
export async function exchange(target, bytes, {from, waitMs = 8000} = {}) {
  const socket = await open(target, {from});
  const begun = performance.now();
  let ms = null;
  socket.once('data', () => (ms = performance.now() - begun));
  // A server that has answered and ended reads no more: what is unsent then must not keep the socket open.
  socket.once('end', () => socket.destroy());
  socket.write(bytes);
  const late = setTimeout(() => socket.destroy(), waitMs);
  await socket.ended;
  clearTimeout(late);
  const all = statuses(socket.received);
  return {status: all[0] ?? 0, statuses: all, text: socket.received, ms, failure: socket.failure};
}

// How often each value occurs.
export function tally(values) {
  const counts = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

// Runs `make(i)` for i below `count`, some at a time; its results, in order.
export async function many(count, atOnce, make) {
  const results = new Array(count);
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const i = next++;
      results[i] = await make(i);
    }
  };
  await Promise.all(Array.from({length: Math.min(atOnce, count)}, worker));
  return results;
}
