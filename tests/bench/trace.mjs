// What a trace of the browser says of a page's main thread.

// As few as will do: what is traced costs time itself.
export const TRACED = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];

// Names of what is counted as what; an event within another of a kind is not counted twice.
const KINDS = {
  script: ['FunctionCall', 'EvaluateScript', 'FireAnimationFrame', 'TimerFire', 'RunMicrotasks', 'EventDispatch', 'v8.compile'],
  layout: ['UpdateLayoutTree', 'Layout'],
  paint: ['PrePaint', 'Paint', 'Layerize', 'Commit', 'UpdateLayer'],
};
const TASK = 'RunTask';

const sum = (events, field) => events.reduce((before, event) => before + (event[field] ?? 0), 0) / 1000;

// Those that lie in none of the others. All are of one thread, so they nest or follow one another.
function outermost(events) {
  let end = -Infinity;
  return [...events]
    .sort((a, b) => a.ts - b.ts || b.dur - a.dur)
    .filter((event) => {
      if (event.ts < end) return false;
      end = event.ts + event.dur;
      return true;
    });
}

// The renderer's main thread that had most to do: browsers keep a spare one.
function busiest(events) {
  const names = events.filter(({ph, name, args}) => ph === 'M' && name === 'thread_name' && args.name === 'CrRendererMain');
  const threads = names.map(({pid, tid}) => events.filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X'));
  return threads.sort((a, b) => sum(b, 'dur') - sum(a, 'dur'))[0];
}

// between(from, to), in microseconds of the monotonic clock: milliseconds of what began then, of a processor but for `wall`.
export function mainThread({traceEvents}) {
  const events = busiest(traceEvents);
  const tasks = outermost(events.filter(({name}) => name === TASK));
  if (tasks.length === 0) throw new Error('the browser has traced no task');
  const kinds = Object.entries(KINDS).map(([kind, names]) => [kind, outermost(events.filter(({name}) => names.includes(name)))]);
  return {
    between(from, to) {
      const within = (list) => list.filter(({ts}) => ts >= from && ts < to);
      const own = within(tasks);
      return {
        wall: sum(own, 'dur'),
        cpu: sum(own, 'tdur'),
        longest: Math.max(0, ...own.map(({tdur}) => tdur ?? 0)) / 1000,
        ...Object.fromEntries(kinds.map(([kind, list]) => [kind, sum(within(list), 'tdur')])),
      };
    },
  };
}
