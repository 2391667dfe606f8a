// What all parts of the soak share: a clean end, what was counted, and what went wrong.
export class Stage {
  constructor() {
    this.ends = [];
    this.running = true;
    this.counts = {};
    this.failures = []; // the first of them; the rest is only counted
    this.begun = performance.now();
  }

  // As the helpers of the integration tests expect it of a test.
  after(action) {
    this.ends.push(action);
  }

  async close() {
    this.running = false;
    for (const action of this.ends.reverse()) await action();
  }

  get seconds() {
    return (performance.now() - this.begun) / 1000;
  }

  count(group, name, by = 1) {
    const counts = (this.counts[group] ??= {});
    counts[name] = (counts[name] ?? 0) + by;
  }

  total(group) {
    return Object.values(this.counts[group] ?? {}).reduce((sum, one) => sum + one, 0);
  }

  fail(what) {
    this.count('failures', 'all');
    const line = `${this.seconds.toFixed(1)} s: ${String(what?.stack ?? what).slice(0, 2000)}`;
    if (this.failures.length < 50) {
      this.failures.push(line);
      console.error(`soak: FAULT ${line}`);
    }
  }

  // Does this again and again until the end; what it throws is a failure, and no reason to stop.
  async repeat(action, pause) {
    while (this.running) {
      try {
        await action();
      } catch (error) {
        this.fail(error);
      }
      await this.sleep(typeof pause === 'function' ? pause() : pause);
    }
  }

  // Not a moment longer than the run.
  async sleep(ms) {
    const until = performance.now() + ms;
    for (let left = ms; this.running && left > 0; left = until - performance.now())
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, 200)));
  }
}
