// Results by scoring method. Every value is the server's; only the order is made here.
import {delta, plural} from './format.js';

/** @import {Kart} from './types.js' */

/**
 * @typedef {{
 *   name: string, about: string, value: (kart: Kart) => number | undefined, shown: (kart: Kart) => string | undefined,
 *   behind: (kart: Kart, first: Kart) => string, order: (a: Kart, b: Kart) => number,
 * }} Method
 */

/** @param {number | undefined} a @param {number | undefined} b */
const ascending = (a, b) => (a ?? Infinity) - (b ?? Infinity);

/**
 * The less the better.
 * @param {string} name @param {string} about
 * @param {(kart: Kart) => number | undefined} value @param {(kart: Kart) => string | undefined} shown
 * @param {(ms: number) => string} [difference]
 * @returns {Method}
 */
function least(name, about, value, shown, difference = delta) {
  return {
    name,
    about,
    value,
    shown,
    behind: (kart, first) => difference((value(kart) ?? NaN) - (value(first) ?? NaN)),
    order: (a, b) => ascending(value(a), value(b)) || ascending(a.bestLap, b.bestLap),
  };
}

/** @param {number} laps */
const lapsBehind = (laps) => `${plural(laps, 'lap')} fewer`;

/** @type {Record<string, Method>} */
export const METHODS = {
  best: least(
    'Fastest lap',
    'The fastest valid lap wins.',
    (k) => k.bestLap,
    (k) => k.bestLapFormatted,
  ),
  total: {
    name: 'Total time',
    about: 'Most valid laps first; of equals the least time for them.',
    value: (k) => k.totalTime,
    shown: (k) => k.totalTimeFormatted,
    behind: (kart, first) =>
      kart.validLaps < first.validLaps
        ? lapsBehind(first.validLaps - kart.validLaps)
        : delta((kart.totalTime ?? NaN) - (first.totalTime ?? NaN)),
    order: (a, b) => b.validLaps - a.validLaps || ascending(a.totalTime, b.totalTime),
  },
  average: least(
    'Average',
    'The least average of all valid laps wins.',
    (k) => k.avgLapTime,
    (k) => k.avgLapTimeFormatted,
  ),
  best3: least(
    'Best 3',
    'The least average of the three fastest laps wins.',
    (k) => k.best3Avg,
    (k) => k.best3AvgFormatted,
  ),
  consistency: least(
    'Consistency',
    'Whose lap times vary the least wins: their standard deviation.',
    (k) => k.consistency,
    (k) => k.consistencyFormatted,
    (seconds) => delta(seconds * 1000),
  ),
  laps: {
    name: 'Laps',
    about: 'Most laps win; of equals the least time for them.',
    value: (k) => k.totalLaps,
    shown: (k) => String(k.totalLaps),
    behind: (kart, first) => (kart.totalLaps < first.totalLaps ? lapsBehind(first.totalLaps - kart.totalLaps) : ''),
    order: (a, b) => b.totalLaps - a.totalLaps || ascending(a.elapsedTime, b.elapsedTime),
  },
};

/**
 * @param {Kart[]} karts the ranked ones
 * @param {string} method a key of METHODS
 * @returns {{rank: number, kart: Kart, value: string, behind: string}[]}
 */
export function results(karts, method) {
  const {order, shown, behind} = METHODS[method] ?? METHODS.best;
  const sorted = [...karts].sort(order);
  return sorted.map((kart, i) => ({
    rank: i + 1,
    kart,
    value: shown(kart) ?? '',
    behind: i === 0 ? '' : behind(kart, sorted[0]),
  }));
}
