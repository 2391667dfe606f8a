// What the address asks for: ?view=kart&session=…&kart=E05. The address is all the state that a reload keeps.

export const VIEWS = /** @type {const} */ ([
  'tower',
  'kart',
  'race',
  'compare',
  'results',
  'history',
  'status',
  'tv',
  'hud',
  'overlay',
]);

/** @typedef {typeof VIEWS[number]} View */
/**
 * @typedef {{
 *   view: View, session: string | null, track: string | null, kart: string | null, karts: string[],
 *   method: string | null, theme: string | null, rows: number | null, turn: number | null, search: Record<string, string>, page: number,
 * }} Route
 */

const SEARCH = ['event', 'driver', 'of', 'from', 'to'];

/** @param {string | null} text @returns {number | null} */
function positive(text) {
  const value = Math.floor(Number(text));
  return value > 0 ? value : null;
}

/** @param {string} query "?view=…" @returns {Route} */
export function parse(query) {
  const params = new URLSearchParams(query);
  const view = VIEWS.find((name) => name === params.get('view')) ?? 'tower';
  const track = params.get('track');
  const theme = params.get('theme');
  /** @type {Record<string, string>} */
  const search = {};
  for (const name of SEARCH) {
    const value = params.get(name);
    if (value) search[name] = value;
  }
  return {
    view,
    session: params.get('session') || null,
    track: track && /^-?\d{1,18}$/.test(track) ? track : null,
    kart: params.get('kart') || null,
    karts: params.getAll('karts').filter(Boolean),
    method: params.get('method'),
    theme: theme === 'dark' || theme === 'light' ? theme : null,
    rows: positive(params.get('rows')),
    turn: positive(params.get('turn')),
    search,
    page: Math.max(1, Math.floor(Number(params.get('page'))) || 1),
  };
}

/**
 * The address of a route; what is not given is left out.
 * @param {Partial<Route>} route
 * @returns {string}
 */
export function href(route) {
  const params = new URLSearchParams();
  if (route.view && route.view !== 'tower') params.set('view', route.view);
  for (const name of /** @type {const} */ (['session', 'track', 'kart', 'method', 'theme'])) {
    const value = route[name];
    if (value) params.set(name, value);
  }
  for (const kart of route.karts ?? []) params.append('karts', kart);
  for (const [name, value] of Object.entries(route.search ?? {})) if (value) params.set(name, value);
  if (route.rows) params.set('rows', String(route.rows));
  if (route.turn) params.set('turn', String(route.turn));
  if (route.page && route.page > 1) params.set('page', String(route.page));
  const text = params.toString();
  return text ? `?${text}` : '?';
}
