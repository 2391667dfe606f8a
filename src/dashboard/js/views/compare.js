// Two drivers or more, side by side: who is better in what, and their laps in one chart.
import {Chart, TIMES} from '../dom/chart.js';
import {el, fill} from '../dom/el.js';
import {cell, empty, name, plate} from '../dom/parts.js';
import {lapTime} from '../model/format.js';
import {lapTimes} from '../model/series.js';
import {keyOf} from '../model/values.js';
import {head} from './head.js';
import {picker} from './picker.js';

/** @import {Context, View} from './context.js' */
/** @import {Kart, Row} from '../model/types.js' */

/** @type {{name: string, value: (kart: Kart) => number | undefined, shown: (kart: Kart) => string | undefined, most?: boolean}[]} */
const FIGURES = [
  {name: 'Position', value: (k) => k.position, shown: (k) => (k.position ? String(k.position) : undefined)},
  {name: 'Best lap', value: (k) => k.bestLap, shown: (k) => (k.bestLap ? lapTime(k.bestLap) : undefined)},
  {name: 'Last lap', value: (k) => k.lastLap, shown: (k) => k.lastLapFormatted},
  {name: 'Average', value: (k) => k.avgLapTime, shown: (k) => k.avgLapTimeFormatted},
  {name: 'Best 3', value: (k) => k.best3Avg, shown: (k) => k.best3AvgFormatted},
  {name: 'Consistency', value: (k) => k.consistency, shown: (k) => k.consistencyFormatted},
  {name: 'Index', value: (k) => k.normalizedIndex, shown: (k) => k.normalizedIndex?.toString(), most: true},
  {name: 'Laps', value: (k) => k.totalLaps, shown: (k) => String(k.totalLaps), most: true},
  {name: 'Valid laps', value: (k) => k.validLaps, shown: (k) => String(k.validLaps), most: true},
];

/** @param {HTMLElement} host @param {Context} ctx @returns {View} */
export function compare(host, ctx) {
  const {record} = ctx;
  const top = head(ctx);
  const chosen = new Set(ctx.route.karts);
  let untouched = chosen.size === 0;
  const karts = picker({
    label: 'Drivers to compare',
    chosen,
    changed: () => {
      untouched = false;
      ctx.keep({karts: [...chosen]});
      draw();
    },
  });
  const chart = new Chart({label: 'Lap times by lap', ...TIMES, height: 360});
  const sheet = el('div');
  const body = el(
    'div',
    null,
    karts.node,
    el(
      'div.side-by-side',
      null,
      el('section.panel', null, sheet),
      el('section.panel', null, el('h2', null, 'Lap times'), chart.node),
    ),
  );
  const nothing = el('div');
  let drawn = '';

  function draw() {
    const byKey = record.karts();
    const shown = record.rows().filter(({kart}) => chosen.has(kart));
    const now = JSON.stringify([
      record.book.version,
      shown.map(({key, name: who}) => [key, who, {...byKey.get(key), lapHistory: 0}]),
    ]);
    if (now === drawn) return;
    drawn = now;
    const {x, lines} = lapTimes(
      record.book,
      shown.map(({key}) => key),
    );
    chart.set(
      x,
      shown.map((row) => ({label: `${row.plate} ${row.name}`, ...karts.look(row.kart)})),
      lines,
    );
    fill(sheet, shown.length === 0 ? el('p.none', null, 'Choose two drivers or more.') : figures(shown, byKey));
  }

  /** @param {Row[]} shown @param {Map<string, Kart>} byKey */
  function figures(shown, byKey) {
    const heads = shown.map((row) => {
      const link = el('a', {href: ctx.link({view: 'kart', kart: row.kart, karts: []})}, name(row.name));
      return el('th', {scope: 'col'}, plate(row.plate, row.color), link);
    });
    const lines = FIGURES.map((figure) => {
      const values = shown.map(({key}) => byKey.get(key)).map((kart) => (kart ? figure.value(kart) : undefined));
      const known = values.filter((value) => value !== undefined);
      const best = figure.most ? Math.max(...known) : Math.min(...known);
      return el(
        'tr',
        null,
        el('th', {scope: 'row'}, figure.name),
        shown.map(({key}, i) => {
          const kart = byKey.get(key);
          const wins = known.length > 1 && values[i] === best && known.some((value) => value !== best);
          const td = cell((kart && figure.shown(kart)) ?? '–');
          if (wins) td.className = 'wins';
          return td;
        }),
      );
    });
    return el(
      'div.scroll',
      {tabindex: '0', role: 'region', 'aria-label': 'Comparison'},
      el(
        'table.grid.versus',
        null,
        el('caption.hidden', null, 'The drivers side by side; the better value is marked'),
        el('thead', null, el('tr', null, el('td'), heads)),
        el('tbody', null, lines),
      ),
    );
  }

  return {
    title: () => 'Compare',
    close: () => chart.close(),
    update() {
      if (!record.data) {
        if (!nothing.isConnected || nothing.dataset.text !== record.error) {
          nothing.dataset.text = record.error;
          fill(
            nothing,
            empty(
              record.error ? 'This session cannot be shown' : 'No session',
              record.error || (record.isLive ? 'There is nobody to compare yet.' : 'Loading…'),
            ),
          );
          fill(host, nothing);
        }
        return;
      }
      if (!body.isConnected) fill(host, top.node, body);
      top.update();
      record.wantLaps();
      const rows = record.rows();
      const ranked = new Set((record.analysis?.karts ?? []).map((one) => keyOf(one)));
      if (untouched && chosen.size === 0) {
        const first = rows.filter(({key}) => ranked.has(key)).slice(0, 2);
        first.forEach(({kart}) => chosen.add(kart));
      }
      karts.update(rows);
      draw();
    },
  };
}
