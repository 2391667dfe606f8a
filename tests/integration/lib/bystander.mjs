// Watches a server from 127.0.0.1 while something is done to it: how long /health takes, how late frames are served,
// what it holds in descriptors and memory.
import http from 'node:http';
import {readFileSync, readdirSync} from 'node:fs';

import {checkAnswer} from './openapi.mjs';
import {Race} from './race.mjs';
import {bigField} from './scene.mjs';
import {sleep, until} from './tools.mjs';

export const descriptors = (daemon) => readdirSync(`/proc/${daemon.child.pid}/fd`).length;

export function residentMb(daemon) {
  const status = readFileSync(`/proc/${daemon.child.pid}/status`, 'utf8');
  return Math.round(Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024);
}

// Two frames a second of 20 karts, each with a number it can be recognised by. {pushed: marker → when}
export function startFrames(feed) {
  const race = new Race({karts: bigField({count: 20, laps: 30, base: 27000})});
  const pushed = new Map();
  const push = () => {
    race.step();
    const {marker, payload} = race.barrier();
    pushed.set(marker, performance.now());
    feed.push(payload);
  };
  push();
  const timer = setInterval(push, 500);
  return {pushed, stop: () => clearInterval(timer)};
}

function timed(daemon, path, {agent = false, headers = {}} = {}) {
  return new Promise((resolve) => {
    const begun = performance.now();
    const settle = (status, text = '', etag) => resolve({status, text, etag, ms: performance.now() - begun});
    const req = http.request({host: '127.0.0.1', port: daemon.port, path, agent, headers}, (res) => {
      const parts = [];
      res.on('data', (part) => parts.push(part));
      res.on('error', () => settle(0));
      res.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        settle(res.statusCode, text, res.headers.etag);
        checkAnswer({target: path, status: res.statusCode, headers: res.headers, text});
      });
    });
    req.setTimeout(30000, () => req.destroy());
    req.on('error', () => settle(0));
    req.end();
  });
}

// `keepAlive`: on connections opened before the attack; otherwise /health has a new one each time, as a monitor would.
export function watch(daemon, frames, {keepAlive = false} = {}) {
  const agents = [0, 1].map(() => new http.Agent({keepAlive: true, maxSockets: 1}));
  const seen = {health: [], statuses: {}, late: [], openFds: 0, residentMb: 0};
  let running = true;
  frames.pushed.clear(); // nobody looked for those until now
  const count = ({status}) => (seen.statuses[status] = (seen.statuses[status] ?? 0) + 1);
  const health = async () => {
    while (running) {
      const answer = await timed(daemon, '/health', {agent: keepAlive && agents[0]});
      seen.health.push(answer.ms);
      count(answer);
      await sleep(15);
    }
  };
  const current = async () => {
    let etag = '';
    while (running) {
      const answer = await timed(daemon, '/api/current', {agent: agents[1], headers: {'If-None-Match': etag}});
      const now = performance.now();
      count(answer);
      if (answer.status === 200) {
        etag = answer.etag;
        const served = Number(answer.text.match(/"test_marker":(\d+)/)?.[1] ?? 0);
        for (const [marker, at] of frames.pushed) {
          if (marker > served) break;
          seen.late.push(now - at);
          frames.pushed.delete(marker);
        }
      }
      await sleep(10);
    }
  };
  const sizes = async () => {
    while (running) {
      seen.openFds = Math.max(seen.openFds, descriptors(daemon));
      seen.residentMb = Math.max(seen.residentMb, residentMb(daemon));
      await sleep(100);
    }
  };
  const all = Promise.all([health(), current(), sizes()]);
  return {
    seen,
    async stop() {
      await until('a frame is served since', () => seen.late.length > 0);
      running = false;
      await all;
      for (const agent of agents) agent.destroy();
      return seen;
    },
  };
}

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0;
}
