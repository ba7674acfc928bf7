import assert from 'node:assert/strict';
import { test } from 'node:test';

import { policyFor } from '../authorizer/policy.mjs';
import { METHOD_ARN, authorizerOfTests } from './authorizer.mjs';
import { claims, newRsaKey, publicJwk, signToken } from './tokens.mjs';

const pool = newRsaKey();
const of = (tenantId) =>
  signToken(pool.privateKey, 'pool', claims({ 'custom:tenant_id': tenantId }));
const authorizer = authorizerOfTests([publicJwk(pool.publicKey, 'pool')]);

const API = 'arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod';
const WHOLE = {
  principalId: '6f5f1b0e-2d0a-4a52-9d4e-0c3c6a4f7a11',
  policyDocument: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'execute-api:Invoke',
        Resource: [
          `${API}/GET/tenants/tenant-001/users`,
          `${API}/POST/tenants/tenant-001/users`,
          `${API}/GET/tenants/tenant-001/users/*`,
          `${API}/PATCH/tenants/tenant-001/users/*`,
          `${API}/DELETE/tenants/tenant-001/users/*`,
          `${API}/GET/tenants/tenant-001/data/*`,
          `${API}/GET/tenants/tenant-001/data/*/*`,
          `${API}/PUT/tenants/tenant-001/data/*/*`,
          `${API}/DELETE/tenants/tenant-001/data/*/*`,
        ],
      },
      {
        Effect: 'Deny',
        Action: 'execute-api:Invoke',
        Resource: [
          `${API}/GET/tenants/tenant-001/users/*/*`,
          `${API}/PATCH/tenants/tenant-001/users/*/*`,
          `${API}/DELETE/tenants/tenant-001/users/*/*`,
          `${API}/GET/tenants/tenant-001/data/*/*/*`,
          `${API}/PUT/tenants/tenant-001/data/*/*/*`,
          `${API}/DELETE/tenants/tenant-001/data/*/*/*`,
        ],
      },
    ],
  },
  context: { tenantId: 'tenant-001', sub: '6f5f1b0e-2d0a-4a52-9d4e-0c3c6a4f7a11' },
};

test('the answer names the tenant’s routes and nothing else', async () => {
  assert.deepEqual(await authorizer.accepts(of('tenant-001')), WHOLE);
});

test('the answer is the same whatever was asked for, also another tenant’s route', async () => {
  for (const path of [
    'DELETE/tenants/tenant-002/users/1',
    'GET/',
    'GET/tenants/tenant-001/users/../../tenant-002/users',
    'PUT/tenants/tenant-001/data/*/*',
  ]) {
    const methodArn = `${API}/${path}`;
    assert.deepEqual(await authorizer.accepts(of('tenant-001'), { methodArn }), WHOLE, path);
  }
});

test('the answer is for the partition, region, account, API and stage of the request', async () => {
  for (const api of [
    'arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:zzzzzzzzzz/a-b_C',
    'arn:aws-cn:execute-api:cn-north-1:210987654321:0/1',
  ]) {
    const methodArn = `${api}/GET/tenants/tenant-001/users`;
    const answer = await authorizer.accepts(of('tenant-001'), { methodArn });
    assert.deepEqual(answer, JSON.parse(JSON.stringify(WHOLE).replaceAll(API, api)));
  }
});

test('the longest tenant id gives a policy that API Gateway takes', async () => {
  const { policyDocument } = await authorizer.accepts(of(`tenant-${'a'.repeat(57)}`));
  assert.equal(JSON.stringify(policyDocument).length <= 8192, true);
});

for (const [name, methodArn] of [
  ['missing', undefined],
  ['a list', [METHOD_ARN]],
  ['empty', ''],
  ['of another service', METHOD_ARN.replace('execute-api', 'lambda')],
  ['with a star for its account', METHOD_ARN.replace('000000000000', '*')],
  ['with a short account', METHOD_ARN.replace('000000000000', '00000000000')],
  ['with a star for its API', METHOD_ARN.replace('a1b2c3d4e5', '*')],
  ['with a star for its stage', METHOD_ARN.replace('prod', '*')],
  ['with a policy variable for its stage', METHOD_ARN.replace('prod', '${a}')],
  ['with a star for its verb', METHOD_ARN.replace('GET', '*')],
  ['without a stage', METHOD_ARN.replace('/prod', '')],
  ['without a path', `${API}/GET`],
  ['without a region', METHOD_ARN.replace('us-east-1', '')],
  ['of another partition', METHOD_ARN.replace('arn:aws:', 'arn:other:')],
  ['with something in front', ` ${METHOD_ARN}`],
]) {
  test(`a request is refused whose method ARN is ${name}`, async () => {
    await authorizer.refuses(of('tenant-001'), 'method_arn_malformed', { methodArn });
    await authorizer.accepts(of('tenant-001'), { methodArn: METHOD_ARN });
  });
}

/** A second opinion, by the rules of IAM: `*` is any text, `?` any character, and Deny wins. */
function isAllowed({ Statement }, arn) {
  const effects = Statement.filter(({ Resource }) =>
    Resource.some((pattern) => matches(pattern, arn)),
  ).map(({ Effect }) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}

function matches(pattern, text, p = 0, t = 0) {
  if (p === pattern.length) {
    return t === text.length;
  }
  if (pattern[p] === '*') {
    const none = matches(pattern, text, p + 1, t);
    return none || (t < text.length && matches(pattern, text, p, t + 1));
  }
  const same = t < text.length && (pattern[p] === '?' || pattern[p] === text[t]);
  return same && matches(pattern, text, p + 1, t + 1);
}

const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', '*'];
const OWN = [
  ['users', ['GET', 'POST']],
  ['users/1', ['GET', 'PATCH', 'DELETE']],
  ['users/tenant-1', ['GET', 'PATCH', 'DELETE']],
  ['data/notes', ['GET']],
  ['data/notes/1', ['GET', 'PUT', 'DELETE']],
  ['data/tenants/tenant-10', ['GET', 'PUT', 'DELETE']],
  ['', []],
  ['data', []],
  ['admin', []],
  ['usersx', []],
  ['users/1/2', []],
  ['data/notes/1/2', []],
];

test('a tenant may call its routes, with their verbs, and nothing else of its own', async () => {
  const { policyDocument } = await authorizer.accepts(of('tenant-1'));
  for (const [path, allowed] of OWN) {
    for (const verb of VERBS) {
      const arn = `${API}/${verb}/tenants/tenant-1/${path}`;
      assert.equal(isAllowed(policyDocument, arn), allowed.includes(verb), arn);
    }
  }
});

const TENANTS = ['tenant-1', 'tenant-10', 'tenant-1-0', 'tenant-11', 'tenant-0', 'tenant-a'];

test('a kept policy never lets one tenant call another’s route', async () => {
  for (const tenant of TENANTS) {
    const { policyDocument } = await authorizer.accepts(of(tenant));
    assert.equal(isAllowed(policyDocument, `${API}/GET/tenants/${tenant}/users`), true);
    for (const other of TENANTS.filter((each) => each !== tenant)) {
      for (const [path] of OWN) {
        for (const verb of VERBS) {
          const arn = `${API}/${verb}/tenants/${other}/${path}`;
          assert.equal(isAllowed(policyDocument, arn), false, `${tenant}: ${arn}`);
        }
      }
    }
  }
});

test('a kept policy lets through no path that leads out of the tenant’s', async () => {
  const { policyDocument } = await authorizer.accepts(of('tenant-1'));
  for (const path of [
    'tenants/tenant-1/users/../../tenant-10/users',
    'tenants/tenant-1/users/../../tenant-10/users/1',
    'tenants/tenant-1/data/x/../../../tenant-10/users',
    'tenants/tenant-1/./users',
    'tenants/tenant-1//users',
    'tenants//tenant-1/users',
    '/tenants/tenant-1/users',
    'tenants/tenant-1/../tenant-10/users',
    'tenants/tenant-1%2f..%2ftenant-10/users',
    'tenants/tenant-1/%2e%2e/tenant-10/users',
    'tenants/tenant-10/../tenant-1/users',
    'tenants/TENANT-1/users',
    'Tenants/tenant-1/users',
    'tenants/tenant-1./users',
    'tenants/tenant-1 /users',
    'tenants/tenant-%31/users',
    'tenants/*/users',
    'tenants/tenant-?/users',
    'tenants/tenant-1*/users',
    'x/tenants/tenant-1/users',
  ]) {
    assert.equal(isAllowed(policyDocument, `${API}/GET/${path}`), false, path);
  }
});

test('a kept policy is for one API and stage', async () => {
  const { policyDocument } = await authorizer.accepts(of('tenant-001'));
  assert.equal(isAllowed(policyDocument, METHOD_ARN), true);
  for (const [part, other] of [
    ['arn:aws:', 'arn:aws-cn:'],
    ['us-east-1', 'us-east-2'],
    ['000000000000', '000000000001'],
    ['a1b2c3d4e5', 'a1b2c3d4e6'],
    ['/prod/', '/production/'],
    ['/prod/', '/test/'],
  ]) {
    const arn = METHOD_ARN.replace(part, other);
    assert.equal(isAllowed(policyDocument, arn), false, arn);
  }
});

test('for services of the user’s it names all below the tenant’s path, a statement for any number of routes', () => {
  assert.deepEqual(policyFor(API, 'tenant-001', ['GET', 'POST']), {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'execute-api:Invoke',
        Resource: [`${API}/GET/tenants/tenant-001/*`, `${API}/POST/tenants/tenant-001/*`],
      },
    ],
  });
});
