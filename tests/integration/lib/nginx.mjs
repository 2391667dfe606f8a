// Real nginx with the configuration that is shipped, in front of a server: only paths and ports are others.
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';

import {makeCertificate} from './feeds.mjs';
import {freePort} from './ports.mjs';
import {shipped, startProgram} from './program.mjs';
import {tempDir, until} from './tools.mjs';

const hasIpv6 = Object.values(os.networkInterfaces()).some((all) => all.some(({family}) => family === 'IPv6'));

export class Nginx {
  // A fresh one without anything in its cache.
  static async start(t, daemon) {
    const nginx = new Nginx();
    const dir = tempDir(t, 'rf-nginx-');
    chmodSync(dir, 0o755); // its workers are another user
    Object.assign(nginx, {port: await freePort(), plainPort: await freePort()});
    const {tls, caFile} = makeCertificate(t);
    nginx.ca = readFileSync(caFile);
    for (const name of ['conf.d', 'tls', 'lib', 'acme']) mkdirSync(path.join(dir, name));
    const write = (name, text) => writeFileSync(path.join(dir, name), text);
    write('tls/fullchain.pem', tls.cert);
    write('tls/privkey.pem', tls.key);
    const site = shipped('config/nginx/racefacer.conf', {
      'listen 80;': `listen ${nginx.plainPort};`,
      'listen [::]:80;': hasIpv6 ? `listen [::]:${nginx.plainPort};` : '',
      'listen 443 ssl': `listen ${nginx.port} ssl`,
      'listen [::]:443 ssl http2;': hasIpv6 ? `listen [::]:${nginx.port} ssl http2;` : '',
      '/etc/nginx/tls/': `${dir}/tls/`,
      '/var/lib/nginx/': `${dir}/lib/`,
      '/var/www/acme;': `${dir}/acme;`,
    });
    write('conf.d/racefacer.conf', site);
    const upstream = {'127.0.0.1:3001': `127.0.0.1:${daemon.port}`};
    write('conf.d/racefacer-upstream.conf', shipped('config/nginx/racefacer-upstream.conf', upstream));
    write('nginx.conf', shipped('docker/nginx/nginx.conf', {'/etc/nginx/conf.d': `${dir}/conf.d`, '/run/': `${dir}/`}));
    const program = startProgram(t, 'nginx', ['-e', 'stderr', '-c', path.join(dir, 'nginx.conf')]);
    Object.assign(nginx, {dir, tail: program.tail});
    await until('nginx answers', async () => (await nginx.get('/')).status === 200, {describe: nginx.tail});
    return nginx;
  }

  options(target, {from = '127.0.0.1', method = 'GET', headers = {}, ...more} = {}) {
    const {port, ca} = this;
    return {host: '127.0.0.1', port, ca, path: target, method, headers, localAddress: from, agent: false, ...more};
  }

  // One request on a connection of its own: {status, headers, text, json}. `from`: the address it comes from.
  get(target, options) {
    return new Promise((resolve, reject) => {
      const request = https.request(this.options(target, options), (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(parts);
          const packed = response.headers['content-encoding'] === 'gzip' && bytes.length > 0;
          const text = (packed ? gunzipSync(bytes) : bytes).toString('utf8');
          resolve({status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text)});
        });
      });
      request.on('error', reject);
      request.end();
    });
  }
}
