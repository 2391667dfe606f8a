// A CloudFormation template as what a test can hold on to, and CloudFormation's own description of its resources.
import {loadAwsServiceSpecSync} from '@aws-cdk/aws-service-spec';
import {parse} from 'yaml';

const SHORT = {Ref: 'scalar', Sub: 'scalar', GetAtt: 'scalar', GetAZs: 'scalar', If: 'seq', Not: 'seq', Equals: 'seq', Select: 'seq'};

const customTags = Object.entries(SHORT).map(([name, kind]) => ({
  tag: `!${name}`,
  collection: kind === 'seq' ? 'seq' : undefined,
  resolve: (value) => ({[name === 'Ref' ? 'Ref' : `Fn::${name}`]: kind === 'seq' ? value.toJSON() : value}),
}));

// With the long forms in place of the short ones (!Ref a is {Ref: 'a'}).
export const readTemplate = (text) => parse(text, {customTags, strict: true});

export function* everyNode(node, at = '') {
  if (node === null || typeof node !== 'object') return;
  yield [node, at];
  for (const [key, value] of Object.entries(node)) yield* everyNode(value, `${at}/${key}`);
}

// [name, attribute or null, where] of all that the template refers to.
export function references(template) {
  const found = [];
  const add = (text, at) => found.push([...(text.includes('.') ? text.split(/\.(.*)/s).slice(0, 2) : [text, null]), at]);
  for (const [node, at] of everyNode(template)) {
    if (typeof node.Ref === 'string') add(node.Ref, at);
    if (typeof node['Fn::GetAtt'] === 'string') add(node['Fn::GetAtt'], at);
    if (typeof node['Fn::Sub'] === 'string')
      for (const [, name] of node['Fn::Sub'].matchAll(/\$\{([^!}][^}]*)\}/g)) add(name, at);
    for (const name of [node.DependsOn].flat()) if (name) add(name, at);
  }
  return found;
}

export const isIntrinsic = (value) =>
  value !== null && typeof value === 'object' && Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'));

const database = loadAwsServiceSpecSync();

export const resourceType = (name) => database.lookup('resource', 'cloudFormationType', 'equals', name).at(0);

// What is wrong with the properties of a resource, or of a part of one, in lines.
export function propertyFaults(type, properties, at) {
  const faults = [];
  for (const [name, value] of Object.entries(properties ?? {})) {
    const known = type.properties[name];
    if (!known) faults.push(`${at}/${name} is unknown`);
    else faults.push(...valueFaults(known.type, value, `${at}/${name}`));
  }
  for (const [name, {required}] of Object.entries(type.properties))
    if (required && properties?.[name] === undefined) faults.push(`${at}/${name} is missing`);
  return faults;
}

function valueFaults(type, value, at) {
  if (isIntrinsic(value)) return [];
  if (type.type === 'array') {
    if (!Array.isArray(value)) return [`${at} is no list`];
    return value.flatMap((one, i) => valueFaults(type.element, one, `${at}/${i}`));
  }
  if (type.type === 'ref') return propertyFaults(database.get('typeDefinition', type.reference), value, at);
  if (type.type === 'string' && typeof value === 'object') return [`${at} is no text`];
  return [];
}
