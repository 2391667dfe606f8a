// The report, in Markdown: the machine, the goals, and what each part found.
import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import os from 'node:os';
import path from 'node:path';

import {SETTINGS} from './ground.mjs';
import {short} from './figures.mjs';

const require = createRequire(import.meta.url);

const said = (command, ...args) => {
  const [file, ...rest] = command;
  try {
    return execFileSync('sh', ['-c', '"$@" 2>&1 || true', 'sh', file, ...rest, ...args], {encoding: 'utf8'}).trim();
  } catch {
    return '?';
  }
};
const first = (text, pattern) => text.match(pattern)?.[1] ?? '?';

function machine(folder) {
  const [cpu] = os.cpus();
  const disk = said(['findmnt', '-no', 'FSTYPE,SOURCE', '-T', folder]).replace(/\s+/g, ' ');
  return [
    `${os.cpus().length} cores of ${cpu.model.trim()}, ${(os.totalmem() / 2 ** 30).toFixed(0)} GB; ${os.type()} ${os.release()}`,
    `storage on ${disk}`,
    first(readFileSync('/etc/os-release', 'utf8'), /^PRETTY_NAME="(.*)"/m),
  ].join('; ');
}

const versions = () =>
  [
    `nginx ${first(said(['/usr/sbin/nginx', '-v']), /nginx\/([\d.]+)/)}`,
    `wrk ${first(said(['wrk', '-v']), /wrk (?:debian\/)?(\S+)/)}`,
    `Node ${process.version}`,
    `Express ${require('express/package.json').version}`,
    `socket.io-client ${require('socket.io-client/package.json').version}`,
    `gcc ${said(['gcc', '-dumpfullversion'])}`,
  ].join(', ');

export const table = (heads, rows) =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const goals = (all) =>
  table(
    ['', 'measured', 'goal', ''],
    all.map(({what, value, unit, bound, met}) => [what, `${short(value)} ${unit}`.trim(), `${bound} ${unit}`.trim(), met ? 'met' : '**not met**']),
  );

// parts: [{title, text, goals, tables: [{title, heads, rows}], plots: [file], seconds}]
export function writeReport({folder, parts, about}) {
  const text = `# Benchmark

${about.version}, ${about.date}${about.quick ? '. **Quick: for trying, seconds a part; nothing here is a result.**' : ''}

${machine(about.disk)}. ${versions()}.

The server, and each of what it is measured against, has core 0 to itself; what asks has core 1. Sides take turns within the
run, figures are medians over the rounds, a ratio is the median of the rounds' ratios. Nothing is switched off: laps are
journaled and synced, sessions saved. Settings other than shipped, since all load comes from one address:
${Object.entries(SETTINGS).map(([name, value]) => `\`${name}=${value}\``).join(', ')}.
Load on the machine before the run: ${about.loadBefore.map((one) => one.toFixed(2)).join(' ')}.

## Goals

${goals(parts.flatMap((part) => part.goals ?? []))}

${parts.map((part) => section(part)).join('\n')}`;
  const file = path.join(folder, 'report.md');
  writeFileSync(file, text);
  return file;
}

export function section({title, text = '', tables = [], plots = [], goals: own = [], seconds}) {
  const shown = tables.map((one) => `${one.title ? `**${one.title}**\n\n` : ''}${table(one.heads, one.rows.map((row) => row.map((cell) => (typeof cell === 'number' ? short(cell) : cell))))}\n`);
  return [
    `## ${title}\n`,
    text && `${text}\n`,
    ...shown,
    ...plots.map((file) => `![${title}](${file})\n`),
    own.length ? `${goals(own)}\n` : '',
    `Took ${Math.round(seconds)} s.\n`,
  ]
    .filter(Boolean)
    .join('\n');
}
