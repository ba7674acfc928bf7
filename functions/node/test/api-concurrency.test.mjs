import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiOfTests, caller, logged } from './api-harness.mjs';

const RIVALS = 50;
const { api, call } = apiOfTests();

async function together(request, options) {
  const { result } = await logged(() =>
    Promise.all(
      Array.from({ length: RIVALS }, (_, i) => caller(api.handler)(request, options(i))),
    ),
  );
  const statuses = {};
  for (const { status } of result) {
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return { answers: result, statuses };
}

async function usersWith(email) {
  const users = [];
  let next = '';
  do {
    const { body } = await call(`GET /users?limit=100${next}`);
    users.push(...body.items);
    next = body.nextCursor && `&cursor=${body.nextCursor}`;
  } while (next);
  return users.filter((user) => user.email.toLowerCase() === email);
}

test('50 creations of one e-mail address at once make one user', async () => {
  const { statuses } = await together('POST /users', (i) => ({
    body: { email: i % 2 ? 'one@example.org' : 'ONE@example.org' },
  }));
  assert.deepEqual(statuses, { 201: 1, 409: RIVALS - 1 });
  assert.equal((await usersWith('one@example.org')).length, 1);
});

test('50 creations with one Idempotency-Key at once make one user and get one answer', async () => {
  const { answers, statuses } = await together('POST /users', () => ({
    body: { email: 'key@example.org' },
    headers: { 'Idempotency-Key': 'one' },
  }));
  assert.deepEqual(statuses, { 201: RIVALS });
  assert.equal(new Set(answers.map(({ body }) => JSON.stringify(body))).size, 1);
  const replayed = answers.filter(({ headers }) => headers['Idempotency-Replayed'] === 'true');
  assert.equal(replayed.length, RIVALS - 1);
  assert.equal((await usersWith('key@example.org')).length, 1);
});

test('of 50 updates of one version of a user at once one wins', async () => {
  const { body } = await call('POST /users', { body: { email: 'race@example.org' } });
  const path = `/users/${body.userId}`;
  const { answers, statuses } = await together(`PATCH ${path}`, (i) => ({
    body: { name: `Rival ${i}` },
    headers: { 'If-Match': '"1"' },
  }));
  assert.deepEqual(statuses, { 200: 1, 412: RIVALS - 1 });
  const winner = answers.find(({ status }) => status === 200);
  assert.deepEqual((await call(`GET ${path}`)).body, winner.body);
});

test('of 50 users that take one e-mail address at once one gets it', async () => {
  const { answers } = await together('POST /users', (i) => ({ body: { email: `t${i}@e.org` } }));
  const { result } = await logged(() =>
    Promise.all(
      answers.map(({ body }) =>
        caller(api.handler)(`PATCH /users/${body.userId}`, {
          body: { email: 'taken@e.org' },
          headers: { 'If-Match': '*' },
        }),
      ),
    ),
  );
  assert.equal(result.filter(({ status }) => status === 200).length, 1);
  assert.equal(result.filter(({ status }) => status === 409).length, RIVALS - 1);
  assert.equal((await usersWith('taken@e.org')).length, 1);
});

test('of 50 puts where nothing is at once one creates', async () => {
  const { statuses } = await together('PUT /data/race/new', (i) => ({
    body: { value: i },
    headers: { 'If-None-Match': '*' },
  }));
  assert.deepEqual(statuses, { 201: 1, 412: RIVALS - 1 });
});

test('of 50 puts over one tag at once one wins', async () => {
  const { headers } = await call('PUT /data/race/old', { body: { value: 'old' } });
  const { statuses } = await together('PUT /data/race/old', (i) => ({
    body: { value: i },
    headers: { 'If-Match': headers.ETag },
  }));
  assert.deepEqual(statuses, { 200: 1, 412: RIVALS - 1 });
  assert.equal((await call('GET /data/race/old')).body.version, 2);
});

test('of 50 deletions at once one finds the user', async () => {
  const { body } = await call('POST /users', { body: { email: 'leave@example.org' } });
  const { statuses } = await together(`DELETE /users/${body.userId}`, () => ({}));
  assert.deepEqual(statuses, { 204: 1, 404: RIVALS - 1 });
});

test('a POST sent again 50 times while its user is deleted makes no second user', async () => {
  const again = {
    body: { email: 'leaving@example.org' },
    headers: { 'Idempotency-Key': 'leaving' },
  };
  const { body: user } = await call('POST /users', again);
  const { result } = await logged(() =>
    Promise.all(
      Array.from({ length: RIVALS }, (_, i) =>
        i === 5
          ? caller(api.handler)(`DELETE /users/${user.userId}`)
          : caller(api.handler)('POST /users', again),
      ),
    ),
  );
  const replays = result.filter((_, i) => i !== 5);
  assert.equal(result[5].status, 204);
  for (const { status, body } of replays) {
    assert.ok(status === 409 || (status === 201 && body.userId === user.userId), String(status));
  }
  assert.equal((await call('POST /users', again)).status, 409);
  assert.deepEqual(await usersWith('leaving@example.org'), []);
});
