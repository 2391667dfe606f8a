// The timing tower: a line for each kart, moving as the positions do. A frame writes only what it changes.
import {el, fill, setAttribute, setText} from '../dom/el.js';
import {Keyed} from '../dom/keyed.js';
import {empty, flash, light, paint, setName} from '../dom/parts.js';
import {plural} from '../model/format.js';
import {sectorCount} from '../model/rows.js';
import {eventName, fastest, head} from './head.js';

/** @import {Context, View} from './context.js' */
/** @import {Row} from '../model/types.js' */

/** @type {[cls: string, short: string, long: string][]} */
const COLUMNS = [
  ['pos', 'Pos', 'Position'],
  ['gain', '±', 'Places won or lost over the last lap'],
  ['kart', 'Kart', 'Kart'],
  ['driver', 'Driver', 'Driver'],
  ['laps', 'Laps', 'Laps'],
  ['last', 'Last', 'Last lap'],
  ['best', 'Best', 'Best lap'],
  ['avg', 'Avg', 'Average of the valid laps'],
  ['gap', 'Gap', 'Behind the leader'],
  ['int', 'Int', 'Behind the one ahead'],
  ['s1', 'S1', 'First sector'],
  ['s2', 'S2', 'Second sector'],
  ['s3', 'S3', 'Third sector'],
  ['s4', 'S4', 'Fourth sector'],
];

/** How many letters fit, whatever the screen: more are cut off. */
const ROOM = {pos: 2, gain: 3, kart: 3, laps: 3, last: 8, best: 8, avg: 8, gap: 7, int: 7, s1: 6, s2: 6, s3: 6, s4: 6};

/** @typedef {keyof typeof ROOM} Figure */

/** @param {number} gain */
export function gainText(gain) {
  if (gain === 0) return '';
  return gain > 0 ? `▲${gain}` : `▼${-gain}`;
}

/** @param {Context['link']} link @param {Row} first */
function line(link, first) {
  /** @type {Record<string, HTMLTableCellElement>} */
  const cells = {};
  for (const [cls] of COLUMNS) cells[cls] = el(`td.${cls}`, {role: 'cell'});
  const plate = el('span.plate');
  const driver = el('a.name', {dir: 'auto'});
  const pit = el('span.pit', {hidden: true}, 'PIT');
  const glow = light();
  cells.kart.append(plate, glow);
  cells.driver.append(el('div', null, driver, pit));
  const node = el('tr.flashes', {role: 'row', 'data-key': first.key}, Object.values(cells));
  let laps = first.laps;

  /** @param {Figure} figure @param {string} text @param {Element} [inside] */
  function write(figure, text, inside = cells[figure]) {
    setText(inside, text);
    cells[figure].classList.toggle('long', text.length > ROOM[figure]);
  }

  /** @param {Row} row */
  function update(row) {
    write('pos', row.pos);
    write('gain', gainText(row.gain));
    setAttribute(cells.gain, 'data-way', row.gain > 0 ? 'up' : row.gain < 0 ? 'down' : '');
    write('kart', row.plate, plate);
    setAttribute(plate, 'title', row.kart === row.plate ? '' : row.kart);
    paint(plate, row.color);
    setName(driver, row.name || `Kart ${row.kart}`);
    const href = link({view: 'kart', kart: row.kart});
    setAttribute(driver, 'href', href);
    pit.toggleAttribute('hidden', !row.pit);
    write('laps', row.laps);
    write('last', row.last);
    setAttribute(cells.last, 'data-mark', row.lastMark);
    write('best', row.best);
    setAttribute(cells.best, 'data-mark', row.bestMark);
    write('avg', row.avg);
    write('gap', row.gap);
    write('int', row.int);
    row.sectors.forEach((sector, i) => {
      const figure = /** @type {Figure} */ (`s${i + 1}`);
      write(figure, sector.text);
      setAttribute(cells[figure], 'data-mark', sector.bad ? 'excluded' : '');
    });
    node.classList.toggle('stale', row.stale);
    if (row.laps !== laps) flash(glow); // has crossed the line
    laps = row.laps;
  }
  return {node, update};
}

/** @param {HTMLElement} host @param {Context} ctx @returns {View} */
export function tower(host, ctx) {
  const top = head(ctx);
  const heads = COLUMNS.map(([cls, short, long]) =>
    el(`th.${cls}`, {role: 'columnheader', scope: 'col', abbr: long, title: long}, short),
  );
  const body = el('tbody', {role: 'rowgroup'});
  // Its roles are told, as it is not laid out as a table.
  const table = el(
    'table.tower',
    {role: 'table', 'aria-label': 'Timing, by position'},
    el('thead', {role: 'rowgroup'}, el('tr', {role: 'row'}, heads)),
    body,
  );
  const nothing = el('div');
  const summary = el('p.summary');
  const rows = new Keyed(body, (/** @type {Row} */ row) => line(ctx.link, row));
  let state = '';
  let best = '';

  /** @param {string} next */
  function show(next) {
    if (next === state) return;
    state = next;
    if (next === 'rows') fill(host, top.node, el('div.frame', null, table), summary);
    else fill(host, nothing);
    if (next === 'waiting') fill(nothing, empty('Connecting', 'Asking the server what goes on…'));
    if (next === 'none') {
      fill(
        nothing,
        empty(
          'No session yet',
          'The timing appears here by itself with the first frame of the feed.',
          el(
            'p',
            null,
            el('a', {href: ctx.link({view: 'history'})}, 'Sessions of before'),
            ' · ',
            el('a', {href: ctx.link({view: 'status'})}, 'State of the server'),
          ),
        ),
      );
    }
  }

  return {
    title: () => (ctx.record.data ? eventName(ctx.record.data) : 'Timing'),
    update() {
      const {live, record} = ctx;
      if (!record.data) {
        show((record.isLive && !live.answered) || record.loading ? 'waiting' : 'none');
        return;
      }
      show('rows');
      const list = record.rows();
      rows.update(list);
      setAttribute(table, 'data-sectors', String(sectorCount(list)));
      table.classList.toggle(
        'minutes',
        list.some(({last, best}) => last.length > 6 || best.length > 6),
      );
      top.update();
      const now = fastest(record);
      if (best !== '' && now.time !== best) ctx.say(`Fastest lap: ${now.name}, ${now.time}`);
      best = now.time;
      const stale = list.filter((row) => row.stale).length;
      setText(summary, `${plural(list.length, 'kart')}${stale ? `, ${stale} not seen for long` : ''}`);
    },
  };
}
