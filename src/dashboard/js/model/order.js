// How a list comes into another order with the fewest moves.

/**
 * Which of a list may stay where they are: as many as there are in the right order already.
 * @param {number[]} was where each was, in the new order; below 0: nowhere
 * @returns {Set<number>} places in the new order
 */
export function staying(was) {
  /** @type {number[]} the place at which the best run of each length ends: of all these, the one that was first */
  const ends = [];
  /** @type {number[]} for each place the one before it in its run */
  const before = [];
  was.forEach((at, place) => {
    before.push(-1);
    if (at < 0) return;
    let length = ends.length;
    while (length > 0 && was[ends[length - 1]] > at) length -= 1;
    before[place] = length > 0 ? ends[length - 1] : -1;
    ends[length] = place;
  });
  /** @type {Set<number>} */
  const found = new Set();
  for (let place = ends.at(-1) ?? -1; place >= 0; place = before[place]) found.add(place);
  return found;
}
