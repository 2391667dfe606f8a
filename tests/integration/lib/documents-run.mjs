// Runs the commands of documents as a reader would: in a folder that looks like a clone, with the demo at port 3001. Port 3999
// stands for a free one.
import {spawn} from 'node:child_process';
import {chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {differences, eventDifferences, httpDifferences, textDifferences} from './answer-shape.mjs';
import {binary, cleanEnv, Daemon} from './daemon.mjs';
import {root} from './documents.mjs';
import {freePort} from './ports.mjs';
import {tempDir, until} from './tools.mjs';

const TOKEN = 'a-token-of-the-documents';
const LIMIT_MS = 3 * Number(process.env.RF_TEST_DEADLINE_MS || 60000); // for a block that hangs
const NOT_IN_A_CLONE = ['.git', '.env', 'build', 'logs', 'script', 'storage'];

// In place of script/server and of the installed binary: nothing is built, and a server that runs on is stopped once it
// is well. Without WS_HOST the real script plays the demo.
const STAND_IN = `#!/bin/bash
case " $* " in
    *" --check-config "* | *" --print-"* | *" --help "* | *" --version "*) exec "${binary}" "$@" ;;
    *" --health "*) PORT=$DEMO_PORT exec "${binary}" "$@" ;;
    *" --demo "* | *" --replay "*) "${binary}" "$@" & ;;
    *) "${binary}" "$@" --demo & ;;
esac
server=$!
until "${binary}" --health; do kill -0 $server || break; sleep 0.1; done >/dev/null 2>&1
kill -TERM $server 2>/dev/null
wait $server
`;

function cloneLook(t) {
  const dir = tempDir(t, 'rf-docs-');
  mkdirSync(path.join(dir, 'script'));
  mkdirSync(path.join(dir, 'build'));
  mkdirSync(path.join(dir, 'bin'));
  for (const name of readdirSync(root))
    if (!NOT_IN_A_CLONE.includes(name)) symlinkSync(path.join(root, name), path.join(dir, name));
  for (const name of readdirSync(path.join(root, 'script')))
    if (name !== 'server') symlinkSync(path.join(root, 'script', name), path.join(dir, 'script', name));
  symlinkSync(path.dirname(binary), path.join(dir, 'build/release'));
  for (const name of ['script/server', 'bin/racefacer-analysis']) {
    writeFileSync(path.join(dir, name), STAND_IN);
    chmodSync(path.join(dir, name), 0o755);
  }
  return dir;
}

export class Reader {
  // Two sessions that are over, from a demo before this one, and two that are on.
  static async start(t) {
    const reader = new Reader();
    const limits = {RATE_LIMIT_LIVE_PER_SECOND: undefined, RATE_LIMIT_MAX_REQUESTS: undefined};
    const env = {API_TOKEN: TOKEN, LOG_LEVEL: 'info', ...limits};
    reader.demo = await Daemon.start(t, {args: ['--demo'], env});
    const sessions = async (count) => (await reader.demo.json('/api/sessions')).total >= count;
    await until('the first demo has its sessions', () => sessions(2));
    await reader.demo.stop();
    await reader.demo.restart();
    await until('the demo has its sessions', () => sessions(4));
    reader.dir = cloneLook(t);
    reader.env = cleanEnv({
      API_TOKEN: TOKEN,
      HOST: '127.0.0.1',
      PORT: await freePort(),
      DEMO_PORT: reader.demo.port,
      PATH: `${path.join(reader.dir, 'bin')}:${process.env.PATH}`,
    });
    return reader;
  }

  // {code, output, errors}. A stream has no end: it is left once `enough` of it has come.
  run(script, enough = () => false) {
    const text = script
      .replaceAll(/\b(localhost|127\.0\.0\.1):3001\b/g, `localhost:${this.demo.port}`)
      .replaceAll(/\b3999\b/g, this.env.PORT);
    const child = spawn('bash', ['-euo', 'pipefail', '-c', text], {
      cwd: this.dir,
      env: this.env,
      detached: true, // a group of its own, to end all of it
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result = {code: null, output: '', errors: ''};
    const end = () => process.kill(-child.pid, 'SIGKILL');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        result.errors += `(ended by the test after ${LIMIT_MS} ms)`;
        end();
      }, LIMIT_MS);
      child.stdout.on('data', (part) => {
        result.output += part;
        if (result.left || !enough(result.output)) return;
        result.left = true;
        end();
      });
      child.stderr.on('data', (part) => (result.errors += part));
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(timer);
        result.code = result.left ? 0 : code;
        resolve(result);
      });
    });
  }

  // Runs a block and holds its answer against the one shown; what is wrong, in lines.
  async check(block) {
    const {answer} = block;
    const stream = answer?.language === 'event-stream';
    const missing = (output) => eventDifferences(answer.text, output);
    const result = await this.run(block.text, stream ? (output) => missing(output).length === 0 : undefined);
    if (stream && result.code !== 0) result.errors += missing(result.output).join('\n');
    if (result.code !== 0) return [`exit status ${result.code}`, result.errors, result.output.slice(-2000)];
    if (!answer) return [];
    if (!answer.text.trim()) return fillIn(answer, result.output);
    if (stream) return missing(result.output);
    if (answer.language === 'http') return httpDifferences(answer.text, result.output);
    if (answer.language === 'text') return textDifferences(answer.text, result.output);
    return differences(JSON.parse(answer.text), JSON.parse(result.output));
  }
}

// With RF_DOCS_FILL=1 an answer left empty in a document is written there.
function fillIn(answer, output) {
  if (!process.env.RF_DOCS_FILL) return ['the answer is empty: RF_DOCS_FILL=1 writes the real one there'];
  const file = path.join(root, answer.document);
  const fence = `\`\`\`${answer.language}\n`;
  const lines = readFileSync(file, 'utf8').split('\n');
  const at = lines.findIndex((line, i) => i >= answer.line - 1 && line + '\n' === fence && lines[i + 1] === '```');
  lines.splice(at + 1, 0, output.replaceAll('\r', '').trimEnd());
  writeFileSync(file, lines.join('\n'));
  return [];
}
