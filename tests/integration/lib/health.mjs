// /health as it is now. A body of it serves for a tenth of a second: this one is made after the call.
import {until} from './tools.mjs';

export function freshHealth(daemon) {
  const asked = Date.now();
  return until(
    'a fresh /health',
    async () => {
      const health = await daemon.json('/health');
      return Date.parse(health.timestamp) >= asked && health;
    },
    {describe: () => daemon.tail()},
  );
}
