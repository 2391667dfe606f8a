// Polling: /api/current by 32 clients, against nginx with the same bytes in a file and Express with the same object in memory.
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';

import {freePort} from '../integration/lib/ports.mjs';
import {Race} from '../integration/lib/race.mjs';
import {bigField, settle} from '../integration/lib/scene.mjs';
import {rawRequest, request, sleep, until} from '../integration/lib/tools.mjs';
import {pollLoad} from './asking.mjs';
import {bars} from './plot.mjs';
import {goal, inTurn, medianOf, ratioOf} from './figures.mjs';
import {cpuSeconds, load} from './ground.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const CLIENTS = 32;

async function wrk(side, {seconds, headers = {}}) {
  const lines = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const cpu = cpuSeconds(side.pid);
  const text = await load(['wrk', '-t1', `-c${CLIENTS}`, `-d${seconds}s`, '--latency', ...lines, side.url]);
  const used = cpuSeconds(side.pid) - cpu;
  if (/Socket errors|Non-2xx/.test(text)) throw new Error(`${side.url}: ${text}`);
  const requests = Number(text.match(/(\d+) requests in/)[1]);
  const [, p99, unit] = text.match(/99%\s+([\d.]+)(us|ms|s)/);
  return {
    rate: Number(text.match(/Requests\/sec:\s+([\d.]+)/)[1]),
    p99Ms: Number(p99) * {us: 0.001, ms: 1, s: 1000}[unit],
    cpuUs: (used / requests) * 1e6,
  };
}

// The same by the load generator of our own: wrk waits for the body that the Content-Length of a 304 tells of.
async function poll(side, {seconds, headers = {}}) {
  const {port, pathname} = new URL(side.url);
  const cpu = cpuSeconds(side.pid);
  const found = await pollLoad(port, [pathname], {seconds, connections: CLIENTS, headers});
  const used = cpuSeconds(side.pid) - cpu;
  return {rate: found.rate, p99Ms: found.p99_ms, cpuUs: (used / found.answers) * 1e6, unchanged: found.unchanged};
}

// One file, in memory as far as the system keeps it there; everything a careful administrator turns on.
async function startNginx(ground, body, zipped) {
  const dir = ground.dir('nginx');
  const port = await freePort();
  writeFileSync(path.join(dir, 'current.json'), body);
  writeFileSync(path.join(dir, 'current.json.gz'), zipped);
  const conf = path.join(dir, 'nginx.conf');
  writeFileSync(
    conf,
    `daemon off; master_process off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 1024; use epoll; }
http {
  access_log off; default_type application/json; sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_timeout 65; keepalive_requests 1000000000; reset_timedout_connection on;
  open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h; gzip_static on; gzip_vary on;
  client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  server { listen 127.0.0.1:${port} backlog=511; root ${dir}; }
}
`,
  );
  const {pid} = ground.other(['/usr/sbin/nginx', '-c', conf, '-p', dir, '-e', `${dir}/error.log`]);
  await until('nginx answers', async () => (await request(port, '/current.json')).status === 200);
  return {pid, port, url: `http://127.0.0.1:${port}/current.json`};
}

async function startExpress(ground, body) {
  const file = path.join(ground.dir('express'), 'current.json');
  const port = await freePort();
  writeFileSync(file, body);
  const env = {PATH: process.env.PATH, NODE_ENV: 'production'};
  const {pid} = ground.other([process.execPath, path.join(here, 'express_side.mjs'), String(port), file], {env});
  await until('Express answers', async () => (await request(port, '/api/current')).status === 200);
  return {pid, port, url: `http://127.0.0.1:${port}/api/current`};
}

// The bytes of a compressed answer, or null where it is not compressed.
async function zippedBody(port) {
  const text = await rawRequest(port, 'GET /api/current HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n');
  const [head] = text.split('\r\n\r\n', 1);
  return /content-encoding: gzip/i.test(head) ? Buffer.from(text.slice(head.length + 4), 'latin1') : null;
}

export async function run({ground, quick, folder, say}) {
  const [rounds, seconds] = quick ? [5, 1] : [12, 2];
  const scene = await ground.scene();
  const race = new Race({karts: bigField({count: 20, laps: 12, base: 27000})});
  scene.feed.pushAll(race.frames());
  await settle(scene, race);
  await sleep(2000); // what the race left to be saved is saved
  const {daemon} = scene;
  const ours = {pid: daemon.child.pid, url: `http://127.0.0.1:${daemon.port}/api/current`};
  const {text: body, headers} = await daemon.get('/api/current');
  const zipped = await zippedBody(daemon.port);
  const nginx = await startNginx(ground, body, zipped ?? gzipSync(body));
  const express = await startExpress(ground, body);
  const {headers: nginxHeaders} = await request(nginx.port, '/current.json');

  const gzip = {headers: {'Accept-Encoding': 'gzip'}, seconds};
  const sides = {
    ours: () => wrk(ours, {seconds}),
    nginx: () => wrk(nginx, {seconds}),
    express: () => wrk(express, {seconds}),
    'ours gzip': () => wrk(ours, gzip),
    'nginx gzip': () => wrk(nginx, gzip),
    'ours 200': () => poll(ours, {seconds}),
    'ours 304': () => poll(ours, {headers: {'If-None-Match': headers.etag}, seconds}),
    'nginx 304': () => poll(nginx, {headers: {'If-None-Match': nginxHeaders.etag}, seconds}),
  };
  for (const measure of Object.values(sides)) await measure(); // warms them up
  const found = await inTurn(rounds, sides);
  if (found['ours 304'].some(({unchanged}) => unchanged === 0)) throw new Error('the ETag is not known');
  const kb = {ours: body.length, gzip: (zipped ?? gzipSync(body)).length};
  const plot = bars(folder, 'polling', {
    title: `Answers a second, ${(kb.ours / 1000).toFixed(1)} kB`,
    y: 'requests/s',
    bars: Object.entries(found).map(([name, all]) => [name, medianOf(all, 'rate')]),
  });
  say('done');
  return {
    title: 'Polling',
    text: `\`/api/current\` of 20 karts, ${body.length} bytes (${kb.gzip} compressed), ${CLIENTS} keep-alive clients of wrk, no pipelining, ${rounds} rounds of ${seconds} s.
The last three sides are asked by our own generator: wrk waits for the body that a 304's Content-Length tells of.
nginx: one worker, the same bytes in a file, sendfile, open_file_cache, no access log. Express: \`res.json\` of the same object from memory, NODE_ENV=production.${zipped ? '' : '\n**The server does not compress this body: "ours gzip" is the plain one.**'}`,
    tables: [
      {
        heads: ['', 'requests/s', 'least', 'most', 'p99 ms', 'CPU µs a request', 'rate against nginx', 'CPU against nginx'],
        rows: Object.entries(found).map(([name, all]) => {
          const other = {express: 'nginx', 'ours 200': 'ours 200'}[name] ?? name.replace('ours', 'nginx');
          const rates = all.map(({rate}) => rate);
          return [name, medianOf(all, 'rate'), Math.min(...rates), Math.max(...rates), medianOf(all, 'p99Ms'), medianOf(all, 'cpuUs'), ratioOf(all, found[other], 'rate'), ratioOf(all, found[other], 'cpuUs')];
        }),
      },
    ],
    plots: [plot],
    goals: [
      goal("polling, against nginx's static file", ratioOf(found.ours, found.nginx, 'rate'), '×', '≥ 1.0'),
      goal('polling, against Express', ratioOf(found.ours, found.express, 'rate'), '×', '≥ 25'),
      goal('with gzip, against nginx `gzip_static`', zipped ? ratioOf(found['ours gzip'], found['nginx gzip'], 'rate') : NaN, '×', '≥ 1.0'),
      goal('304, against the full answer', ratioOf(found['ours 304'], found['ours 200'], 'rate'), '×', '≥ 1.5'),
    ],
  };
}
