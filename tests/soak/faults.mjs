// What goes wrong with the feed, and what an operator does meanwhile.
import {behaviours, ends, frame} from '../integration/lib/fault-proxy.mjs';
import {CHANNEL} from '../integration/lib/feeds.mjs';

const GARBAGE = [
  `42["${CHANNEL}",{"data":{"runs":[{"id":1,`,
  `42["${CHANNEL}",{"data":null}]`,
  `42["${CHANNEL}",[[[[[[[[{}]]]]]]]]]`,
  `42["${CHANNEL}",${'['.repeat(10000)}`,
  `42["${CHANNEL}","${'x'.repeat(1_000_000)}"]`,
  '42',
  '4',
  '99{"what":"is this"}',
  `451-["${CHANNEL}",{"_placeholder":true,"num":0}]`,
  'not a packet at all',
];

export function feedFaults(stage, {feed, proxy, races, random, everyMs}) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const briefly = async (behaviour) => {
    proxy.behave(behaviour);
    proxy.cut(ends.reset);
    await stage.sleep(1500);
    proxy.behave(null);
    proxy.cut();
  };
  const faults = {
    'cut in mid-frame': () => proxy.endAfter(1 + Math.floor(random() * 9000), pick([ends.reset, ends.destroyed])),
    'closed': () => proxy.cut(pick([ends.closed, ends.reset, ends.destroyed])),
    'stalled without an end': () => proxy.stall(),
    'refused for a while': async () => {
      await proxy.unplug();
      await stage.sleep(1500);
      await proxy.plugIn();
    },
    'venue restarted': async () => {
      await feed.stop();
      await stage.sleep(500 + 1500 * random());
      await feed.start();
    },
    '503 for a while': () => briefly(behaviours.answers('503 Service Unavailable', 'Retry-After: 1\r\n', 'later')),
    '404 for a while': () => briefly(behaviours.answers('404 Not Found')),
    'no answer for a while': () => briefly(behaviours.answersNothing),
    'wrong handshake': () => briefly(behaviours.upgradesWrongly('bm90IHRoZSByaWdodCBrZXk=')),
    'garbage frame': () => proxy.inject(frame(1, pick(GARBAGE))),
    'invalid UTF-8': () => proxy.inject(frame(1, Buffer.from([0x34, 0x32, 0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d]))),
    'frame of 3 MB': () => {
      const track = pick(races.tracks);
      track.session.race.at = Date.now();
      if (feed.server) feed.push(track.session.race.payload({ballast: 'x'.repeat(3_000_000)}));
    },
    'frame of 5 MB': () => feed.server && feed.push({data: {ballast: 'x'.repeat(5_000_000)}}),
  };
  let order = [];
  return stage.repeat(
    async () => {
      if (order.length === 0)
        order = Object.keys(faults)
          .map((name) => [random(), name])
          .sort(([a], [b]) => a - b);
      const [, name] = order.pop();
      await faults[name]();
      stage.count('faults', name);
    },
    () => everyMs * (0.5 + random()),
  );
}

// Deletes the oldest session that is over now and then, and has the log opened anew.
export function operator(stage, {daemon, monitor, races}) {
  return [
    stage.repeat(async () => {
      const id = races.checked.at(-30);
      if (!id) return;
      const {status} = await monitor.get(`/api/sessions/${id}`, {method: 'DELETE'});
      stage.count('operator', `DELETE → ${status}`);
    }, 7000),
    stage.repeat(() => {
      daemon.child.kill('SIGHUP');
      stage.count('operator', 'SIGHUP');
    }, 60000),
    // The helper keeps all that the server says; here it would be an hour of it.
    stage.repeat(() => {
      daemon.checkOutput();
      daemon.output = daemon.output.slice(-50000);
      if (daemon.exit) throw new Error(`the server ended by itself with ${JSON.stringify(daemon.exit)}`);
    }, 5000),
  ];
}
