// Names that would be markup, code or layout, had anybody let them: they are names.
import assert from 'node:assert/strict';
import test from 'node:test';

import {noBrowser, open, overflow, towerOf} from './lib/browser.mjs';
import {Race, lapTimes} from './lib/race.mjs';
import {play, startScene} from './lib/scene.mjs';
import {until} from './lib/tools.mjs';

const NAMES = [
  '<img src=x onerror="alert(1)">',
  '<script>alert(2)</script>',
  '"><svg onload=alert(3)>',
  "javascript:alert(4)//'",
  '&lt;b&gt; &amp;amp;',
  '{{constructor.constructor("alert(5)")()}}',
  '\u202Eevil txt.exe\u202C',
  'Z\u0336\u0335\u0321a\u0338l\u0334g\u0335o\u0336',
  'ليلى المثالية بنت عبد الرحمن',
  '測試小風測試小風測試小風測試小風測試小風測試小風測試小風測試',
  '👩‍👩‍👧‍👦🏎️🇺🇦',
  'W'.repeat(60),
];

const VIEWS = [
  '',
  '?view=race',
  '?view=compare',
  '?view=results',
  '?view=tv',
  '?view=overlay',
  '?view=history',
  '?view=kart&kart=1',
  '?view=hud&kart=1',
];

test('a driver named <img onerror> is a name', {skip: noBrowser}, async (t) => {
  const scene = await startScene(t, {kind: 'socketio4'});
  const karts = NAMES.map((driver, i) => ({
    id: 100 + i,
    kartId: 200 + i,
    kart: i === 1 ? '<b>2' : String(i + 1),
    kartNumber: i === 1 ? '<b>2' : String(i + 1),
    driver,
    laps: lapTimes(i + 1, 5, 27000 + 100 * i),
  }));
  const colors = ['red;background:url(http://evil.example/x)', '39b549" onmouseover="alert(6)', 'expression(alert(7))'];
  const race = new Race({event: '<h1 onclick=alert(8)>Cup</h1>', karts});
  const more = race.payload.bind(race);
  race.payload = (fields) => {
    const payload = more(fields);
    payload.data.runs.forEach((run, i) => (run.kart_color = colors[i % colors.length]));
    return payload;
  };
  await play(scene, race);
  for (const view of VIEWS) {
    const page = await open(t, scene.daemon, view, {width: 360, height: 740});
    await page.waitForFunction(
      () => document.body.innerText.includes('Cup</h1>') || document.querySelector('.view-hud .last, .strip li'),
    );
    await page.waitForLoadState('load');
    const strays = await page.evaluate(
      () =>
        document.querySelectorAll('main :is(img, script, b b, [onerror], [onload], [onclick], [onmouseover])').length,
    );
    assert.equal(strays, 0, `${view}: nothing of a name has become an element`);
    assert.equal(await overflow(page), 0, `${view}: no name makes the page wider than a phone`);
    if (view === '') {
      const shown = await until('all of them', async () => {
        const rows = await towerOf(page);
        return rows.length === NAMES.length && rows;
      });
      assert.deepEqual(shown.map(({driver}) => driver).sort(), [...NAMES].sort());
    }
    await page.close();
  }
});
