// Page: what a frame costs the browser's main thread, and how soon a page that is opened shows the race.
import {Race} from '../integration/lib/race.mjs';
import {bigField, settle} from '../integration/lib/scene.mjs';
import {launch} from '../integration/lib/chromium.mjs';
import {sleep, until} from '../integration/lib/tools.mjs';
import {goal, inTurn, medianOf, quantile} from './figures.mjs';
import {microseconds} from './push.mjs';
import {TRACED, mainThread} from './trace.mjs';

const VIEWS = {
  'the tower, 20 karts': {karts: 20, query: ''},
  'the tower, 60 karts': {karts: 60, query: ''},
  'a wall of 4K, 60 karts': {karts: 60, query: '?view=tv', width: 3840, height: 2160},
  'the race, 60 karts': {karts: 60, query: '?view=race'},
};
const WARM = 10; // frames that a browser needs to know the page's code

// Runs in the page, before all of it: tells when its first row is there, by the clock on the wall.
function watchForRow() {
  const watch = new MutationObserver(() => {
    if (!document.querySelector('table.tower tbody tr')) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => (globalThis.firstRow = performance.timeOrigin + performance.now()))); // drawn
  });
  watch.observe(document, {childList: true, subtree: true});
}

// As people have it: positions glide.
async function opened(browser, {width = 1280, height = 800} = {}) {
  const context = await browser.newContext({viewport: {width, height}, colorScheme: 'dark', reducedMotion: 'no-preference'});
  const page = await context.newPage();
  await page.addInitScript(watchForRow);
  return page;
}

const address = (daemon, query = '') => `http://127.0.0.1:${daemon.port}/${query}`;
const firstRow = (page) => until('the page has a row', () => page.evaluate(() => globalThis.firstRow), {everyMs: 10});

// A race that has some laps and is under way: two frames a second, each with a kart that crosses the line.
class Driven {
  constructor(feed, karts) {
    this.feed = feed;
    this.race = new Race({karts: bigField({count: karts, laps: 40, base: 27000})});
    for (let i = 0; i < 12 * karts; i++) feed.push(this.race.step().payload);
  }

  // When each was sent, in the clock's microseconds.
  async drive(frames) {
    const sent = [];
    for (let i = 0; i < frames; i++) {
      const {payload} = this.race.step();
      await sleep(500);
      sent.push(microseconds());
      this.feed.push(payload);
    }
    await sleep(500);
    return [...sent, microseconds()];
  }
}

// Each frame's milliseconds of the main thread, from its sending to the next one's: all that the page does in between is in it.
async function costs(ground, browser, {karts, query, frames, ...size}) {
  const scene = await ground.scene();
  const driven = new Driven(scene.feed, karts);
  await settle(scene, driven.race);
  const page = await opened(browser, size);
  await page.goto(address(scene.daemon, query));
  await driven.drive(WARM);
  await browser.startTracing(page, {categories: TRACED});
  const sent = await driven.drive(frames);
  const tasks = mainThread(JSON.parse(await browser.stopTracing()));
  await page.context().close();
  await scene.daemon.stop();
  await scene.feed.stop();
  return sent.slice(0, -1).map((from, i) => tasks.between(from, sent[i + 1]));
}

// Milliseconds to the first row: of a page that is opened in mid-race, and of an open one from the first frame of a race.
async function firstRows(ground, browser, karts) {
  const scene = await ground.scene();
  const early = await opened(browser);
  await early.goto(address(scene.daemon));
  await early.getByText('No session yet').waitFor();
  const race = new Race({karts: bigField({count: karts, laps: 12, base: 27000})});
  race.step();
  const sent = Date.now();
  scene.feed.push(race.payload());
  const fromFrame = (await firstRow(early)) - sent;
  const late = await opened(browser);
  const asked = Date.now();
  await late.goto(address(scene.daemon));
  const fromOpening = (await firstRow(late)) - asked;
  await early.context().close();
  await late.context().close();
  await scene.daemon.stop();
  await scene.feed.stop();
  return {fromFrame, fromOpening};
}

export async function run({ground, quick, say}) {
  const [rounds, frames] = quick ? [1, 12] : [3, 60];
  ground.bothCores(); // the server has little to do, and a browser is many threads
  const browser = await launch();
  ground.after(() => browser.close());
  const sides = Object.fromEntries(
    Object.entries(VIEWS).map(([name, view]) => [name, () => (say(name), costs(ground, browser, {...view, frames}))]),
  );
  const found = await inTurn(rounds, sides);
  say('opens it');
  const opens = await inTurn(quick ? 2 : 10, {20: () => firstRows(ground, browser, 20), 60: () => firstRows(ground, browser, 60)});
  const all = Object.fromEntries(Object.entries(found).map(([name, ofRounds]) => [name, ofRounds.flat()]));
  const of = (name, field, q) => quantile(all[name].map((one) => one[field]), q);
  const worst = (field) => Math.max(...Object.values(opens).map((ofKarts) => Math.max(...ofKarts.map((one) => one[field]))));
  return {
    title: 'Page',
    text: `Chromium ${browser.version()}, without a screen and without a GPU, on both cores, 1280 × 800 where nothing else is said; two frames a second, a lap in each, ${frames} frames in ${rounds} rounds. A frame's cost is all that the page's main thread does from its sending to that of the next: taking it in, drawing it, gliding rows, lights that go out, and, every two seconds, asking for the analysis and drawing that. It is taken from the browser's trace: processor time, and beside it what passed by the clock, which has waits for other threads and whatever else had the core. First row: from the sending of a race's first frame to a page that waits for one, and from opening the page in mid-race.`,
    tables: [
      {
        title: 'A frame, milliseconds of the main thread',
        heads: ['', 'median', 'p99', 'script, median', 'style and layout', 'painting', 'longest task, median', 'p99', 'by the clock, median', 'p99'],
        rows: Object.keys(VIEWS).map((name) => [
          name,
          ...[of(name, 'cpu', 0.5), of(name, 'cpu', 0.99)],
          ...['script', 'layout', 'paint'].map((field) => of(name, field, 0.5)),
          ...['longest', 'wall'].flatMap((field) => [of(name, field, 0.5), of(name, field, 0.99)]),
        ]),
      },
      {
        title: 'To the first row, milliseconds',
        heads: ['', 'from the first frame: median', 'most', 'from opening the page: median', 'most'],
        rows: Object.entries(opens).map(([karts, times]) => [
          `${karts} karts`,
          ...['fromFrame', 'fromOpening'].flatMap((field) => [medianOf(times, field), Math.max(...times.map((one) => one[field]))]),
        ]),
      },
    ],
    goals: [
      ...[['median', 0.5], ['p99', 0.99]].map(([what, q]) => goal(`a frame of 60 karts, main thread, ${what}`, of('the tower, 60 karts', 'cpu', q), 'ms', '< 16')),
      goal('the longest task of such a frame, p99', of('the tower, 60 karts', 'longest', 0.99), 'ms', '< 16'),
      goal('from the first frame to a row of a page that is open, at most', worst('fromFrame') / 1000, 's', '< 2'),
      goal('from opening the page to a row, at most', worst('fromOpening') / 1000, 's', '< 2'),
    ],
  };
}
