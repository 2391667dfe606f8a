// The project's documents as what a test can hold on to: their blocks of commands and answers, links, headings, settings.
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

const FOLDERS = ['docs', 'config', 'docker']; // whose *.md are documents, beside those at the root
const ANSWERS = ['json', 'http', 'event-stream', 'text'];

export function documents() {
  const found = readdirSync(root).filter((name) => name.endsWith('.md'));
  for (const folder of FOLDERS)
    for (const entry of readdirSync(path.join(root, folder), {recursive: true}))
      if (entry.endsWith('.md')) found.push(path.join(folder, entry));
  return found.sort().map(read);
}

// {name, text, lines, blocks, headings, prose}: `prose` is the text without its blocks.
function read(name) {
  const text = readFileSync(path.join(root, name), 'utf8');
  const document = {name, text, lines: text.split('\n'), blocks: [], headings: [], prose: ''};
  let open = null;
  let section = '';
  let above = ''; // the last line with something on it
  document.lines.forEach((line, i) => {
    const fence = line.match(/^\s*(`{3,}|~{3,})\s*([\w-]*)/);
    if (open) {
      if (fence && fence[1].startsWith(open.fence) && !fence[2]) {
        open.end = i;
        open = null;
      } else open.lines.push(line);
      return;
    }
    if (fence) {
      const before = document.blocks.at(-1);
      open = {
        fence: fence[1],
        language: fence[2],
        line: i + 1,
        lines: [],
        section,
        reason: above.match(/^\s*<!-- not run:(.*)-->\s*$/)?.[1].trim() ?? null,
        follows: before && document.lines.slice(before.end + 1, i).every((between) => !between.trim()),
      };
      document.blocks.push(open);
    } else {
      document.prose += line + '\n';
      const heading = line.match(/^#+ (.*)$/);
      if (heading) document.headings.push((section = heading[1]));
    }
    if (line.trim()) above = line;
  });
  for (const block of document.blocks) block.text = block.lines.join('\n');
  document.commands = document.blocks.filter((block) => /^(sh|bash|shell|console)$/.test(block.language));
  for (const command of document.commands) {
    const next = document.blocks[document.blocks.indexOf(command) + 1];
    if (next?.follows && ANSWERS.includes(next.language)) command.answer = next;
  }
  return document;
}

// The anchor that a heading has on the web: what GitHub makes of it.
export function anchor(heading) {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}

// Where its links and images lead, but those to other sites.
export function links(document) {
  const prose = document.prose.replace(/`[^`\n]*`/g, '');
  const targets = [
    ...[...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g)].map((match) => match[1]),
    ...[...prose.matchAll(/\b(?:src|href|srcset)="([^"]+)"/g)].map((match) => match[1]),
  ];
  return targets.filter((target) => !/^[a-z]+:/i.test(target));
}
