// Figures: sides taken in turn, medians, and whether a goal is met.

export const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
};

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

// Of times that this process took, what the load tools say of theirs.
export const spreadOf = (times) => ({answers: times.length, median_ms: median(times), p99_ms: quantile(times, 0.99), worst_ms: Math.max(...times)});

// A B C A B C …: {side: [what it gave in each round]}. What else the machine does then befalls all of them.
export async function inTurn(rounds, sides) {
  const results = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, measure] of Object.entries(sides)) results[name].push(await measure(round));
  return results;
}

// The median of a field over the rounds of a side.
export const medianOf = (rounds, field) => median(rounds.map((one) => one[field]));

// Each round's figures of one side against the other's of the same round, and of these the median.
export const ratioOf = (rounds, others, field) => median(rounds.map((one, i) => one[field] / others[i][field]));

// To three digits, and no further than makes sense.
export function short(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

// bound: '≥ 25', '< 50': a goal as the report shows it. A value that could not be measured does not meet it.
export function goal(what, value, unit, bound) {
  const [, sign, number] = bound.match(/^([≥≤<>]) ([\d.]+)$/);
  const limit = Number(number);
  const met = {'≥': value >= limit, '≤': value <= limit, '<': value < limit, '>': value > limit}[sign];
  return {what, value, unit, bound, met};
}
