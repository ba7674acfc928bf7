// Templates read by aws-cdk-lib's CfnInclude and written again have to be what they were: the same resources, properties,
// conditions, parameters and outputs. CfnInclude makes each resource an object of its type's class, so a property that the type
// does not have is dropped or refused, and a reference to nothing is refused.
//
// Usage: node cdk_include.mjs MODULES TEMPLATE...   MODULES is the folder that holds node_modules
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { resolve } from 'node:path';

const [modules, ...files] = process.argv.slice(2);
const require = createRequire(resolve(modules, 'package.json'));
const { App, Stack, DefaultStackSynthesizer } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');

/** The template as CDK writes it. */
function again(file) {
  const app = new App({ analyticsReporting: false, context: { '@aws-cdk/core:cfnValidate': false } });
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false });
  const stack = new Stack(app, 'Stack', { synthesizer });
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

let found = 0;
let resources = 0;
for (const file of files) {
  const before = normal(JSON.parse(readFileSync(file, 'utf8')));
  const after = normal(again(file));
  for (const section of ['Description', 'Parameters', 'Mappings', 'Conditions', 'Resources', 'Outputs']) {
    for (const each of differences(before[section], after[section], `/${section}`)) {
      console.log(`CfnInclude: ${file}: ${each}`);
      found += 1;
    }
  }
  resources += Object.keys(before.Resources).length;
}
console.log(`CfnInclude: ${files.length} templates, ${resources} resources: ${found} differences`);
process.exitCode = found || !files.length ? 1 : 0;
