// Bundles the page, and the document of the API, and writes them as a C file: build.mjs OUT.c. Prints what the page weighs,
// and fails where that is too much.
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync, mkdirSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';

import {build} from 'esbuild';

const GZIP_LIMIT = 150_000; // bytes of all files together
const here = path.dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
if (!out) throw new Error('usage: build.mjs OUT.c');

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
};

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

// name → bytes of what is under /assets/, each name with the hash of its content.
async function bundle() {
  const {outputFiles} = await build({
    entryPoints: {app: path.join(here, 'js/main.js'), style: path.join(here, 'style/main.css')},
    entryNames: '[name]-[hash]',
    outdir: '/assets',
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const files = outputFiles.map(({path: name, contents}) => [path.basename(name), Buffer.from(contents)]);
  const icon = readFileSync(path.join(here, 'icon.svg'));
  files.push([`icon-${hash(icon).slice(0, 8).toUpperCase()}.svg`, icon]);
  return files;
}

// The page names its files as they are in the sources; what is served has the hash in the name.
function page(files) {
  return readFileSync(path.join(here, 'index.html'), 'utf8').replace(/assets\/(\w+)\.(\w+)/g, (whole, stem, ending) => {
    const found = files.find(([name]) => name.startsWith(`${stem}-`) && name.endsWith(`.${ending}`));
    if (!found) throw new Error(`index.html names ${whole}, which is not built`);
    return `assets/${found[0]}`;
  });
}

function bytesOf(bytes) {
  const rows = [];
  for (let at = 0; at < bytes.length; at += 32) rows.push(`    ${[...bytes.subarray(at, at + 32)].join(',')},`);
  return rows.join('\n');
}

function body(name, bytes) {
  return `{.data = ${name}, .len = sizeof ${name}, .etag = "\\"${hash(bytes)}\\""}`;
}

const files = await bundle();
const served = [
  ['/', Buffer.from(page(files)), '.html'],
  ...files.map(([name, bytes]) => [`/assets/${name}`, bytes, path.extname(name)]),
  ['/api/openapi.json', readFileSync(path.join(here, '../http/openapi.json')), '.json'],
].map(([where, plain, ending], i) => ({where, plain, ending, i, gzip: gzipSync(plain, {level: 9})}));

const ofPage = served.filter(({ending}) => ending !== '.json');
const total = ofPage.reduce((sum, {gzip}) => sum + gzip.length, 0);
console.log(ofPage.map(({where, gzip}) => `${where} ${gzip.length}`).join(', '), `: ${total} bytes in all, gzipped`);
if (total > GZIP_LIMIT) throw new Error(`the page weighs ${total} bytes, gzipped: more than ${GZIP_LIMIT}`);

mkdirSync(path.dirname(out), {recursive: true});
writeFileSync(
  out,
  `/* Written by build.mjs: the files of the page. */
#include "dashboard/assets.h"

${served
  .map(
    ({plain, gzip, i}) => `static const unsigned char plain_${i}[] = {
${bytesOf(plain)}
};
static const unsigned char gzip_${i}[] = {
${bytesOf(gzip)}
};`,
  )
  .join('\n')}

const struct rf_asset rf_assets[] = {
${served
  .map(
    ({where, ending, plain, gzip, i}) =>
      `    {.path = "${where}", .type = "${types[ending]}", .immutable = ${where.startsWith('/assets/')},\n` +
      `        .plain = ${body(`plain_${i}`, plain)},\n        .gzip = ${body(`gzip_${i}`, gzip)}},`,
  )
  .join('\n')}
};
const size_t rf_asset_count = sizeof rf_assets / sizeof rf_assets[0];
`,
);
