// All laps of a session, by run: from a session's record, and then from each lap as it is told.
import {keyOf} from './values.js';

/** @import {Kart, Lap, LapEvent, StoredSession} from './types.js' */

/**
 * @typedef {{key: string, kart: string, plate: string, name: string, laps: Map<number, Lap>}} RunLaps
 */

export class LapBook {
  constructor() {
    /** @type {Map<string, RunLaps>} */
    this.runs = new Map();
    this.version = 0; // of what charts are made from
  }

  /**
   * @param {{runId?: unknown, kartId?: unknown, kart?: string, kartNumber?: string, driverName?: string}} names
   * @returns {RunLaps}
   */
  run(names) {
    const key = keyOf(names);
    let run = this.runs.get(key);
    if (!run) {
      run = {key, kart: '', plate: '', name: '', laps: new Map()};
      this.runs.set(key, run);
    }
    run.kart = names.kart || names.kartNumber || run.kart;
    run.plate = names.kartNumber || names.kart || run.plate;
    run.name = names.driverName || run.name;
    return run;
  }

  /** Takes a session's record in the place of all that was known. @param {StoredSession} session */
  load(session) {
    this.runs.clear();
    const runs = session.runs ?? firstServersRuns(session);
    for (const run of runs) {
      const own = this.run(run);
      for (const lap of run.laps) own.laps.set(lap.lapNum, lap);
    }
    this.version += 1;
  }

  /** @param {LapEvent} lap */
  add(lap) {
    this.run(lap).laps.set(lap.lapNum, lap);
    this.version += 1;
  }

  /**
   * Brings the laps in line with the analysis: valid ones that nobody told, corrected times, and laps whose validity has changed
   * since, as the limit is the run's own median's. Of a run that is not ranked the analysis has no laps.
   * @param {Iterable<Kart>} karts
   */
  merge(karts) {
    for (const kart of karts) {
      const history = kart.lapHistory ?? [];
      if (history.length === 0) continue;
      const {laps} = this.run(kart);
      for (const {lapNum, time, position} of history) {
        const lap = laps.get(lapNum);
        if (lap?.timeRaw === time && lap.valid) continue;
        laps.set(lapNum, {lapNum, timeRaw: time, position, timestamp: lap?.timestamp ?? 0, valid: true});
        this.version += 1;
      }
      const valid = new Set(history.map(({lapNum}) => lapNum));
      const [first, last] = [history[0].lapNum, history[history.length - 1].lapNum];
      for (const lap of laps.values()) {
        if (!lap.valid || lap.lapNum < first || lap.lapNum > last || valid.has(lap.lapNum)) continue;
        laps.set(lap.lapNum, {...lap, valid: false});
        this.version += 1;
      }
    }
  }

  /** @param {string} key @returns {Lap[]} by number */
  lapsOf(key) {
    return [...(this.runs.get(key)?.laps.values() ?? [])].sort((a, b) => a.lapNum - b.lapNum);
  }
}

/**
 * Files of the first server have their laps by kart number only.
 * @param {StoredSession} session
 */
function firstServersRuns({lapHistory, analysis}) {
  const karts = [...(analysis?.karts ?? []), ...(analysis?.unranked ?? [])];
  return Object.entries(lapHistory ?? {}).map(([kartNumber, laps]) => ({
    ...karts.find((kart) => kart.kartNumber === kartNumber),
    kartNumber,
    laps: laps.map((lap) => ({...lap, valid: lap.valid !== false})),
  }));
}
