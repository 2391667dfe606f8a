// Views without controls: for a wall, for a driver's phone, and transparent, for streaming software.
import {el, fill, setAttribute, setText} from '../dom/el.js';
import {Keyed} from '../dom/keyed.js';
import {empty, flash, light, paint, setName} from '../dom/parts.js';
import {remaining} from '../model/clock.js';
import {delta, lapTime} from '../model/format.js';
import {keyOf} from '../model/values.js';
import {trouble} from '../shell.js';
import {eventName, fastest} from './head.js';
import {KartFollower} from './kart.js';
import {gainText} from './tower.js';

/** @import {Context, View} from './context.js' */
/** @import {Row} from '../model/types.js' */

const SEEK_MS = 4000; // between two tracks that a kart is looked for on
const TURN_S = 20; // a track's time on the wall, where the address names none

/** @param {string[]} fields @returns {(first: Row) => import('../dom/keyed.js').Line<Row>} */
function maker(fields) {
  return () => {
    const plate = el('span.plate');
    /** @type {Record<string, HTMLElement>} */
    const cells = {};
    for (const field of fields) cells[field] = field === 'name' ? el('bdi.name') : el(`span.${field}`);
    cells.kart?.append(plate);
    const glow = light();
    const node = el('li.flashes', null, Object.values(cells), glow);
    let laps = '';
    return {
      node,
      /** @param {Row} row */
      update(row) {
        setText(plate, row.plate);
        paint(plate, row.color);
        for (const field of fields) {
          const cell = cells[field];
          if (field === 'name') setName(cell, row.name || `Kart ${row.kart}`);
          else if (field === 'gain') {
            setText(cell, gainText(row.gain));
            setAttribute(cell, 'data-way', row.gain > 0 ? 'up' : row.gain < 0 ? 'down' : '');
          } else if (field !== 'kart') setText(cell, String(row[/** @type {'pos'} */ (field)]));
        }
        if (cells.last) setAttribute(cells.last, 'data-mark', row.lastMark);
        if (cells.best) setAttribute(cells.best, 'data-mark', row.bestMark);
        node.classList.toggle('stale', row.stale);
        if (laps !== '' && row.laps !== laps) flash(glow);
        laps = row.laps;
      },
    };
  };
}

/** @param {Context} ctx */
function wallHead(ctx) {
  const title = el('h1');
  const side = el('span.side');
  const time = el('b');
  const driver = el('bdi');
  const best = el('span.fastest', null, time, ' ', driver);
  const clock = el('b.clock', {role: 'timer'});
  const node = el('header.top', null, title, side, best, clock);
  return {
    node,
    update() {
      const {live, record} = ctx;
      const left = remaining(record.data, performance.now() - live.frameAt);
      setText(title, eventName(record.data));
      setText(side, left.side);
      const first = fastest(record);
      setText(time, first.time);
      setText(driver, first.name);
      setText(clock, left.main);
    },
  };
}

/** What the columns are. */
function headings() {
  const names = [
    ['pos', ''],
    ['gain', ''],
    ['kart', 'Kart'],
    ['name', 'Driver'],
    ['laps', 'Laps'],
    ['last', 'Last'],
    ['best', 'Best'],
    ['gap', 'Gap'],
  ];
  return el(
    'div',
    null,
    names.map(([cls, text]) => el(`span.${cls}`, null, text)),
  );
}

/** Follows the track after the one shown, if there is another. @param {Context} ctx */
function nextTrack({live, record}) {
  const tracks = live.sessions
    .map(({trackConfig}) => trackConfig)
    .filter((track) => track !== undefined)
    .sort((a, b) => a - b);
  if (tracks.length < 2 && live.track === null) return;
  const at = tracks.findIndex((track) => String(track) === (live.track ?? String(record.data?.trackConfig)));
  live.follow(tracks.length ? String(tracks[(at + 1) % tracks.length]) : null);
}

/** How many rows a column has, and how many columns there are. @param {number} count */
export function layout(count) {
  const columns = count <= 22 ? 1 : count <= 44 ? 2 : 3;
  return {columns, rows: Math.max(12, Math.ceil(count / columns))};
}

/** @param {HTMLElement} host @param {Context} ctx @returns {View} */
export function tv(host, ctx) {
  const {live, record} = ctx;
  const top = wallHead(ctx);
  const list = el('ol.wall', {'aria-label': 'Timing, by position'});
  const heads = el('div.heads', {'aria-hidden': 'true'});
  const wrong = el('p.wrong', {role: 'alert'});
  const rows = new Keyed(list, maker(['pos', 'gain', 'kart', 'name', 'laps', 'last', 'best', 'gap']));
  const page = el('div.page', null, top.node, heads, list, wrong);
  const nothing = el('div.page', null, empty('No session', 'The timing appears here with the next one.'));
  let turned = performance.now();

  /** With several tracks, each in its turn; an address that names one stays there. */
  function turn() {
    if (ctx.route.track !== null || performance.now() - turned < 1000 * (ctx.route.turn ?? TURN_S)) return;
    turned = performance.now();
    nextTrack(ctx);
  }

  return {
    title: () => eventName(record.data, 'Timing'),
    close: () => live.follow(ctx.route.track),
    update() {
      turn();
      if (!record.data) {
        if (live.answered || host.firstChild === null) fill(host, nothing);
        return;
      }
      if (!page.isConnected) fill(host, page);
      const items = record.rows();
      rows.update(items);
      top.update();
      const {columns, rows: each} = layout(items.length);
      page.style.setProperty('--columns', String(columns));
      page.style.setProperty('--rows', String(each));
      if (page.dataset.columns !== String(columns)) {
        page.dataset.columns = String(columns);
        fill(heads, Array.from({length: columns}, headings));
      }
      setText(wrong, trouble(live));
    },
  };
}

/** @param {HTMLElement} host @param {Context} ctx @returns {View} */
export function overlay(host, ctx) {
  const {live, record} = ctx;
  const top = wallHead(ctx);
  const list = el('ol.strip', {'aria-label': 'Timing, by position'});
  const rows = new Keyed(list, maker(['pos', 'kart', 'name', 'last', 'gap']));
  const page = el('div.page', null, top.node, list);
  const most = ctx.route.rows ?? 12;
  return {
    title: () => 'Overlay',
    update() {
      // Nothing at all where there is nothing to show: it lies over somebody's picture.
      page.toggleAttribute('hidden', !record.data || live.link === 'gone');
      if (!page.isConnected) fill(host, page);
      rows.update(
        record
          .rows()
          .filter((row) => !row.stale)
          .slice(0, most),
      );
      top.update();
    },
  };
}

/** @param {HTMLElement} host @param {Context} ctx @returns {View} */
export function hud(host, ctx) {
  const {live, record} = ctx;
  const wanted = ctx.route.kart ?? '';
  const follower = new KartFollower(ctx, wanted);
  const plate = el('span.plate');
  const driver = el('bdi.name');
  const clock = el('b.clock', {role: 'timer'});
  const position = el('b.place');
  const of = el('span.of');
  const last = el('output.last', {'aria-label': 'Last lap'});
  const difference = el('p.delta');
  const best = el('dd');
  const gap = el('dd');
  const laps = el('dd');
  const wrong = el('p.wrong', {role: 'alert'});
  const glow = light();
  const page = el(
    'div.page.flashes',
    null,
    glow,
    el('header.top', null, plate, driver, clock),
    el('div.lap', null, last, difference),
    el('div.position', null, el('span.p', null, 'P'), position, of),
    el('dl', null, pair('Best', best), pair('Gap', gap), pair('Laps', laps)),
    wrong,
  );
  const nothing = el('div.page');
  let told = '';
  let seen = '';
  let sought = performance.now();

  /** A driver need not know which track has which number. */
  function seek() {
    if (!follower.missing || ctx.route.track !== null || performance.now() - sought < SEEK_MS) return;
    sought = performance.now();
    nextTrack(ctx);
  }

  return {
    title: () => `Kart ${wanted}`,
    close: () => live.follow(ctx.route.track),
    update() {
      follower.follow();
      const row = follower.row() ?? offTrack(follower.kart);
      if (!row) {
        const text = !wanted ? 'Name a kart in the address: ?view=hud&kart=05' : `Waiting for kart ${wanted}`;
        if (text !== told || !nothing.isConnected) fill(nothing, empty(text, trouble(live)));
        told = text;
        fill(host, nothing);
        seek();
        return;
      }
      if (!page.isConnected) fill(host, page);
      const kart = follower.kart ?? record.karts().get(row.key);
      const lap = live.laps.get(kart ? keyOf(kart) : row.key);
      const own = kart?.bestLap ?? null;
      setText(plate, row.plate);
      paint(plate, row.color);
      setName(driver, row.name);
      setText(clock, remaining(record.data, performance.now() - live.frameAt).main);
      setText(position, row.pos || '–');
      setText(of, `of ${record.rows().length}`);
      setText(last, row.last || '--.-');
      page.classList.toggle('minutes', row.last.length > 6);
      setAttribute(page, 'data-mark', row.lastMark);
      const fresh = lap && lap.timeFormatted === row.last ? lap : null;
      const ms = fresh ? fresh.deltaToBest : kart?.lastLap && own ? kart.lastLap - own : null;
      setText(difference, row.lastMark === 'excluded' ? 'does not count' : wordsOf(row.lastMark, ms));
      setText(best, row.best || (own ? lapTime(own) : '–'));
      setText(gap, row.gap || '–');
      setText(laps, row.laps);
      setText(wrong, trouble(live));
      if (seen !== '' && seen !== row.laps) {
        flash(glow);
        ctx.say(`${row.last}, position ${row.pos}`);
      }
      seen = row.laps;
    },
  };
}

/**
 * A kart that the feed no longer has, as far as the server remembers it.
 * @param {import('../model/types.js').Kart | null} kart
 * @returns {Row | null}
 */
function offTrack(kart) {
  if (!kart) return null;
  return {
    key: keyOf(kart),
    pos: '',
    gain: 0,
    kart: kart.kart ?? kart.kartNumber,
    plate: kart.kartNumber,
    color: null,
    name: kart.driverName,
    laps: String(kart.totalLaps),
    last: kart.lastLapFormatted ?? '',
    lastMark: '',
    best: kart.bestLapFormatted ?? '',
    bestMark: '',
    avg: '',
    gap: 'off track',
    int: '',
    sectors: [],
    stale: true,
    pit: false,
    order: Infinity,
  };
}

/** @param {string} label @param {Element} value */
function pair(label, value) {
  return el('div', null, el('dt', null, label), value);
}

/** @param {string} mark @param {number | null} ms */
function wordsOf(mark, ms) {
  if (mark === 'session') return 'Fastest of all';
  if (mark === 'personal') return 'Your best';
  return ms === null ? '' : delta(ms);
}
