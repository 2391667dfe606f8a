// What config/aws holds, as far as it can be looked at without an account: cloud-init's own check, its scripts run on a machine of
// stand-ins with the real server, the template against CloudFormation's description of its resources, and what belongs together.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {parse} from 'yaml';

import {everyNode, propertyFaults, readTemplate, references, resourceType} from './lib/cloudformation.mjs';
import {runOnce} from './lib/daemon.mjs';
import {root} from './lib/documents.mjs';
import {freePort} from './lib/ports.mjs';
import {StubMachine} from './lib/stub-machine.mjs';
import {request, tempDir, until} from './lib/tools.mjs';

const folder = path.join(root, 'config/aws');
const text = (name) => readFileSync(path.join(folder, name), 'utf8');
const userData = text('user-data.yaml');
const files = new Map(parse(userData).write_files.map((file) => [file.path, file]));
const template = readTemplate(text('cloudformation.yaml'));
const hooks = 'elastic-beanstalk/.platform/hooks/prebuild';
const hook = `${hooks}/10-storage.sh`;
const loginHook = `${hooks}/20-image.sh`;
const launchData = template.Resources.Template.Properties.LaunchTemplateData;
const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

// ---- user data

const unpacked = path.join(root, 'build/tools/cloud-init/usr');
function cloudInit() {
  if (has('cloud-init')) return {command: 'cloud-init', env: process.env};
  const PYTHONPATH = path.join(unpacked, 'lib/python3/dist-packages');
  const command = path.join(unpacked, 'bin/cloud-init');
  return existsSync(command) ? {command, env: {...process.env, PYTHONPATH}} : null;
}

test('cloud-init finds the user data good', {skip: !cloudInit() && 'there is no cloud-init'}, (t) => {
  const {command, env} = cloudInit();
  const check = (file) => spawnSync(command, ['schema', '--config-file', file], {env, encoding: 'utf8'});
  const good = check(path.join(folder, 'user-data.yaml'));
  assert.equal(good.status, 0, good.stdout + good.stderr);
  const bad = path.join(tempDir(t), 'bad.yaml');
  writeFileSync(bad, userData.replace('write_files:', 'write_filez:').replace('runcmd:', 'runcmd: 1\nx:'));
  assert.notEqual(check(bad).status, 0, 'it does look');
});

test('scripts pass shellcheck', {skip: !has('shellcheck') && 'there is no shellcheck'}, () => {
  const scripts = [...files.values()].map((file) => file.content).filter((content) => content.startsWith('#!/bin/bash'));
  assert.equal(scripts.length, 3);
  for (const input of [...scripts, text(hook), text(loginHook)]) {
    const {status, stdout} = spawnSync('shellcheck', ['-e', 'SC1091', '-'], {input, encoding: 'utf8'});
    assert.equal(status, 0, stdout);
  }
});

// The machine as cloud-init leaves it, with these settings.
async function machine(t, settings, {has: programs = ['dnf', 'amazon-cloudwatch-agent-ctl']} = {}) {
  const made = new StubMachine(t, programs);
  made.port = await freePort();
  const all = {PORT: made.port, ...settings};
  for (const [name, {content, permissions = '0644'}] of files) {
    const filled = content.replaceAll(/^([A-Z_]+)=.*$/gm, (line, key) => (key in all ? `${key}=${all[key]}` : line));
    made.write(name, made.here(name.endsWith('.json') ? content : filled), parseInt(permissions, 8));
  }
  made.setup = () => made.run('usr/local/sbin/racefacer-setup');
  made.server = (target, options) => request(made.port, target, options);
  return made;
}

const EVERYTHING = {
  IMAGE: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/racefacer-analysis:1',
  REGION: 'eu-central-1',
  VOLUME: 'vol-0abc',
  ADDRESS: 'eipalloc-0123',
  TOKEN_PARAMETER: '/racefacer/api-token',
  METRICS_NAMESPACE: 'RaceFacer',
  SERVER_NAME: 'venue',
  LOG_GROUP: 'group',
  STACK: 'stack',
  RESOURCE: 'Group',
};

test('a new machine ends with the server running, its storage on the volume, and says so', async (t) => {
  const one = await machine(t, EVERYTHING);
  const {code, output} = await one.setup();
  assert.equal(code, 0, output + one.calls.join('\n'));
  assert.match(output, /racefacer: the server runs/);
  assert.ok(one.has('srv/racefacer/storage/demo/sessions'), 'the storage is where the volume is mounted');
  assert.equal(one.called(/^mkfs.ext4 .*vol0abc$/).length, 1, 'a new volume is formatted');
  assert.match(one.read('etc/fstab'), /^UUID=1234-abcd .*\/srv\/racefacer ext4 .*nofail/m);
  for (const call of [
    /^dnf install .*docker.*amazon-cloudwatch-agent/,
    /^aws --region eu-central-1 ec2 attach-volume --volume-id vol-0abc --instance-id i-0def /,
    /^aws .*associate-address --allocation-id eipalloc-0123 --instance-id i-0def/,
    /^docker login --username AWS --password-stdin 123456789012\.dkr\.ecr\.eu-central-1\.amazonaws\.com$/,
    /^docker run .*--read-only .*--cap-drop ALL .*no-new-privileges/,
    /^systemctl enable --now racefacer-report.timer/,
    /^aws .*signal-resource --stack-name stack --logical-resource-id Group --unique-id i-0def --status SUCCESS/,
  ])
    assert.equal(one.called(call).length, 1, `${call} of\n${one.calls.join('\n')}`);
  const agent = JSON.parse(one.read('etc/racefacer/cloudwatch-agent.here.json')).logs.logs_collected.files.collect_list[0];
  assert.deepEqual([agent.log_group_name, agent.log_stream_name], ['group', 'venue']);

  const id = (await one.server('/api/current')).json.sessionId;
  const refused = await one.server(`/api/sessions/${id}`, {method: 'DELETE'});
  assert.equal(refused.status, 403);
  const Authorization = 'Bearer token-of-ssm';
  const live = await one.server(`/api/sessions/${id}`, {method: 'DELETE', headers: {Authorization}});
  assert.equal(live.status, 409, 'the token of SSM is the server\'s');

  const report = async () => {
    const {code: status, output: told} = await one.run('usr/local/sbin/racefacer-report');
    assert.equal(status, 0, told);
    const metrics = JSON.parse(one.read('run/racefacer-report.json'));
    for (const {Dimensions} of metrics) assert.deepEqual(Dimensions, [{Name: 'Server', Value: 'venue'}]);
    return Object.fromEntries(metrics.map(({MetricName, Value}) => [MetricName, Value]));
  };
  const well = await report();
  assert.equal(one.called(/put-metric-data --namespace RaceFacer/).length, 1);
  assert.ok(well.StorageUsedPercent >= 0 && well.StorageUsedPercent <= 100);
  assert.deepEqual({...well, StorageUsedPercent: 0}, {Serving: 1, FeedConnected: 1, StorageWell: 1, StorageUsedPercent: 0});
  one.end();
  await until('the server is gone', async () => (await one.server('/health').catch(() => null)) === null);
  assert.deepEqual({...(await report()), StorageUsedPercent: 0}, {Serving: 0, FeedConnected: 0, StorageWell: 0, StorageUsedPercent: 0});
});

test('a volume that has a file system is mounted as it is', async (t) => {
  const one = await machine(t, EVERYTHING);
  one.set('formatted');
  assert.equal((await one.setup()).code, 0);
  assert.equal(one.called(/^mkfs/).length, 0);
  assert.equal(one.called(/^mount /).length, 1);
});

test('a volume that cannot be read is not formatted: the stack is told of the failure', async (t) => {
  const one = await machine(t, EVERYTHING);
  one.set('unreadable');
  assert.notEqual((await one.setup()).code, 0);
  assert.equal(one.called(/^mkfs|^mount |^docker run/).length, 0);
  assert.equal(one.called(/signal-resource .*--status FAILURE/).length, 1);
});

test('without a registry and SSM the server starts with the image and the token of before', async (t) => {
  const one = await machine(t, EVERYTHING);
  one.write('etc/racefacer/token.env', 'API_TOKEN=token-of-before\n');
  one.set('ssm-away', 'registry-away');
  const {code, output} = await one.setup();
  assert.equal(code, 0, output);
  const id = (await one.server('/api/current')).json.sessionId;
  const Authorization = 'Bearer token-of-before';
  assert.equal((await one.server(`/api/sessions/${id}`, {method: 'DELETE', headers: {Authorization}})).status, 409);
});

test('on Debian, with nothing filled in, AWS is not called', async (t) => {
  const one = await machine(t, {}, {has: ['apt-get']});
  // The machine the test runs on may have dnf; one that is looked for in vain shadows nothing.
  one.write('usr/local/sbin/racefacer-setup', one.read('usr/local/sbin/racefacer-setup').replace('command -v dnf', 'false'), 0o755);
  const {code, output} = await one.setup();
  assert.equal(code, 0, output);
  assert.equal(one.called(/^apt-get install .*docker\.io/).length, 1);
  assert.deepEqual(one.called(/^aws|^mount|racefacer-report/), []);
});

test('the settings shown are settings, and good ones', async () => {
  const settings = Object.fromEntries(
    [...files.get('/etc/racefacer/server.env').content.matchAll(/^([A-Z_]+)=(.*)$/gm)].map((match) => match.slice(1)),
  );
  const {code, stderr} = await runOnce(['--check-config'], {env: settings, cwd: '/'});
  assert.equal(code, 0, stderr);
  const known = (await runOnce(['--help'])).stdout;
  const compose = parse(text('elastic-beanstalk/docker-compose.yml')).services['racefacer-analysis'];
  const properties = parse(text('elastic-beanstalk/.ebextensions/server.config')).option_settings[
    'aws:elasticbeanstalk:application:environment'
  ];
  const named = [...Object.keys(settings), ...Object.keys(compose.environment), ...Object.keys(properties)];
  for (const name of named) if (name !== 'IMAGE') assert.match(known, new RegExp(`^  ${name} `, 'm'), name);
  for (const name of Object.keys(properties)) assert.ok(name in compose.environment, `${name} reaches the container`);
});

// ---- the template

test('what the template refers to is there, and every parameter and condition is used', () => {
  const used = new Set();
  for (const [name, attribute, at] of references(template)) {
    if (name.startsWith('AWS::')) continue;
    used.add(name);
    const resource = template.Resources[name];
    assert.ok(resource || template.Parameters[name], `${at}: there is no ${name}`);
    if (!attribute) continue;
    assert.ok(resource, `${at}: ${name} is no resource`);
    assert.ok(attribute in resourceType(resource.Type).attributes, `${at}: ${resource.Type} has no ${attribute}`);
  }
  for (const name of Object.keys(template.Parameters)) assert.ok(used.has(name), `${name} is used`);
  const conditions = new Set();
  for (const [node] of everyNode(template.Resources)) {
    if (typeof node.Condition === 'string') conditions.add(node.Condition);
    if (node['Fn::If']) conditions.add(node['Fn::If'][0]);
  }
  assert.deepEqual([...conditions].sort(), Object.keys(template.Conditions).sort());
});

test('resources have the properties that CloudFormation knows, and all it needs', () => {
  for (const [name, {Type, Properties}] of Object.entries(template.Resources)) {
    const type = resourceType(Type);
    assert.ok(type, `${name}: there is no ${Type}`);
    assert.deepEqual(propertyFaults(type, Properties, name), []);
  }
});

test('cfn-lint has nothing to say', {skip: !has('cfn-lint') && 'there is no cfn-lint'}, () => {
  const {status, stdout} = spawnSync('cfn-lint', [path.join(folder, 'cloudformation.yaml')], {encoding: 'utf8'});
  assert.equal(status, 0, stdout);
});

test('the template starts machines with the user data, filled in', () => {
  const filled = launchData.UserData['Fn::Base64']['Fn::Sub'];
  const lines = (all) => all.trimEnd().split('\n');
  const given = lines(filled);
  assert.ok(Buffer.byteLength(filled) < 12000, 'EC2 takes 16 kB, and names grow');
  lines(userData).forEach((line, i) => {
    const setting = line.match(/^ {6}([A-Z_]+)=/)?.[1];
    const want = line.replaceAll('${', '${!');
    if (setting && setting !== 'PORT') assert.match(given[i], new RegExp(`^ {6}${setting}=[$\\w{]`), `${setting} is filled in`);
    else assert.equal(given[i], want, `line ${i + 1} of user-data.yaml`);
  });
  assert.equal(given.length, lines(userData).length);
});

test('the role may do what the scripts ask AWS for, and nothing else', () => {
  const scripts = [...files.values()].map((file) => file.content).join('\n');
  const asked = [...scripts.matchAll(/aws --region "\$REGION" (\w+) ([a-z-]+)/g), ...scripts.matchAll(/^ *(ec2) ([a-z-]+) /gm)];
  const camel = (words) => words.replaceAll(/(?:^|-)(\w)/g, (all, letter) => letter.toUpperCase());
  const wanted = new Set(asked.map(([, service, call]) => `${service}:${camel(call)}`));
  assert.ok(wanted.delete('ecr:GetLoginPassword'));
  for (const action of ['ecr:GetAuthorizationToken', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']) wanted.add(action);
  for (const action of ['CreateLogStream', 'PutLogEvents', 'DescribeLogStreams']) wanted.add(`logs:${action}`); // the agent
  const statements = [...everyNode(template.Resources.Role.Properties.Policies)].map(([node]) => node).filter((node) => node.Effect);
  const allowed = new Set();
  for (const {Sid, Action, Resource, Condition} of statements) {
    const actions = [Action].flat();
    for (const action of actions) if (Sid !== 'SessionManager') allowed.add(action);
    if (Sid === 'SessionManager' || actions.includes('ecr:GetAuthorizationToken') || Condition) continue;
    for (const one of [Resource].flat()) assert.doesNotMatch(JSON.stringify(one), /\*/, `${actions} on everything`);
  }
  assert.deepEqual([...allowed].sort(), [...wanted].sort());
});

test('alarms watch metrics that are sent, and take silence for trouble', () => {
  const sent = new Set([...files.get('/usr/local/sbin/racefacer-report').content.matchAll(/"([A-Z]\w+)"[;]/g)].map((match) => match[1]));
  const alarms = Object.values(template.Resources).filter(({Type}) => Type === 'AWS::CloudWatch::Alarm');
  assert.deepEqual(alarms.map(({Properties}) => Properties.MetricName).sort(), [...sent].sort());
  for (const {Properties} of alarms) {
    assert.equal(Properties.TreatMissingData, 'breaching');
    assert.deepEqual(Properties.Dimensions, [{Name: 'Server', Value: {Ref: 'AWS::StackName'}}]);
  }
});

test('no secret passes through the template', () => {
  for (const [name, {Default = '', NoEcho}] of Object.entries(template.Parameters)) {
    assert.equal(NoEcho, undefined, `${name}: a secret belongs into SSM`);
    assert.doesNotMatch(name, /token(?!Parameter)|password|secret/i);
    assert.doesNotMatch(String(Default), /token/i);
  }
  assert.deepEqual([launchData.MetadataOptions.HttpTokens, launchData.MetadataOptions.HttpPutResponseHopLimit], ['required', 1]);
});

// ---- Elastic Beanstalk

test("Elastic Beanstalk's hook mounts the volume where the container looks for it", async (t) => {
  const one = new StubMachine(t, []);
  one.write('hook', one.here(text(hook)));
  const {code, output} = await one.run('hook');
  assert.equal(code, 0, output);
  assert.equal(one.called(/attach-volume --volume-id vol-0abc --instance-id i-0def/).length, 1, one.calls.join('\n'));
  assert.equal(one.called(/^mkfs/).length, 1);
  const compose = parse(text('elastic-beanstalk/docker-compose.yml')).services['racefacer-analysis'];
  const [from] = compose.volumes.find((volume) => volume.endsWith(':/app/storage')).split(':');
  assert.ok(one.has(from), `${from} is made`);
  assert.ok(one.has('is/mounted'));
  assert.equal((await one.run('hook')).code, 0, 'the next deployment finds it mounted');
  assert.equal(one.called(/attach-volume|^mkfs/).length, 2);
});

test("Elastic Beanstalk's hooks can be run, and one logs in where the image is", async (t) => {
  for (const name of [hook, loginHook]) assert.ok(statSync(path.join(folder, name)).mode & 0o100, `${name} is executable`);
  const one = new StubMachine(t, []);
  one.write('hook', one.here(text(loginHook)));
  const {code, output} = await one.run('hook');
  assert.equal(code, 0, output);
  const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
  assert.deepEqual(one.called(/^aws|^docker/).sort(), [
    'aws --region eu-west-1 ecr get-login-password',
    `docker login --username AWS --password-stdin ${registry}`,
  ]);
});
