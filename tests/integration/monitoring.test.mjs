// Monitoring as it is shipped: real Prometheus with the rules, and the dashboard's figures. Only paths, ports and times are others.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {root} from './lib/documents.mjs';
import {Metrics} from './lib/metrics.mjs';
import {freePort} from './lib/ports.mjs';
import {shipped, startProgram, without} from './lib/program.mjs';
import {Race} from './lib/race.mjs';
import {play, smallField, startScene} from './lib/scene.mjs';
import {request, tempDir, until} from './lib/tools.mjs';

const dashboard = JSON.parse(readFileSync(path.join(root, 'config/grafana/dashboards/racefacer.json'), 'utf8'));
const rules = readFileSync(path.join(root, 'config/prometheus/alerts.yml'), 'utf8');
const figures = dashboard.panels.flatMap((panel) => (panel.targets ?? []).map(({expr}) => ({title: panel.title, expr})));
const conditions = [...rules.matchAll(/^ +expr: (.*)$/gm)].map((match) => match[1]);

function promtool(...args) {
  const {status, stdout, stderr} = spawnSync('promtool', args, {encoding: 'utf8', timeout: 60000});
  assert.equal(status, 0, `promtool ${args.join(' ')}\n${stdout}${stderr}`);
  assert.doesNotMatch(stdout + stderr, /warning|error/i);
}

// Prometheus with what is shipped, following a server. Of alerts nobody waits minutes for.
class Prometheus {
  static async start(t, daemon) {
    const prometheus = new Prometheus();
    const dir = tempDir(t, 'rf-prometheus-');
    prometheus.port = await freePort();
    const write = (name, text) => {
      writeFileSync(path.join(dir, name), text);
      return path.join(dir, name);
    };
    write('alerts.yml', rules.replaceAll(/\bfor: \d+[mh]$/gm, 'for: 1s'));
    const config = write(
      'prometheus.yml',
      shipped('config/prometheus/prometheus.yml', {
        ': 15s': ': 500ms',
        '/etc/prometheus/': `${dir}/`,
        'racefacer-analysis:3001': `127.0.0.1:${daemon.port}`,
      }),
    );
    promtool('check', 'config', config);
    const program = startProgram(t, 'prometheus', [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${prometheus.port}`,
    ]);
    prometheus.waiting = {everyMs: 200, describe: program.tail};
    return prometheus;
  }

  async ask(what) {
    const {json} = await request(this.port, `/api/v1/${what}`);
    assert.equal(json.status, 'success', JSON.stringify(json));
    return json.data;
  }

  async query(expression) {
    return (await this.ask(`query?query=${encodeURIComponent(expression)}`)).result;
  }

  async firing(name) {
    const {alerts} = await this.ask('alerts');
    return alerts.find(({labels, state}) => labels.alertname === name && state === 'firing');
  }

  fires(name) {
    return until(`${name} fires`, () => this.firing(name), this.waiting);
  }

  async clears(name) {
    await until(`${name} clears`, async () => !(await this.firing(name)), this.waiting);
  }
}

test('alerts fire when the feed is cut or the server is gone, and clear when it is back', {skip: without('prometheus')}, async (t) => {
  const scene = await startScene(t);
  const race = new Race({karts: smallField()});
  await play(scene, race);
  const driven = race.karts.reduce((sum, kart) => sum + kart.laps.length, 0);
  const prometheus = await Prometheus.start(t, scene.daemon);
  const value = async (expression) => Number((await prometheus.query(expression))[0].value[1]);
  await until('Prometheus has the laps', async () => (await value('racefacer_laps_total')) === driven, prometheus.waiting);
  for (const {title, expr} of figures) {
    const now = expr.replaceAll('$__rate_interval', '1m');
    await until(`"${title}" has something to show: ${now}`, async () => (await prometheus.query(now)).length > 0, prometheus.waiting);
  }
  const {alerts} = await prometheus.ask('alerts');
  assert.deepEqual(alerts, [], 'all is well');

  await scene.feed.stop();
  const lost = await prometheus.fires('RacefacerFeedLost');
  assert.equal(lost.labels.severity, 'critical');
  assert.equal(lost.annotations.summary, `127.0.0.1:${scene.daemon.port} has no connection to the timing`);
  await scene.feed.start();
  await prometheus.clears('RacefacerFeedLost');

  await scene.daemon.stop();
  await prometheus.fires('RacefacerDown');
  await scene.daemon.restart();
  await prometheus.clears('RacefacerDown');
});

test('promtool finds nothing to say of the rules', {skip: without('promtool')}, () => {
  const folder = path.join(root, 'config/prometheus');
  promtool('check', 'rules', path.join(folder, 'alerts.yml'));
  promtool('test', 'rules', path.join(folder, 'alerts.test.yml'));
  const alerts = rules.split(/^ +- alert: /m).slice(1);
  assert.equal(alerts.length, conditions.length);
  for (const alert of alerts) {
    assert.match(alert, /severity: (critical|warning)/);
    assert.match(alert, /summary: ".+"\n +action: ".+"\n/, 'what is wrong, and what to do');
  }
});

test('every figure of rules and dashboard is one that the server tells', async (t) => {
  const scene = await startScene(t);
  await play(scene, new Race({karts: smallField()}));
  const metrics = await Metrics.of(scene.daemon);
  const told = new Set([...metrics.samples.keys()].map((key) => JSON.parse(key)[0]));
  told.add('up');
  for (const expression of [...conditions, ...figures.map(({expr}) => expr)]) {
    const named = expression.match(/\b(up|(?:racefacer|process)_\w+)\b/g);
    assert.ok(named, expression);
    for (const name of named) assert.ok(told.has(name), `${name} of ${expression}`);
  }
});

test('the dashboard is one that Grafana can draw', () => {
  const source = readFileSync(path.join(root, 'config/grafana/datasources/prometheus.yml'), 'utf8').match(/uid: (\w+)/)[1];
  const {panels} = dashboard;
  assert.equal(new Set(panels.map(({id}) => id)).size, panels.length);
  const taken = new Set();
  for (const {title, type, gridPos, targets = [], datasource} of panels) {
    assert.match(type, /^(row|stat|timeseries)$/);
    assert.ok(title);
    for (const one of type === 'row' ? [] : [datasource, ...targets.map((target) => target.datasource)])
      assert.equal(one.uid, source, title);
    assert.ok(type === 'row' || targets.length > 0, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(x < 24 && !taken.has(`${x},${y}`), `${title} lies on another`);
        taken.add(`${x},${y}`);
      }
  }
});
