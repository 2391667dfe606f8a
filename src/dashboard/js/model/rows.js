// From the newest frame and the analysis to the lines of the timing tower.
import {lapTime} from './format.js';
import {color, flag, keyOf, keyOfRow, number, text} from './values.js';

/** @import {Analysis, FeedRun, Kart, LapEvent, Mark, Row, SessionData} from './types.js' */

/** A row without any kart: a ghost, which the server does not count either. @param {FeedRun} run */
export function isGhost(run) {
  return !text(run.kart) && !text(run.kart_number) && !text(run.kart_id);
}

/** @type {WeakMap<Analysis, Map<string, Kart>>} asked for several times a frame, and the same for some frames */
const known = new WeakMap();

/**
 * The analysed runs, ranked and not, by key. Not to be changed.
 * @param {Analysis | null | undefined} analysis
 * @returns {Map<string, Kart>}
 */
export function kartsByKey(analysis) {
  if (!analysis) return new Map();
  let found = known.get(analysis);
  if (!found) {
    found = new Map([...(analysis.karts ?? []), ...(analysis.unranked ?? [])].map((kart) => [keyOf(kart), kart]));
    known.set(analysis, found);
  }
  return found;
}

/** The best lap of all. @param {Iterable<Kart>} karts @returns {number | null} */
export function sessionBest(karts) {
  let best = null;
  for (const {bestLap} of karts) if (bestLap && (best === null || bestLap < best)) best = bestLap;
  return best;
}

/**
 * @param {number | null | undefined} time
 * @param {number | null | undefined} own
 * @param {number | null} overall
 * @returns {Mark}
 */
export function markOf(time, own, overall) {
  if (!time) return '';
  if (overall !== null && time <= overall) return 'session';
  return own && time <= own ? 'personal' : '';
}

/** Places won over the last lap; below 0: lost. @param {Kart | undefined} kart @param {number | null} pos */
function gainOf(kart, pos) {
  const before = kart?.lapHistory?.at(-2)?.position;
  return before && pos ? before - pos : 0;
}

/**
 * Whether the run's last lap does not count: by the lap event, or, where none came, because an analysis that knows this lap does
 * not list it among the valid ones.
 * @param {Kart | undefined} kart @param {LapEvent | undefined} lap @param {number | null} laps @param {number | null} last
 */
function isExcluded(kart, lap, laps, last) {
  if (!last) return false;
  if (lap && lap.lapNum === laps && lap.timeRaw === last) return !lap.valid;
  return kart?.totalLaps === laps && kart.lapHistory !== undefined && kart.lapHistory.at(-1)?.lapNum !== laps;
}

/**
 * @param {FeedRun} run
 * @param {Kart | undefined} kart
 * @param {LapEvent | undefined} lap
 * @param {number | null} overall the session's best lap
 * @returns {Row}
 */
function rowOf(run, kart, lap, overall) {
  const pos = number(run.pos);
  const laps = number(run.total_laps);
  const last = number(run.last_time_raw);
  // A lap event comes with its frame, the analysis a moment later.
  const fresh = lap?.personalBest && (!kart?.bestLap || lap.timeRaw < kart.bestLap) ? lap : null;
  const best = fresh?.timeRaw ?? kart?.bestLap ?? null;
  const least = best !== null && (overall === null || best < overall) ? best : overall;
  return {
    key: keyOfRow(run),
    pos: pos === null ? '' : String(pos),
    gain: gainOf(kart, pos),
    kart: text(run.kart) || text(run.kart_number) || text(run.kart_id),
    plate: text(run.kart_number) || text(run.kart) || text(run.kart_id),
    color: color(run.kart_color),
    name: text(run.name) || text(run.team),
    laps: laps === null ? '' : String(laps),
    last: text(run.last_time),
    lastMark: isExcluded(kart, lap, laps, last) ? 'excluded' : markOf(last, best, least),
    best: fresh?.timeFormatted ?? kart?.bestLapFormatted ?? (best === null ? '' : lapTime(best)),
    bestMark: best !== null && best === least ? 'session' : '',
    avg: kart?.avgLapTimeFormatted ?? '',
    gap: text(run.gap),
    int: text(run.int),
    sectors: ['s1', 's2', 's3', 's4'].map((name) => ({text: text(run[name]), bad: run[`${name}_status`] === 'bad'})),
    stale: kart?.stale === true,
    pit: flag(run.in_pit),
    order: pos ?? Infinity,
  };
}

/**
 * The lines in order of position.
 * @param {SessionData | null | undefined} data
 * @param {Analysis | null | undefined} analysis
 * @param {Map<string, LapEvent>} [laps] each run's newest lap event
 * @returns {Row[]}
 */
export function buildRows(data, analysis, laps = new Map()) {
  const karts = kartsByKey(analysis);
  let overall = sessionBest(karts.values());
  for (const lap of laps.values())
    if (lap.sessionBest && lap.valid && (overall === null || lap.timeRaw < overall)) overall = lap.timeRaw;
  return (data?.runs ?? [])
    .filter((run) => !isGhost(run))
    .map((run) => {
      const key = keyOfRow(run);
      return rowOf(run, karts.get(key), laps.get(key), overall);
    })
    .sort((a, b) => a.order - b.order);
}

/** How many sectors the venue has. @param {Row[]} rows */
export function sectorCount(rows) {
  let count = 0;
  for (const {sectors} of rows) sectors.forEach((sector, i) => (count = sector.text ? Math.max(count, i + 1) : count));
  return count;
}
