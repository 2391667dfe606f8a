// A line chart over lap numbers: uPlot, with the values under the pointer or the finger told beside it.
import uPlot from 'uplot';
import {lapTime} from '../model/format.js';
import {focus} from '../model/series.js';
import {el, fill} from './el.js';

/** @typedef {{label: string, color: string, dash?: number[], excluded?: boolean}} Line */
/**
 * @typedef {{
 *   label: string, format: (value: number) => string, height?: number, upsideDown?: boolean, steps?: boolean,
 *   whole?: boolean, fromZero?: boolean, tick?: (value: number) => string,
 *   focus?: boolean,
 * }} Options
 */

const DASHES = [[], [8, 4], [2, 4], [12, 4, 2, 4]];

/** The look of the n-th line: ten colours, then the same dashed. @param {number} index */
export function lookOf(index) {
  return {color: `var(--c${index % 10})`, dash: DASHES[Math.floor(index / 10) % DASHES.length]};
}

/** @param {string} color a colour of the sheet, "var(--c1)", or any other */
function resolve(color) {
  const name = color.match(/^var\((--[\w-]+)\)$/)?.[1];
  return name ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : color;
}

/** For seconds as lap times: ticks without the zeros at their end, and no outlier flattens the rest. */
export const TIMES = {
  format: (/** @type {number} */ seconds) => lapTime(seconds * 1000),
  tick: (/** @type {number} */ seconds) => lapTime(seconds * 1000).replace(/\.?0+$/, ''),
  focus: true,
};

/** The size of the page's type, which grows on a wall. */
function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

export class Chart {
  /** @type {uPlot | null} */
  #plot = null;
  #look = '';
  /** @type {Line[]} */
  #lines = [];
  /** @type {(number | null)[][]} */
  #data = [[]];
  /** @type {(number | null)[][]} */
  #told = [];

  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.area = el('div.plot', {role: 'img', 'aria-label': options.label});
    this.readout = el('div.readout', {'aria-hidden': 'true'});
    this.none = el('p.none', {hidden: true}, 'No laps yet.');
    this.node = el('div.chart', null, this.area, this.none, this.readout);
    this.sizes = new ResizeObserver(() => this.#resize());
    this.sizes.observe(this.area);
    this.retheme = () => this.#build();
    addEventListener('themechange', this.retheme);
    this.area.addEventListener('touchstart', (event) => this.#touch(event), {passive: true});
    this.area.addEventListener('touchmove', (event) => this.#touch(event), {passive: true});
  }

  close() {
    this.sizes.disconnect();
    removeEventListener('themechange', this.retheme);
    this.#plot?.destroy();
    this.#plot = null;
  }

  /**
   * told: the values as they are read, where some are drawn elsewhere.
   * @param {number[]} x @param {Line[]} lines @param {(number | null)[][]} values @param {(number | null)[][]} [told]
   */
  set(x, lines, values, told = values) {
    const some = values.some((line) => line.some((value) => value !== null));
    this.none.toggleAttribute('hidden', some);
    this.area.toggleAttribute('hidden', !some);
    this.#lines = lines;
    this.#data = [x, ...values];
    this.#told = told;
    const look = JSON.stringify(lines);
    if (look !== this.#look || !this.#plot) {
      this.#look = look;
      this.#build();
    } else {
      this.#plot.setData(/** @type {uPlot.AlignedData} */ (this.#data));
    }
  }

  get #size() {
    return {width: Math.max(200, this.area.clientWidth), height: ((this.options.height ?? 260) * rem()) / 16};
  }

  #resize() {
    const {width, height} = this.#size;
    if (this.#plot && (this.#plot.width !== width || this.#plot.height !== height)) this.#plot.setSize({width, height});
  }

  #build() {
    this.#plot?.destroy();
    this.#plot = null;
    if (this.#data[0].length === 0) return;
    const {format, tick = format, upsideDown, whole} = this.options;
    const em = rem();
    const axis = {
      stroke: resolve('var(--soft)'),
      grid: {stroke: resolve('var(--line)'), width: 1},
      ticks: {stroke: resolve('var(--line)'), width: 1, size: 5},
      font: `${Math.round(0.75 * em)}px system-ui, sans-serif`,
    };
    this.#plot = new uPlot(
      {
        ...this.#size,
        legend: {show: false},
        cursor: {y: false, points: {size: 8}, drag: {x: false, y: false}},
        scales: {
          x: {time: false, range: (_, least, most) => (least === most ? [least - 0.5, most + 0.5] : [least, most])},
          y: {dir: upsideDown ? -1 : 1, range: (_, least, most) => this.#range(least, most)},
        },
        axes: [
          {
            ...axis,
            size: 1.9 * em,
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500],
            values: (_, ticks) => ticks.map(String),
          },
          {
            ...axis,
            size: 3.9 * em,
            ...(whole ? {incrs: [1, 2, 5, 10, 20]} : {}),
            values: (_, ticks) => ticks.map((value) => (whole && value % 1 ? '' : tick(value))),
          },
        ],
        series: [{}, ...this.#lines.map((line) => this.#series(line))],
        hooks: {setCursor: [(plot) => this.#read(plot)]},
      },
      /** @type {uPlot.AlignedData} */ (this.#data),
      this.area,
    );
  }

  /** @param {Line} line @returns {uPlot.Series} */
  #series({label, color, dash, excluded}) {
    const stroke = resolve(color);
    const {steps} = this.options;
    return {
      label,
      stroke,
      width: excluded ? 0 : rem() / 8,
      ...(dash?.length ? {dash} : {}),
      spanGaps: !excluded,
      points: {
        show: excluded || this.#data[0].length < 60,
        size: (excluded ? 9 : 5) * (rem() / 16),
        fill: excluded ? 'transparent' : stroke,
        stroke,
        width: 1.5,
      },
      ...(excluded
        ? {paths: () => null}
        : steps && uPlot.paths.stepped
          ? {paths: uPlot.paths.stepped({align: 1})}
          : {}),
    };
  }

  /** @param {TouchEvent} event */
  #touch(event) {
    const over = this.#plot?.over;
    if (!over || !this.#plot) return;
    const box = over.getBoundingClientRect();
    const left = Math.max(0, Math.min(event.touches[0].clientX - box.left, box.width));
    this.#plot.setCursor({left, top: box.height / 2});
  }

  /** What the pointer is on. @param {uPlot} plot */
  #read(plot) {
    const i = plot.cursor.idx;
    if (i === null || i === undefined || (plot.cursor.left ?? -1) < 0) {
      fill(this.readout);
      return;
    }
    const {format} = this.options;
    const told = this.#lines
      .map((line, n) => ({line, value: this.#told[n][i]}))
      .filter(({value}) => value !== null && value !== undefined)
      .sort((a, b) => Number(a.value) - Number(b.value));
    fill(
      this.readout,
      el('b', null, `Lap ${this.#data[0][i]}`),
      told.map(({line, value}) => {
        const key = el('i');
        key.style.setProperty('--key', resolve(line.color));
        return el('span', null, key, el('bdi', null, line.label), ' ', el('strong', null, format(Number(value))));
      }),
    );
  }

  /** @param {number | null} least @param {number | null} most @returns {[number, number]} */
  #range(least, most) {
    if (least === null || most === null) return [0, 1];
    if (this.options.whole) return [Math.min(1, least) - 0.4, most + 0.4];
    const [low, high] = this.options.focus ? focus(this.#data.slice(1).flat()) : [least, most];
    const room = Math.max((high - low) * 0.08, 0.05);
    return [this.options.fromZero ? 0 : low - room, high + room];
  }
}
