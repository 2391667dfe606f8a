// What the documents say is so: each command in them runs, or says why not; answers have the shape shown, links lead
// somewhere, settings exist, and docs/api.md has every endpoint.
//
// For who writes documents: a block of commands is fenced as ```sh. It is run in a folder that looks like a clone, with
// the demo at localhost:3001 and API_TOKEN set, and has to end with 0; port 3999 stands for a free one. A block that
// follows it as ```json, ```http (`curl -si`), ```event-stream or ```text is its answer; lib/answer-shape.mjs says what
// "…" means there. A ```dotenv block has to pass --check-config. What cannot be run has a line above its fence:
// <!-- not run: needs Docker -->
import assert from 'node:assert/strict';
import {existsSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {runOnce} from './lib/daemon.mjs';
import {Reader} from './lib/documents-run.mjs';
import {anchor, documents, links, root} from './lib/documents.mjs';
import {tempDir} from './lib/tools.mjs';

const all = documents();
const api = all.find((document) => document.name === 'docs/api.md');

test('every command runs, or says why not, and answers as shown', async (t) => {
  const reader = await Reader.start(t);
  const counts = {run: 0, answers: 0, 'not run': 0};
  for (const document of all) {
    for (const block of document.commands) {
      const name = `${document.name}:${block.line} ${block.text.split('\n')[0].slice(0, 70)}`;
      await t.test(name, async () => {
        assert.equal(block.language, 'sh', 'fence it as ```sh');
        if (block.reason !== null) {
          assert.notEqual(block.reason, '', 'the reason is missing: <!-- not run: REASON -->');
          counts['not run'] += 1;
          return;
        }
        if (block.answer) block.answer.document = document.name;
        const wrong = await reader.check(block);
        assert.equal(wrong.length, 0, `${block.text}\n\n${wrong.join('\n')}`);
        counts.run += 1;
        if (block.answer) counts.answers += 1;
      });
    }
  }
  t.diagnostic(`blocks of commands in ${all.length} documents: ${JSON.stringify(counts)}`);
  assert.ok(counts.run > 0 && counts.answers > 0, 'some are there at all');
});

test('links and images lead somewhere', () => {
  const byName = new Map(all.map((document) => [document.name, document]));
  for (const document of all) {
    for (const target of links(document)) {
      const [file, heading] = target.split('#');
      const name = file ? path.join(path.dirname(document.name), decodeURIComponent(file)) : document.name;
      assert.ok(existsSync(path.join(root, name)), `${document.name}: ${target} is not there`);
      const anchors = byName.get(name)?.headings.map(anchor);
      if (heading && anchors) assert.ok(anchors.includes(heading), `${document.name}: ${target}: of ${anchors}`);
    }
  }
});

test('settings that are named exist', async () => {
  const {stdout} = await runOnce(['--help']);
  const known = new Set([...stdout.matchAll(/^ {2}([A-Z][A-Z0-9_]+) /gm)].map((match) => match[1]));
  assert.ok(known.has('WS_HOST') && known.has('PORT'));
  const families = new Set([...known].filter((name) => name.includes('_')).map((name) => name.split('_')[0]));
  for (const document of all)
    for (const [name] of document.text.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g))
      if (families.has(name.split('_')[0])) assert.ok(known.has(name), `${document.name}: there is no setting ${name}`);
});

test('samples of .env are good', async (t) => {
  for (const document of all) {
    for (const block of document.blocks.filter((one) => one.language === 'dotenv')) {
      const cwd = tempDir(t);
      writeFileSync(path.join(cwd, '.env'), block.text);
      const {code, stdout, stderr} = await runOnce(['--check-config'], {cwd});
      assert.equal(code, 0, `${document.name}:${block.line}\n${stdout}${stderr}`);
    }
  }
});

test('docs/api.md has every endpoint that GET / lists, each with an answer that was compared', async (t) => {
  const reader = await Reader.start(t);
  const {endpoints} = await reader.demo.json('/', {headers: {Accept: 'application/json'}});
  const listed = Object.values(endpoints).map(({method, path: where}) => `${method} ${where}`);
  const described = api.headings.map((heading) => heading.match(/^`([A-Z]+ \/[^`]*)`$/)?.[1]).filter(Boolean);
  assert.deepEqual(described.filter((one) => one !== 'GET /').sort(), listed.sort());
  for (const one of described) {
    const [method, where] = one.split(' ');
    const asked = new RegExp(`localhost:3001${where.replace(/:\w+/g, '[^/\\s\'"?]+')}(?![\\w/])`);
    const blocks = api.commands.filter((block) => block.section === `\`${one}\`` && asked.test(block.text));
    const compared = blocks.filter((block) => block.answer && block.reason === null);
    assert.ok(compared.length > 0, `${one}: no command with an answer under its heading`);
    if (method === 'DELETE') assert.match(compared[0].text, /-X DELETE/);
  }
});
