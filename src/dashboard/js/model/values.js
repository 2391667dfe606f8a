// Reads the feed's fields: any number may be text, and "-" and "null" are nothing.

/** @param {unknown} value @returns {string} '' where there is nothing */
export function text(value) {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return '';
  const trimmed = value.trim();
  return trimmed === '-' || trimmed === 'null' ? '' : trimmed;
}

/** @param {unknown} value @returns {number | null} */
export function number(value) {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  const found = text(value);
  if (found === '') return null;
  const parsed = Number(found);
  return Number.isFinite(parsed) ? parsed : null;
}

/** @param {unknown} value */
export function flag(value) {
  return value === true || value === 'true' || value === 1 || value === '1';
}

/**
 * The kart's colour as CSS has it, or null.
 * @param {unknown} value
 */
export function color(value) {
  const found = text(value).replace(/^#/, '');
  return /^[0-9a-f]{6}$/i.test(found) ? `#${found.toLowerCase()}` : null;
}

/**
 * Black or white, whichever can be read on it.
 * @param {string} hex "#rrggbb"
 */
export function inkOn(hex) {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return luminance > 0.179 ? '#000' : '#fff';
}

/**
 * What a run is known by: the server's own rule. The same driver on another kart is another run.
 * @param {{runId?: unknown, kartId?: unknown, kart?: unknown, kartNumber?: unknown}} run
 */
export function keyOf({runId, kartId, kart, kartNumber}) {
  const [id, physical, label] = [text(runId), text(kartId), text(kart) || text(kartNumber)];
  if (id) return `${id}/${physical}`;
  return physical ? `k${physical}` : `l${label}`;
}

/** @param {import('./types.js').FeedRun} run */
export function keyOfRow(run) {
  return keyOf({runId: run.id, kartId: run.kart_id, kart: run.kart, kartNumber: run.kart_number});
}

/** Whether two values say the same. @param {unknown} a @param {unknown} b @returns {boolean} */
export function same(a, b) {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false;
  const [one, other] = [/** @type {Record<string, unknown>} */ (a), /** @type {Record<string, unknown>} */ (b)];
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => same(one[name], other[name]));
}
