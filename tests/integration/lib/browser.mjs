// Debian's chromium, as somebody who opens the page. Whatever a page logs as an error, or asks of another server, fails the
// test at its end.
import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {after} from 'node:test';

import {executablePath, launch} from './chromium.mjs';
import {binary} from './daemon.mjs';
import {checkAnswer} from './openapi.mjs';
import {atEnd} from './tools.mjs';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

// For the tests' `skip`: false where there is a browser.
export const noBrowser = existsSync(executablePath)
  ? false
  : `there is no ${executablePath}: script/bootstrap test installs it`;

let browser;

after(async () => {
  await browser?.close();
});

// What the page is told is held against the document of the API, too.
async function check(response, origin) {
  const headers = response.headers();
  const request = response.request();
  if (!response.url().startsWith(origin) || request.method() === 'HEAD' || !/^application\/json/.test(headers['content-type']))
    return;
  const text = await response.text().catch(() => null); // the page has moved on
  const target = response.url().slice(origin.length);
  if (text) checkAnswer({method: request.method(), target, status: response.status(), headers, text});
}

// Opens an address of the server in a browser profile of its own. expected: what may go wrong, as patterns of messages.
export async function open(
  t,
  daemon,
  query = '',
  {width = 1280, height = 800, scheme = 'dark', motion = 'reduce', expected = []} = {},
) {
  browser ??= await launch();
  const context = await browser.newContext({
    viewport: {width, height},
    colorScheme: scheme,
    reducedMotion: motion,
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  const faults = [];
  const origin = `http://127.0.0.1:${daemon.port}`;
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.stack));
  page.on('dialog', (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => request.url().startsWith(origin) || faults.push(`a request to ${request.url()}`));
  page.on('response', (response) => check(response, origin).catch((error) => faults.push(error.message)));
  page.setDefaultTimeout(Number(process.env.RF_TEST_DEADLINE_MS || 60000));
  atEnd(t, async () => {
    await context.close();
    const real = faults.filter((fault) => !expected.some((pattern) => pattern.test(fault)));
    assert.deepEqual(real, [], 'the page did something wrong');
  });
  await page.goto(`${origin}/${query}`);
  return page;
}

// A picture of the view, kept beside the test's report.
export function keep(page, name) {
  return page.screenshot({path: path.join(path.dirname(binary), 'reports/page', `${name}.png`)});
}

// The tower as it is seen: [{pos, kart, driver, last, …}], from top to bottom.
export function towerOf(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('table.tower tbody tr')]
      .map((row) => ({top: row.getBoundingClientRect().top, row}))
      .sort((a, b) => a.top - b.top)
      .map(({row}) => {
        const of = (name) => row.querySelector(`td.${name}`);
        const text = (name) => of(name).textContent;
        return {
          pos: text('pos'),
          kart: text('kart'),
          driver: row.querySelector('td.driver a').textContent,
          laps: text('laps'),
          last: text('last'),
          lastMark: of('last').dataset.mark ?? '',
          best: text('best'),
          bestMark: of('best').dataset.mark ?? '',
          avg: text('avg'),
          stale: row.classList.contains('stale'),
        };
      }),
  );
}

// How far the page is wider than its window: 0 where nothing has to be scrolled sideways.
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

// Figures of the tower that end in an ellipsis: their text is wider than what the cell has for it.
export function cutOff(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('table.tower td:is(.pos, .laps, .last, .best, .avg, .gap, .int)')]
      .filter((cell) => {
        if (!cell.offsetWidth) return false;
        const {paddingLeft, paddingRight} = getComputedStyle(cell);
        const text = document.createRange();
        text.selectNodeContents(cell);
        const room = cell.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
        return text.getBoundingClientRect().width > room + 0.5;
      })
      .map((cell) => `${cell.className} ${cell.textContent}`),
  );
}

// What axe finds that is serious or worse, a line each.
export async function seriousFaults(page) {
  const session = await page.context().newCDPSession(page); // past the page's policy, which would refuse it
  await session.send('Runtime.evaluate', {expression: readFileSync(axe, 'utf8')});
  const {violations} = await page.evaluate(() => globalThis.axe.run(document, {resultTypes: ['violations']}));
  await session.detach();
  return violations
    .filter(({impact}) => impact === 'serious' || impact === 'critical')
    .flatMap(({id, nodes}) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`));
}
