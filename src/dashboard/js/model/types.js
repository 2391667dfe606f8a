// The shapes of what the server sends, as far as the page reads them, and of what the views share.

/**
 * A lap, as `lapHistory`, `runs[].laps` and the `lap` event have it.
 * @typedef {{lapNum: number, timeRaw: number, position: number | null, timestamp: number, valid: boolean}} Lap
 */

/**
 * A run of the analysis; one that is not ranked has fewer fields.
 * @typedef {{
 *   runId?: number, kartId?: number, kart?: string, kartNumber: string, driverName: string,
 *   totalLaps: number, validLaps: number, missedLaps?: number, position?: number,
 *   bestLap?: number, bestLapFormatted?: string, lastLap?: number, lastLapFormatted?: string,
 *   avgLapTime?: number, avgLapTimeFormatted?: string, best3Avg?: number, best3AvgFormatted?: string,
 *   consistency?: number, consistencyFormatted?: string, totalTime?: number, totalTimeFormatted?: string,
 *   elapsedTime?: number, normalizedIndex?: number, stale?: boolean,
 *   lapHistory?: {lapNum: number, time: number, timeFormatted: string, position: number | null}[],
 * }} Kart
 */

/**
 * @typedef {{
 *   summary?: {fastestLap?: string, fastestDriver?: string, totalKarts?: number, totalLaps?: number},
 *   karts: Kart[], unranked?: Kart[],
 *   winner?: {name: string, kartNumber: string, bestLap: string, bestLapRaw: number} | null,
 * }} Analysis
 */

/** @typedef {Record<string, unknown>} FeedRun a row of the feed, as it came */
/** @typedef {Record<string, unknown> & {runs?: FeedRun[]}} SessionData the newest frame, as it came */
/** @typedef {{sessionId: string, eventName: string, trackConfig?: number, karts: number}} LiveSession */

/**
 * @typedef {{
 *   sessionId: string | number, eventName: string, trackName?: string | null, date: string, duration?: number,
 *   analysis: Analysis, sessionData: SessionData,
 *   runs?: {runId?: number, kartId?: number, kart?: string, kartNumber?: string, driverName?: string, laps: Lap[]}[],
 *   lapHistory?: Record<string, Lap[]>,
 * }} StoredSession
 */

/**
 * @typedef {{
 *   sessionId: string, runId?: number, kartId?: number, kart?: string, kartNumber?: string, driverName?: string,
 *   lapNum: number, timeRaw: number, timeFormatted: string, position: number | null, valid: boolean,
 *   deltaToBest: number | null, deltaToSessionBest: number | null, personalBest: boolean, sessionBest: boolean,
 *   timestamp: number,
 * }} LapEvent
 */

/** @typedef {'' | 'session' | 'personal' | 'excluded'} Mark how a time is coloured */

/**
 * A line of the timing tower: everything as it is shown.
 * @typedef {{
 *   key: string, pos: string, gain: number, kart: string, plate: string, color: string | null, name: string,
 *   laps: string, last: string, lastMark: Mark, best: string, bestMark: Mark, avg: string, gap: string, int: string,
 *   sectors: {text: string, bad: boolean}[], stale: boolean, pit: boolean, order: number,
 * }} Row
 */

export {};
