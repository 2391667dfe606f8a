// Scripted races: lap lists in, the frames a venue would send out, a frame for each crossing of the line.
import {formatMs} from './expected.mjs';

const clockOf = (ms) => {
  const s = Math.max(0, Math.floor(ms / 1000));
  return [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60].map((n) => String(n).padStart(2, '0')).join(':');
};

let lastMarker = 0; // no two races have one in common

export class Race {
  // karts: [{id, kartId, kart, kartNumber, driver, laps: [ms, …]}]. The race ends at `endAt` (wall time), so that no
  // frame is from the future. sparse: no kart_number, no track id, no name of the track.
  constructor({
    event = 'Session #12',
    track = 3,
    karts,
    endAt = Date.now(),
    gridMs = 700,
    sparse = false,
    map = 'lakeside.png',
    withGrid = true,
  }) {
    Object.assign(this, {event, track, karts, sparse, map});
    this.states = karts.map(() => ({total: 0, last: null, prev: null, best: null, sum: 0, startedAt: 0, passedAt: 0}));
    this.crossings = [];
    karts.forEach((kart, index) => {
      let at = gridMs * (index + 1);
      this.crossings.push({at, index, time: null});
      for (const time of kart.laps) {
        at += time;
        this.crossings.push({at, index, time});
      }
    });
    this.crossings.sort((a, b) => a.at - b.at || a.index - b.index);
    this.lengthMs = this.crossings.at(-1)?.at ?? 0;
    this.startAt = endAt - this.lengthMs - 1500;
    this.lapCount = Math.max(...karts.map((k) => k.laps.length)) + 1;
    this.withGrid = withGrid;
    this.next = 0;
    this.at = this.startAt;
    this.marker = 0;
  }

  row(kart, state, pos, at) {
    const [first, ...rest] = kart.driver.split(' ');
    const row = {
      id: kart.id,
      pos,
      pole: null,
      country_code: 'es',
      name: kart.driver,
      driver_monitor_name: kart.driver,
      team: kart.driver,
      first_name: first,
      last_name: rest.join(' '),
      photo: null,
      kart: kart.kart,
      kart_number: kart.kartNumber,
      kart_id: kart.kartId,
      kart_color: '39b549',
      esp_steering_display_number: null,
      fleet_management_id: null,
      current_lap: '',
      total_laps: state.total,
      total_time: '-',
      last_time: state.last ? formatMs(state.last) : '-',
      last_time_short: state.last ? formatMs(state.last) : '-',
      last_time_raw: state.last,
      prev_time_raw: state.prev,
      best_time: state.best ? formatMs(state.best) : '-',
      best_time_raw: state.best,
      s1: '-',
      s2: '-',
      s3: '-',
      s4: '-',
      s1_status: 'good',
      s2_status: 'good',
      s3_status: 'good',
      s4_status: 'good',
      gap: '-',
      int: '-',
      int_raw: null,
      number_of_pits: 0,
      total_driver_changes: '',
      current_pit_time: '',
      in_pit: false,
      last_passing: state.passedAt,
      avg_lap: '-',
      avg_lap_raw: 1e20,
      consistency_lap: '-',
      consistency_lap_raw: 1e-23,
      current_lap_start_timestamp: Math.floor((state.startedAt || at) / 1000),
      current_lap_start_microtimestamp: state.startedAt || at,
      current_lap_milliseconds: at - (state.startedAt || at),
      run_status: 'in_progress',
    };
    if (this.sparse || kart.kartNumber === undefined) delete row.kart_number;
    if (kart.kartId === undefined) delete row.kart_id;
    if (kart.id === undefined) delete row.id;
    return row;
  }

  // The frame of this moment. `more` goes into data, over what is there.
  payload(more = {}) {
    const order = this.states
      .map((state, i) => i)
      .sort((a, b) => (this.states[a].best ?? Infinity) - (this.states[b].best ?? Infinity) || a - b);
    const position = [];
    order.forEach((index, i) => (position[index] = i + 1));
    const leftMs = this.lengthMs - (this.at - this.startAt);
    const data = {
      type: 'session',
      status_string: 'in_progress',
      maps_data: this.map && !this.sparse ? {map: {bgr: this.map, length: 577}} : [],
      svg_path: null,
      track_configuration_id: this.track,
      event_name: this.event,
      socket_data: {address: 'venue.loc', port: '8131'},
      time_left: clockOf(leftMs),
      time_left_in_seconds: Math.max(0, Math.floor(leftMs / 1000)),
      duration_type: 'min',
      total_laps: this.lapCount,
      current_lap: Math.max(...this.states.map((s) => s.total)),
      has_pole: false,
      ranking_key: 'by_time',
      has_pits: false,
      has_stint: false,
      is_endurance: false,
      penalties: [],
      timestamp: Math.floor(this.at / 1000),
      timestamp_socket: Math.floor(this.at / 1000),
      runs: order.map((index) => this.row(this.karts[index], this.states[index], position[index], this.at)),
      ...more,
    };
    if (this.sparse || this.track === undefined) delete data.track_configuration_id;
    return {data, race_predictor_data: [], slug: 'lemansentertainment', type: 'live-timing', socket: null};
  }

  // Moves on by one crossing and returns its frame; null at the end.
  step() {
    const crossing = this.crossings[this.next];
    if (!crossing) return null;
    this.next += 1;
    this.at = this.startAt + crossing.at;
    const state = this.states[crossing.index];
    state.total += 1;
    if (crossing.time !== null) {
      state.prev = state.last;
      state.last = crossing.time;
      state.best = Math.min(state.best ?? Infinity, crossing.time);
      state.sum += crossing.time;
    }
    state.startedAt = this.at;
    state.passedAt = this.at;
    return {at: this.at, index: crossing.index, total: state.total, payload: this.payload()};
  }

  // All frames that are left, from the one on the grid.
  frames() {
    const list = [];
    if (this.next === 0 && this.withGrid) list.push({at: this.startAt, index: -1, total: 0, payload: this.payload()});
    for (let frame = this.step(); frame; frame = this.step()) list.push(frame);
    return list;
  }

  // A clock update that can be recognised in what the server passes on: once it shows, all frames before it have been
  // taken in.
  barrier(more = {}) {
    this.marker = lastMarker += 1;
    this.at += 1000;
    return {marker: this.marker, payload: this.payload({test_marker: this.marker, ...more})};
  }
}

// The frames of several races as they come on one channel.
export function interleave(...lists) {
  return lists.flat().sort((a, b) => a.at - b.at);
}

// Takes out the frames of lap `total` of kart `index` up to, not including, its next crossing: that lap is told by
// prev_time_raw alone.
export function loseLap(frames, index, total) {
  const from = frames.findIndex((f) => f.index === index && f.total === total);
  const to = frames.findIndex((f) => f.index === index && f.total === total + 1);
  return [...frames.slice(0, from), ...frames.slice(to)];
}

// Plausible lap times that are the same at each run: around `base`, `spread` to each side.
export function lapTimes(seed, count, base, spread = 900) {
  let x = (seed * 2654435761) >>> 0 || 1;
  return Array.from({length: count}, () => {
    x ^= (x << 13) >>> 0;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= (x << 5) >>> 0;
    x >>>= 0;
    return base - spread + (x % (2 * spread));
  });
}
