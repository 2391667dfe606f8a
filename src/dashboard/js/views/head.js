// The head of a session: what it is, what is left of it, and the tracks to switch between.
import {el, fill, setAttribute, setText} from '../dom/el.js';
import {choice} from '../dom/parts.js';
import {remaining, statusOf} from '../model/clock.js';
import {dateTime, lapTime} from '../model/format.js';
import {href} from '../model/route.js';
import {sessionBest} from '../model/rows.js';
import {text} from '../model/values.js';

/** @import {Context} from './context.js' */
/** @import {SessionData} from '../model/types.js' */

const STATUS = {running: 'Running', finished: 'Finished', waiting: 'Not started', cancelled: 'Cancelled', '': ''};

/** @param {SessionData | null} data @param {string} [fallback] */
export function eventName(data, fallback = 'Session') {
  return text(data?.eventName) || text(data?.event_name) || fallback;
}

/** Where the tracks differ, the choice of one; in a stored session, none. @param {Context} ctx */
export function trackChoice({live, record, route}) {
  if (!record.isLive || live.sessions.length < 2) return null;
  const current = live.sessionId;
  return choice(
    'Track',
    [...live.sessions]
      .sort((a, b) => (a.trackConfig ?? 0) - (b.trackConfig ?? 0))
      .map(({sessionId, eventName: event, trackConfig}) => ({
        text: trackConfig === undefined ? event : `Track ${trackConfig} · ${event}`,
        href: href({view: route.view, theme: route.theme, rows: route.rows, track: String(trackConfig ?? '')}),
        current: sessionId === current,
      })),
  );
}

/** The best lap of all and who drove it. @param {Context['record']} record */
export function fastest(record) {
  const karts = [...record.karts().values()];
  const best = sessionBest(karts);
  const kart = best === null ? undefined : karts.find(({bestLap}) => bestLap === best);
  return {
    time: best === null ? '' : (kart?.bestLapFormatted ?? lapTime(best)),
    name: kart?.driverName ?? '',
    kart: kart?.kart ?? kart?.kartNumber ?? '',
  };
}

/** @param {Context} ctx */
export function head(ctx) {
  const {record, live} = ctx;
  const status = el('span.status');
  const title = el('h1', null);
  const where = el('p.where');
  const best = el('div.fact.fastest', null, el('span.label', null, 'Fastest lap'), el('b'), el('bdi.by'));
  const lap = el('div.fact', null, el('span.label', null, 'Laps'), el('b'));
  const left = el('div.fact.clock', {role: 'timer'}, el('span.label'), el('b'));
  const tracks = el('div.tracks');
  const node = el(
    'section.head',
    {'aria-label': 'Session'},
    el('div.what', null, el('div.line', null, title, status), where),
    el('div.facts', null, best, lap, left),
    tracks,
  );
  let shown = '';

  /** @param {Element} fact @param {string} value @param {string} [by] */
  function set(fact, value, by) {
    setText(/** @type {Element} */ (fact.querySelector('b')), value);
    if (by !== undefined) setText(/** @type {Element} */ (fact.querySelector('.by')), by);
    fact.toggleAttribute('hidden', value === '');
  }

  function update() {
    const {data} = record;
    const kind = record.isLive ? statusOf(data) : 'finished';
    setText(title, record.stored?.eventName || eventName(data));
    setText(status, record.isLive ? (live.live ? STATUS[kind] : 'Silent') : 'Stored');
    setAttribute(status, 'data-kind', record.isLive ? (live.live ? kind : 'silent') : 'stored');
    setText(
      where,
      record.stored ? `${record.stored.trackName ?? ''} · ${dateTime(record.stored.date)}` : text(data?.track_name),
    );
    const first = fastest(record);
    set(best, first.time, first.name);
    const clock = record.isLive ? remaining(data, performance.now() - live.frameAt) : {main: '', label: '', side: ''};
    set(lap, clock.side);
    setText(/** @type {Element} */ (left.querySelector('.label')), clock.label);
    set(left, clock.main);
    const now = JSON.stringify([live.sessions, live.sessionId]);
    if (now === shown) return;
    shown = now;
    fill(
      tracks,
      record.isLive ? trackChoice(ctx) : el('a', {href: href({theme: ctx.route.theme})}, 'Back to the live session'),
    );
  }
  return {node, update};
}
