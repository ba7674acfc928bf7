import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { caller, event, logged, STAGE, startApi } from './api-harness.mjs';

const OWN = '/tenants/tenant-001';
const OTHER = '/tenants/tenant-002';
let api;
before(async () => {
  api = await startApi();
});
after(() => api.stop());

function changed(change, request = 'GET /users') {
  const sent = event(request);
  change(sent);
  return sent;
}

/** A path as it arrives, also where the stage is in front of it. */
function at(path, request) {
  return changed((sent) => {
    sent.path = path;
    sent.requestContext.path = `/${STAGE}${path}`;
  }, request);
}

const authorizer = (tenantId) => changed((sent) => (sent.requestContext.authorizer = { tenantId }));

const VIOLATIONS = [
  ["another tenant's token", authorizer('tenant-002'), 'tenant-002', 'tenant-001'],
  ['a token of a tenant whose id is longer', authorizer('tenant-0010'), 'tenant-0010'],
  ['a token of a tenant whose id is shorter', authorizer('tenant-00'), 'tenant-00'],
  ["a token of the tenant's id in upper case", authorizer('TENANT-001'), 'malformed'],
  ['a token with a space after the tenant', authorizer('tenant-001 '), 'malformed'],
  ['a token with a look-alike letter', authorizer('t\u0435nant-001'), 'malformed'],
  ['a token with look-alike digits', authorizer('tenant-\uff10\uff10\uff11'), 'malformed'],
  ['a token with a list of tenants', authorizer(['tenant-001']), 'malformed'],
  ['a token with no tenant', authorizer(undefined), 'none'],
  ['no authorizer', changed((sent) => delete sent.requestContext.authorizer), 'none'],
  ['no request context', changed((sent) => delete sent.requestContext), 'none'],
  ['no event', undefined, 'none', 'none'],
  ["another tenant's own request whole", event('GET /users', { tenant: 'tenant-002' }), 'tenant-002'],
  [
    "another tenant's path under its own resource",
    changed((sent) => (sent.path = `${OTHER}/users`)),
    'tenant-001',
    'tenant-002',
  ],
  [
    "another tenant's resource with its own path",
    changed((sent) => (sent.resource = `${OTHER}/users`)),
    'tenant-001',
    'tenant-002',
  ],
  [
    "another tenant's resource path in the context",
    changed((sent) => (sent.requestContext.resourcePath = `${OTHER}/users`)),
    'tenant-001',
    'tenant-002',
  ],
  [
    "another tenant's path in the context",
    changed((sent) => (sent.requestContext.path = `/${STAGE}${OTHER}/users`)),
    'tenant-001',
    'tenant-002',
  ],
  [
    'a context path of another stage',
    changed((sent) => (sent.requestContext.path = `/test${OWN}/users`)),
  ],
  [
    'an encoded letter in the context path alone',
    changed((sent) => (sent.requestContext.path = `/${STAGE}/tenants/%74enant-001/users`)),
  ],
  ['no path', changed((sent) => delete sent.path)],
  ['no resource', changed((sent) => delete sent.resource)],
  ['a tenant whose id begins with its own', at('/tenants/tenant-0010/users')],
  ['a tenant whose id its own begins with', at('/tenants/tenant-00/users')],
  ['encoded dots to another tenant', at(`${OWN}/users/%2e%2e/%2e%2e/tenant-002/users`)],
  ['encoded dots in upper case', at(`${OWN}/%2E%2E/tenant-002/users`)],
  ['doubly encoded dots', at(`${OWN}/%252e%252e/tenant-002/users`)],
  ['plain dots to another tenant', at(`${OWN}/../tenant-002/users`)],
  ['backslashes to another tenant', at(`${OWN}/..\\tenant-002\\users`)],
  ['encoded slashes to another tenant', at(`${OWN}%2f..%2ftenant-002/users`)],
  ['an encoded slash before the tenant', at('/tenants%2ftenant-001/users')],
  ['a double slash before the tenant', at('/tenants//tenant-001/users')],
  ['a double slash in front', at(`/${OWN}/users`)],
  ['a tenant in upper case', at('/tenants/TENANT-001/users')],
  ['another case of the word tenants', at('/Tenants/tenant-001/users')],
  ['a dot after the tenant', at('/tenants/tenant-001./users')],
  ['a space after the tenant', at('/tenants/tenant-001%20/users')],
  ['a null byte after the tenant', at('/tenants/tenant-001\0/users')],
  ['an encoded null byte after the tenant', at('/tenants/tenant-001%00/users')],
  ['an encoded letter in the tenant', at('/tenants/%74enant-001/users')],
  ['a look-alike letter in the tenant', at('/tenants/t\u0435nant-001/users')],
  ['a look-alike hyphen in the tenant', at('/tenants/tenant\u2010001/users')],
  ['broken encoding', at(`${OWN}/users/%zz`)],
  ['a parameter after the tenant', at('/tenants/tenant-001;x/users')],
  ['nothing below the tenant', at(OWN)],
  ['dots that leave what is below the tenant', event('GET /users/..')],
];

for (const [what, sent, authorizerTenant, pathTenant] of VIOLATIONS) {
  test(`a request with ${what} is refused, and logged once`, async () => {
    const { result, lines } = await logged(() => caller(api.handler)(sent));
    assert.equal(result.status, 403);
    assert.equal(result.headers['Content-Type'], 'application/problem+json');
    const requestId = sent?.requestContext?.requestId;
    const expected = { title: 'Forbidden', status: 403, ...(requestId && { requestId }) };
    assert.deepEqual(result.body, expected);

    const violations = lines.filter((line) => line.event === 'isolation_violation');
    assert.equal(violations.length, 1);
    assert.deepEqual(lines.map((line) => line.event).sort(), ['isolation_violation', 'request']);
    const [line] = violations;
    if (authorizerTenant !== undefined) {
      assert.equal(line.authorizerTenantId, authorizerTenant);
    }
    if (pathTenant !== undefined) {
      assert.equal(line.pathTenantId, pathTenant);
    }
    assert.deepEqual(
      { ...line, authorizerTenantId: '', pathTenantId: '' },
      {
        level: 'error',
        event: 'isolation_violation',
        ...(requestId && { requestId }),
        tenantId: 'tenant-001',
        authorizerTenantId: '',
        pathTenantId: '',
      },
    );
    for (const tenant of [line.authorizerTenantId, line.pathTenantId]) {
      assert.match(tenant, /^(none|malformed|tenant-[a-z0-9-]+)$/);
    }
  });
}

// These name no other tenant, to no reader: they are merely no path that there is.
const USER = 'GET /users/00000000-0000-4000-8000-000000000000';
const NOT_FOUND = [
  ['a trailing slash', at(`${OWN}/users/`)],
  ['a trailing dot', at(`${OWN}/users.`)],
  ['upper case below the tenant', at(`${OWN}/USERS`)],
  ['a double slash below the tenant', at(`${OWN}//users`)],
  ['an encoded letter below the tenant', at(`${OWN}/%75sers`)],
  ['a path that is not its resource', at(`${OWN}/data/notes`)],
  ['a parameter that is not in the path', at(`${OWN}/users/other`, USER)],
  ['encoded dots that stay with the tenant', at(`${OWN}/data/%2e%2e/users`)],
  ['a user id that is none', event('GET /users/somebody')],
  ['a user id in upper case', event('GET /users/00000000-0000-4000-8000-00000000000A')],
  ['a key of dots', event('GET /data/notes/..')],
  ['a key with an encoded slash', event('GET /data/notes/a%2fb')],
  ['a key with a null byte', event('GET /data/notes/a%00')],
  ['a key that is too long', event(`GET /data/notes/${'k'.repeat(256)}`)],
  ['a collection with a dot', event('GET /data/no.tes')],
  ['a resource that there is not', changed((sent) => (sent.resource = `${OWN}/admin`))],
  ['no path parameters', changed((sent) => (sent.pathParameters = null), USER)],
];

for (const [what, sent] of NOT_FOUND) {
  test(`a request with ${what} finds nothing and is no violation`, async () => {
    const { result, lines } = await logged(() => caller(api.handler)(sent));
    assert.equal(result.status, 404);
    assert.deepEqual(lines.map((line) => line.event), ['request']);
  });
}

for (const method of [undefined, null, 7, ['GET'], {}, { toString: 1 }, 'GET\0', ' GET']) {
  test(`a method that is ${JSON.stringify(method)} is answered 405`, async () => {
    const sent = changed((honest) => (honest.httpMethod = method));
    const { result, lines } = await logged(() => caller(api.handler)(sent));
    assert.equal(result.status, 405);
    assert.deepEqual(lines.map((line) => [line.event, line.method]), [['request', 'other']]);
  });
}

test('an access line says what was asked and never who or with what', async () => {
  const sent = event('POST /users?limit=7', {
    body: { email: 'secret@example.org', name: 'Secret' },
    headers: { Authorization: 'Bearer secret', 'Idempotency-Key': 'secret' },
  });
  const { lines } = await logged(() => api.handler(sent));
  const [{ durationMs, ...line }] = lines;
  assert.equal(lines.length, 1);
  assert.equal(typeof durationMs, 'number');
  assert.deepEqual(line, {
    level: 'info',
    event: 'request',
    requestId: sent.requestContext.requestId,
    tenantId: 'tenant-001',
    method: 'POST',
    resource: '/tenants/tenant-001/users',
    status: 400,
  });
});
