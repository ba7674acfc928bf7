import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { environmentOf } from './api-harness.mjs';

const GOOD = environmentOf('tenant-001', 'prod');
const SUBNETS = GOOD.TENANT_SUBNET;

const REFUSALS = [
  ['no tenant', { TENANT_ID: undefined }, 'TENANT_ID'],
  ['an empty tenant', { TENANT_ID: '' }, 'TENANT_ID'],
  ['a tenant without its prefix', { TENANT_ID: '001' }, 'TENANT_ID'],
  ['a tenant in upper case', { TENANT_ID: 'tenant-ABC' }, 'TENANT_ID'],
  ['a tenant that ends in a hyphen', { TENANT_ID: 'tenant-001-' }, 'TENANT_ID'],
  ['a tenant with a line end', { TENANT_ID: 'tenant-001\n' }, 'TENANT_ID'],
  ['a tenant with a slash', { TENANT_ID: 'tenant-001/users' }, 'TENANT_ID'],
  ['no subnets', { TENANT_SUBNET: undefined }, 'TENANT_SUBNET'],
  ['one subnet', { TENANT_SUBNET: SUBNETS.split(',')[0] }, 'TENANT_SUBNET'],
  ['three subnets', { TENANT_SUBNET: `${SUBNETS},subnet-0123456789abcdef2` }, 'TENANT_SUBNET'],
  ['one subnet twice', { TENANT_SUBNET: 'subnet-01234567,subnet-01234567' }, 'TENANT_SUBNET'],
  ['what is no subnet', { TENANT_SUBNET: 'vpc-01234567,subnet-01234567' }, 'TENANT_SUBNET'],
  ['no users table', { USERS_TABLE: undefined }, 'USERS_TABLE'],
  ["another tenant's users table", { USERS_TABLE: 'tenant-002-users-prod' }, 'USERS_TABLE'],
  ['the data table for users', { USERS_TABLE: 'tenant-001-data-prod' }, 'USERS_TABLE'],
  ['a users table without a suffix', { USERS_TABLE: 'tenant-001-users-' }, 'USERS_TABLE'],
  ['a suffix in upper case', { USERS_TABLE: 'tenant-001-users-Prod' }, 'USERS_TABLE'],
  ["a longer tenant's table", { USERS_TABLE: 'tenant-0010-users-prod' }, 'USERS_TABLE'],
  ['no data table', { DATA_TABLE: undefined }, 'DATA_TABLE'],
  ["another tenant's data table", { DATA_TABLE: 'tenant-002-data-prod' }, 'DATA_TABLE'],
  ['tables of two platforms', { DATA_TABLE: 'tenant-001-data-test' }, 'DATA_TABLE'],
];

for (const [what, change, variable] of REFUSALS) {
  test(`a function with ${what} refuses to start and names ${variable}`, async () => {
    const start = () => load({ ...GOOD, ...change });
    await assert.rejects(start, (error) => {
      assert.match(error.message, new RegExp(`^${variable} .*: the function refuses to start$`));
      return true;
    });
  });
}

test('a function with a right environment starts', async () => {
  const { handler } = await load(GOOD);
  assert.equal(typeof handler, 'function');
});

test('the API imports the AWS SDK, Node and its own files only', async () => {
  const folder = new URL('../api/', import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.mjs'));
  assert.ok(files.includes('index.mjs'));
  for (const file of files) {
    const text = await readFile(new URL(file, folder), 'utf8');
    const imports = [...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'/gms)];
    for (const [, from] of imports) {
      assert.match(from, /^(@aws-sdk\/[a-z-]+|node:[a-z_/]+|\.\/[a-z-]+\.mjs)$/, file);
    }
    const uses = text.match(/\bfrom '|\bimport\(|\brequire\(|^import '/gm) ?? [];
    assert.equal(uses.length, imports.length, `${file} imports in a way that this test cannot read`);
  }
});

let loads = 0;
function load(environment) {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) {
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
  loads += 1;
  return import(`../api/index.mjs?load=${loads}`);
}
