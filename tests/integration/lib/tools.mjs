// What every test needs: waiting for a condition, HTTP requests, temporary folders.
import {mkdtempSync, rmSync} from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';

import {checkAnswer, isServer} from './openapi.mjs';

// Sanitizers slow the server down, and a busy machine everything: deadlines are there to end a test that hangs, never to
// measure.
const DEADLINE_MS = Number(process.env.RF_TEST_DEADLINE_MS || 60000);

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Asks again and again until `probe` gives something true, and returns that. An exception counts as "not yet".
export async function until(what, probe, {deadlineMs = DEADLINE_MS, everyMs = 25, describe = () => ''} = {}) {
  const end = Date.now() + deadlineMs;
  let last;
  for (;;) {
    try {
      const found = await probe();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(
        `waited ${deadlineMs} ms in vain: ${what}; last: ${last?.stack ?? JSON.stringify(last)}\n${describe()}`,
      );
    }
    await sleep(everyMs);
  }
}

const cleanups = new WeakMap();

// Does this at the end of the test, the last registered first; all are done, and the first that fails fails the test.
export function atEnd(t, action) {
  if (!cleanups.has(t)) {
    const actions = [];
    cleanups.set(t, actions);
    t.after(async () => {
      let failed;
      for (const one of actions.reverse()) {
        try {
          await one();
        } catch (error) {
          failed ??= error;
        }
      }
      if (failed) throw failed;
    });
  }
  cleanups.get(t).push(action);
}

export function tempDir(t, name = 'rf-test-') {
  const dir = mkdtempSync(path.join(os.tmpdir(), name));
  atEnd(t, () => rmSync(dir, {recursive: true, force: true}));
  return dir;
}

// One request on a connection of its own. {status, headers, text, json}. What the server answers is held against its
// document of the API.
export function request(
  port,
  target,
  {method = 'GET', headers = {}, body, host = '127.0.0.1', timeoutMs = DEADLINE_MS} = {},
) {
  return new Promise((resolve, reject) => {
    const req = http.request({host, port, path: target, method, headers, agent: false}, (res) => {
      const parts = [];
      res.on('data', (part) => parts.push(part));
      res.on('error', reject);
      res.on('end', () => {
        const bytes = Buffer.concat(parts); // as sent
        const packed = bytes.length > 0 && res.headers['content-encoding'] === 'gzip';
        const text = (packed ? gunzipSync(bytes) : bytes).toString('utf8');
        try {
          if (isServer(port)) checkAnswer({method, target, status: res.statusCode, headers: res.headers, text});
        } catch (error) {
          reject(error);
          return;
        }
        resolve({
          status: res.statusCode,
          headers: res.headers,
          bytes,
          text,
          get json() {
            return JSON.parse(text);
          },
        });
      });
    });
    req.setTimeout(timeoutMs, () => req.destroy(new Error(`no answer to ${method} ${target} in ${timeoutMs} ms`)));
    req.on('error', reject);
    req.end(body);
  });
}

// Sends bytes as they are and returns all that comes until the server closes, for requests no HTTP client would send.
export function rawRequest(port, bytes, {timeoutMs = 15000} = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    const parts = [];
    const done = () => resolve(Buffer.concat(parts).toString('latin1'));
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`no end of the answer to ${JSON.stringify(bytes.slice(0, 80))}`)),
    );
    socket.on('data', (part) => parts.push(part));
    socket.on('error', (error) => (error.code === 'ECONNRESET' ? done() : reject(error)));
    socket.on('close', done);
  });
}

// GET of a raw path, byte for byte, that an HTTP client would have normalised. {status, text}
export async function rawGet(port, rawPath) {
  const answer = await rawRequest(port, `GET ${rawPath} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  const status = Number(answer.match(/^HTTP\/1\.1 (\d{3})/)?.[1] ?? 0);
  const head = answer.slice(0, Math.max(0, answer.indexOf('\r\n\r\n')));
  const headers = Object.fromEntries([...head.matchAll(/^([\w-]+): (.*?)\r?$/gm)].map(([, k, v]) => [k.toLowerCase(), v]));
  if (status !== 0 && isServer(port)) {
    const text = Buffer.from(answer.slice(head.length + 4), 'latin1').toString('utf8');
    checkAnswer({target: rawPath, status, headers, text});
  }
  return {status, text: answer};
}

// Fails unless `value` has every field of `template`, whose leaves name types: 'string', 'number', 'boolean', 'object',
// 'any', or several joined by |; 'iso' is a time of day. A list's template has one element, which all elements follow.
export function assertShape(value, template, at = '$') {
  if (typeof template === 'string') {
    const ok = template.split('|').some((type) => {
      if (type === 'any') return value !== undefined;
      if (type === 'null') return value === null;
      if (type === 'iso') return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
      if (type === 'int') return Number.isInteger(value);
      if (type === 'object') return value !== null && typeof value === 'object' && !Array.isArray(value);
      return typeof value === type;
    });
    if (!ok) throw new Error(`${at} should be ${template}, is ${JSON.stringify(value)?.slice(0, 200)}`);
    return;
  }
  if (Array.isArray(template)) {
    if (!Array.isArray(value)) throw new Error(`${at} should be a list, is ${JSON.stringify(value)?.slice(0, 200)}`);
    value.forEach((element, i) => assertShape(element, template[0], `${at}[${i}]`));
    return;
  }
  if (value === null || typeof value !== 'object')
    throw new Error(`${at} should be an object, is ${JSON.stringify(value)}`);
  for (const [name, inner] of Object.entries(template)) {
    if (!(name in value)) throw new Error(`${at}.${name} is missing; there are: ${Object.keys(value)}`);
    assertShape(value[name], inner, `${at}.${name}`);
  }
}
