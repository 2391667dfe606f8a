// Elements. Text is only ever set as text: there is no innerHTML in this page.
import {bookmark} from './bookmark.js';

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * el('a.link.big', {href: '?'}, 'text', child): a tag with classes, attributes, children. An attribute that is null or false is
 * left out, and one that is true is there without a value; on… is a listener.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T | `${T}.${string}`} spec
 * @param {Record<string, unknown> | null} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(spec, attributes, ...children) {
  const [tag, ...classes] = spec.split('.');
  const node = /** @type {HTMLElementTagNameMap[T]} */ (document.createElement(tag));
  if (classes.length) node.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === 'function') {
      node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? '' : String(value));
    }
  }
  append(node, ...children);
  return node;
}

/** @param {Element} node @param {...(Child | Child[])} children */
export function append(node, ...children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Puts these in the place of what is there; the reader stays where he was.
 * @param {Element} node @param {...(Child | Child[])} children
 */
export function fill(node, ...children) {
  const goBack = bookmark(node);
  node.textContent = '';
  append(node, ...children);
  goBack();
}

/** Writes only what has changed. @param {Element} node @param {string} text */
export function setText(node, text) {
  const first = node.firstChild;
  if (first instanceof Text && first === node.lastChild) {
    if (first.data !== text) first.data = text;
  } else if (text !== '' || first) {
    node.textContent = text;
  }
}

/** @param {Element} node @param {string} name @param {string} value '' takes it away */
export function setAttribute(node, name, value) {
  if ((node.getAttribute(name) ?? '') === value) return;
  if (value === '') node.removeAttribute(name);
  else node.setAttribute(name, value);
}

export const calm = matchMedia('(prefers-reduced-motion: reduce)');
