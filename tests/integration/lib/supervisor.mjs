// In systemd's place: hears what the server tells its NOTIFY_SOCKET. socat has the socket, since Node has none of that
// kind.
import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import path from 'node:path';

import {atEnd, tempDir, until} from './tools.mjs';

export class Supervisor {
  static async start(t) {
    const supervisor = new Supervisor();
    supervisor.socket = path.join(tempDir(t), 'notify');
    supervisor.heard = '';
    supervisor.child = spawn('socat', ['-u', '-v', `UNIX-RECV:${supervisor.socket}`, 'OPEN:/dev/null'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    supervisor.child.stderr.on('data', (part) => (supervisor.heard += part));
    supervisor.child.on('error', (error) => (supervisor.heard += error));
    atEnd(t, () => supervisor.child.kill('SIGKILL'));
    await until('socat listens', () => existsSync(supervisor.socket), {describe: () => supervisor.heard});
    return supervisor;
  }

  // Each datagram as it came; socat writes a line with time and length before it.
  get messages() {
    return this.heard.split(/^> .* length=\d+ from=\d+ to=\d+\n/m).slice(1);
  }

  count(line) {
    return this.messages.filter((message) => message.split('\n').includes(line)).length;
  }

  until(line, times = 1) {
    return until(`${line} is told ${times} times`, () => this.count(line) >= times, {
      describe: () => this.heard.slice(-2000),
    });
  }

  // Once this line of ours has come, all that was told before has.
  async mark(line) {
    const sender = spawn('socat', ['-u', '-', `UNIX-SENDTO:${this.socket}`], {stdio: ['pipe', 'ignore', 'inherit']});
    sender.stdin.end(`${line}\n`);
    await this.until(line);
  }

  status() {
    return this.messages.join('').match(/^STATUS=.*$/gm)?.at(-1).slice('STATUS='.length);
  }
}
