import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { caller, logged, startApi } from './api-harness.mjs';

let api;
let call;
before(async () => {
  api = await startApi();
  call = async (...args) => (await logged(() => caller(api.handler)(...args))).result;
});
after(() => api.stop());

let count = 0;
const address = () => `user${(count += 1)}@example.org`;
const make = async (fields) => call('POST /users', { body: { email: address(), ...fields } });
const keyed = (key, body) => call('POST /users', { body, headers: { 'Idempotency-Key': key } });
const NOBODY = '/users/00000000-0000-4000-8000-000000000000';

test('a created user is answered whole, with its address and its tag', async () => {
  const { status, headers, body } = await call('POST /users', {
    body: { email: 'Ada@Example.org', name: 'Ada Lovelace' },
  });
  assert.equal(status, 201);
  assert.match(body.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(body, {
    userId: body.userId,
    email: 'Ada@Example.org',
    name: 'Ada Lovelace',
    createdAt: body.createdAt,
    updatedAt: body.createdAt,
    version: 1,
  });
  assert.deepEqual(headers, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ETag: '"1"',
    Location: `users/${body.userId}`,
  });
  const read = await call(`GET /users/${body.userId}`);
  assert.deepEqual([read.status, read.headers.ETag, read.body], [200, '"1"', body]);
});

test('a user may have no name', async () => {
  const { status, body } = await make();
  assert.equal(status, 201);
  assert.ok(!('name' in body));
});

test('an e-mail address is taken whatever its case', async () => {
  await call('POST /users', { body: { email: 'taken@example.org' } });
  const { status, body } = await call('POST /users', { body: { email: 'TAKEN@example.ORG' } });
  assert.equal(status, 409);
  assert.equal(body.pointer, '/email');
  assert.ok(!JSON.stringify(body).includes('example'));
});

test('a changed e-mail address frees the old one and takes the new one', async () => {
  const { body: one } = await call('POST /users', { body: { email: 'old@example.org' } });
  const { body: two } = await call('POST /users', { body: { email: 'held@example.org' } });
  const patch = (user, email, tag) =>
    call(`PATCH /users/${user.userId}`, { body: { email }, headers: { 'If-Match': tag } });
  assert.equal((await patch(one, 'held@example.org', '"1"')).status, 409);
  const moved = await patch(one, 'new@example.org', '"1"');
  assert.deepEqual([moved.status, moved.body.version, moved.headers.ETag], [200, 2, '"2"']);
  assert.equal((await patch(two, 'NEW@example.org', '"1"')).status, 409);
  assert.equal((await patch(two, 'old@example.org', '"1"')).status, 200);
  assert.equal((await patch(two, 'OLD@example.org', '"2"')).status, 200);
});

test('a deleted user is gone and its e-mail address is free', async () => {
  const { body } = await call('POST /users', { body: { email: 'brief@example.org' } });
  const gone = await call(`DELETE /users/${body.userId}`, { headers: { 'If-Match': '"1"' } });
  assert.deepEqual([gone.status, gone.body], [204, undefined]);
  assert.equal((await call(`GET /users/${body.userId}`)).status, 404);
  assert.equal((await call(`DELETE /users/${body.userId}`)).status, 404);
  assert.equal((await call('POST /users', { body: { email: 'brief@example.org' } })).status, 201);
});

test('null takes a name away and nothing else', async () => {
  const { body: old } = await make({ name: 'Old' });
  const { status, body } = await call(`PATCH /users/${old.userId}`, {
    body: { name: null },
    headers: { 'If-Match': '*', 'Content-Type': 'application/merge-patch+json' },
  });
  assert.equal(status, 200);
  const { name, ...rest } = old;
  assert.deepEqual(body, { ...rest, updatedAt: body.updatedAt, version: 2 });
});

const CONDITIONS = [
  ['PATCH', undefined, 428],
  ['PATCH', '"2"', 412],
  ['PATCH', 'W/"1"', 412],
  ['PATCH', '1', 400],
  ['PATCH', '"1', 400],
  ['PATCH', '*, "1"', 400],
  ['PATCH', '', 400],
  ['PATCH', '"1"', 200],
  ['PATCH', '"a,b", , "1"', 200],
  ['PATCH', '*', 200],
  ['DELETE', '"2"', 412],
  ['DELETE', undefined, 204],
  ['DELETE', '"0", "1"', 204],
  ['GET', '"2"', 412],
  ['GET', '"1"', 200],
];
for (const [method, tag, expected] of CONDITIONS) {
  test(`${method} of a user with If-Match ${tag ?? 'absent'} answers ${expected}`, async () => {
    const { body } = await make();
    const { status } = await call(`${method} /users/${body.userId}`, {
      headers: tag === undefined ? {} : { 'if-match': tag },
      body: method === 'PATCH' ? { name: 'New' } : undefined,
    });
    assert.equal(status, expected);
    const now = await call(`GET /users/${body.userId}`);
    const kept = expected >= 400 || method === 'GET';
    assert.equal(now.status === 200 && now.body.version === 1, kept);
  });
}

for (const [tag, expected] of [['"1"', 304], ['W/"1"', 304], ['*', 304], ['"2"', 200]]) {
  test(`GET of a user with If-None-Match ${tag} answers ${expected}`, async () => {
    const { body } = await make();
    const headers = { 'If-None-Match': tag };
    const answer = await call(`GET /users/${body.userId}`, { headers });
    assert.deepEqual([answer.status, answer.headers.ETag], [expected, '"1"']);
  });
}

for (const [method, body] of [['GET'], ['PATCH', { name: 'x' }], ['DELETE']]) {
  test(`${method} of a user that there is not answers 404`, async () => {
    const answer = await call(`${method} ${NOBODY}`, { body, headers: { 'If-Match': '*' } });
    assert.equal(answer.status, 404);
  });
}

const METHODS = [
  ['/users', 'PUT', 'GET, POST'],
  ['/users', 'DELETE', 'GET, POST'],
  [NOBODY, 'POST', 'GET, PATCH, DELETE'],
  ['/users', 'constructor', 'GET, POST'],
  ['/users', 'get', 'GET, POST'],
  ['/data/notes', 'POST', 'GET'],
  ['/data/notes/a', 'PATCH', 'GET, PUT, DELETE'],
];
for (const [path, method, allow] of METHODS) {
  test(`${method} ${path} is not allowed and the answer says what is`, async () => {
    const { status, headers } = await call(`${method} ${path}`);
    assert.deepEqual([status, headers.Allow], [405, allow]);
  });
}

test('a POST sent again with its key gets the same answer and makes nothing', async () => {
  const body = { email: 'again@example.org', name: 'Again' };
  const first = await keyed('key-1', body);
  const second = await keyed('key-1', body);
  assert.equal(first.status, 201);
  assert.ok(!('Idempotency-Replayed' in first.headers));
  const { 'Idempotency-Replayed': replayed, ...headers } = second.headers;
  assert.equal(replayed, 'true');
  assert.deepEqual({ ...second, headers }, first);
});

test('a POST sent again gets the first answer also when the user has changed or gone', async () => {
  const body = { email: 'went@example.org' };
  const first = await keyed('key-2', body);
  await call(`DELETE /users/${first.body.userId}`);
  const second = await keyed('key-2', body);
  assert.deepEqual(second.body, first.body);
  assert.equal((await call(`GET /users/${first.body.userId}`)).status, 404);
});

for (const [what, change] of [
  ['another address', { email: 'two@example.org' }],
  ['another name', { name: 'Two' }],
  ['no name', { name: undefined }],
]) {
  test(`a key that comes again with ${what} is refused`, async () => {
    const body = { email: address(), name: 'One' };
    const key = what.replaceAll(' ', '-');
    assert.equal((await keyed(key, body)).status, 201);
    assert.equal((await keyed(key, { ...body, ...change })).status, 422);
  });
}

test('a request that failed leaves its key free', async () => {
  await call('POST /users', { body: { email: 'full@example.org' } });
  assert.equal((await keyed('key-3', { email: 'full@example.org' })).status, 409);
  assert.equal((await keyed('key-3', { email: 'free@example.org' })).status, 201);
});

test('a key that has expired is free though its record is still there', async () => {
  const sk = createHash('sha256').update('key-4').digest('hex');
  const record = { userId: 'x', createdAt: 'x', salt: 'x', fingerprint: 'x' };
  const Item = Object.fromEntries(
    Object.entries({ pk: 'IDEMPOTENCY', sk, ...record }).map(([name, S]) => [name, { S }]),
  );
  Item.expires_at = { N: String(Math.floor(Date.now() / 1000)) };
  await api.client.send(new PutItemCommand({ TableName: api.environment.USERS_TABLE, Item }));
  const { status, headers } = await keyed('key-4', { email: 'late@example.org' });
  assert.deepEqual([status, headers['Idempotency-Replayed']], [201, undefined]);

  await api.client.send(new PutItemCommand({ TableName: api.environment.USERS_TABLE, Item }));
  const taken = await keyed('key-4', { email: 'late@example.org' });
  assert.equal(taken.status, 409);
});

test('a record of a key expires after a day and holds nothing of the user', async () => {
  const before = Math.floor(Date.now() / 1000);
  await keyed('key-5', { email: 'private@example.org', name: 'Private' });
  const { Items } = await api.client.send(
    new ScanCommand({ TableName: api.environment.USERS_TABLE }),
  );
  const sk = createHash('sha256').update('key-5').digest('hex');
  const record = Items.find((item) => item.sk.S === sk);
  assert.ok(Number(record.expires_at.N) >= before + 24 * 60 * 60);
  assert.doesNotMatch(JSON.stringify(record), /private|key-5/i);
});

for (const key of ['', 'a b', 'é', 'k'.repeat(256)]) {
  test(`an Idempotency-Key of ${key.length} characters, ${key.slice(0, 5)}, is refused`, async () => {
    assert.equal((await keyed(key, { email: address() })).status, 400);
  });
}
