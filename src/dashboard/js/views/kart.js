// One kart: its figures, its laps as a chart and as a table, its position by lap.
import {Chart, TIMES} from '../dom/chart.js';
import {el, fill} from '../dom/el.js';
import {cell, empty, name, plate, table, tile} from '../dom/parts.js';
import {Asker} from '../live/http.js';
import {delta, lapTime} from '../model/format.js';
import {sessionBest} from '../model/rows.js';
import {keyOf} from '../model/values.js';
import {head} from './head.js';

/** @import {Context, View} from './context.js' */
/** @import {Kart, Lap, Row} from '../model/types.js' */

const ASK_MS = 2000;

/**
 * A kart by its label, its number, its number without zeros, or its kart id: the server's own order.
 * @template {{kart?: string, kartNumber?: string, kartId?: number}} T
 * @param {Iterable<T>} karts @param {string} wanted
 * @returns {T | undefined}
 */
export function findKart(karts, wanted) {
  const all = [...karts];
  const digits = (/** @type {unknown} */ value) =>
    /^\d+$/.test(String(value)) ? String(value).replace(/^0+(?=\d)/, '') : null;
  return (
    all.find(({kart}) => kart === wanted) ??
    all.find(({kartNumber}) => kartNumber === wanted) ??
    all.find(({kartNumber}) => digits(kartNumber) !== null && digits(kartNumber) === digits(wanted)) ??
    all.find(({kartId}) => kartId !== undefined && String(kartId) === digits(wanted))
  );
}

/**
 * A live kart as the server tells it, asked for again when it has crossed the line.
 */
export class KartFollower {
  /** @type {(Kart & {realtimeLapHistory: Lap[], alternatives?: unknown[]}) | null} */
  kart = null;
  missing = false;
  #asker = new Asker();
  #at = -Infinity;
  #seen = '';
  /** @type {string | null} */
  #session = null;

  /** @param {Context} ctx @param {string} wanted */
  constructor(ctx, wanted) {
    this.ctx = ctx;
    this.wanted = wanted;
  }

  /** Asks where there may be something new. */
  follow() {
    const {live} = this.ctx;
    if (live.sessionId !== this.#session) {
      this.#session = live.sessionId;
      this.kart = null;
      this.missing = false;
    }
    if (live.sessionId === null || performance.now() - this.#at < ASK_MS) return;
    const row = this.row();
    const now = `${live.sessionId} ${row?.laps} ${row?.last} ${row?.pos} ${row ? '' : Math.floor(performance.now() / 5000)}`;
    if (now === this.#seen) return;
    this.#at = performance.now();
    this.#seen = now;
    void this.#ask(live.sessionId);
  }

  /** The line of the tower that this is. @returns {Row | undefined} */
  row() {
    const key = this.kart ? keyOf(this.kart) : null;
    const rows = this.ctx.record.rows();
    return (
      rows.find((row) => row.key === key) ?? rows.find((row) => row.kart === this.wanted || row.plate === this.wanted)
    );
  }

  /** @param {string} sessionId */
  async #ask(sessionId) {
    const url = `/api/kart/${encodeURIComponent(this.wanted)}?session=${encodeURIComponent(sessionId)}`;
    try {
      const {status, body} = await this.#asker.get(url);
      if (sessionId !== this.ctx.live.sessionId) return; // of another track
      if (status === 200 || status === 404) {
        this.missing = status === 404;
        this.kart = status === 200 ? body : null;
      } else {
        this.#seen = ''; // asked again: too many ask at once, say
      }
      this.ctx.live.changed();
    } catch {
      this.#seen = ''; // asked again
    }
  }
}

/** @param {HTMLElement} host @param {Context} ctx @returns {View} */
export function kart(host, ctx) {
  const {record, live} = ctx;
  const wanted = ctx.route.kart ?? '';
  const follower = record.isLive ? new KartFollower(ctx, wanted) : null;
  const top = head(ctx);
  const heading = el('h2.who');
  const tiles = el('dl.tiles');
  const laps = el('div');
  const times = new Chart({label: 'Lap times', ...TIMES, focus: false, height: 280});
  const places = new Chart({
    label: 'Position by lap',
    format: (value) => `P${value}`,
    height: 200,
    upsideDown: true,
    whole: true,
    steps: true,
  });
  const body = el(
    'div.kart',
    null,
    heading,
    tiles,
    el(
      'section.panel',
      null,
      el('h2', null, 'Laps'),
      el('p.note', null, 'Rings are laps that do not count; those far off are drawn at the edge.'),
      times.node,
    ),
    el('section.panel', null, el('h2', null, 'Position by lap'), places.node),
    el('section.panel', null, el('h2', null, 'All laps'), laps),
  );
  const nothing = el('div');
  let drawn = '';

  /** @returns {{kart: Kart, laps: Lap[], row: Row | undefined} | null} */
  function find() {
    if (follower) {
      return follower.kart && {kart: follower.kart, laps: follower.kart.realtimeLapHistory ?? [], row: follower.row()};
    }
    const found = findKart(record.karts().values(), wanted);
    if (!found) return null;
    const key = keyOf(found);
    return {kart: found, laps: record.book.lapsOf(key), row: record.rows().find((row) => row.key === key)};
  }

  /** @param {Kart} one @param {Lap[]} all @param {Row | undefined} row */
  function draw(one, all, row) {
    const overall = sessionBest(record.karts().values());
    const best = one.bestLap ?? null;
    const last = all.at(-1);
    const mark = (/** @type {number | null | undefined} */ time) =>
      !time ? '' : overall !== null && time <= overall ? 'session' : time === best ? 'personal' : '';
    fill(heading, plate(row?.plate ?? one.kartNumber, row?.color ?? null), name(one.driverName || row?.name || ''));
    fill(
      tiles,
      tile(
        'Position',
        row?.pos || (one.position ? String(one.position) : '–'),
        '',
        row?.gap ? `${row.gap} behind` : '',
      ),
      tile(
        'Last lap',
        last ? lapTime(last.timeRaw) : '–',
        last?.valid === false ? 'excluded' : mark(last?.timeRaw),
        last && best && last.timeRaw !== best ? `${delta(last.timeRaw - best)} to the best` : '',
      ),
      tile(
        'Best lap',
        best ? lapTime(best) : '–',
        mark(best),
        best && overall !== null && best > overall ? `${delta(best - overall)} to the session's best` : '',
      ),
      tile('Average', one.avgLapTimeFormatted ?? '–'),
      tile('Best 3', one.best3AvgFormatted ?? '–'),
      tile('Consistency', one.consistencyFormatted ?? '–'),
      tile('Index', String(one.normalizedIndex ?? '–'), '', 'of 100'),
      tile('Laps', String(one.totalLaps), '', lapNote(one)),
    );
    const x = all.length
      ? Array.from({length: all[all.length - 1].lapNum - all[0].lapNum + 1}, (_, i) => all[0].lapNum + i)
      : [];
    const byNum = new Map(all.map((lap) => [lap.lapNum, lap]));
    const valid = x.map((num) => (byNum.get(num)?.valid ? Number(byNum.get(num)?.timeRaw) / 1000 : null));
    const other = x.map((num) => (byNum.get(num)?.valid === false ? Number(byNum.get(num)?.timeRaw) / 1000 : null));
    times.set(
      x,
      [
        {label: 'Lap', color: 'var(--c0)'},
        {label: 'Excluded', color: 'var(--bad)', excluded: true},
      ],
      [valid, excludedNear(other, valid)],
      [valid, other],
    );
    places.set(x, [{label: 'Position', color: 'var(--c0)'}], [x.map((num) => byNum.get(num)?.position || null)]);
    fill(
      laps,
      all.length === 0
        ? el('p.none', null, 'No laps yet.')
        : table(
            'All laps, the newest first',
            [
              {text: 'Lap', cls: 'num'},
              {text: 'Time', cls: 'num'},
              {text: 'To the best', cls: 'num'},
              {text: 'Position', cls: 'num'},
              '',
            ],
            [...all]
              .reverse()
              .map((lap) => [
                cell(String(lap.lapNum), 'num'),
                cell(lapTime(lap.timeRaw), 'num', lap.valid ? mark(lap.timeRaw) : 'excluded'),
                cell(best && lap.valid ? delta(lap.timeRaw - best) : '', 'num'),
                cell(lap.position ? String(lap.position) : '', 'num'),
                cell(lap.valid ? '' : 'excluded', 'wide'),
              ]),
          ),
    );
  }

  return {
    title: () => `Kart ${wanted}`,
    close: () => [times, places].forEach((chart) => chart.close()),
    update() {
      follower?.follow();
      const found = find();
      if (!found) {
        const [title, text] = !wanted
          ? ['No kart is named', 'Choose one from the timing.']
          : record.error
            ? ['This session cannot be shown', record.error]
            : record.isLive && live.answered && live.sessionId === null
              ? ['No session yet', `Kart ${wanted} appears here by itself.`]
              : follower?.missing || record.stored
                ? [`No kart ${wanted}`, 'It has not been seen in this session.']
                : ['Loading', `Asking for kart ${wanted}…`];
        if (nothing.dataset.title !== title || !nothing.isConnected) {
          fill(
            nothing,
            empty(
              title,
              text,
              el('p', null, el('a', {href: ctx.link({view: record.isLive ? 'tower' : 'results'})}, 'All karts')),
            ),
          );
          nothing.dataset.title = title;
          fill(host, nothing);
        }
        return;
      }
      if (!body.isConnected) fill(host, top.node, body);
      top.update();
      const now = JSON.stringify([found.kart, found.laps.length, found.row, record.book.version]);
      if (now === drawn) return;
      drawn = now;
      draw(found.kart, found.laps, found.row);
    },
  };
}

/** @param {Kart} one */
function lapNote({validLaps, missedLaps}) {
  return `${validLaps} valid${missedLaps ? `, ${missedLaps} missed` : ''}`;
}

/**
 * Excluded laps at most a little above the rest, or they would flatten it. The table has their times.
 * @param {(number | null)[]} excluded @param {(number | null)[]} valid
 */
function excludedNear(excluded, valid) {
  const known = valid.filter((value) => value !== null);
  if (known.length < 2) return excluded;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const room = Math.max((most - least) * 0.25, 0.1);
  return excluded.map((value) => (value === null ? null : Math.min(Math.max(value, least - room), most + room)));
}
