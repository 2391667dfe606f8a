// Runs the parts of the benchmark asked for, and writes the report. Timing decides nothing here: it fails where it cannot run.
import {execFileSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import {Ground} from './ground.mjs';
import {section, writeReport} from './report.mjs';

const PARTS = ['polling', 'push', 'ingest', 'history', 'footprint', 'mixed', 'page'];

const quick = process.argv.includes('--quick');
const asked = process.argv.slice(2).filter((argument) => argument !== '--quick');
const folder = path.resolve(process.env.BENCH_REPORT);
mkdirSync(folder, {recursive: true});

const begun = new Date();
const about = {
  version: execFileSync(process.env.RF_BINARY, ['--version'], {encoding: 'utf8'}).trim() + ` (${process.env.BENCH_COMMIT})`,
  date: begun.toISOString().slice(0, 16).replace('T', ' '),
  quick,
  disk: folder,
  loadBefore: os.loadavg(),
};
const parts = [];
let failed = 0;
let file;
for (const name of PARTS.filter((one) => asked.length === 0 || asked.includes(one))) {
  const started = performance.now();
  const ground = new Ground(path.join(folder, 'storage'));
  const say = (text) => console.error(`bench: ${name}: ${text}`);
  say('begins');
  let part;
  try {
    const {run} = await import(`./${name}.mjs`);
    part = await run({ground, quick, folder, say});
  } catch (error) {
    failed += 1;
    say(`failed: ${error.stack}`);
    part = {title: name, text: `**Could not be run:** ${error.message.split('\n')[0]}`};
  }
  await ground.close();
  part.seconds = (performance.now() - started) / 1000;
  parts.push(part);
  writeFileSync(path.join(folder, `${name}.json`), JSON.stringify({about, ...part}, null, 1));
  file = writeReport({folder, parts, about}); // after each: an hour is not thrown away for the last of them
  console.log(section(part));
}
console.error(`bench: ${path.relative(process.cwd(), file)}, ${Math.round((new Date() - begun) / 1000)} s`);
process.exitCode = failed ? 1 : 0;
