// Plots by gnuplot, as SVG beside the report.
import {execFileSync} from 'node:child_process';
import path from 'node:path';

const HEAD = `set terminal svg size 900,420 font 'sans-serif,13' background '#ffffff'
set grid lc rgb '#dddddd'
set border lc rgb '#888888'
set key above right
set yrange [0:*]
`;
const COLORS = ['#1f77b4', '#d62728', '#2ca02c', '#ff7f0e', '#9467bd', '#8c564b'];

const quoted = (text) => `'${String(text).replaceAll("'", "''")}'`;
const block = (name, rows) => `$${name} << EOD\n${rows.map((row) => row.join(' ')).join('\n')}\nEOD\n`;

function draw(folder, name, script) {
  const head = `${HEAD}set output ${quoted(path.join(folder, `${name}.svg`))}\n`;
  execFileSync('gnuplot', [], {input: head + script, stdio: ['pipe', 'inherit', 'inherit']});
  return `${name}.svg`;
}

// series: [{title, points: [[x, y], …]}]
export function lines(folder, name, {title, x, y, log = '', series}) {
  const script = [
    `set title ${quoted(title)}\nset xlabel ${quoted(x)}\nset ylabel ${quoted(y)}\n`,
    log ? `set logscale ${log}\n${log.includes('y') ? 'set yrange [*:*]\n' : ''}` : '',
    ...series.map(({points}, i) => block(`d${i}`, points)),
    `plot ${series.map(({title: of}, i) => `$d${i} using 1:2 with linespoints pt 7 ps 0.6 lw 2 lc rgb '${COLORS[i % COLORS.length]}' title ${quoted(of)}`).join(', ')}\n`,
  ];
  return draw(folder, name, script.join(''));
}

// bars: [[label, value], …]
export function bars(folder, name, {title, y, bars: all}) {
  const script = [
    `set title ${quoted(title)}\nset ylabel ${quoted(y)}\nset style fill solid 0.8\nset boxwidth 0.6\nset key off\n`,
    block('d', all.map(([label, value]) => [`"${label}"`, value])),
    "plot $d using 0:2:xtic(1) with boxes lc rgb '#1f77b4', '' using 0:2:(sprintf('%.0f',$2)) with labels offset 0,0.6\n",
  ];
  return draw(folder, name, script.join(''));
}
