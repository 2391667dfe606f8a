// Ports for servers that come back on the same one. The system lends those of its own range to any outgoing connection,
// also while a server of ours is down between two lives; so ours lie below that range, and one process at a time has one.
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const LOWEST = 12000;
const HIGHEST = lowestLent() - 1;
const claims = path.join(os.tmpdir(), 'rf-test-ports');
const mine = new Set();

process.on('exit', () => mine.forEach((file) => rmSync(file, {force: true})));

function lowestLent() {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/)[0]);
  } catch {
    return 32768;
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// True where no other test process has this port. A claim is void once its process is gone.
function claim(port) {
  const file = path.join(claims, String(port));
  try {
    writeFileSync(file, String(process.pid), {flag: 'wx'});
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const owner = Number(readFileSync(file, 'utf8'));
    if (owner > 0 && !alive(owner)) rmSync(file, {force: true});
    return false; // even then: two may find it void at once
  }
  mine.add(file);
  return true;
}

function free(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

// A port on which nobody listens, and which no other test gets while this process lives.
export async function freePort() {
  mkdirSync(claims, {recursive: true});
  for (let tries = 0; tries < 1000; tries++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (claim(port) && (await free(port))) return port;
  }
  throw new Error(`no free port from ${LOWEST} to ${HIGHEST}`);
}
