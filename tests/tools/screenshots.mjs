// Pictures of the page in a generated race, into docs/images. script/screenshots runs it.
import {execFileSync} from 'node:child_process';
import {mkdirSync, statSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {open} from '../integration/lib/browser.mjs';
import {Daemon, binary} from '../integration/lib/daemon.mjs';
import {feedSettings, startFeed} from '../integration/lib/feeds.mjs';
import {sleep, until} from '../integration/lib/tools.mjs';

const out = process.argv[2] ?? path.join(path.dirname(fileURLToPath(import.meta.url)), '../../docs/images');
const SECONDS = 400; // into the race

// [file, address, width, height, colours]
const PICTURES = [
  ['timing', '', 1280, 760, 'dark'],
  ['timing-light', '', 1280, 760, 'light'],
  ['timing-phone', '', 360, 740, 'dark'],
  ['kart', '?view=kart&kart=KART', 1280, 1180, 'dark'],
  ['race', '?view=race', 1280, 1180, 'light'],
  ['compare', '?view=compare', 1280, 760, 'dark'],
  ['results', '?view=results&method=best3', 1280, 760, 'light'],
  ['status', '?view=status', 1280, 560, 'dark'],
  ['tv', '?view=tv&track=1', 1120, 630, 'dark'],
  ['hud', '?view=hud&kart=KART', 390, 700, 'dark'],
  ['overlay', '?view=overlay&rows=8', 960, 320, 'dark'],
];

const ends = [];
const t = {after: (end) => ends.push(end)};

async function race(feed, daemon) {
  const start = Date.now() - SECONDS * 1000;
  const options = [
    '--seed',
    '12',
    '--tracks',
    '2',
    '--karts',
    '26',
    '--race-ms',
    '720000',
    '--incidents',
    '--start',
    String(start),
  ];
  const lines = execFileSync(
    path.join(path.dirname(binary), 'tests/race-frames'),
    [...options, '--frames', String(2 * SECONDS)],
    {
      encoding: 'utf8',
      maxBuffer: 1e9,
    },
  );
  for (const line of lines.trim().split('\n')) {
    const {t: at, payload} = JSON.parse(line);
    if (payload && at <= Date.now()) feed.push(payload);
  }
  await until('the race is in', async () => (await daemon.json('/api/current?track=1')).analysis.karts.length >= 8);
  await sleep(1500);
}

async function picture(daemon, kart, [file, query, width, height, scheme]) {
  const page = await open(t, daemon, query.replace('KART', kart), {width, height, scheme});
  await page.evaluate(() => document.fonts.ready);
  await sleep(2500); // the second answers are in, and nothing moves any more
  if (file === 'overlay')
    await page.evaluate(() => document.documentElement.style.setProperty('background', '#4d6470'));
  const target = path.join(out, `${file}.png`);
  await page.screenshot({path: target});
  await page.close();
  console.log(`${target} ${Math.ceil(statSync(target).size / 1000)} kB`);
}

try {
  mkdirSync(out, {recursive: true});
  const feed = await startFeed(t, 'socketio4');
  const daemon = await Daemon.start(t, {env: feedSettings(feed)});
  await daemon.connected();
  await feed.ready();
  await race(feed, daemon);
  const {karts} = (await daemon.json('/api/current')).analysis;
  for (const one of PICTURES) await picture(daemon, encodeURIComponent(karts[1].kart), one);
} finally {
  for (const end of ends.reverse()) await end();
}
process.exit();
