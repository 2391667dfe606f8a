// A client of the push stream, close to the wire: it can break off anywhere, and sees ids and event names as sent.
import http from 'node:http';
import {createGunzip} from 'node:zlib';

import {checkEvent} from './openapi.mjs';
import {atEnd, until} from './tools.mjs';

export class Stream {
  static open(t, daemon, {query = '', headers = {}, lastId, gzip = false} = {}) {
    const stream = new Stream();
    Object.assign(stream, {daemon, query, headers, gzip, events: [], lastId: lastId ?? '', connects: 0, errors: []});
    stream.connect();
    atEnd(t, () => stream.close());
    return stream;
  }

  connect() {
    this.connects += 1;
    this.rest = '';
    this.live = true;
    this.whole = false;
    const headers = {Accept: 'text/event-stream', ...this.headers};
    if (this.gzip) headers['Accept-Encoding'] = 'gzip';
    if (this.lastId) headers['Last-Event-ID'] = this.lastId;
    this.request = http.get(
      {host: '127.0.0.1', port: this.daemon.port, path: `/api/stream${this.query}`, headers, agent: false},
      (response) => {
        this.response = response;
        const packed = response.headers['content-encoding'] === 'gzip';
        const text = packed ? response.pipe(createGunzip()) : response;
        text.setEncoding('utf8');
        text.on('data', (part) => response === this.response && this.take(part)); // gunzip goes on after a cut
        text.on('end', () => (this.whole = response.complete)); // of gzip: its checksum and length were right
        for (const source of new Set([text, response])) source.on('error', (error) => this.errors.push(error));
        response.on('close', () => (this.live = false));
      },
    );
    this.request.on('error', (error) => {
      this.errors.push(error);
      this.live = false;
    });
  }

  take(part) {
    this.rest += part;
    for (let end = this.rest.indexOf('\n\n'); end >= 0; end = this.rest.indexOf('\n\n')) {
      const event = {name: 'message', data: ''};
      for (const line of this.rest.slice(0, end).split('\n')) {
        const [, field, value] = line.match(/^(\w+): ?(.*)$/) ?? [null, '?', line];
        if (field === 'data') event.data += value;
        else if (field === 'event') event.name = value;
        else event[field] = value;
      }
      this.rest = this.rest.slice(end + 2);
      event.json = JSON.parse(event.data);
      checkEvent(event.name, event.json);
      if (event.id) this.lastId = event.id;
      this.events.push(event);
    }
  }

  // Without a goodbye, wherever it is.
  cut() {
    this.request.destroy();
    this.response = null;
    this.live = false;
  }

  close() {
    this.cut();
  }

  of(name) {
    return this.events.filter((event) => event.name === name).map((event) => event.json);
  }

  // The events of a name once there are `count` of them.
  async have(name, count, more = {}) {
    await until(`${count} ${name} event(s) have come`, () => this.of(name).length >= count, {
      describe: () => `${JSON.stringify(this.events.map((e) => e.name))} ${this.errors}\n${this.daemon.tail()}`,
      ...more,
    });
    return this.of(name);
  }
}

// Laps as one line each, for comparing lists.
export const lapKey = (lap) => `${lap.runId}/${lap.lapNum}=${lap.timeRaw}`;

// What the laps of a race are, as events in the order of its crossings; for each run its own order is what counts.
export function drivenLaps(race) {
  return race.karts.flatMap((kart) => kart.laps.map((time, i) => `${kart.id}/${i + 2}=${time}`));
}
