// The results by one of six ways of scoring.
import {el, fill} from '../dom/el.js';
import {cell, choice, empty, name, plate, table} from '../dom/parts.js';
import {lapTime} from '../model/format.js';
import {METHODS, results as rank} from '../model/results.js';
import {color, keyOf, keyOfRow} from '../model/values.js';
import {head} from './head.js';

/** @import {Context, View} from './context.js' */
/** @import {Kart} from '../model/types.js' */

/** @param {HTMLElement} host @param {Context} ctx @returns {View} */
export function results(host, ctx) {
  const {record} = ctx;
  const method = ctx.route.method && ctx.route.method in METHODS ? ctx.route.method : 'best';
  const top = head(ctx);
  const methods = choice(
    'Scoring',
    Object.entries(METHODS).map(([key, {name: text}]) => ({
      text,
      href: ctx.link({view: 'results', method: key}),
      current: key === method,
    })),
  );
  const sheet = el('div');
  const body = el('div', null, methods, el('p.note', null, METHODS[method].about), el('section.panel', null, sheet));
  const nothing = el('div');
  let drawn = '';

  /** The karts' colours are the feed's. */
  function colors() {
    return new Map((record.data?.runs ?? []).map((run) => [keyOfRow(run), color(run.kart_color)]));
  }

  function draw() {
    const {karts = [], unranked = []} = record.analysis ?? {};
    const now = JSON.stringify([karts.map((kart) => ({...kart, lapHistory: 0})), unranked]);
    if (now === drawn) return;
    drawn = now;
    const paints = colors();
    const who = (/** @type {Kart} */ kart) => [
      cell(plate(kart.kartNumber || kart.kart || '', paints.get(keyOf(kart)) ?? null)),
      cell(
        el(
          'a',
          {href: ctx.link({view: 'kart', kart: kart.kart || kart.kartNumber})},
          name(kart.driverName || `Kart ${kart.kartNumber}`),
        ),
        'wide',
      ),
    ];
    const value = METHODS[method].name;
    fill(
      sheet,
      karts.length === 0
        ? el('p.none', null, 'Nobody has enough valid laps yet to be ranked.')
        : table(
            `Results by ${value.toLowerCase()}`,
            [
              {text: '', cls: 'num'},
              'Kart',
              'Driver',
              {text: value, cls: 'num'},
              {text: 'Behind', cls: 'num'},
              {text: 'Best', cls: 'num more'},
              {text: 'Valid laps', cls: 'num more'},
            ],
            rank(karts, method).map(({rank: place, kart, value: shown, behind}) => [
              cell(String(place), 'num place'),
              ...who(kart),
              cell(shown, 'num main'),
              cell(behind, 'num'),
              cell(kart.bestLap ? lapTime(kart.bestLap) : '', 'num more'),
              cell(String(kart.validLaps), 'num more'),
            ]),
            'results',
          ),
      unranked.length
        ? [
            el('h2.below', null, 'Not ranked'),
            el('p.note', null, 'With fewer valid laps than it takes.'),
            table(
              'Not ranked',
              ['Kart', 'Driver', {text: 'Best', cls: 'num'}, {text: 'Valid laps', cls: 'num'}],
              unranked.map((kart) => [
                ...who(kart),
                cell(kart.bestLap ? lapTime(kart.bestLap) : '', 'num'),
                cell(String(kart.validLaps), 'num'),
              ]),
            ),
          ]
        : null,
    );
  }

  return {
    title: () => 'Results',
    update() {
      if (!record.data || !record.analysis) {
        const none = record.isLive ? record.live.answered && !record.data : record.stored !== null;
        const text = record.error || (none ? 'There are no results.' : 'Loading…');
        if (nothing.dataset.text !== text || !nothing.isConnected) {
          nothing.dataset.text = text;
          fill(
            nothing,
            empty(
              record.error ? 'This session cannot be shown' : 'Results',
              text,
              el('p', null, el('a', {href: '?view=history'}, 'Sessions of before')),
            ),
          );
          fill(host, nothing);
        }
        return;
      }
      if (!body.isConnected) fill(host, top.node, body);
      top.update();
      draw();
    },
  };
}
