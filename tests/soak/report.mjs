// The report of a soak, in Markdown, with its plot.
import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

function plot(folder, samples) {
  for (const kind of ['svg', 'png']) {
    const output = path.join(folder, `plot.${kind}`);
    const names = `samples='${samples}'; output='${output}'; kind='${kind}'`;
    execFileSync('gnuplot', ['-e', names, path.join(here, 'plot.gp')], {stdio: ['ignore', 'inherit', 'inherit']});
  }
}

const table = (heads, rows) =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.ceil(q * values.length) - 1];

function counted(stage) {
  const groups = Object.entries(stage.counts).filter(([group]) => group !== 'failures');
  return groups
    .map(([group, counts]) => {
      const each = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
      return [group, stage.total(group), each.join(', ')];
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export function writeReport({folder, stage, samples, verdicts, rest, about}) {
  plot(folder, samples.file);
  const spread = (name, digits) => {
    const values = samples.column(name);
    return [name, ...[0.01, 0.5, 0.99, 1].map((q) => quantile(values, q).toFixed(digits))];
  };
  const good = about.passed;
  const text = `# Soak: ${about.minutes} minutes, ${good ? 'passed' : 'FAILED'}

${about.version}, seed ${about.seed}, ${about.date}; ${os.cpus().length} × ${os.cpus()[0].model}, ${os.release()}, Node ${process.version}.
${about.framesPerSecond} frames and ${about.requestsPerSecond} requests a second were aimed at, beside the attacks.

![Resident memory, descriptors, storage and processor time](plot.svg)

## Verdict

${table(
  ['', 'line through the last three quarters, a day', 'bound', 'most in the second quarter', 'most in the last', 'flat'],
  Object.entries(verdicts).map(([name, v]) => [
    name,
    v.perDay.toFixed(1),
    v.perDayBound,
    v.secondQuarter.toFixed(1),
    v.lastQuarter.toFixed(1),
    v.short ? 'too short to tell' : v.flat ? 'yes' : '**no**',
  ]),
)}

The last quarter may have at most 1.1 times what the second had.
Sockets open at rest: ${rest.before} before the first client, ${rest.after} after the last.

## What was done

${table(['', 'in all', ''], counted(stage))}

Reconnects of the feed: ${about.reconnects}.

## What it took

${table(['', '1 %', 'median', '99 %', 'most'], [
  spread('residentMb', 1),
  spread('descriptors', 0),
  spread('threads', 0),
  spread('cpuPercent', 0),
  spread('storageMb', 2),
  spread('files', 0),
  spread('healthMs', 1),
])}

## Failures

${stage.total('failures')}${stage.failures.length ? `\n\n\`\`\`\n${stage.failures.join('\n')}\n\`\`\`` : ''}
`;
  writeFileSync(path.join(folder, 'report.md'), text);
}
