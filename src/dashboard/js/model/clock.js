// The session's clock and its laps to go.
import {clock, plural} from './format.js';
import {number, text} from './values.js';

/** @import {SessionData} from './types.js' */

const DRIFT_MS = 5000; // so long the clock goes on by itself between two frames

/**
 * What is left of the session: {main: "7:12", main's name, side: "Lap 9 of 20"}.
 * @param {SessionData | null} data
 * @param {number} ageMs since the frame came
 * @returns {{main: string, label: string, side: string}}
 */
export function remaining(data, ageMs) {
  if (!data) return {main: '', label: '', side: ''};
  const total = number(data.total_laps);
  const current = number(data.current_lap);
  const lap = current && total ? `Lap ${Math.min(current, total)} of ${total}` : '';
  if (text(data.duration_type) === 'laps' && total) {
    return {main: plural(Math.max(0, total - (current ?? 0)), 'lap'), label: 'To go', side: lap};
  }
  const left = number(data.time_left_in_seconds);
  if (left === null) return {main: text(data.time_left), label: 'Time left', side: lap};
  const running = statusOf(data) === 'running';
  const passed = running ? Math.floor(Math.min(Math.max(ageMs, 0), DRIFT_MS) / 1000) : 0;
  return {main: clock(left - passed), label: 'Time left', side: lap};
}

/**
 * @param {SessionData | null} data
 * @returns {'running' | 'finished' | 'waiting' | 'cancelled' | ''}
 */
export function statusOf(data) {
  switch (text(data?.status_string).toLowerCase()) {
    case 'in_progress':
    case 'running':
      return 'running';
    case 'finished':
      return 'finished';
    case 'scheduled':
    case 'not_started':
      return 'waiting';
    case 'cancelled':
      return 'cancelled';
    default:
      return '';
  }
}
