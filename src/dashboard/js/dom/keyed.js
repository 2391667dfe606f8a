// A list whose elements stay the same while their order changes, and glide to their new places.
import {staying} from '../model/order.js';
import {same} from '../model/values.js';
import {calm} from './el.js';
import {animate} from './motion.js';

const GLIDE = {duration: 420, easing: 'cubic-bezier(.2, .7, .2, 1)'};

/**
 * @template T
 * @typedef {{node: HTMLElement, update: (item: T) => void}} Line
 */
/** @typedef {Map<HTMLElement, [left: number, top: number]>} Places */

/** @template {{key: string}} T */
export class Keyed {
  /** @type {Map<string, Line<T> & {shown: T}>} */
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

  /** Before all else that a view writes, so that the places are read while they are known. @param {T[]} items */
  update(items) {
    const byKey = new Map([...items].reverse().map((item) => [item.key, item])); // the feed may send a row twice
    const order = [...new Set(items.map(({key}) => key))];
    const moved = order.length !== this.#order.length || order.some((key, i) => key !== this.#order[i]);
    const before = moved && !calm.matches ? this.#places() : null;
    for (const key of order) this.#write(/** @type {T} */ (byKey.get(key)));
    if (!moved) return;
    this.#arrange(order);
    // When all is written: the places are then read with the one layout that the drawing takes anyway.
    if (before?.size) queueMicrotask(() => this.#glide(before));
  }

  /** @param {T} item */
  #write(item) {
    const line = this.#lines.get(item.key);
    if (!line) {
      const made = this.create(item);
      made.update(item);
      this.#lines.set(item.key, {...made, shown: item});
    } else if (!same(line.shown, item)) {
      line.update(item);
      line.shown = item;
    }
  }

  /** @returns {Places} */
  #places() {
    const nodes = this.#order.map((key) => /** @type {Line<T>} */ (this.#lines.get(key)).node);
    return new Map(nodes.map((node) => [node, [node.offsetLeft, node.offsetTop]]));
  }

  /** @param {string[]} order */
  #arrange(order) {
    const focused = document.activeElement;
    const kept = new Set(order);
    for (const [key, {node}] of this.#lines) {
      if (kept.has(key)) continue;
      node.remove();
      this.#lines.delete(key);
    }
    const was = new Map(this.#order.map((key, i) => [key, i]));
    const stay = staying(order.map((key) => was.get(key) ?? -1));
    let next = null;
    for (let i = order.length - 1; i >= 0; i -= 1) {
      const {node} = /** @type {Line<T>} */ (this.#lines.get(order[i]));
      if (!stay.has(i)) this.host.insertBefore(node, next);
      next = node;
    }
    this.#order = order;
    // A node that is moved loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.host.contains(focused))
      focused.focus({preventScroll: true});
  }

  /** From where they were to where they are: those that are seen on their way. @param {Places} before */
  #glide(before) {
    const upper = this.host.offsetTop - this.host.getBoundingClientRect().top; // of the window, as the places have it
    const lower = upper + innerHeight;
    const moves = [...before]
      .filter(([node]) => node.isConnected)
      .map(([node, [left, top]]) => ({node, x: left - node.offsetLeft, y: top - node.offsetTop, top: node.offsetTop}))
      .filter(({node, x, y, top}) => {
        const [first, last] = [Math.min(top, top + y), Math.max(top, top + y) + node.offsetHeight];
        return (x !== 0 || y !== 0) && last > upper && first < lower;
      });
    for (const {node, x, y} of moves)
      animate(node, {transform: `translate(${x}px, ${y}px)`}, {transform: 'none'}, GLIDE);
  }
}
