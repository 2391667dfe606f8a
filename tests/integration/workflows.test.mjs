// What .github/workflows says is so: GitHub's own parser takes it, what it runs is there, and it may do no more than it must.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {register} from 'node:module';
import path from 'node:path';
import test from 'node:test';

import {parse} from 'yaml';

import {root} from './lib/documents.mjs';

const folder = path.join(root, '.github/workflows');
const workflows = readdirSync(folder).map((name) => {
  const text = readFileSync(path.join(folder, name), 'utf8');
  return {...parse(text), name, text};
});
const allSteps = workflows.flatMap(({name, jobs}) =>
  Object.entries(jobs).flatMap(([job, {steps}]) => steps.map((step) => ({at: `${name}: ${job}`, ...step}))),
);

// The parser is written for bundlers, which need not be told that a .json file is JSON.
register(
  'data:text/javascript,' +
    encodeURIComponent(`export const load = (url, context, next) =>
      next(url, url.endsWith('.json') ? {...context, importAttributes: {type: 'json'}} : context);`),
);
const {parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter} = await import('@actions/workflow-parser');

async function faults(name, content) {
  const {context, value} = parseWorkflow({name, content}, new NoOperationTraceWriter());
  await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map((error) => error.message);
}

test("GitHub's parser has nothing to say", async () => {
  for (const {name, text} of workflows) assert.deepEqual(await faults(name, text), []);
  const broken = workflows[0].text.replace('runs-on:', 'runs-at:').replace('${{ github.ref }}', '${{ github.ref( }}');
  assert.equal((await faults('broken', broken)).length > 1, true, 'it does look');
});

test('scripts that are run are there', () => {
  const named = allSteps.flatMap(({at, run = ''}) => [...run.matchAll(/(?:^|\s)(script\/[\w-]+)/gm)].map(([, file]) => [at, file]));
  assert.ok(named.length > 5);
  for (const [at, file] of named) assert.ok(existsSync(path.join(root, file)), `${at}: there is no ${file}`);
});

test('what is run passes shellcheck', {skip: spawnSync('shellcheck', ['--version']).error && 'there is no shellcheck'}, () => {
  for (const {at, run} of allSteps) {
    if (!run) continue;
    const input = run.replaceAll(/\$\{\{.*?\}\}/g, 'something');
    const {status, stdout} = spawnSync('shellcheck', ['-s', 'bash', '-'], {input, encoding: 'utf8'});
    assert.equal(status, 0, `${at}: ${stdout}`);
  }
});

test('each may only read the code, but what publishes; actions keep to a major version', () => {
  for (const {name, permissions, concurrency, jobs} of workflows) {
    assert.deepEqual(permissions, {contents: 'read'}, name);
    assert.ok(concurrency, `${name} runs beside itself`);
    for (const [job, {permissions: more = {}, 'timeout-minutes': minutes, steps}] of Object.entries(jobs)) {
      assert.ok(minutes, `${name}: ${job} may hang for hours`);
      const writes = Object.keys(more).filter((one) => more[one] === 'write');
      const needs = [];
      if (steps.some(({run}) => /gh release create/.test(run ?? ''))) needs.push('contents');
      if (steps.some(({with: given}) => given?.push === true)) needs.push('packages');
      assert.deepEqual(writes, needs, `${name}: ${job}`);
    }
  }
  for (const {at, uses} of allSteps) if (uses) assert.match(uses, /^(actions|docker)\/[\w-]+@v\d+$/, at);
});

test('every job of a change is one of the systems and builds that are promised', () => {
  const {jobs} = workflows.find(({name}) => name === 'build.yml');
  for (const job of ['debian', 'ubuntu']) assert.deepEqual(jobs[job].strategy.matrix.compiler, ['gcc', 'clang']);
  assert.equal(jobs.debian.container, 'debian:12');
  assert.equal(jobs.ubuntu['runs-on'], 'ubuntu-24.04');
  assert.match(JSON.stringify(jobs.sanitizers.steps), /--preset sanitize/);
});
