import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { readEnvironment } from '../authorizer/environment.mjs';
import { CLIENT_ID, ISSUER, USER_POOL_ID } from './tokens.mjs';

const FOLDER = new URL('../authorizer/', import.meta.url);
const GOOD = { USER_POOL_ID, USER_POOL_CLIENT_ID: CLIENT_ID };

test('keys come from the pool itself', () => {
  assert.deepEqual(readEnvironment(GOOD), {
    issuer: ISSUER,
    clientId: CLIENT_ID,
    jwksUri: `${ISSUER}/.well-known/jwks.json`,
  });
});

for (const JWKS_URI of ['http://127.0.0.1:4566/p/k', 'http://localhost/k', 'http://[::1]:1/k']) {
  test(`keys may come from ${JWKS_URI}`, () => {
    assert.equal(readEnvironment({ ...GOOD, JWKS_URI }).jwksUri, JWKS_URI);
  });
}

for (const [name, changes] of [
  ['USER_POOL_ID', { USER_POOL_ID: undefined }],
  ['USER_POOL_ID', { USER_POOL_ID: '' }],
  ['USER_POOL_ID', { USER_POOL_ID: 'us-east-1' }],
  ['USER_POOL_ID', { USER_POOL_ID: 'us-east-1_Test12345/../x' }],
  ['USER_POOL_ID', { USER_POOL_ID: 'evil.example/_Test12345' }],
  ['USER_POOL_ID', { USER_POOL_ID: 'us-east-1_Test12345\n' }],
  ['USER_POOL_CLIENT_ID', { USER_POOL_CLIENT_ID: undefined }],
  ['USER_POOL_CLIENT_ID', { USER_POOL_CLIENT_ID: '' }],
  ['USER_POOL_CLIENT_ID', { USER_POOL_CLIENT_ID: 'a b' }],
  ['JWKS_URI', { JWKS_URI: '' }],
  ['JWKS_URI', { JWKS_URI: '/keys' }],
  ['JWKS_URI', { JWKS_URI: 'https://127.0.0.1/keys' }],
  ['JWKS_URI', { JWKS_URI: 'http://example.com/keys' }],
  ['JWKS_URI', { JWKS_URI: 'http://127.0.0.1.example.com/keys' }],
  ['JWKS_URI', { JWKS_URI: 'http://127.0.0.1@example.com/keys' }],
  ['JWKS_URI', { JWKS_URI: 'http://user@127.0.0.1/keys' }],
  ['JWKS_URI', { JWKS_URI: 'http://127.0.0.2/keys' }],
  ['JWKS_URI', { JWKS_URI: 'file:///keys' }],
  ['TENANT_METHODS', { TENANT_METHODS: '' }],
  ['TENANT_METHODS', { TENANT_METHODS: '*' }],
  ['TENANT_METHODS', { TENANT_METHODS: 'GET,*' }],
  ['TENANT_METHODS', { TENANT_METHODS: 'get' }],
  ['TENANT_METHODS', { TENANT_METHODS: 'GET, POST' }],
]) {
  const values = JSON.stringify({ [name]: null, ...changes });
  test(`the function does not start with ${values}`, async () => {
    const env = { USER_POOL_ID, USER_POOL_CLIENT_ID: CLIENT_ID, ...changes };
    await assert.rejects(start(env), new RegExp(`^Error: ${name} must|^Error: ${name} is for`));
    assert.equal(typeof (await start(GOOD)).handler, 'function');
  });
}

let starts = 0;

/** Loads the function anew in an environment. */
async function start(env) {
  const names = ['USER_POOL_ID', 'USER_POOL_CLIENT_ID', 'JWKS_URI', 'TENANT_METHODS'];
  const before = names.map((name) => [name, process.env[name]]);
  try {
    setAll(names.map((name) => [name, env[name]]));
    starts += 1;
    return await import(`../authorizer/index.mjs?start=${starts}`);
  } finally {
    setAll(before);
  }
}

function setAll(entries) {
  for (const [name, value] of entries) {
    if (value === undefined) {
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
}

test('the function imports its own files, Node.js and aws-jwt-verify, and nothing else', () => {
  const imports = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.mjs'))
    .flatMap((name) => {
      const text = readFileSync(new URL(name, FOLDER), 'utf8');
      return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, source]) => source);
    });
  const foreign = imports.filter((name) => !/^(\.\/[a-z-]+\.mjs|node:[a-z/]+)$/.test(name));
  assert.deepEqual([...new Set(foreign)].sort(), [
    'aws-jwt-verify/cognito-verifier',
    'aws-jwt-verify/error',
    'aws-jwt-verify/jwk',
    'aws-jwt-verify/jwt-verifier',
  ]);
});

test('the lock has one package, pinned, and says no registry', () => {
  const read = (name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
  const lock = read('package-lock.json');
  assert.deepEqual(Object.keys(lock.packages), ['', 'node_modules/aws-jwt-verify']);
  assert.deepEqual(read('package.json').dependencies, {
    'aws-jwt-verify': lock.packages['node_modules/aws-jwt-verify'].version,
  });
  assert.match(lock.packages['node_modules/aws-jwt-verify'].integrity, /^sha512-/);
  assert.equal(JSON.stringify(lock).includes('resolved'), false);
});
