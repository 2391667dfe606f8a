// The answers of the server, held against its own document of the API: every answer that the tests get, see tools.mjs.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import addFormats from 'ajv-formats';
import Ajv from 'ajv/dist/2020.js';

const file = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../src/http/openapi.json');
export const openapi = JSON.parse(readFileSync(file, 'utf8'));

const ajv = new Ajv({strict: false, validateFormats: true});
addFormats(ajv);
ajv.addSchema(openapi, 'openapi');

// Schemas are compiled once for each process, when the first answer of their kind comes.
const compiled = new Map();
export function validator(pointer) {
  if (!compiled.has(pointer)) compiled.set(pointer, ajv.compile({$ref: `openapi#${pointer}`}));
  return compiled.get(pointer);
}

const escape = (name) => name.replaceAll('~', '~0').replaceAll('/', '~1');

// What a reference stands for, and the pointer to it.
function resolve(value, pointer) {
  if (!value?.$ref) return {value, pointer};
  const parts = value.$ref.slice(2).split('/');
  return {value: parts.reduce((at, part) => at[part], openapi), pointer: value.$ref.slice(1)};
}

const patterns = Object.keys(openapi.paths).map((name) => ({name, segments: name.split('/')}));

// The path of the document that a request's target means; undefined: none.
export function pathOf(target) {
  const segments = target.replace(/\?.*$/s, '').replace(/(?<=.)\/$/s, '').split('/');
  return patterns.find(
    (pattern) =>
      pattern.segments.length === segments.length &&
      pattern.segments.every((part, i) => (part.startsWith('{') ? segments[i] !== '' : part === segments[i])),
  )?.name;
}

// What may be the answer of any request at all, and of one that the document has no operation for.
const ANYWHERE = {
  400: 'BadRequest',
  408: 'RequestTimeout',
  413: 'ContentTooLarge',
  414: 'UriTooLong',
  429: 'TooManyRequests',
  431: 'HeadersTooLarge',
  503: 'Unavailable',
};

function find(method, name, status) {
  const key = method === 'HEAD' ? 'get' : method.toLowerCase();
  const operation = openapi.paths[name]?.[key];
  if (method === 'OPTIONS' && status === 204) return resolve({$ref: '#/components/responses/Preflight'});
  if (operation) return resolve(operation.responses[status], `/paths/${escape(name)}/${key}/responses/${status}`);
  const other = name ? {405: 'MethodNotAllowed', 501: 'MethodNotKnown'} : {404: 'UnknownEndpoint'};
  const response = {...ANYWHERE, ...other}[status];
  return resolve(response && {$ref: `#/components/responses/${response}`});
}

function checkHeaders(response, headers, what) {
  for (const [name, given] of Object.entries(response.headers ?? {})) {
    const {value: header, pointer} = resolve(given, '');
    const value = headers[name.toLowerCase()];
    if (value === undefined) assert.ok(!header.required, `${what}: the header ${name} is missing`);
    else if (pointer) check(`${pointer}/schema`, value, `${what}: the header ${name}`);
  }
}

export function check(pointer, value, what) {
  const validate = validator(pointer);
  if (!validate(value)) {
    const [fault] = validate.errors;
    const place = fault.instancePath.split('/').slice(1);
    const shown = place.reduce((at, part) => at?.[part], value) ?? value;
    assert.fail(
      `${what} is not as ${pointer} has it: ${fault.instancePath} ${fault.message} ${JSON.stringify(fault.params)} ` +
        `in ${JSON.stringify(shown)?.slice(0, 600)}`,
    );
  }
}

// What was asked and answered so far, by this process: "GET /api/kart/{kart} 404".
export const seen = new Set();
let last = {};

// Fails unless the answer is as the document has it.
export function checkAnswer({method = 'GET', target, status, headers, text}) {
  const name = pathOf(target);
  const what = `${method} ${target.slice(0, 200)} → ${status}`;
  const {value: response, pointer} = find(method, name, status);
  assert.ok(response, `${what} is not in the document: ${text.slice(0, 300)}`);
  seen.add(`${method} ${name ?? 'other'} ${status}`);
  checkHeaders(response, headers, what);
  if (!response.content || method === 'HEAD') {
    assert.equal(text, '', `${what} has no body`);
    return;
  }
  const type = headers['content-type']?.replace(/;.*$/, '');
  assert.ok(response.content[type], `${what}: ${type} is not in the document`);
  if (last.pointer === pointer && last.text === text) return; // a poll of what has not changed
  const value = type === 'application/json' ? JSON.parse(text) : text;
  check(`${pointer}/content/${escape(type)}/schema`, value, what);
  last = {pointer, text};
}

// An event of the push stream.
export function checkEvent(name, value) {
  const pointer = '/paths/~1api~1stream/get/responses/200/content/text~1event-stream';
  const events = openapi.paths['/api/stream'].get.responses[200].content['text/event-stream']['x-events'];
  assert.ok(events[name], `there is no event ${name} in the document`);
  check(`${pointer}/x-events/${name}`, value, `the event ${name}`);
}

const servers = new Set();
export const isServer = (port) => servers.has(Number(port));
export const watchServer = (port) => servers.add(Number(port));
export const unwatchServer = (port) => servers.delete(Number(port));
