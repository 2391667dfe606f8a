// Pieces that several views share: a kart's plate, a driver's name, tiles, choices, empty states.
import {inkOn} from '../model/values.js';
import {el, setAttribute, setText} from './el.js';
import {animate} from './motion.js';

const FLASH = {duration: 1400, easing: 'ease-out'};

/** The colours of the feed, as classes of a sheet would be endless. @param {HTMLElement} node @param {string | null} color */
export function paint(node, color) {
  if (node.dataset.color === (color ?? '')) return;
  node.dataset.color = color ?? '';
  node.style.setProperty('--plate', color ?? '');
  node.style.setProperty('--ink', color ? inkOn(color) : '');
}

/** What lights up behind the text of the element of class `flashes` that it is put into. A dark one is no layer. */
export const light = () => el('i.light', {hidden: true});

/**
 * Something has happened here. Shown once the rows have found their places: moving a node takes what goes on in it away from
 * the compositor.
 * @param {HTMLElement} node the light
 */
export function flash(node) {
  queueMicrotask(() => {
    node.hidden = false;
    animate(node, {opacity: 1}, {opacity: 0}, FLASH, () => (node.hidden = true));
  });
}

/** @param {string} label @param {string | null} color */
export function plate(label, color) {
  const node = el('span.plate', null, label);
  paint(node, color);
  return node;
}

/** A name in any script, in its own direction, on one line. @param {string} text */
export function name(text) {
  const node = el('bdi.name', {title: text}, text);
  return node;
}

/** @param {HTMLElement} node @param {string} text */
export function setName(node, text) {
  setText(node, text);
  setAttribute(node, 'title', text);
}

/** @param {string} label @param {string | Node} value @param {string} [mark] @param {string} [note] */
export function tile(label, value, mark = '', note = '') {
  return el(
    'div.tile',
    null,
    el('dt', null, label),
    el('dd', {'data-mark': mark || null}, value, note ? el('small', null, note) : null),
  );
}

/** @param {string} title @param {string} text @param {...import('./el.js').Child} more */
export function empty(title, text, ...more) {
  return el('div.empty', null, el('h2', null, title), el('p', null, text), ...more);
}

/**
 * A choice of one, as links: the address says what is chosen.
 * @param {string} label @param {{text: string, href: string, current: boolean}[]} items
 */
export function choice(label, items) {
  return el(
    'nav.choice',
    {'aria-label': label},
    items.map(({text, href, current}) =>
      el('a', {href, 'aria-current': current ? 'true' : null}, el('bdi', null, text)),
    ),
  );
}

/**
 * @param {string} caption @param {(string | {text: string, cls?: string})[]} heads
 * @param {Node[][]} rows @param {string} [cls]
 */
export function table(caption, heads, rows, cls = '') {
  return el(
    'div.scroll',
    {tabindex: '0', role: 'region', 'aria-label': caption},
    el(
      'table.grid',
      {'data-kind': cls || null},
      el('caption.hidden', null, caption),
      el(
        'thead',
        null,
        el(
          'tr',
          null,
          heads.map((head) =>
            typeof head === 'string'
              ? el('th', {scope: 'col'}, head)
              : el('th', {scope: 'col', class: head.cls ?? null}, head.text),
          ),
        ),
      ),
      el(
        'tbody',
        null,
        rows.map((cells) => el('tr', null, cells)),
      ),
    ),
  );
}

/** @param {import('./el.js').Child} child @param {string} [cls] @param {string} [mark] */
export function cell(child, cls = '', mark = '') {
  return el('td', {class: cls || null, 'data-mark': mark || null}, child);
}
