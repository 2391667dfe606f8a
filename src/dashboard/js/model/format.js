// Times and sizes as text. What the server formats is shown as it comes; these are for what only the page knows.

const MINUS = '\u2212';

/** @param {number} value @param {number} digits */
const pad = (value, digits) => String(value).padStart(digits, '0');

/**
 * 26521 → "26.521", 62711 → "1:02.711".
 * @param {number | null | undefined} ms
 */
export function lapTime(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms) || ms <= 0) return '--.-';
  const whole = Math.round(ms);
  const seconds = Math.floor(whole / 1000);
  const rest = pad(whole % 1000, 3);
  if (seconds < 60) return `${seconds}.${rest}`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${pad(seconds % 60, 2)}.${rest}`;
  return `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}.${rest}`;
}

/**
 * With its sign: "+0.123", "−0.045".
 * @param {number | null | undefined} ms
 */
export function delta(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '';
  const whole = Math.abs(Math.round(ms));
  const sign = ms < 0 && whole > 0 ? MINUS : '+';
  return sign + (whole < 60000 ? `${Math.floor(whole / 1000)}.${pad(whole % 1000, 3)}` : lapTime(whole));
}

/**
 * 432 → "7:12", 4032 → "1:07:12".
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m, 2)}:${pad(s, 2)}` : `${m}:${pad(s, 2)}`;
}

/**
 * How long something took, roughly: "45 s", "12 min", "3 h 5 min", "2 d 4 h".
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${Math.floor(hours / 24)} d`;
}

/** @param {number} count */
export function bytes(count) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = count;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/**
 * Day and time where the reader is.
 * @param {string | number} when
 */
export function dateTime(when) {
  const date = new Date(when);
  if (Number.isNaN(date.getTime())) return '';
  return date.toLocaleString(undefined, {dateStyle: 'medium', timeStyle: 'short'});
}

/**
 * "1 lap", "2 laps".
 * @param {number} count @param {string} word
 */
export function plural(count, word) {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
