// The samples of /metrics, as far as tests ask for them.
import assert from 'node:assert/strict';

export class Metrics {
  static async of(daemon) {
    const {status, headers, text} = await daemon.get('/metrics');
    assert.equal(status, 200, text);
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    return new Metrics(text);
  }

  constructor(text) {
    this.samples = new Map();
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const [, name, , labels, value] = line.match(/^(\w+)(\{(.*)\})? (\S+)$/) ?? [];
      assert.ok(name && Number.isFinite(Number(value)), `no sample: ${line}`);
      const pairs = [...(labels ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
      const key = Metrics.key(name, Object.fromEntries(pairs));
      assert.ok(!this.samples.has(key), `twice: ${line}`);
      this.samples.set(key, Number(value));
    }
  }

  static key(name, labels) {
    return JSON.stringify([name, ...Object.entries(labels).sort()]);
  }

  value(name, labels = {}) {
    const value = this.samples.get(Metrics.key(name, labels));
    assert.notEqual(value, undefined, `${name} ${JSON.stringify(labels)} is missing`);
    return value;
  }

  // The values that a label has.
  labels(label) {
    const found = [...this.samples.keys()].flatMap((key) => JSON.parse(key).slice(1));
    return [...new Set(found.filter(([name]) => name === label).map(([, value]) => value))];
  }
}
