// The page: reads the address, shows its view, follows the live data.
import {settle} from './dom/motion.js';
import {forceTheme} from './dom/theme.js';
import {Live} from './live/live.js';
import {SessionRecord} from './live/record.js';
import {href, parse} from './model/route.js';
import {shell} from './shell.js';
import {compare} from './views/compare.js';
import {history as sessions} from './views/history.js';
import {kart} from './views/kart.js';
import {race} from './views/race.js';
import {results} from './views/results.js';
import {status} from './views/status.js';
import {tower} from './views/tower.js';
import {hud, overlay, tv} from './views/walls.js';

/** @import {Route} from './model/route.js' */
/** @import {Context, View} from './views/context.js' */

/** @type {Record<string, (host: HTMLElement, ctx: Context) => View>} */
const VIEWS = {tower, kart, race, compare, results, history: sessions, status, tv, hud, overlay};

const content = /** @type {HTMLElement} */ (document.querySelector('#content'));
const live = new Live();
/** @type {Route} */
let route = parse(location.search);
/** @type {SessionRecord | null} */
let record = null;
/** @type {View | null} */
let view = null;

const around = shell(live, (name) =>
  href({view: name, session: route.session, track: route.track, theme: route.theme}),
);

const TICK_MS = 1000;
let tick = 0;

function update() {
  clearTimeout(tick);
  tick = setTimeout(update, TICK_MS); // the clock goes on where no frame comes
  around.update();
  view?.update();
  const title = view?.title?.();
  const whole = title ? `${title} · RaceFacer` : 'RaceFacer';
  if (document.title !== whole) document.title = whole;
  settle(); // after the views, which read places: until something is written, that is for free
}

/** @param {boolean} jump a new place, to be read from its top */
function show(jump) {
  const before = route.session;
  route = parse(location.search);
  forceTheme(route.theme);
  view?.close?.();
  if (record === null || before !== route.session) {
    record?.close();
    record = new SessionRecord(live, route.session, () => update());
  }
  live.follow(route.track);
  around.route(route);
  content.textContent = '';
  content.className = `view-${route.view}`;
  view = (VIEWS[route.view] ?? tower)(content, {live, record, route, link, keep, go, say: around.say});
  update();
  if (!jump) return;
  scrollTo(0, 0);
  content.focus({preventScroll: true});
}

/** @param {Partial<Route>} to */
function link(to) {
  return href({session: route.session, track: route.track, theme: route.theme, ...to});
}

/** @param {Partial<Route>} choice */
function keep(choice) {
  route = {...route, ...choice};
  history.replaceState(null, '', href(route));
}

/** @param {string} to */
function go(to) {
  history.pushState(null, '', to);
  show(true);
}

addEventListener('popstate', () => show(true));
document.addEventListener('click', (event) => {
  const anchor = event.target instanceof Element ? event.target.closest('a') : null;
  const own = anchor?.getAttribute('href')?.startsWith('?') && !anchor.target;
  if (!anchor || !own || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(anchor.href);
});

// What runs for months on a wall has no one to reload it: where the server has come back with another page, it does so itself.
const UNATTENDED = ['tv', 'hud', 'overlay'];
/** @type {string | null} */
let version = null;
let checked = 0;

async function renew() {
  if (checked === live.gaps) return;
  checked = live.gaps;
  const answer = await fetch('/', {method: 'HEAD', headers: {Accept: 'text/html'}, cache: 'no-store'}).catch(
    () => null,
  );
  const now = answer?.ok ? answer.headers.get('ETag') : null;
  if (now && version && now !== version && UNATTENDED.includes(route.view)) location.reload();
  version = now ?? version;
}

live.listen(update);
live.listen(renew);
show(false);
live.start();
