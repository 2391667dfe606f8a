// What the page does when something is wrong: the feed lost, the server gone, the stream blocked.
import assert from 'node:assert/strict';
import test from 'node:test';

import {noBrowser, open, towerOf} from './lib/browser.mjs';
import {Race} from './lib/race.mjs';
import {play, settle, smallField, startScene} from './lib/scene.mjs';
import {until} from './lib/tools.mjs';

const options = {skip: noBrowser};
const OFFLINE = [
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_FAILED|Failed to load resource/,
];

async function shows(page, laps) {
  await until(
    'the page shows the laps',
    async () => (await towerOf(page)).map((row) => row.laps).join() === laps.join(),
  );
}

test('the feed is lost: told, what is known stays, and it goes by itself', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const race = new Race({karts: smallField()});
  await play(scene, race);
  const page = await open(t, scene.daemon);
  await shows(page, [7, 7, 6, 3]);
  assert.equal(await page.getByRole('alert').isVisible(), false);
  await scene.feed.stop();
  await page.getByText('The timing feed is lost').waitFor();
  await shows(page, [7, 7, 6, 3]);
  await page.goto(`http://127.0.0.1:${scene.daemon.port}/?view=status`);
  await page.getByText(/^Not connected/).waitFor();
  await page.getByText(/Feed is not connected/).waitFor();
  await scene.feed.start();
  await page.getByText('Everything works.').waitFor();
});

test('the server is restarted: told, and the page goes on where it was', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  scene.feed.pushAll(frames.slice(0, -4));
  await settle(scene, race);
  const page = await open(t, scene.daemon, '', {expected: OFFLINE});
  await page.locator('#link[data-kind=good]').waitFor();
  await scene.daemon.stop();
  await page.getByText('No connection to the server').waitFor();
  assert.ok((await towerOf(page)).length === 4, 'what is known stays');
  await scene.daemon.restart();
  await page.locator('#link[data-kind=good]').waitFor();
  await until('the notice goes', async () => !(await page.locator('#notice').isVisible()));
  await scene.daemon.connected();
  await scene.feed.ready();
  race.at += 60000;
  scene.feed.push(race.payload());
  await shows(page, [7, 7, 6, 3]);
});

for (const [how, block] of [
  ['refused', (route) => route.abort()],
  ['swallowed', () => {}],
]) {
  test(`where the stream is ${how} the page asks each second, and says so`, options, async (t) => {
    const scene = await startScene(t, {kind: 'socketio4'});
    const page = await open(t, scene.daemon, '?view=status', {expected: OFFLINE});
    await page.route('**/api/stream*', block);
    await page.goto(`http://127.0.0.1:${scene.daemon.port}/`);
    await page.locator('#link[data-kind=fair]').waitFor();
    const race = new Race({karts: smallField()});
    await play(scene, race);
    await shows(page, [7, 7, 6, 3]);
    assert.equal(await page.locator('#link').textContent(), 'Each second');
    await page.unroute('**/api/stream*');
    if (how === 'swallowed') await page.reload();
    await page.locator('#link[data-kind=good]').waitFor();
  });
}

test('a tab that nobody sees gives its connection back, and catches up when it is seen', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  const page = await open(t, scene.daemon);
  await page.locator('#link[data-kind=good]').waitFor();
  const become = (state) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', {value, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  const clients = async () => (await scene.daemon.json('/api/clients')).totalClients;
  assert.equal(await clients(), 1);
  await become('hidden');
  await until('its stream is closed', async () => (await clients()) === 0);
  scene.feed.pushAll(frames);
  await settle(scene, race);
  assert.equal((await towerOf(page)).length, 0, 'nothing is drawn for nobody');
  await become('visible');
  await shows(page, [7, 7, 6, 3]);
  assert.equal(await clients(), 1);
});

test('a wall takes the new page when the server comes back with one', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  await play(scene, new Race({karts: smallField()}));
  const page = await open(t, scene.daemon, '?view=tv', {expected: OFFLINE});
  const heads = [];
  page.on('request', (request) => request.method() === 'HEAD' && heads.push(request.url()));
  await page.locator('.wall li').first().waitFor();
  const mark = () => page.evaluate(() => (globalThis.marked ??= false));
  await page.evaluate(() => (globalThis.marked = true));
  await scene.daemon.stop();
  await scene.daemon.restart();
  await until('the page has looked for another', () => heads.length > 0);
  assert.equal(await mark(), true, 'the same page stays');
  await page.route('**/*', (route) =>
    route.request().method() === 'HEAD' ? route.fulfill({headers: {ETag: '"another"'}}) : route.fallback(),
  );
  await scene.daemon.stop();
  await scene.daemon.restart();
  await until('it has been reloaded', async () => (await mark()) === false);
});

test('a stored session that is asked for while the server is gone comes when it is back', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const {sessionId} = await play(scene, new Race({karts: smallField()}));
  const page = await open(t, scene.daemon, '?view=status', {expected: OFFLINE});
  await page.locator('#link[data-kind=good]').waitFor();
  await scene.daemon.stop();
  await page.evaluate((id) => {
    history.pushState(null, '', `?view=results&session=${id}`);
    dispatchEvent(new PopStateEvent('popstate'));
  }, sessionId);
  await page.getByText('This session cannot be shown').waitFor();
  await scene.daemon.restart();
  await page.locator('.view-results .grid tbody tr').first().waitFor();
  await page.goto(`http://127.0.0.1:${scene.daemon.port}/?view=race&session=none`);
  await page.getByText('This session is not stored here.').waitFor();
});
