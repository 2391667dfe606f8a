// Runs the real binary in a folder and on a port of its own.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {unwatchServer, watchServer} from './openapi.mjs';
import {freePort} from './ports.mjs';
import {atEnd, request, tempDir, until} from './tools.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

export const preset = process.env.RF_PRESET || 'release';
export const binary = path.resolve(process.env.RF_BINARY || path.join(root, 'build', preset, 'racefacer-analysis'));

const SANITIZER_WORDS =
  /AddressSanitizer|LeakSanitizer|ThreadSanitizer|UndefinedBehaviorSanitizer|runtime error:|Assertion .* failed|stack smashing|free\(\): |malloc\(\): |double free/;

// Nothing of the environment the tests run in reaches the server, but what a program needs to run at all.
export function cleanEnv(settings = {}) {
  const env = {PATH: process.env.PATH, HOME: '/nonexistent', TZ: 'UTC', LANG: 'C.UTF-8'};
  for (const [name, value] of Object.entries(process.env))
    if (/^(ASAN|UBSAN|LSAN)_OPTIONS$/.test(name)) env[name] = value;
  env.UBSAN_OPTIONS ??= 'print_stacktrace=1';
  for (const [name, value] of Object.entries(settings)) if (value !== undefined) env[name] = String(value);
  return env;
}

// Runs the binary to its end. {code, signal, stdout, stderr}
export function runOnce(args, {env = {}, cwd, uid, gid, timeoutMs = 30000} = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, {cwd, uid, gid, env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe']});
    const out = {stdout: '', stderr: ''};
    child.stdout.on('data', (part) => (out.stdout += part));
    child.stderr.on('data', (part) => (out.stderr += part));
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const words = (out.stdout + out.stderr).match(SANITIZER_WORDS);
      if (words) reject(new Error(`the binary reports a fault of its own: ${out.stdout}${out.stderr}`));
      else resolve({code, signal, ...out});
    });
  });
}

export class Daemon {
  // The settings all tests share: loopback, quick reconnects, no limit that a polling test would run into.
  static defaults = {
    HOST: '127.0.0.1',
    LOG_LEVEL: 'debug',
    STORAGE_PATH: './storage',
    WS_RECONNECT_MIN_MS: 20,
    WS_RECONNECT_MAX_MS: 200,
    RATE_LIMIT_LIVE_PER_SECOND: 0,
    RATE_LIMIT_MAX_REQUESTS: 100000,
  };

  // Starts it and waits until it answers. `dir`: a folder to go on in, as after a restart. `wrapper`: a command to run it
  // by, which must become it in the end, as exec does.
  static async start(t, {env = {}, args = [], dir, port, wrapper = []} = {}) {
    assert.ok(existsSync(binary), `there is no ${binary}: build it first (script/test does)`);
    const daemon = new Daemon();
    daemon.t = t;
    daemon.dir = dir ?? tempDir(t);
    daemon.port = port ?? (await freePort());
    watchServer(daemon.port);
    daemon.command = [...wrapper, binary, ...args];
    daemon.env = {...Daemon.defaults, PORT: daemon.port, ...env};
    daemon.output = '';
    daemon.spawn();
    atEnd(t, () => daemon.end());
    await daemon.ready();
    return daemon;
  }

  spawn() {
    this.exit = null;
    this.mayEnd = false;
    this.child = spawn(this.command[0], this.command.slice(1), {
      cwd: this.dir,
      env: cleanEnv(this.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (part) => {
      this.output += part;
    };
    this.child.stdout.on('data', collect);
    this.child.stderr.on('data', collect);
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        this.exit = {code, signal};
        resolve(this.exit);
      });
    });
  }

  async ready() {
    await until(
      'the server answers /health',
      async () => {
        if (this.exit) return true;
        return (await this.get('/health')).status === 200;
      },
      {describe: () => this.tail()},
    );
    if (!this.exit) return;
    this.mayEnd = true; // it is told here
    throw new Error(`the server ended at once with ${JSON.stringify(this.exit)}:\n${this.tail()}`);
  }

  tail(bytes = 6000) {
    return `--- output of the server, its end:\n${this.output.slice(-bytes)}`;
  }

  checkOutput() {
    const words = this.output.match(SANITIZER_WORDS);
    if (words) {
      const from = Math.max(0, words.index - 500);
      throw new Error(`the server reports a fault of its own:\n${this.output.slice(from, from + 6000)}`);
    }
  }

  async waitExit(what, deadlineMs = 30000) {
    return until(`the server ends ${what}`, () => this.exit, {deadlineMs, describe: () => this.tail()});
  }

  // A signal that ends it. Whoever ends without one has crashed.
  kill(signal) {
    this.mayEnd = true;
    this.child.kill(signal);
  }

  // SIGTERM, and what a polite server does then: exit status 0.
  async stop() {
    this.kill('SIGTERM');
    const {code, signal} = await this.waitExit('after SIGTERM');
    this.checkOutput();
    assert.deepEqual({code, signal}, {code: 0, signal: null}, `SIGTERM should end it with 0\n${this.tail()}`);
  }

  // As when the power fails.
  async kill9() {
    this.kill('SIGKILL');
    await this.waitExit('after SIGKILL');
    this.checkOutput();
  }

  // The same folder, port and settings again.
  async restart() {
    this.spawn();
    await this.ready();
  }

  async end() {
    unwatchServer(this.port);
    if (!this.exit) {
      try {
        await this.stop();
      } finally {
        if (!this.exit) {
          this.kill('SIGKILL');
          await this.ended;
        }
      }
    }
    this.checkOutput();
    if (!this.mayEnd) throw new Error(`the server ended by itself with ${JSON.stringify(this.exit)}\n${this.tail()}`);
  }

  async get(target, options) {
    try {
      return await request(this.port, target, options);
    } catch (error) {
      if (this.exit) error.message += `; the server has ended with ${JSON.stringify(this.exit)}\n${this.tail()}`;
      throw error;
    }
  }

  async json(target, options) {
    const answer = await this.get(target, options);
    assert.equal(answer.status, 200, `GET ${target} → ${answer.status} ${answer.text.slice(0, 300)}`);
    return answer.json;
  }

  file(...parts) {
    return path.join(this.dir, 'storage', ...parts);
  }

  readJson(...parts) {
    return JSON.parse(readFileSync(this.file(...parts), 'utf8'));
  }

  async connected() {
    await until('the feed is connected', async () => (await this.json('/health')).websocket.connected === true, {
      describe: () => this.tail(),
    });
  }

  async disconnected() {
    await until(
      'the feed is noticed to be gone',
      async () => (await this.json('/health')).websocket.connected === false,
      {
        describe: () => this.tail(),
      },
    );
  }
}
