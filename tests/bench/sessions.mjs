// Stored sessions by the ten thousand: one that the server has written itself, under other ids, dates and drivers.
import {mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {Race} from '../integration/lib/race.mjs';
import {bigField, finish, play} from '../integration/lib/scene.mjs';
import {until} from '../integration/lib/tools.mjs';

const FIRST = ['Ana', 'Bořek', 'Zoë', 'Иван', '太郎', 'Maximiliana', 'Jo', 'Íñigo', 'Grace', 'Ayrton', 'Li', 'Sofía'];
const LAST = ['Example', 'Říha', 'Peñarrubia', 'Петров', '山田', 'van der Berg', 'Smith', 'Okafor', 'Nguyễn', 'Kim'];
const NEWEST = Date.UTC(2026, 10, 1, 20);

export const driverOf = (n) => `${FIRST[n % FIRST.length]} ${LAST[(n * 7) % LAST.length]} ${n % 5000}`;

const idAt = (ms, n) => `${new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')}-session-${n}-t1`;

// A race as the server stores it: {text, id}
export async function storedSession(ground, {karts, laps}) {
  const scene = await ground.scene();
  const race = new Race({event: 'Session #77', track: 1, karts: bigField({count: karts, laps, base: 27000})});
  await play(scene, race);
  const {sessionId: id} = await finish(scene, race);
  const folder = scene.daemon.file('sessions');
  const text = await until('it is saved', () => {
    const all = readFileSync(path.join(folder, readdirSync(folder)[0]), 'utf8');
    return all.includes('"isComplete":true') && all;
  });
  await scene.daemon.stop();
  await scene.feed.stop();
  return {text, id};
}

// The text where its id, its name, its day and its drivers stand is cut there, and put together anew for each.
function cut({text, id}) {
  const {date} = JSON.parse(text);
  const day = date.slice(0, 10);
  const parts = text.split(new RegExp(`(${id}|Session #77|${day}T\\d\\d:\\d\\d|Driver \\d+)`));
  return {parts, id};
}

const driverIn = (part, n) => driverOf(n * 13 + Number(part.slice(7)) * 31);

// The session of `at`, the nth.
function made({parts, id}, at, n) {
  const iso = new Date(at).toISOString().slice(0, 16);
  const [own, out] = [idAt(at, n), new Array(parts.length)];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (i % 2 === 0) out[i] = part;
    else if (part === id) out[i] = own;
    else if (part.startsWith('S')) out[i] = `Session #${n}`;
    else if (part.startsWith('D')) out[i] = driverIn(part, n);
    else out[i] = iso;
  }
  return {id: own, text: out.join('')};
}

// Fills `folder`/sessions with `count` of them, ten minutes apart, the newest first. Returns their ids.
export function storeSessions(folder, template, count) {
  const sessions = path.join(folder, 'sessions');
  mkdirSync(sessions, {recursive: true});
  const pieces = cut(template);
  return Array.from({length: count}, (_, n) => {
    const {id, text} = made(pieces, NEWEST - n * 600_000, n);
    writeFileSync(path.join(sessions, `session-${id}.json`), text);
    return id;
  });
}
