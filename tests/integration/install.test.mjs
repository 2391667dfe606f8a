// What `cmake --install` puts onto a host: the program, its unit as systemd sees it, its manual.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {existsSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {promisify} from 'node:util';

import {binary, runOnce} from './lib/daemon.mjs';
import {root} from './lib/documents.mjs';
import {filledIn} from './lib/manual.mjs';
import {tempDir} from './lib/tools.mjs';

const run = promisify(execFile);
const UNIT = path.join(root, 'config/systemd/racefacer-analysis.service');
const PAGE = path.join(root, 'docs/man/racefacer-analysis.1');
const ITS_PART = {
  'bin/racefacer-analysis': 'runtime',
  'lib/systemd/system/racefacer-analysis.service': 'host',
  'lib/sysusers.d/racefacer-analysis.conf': 'host',
  'share/doc/racefacer-analysis/LICENSE': 'licence',
  'share/doc/racefacer-analysis/README.md': 'host',
  'share/doc/racefacer-analysis/docs/security.md': 'host',
  'share/man/man1/racefacer-analysis.1': 'host',
};

async function install(t, ...options) {
  const tree = tempDir(t);
  await run('cmake', ['--install', path.dirname(binary), '--prefix', tree, ...options]);
  const files = readdirSync(tree, {recursive: true}).filter((name) => statSync(path.join(tree, name)).isFile());
  return {tree, files};
}

// What a command says, of either kind, with its exit status.
async function told(command, args) {
  try {
    const {stdout, stderr} = await run(command, args, {env: {...process.env, LC_ALL: 'C.UTF-8'}});
    return {code: 0, output: stdout + stderr};
  } catch (error) {
    if (typeof error.code !== 'number') throw error;
    return {code: error.code, output: error.stdout + error.stderr};
  }
}

test('cmake --install: program, unit, user, manual, documents; an image takes the program alone', async (t) => {
  const {tree, files} = await install(t);
  for (const name of Object.keys(ITS_PART)) assert.ok(files.includes(name), `${name} of ${files}`);
  const {stdout} = await run(path.join(tree, 'bin/racefacer-analysis'), ['--version']);
  assert.match(stdout, /^racefacer-analysis \d/);
  const runtime = await install(t, '--component', 'runtime');
  assert.deepEqual(runtime.files, ['bin/racefacer-analysis']);
  const host = await install(t, '--component', 'host');
  const ofHost = Object.keys(ITS_PART).filter((name) => ITS_PART[name] === 'host');
  for (const name of ofHost) assert.ok(host.files.includes(name), name);
  assert.ok(!host.files.some((name) => ITS_PART[name] && ITS_PART[name] !== 'host'), String(host.files));
});

test('systemd has nothing against the unit, and finds it well shut off', async (t) => {
  const {tree} = await install(t);
  const unit = path.join(tree, 'lib/systemd/system/racefacer-analysis.service');
  // As if the program were where systemd looks for it.
  const text = readFileSync(unit, 'utf8');
  assert.match(text, /^ExecStart=racefacer-analysis$/m);
  writeFileSync(unit, text.replace('ExecStart=', `ExecStart=${tree}/bin/`));
  const verify = await told('systemd-analyze', ['verify', '--man=no', unit]);
  assert.deepEqual(verify, {code: 0, output: ''});
  const security = await told('systemd-analyze', ['security', '--offline=yes', '--no-pager', unit]);
  const level = Number(security.output.match(/exposure level for \S+: ([\d.]+)/)?.[1]);
  assert.ok(level > 0 && level < 2, security.output);
  t.diagnostic(`systemd-analyze security: ${level}`);
});

test('the unit goes with the settings and with the stop of the server', async () => {
  const lines = [...readFileSync(UNIT, 'utf8').matchAll(/^(\w+)=(.*)$/gm)];
  const unit = Object.fromEntries(lines.map(([, name, value]) => [name, value]));
  const {stdout} = await runOnce(['--print-config'], {env: Object.fromEntries([unit.Environment.split('=')])});
  const connections = Number(stdout.match(/^MAX_CONNECTIONS=(\d+)$/m)[1]);
  assert.ok(Number(unit.LimitNOFILE) >= connections + 1000, 'MAX_CONNECTIONS, and files');
  assert.match(stdout, /^LOG_FILE=\/dev\/null$/m, 'the log is in the journal alone');
  assert.equal(unit.WorkingDirectory, `/var/lib/${unit.StateDirectory}`);
  assert.ok(Number(unit.TimeoutStopSec) > 9, 'a stop takes 9 s at most');
});

test('the manual has the options and settings of --help', async () => {
  const page = readFileSync(PAGE, 'utf8');
  const {stdout: help} = await runOnce(['--help']);
  const filled = filledIn(page, help);
  if (process.env.RF_DOCS_FILL) writeFileSync(PAGE, filled);
  else assert.equal(page, filled, 'RF_DOCS_FILL=1 writes them there');
  // By another way, for what the filling in may have missed.
  const {stdout: settings} = await runOnce(['--print-config']);
  const items = page.match(/^\.It (Ev|Fl) .*$/gm);
  for (const [, name] of settings.matchAll(/^([A-Z_]+)=/gm)) assert.ok(items.includes(`.It Ev ${name}`), name);
  for (const [, name] of help.matchAll(/^ {2}--([a-z-]+)/gm))
    assert.ok(items.some((item) => `${item} `.startsWith(`.It Fl -${name} `)), name);
});

test('mandoc and man have nothing against the manual', async () => {
  const lint = await told('mandoc', ['-Tlint', PAGE]);
  // Of the other pages that it names, the machine may have none.
  const found = lint.output.split('\n').filter((line) => line && !/mandoc\.db|referenced manual not found/.test(line));
  assert.deepEqual(found, []);
  if (!existsSync('/usr/bin/man')) return;
  const {code, output} = await told('sh', ['-c', 'man --warnings -l "$1" 2>&1 >/dev/null', 'sh', PAGE]);
  assert.deepEqual({code, output}, {code: 0, output: ''});
});
