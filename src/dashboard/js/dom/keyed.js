// A list whose elements stay the same while their order changes, and glide to their new places.
import {calm} from './el.js';

const GLIDE_MS = 420;

/**
 * @template T
 * @typedef {{node: HTMLElement, update: (item: T) => void}} Line
 */

/** @template {{key: string}} T */
export class Keyed {
  /** @type {Map<string, Line<T>>} */
  #lines = new Map();
  /** @type {string[]} */
  #order = [];

  /**
   * @param {HTMLElement} host @param {(item: T) => Line<T>} create
   */
  constructor(host, create) {
    this.host = host;
    this.create = create;
  }

  /** @param {T[]} items */
  update(items) {
    /** @type {string[]} */
    const order = [];
    for (const item of items) {
      if (order.includes(item.key)) continue; // the feed sent a row twice
      order.push(item.key);
      const line = this.#lines.get(item.key);
      if (line) line.update(item);
      else this.#add(item);
    }
    const same = order.length === this.#order.length && order.every((key, i) => key === this.#order[i]);
    if (!same) this.#arrange(order);
  }

  /** @param {T} item */
  #add(item) {
    const line = this.create(item);
    line.update(item);
    this.#lines.set(item.key, line);
  }

  /** @param {string[]} order */
  #arrange(order) {
    const glide = !calm.matches && this.#order.length > 0;
    /** @type {Map<HTMLElement, [number, number]>} */
    const before = new Map();
    if (glide) {
      for (const key of this.#order) {
        const node = this.#lines.get(key)?.node;
        if (node) before.set(node, [node.offsetLeft, node.offsetTop]);
      }
    }
    const focused = document.activeElement;
    const kept = new Set(order);
    for (const [key, {node}] of this.#lines) {
      if (kept.has(key)) continue;
      node.remove();
      this.#lines.delete(key);
    }
    order.forEach((key, i) => {
      const {node} = /** @type {Line<T>} */ (this.#lines.get(key));
      if (this.host.children[i] !== node) this.host.insertBefore(node, this.host.children[i] ?? null);
    });
    this.#order = order;
    // A node that is moved loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.host.contains(focused))
      focused.focus({preventScroll: true});
    for (const [node, [left, top]] of before) {
      const [x, y] = [left - node.offsetLeft, top - node.offsetTop];
      if ((x === 0 && y === 0) || !node.isConnected) continue;
      node.animate([{transform: `translate(${x}px, ${y}px)`}, {transform: 'none'}], {
        duration: GLIDE_MS,
        easing: 'cubic-bezier(.2, .7, .2, 1)',
      });
    }
  }
}
