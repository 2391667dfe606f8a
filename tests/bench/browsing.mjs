// What those ask who look through the history, by kind.
import {driverOf} from './sessions.mjs';

const MANY = 400; // of a kind, so that no answer is just the last one again
const many = (path) => Array.from({length: MANY}, (_, i) => path(i));

const name = (n) => encodeURIComponent(driverOf(n));
const day = (n) => new Date(Date.UTC(2024, 11, 1) + n * 86400_000).toISOString().slice(0, 10);

// So many of them, from all over.
export const spread = (items, count) => Array.from({length: count}, (_, i) => items[Math.floor((i * items.length) / count)]);

// {kind: paths} in a store of `count` sessions, some of them `ids`, one large.
export const questions = ({count, ids, large}) => ({
  'the newest 50': ['/api/sessions?limit=50'],
  '50 from anywhere': many((i) => `/api/sessions?limit=50&offset=${Math.floor((count * i) / MANY)}`),
  'by driver': many((i) => `/api/sessions?limit=50&driver=${name(i * 7)}`),
  'by a driver who is not there': many((i) => `/api/sessions?limit=50&driver=nobody%20${i}`),
  'by event': many((i) => `/api/sessions?limit=50&event=Session%20%23${i}`),
  'by a week': many((i) => `/api/sessions?limit=50&from=${day(i)}&to=${day(i + 7)}`),
  'a session of 42 kB': spread(ids, 100).map((id) => `/api/sessions/${id}`),
  'a session of 1 MB': [`/api/sessions/${large}`],
});
