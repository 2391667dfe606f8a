// Whether an answer has the shape that a document shows: the same keys, the same types.
// In a document "…" as a key stands for further keys, "<name>" for any key, null and an empty list for whatever is there. What a
// race does not have yet is null, or an empty list, in an answer.
const typeOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);

// What differs, in a line each; none: it is of that shape.
export function differences(shown, real, at = '$') {
  if (shown === null || real === null || shown === '…') return [];
  if (typeOf(shown) !== typeOf(real))
    return [`${at}: the document shows a ${typeOf(shown)}, the answer has ${JSON.stringify(real)?.slice(0, 120)}`];
  if (Array.isArray(shown)) return listDifferences(shown, real, at);
  return typeof shown === 'object' ? objectDifferences(shown, real, at) : [];
}

// Each element is like one of those shown.
function listDifferences(shown, real, at) {
  const kinds = shown.filter((kind) => kind !== '…');
  if (kinds.length === 0) return [];
  return real.flatMap((element, i) => {
    const tries = kinds.map((kind) => differences(kind, element, `${at}[${i}]`));
    return tries.some((found) => found.length === 0) ? [] : tries[0];
  });
}

function objectDifferences(shown, real, at) {
  const anyName = Object.keys(shown).find((name) => /^<.*>$/.test(name));
  const named = Object.keys(shown).filter((name) => name !== '…' && name !== anyName);
  const further = Object.keys(real).filter((name) => !named.includes(name));
  const found = named.flatMap((name) =>
    name in real ? differences(shown[name], real[name], `${at}.${name}`) : [`${at}.${name}: not in the answer`],
  );
  if (anyName) return [...found, ...further.flatMap((name) => differences(shown[anyName], real[name], `${at}.${name}`))];
  if ('…' in shown) return found;
  return [...found, ...further.map((name) => `${at}.${name}: in the answer, not in the document`)];
}

// A status line, headers, an empty line, a body; "…" on a line of its own stands for further headers.
function readHttp(text) {
  const [head, ...body] = text.replaceAll('\r', '').trim().split('\n\n');
  const [status, ...lines] = head.split('\n');
  const names = lines.map((line) => line.split(':')[0].toLowerCase()).filter((name) => name !== '…');
  return {status, names, open: lines.includes('…'), body: body.join('\n\n').trim()};
}

export function httpDifferences(shown, real) {
  const [want, have] = [readHttp(shown), readHttp(real)];
  const found = [];
  if (want.status !== have.status) found.push(`the document shows "${want.status}", the answer has "${have.status}"`);
  for (const name of want.names) if (!have.names.includes(name)) found.push(`no header ${name} in the answer`);
  for (const name of have.names)
    if (!want.open && !want.names.includes(name)) found.push(`a header ${name} that the document does not show`);
  if (want.body) found.push(...differences(JSON.parse(want.body), JSON.parse(have.body || 'null')));
  return found;
}

// Events as {name, id, data}.
function readEvents(text) {
  return text
    .replaceAll('\r', '')
    .split('\n\n')
    .slice(0, -1) // what follows the last empty line is not whole yet
    .map((event) => ({
      name: event.match(/^event: (.*)$/m)?.[1],
      id: /^id: /m.test(event),
      data: event.match(/^data: (.*)$/m)?.[1],
    }))
    .filter((event) => event.name && event.data);
}

// Of each event shown, one that is like it must have come.
export function eventDifferences(shown, real) {
  const came = readEvents(real);
  return readEvents(shown + '\n\n').flatMap((want) => {
    const same = came.filter((event) => event.name === want.name);
    if (same.length === 0) return [`no event ${want.name} has come`];
    const tries = same.map((event) => [
      ...(event.id === want.id ? [] : [`${want.name}: an id is there, or not, unlike shown`]),
      ...differences(JSON.parse(want.data), JSON.parse(event.data), want.name),
    ]);
    return tries.some((found) => found.length === 0) ? [] : tries[0];
  });
}

// Lines of plain text: each shown has to come, whatever its figures are; "…" stands for further ones.
export function textDifferences(shown, real) {
  const plain = (line) => line.trimEnd().replaceAll(/\d+(\.\d+)*/g, '0');
  const came = new Set(real.split('\n').map(plain));
  const wanted = shown.split('\n').filter((line) => line.trim() && line.trim() !== '…');
  return wanted.filter((line) => !came.has(plain(line))).map((line) => `not in the answer: ${line}`);
}
