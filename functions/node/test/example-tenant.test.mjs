// The tenant check that the example of an application carries, for services of the user's.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { forTenant } from '../../../examples/orders/services/orders/tenant.mjs';
import { recordLog } from './recorded-log.mjs';

const env = { TENANT_ID: 'tenant-acme' };
const path = '/tenants/tenant-acme/orders/1';

function event(changes = {}, context = {}) {
  return {
    resource: '/tenants/tenant-acme/orders/{orderId}',
    path,
    httpMethod: 'GET',
    requestContext: {
      resourcePath: '/tenants/tenant-acme/orders/{orderId}',
      path: `/demo${path}`,
      stage: 'demo',
      authorizer: { tenantId: 'tenant-acme' },
      ...context,
    },
    ...changes,
  };
}

const handler = forTenant(async (_, tenantId) => ({ status: 200, body: { tenantId } }), env);

test('a request of the function’s own tenant gets to the handler, which is told the tenant', async () => {
  const { answer, log } = await recordLog(() => handler(event()));
  assert.deepEqual([answer.statusCode, answer.body], [200, '{"tenantId":"tenant-acme"}']);
  assert.equal(log, '');
});

const other = '/tenants/tenant-blue/orders/1';
for (const [name, changes, context] of [
  ['another tenant’s token', {}, { authorizer: { tenantId: 'tenant-blue' } }],
  ['no authorizer', {}, { authorizer: undefined }],
  ['a list of tenants', {}, { authorizer: { tenantId: ['tenant-acme'] } }],
  ['another tenant’s path', { path: other }],
  ['another tenant’s path behind the stage', {}, { path: `/demo${other}` }],
  ['another tenant’s resource', { resource: '/tenants/tenant-blue/orders/{orderId}' }],
  ['another tenant’s resource path', {}, { resourcePath: '/tenants/tenant-blue/orders/{orderId}' }],
  ['a longer tenant’s path', { path: '/tenants/tenant-acme-eu/orders/1' }],
  ['a path that leads out', { path: '/tenants/tenant-acme/../tenant-blue/orders' }],
  ['a path that leads out encoded', { path: '/tenants/tenant-acme/%2e%2e/tenant-blue/orders' }],
  ['a path that leads out encoded twice', { path: '/tenants/tenant-acme/%252e%252e%252ftenant-blue/orders' }],
  ['a path that leads out with backslashes', { path: '/tenants/tenant-acme/..\\tenant-blue/orders' }],
  ['a path that leads out with a parameter', { path: '/tenants/tenant-acme/..;a/tenant-blue/orders' }],
  ['a path that cannot be decoded', { path: '/tenants/tenant-acme/%zz' }],
  ['another stage in the path', {}, { stage: 'prod' }],
  ['no stage', {}, { stage: undefined }],
  ['no context', { requestContext: undefined }],
  ['no path', { path: undefined }],
]) {
  test(`${name}: 403, and a line that an alarm counts`, async () => {
    const { answer, log } = await recordLog(() => handler(event(changes, context)));
    assert.equal(answer.statusCode, 403);
    assert.equal(log, '{"level":"error","event":"isolation_violation","tenantId":"tenant-acme"}\n');
  });
}

test('what the handler throws is a 500 without a word of it, and a line that an alarm counts', async () => {
  const failing = forTenant(async () => {
    throw new TypeError('secret');
  }, env);
  const { answer, log } = await recordLog(() => failing(event()));
  assert.equal(answer.statusCode, 500);
  assert.ok(!`${answer.body}${log}`.includes('secret'));
  assert.match(log, /"event":"unexpected_error","tenantId":"tenant-acme","error":"TypeError"/);
});

test('a function without a tenant does not start', () => {
  for (const TENANT_ID of [undefined, '', 'acme', 'tenant-', 'tenant-A', 'tenant-*']) {
    assert.throws(() => forTenant(async () => ({ status: 200 }), { TENANT_ID }), /TENANT_ID/);
  }
});
