// From laps to what the charts draw: one value for each lap number, null where there is none.

/** @import {LapBook} from './laps.js' */
/** @typedef {{x: number[], lines: (number | null)[][]}} Series */

/**
 * The lap numbers from the first to the last of these runs, without a hole.
 * @param {LapBook} book @param {string[]} keys
 */
export function lapNumbers(book, keys) {
  let [first, last] = [Infinity, 0];
  for (const key of keys) {
    for (const num of book.runs.get(key)?.laps.keys() ?? []) {
      first = Math.min(first, num);
      last = Math.max(last, num);
    }
  }
  return last === 0 ? [] : Array.from({length: last - first + 1}, (_, i) => first + i);
}

/**
 * Seconds of each lap. Excluded laps are left out: one spin would flatten all the rest.
 * @param {LapBook} book @param {string[]} keys
 * @returns {Series}
 */
export function lapTimes(book, keys) {
  const x = lapNumbers(book, keys);
  const lines = keys.map((key) => {
    const laps = book.runs.get(key)?.laps;
    return x.map((num) => {
      const lap = laps?.get(num);
      return lap?.valid ? lap.timeRaw / 1000 : null;
    });
  });
  return {x, lines};
}

/** @param {LapBook} book @param {string[]} keys @returns {Series} */
export function positions(book, keys) {
  const x = lapNumbers(book, keys);
  return {x, lines: keys.map((key) => x.map((num) => book.runs.get(key)?.laps.get(num)?.position || null))};
}

/**
 * Seconds behind whoever of the whole field first ended that lap, by the times at which the line was crossed.
 * @param {LapBook} book @param {string[]} keys
 * @returns {Series}
 */
export function gaps(book, keys) {
  const x = lapNumbers(book, keys);
  const first = x.map((num) => {
    let least = Infinity;
    for (const {laps} of book.runs.values()) least = Math.min(least, laps.get(num)?.timestamp || Infinity);
    return least;
  });
  const lines = keys.map((key) =>
    x.map((num, i) => {
      const at = book.runs.get(key)?.laps.get(num)?.timestamp;
      return at ? Math.max(0, (at - first[i]) / 1000) : null;
    }),
  );
  return {x, lines};
}

/**
 * From the least to the greatest value, or to where the outliers begin: a spin must not flatten a race.
 * @param {(number | null)[]} values
 * @returns {[number, number]}
 */
export function focus(values) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (sorted.length === 0) return [0, 1];
  const at = (/** @type {number} */ share) => sorted[Math.floor(share * (sorted.length - 1))];
  const [least, most] = [sorted[0], sorted[sorted.length - 1]];
  const fence = at(0.75) + 4 * Math.max(at(0.75) - at(0.25), 0.1);
  return [least, Math.min(most, fence)];
}
