import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiOfTests, caller, event, logged } from './api-harness.mjs';
import { decodeCursor, encodeCursor } from '../api/cursor.mjs';

const KEY = /^[a-z]+$/;
const { api, call } = apiOfTests();

test('paging through 250 users sees each of them once', async () => {
  const made = new Set();
  for (let batch = 0; batch < 10; batch += 1) {
    const posts = Array.from({ length: 25 }, (_, i) =>
      caller(api.handler)('POST /users', { body: { email: `p${batch}-${i}@example.org` } }),
    );
    const { result } = await logged(() => Promise.all(posts));
    result.forEach(({ body }) => made.add(body.userId));
  }
  assert.equal(made.size, 250);
  const seen = [];
  const sizes = [];
  let next = '';
  do {
    const { status, body } = await call(`GET /users?limit=99${next}`);
    assert.equal(status, 200);
    seen.push(...body.items.map(({ userId }) => userId));
    sizes.push(body.items.length);
    next = body.nextCursor === undefined ? undefined : `&cursor=${body.nextCursor}`;
  } while (next !== undefined);
  assert.deepEqual(sizes, [99, 99, 52]);
  assert.equal(seen.length, 250);
  assert.deepEqual(new Set(seen), made);
});

test('a page has 50 users when nothing is asked', async () => {
  assert.equal((await call('GET /users')).body.items.length, 50);
});

test('a listing has users alone, not what keeps them unique', async () => {
  const { body } = await call('GET /users?limit=100');
  const fields = new Set(body.items.flatMap((item) => Object.keys(item)));
  assert.deepEqual([...fields].sort(), ['createdAt', 'email', 'updatedAt', 'userId', 'version']);
});

test('an empty collection has one page without items', async () => {
  const { status, body } = await call('GET /data/nothing');
  assert.deepEqual([status, body], [200, { items: [] }]);
});

for (const limit of ['0', '101', '-1', '1.5', '1e1', '01', ' 1', '', 'x', '٣']) {
  test(`limit=${limit} is refused`, async () => {
    const sent = event('GET /users');
    sent.multiValueQueryStringParameters = { limit: [limit] };
    assert.equal((await call(sent)).status, 400);
  });
}
for (const limit of [1, 9, 10, 99, 100]) {
  test(`limit=${limit} gives as many`, async () => {
    assert.equal((await call(`GET /users?limit=${limit}`)).body.items.length, limit);
  });
}
test('a query name that is there twice is refused', async () => {
  assert.equal((await call('GET /users?limit=1&limit=2')).status, 400);
});

const GOOD = encodeCursor('tenant-001', 'data/notes', 'abc');
test('a cursor gives back what it was made of', () => {
  assert.equal(decodeCursor('tenant-001', 'data/notes', GOOD, KEY), 'abc');
});

const flipped = (at) => {
  const bytes = Buffer.from(GOOD, 'base64url');
  bytes[at] ^= 1;
  return bytes.toString('base64url');
};
const BAD = [
  ['of another tenant', encodeCursor('tenant-002', 'data/notes', 'abc')],
  ['of a tenant whose id is longer', encodeCursor('tenant-0010', 'data/notes', 'abc')],
  ['of another collection', encodeCursor('tenant-001', 'data/other', 'abc')],
  ['of the users', encodeCursor('tenant-001', 'users', 'abc')],
  ['whose key is of another form', encodeCursor('tenant-001', 'data/notes', 'ABC')],
  ['whose key is empty', encodeCursor('tenant-001', 'data/notes', '')],
  ['with another first bit', flipped(0)],
  ['with another last bit', flipped(18)],
  ['cut short', GOOD.slice(0, -1)],
  ['with more behind', `${GOOD}A`],
  ['with padding', `${GOOD}=`],
  ['with a space', `${GOOD} `],
  ['that is empty', ''],
  ['that is very long', 'A'.repeat(100_000)],
];
for (const [what, cursor] of BAD) {
  test(`a cursor ${what} is refused`, () => {
    const decode = () => decodeCursor('tenant-001', 'data/notes', cursor, KEY);
    assert.throws(decode, { status: 400 });
  });
}

test("a cursor of another collection's listing is refused by the API", async () => {
  for (const key of ['a', 'b']) {
    await call(`PUT /data/one/${key}`, { body: { value: 1 } });
  }
  const { body } = await call('GET /data/one?limit=1');
  const next = `limit=1&cursor=${body.nextCursor}`;
  assert.deepEqual((await call(`GET /data/one?${next}`)).body.items[0].key, 'b');
  assert.equal((await call(`GET /data/two?${next}`)).status, 400);
  assert.equal((await call(`GET /users?${next}`)).status, 400);
});
