// The lists of the manual page, as --help has them. RF_DOCS_FILL=1 writes them there.

const WIDTH = 78;

// One sentence a line, as is the custom in mdoc, and long ones broken; nothing at a line's start that would be an
// order.
function prose(text) {
  const lines = [];
  for (const sentence of text.replaceAll('\\', '\\e').split(/(?<=\.) /)) {
    let line = '';
    for (const word of sentence.split(' ')) {
      if (line && line.length + 1 + word.length > WIDTH) {
        lines.push(line);
        line = '';
      }
      line += line ? ` ${word}` : word;
    }
    lines.push(line);
  }
  return lines.map((line) => (/^[.']/.test(line) ? `\\&${line}` : line));
}

function list(items) {
  return ['.Bl -tag -width Ds', ...items.flatMap(([head, ...body]) => [`.It ${head}`, ...body]), '.El'];
}

export function optionsOf(help) {
  const rows = [...help.matchAll(/^ {2}--([a-z-]+)(?: ([A-Z|a-z]+))? +(.*)$/gm)];
  return list(
    rows.map(([, name, argument, text]) => {
      const words = argument?.split('|').map((one) => (one === 'max' ? 'Cm max' : `Ar ${one}`));
      const shown = words?.join(' Ns | Ns ');
      return [`Fl -${name}${shown ? ` ${shown}` : ''}`, ...prose(`${text[0].toUpperCase()}${text.slice(1)}.`)];
    }),
  );
}

export function settingsOf(help) {
  const lines = help.slice(help.indexOf('\nSettings, ')).split('\n');
  const groups = [];
  for (const line of lines.slice(2)) {
    const group = line.match(/^(\S.*):$/);
    const setting = line.match(/^ {2}([A-Z][A-Z0-9_]*) +(.*)$/);
    if (group) groups.push({name: group[1], settings: []});
    else if (setting) groups.at(-1).settings.push({name: setting[1], fallback: setting[2], text: ''});
    else if (/^ {6}\S/.test(line)) groups.at(-1).settings.at(-1).text += ` ${line.trim()}`;
  }
  return groups
    .filter((group) => group.settings.length > 0)
    .flatMap((group) => [
      `.Ss ${group.name}`,
      ...list(
        group.settings.map((one) => [`Ev ${one.name}`, ...prose(`${one.text.trim()} Default: ${one.fallback}.`)]),
      ),
    ]);
}

// The page with the lists of `help` between their marks.
export function filledIn(page, help) {
  const between = (text, name, lines) => {
    const [from, to] = [`.\\" ${name}\n`, `.\\" end of ${name}\n`];
    const [start, end] = [text.indexOf(from), text.indexOf(to)];
    if (start < 0 || end < start) throw new Error(`the manual page has no place for the ${name}`);
    return text.slice(0, start + from.length) + lines.map((line) => `${line}\n`).join('') + text.slice(end);
  };
  return between(between(page, 'options', optionsOf(help)), 'settings', settingsOf(help));
}
