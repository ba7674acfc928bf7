// Templates read by aws-cdk-lib's CfnInclude and written again have to be what they were: the same resources, properties,
// conditions, parameters and outputs. CfnInclude makes each resource an object of its type's class: a value of the wrong kind and
// a reference to nothing are refused, and CDK's own rules refuse a type or a property that is none.
//
// Usage: node cdk_include.mjs MODULES TEMPLATE...   MODULES is the folder that holds node_modules
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const [modules, ...files] = process.argv.slice(2);
const require = createRequire(resolve(modules, 'package.json'));
const { App, DefaultStackSynthesizer, Stack, Validations } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');

/** The template as CDK writes it. */
function again(file) {
  const app = new App({ analyticsReporting: false, context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false });
  const stack = new Stack(app, 'Stack', { synthesizer });
  // cfn-lint's rule about zones by name, which the templates answer themselves.
  const reason = "a tenant's addresses are tied to the zones for life";
  Validations.of(stack).acknowledge({ id: 'CloudFormation-Validate::W3010', reason });
  new CfnInclude(stack, 'Template', { templateFile: file });
  return app.synth().getStackByName('Stack').template;
}

/** What says the same in one way: dependencies are a list, Fn::GetAtt has one, and tags stand by their key, as CDK sorts them. */
function normal(value) {
  if (Array.isArray(value)) return value.map(normal);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([name, each]) => {
    if (name === 'DependsOn') return [name, [each].flat().sort()];
    if (name === 'Fn::GetAtt' && typeof each === 'string') return [name, each.split(/\.(.*)/s).slice(0, 2)];
    if (name === 'Tags' && Array.isArray(each)) return [name, [...each].sort((a, b) => (a.Key < b.Key ? -1 : 1))];
    return [name, normal(each)];
  });
  return Object.fromEntries(entries.filter(([name, each]) => name !== 'DependsOn' || each.length > 0));
}

/** The places in which two values differ. */
function differences(before, after, place) {
  if (isDeepStrictEqual(before, after)) return [];
  const walks = [before, after].every((each) => each !== null && typeof each === 'object' && !Array.isArray(each));
  if (!walks) return [`${place}: ${JSON.stringify(before)?.slice(0, 200)} became ${JSON.stringify(after)?.slice(0, 200)}`];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => differences(before[name], after[name], `${place}/${name}`));
}

/** The differences of a template, or the refusal to read it. */
function examined(file) {
  const before = normal(JSON.parse(readFileSync(file, 'utf8')));
  let after;
  try {
    after = normal(again(file));
  } catch (error) {
    return [`refused: ${error.message}`];
  }
  const sections = ['Description', 'Parameters', 'Mappings', 'Conditions', 'Resources', 'Outputs'];
  return sections.flatMap((section) => differences(before[section], after[section], `/${section}`));
}

/** Templates with a fault each; each has to be noticed. */
function planted() {
  const folder = mkdtempSync(join(tmpdir(), 'planted-'));
  const vpc = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } };
  const faults = {
    'a reference to nothing': { Subnet: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Nothing' } } } },
    'a type that is none': { Vpc: { ...vpc, Type: 'AWS::EC2::Vpcs' } },
    'a dependency on nothing': { Vpc: { ...vpc, DependsOn: ['Nothing'] } },
    'a text for a flag': { Vpc: { ...vpc, Properties: { ...vpc.Properties, EnableDnsSupport: 'perhaps' } } },
    'an unknown property': { Vpc: { ...vpc, Properties: { ...vpc.Properties, Colour: 'red' } } },
    'a map for a list': { Vpc: { ...vpc, Properties: { ...vpc.Properties, Tags: { tenant_id: 'a' } } } },
  };
  const unseen = Object.entries(faults).filter(([fault, Resources]) => {
    const file = join(folder, `${fault.replaceAll(' ', '-')}.json`);
    writeFileSync(file, JSON.stringify({ Resources }));
    return examined(file).length === 0;
  });
  rmSync(folder, { recursive: true });
  return [Object.keys(faults).length, unseen.map(([fault]) => `a planted fault was not noticed: ${fault}`)];
}

const [faults, unseen] = planted();
const found = [...unseen, ...files.flatMap((file) => examined(file).map((each) => `${file}: ${each}`))];
found.forEach((each) => console.log(`CfnInclude: ${each}`));
const resources = files.map((file) => Object.keys(JSON.parse(readFileSync(file, 'utf8')).Resources).length);
const total = resources.reduce((sum, each) => sum + each, 0);
console.log(`CfnInclude: ${files.length} templates, ${total} resources: ${found.length} findings; ${faults} planted faults`);
process.exitCode = found.length || !files.length ? 1 : 0;
