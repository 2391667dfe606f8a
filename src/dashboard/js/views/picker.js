// The karts of a session as buttons that show and hide their lines: the legend of all charts below it.
import {el, fill} from '../dom/el.js';
import {lookOf} from '../dom/chart.js';
import {plate} from '../dom/parts.js';

/** @import {Row} from '../model/types.js' */

/**
 * @param {{label: string, chosen: Set<string>, changed: () => void}} options
 * `chosen` holds kart labels as the address has them
 */
export function picker({label, chosen, changed}) {
  const node = el('div.picker', {role: 'group', 'aria-label': label});
  let shown = '';
  /** @type {Map<string, number>} a kart's look stays the same while the page is open */
  const looks = new Map();

  /** @param {string} kart */
  function look(kart) {
    if (!looks.has(kart)) looks.set(kart, looks.size);
    return lookOf(/** @type {number} */ (looks.get(kart)));
  }

  /** @param {Row} row */
  function button(row) {
    const {color} = look(row.kart);
    const swatch = el('i.swatch');
    swatch.style.setProperty('--key', color);
    return el(
      'button',
      {
        type: 'button',
        'data-kart': row.kart,
        'aria-pressed': chosen.has(row.kart) ? 'true' : 'false',
        /** @param {Event} event */
        onclick: (event) => {
          if (chosen.has(row.kart)) chosen.delete(row.kart);
          else chosen.add(row.kart);
          /** @type {Element} */ (event.currentTarget).setAttribute('aria-pressed', String(chosen.has(row.kart)));
          changed();
        },
      },
      swatch,
      plate(row.plate, row.color),
      el('bdi', null, row.name),
    );
  }

  return {
    node,
    look,
    /** @param {Row[]} rows */
    update(rows) {
      const sorted = [...rows].sort((a, b) => a.plate.localeCompare(b.plate, undefined, {numeric: true}));
      for (const button of node.children)
        button.setAttribute('aria-pressed', String(chosen.has(/** @type {HTMLElement} */ (button).dataset.kart ?? '')));
      const now = JSON.stringify(sorted.map(({kart, plate: text, name, color}) => [kart, text, name, color]));
      if (now === shown) return;
      shown = now;
      fill(node, sorted.map(button));
    },
  };
}
