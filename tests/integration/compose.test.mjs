// docker-compose.yml and the Dockerfile, as far as they can be looked at without Docker.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {cleanEnv, runOnce} from './lib/daemon.mjs';
import {root} from './lib/documents.mjs';
import {without} from './lib/program.mjs';

const read = (name) => readFileSync(path.join(root, name), 'utf8');
const compose = read('docker-compose.yml');
const noCompose = without('docker-compose', 'the Debian package docker-compose has it');

// What a container has of its own: it listens at all of its addresses, at 3001, and keeps sessions in a volume.
const NOT_PASSED = ['HOST', 'PORT', 'STORAGE_PATH'];

const file = path.join(root, 'docker-compose.yml');

function dockerCompose(args, env = {}) {
  const {status, stdout, stderr} = spawnSync('docker-compose', ['-f', file, ...args], {
    encoding: 'utf8',
    env: cleanEnv(env),
    timeout: 60000,
  });
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /warn/i);
  return stdout;
}

// What docker-compose makes of the file: the text of each service, by name.
function services(env) {
  const [, all] = dockerCompose(['config'], env).match(/^services:\n((?: .*\n)+)/m);
  const texts = all.split(/^ {2}(?=\S)/m).slice(1);
  return Object.fromEntries(texts.map((text) => [text.split(':')[0], text]));
}

test('every setting of the server can be set', async () => {
  const {stdout} = await runOnce(['--print-config']);
  const known = [...stdout.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1]);
  assert.ok(known.includes('WS_HOST'));
  const [, block] = compose.match(/^ {2}racefacer-analysis:\n[^]*?\n {4}environment:\n([^]*?)\n {4}\w/m);
  const passed = block.split('\n').filter((line) => !line.trim().startsWith('#'));
  for (const line of passed) assert.match(line, /^ {6}([A-Z_]+): \$\{\1:-\w*\}$/);
  const names = passed.map((line) => line.trim().split(':')[0]);
  assert.deepEqual([...names, ...NOT_PASSED].sort(), known.sort());
});

test('it is valid with each profile, and each brings its services', {skip: noCompose}, () => {
  const wanted = {
    'racefacer-analysis': undefined,
    'racefacer-demo': 'demo',
    'proxy': 'proxy',
    'prometheus': 'monitoring',
    'grafana': 'monitoring',
    'backup': 'backup',
    'restore': 'restore',
  };
  for (const profile of new Set(Object.values(wanted).filter(Boolean)))
    dockerCompose(['--profile', profile, 'config', '-q']);
  const found = Object.entries(services()).map(([name, text]) => [name, text.match(/^ {4}profiles:\n {4}- (.*)$/m)?.[1]]);
  assert.deepEqual(Object.fromEntries(found), wanted);
});

test('no container may do more than it has to', {skip: noCompose}, () => {
  for (const [name, text] of Object.entries(services())) {
    assert.match(text, /^ {4}read_only: true$/m, name);
    assert.match(text, /^ {4}cap_drop:\n {4}- ALL$/m, name);
    assert.match(text, /no-new-privileges:true/, name);
    assert.match(text, /max-file: '5'\n +max-size: 5m/, name);
    assert.match(text, /^ {4}mem_limit: \d+/m, name);
    assert.match(text, name === 'restore' ? /restart: ["']no["']/ : /restart: unless-stopped/, name);
    assert.doesNotMatch(text, /privileged: true|docker\.sock|network_mode/, name);
    if (name !== 'proxy') assert.doesNotMatch(text, /cap_add/, name);
  }
});

test('what .env says arrives', {skip: noCompose}, () => {
  const env = {WS_HOST: 'venue.example', PORT: '8080', PUBLISH_AT: '127.0.0.1:', BACKUP_DIR: '/srv/backups', MEMORY_LIMIT: '1g'};
  const all = services(env);
  assert.match(all['racefacer-analysis'], /WS_HOST: venue\.example/);
  assert.match(all['racefacer-analysis'], /127\.0\.0\.1:8080:3001/);
  assert.match(all['racefacer-analysis'], /mem_limit: 1g/);
  assert.match(all.backup, /\/srv\/backups:\/backups/);
});

test('the image says which version it is', () => {
  const [, version] = read('CMakeLists.txt').match(/project\(\S+ VERSION (\S+)/);
  assert.ok(read('Dockerfile').includes(`ARG VERSION=${version}\n`), 'ARG VERSION of the Dockerfile is that of CMakeLists.txt');
});
