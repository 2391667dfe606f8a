// The race in charts: lap times, positions and the gap to the leader, lap by lap, of the karts chosen.
import {Chart, TIMES} from '../dom/chart.js';
import {el, fill} from '../dom/el.js';
import {empty} from '../dom/parts.js';
import {delta} from '../model/format.js';
import {gaps, lapTimes, positions} from '../model/series.js';
import {head} from './head.js';
import {picker} from './picker.js';

/** @import {Context, View} from './context.js' */

const FIRST = 5; // so many are chosen where the address names none

/** @param {HTMLElement} host @param {Context} ctx @returns {View} */
export function race(host, ctx) {
  const {record} = ctx;
  const top = head(ctx);
  const chosen = new Set(ctx.route.karts);
  let untouched = chosen.size === 0;
  const karts = picker({
    label: 'Karts to show',
    chosen,
    changed: () => {
      untouched = false;
      ctx.keep({karts: [...chosen]});
      draw();
    },
  });
  const charts = {
    times: new Chart({label: 'Lap times by lap', ...TIMES, height: 300}),
    places: new Chart({label: 'Positions by lap', format: (value) => `P${value}`, upsideDown: true, whole: true}),
    gaps: new Chart({
      label: 'Gap to the leader by lap',
      format: (value) => delta(value * 1000),
      upsideDown: true,
      fromZero: true,
      tick: (value) => `+${value}`,
    }),
  };
  const body = el(
    'div',
    null,
    karts.node,
    section('Lap times', charts.times, 'Excluded laps are left out. Point at a lap to read it.'),
    section('Position by lap', charts.places),
    section(
      'Gap to the leader by lap',
      charts.gaps,
      'Seconds between the leader ending a lap and the kart ending the same lap.',
    ),
  );
  const nothing = el('div');
  let drawn = '';

  /** @param {string} title @param {Chart} chart @param {string} [note] */
  function section(title, chart, note) {
    return el('section.panel', null, el('h2', null, title), note ? el('p.note', null, note) : null, chart.node);
  }

  function draw() {
    const rows = record.rows();
    const shown = rows.filter(({kart}) => chosen.has(kart));
    const keys = shown.map(({key}) => key);
    const now = `${record.book.version} ${keys.join(' ')}`;
    if (now === drawn) return;
    drawn = now;
    const lines = shown.map((row) => ({label: `${row.plate} ${row.name}`, ...karts.look(row.kart)}));
    const {book} = record;
    for (const [chart, make] of /** @type {const} */ ([
      [charts.times, lapTimes],
      [charts.places, positions],
      [charts.gaps, gaps],
    ])) {
      const {x, lines: values} = make(book, keys);
      chart.set(x, lines, values);
    }
  }

  return {
    title: () => 'Race',
    close: () => Object.values(charts).forEach((chart) => chart.close()),
    update() {
      if (!record.data) {
        if (nothing.dataset.text !== record.error || !nothing.isConnected) {
          fill(
            nothing,
            record.error
              ? empty('This session cannot be shown', record.error)
              : empty('No session', record.isLive ? 'There is nothing to draw yet.' : 'Loading…'),
          );
          nothing.dataset.text = record.error;
          fill(host, nothing);
        }
        return;
      }
      if (!body.isConnected) fill(host, top.node, body);
      top.update();
      record.wantLaps();
      const rows = record.rows();
      if (untouched && chosen.size === 0) rows.slice(0, FIRST).forEach(({kart}) => chosen.add(kart));
      karts.update(rows);
      draw();
    },
  };
}
