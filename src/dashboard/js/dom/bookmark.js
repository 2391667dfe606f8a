// Where a reader was in a part of the page that is drawn anew: what had the focus, and how far its tables were scrolled.

/** What an element is known by from one drawing to the next. @param {Element} node */
const identity = (node) =>
  [node.tagName, node.id || node.getAttribute('href') || node.getAttribute('aria-label') || node.textContent].join(' ');

/** @param {Element} node @param {string} selector @param {string} wanted */
const find = (node, selector, wanted) =>
  /** @type {HTMLElement | undefined} */ ([...node.querySelectorAll(selector)].find((one) => identity(one) === wanted));

/**
 * To be called before; what it returns, after.
 * @param {Element} node @returns {() => void}
 */
export function bookmark(node) {
  const {activeElement: focused} = document;
  const had = focused && focused !== node && node.contains(focused) ? focused : null;
  const scrolled = [...node.querySelectorAll('.scroll')]
    .map((region) => ({known: identity(region), left: region.scrollLeft, top: region.scrollTop}))
    .filter(({left, top}) => left > 0 || top > 0);
  return () => {
    if (had) find(node, had.tagName, identity(had))?.focus({preventScroll: true});
    for (const {known, left, top} of scrolled) find(node, '.scroll', known)?.scrollTo({left, top, behavior: 'instant'});
  };
}
