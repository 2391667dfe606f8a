// The timing tower in a browser, from the first frame of a race to its end.
import assert from 'node:assert/strict';
import test from 'node:test';

import {cutOff, keep, noBrowser, open, overflow, towerOf} from './lib/browser.mjs';
import {formatMs} from './lib/expected.mjs';
import {Race, interleave} from './lib/race.mjs';
import {bigField, finish, play, series, settle, smallField, startScene} from './lib/scene.mjs';
import {sleep, until} from './lib/tools.mjs';

const options = {skip: noBrowser};

// Waits until the tower is what the server says, and returns it.
async function settled(page, daemon, query = '') {
  return until(
    'the page shows what the server says',
    async () => {
      const {sessionData, analysis} = await daemon.json(`/api/current${query}`);
      const shown = await towerOf(page);
      const known = new Map([...analysis.karts, ...analysis.unranked].map((kart) => [kart.kartNumber, kart]));
      const wanted = sessionData.runs.map((run) => ({
        pos: String(run.pos),
        kart: run.kart_number,
        driver: run.name,
        laps: String(run.total_laps),
        last: run.last_time === '-' ? '' : run.last_time,
        best: known.get(run.kart_number)?.bestLap ? formatMs(known.get(run.kart_number).bestLap) : '',
        avg: known.get(run.kart_number)?.avgLapTimeFormatted ?? '',
      }));
      const part = shown.map(({pos, kart, driver, laps, last, best, avg}) => ({
        pos,
        kart,
        driver,
        laps,
        last,
        best,
        avg,
      }));
      assert.deepEqual(part, wanted);
      return shown;
    },
    {everyMs: 100},
  );
}

test('a race from the first frame to the last lap', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const {daemon, feed} = scene;
  const page = await open(t, daemon);
  await page.getByText('No session yet').waitFor();

  const race = new Race({karts: smallField()});
  const frames = race.frames();
  const half = Math.floor(frames.length / 2);
  feed.pushAll(frames.slice(0, half));
  await page.locator('table.tower tbody tr').first().waitFor();
  assert.equal(await page.locator('h1').textContent(), 'Session #12');
  assert.match(await page.title(), /Session #12/);
  for (const frame of frames.slice(half)) {
    feed.push(frame.payload);
    await sleep(20);
  }
  await settle(scene, race);
  const rows = await settled(page, daemon);
  assert.deepEqual(
    rows.map(({kart}) => kart),
    ['05', '07', '09', '21'],
  );
  assert.deepEqual(
    rows.map(({best}) => best),
    ['26.521', '27.003', '27.873', '29.107'],
  );
  assert.deepEqual(
    rows.map(({bestMark}) => bestMark),
    ['session', '', '', ''],
  );
  assert.deepEqual(
    rows.map(({lastMark}) => lastMark),
    ['', '', 'personal', 'personal'],
    'last laps that are the own best are green',
  );
  assert.equal(await page.locator('.fact.fastest b').textContent(), '26.521');

  await page.reload();
  assert.deepEqual(await settled(page, daemon), rows, 'a reload shows the same');

  await finish(scene, race);
  await page.locator('.status[data-kind=finished]').waitFor();
  assert.deepEqual(await settled(page, daemon), rows);
});

test('rows move when positions do, and the focus stays on its row', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const page = await open(t, scene.daemon, '', {motion: 'no-preference'});
  const race = new Race({karts: smallField()});
  race.step();
  scene.feed.push(race.payload());
  await page.locator('table.tower tbody tr').nth(3).waitFor();
  const link = page.getByRole('link', {name: 'Neo'}); // the last, which becomes the first
  await link.focus();
  const [row] = await page.locator('tr', {has: link}).elementHandles();
  const before = await row.evaluate((node) => [...node.parentElement.children].indexOf(node));
  await page.evaluate(() => {
    const {animate} = Element.prototype;
    globalThis.glided = [];
    Element.prototype.animate = function (frames, timing) {
      if (frames[0].transform && timing.duration > 0) globalThis.glided.push(this);
      return animate.call(this, frames, timing);
    };
  });
  const other = race.payload();
  other.data.runs.reverse().forEach((run, i) => (run.pos = i + 1));
  other.data.timestamp += 1;
  other.data.timestamp_socket += 1;
  scene.feed.push(other);
  await until(
    'the row has moved',
    async () => (await row.evaluate((node) => [...node.parentElement.children].indexOf(node))) !== before,
  );
  assert.equal(await row.evaluate((node) => globalThis.glided.includes(node)), true, 'it glides');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'O\'Neil "Neo" <b>');
});

test('a row that crosses the line lights up, and all comes to rest without a further frame', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const page = await open(t, scene.daemon, '', {motion: 'no-preference'});
  const race = new Race({karts: smallField()});
  const frames = race.frames();
  scene.feed.pushAll(frames.slice(0, 8));
  await page.locator('table.tower tbody tr').nth(3).waitFor();
  await settled(page, scene.daemon);
  const still = () =>
    page.evaluate(
      () => document.getAnimations().length === 0 && !document.querySelector('tbody .light:not([hidden])'),
    );
  await until('all is still', still);
  await page.evaluate(() => {
    globalThis.seen = {lit: new Set(), between: 0, rises: 0};
    const before = new Map();
    (function look() {
      for (const light of document.querySelectorAll('tbody .light')) {
        const opacity = light.hidden ? 0 : Number(getComputedStyle(light).opacity);
        if (opacity > 0) globalThis.seen.lit.add(light.closest('tr').dataset.key);
        if (opacity > 0 && opacity < 1) globalThis.seen.between += 1;
        if (opacity > (before.get(light) ?? 0)) globalThis.seen.rises += 1;
        before.set(light, opacity);
      }
      requestAnimationFrame(look);
    })();
  });
  const {index, payload} = frames[8];
  scene.feed.push(payload);
  await until('a light fades', () => page.evaluate(() => globalThis.seen.between > 0));
  const {id, kartId} = race.karts[index];
  const next = structuredClone(payload);
  next.data.timestamp += 1;
  next.data.timestamp_socket += 1;
  next.data.runs.find((run) => run.id === id).total_laps += 1;
  scene.feed.push(next);
  await until('it lights up anew', () => page.evaluate(() => globalThis.seen.rises === 2));
  assert.deepEqual(await page.evaluate(() => [...globalThis.seen.lit]), [`${id}/${kartId}`]);
  await until('all is still again', still);
});

test('the tower is a table to those who hear it, and what is too long stays in its own cell', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const race = new Race({karts: smallField()});
  await play(scene, race);
  race.at += 1000;
  const payload = race.payload();
  const long = 'four hundred and twelve laps';
  Object.assign(payload.data.runs[1], {gap: long, int: long, s1: long, kart_number: '123456789'});
  scene.feed.push(payload);
  const page = await open(t, scene.daemon);
  const table = page.getByRole('table', {name: 'Timing, by position'});
  const row = table.getByRole('row').nth(2);
  await row.getByRole('cell', {name: long}).first().waitFor();
  assert.equal(await table.getByRole('row').count(), 5);
  assert.equal(await row.getByRole('cell').count(), await table.getByRole('columnheader').count());
  const spilt = await row.evaluate((node) =>
    [...node.children]
      .filter((cell) => cell.scrollWidth > cell.clientWidth && getComputedStyle(cell).overflowX !== 'hidden')
      .map((cell) => cell.className),
  );
  assert.deepEqual(spilt, []);
});

test('the next session on the track takes the place of the one before', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const [first, second] = series(['Heat 1', 'Heat 2']);
  await play(scene, first);
  const page = await open(t, scene.daemon);
  await page.getByRole('heading', {name: 'Heat 1'}).waitFor();
  const best = (await settled(page, scene.daemon))[0].best;
  second.karts.forEach((kart) => (kart.driver = `Second ${kart.driver}`));
  scene.feed.push(second.payload());
  await page.getByRole('heading', {name: 'Heat 2'}).waitFor();
  const fresh = await settled(page, scene.daemon);
  assert.deepEqual(
    fresh.map(({driver, laps, best: none}) => [driver, laps, none]),
    [
      ['Second Ana Example', '0', ''],
      ['Second Bořek Říha', '0', ''],
    ],
  );
  await play(scene, second);
  const [leader] = await settled(page, scene.daemon);
  assert.equal(leader.bestMark, 'session');
  assert.equal(leader.best, best, 'the same laps again, and nothing of the first heat');
});

test('two tracks: a switch between them, and the wall shows each in its turn', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const [lakeside, hall] = [3, 4].map(
    (track) =>
      new Race({
        event: `Race ${track}`,
        track,
        karts: smallField().map((kart) => ({...kart, id: kart.id + track, kartId: kart.kartId + 100 * track})),
      }),
  );
  scene.feed.pushAll(interleave(lakeside.frames(), hall.frames()));
  await settle(scene, lakeside);
  await settle(scene, hall);
  const page = await open(t, scene.daemon);
  await page.getByRole('navigation', {name: 'Track'}).getByText('Track 4').click();
  await page.getByRole('heading', {name: 'Race 4'}).waitFor();
  await settled(page, scene.daemon, '?track=4');
  await page.getByRole('navigation', {name: 'Track'}).getByText('Track 3').click();
  await page.getByRole('heading', {name: 'Race 3'}).waitFor();
  await page.goBack();
  await page.getByRole('heading', {name: 'Race 4'}).waitFor();

  const late = hall.payload();
  late.data.runs.push({...late.data.runs[0], id: 77, kart: 'X77', kart_number: '77', kart_id: 777});
  scene.feed.push(late);
  const phone = await open(t, scene.daemon, '?view=hud&kart=77', {expected: [/404/]});
  await phone.locator('.top .plate', {hasText: '77'}).waitFor();

  const wall = await open(t, scene.daemon, '?view=tv&turn=2', {width: 1920, height: 1080});
  const seen = new Set();
  await until('the wall has shown both', async () => {
    seen.add(await wall.locator('h1').textContent());
    return seen.has('Race 3') && seen.has('Race 4');
  });
});

test('no figure of the tower is cut off, whatever the width and however long the laps', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const venues = [
    {track: 1, base: 27000, gap: '+12.345'},
    {track: 2, base: 65000, gap: '+2 laps'},
  ];
  for (const {track, base, gap} of venues) {
    const race = new Race({karts: bigField({count: 12, laps: 4, base, from: track * 1000}), track});
    await play(scene, race);
    race.at += 1000;
    const payload = race.payload();
    for (const run of payload.data.runs) run.gap = run.int = gap;
    scene.feed.push(payload);
    for (const width of [360, 430, 431, 600, 760, 800, 1000, 1280]) {
      const page = await open(t, scene.daemon, `?track=${track}`, {width, height: 740});
      await page.locator('td.gap', {hasText: gap}).first().waitFor({state: 'attached'});
      assert.deepEqual(await cutOff(page), [], `laps of ${base} ms at ${width}`);
      await page.close();
    }
  }
});

test('sixty karts with names of sixty characters: on a phone, on a desk and on a wall of 4K', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const karts = bigField({
    count: 60,
    laps: 4,
    base: 65000,
    driver: (i) => `Maximiliana-Bartholomäa von und zu Hohenlohe-Waldenburg ${String(i).padStart(3, '0')}`,
  });
  assert.ok(karts.every(({driver}) => driver.length >= 58));
  await play(scene, new Race({karts}));
  for (const [width, height] of [
    [360, 740],
    [1280, 800],
    [3840, 2160],
  ]) {
    const page = await open(t, scene.daemon, '', {width, height});
    await settled(page, scene.daemon);
    await keep(page, `tower-60-karts-${width}`);
    assert.equal(await overflow(page), 0, `nothing to scroll sideways at ${width}`);
    assert.deepEqual(await cutOff(page), [], `no time is cut off at ${width}`);
    await page.close();
  }
  for (const [width, height] of [
    [360, 740],
    [740, 360],
  ]) {
    const phone = await open(t, scene.daemon, '?view=hud&kart=05', {width, height});
    await phone.locator('.last', {hasText: '1:0'}).waitFor();
    const outside = await phone.evaluate(() =>
      [...document.querySelectorAll('.page *')]
        .filter((node) => {
          const range = document.createRange();
          range.selectNodeContents(node);
          const {right, bottom} = range.getBoundingClientRect();
          return (
            !node.firstElementChild && !node.matches('.name') && (right > innerWidth + 1 || bottom > innerHeight + 1)
          );
        })
        .map((node) => node.className || node.textContent),
    );
    assert.deepEqual(outside, [], `all of it is on a phone of ${width} by ${height}`);
    await keep(phone, `hud-${width}`);
  }
  const wall = await open(t, scene.daemon, '?view=tv', {width: 3840, height: 2160});
  await wall.locator('.wall li').nth(59).waitFor();
  await keep(wall, 'tv-60-karts-3840');
  const outside = await wall.evaluate(
    () =>
      [...document.querySelectorAll('.wall li')].filter((row) => row.getBoundingClientRect().bottom > innerHeight + 1)
        .length,
  );
  assert.equal(outside, 0, 'all sixty are on the wall');
  assert.equal(await overflow(wall), 0);
});

test('a frame of sixty karts writes what it changes and nothing else', options, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const race = new Race({karts: bigField({count: 60, laps: 12, base: 27000})});
  const frames = race.frames();
  const page = await open(t, scene.daemon, '', {motion: 'no-preference'});
  scene.feed.pushAll(frames.slice(0, 120));
  await page.locator('table.tower tbody tr').nth(59).waitFor();
  await settled(page, scene.daemon);
  await page.evaluate(() => {
    const body = document.querySelector('table.tower tbody');
    const first = new Set(body.children);
    globalThis.seen = {writes: 0, useless: [], made: 0};
    const note = (records) => {
      const {seen} = globalThis;
      seen.writes += records.length;
      const targets = records.map(({target}) => target);
      for (const {type, target, attributeName, oldValue, addedNodes} of records) {
        const now = type === 'attributes' ? target.getAttribute(attributeName) : target.data;
        const once = targets.indexOf(target) === targets.lastIndexOf(target);
        if (type !== 'childList' && once && now === oldValue) seen.useless.push(`${target.nodeName} ${oldValue}`);
        seen.made += [...addedNodes].filter((node) => node.nodeName === 'TR' && !first.has(node)).length;
      }
    };
    new MutationObserver(note).observe(body, {
      subtree: true,
      childList: true,
      characterData: true,
      characterDataOldValue: true,
      attributes: true,
      attributeOldValue: true,
    });
  });
  const next = frames.slice(120, 320);
  scene.feed.pushAll(next);
  await settled(page, scene.daemon);
  const {writes, useless, made} = await page.evaluate(() => globalThis.seen);
  t.diagnostic(`${(writes / next.length).toFixed(1)} writes a frame`);
  assert.deepEqual(useless, [], 'what is there already is not written again');
  assert.equal(made, 0, 'a kart keeps its line');
  assert.ok(writes > 0 && writes < next.length * 60, 'fewer writes than lines: most karts are between two lines');
});
