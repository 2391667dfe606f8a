// Flat or not: a line through the last three quarters of a run, and its last quarter against its second.
const SHORT_SECONDS = 20 * 60;

export function slopePerDay(seconds, values) {
  const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
  const [x, y] = [mean(seconds), mean(values)];
  let [up, across] = [0, 0];
  seconds.forEach((at, i) => {
    up += (at - x) * (values[i] - y);
    across += (at - x) ** 2;
  });
  return across === 0 ? 0 : (up / across) * 86400;
}

// The first quarter is left out: caches fill, and the first sessions are kept.
// A short run says more of its last minute than of a day: its figures are told, and not judged.
export function judge(seconds, values, perDayBound) {
  const end = seconds.at(-1);
  const within = (from, to) => values.filter((_, i) => seconds[i] >= from * end && seconds[i] <= to * end);
  const start = seconds.findIndex((at) => at >= end / 4);
  const perDay = slopePerDay(seconds.slice(start), values.slice(start));
  const [second, last] = [Math.max(...within(0.25, 0.5)), Math.max(...within(0.75, 1))];
  const short = end < SHORT_SECONDS;
  return {
    perDay,
    perDayBound,
    short,
    secondQuarter: second,
    lastQuarter: last,
    flat: short || (perDay < perDayBound && last <= 1.1 * second),
  };
}
