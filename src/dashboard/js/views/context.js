// What a view is given, and what it gives back.

/**
 * @typedef {{
 *   live: import('../live/live.js').Live,
 *   record: import('../live/record.js').SessionRecord,
 *   route: import('../model/route.js').Route,
 *   link: (route: Partial<import('../model/route.js').Route>) => string,
 *   keep: (route: Partial<import('../model/route.js').Route>) => void,
 *   go: (href: string) => void,
 *   say: (text: string) => void,
 * }} Context
 * link: an address within the same session; keep: writes a choice into the address; go: opens an address; say: to screen readers.
 */

/** @typedef {{update: () => void, close?: () => void, title?: () => string}} View update: the data may have changed */

export {};
