// What is around the views: the ways between them, how fresh the data is, and what is wrong, in words.
import {el, fill, setAttribute, setText} from './dom/el.js';
import {switchTheme, theme} from './dom/theme.js';

/** @import {Live} from './live/live.js' */
/** @import {Route, View} from './model/route.js' */

/** @type {[view: View, text: string][]} */
const WAYS = [
  ['tower', 'Timing'],
  ['race', 'Race'],
  ['compare', 'Compare'],
  ['results', 'Results'],
  ['history', 'History'],
  ['status', 'Status'],
];

const LINKS = {
  connecting: ['wait', 'Connecting', 'Connecting to the server'],
  stream: ['good', 'Live', 'Updates come as they happen'],
  polling: ['fair', 'Each second', 'The stream is blocked or not there: the page asks once a second'],
  gone: ['bad', 'Offline', 'The server does not answer; the page tries again by itself'],
};

/**
 * What is wrong, the worst first; '' where nothing is.
 * @param {Live} live
 */
export function trouble(live) {
  const {health, link} = live;
  if (link === 'gone') return 'No connection to the server. Trying again; what you see is what was last known.';
  if (health?.websocket && health.websocket.connected === false)
    return 'The timing feed is lost. The server tries to get it back; what you see is what was last known.';
  return '';
}

/** @param {Live} live @param {(view: View) => string} address */
export function shell(live, address) {
  const nav = /** @type {HTMLElement} */ (document.querySelector('#ways'));
  const pill = /** @type {HTMLElement} */ (document.querySelector('#link'));
  const notice = /** @type {HTMLElement} */ (document.querySelector('#notice'));
  const spoken = /** @type {HTMLElement} */ (document.querySelector('#spoken'));
  const button = /** @type {HTMLButtonElement} */ (document.querySelector('#theme'));
  const links = WAYS.map(([view, text]) => ({view, node: el('a', null, text)}));
  fill(
    nav,
    links.map(({node}) => node),
  );

  function label() {
    const other = theme() === 'dark' ? 'light' : 'dark';
    setAttribute(button, 'aria-label', `Switch to ${other} colours`);
    setAttribute(button, 'title', `Switch to ${other} colours`);
  }
  button.addEventListener('click', switchTheme);
  addEventListener('themechange', label);
  label();

  return {
    /** @param {Route} route */
    route(route) {
      document.documentElement.dataset.view = route.view;
      for (const {view, node} of links) {
        node.href = address(view);
        setAttribute(node, 'aria-current', view === route.view ? 'page' : '');
      }
    },
    update() {
      const [kind, text, long] = LINKS[live.link];
      setAttribute(pill, 'data-kind', kind);
      setAttribute(pill, 'title', long);
      setText(pill, text);
      const wrong = trouble(live);
      setText(notice, wrong);
      notice.toggleAttribute('hidden', wrong === '');
      document.documentElement.classList.toggle('old', live.link === 'gone');
    },
    /** @param {string} text */
    say(text) {
      setText(spoken, text);
    },
  };
}
