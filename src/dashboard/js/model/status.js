// The state of the server in words.
import {duration} from './format.js';

/**
 * @param {any} health the body of /health
 * @param {number} now
 * @returns {{text: string, kind: 'good' | 'fair' | 'bad', note: string}}
 */
export function feedState(health, now) {
  const feed = health?.websocket ?? {};
  const target = feed.target ? String(feed.target) : String(feed.source ?? '');
  if (!feed.connected) {
    const next = feed.nextAttempt ? Math.max(0, new Date(feed.nextAttempt).getTime() - now) : 0;
    const again = next > 0 ? `, next attempt in ${duration(next)}` : '';
    return {text: 'Not connected', kind: 'bad', note: `${feed.lastError ?? feed.state ?? target}${again}`};
  }
  const age = feed.newestFrameAgeMs;
  if (age === null || age === undefined) return {text: 'Connected', kind: 'good', note: `${target}, no frame yet`};
  const seen = `newest frame ${age < 2000 ? 'just now' : `${duration(age)} ago`}`;
  return {text: 'Connected', kind: age > 60000 ? 'fair' : 'good', note: [target, seen].filter(Boolean).join(', ')};
}

/** @param {any} health @returns {{text: string, kind: 'good' | 'bad', note: string}} */
export function storageState(health) {
  const storage = health?.storage ?? {};
  if (storage.state === 'failing') return {text: 'Failing', kind: 'bad', note: String(storage.error ?? '')};
  return {text: 'Well', kind: 'good', note: storage.unsaved ? `${storage.unsaved} unsaved` : 'everything is saved'};
}

/**
 * What is wrong, a sentence each.
 * @param {any} health @param {boolean} answered
 * @returns {string[]}
 */
export function faults(health, answered) {
  if (!answered) return ['The server does not answer.'];
  const reasons = Array.isArray(health?.reasons) ? health.reasons.map(String) : [];
  return reasons.map((/** @type {string} */ reason) => `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`);
}

/**
 * Laps of the sessions that began today.
 * @param {{laps?: number}[]} sessions
 */
export function lapsOf(sessions) {
  return sessions.reduce((sum, {laps}) => sum + (laps ?? 0), 0);
}
