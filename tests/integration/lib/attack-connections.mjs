// Attacks by connections: too many, too slow, broken off.
import {addressOf, exchange, many, open, sleep, statuses, tally} from './attack-socket.mjs';

const GET = (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

// Ask for far more than the kernel's buffers hold, and take nothing, or a few bytes now and then.
export async function slowReaders(target, held) {
  const still = await many(60, 20, (i) => open(target, {from: addressOf(i), reading: false}));
  const trickle = await many(40, 20, (i) =>
    open(target, {from: addressOf(i), reading: false, onread: {buffer: Buffer.alloc(64), callback: () => false}}),
  );
  for (const socket of [...still, ...trickle]) socket.write(GET('/api/current').repeat(200));
  const drip = setInterval(() => trickle.forEach((socket) => socket.resume()), 200);
  await held({opened: still.length + trickle.length});
  clearInterval(drip);
  return {};
}

// A byte each 200 ms: in the request line, in the headers, in the body.
export async function slowWriters(target) {
  const kinds = {
    line: ['', 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'],
    headers: ['GET /health HTTP/1.1\r\nHost: x\r\n', `X-Slow: ${'y'.repeat(400)}\r\n\r\n`],
    body: ['GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\n', 'z'.repeat(400)],
  };
  const result = {};
  await Promise.all(
    Object.entries(kinds).map(async ([kind, [begin, rest]]) => {
      const all = await many(25, 25, async (i) => {
        const socket = await open(target, {from: addressOf(i)});
        if (begin) socket.write(begin);
        let at = 0;
        const drip = setInterval(() => socket.writable && socket.write(rest[at++ % rest.length]), 200);
        await socket.ended;
        clearInterval(drip);
        return statuses(socket.received)[0] ?? 0;
      });
      result[kind] = tally(all);
    }),
  );
  return result;
}

// Half a request, and then nothing, or the end, or a reset.
export async function halfRequests(target) {
  const halves = ['G', 'GET /api', 'GET /health HTTP/1.1\r\n', 'GET /health HTTP/1.1\r\nHost: x\r\nX-H'];
  const all = await many(300, 300, async (i) => {
    const socket = await open(target, {from: addressOf(i)});
    socket.write(halves[i % halves.length]);
    if (i % 3 === 1) socket.end();
    if (i % 3 === 2) {
      await sleep(20);
      socket.resetAndDestroy();
    }
    await socket.ended;
    return i % 3 === 0 ? statuses(socket.received)[0] ?? 0 : null;
  });
  return {silent: tally(all.filter((status) => status !== null))};
}

// Connections on which nothing is ever said.
export async function idleConnections({connections, ...target}, held) {
  const failures = [];
  const sockets = await many(connections, 250, (i) =>
    open(target, {from: addressOf(i % 20)}).catch((error) => void failures.push(error.code)),
  );
  const opened = sockets.filter(Boolean).length;
  await held({opened, failures: tally(failures)});
  for (const socket of sockets) socket?.destroy();
  return {};
}

// Ask, and are gone: at once, or as soon as the answer begins.
export async function cutOff(target) {
  let begun = 0;
  await many(600, 60, async (i) => {
    const socket = await open(target, {from: addressOf(i), reading: i % 2 === 0});
    socket.write(GET('/api/current').repeat(1 + (i % 7)));
    if (i % 2 === 0) {
      socket.once('data', () => {
        begun += 1;
        socket.resetAndDestroy();
      });
    } else {
      await sleep(i % 10);
      if (i % 4 === 1) socket.resetAndDestroy();
      else socket.destroy();
    }
    await socket.ended;
  });
  return {begun};
}

// Fill the limit of each address, and then the limit of all; those over it have to be told.
export async function tooMany({perAddress, all, ...target}, held) {
  const kept = [];
  const keep = async (from) => {
    const socket = await open(target, {from});
    socket.write(GET('/health'));
    for (let waited = 0; waited < 5000 && !socket.received.includes('\r\n\r\n'); waited += 10) await sleep(10);
    kept.push(socket);
    return statuses(socket.received)[0] ?? 0;
  };
  const over = async (count, from) => {
    const answers = await many(count, 50, () => exchange(target, GET('/health'), {from}));
    return {
      statuses: tally(answers.map((a) => a.status)),
      told: answers.every((a) => a.status === 200 || /"error":/.test(a.text) && /Retry-After: \d/.test(a.text)),
      ms: Math.max(...answers.map((a) => a.ms ?? Infinity)),
    };
  };
  const result = {taken: [], ofAddress: null, ofAll: null};
  for (let address = 2; kept.length < all; address += 1) {
    const room = Math.min(perAddress, all - kept.length);
    result.taken.push(...(await many(room, room, () => keep(`127.0.0.${address}`))));
    if (address === 2) result.ofAddress = await over(200, '127.0.0.2');
  }
  result.taken = tally(result.taken);
  result.ofAll = await over(200, '127.0.0.99');
  await held(result);
  for (const socket of kept) socket.destroy();
  return {};
}

// As many requests as it can from one address, for a time.
export async function rateFlood({ms, ...target}) {
  const until = performance.now() + ms;
  const seen = [];
  let retryAfter = true;
  await many(20, 20, async () => {
    const socket = await open(target);
    const wait = () => new Promise((resolve) => socket.once('data', resolve));
    while (performance.now() < until && !socket.destroyed) {
      socket.received = '';
      const answer = wait();
      socket.write(GET('/health').repeat(10));
      await Promise.race([answer, socket.ended]);
      seen.push(...statuses(socket.received));
      if (/HTTP\/1\.1 429/.test(socket.received)) retryAfter &&= /Retry-After: \d/.test(socket.received);
    }
    socket.destroy();
  });
  const stored = await many(40, 1, () =>
    exchange(target, 'GET /api/sessions/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
  );
  return {live: tally(seen), retryAfter, stored: tally(stored.map((answer) => answer.status))};
}
