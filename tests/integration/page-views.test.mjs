// The views besides the tower, with mouse, finger and keyboard; and what axe finds in each.
import assert from 'node:assert/strict';
import test from 'node:test';

import {keep, noBrowser, open, overflow, seriousFaults} from './lib/browser.mjs';
import {Race} from './lib/race.mjs';
import {finish, listed, play, raced, series, settle, smallField, startScene} from './lib/scene.mjs';
import {until} from './lib/tools.mjs';

const options = {skip: noBrowser};

// A view's name, its address, and what is there once it is drawn.
const VIEWS = [
  ['tower', '', 'table.tower tbody tr'],
  ['kart', '?view=kart&kart=E05', '.view-kart .grid tbody tr'],
  ['race', '?view=race', '.view-race canvas'],
  ['compare', '?view=compare', '.versus tbody tr'],
  ['results', '?view=results', '.view-results .grid tbody tr'],
  ['history', '?view=history', '.view-history .grid tbody tr'],
  ['status', '?view=status', '.faults[data-kind=good]'],
  ['tv', '?view=tv', '.wall li'],
  ['hud', '?view=hud&kart=05', '.view-hud .last'],
  ['overlay', '?view=overlay', '.strip li'],
];

test('axe finds nothing serious in any view, dark and light', options, async (t) => {
  const {daemon} = await raced(t);
  for (const scheme of ['dark', 'light']) {
    const page = await open(t, daemon, '', {scheme});
    for (const [name, query, drawn] of VIEWS) {
      await page.goto(`http://127.0.0.1:${daemon.port}/${query}`);
      await page.locator(drawn).first().waitFor();
      await keep(page, `${name}-${scheme}`);
      assert.deepEqual(await seriousFaults(page), [], `${name} ${scheme}`);
    }
    await page.close();
  }
});

test('every view fits a phone of 360 px', options, async (t) => {
  const {daemon} = await raced(t);
  const page = await open(t, daemon, '', {width: 360, height: 740});
  for (const [name, query, drawn] of VIEWS) {
    await page.goto(`http://127.0.0.1:${daemon.port}/${query}`);
    await page.locator(drawn).first().waitFor();
    await keep(page, `${name}-phone`);
    assert.equal(await overflow(page), 0, name);
  }
});

test("a kart: the server's figures, its excluded laps, and it follows the next lap", options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const race = new Race({karts: smallField()});
  await play(scene, race);
  const page = await open(t, scene.daemon);
  await page.getByRole('link', {name: '山田 太郎'}).click();
  await page.locator('.view-kart .grid tbody tr').first().waitFor();
  const kart = await scene.daemon.json('/api/kart/E09');
  const tiles = await page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll('.tile')].map((tile) => [
        tile.querySelector('dt').textContent,
        tile.querySelector('dd').firstChild.textContent,
      ]),
    ),
  );
  assert.deepEqual(
    [tiles.Position, tiles['Best lap'], tiles.Average, tiles['Best 3'], tiles.Consistency, tiles.Index, tiles.Laps],
    [
      String(kart.position),
      kart.bestLapFormatted,
      kart.avgLapTimeFormatted,
      kart.best3AvgFormatted,
      kart.consistencyFormatted,
      String(kart.normalizedIndex),
      String(kart.totalLaps),
    ],
  );
  const excluded = page.locator('.grid tr', {hasText: '1:11.200'});
  assert.equal(await excluded.locator('[data-mark=excluded]').count(), 1);
  const over = await page.locator('.u-over').first().boundingBox();
  await page.mouse.move(over.x + over.width / 2, over.y + over.height / 2);
  await page.locator('.readout').first().getByText('1:11.200').waitFor();
  const {states} = race;
  Object.assign(states[2], {total: states[2].total + 1, prev: states[2].last, last: 27777, best: 27777});
  await settle(scene, race);
  await page.locator('.grid tr', {hasText: '27.777'}).locator('[data-mark=personal]').waitFor();
});

test('the race: buttons hide and show lines, and the pointer and the finger read values', options, async (t) => {
  const {daemon, scene, race} = await raced(t);
  const page = await open(t, daemon, '?view=race');
  const button = page.getByRole('button', {name: 'Bořek Říha'});
  await page.locator('.u-over').first().waitFor();
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  const over = page.locator('.u-over').first();
  const box = await over.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const readout = page.locator('.readout').first();
  await readout.getByText('Bořek Říha').waitFor();
  assert.match(await readout.textContent(), /^Lap \d/);
  await button.click();
  assert.equal(await button.getAttribute('aria-pressed'), 'false');
  assert.match(page.url(), /karts=/);
  await page.mouse.move(box.x + box.width / 2 + 3, box.y + box.height / 2);
  await until('its value goes', async () => (await readout.getByText('Bořek Říha').count()) === 0);
  await page.reload();
  await page.locator('.u-over').first().waitFor();
  assert.equal(
    await page.getByRole('button', {name: 'Bořek Říha'}).getAttribute('aria-pressed'),
    'false',
    'the address keeps the choice',
  );
  await page.mouse.move(0, 0);
  const touchTheEnd = () =>
    page
      .locator('.plot')
      .first()
      .evaluate((node) => {
        const {x, y, width} = node.querySelector('.u-over').getBoundingClientRect();
        const touch = new Touch({identifier: 1, target: node, clientX: x + width - 1, clientY: y + 20});
        node.dispatchEvent(new TouchEvent('touchstart', {touches: [touch], bubbles: true}));
      });
  await touchTheEnd();
  await readout.getByText('Lap 7').waitFor();

  Object.assign(race.states[0], {total: 8, prev: 26649, last: 26400, best: 26400});
  await settle(scene, race);
  await until('the next lap is drawn as it is told', async () => {
    await touchTheEnd();
    return /Lap 8.*Ana Example 26\.400/.test(await readout.textContent());
  });
});

test("the results by each method are the server's values in the right order", options, async (t) => {
  const {daemon, current} = await raced(t);
  const page = await open(t, daemon, '?view=results');
  const values = async () => (await page.locator('.grid[data-kind=results] td.main').allTextContents()).join();
  await page.getByRole('navigation', {name: 'Scoring'}).waitFor();
  const {karts} = current.analysis;
  for (const [method, field, by] of [
    ['Fastest lap', 'bestLapFormatted', (a, b) => a.bestLap - b.bestLap],
    ['Average', 'avgLapTimeFormatted', (a, b) => a.avgLapTime - b.avgLapTime],
    ['Best 3', 'best3AvgFormatted', (a, b) => a.best3Avg - b.best3Avg],
    ['Consistency', 'consistencyFormatted', (a, b) => a.consistency - b.consistency],
    ['Total time', 'totalTimeFormatted', (a, b) => b.validLaps - a.validLaps || a.totalTime - b.totalTime],
    ['Laps', 'totalLaps', (a, b) => b.totalLaps - a.totalLaps],
  ]) {
    await page.getByRole('navigation', {name: 'Scoring'}).getByText(method, {exact: true}).click();
    const wanted = [...karts]
      .sort(by)
      .map((kart) => String(kart[field]))
      .join();
    await until(`results by ${method}`, async () => (await values()) === wanted);
  }
});

test(
  'history: searched, opened with the same charts, exported, and deleted with the token alone',
  options,
  async (t) => {
    const scene = await startScene(t, {kind: 'socketio4', env: {API_TOKEN: 'correct-horse-battery'}});
    const races = series(['Cup A', 'Cup B', 'Night C']);
    for (const race of races) await play(scene, race);
    await finish(scene, races[2]);
    await listed(scene, 3);
    const page = await open(t, scene.daemon, '?view=history', {expected: [/status of 403/]});
    const rows = page.locator('.view-history .grid tbody tr');
    await until('all are listed', async () => (await rows.count()) === 3);
    await page.getByLabel('Event').fill('Cup');
    await page.keyboard.press('Enter');
    await until('two are found', async () => (await rows.count()) === 2);
    assert.match(page.url(), /event=Cup/);
    await page.getByRole('link', {name: 'Cup A', exact: true}).click();
    await page.locator('.view-results .grid tbody tr').first().waitFor();
    await page.getByRole('link', {name: 'Race', exact: true}).click();
    await page.locator('.view-race canvas').first().waitFor();
    assert.equal(await page.locator('h1').textContent(), 'Cup A');
    await page.getByRole('link', {name: 'Ana Example'}).count();
    await page.goBack();
    await page.goBack();

    const download = page.waitForEvent('download');
    await page.getByRole('link', {name: 'Export Cup A'}).click();
    assert.match((await download).suggestedFilename(), /^session-.*cup-a.*\.json$/);

    await page.getByRole('button', {name: 'Delete Cup A'}).click();
    const dialog = page.getByRole('dialog');
    assert.deepEqual(await seriousFaults(page), []);
    await dialog.getByRole('button', {name: 'Delete'}).click();
    await dialog.getByRole('alert').getByText('API_TOKEN').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({state: 'hidden'});
    assert.equal((await scene.daemon.json('/api/sessions')).total, 3, 'Escape deletes nothing');
    await page.getByRole('button', {name: 'Delete Cup A'}).click();
    await dialog.getByLabel(/token/).fill('correct-horse-battery');
    await dialog.getByRole('button', {name: 'Delete'}).click();
    await until('one is left', async () => (await rows.count()) === 1);
    assert.equal((await scene.daemon.json('/api/sessions')).total, 2);
  },
);

test('history: what the server still reads at its start is told of, and comes by itself', options, async (t) => {
  const {daemon} = await raced(t);
  const page = await open(t, daemon, '?view=history');
  await page.locator('.view-history .grid tbody tr').waitFor();
  await page.clock.install(); // the page's own time, from its next load on
  const growing = async (route) => {
    const response = await route.fetch();
    const headers = {...response.headers(), etag: '"growing"'};
    await route.fulfill({response, headers, json: {total: 0, unindexed: 300, sessions: []}});
  };
  await page.route('**/api/sessions?*', growing, {times: 1});
  await page.reload();
  const note = page.locator('.view-history .note');
  await note.getByText('0 sessions, 300 more are being read').waitFor();
  await page.clock.pauseAt(Date.now() + 1000);
  await page.clock.runFor(4000); // and no further: less than it waits for otherwise
  await note.getByText('1 session', {exact: true}).waitFor();
});

test('what has the focus keeps it when its table is drawn anew, and tables stay scrolled', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const race = new Race({karts: smallField()});
  await play(scene, race);
  const page = await open(t, scene.daemon, '?view=results', {width: 360, height: 740});
  const table = page.locator('main .scroll').first();
  const drawnAnew = async (total, last) => {
    const [before] = await table.elementHandles();
    Object.assign(race.states[0], {total, prev: race.states[0].last, last, best: Math.min(race.states[0].best, last)});
    await settle(scene, race);
    await until('it is drawn anew', async () => !(await before.evaluate((node) => node.isConnected)));
  };
  const link = table.getByRole('link', {name: 'Ana Example'});
  await link.focus();
  await drawnAnew(8, 26500);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Ana Example');
  assert.equal(await link.evaluate((node) => node === document.activeElement), true);

  await page.goto(`http://127.0.0.1:${scene.daemon.port}/?view=compare&karts=E05&karts=E07&karts=E09&karts=E21`);
  await table.locator('tbody tr').first().waitFor();
  await table.evaluate((node) => node.scrollTo({left: 40}));
  await drawnAnew(9, 26400);
  assert.equal(await table.evaluate((node) => node.scrollLeft), 40);
});

test('the keyboard gets everywhere, and what has the focus is seen', options, async (t) => {
  const {daemon} = await raced(t);
  const page = await open(t, daemon);
  await page.locator('table.tower tbody tr').first().waitFor();
  const reached = [];
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press('Tab');
    const now = await page.evaluate(() => {
      const {activeElement: node} = document;
      if (node === document.body) return {text: ''}; // around to the browser's own
      return {
        text: node.getAttribute('aria-label') ?? node.textContent.trim(),
        outline: getComputedStyle(node).outlineStyle,
      };
    });
    if (now.text) assert.equal(now.outline, 'solid', now.text);
    reached.push(now.text);
  }
  for (const name of ['Skip to the content', 'Timing', 'Status', 'Switch to light colours', 'Ana Example'])
    assert.ok(reached.includes(name), `${name} in ${reached}`);
  await page.getByRole('link', {name: 'Race', exact: true}).focus();
  await page.keyboard.press('Enter');
  await page.locator('.view-race canvas').first().waitFor();
  await page.getByRole('button', {name: 'Switch to light colours'}).press('Space');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light', 'the choice stays');
});

test(
  "a driver's phone has the last lap, the difference and the position; the overlay is transparent",
  options,
  async (t) => {
    const scene = await startScene(t, {kind: 'socketio4'});
    const race = new Race({karts: smallField()});
    await play(scene, race);
    const page = await open(t, scene.daemon, '?view=hud&kart=05', {width: 390, height: 844});
    await page.locator('.last', {hasText: '26.649'}).waitFor();
    await page.locator('.delta', {hasText: '+0.128'}).waitFor();
    assert.equal(await page.locator('.place').textContent(), '1');
    Object.assign(race.states[0], {total: 8, prev: 26649, last: 26400, best: 26400});
    await settle(scene, race);
    await page.locator('.page[data-mark=session] .last', {hasText: '26.400'}).waitFor();
    await page.getByText('Fastest of all').waitFor();

    const overlay = await open(t, scene.daemon, '?view=overlay&rows=2');
    await overlay.locator('.strip li').nth(1).waitFor();
    assert.equal(await overlay.locator('.strip li').count(), 2);
    const ground = await overlay.evaluate(() =>
      [document.documentElement, document.body].map((node) => getComputedStyle(node).backgroundColor),
    );
    assert.deepEqual(ground, ['rgba(0, 0, 0, 0)', 'rgba(0, 0, 0, 0)'], 'the picture below is seen');
  },
);
