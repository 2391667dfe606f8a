// A machine that is none: the scripts of config/aws run in a folder in place of /, with stand-ins for what would change a real
// machine or call AWS. Docker's runs the built server with the demo race.
import {spawn} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {binary, cleanEnv} from './daemon.mjs';
import {atEnd, tempDir} from './tools.mjs';

// What is called is written down; files in $ROOT/is change what happens.
const STAND_IN = `#!/bin/bash
name=\${0##*/}
echo "$name $*" >>"$ROOT/calls"
is() { [[ -e $ROOT/is/$1 ]]; }
case "$name $*" in
    *attach-volume*) mkdir -p "$ROOT/dev/disk/by-id"; touch "$ROOT/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0abc" ;;
    *get-parameter*) is ssm-away && exit 1; echo token-of-ssm ;;
    *get-login-password*) echo password ;;
    "docker login"*) cat >/dev/null ;;
    "docker pull"*) is registry-away && exit 1; exit 0 ;;
    "docker run"*) exec "$ROOT/bin/docker-run" "$@" ;;
    "blkid "*UUID*) echo 1234-abcd ;;
    "blkid "*) is formatted && exit 0; is unreadable && exit 8; exit 2 ;;
    "mountpoint "*) is mounted ;;
    "mount "*) touch "$ROOT/is/mounted" ;;
    "get-config "*VOLUME) echo vol-0abc ;;
    "get-config "*IMAGE) echo 123456789012.dkr.ecr.eu-west-1.amazonaws.com/racefacer-analysis:1 ;;
    "install "*) mkdir -p "\${@: -2}" ;;
    "systemctl enable "*racefacer-analysis*) "$ROOT/usr/local/sbin/racefacer-start" >>"$ROOT/server.log" 2>&1 & ;;
    "curl "*api/token*) echo token ;;
    "curl "*instance-id*) echo i-0def ;;
    "curl "*placement/region*) echo eu-central-1 ;;
    "curl "*) exec /usr/bin/curl "$@" ;;
esac
`;

// As Docker would: the settings from --env-file, then those of -e, the volume, the port.
const DOCKER_RUN = `#!/bin/bash
settings=()
while (($#)); do
    case $1 in
        --env-file) while read -r line; do [[ $line == \\#* || -z $line ]] || settings+=("$line"); done <"$2"; shift ;;
        -e) settings+=("$2"); shift ;;
        -v) [[ $2 != *:/app/storage ]] || storage=\${2%%:*}; shift ;;
        -p) port=\${2%%:*}; shift ;;
    esac
    shift
done
exec env -i "\${settings[@]}" HOST=127.0.0.1 PORT="$port" STORAGE_PATH="$storage" LOG_FILE=/dev/null "$SERVER" --demo
`;

const NAMES = ['aws', 'docker', 'systemctl', 'mount', 'mountpoint', 'blkid', 'mkfs.ext4', 'install', 'curl', 'sleep', 'get-config'];

export class StubMachine {
  // `has`: further programs it has, such as dnf.
  constructor(t, has) {
    this.root = tempDir(t, 'rf-machine-');
    for (const folder of ['bin', 'is', 'run', 'etc']) mkdirSync(path.join(this.root, folder));
    writeFileSync(path.join(this.root, 'etc/fstab'), '');
    for (const name of [...NAMES, ...has]) this.write(`bin/${name}`, STAND_IN, 0o755);
    this.write('bin/docker-run', DOCKER_RUN, 0o755);
    atEnd(t, () => this.end());
  }

  // Absolute paths of the machine become those of the folder.
  here(text) {
    return text
      .replaceAll(/(?<![\w$}.)])\/(etc|srv|usr\/local\/sbin|run|dev\/disk|opt\/elasticbeanstalk\/bin)\b/g, (all, where) =>
        where.startsWith('opt') ? `${this.root}/bin` : `${this.root}/${where}`,
      );
  }

  write(name, text, mode = 0o644) {
    const file = path.join(this.root, name);
    mkdirSync(path.dirname(file), {recursive: true});
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  }

  read(name) {
    return readFileSync(path.join(this.root, name), 'utf8');
  }

  set(...names) {
    for (const name of names) this.write(`is/${name}`, '');
  }

  has(name) {
    return existsSync(path.join(this.root, name));
  }

  get calls() {
    return this.has('calls') ? this.read('calls').replaceAll(this.root, '').split('\n') : [];
  }

  called(pattern) {
    return this.calls.filter((call) => pattern.test(call));
  }

  // {code, output}
  run(file, args = []) {
    const env = cleanEnv({PATH: `${this.root}/bin:${process.env.PATH}`, ROOT: this.root, SERVER: binary});
    const child = spawn('bash', [path.join(this.root, file), ...args], {env, detached: true, stdio: ['ignore', 'pipe', 'pipe']});
    (this.groups ??= []).push(child.pid);
    let output = '';
    child.stdout.on('data', (part) => (output += part));
    child.stderr.on('data', (part) => (output += part));
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => setTimeout(() => resolve({code, output}), 50));
    });
  }

  // The server goes on in the group of what started it.
  end() {
    for (const group of this.groups ?? []) {
      try {
        process.kill(-group, 'SIGKILL');
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
  }
}
