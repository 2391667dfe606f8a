// docs/operations.md helps by what an operator sees: every message it quotes is one the server can say.
import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {documents, root} from './lib/documents.mjs';

// The system's own words, and names of fields; what is quoted beside them is ours.
const OTHERS = /^(Connection refused|Network is unreachable|unreachable)$/;

// All texts of the sources, with "…" for what printf fills in, as one text.
function said() {
  const files = readdirSync(path.join(root, 'src'), {recursive: true}).filter((name) => name.endsWith('.c'));
  return files
    .flatMap((name) => {
      const code = readFileSync(path.join(root, 'src', name), 'utf8').replaceAll(/\/\*.*?\*\//gs, '');
      const joined = code.replaceAll(/"\s*(?:PRI[du]64\s*)?"/g, ''); // "one " "text"
      return [...joined.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map((match) => match[1]);
    })
    .join('\n')
    .replaceAll('\\"', '"')
    .replaceAll(/%(?:\.\*|\.\d|l|z)*[sduf]?/g, '…');
}

// In one text, or in two that are put together.
function isSaid(piece, all) {
  if (all.includes(piece)) return true;
  for (let at = 4; at < piece.length - 4; at += 1)
    if (all.includes(piece.slice(0, at)) && all.includes(piece.slice(at))) return true;
  return false;
}

test('messages that are quoted under "When something is wrong" are the server\'s', () => {
  const text = documents().find((document) => document.name === 'docs/operations.md').text;
  const part = text.slice(text.indexOf('## When something is wrong'), text.indexOf('## Tuning'));
  const rows = part.split('\n').filter((line) => line.startsWith('| ') && !/^\| (you see|---)/.test(line));
  assert.ok(rows.length > 30);
  const all = said();
  const missing = [];
  let quoted = 0;
  for (const row of rows) {
    for (const [, span] of row.split(' | ')[0].matchAll(/`([^`]+)`/g)) {
      if (!/ .* /.test(span)) continue; // the name of a field, of a value
      for (const piece of span.split(/…|: (?=[A-Z])/).map((one) => one.trim().replace(/^[:;,.] |[:;,]$/g, '')))
        if (piece.length > 2 && !OTHERS.test(piece)) {
          quoted += 1;
          if (!isSaid(piece, all)) missing.push(`"${piece}" of ${span}`);
        }
    }
  }
  assert.deepEqual(missing, [], 'said nowhere in the sources');
  assert.ok(quoted > 25, `${quoted} quotations`);
});

test('metrics that are named are sent', () => {
  const sent = readFileSync(path.join(root, 'src/codec/metrics.c'), 'utf8');
  const {text} = documents().find((document) => document.name === 'docs/operations.md');
  const named = new Set([...text.matchAll(/`[^`\n]*?(racefacer_[a-z_]+)/g)].map((match) => match[1]));
  assert.ok(named.size >= 8);
  for (const name of named) assert.ok(sent.includes(`"${name}"`), `there is no ${name}`);
});
