// Attacks by what a request says.
import {addressOf, exchange, many, open, tally} from './attack-socket.mjs';

const request = (line, headers = '', body = '') => `${line}\r\nHost: x\r\n${headers}\r\n${body}`;
const CLOSE = 'Connection: close\r\n';

// Sends each of the requests several times; by its name: the statuses, and the longest wait for an answer.
async function sendEach(target, requests, times = 10) {
  const result = {};
  for (const [name, bytes] of Object.entries(requests)) {
    const answers = await many(times, 10, (i) => exchange(target, bytes, {from: addressOf(i)}));
    result[name] = {
      statuses: tally(answers.map((a) => a.statuses.join(' ') || a.failure || 'silence')),
      ms: Math.round(Math.max(...answers.map((a) => a.ms ?? Infinity))),
      smuggled: answers.some((a) => a.text.includes('smuggled')),
    };
  }
  return result;
}

export function headerFlood(target) {
  const small = (n) => request('GET /health HTTP/1.1', `${CLOSE}${'a: b\r\n'.repeat(n)}`);
  const large = (n) => request('GET /health HTTP/1.1', `${CLOSE}X-Long: ${'y'.repeat(n)}\r\n`);
  return sendEach(target, {
    'many 400': small(400),
    'many 1300': small(1300),
    'many 20000': small(20000),
    'one 9 kB': large(9000),
    'one 20 kB': large(20000),
    'one 1 MB': large(1_000_000),
    'name 20 kB': request('GET /health HTTP/1.1', `${CLOSE}${'n'.repeat(20000)}: y\r\n`),
    'cookies': request('GET /health HTTP/1.1', `${CLOSE}Cookie: ${'a=b;'.repeat(1500)}\r\n`),
  });
}

export function giantUrls(target) {
  const url = (text) => request(`GET ${text} HTTP/1.1`, CLOSE);
  return sendEach(target, {
    'path 9 kB': url(`/api/kart/${'y'.repeat(9000)}`),
    'path 20 kB': url(`/api/kart/${'y'.repeat(20000)}`),
    'path 1 MB': url(`/api/kart/${'y'.repeat(1_000_000)}`),
    'slashes': url('/'.repeat(8000)),
    'escapes': url(`/api/kart/${'%41'.repeat(2600)}`),
    'parameters': url(`/api/sessions?${'a=b&'.repeat(1500)}`),
    'parameters 400': url(`/health?${'a=b&'.repeat(400)}`),
    'parameters 200': url(`/health?${'a=b&'.repeat(200)}`),
    'query 9 kB': url(`/api/sessions?event=${'y'.repeat(9000)}`),
    'method 20 kB': request(`${'Y'.repeat(20000)} /health HTTP/1.1`, CLOSE),
  });
}

// Hundreds of requests in a row before the first answer is read.
export async function pipelining(target) {
  const each = 400;
  const all = await many(12, 12, async (i) => {
    const path = ['/health', '/api/current', '/api/analysis'][i % 3];
    const socket = await open(target, {from: addressOf(i)});
    socket.write(request(`GET ${path} HTTP/1.1`).repeat(each - 1) + request('GET /api/last HTTP/1.1', CLOSE));
    await socket.ended;
    // Split by hand: a body can be large, and is not read here.
    return tally([...socket.received.matchAll(/HTTP\/1\.1 (\d{3}) [^\r]*\r\n/g)].map((match) => match[1]));
  });
  return {each, all};
}

const NEXT = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';

export function bodies(target) {
  const chunks = (n) => `${n.toString(16)}\r\n${'z'.repeat(n)}\r\n0\r\n\r\n`;
  const chunked = `Transfer-Encoding: chunked\r\n${CLOSE}`;
  return sendEach(target, {
    'GET 36': request('GET /health HTTP/1.1', `${CLOSE}Content-Length: ${NEXT.length}\r\n`, NEXT),
    'GET 1 MB': request('GET /health HTTP/1.1', `${CLOSE}Content-Length: 1000000\r\n`, 'z'.repeat(1_000_000)),
    'GET chunked': request('GET /health HTTP/1.1', chunked, chunks(5000)),
    'GET chunked 200 kB': request('GET /health HTTP/1.1', chunked, chunks(200_000)),
    'POST 36': request('POST /health HTTP/1.1', `Content-Length: ${NEXT.length}\r\n`, NEXT),
    'bad chunk': request('GET /health HTTP/1.1', chunked, 'zz\r\nhello\r\n0\r\n\r\n'),
    'trailers': request('GET /health HTTP/1.1', chunked, `0\r\n${'a: b\r\n'.repeat(3000)}\r\n`),
  });
}

export function badMethods(target) {
  const methods = ['POST', 'PUT', 'PATCH', 'TRACE', 'CONNECT', 'BREW', 'get', 'PRI', 'G\u0001T', 'M'.repeat(5000)];
  return sendEach(
    target,
    Object.fromEntries(methods.map((m) => [m.slice(0, 20), request(`${m} /api/current HTTP/1.1`, CLOSE)])),
  );
}

// Requests whose end two readers would see in different places.
export function conflicting(target) {
  const post = (headers, body) => request('POST /health HTTP/1.1', headers, body);
  const get = (headers, body) => request('GET /health HTTP/1.1', headers, body);
  const length = (value) => `Content-Length: ${value}\r\n`;
  const encoding = (value) => `Transfer-Encoding: ${value}\r\n`;
  const chunks = `0\r\n\r\n${NEXT}`;
  const cases = {};
  for (const [name, make] of Object.entries({POST: post, GET: get})) {
    cases[`${name} length and chunked`] = make(length(5) + encoding('chunked'), chunks);
    cases[`${name} chunked and length`] = make(encoding('chunked') + length(50), chunks);
    cases[`${name} two lengths`] = make(length(0) + length(36), NEXT);
    cases[`${name} twice the same`] = make(length(36) + length(36), NEXT);
    cases[`${name} list of lengths`] = make(length('0, 36'), NEXT);
    cases[`${name} negative`] = make(length(-36), NEXT);
    cases[`${name} huge`] = make(length('99999999999999999999'), NEXT);
    cases[`${name} plus`] = make(length('+0'), NEXT);
    cases[`${name} other encoding`] = make(encoding('gzip, chunked'), chunks);
    cases[`${name} two encodings`] = make(encoding('chunked') + encoding('identity'), chunks);
    cases[`${name} blank before colon`] = make('Content-Length : 36\r\n', NEXT);
  }
  return sendEach(target, cases, 4);
}
