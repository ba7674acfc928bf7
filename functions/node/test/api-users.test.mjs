import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { apiOfTests } from './api-harness.mjs';

const { api, call } = apiOfTests();

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

test('a POST sent again gets the first answer also when the user has changed', async () => {
  const body = { email: 'moved@example.org', name: 'Before' };
  const first = await keyed('key-changed', body);
  const change = { body: { email: 'gone@example.org', name: null }, headers: { 'If-Match': '*' } };
  assert.equal((await call(`PATCH /users/${first.body.userId}`, change)).status, 200);
  const second = await keyed('key-changed', body);
  assert.deepEqual([second.status, second.body], [201, first.body]);
  assert.equal((await keyed('key-changed', { email: 'gone@example.org' })).status, 422);
});

test('a POST sent again whose user was deleted answers 409 and makes nothing', async () => {
  const body = { email: 'went@example.org' };
  const first = await keyed('key-2', body);
  await call(`DELETE /users/${first.body.userId}`);
  for (const again of [body, { email: 'other@example.org' }]) {
    const { status, headers, body: problem } = await keyed('key-2', again);
    assert.equal(status, 409);
    assert.equal(headers['Idempotency-Replayed'], undefined);
    assert.equal(problem.detail, 'the user that this Idempotency-Key made has been deleted');
    assert.equal(problem.pointer, undefined);
  }
  assert.equal((await call(`GET /users/${first.body.userId}`)).status, 404);
  // The address is free again, also for a request with another key.
  assert.equal((await keyed('key-2b', body)).status, 201);
  assert.equal((await keyed('key-2', body)).status, 409);
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
  const record = { userId: 'x', createdAt: 'x', digest: 'x' };
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

/** All that the table has, in text. */
async function stored() {
  const { Items } = await api.client.send(
    new ScanCommand({ TableName: api.environment.USERS_TABLE }),
  );
  return Items;
}

test('a record of a key expires after a day and holds nothing of the user', async () => {
  const before = Math.floor(Date.now() / 1000);
  const { body } = await keyed('key-5', { email: 'private@example.org', name: 'Private' });
  const sk = createHash('sha256').update('key-5').digest('hex');
  const record = (await stored()).find((item) => item.sk.S === sk);
  assert.ok(Number(record.expires_at.N) >= before + 24 * 60 * 60);
  assert.doesNotMatch(JSON.stringify(record), /private|key-5/i);
  assert.deepEqual(Object.keys(record).sort(), [
    'createdAt',
    'digest',
    'expires_at',
    'pk',
    'sk',
    'userId',
  ]);
  const shown = [body, (await call(`GET /users/${body.userId}`)).body];
  assert.doesNotMatch(JSON.stringify(shown), /secret/i);
});

test('of a deleted user nothing is left that a guess at the address can be tried on', async () => {
  const fields = { email: 'forget@example.org', name: 'Forget' };
  const { body } = await keyed('key-6', fields);
  const user = (await stored()).find((item) => item.sk.S === body.userId);
  const secret = user.replaySecret.S;
  assert.match(secret, /^[0-9a-f]{64}$/);
  await call(`DELETE /users/${body.userId}`);
  const left = (await stored()).filter((item) => JSON.stringify(item).includes(body.userId));
  assert.deepEqual(left.map((item) => item.pk.S), ['IDEMPOTENCY']);
  assert.doesNotMatch(JSON.stringify(await stored()), new RegExp(`forget@|${secret}`));
  // What is left, tried as what a digest can be made with: plain, and with every attribute as salt.
  const [record] = left;
  const guess = [fields.email, fields.name];
  for (const { S, N } of [{ S: '' }, ...Object.values(record)]) {
    const salt = S ?? N;
    for (const text of [JSON.stringify(guess), JSON.stringify([salt, ...guess])]) {
      const digests = [
        createHash('sha256').update(text).digest('hex'),
        createHash('sha256').update(salt + text).digest('hex'),
        createHmac('sha256', salt).update(text).digest('hex'),
        createHmac('sha256', Buffer.from(salt, 'hex')).update(text).digest('hex'),
      ];
      assert.ok(!digests.includes(record.digest.S));
    }
  }
});

test('the same user created twice leaves two digests that do not compare', async () => {
  const fields = { email: 'twin@example.org' };
  const digestOf = async (key) => {
    const { body } = await keyed(key, fields);
    await call(`DELETE /users/${body.userId}`);
    const sk = createHash('sha256').update(key).digest('hex');
    return (await stored()).find((item) => item.sk.S === sk).digest.S;
  };
  assert.notEqual(await digestOf('key-7'), await digestOf('key-8'));
});

for (const key of ['', 'a b', 'é', 'k'.repeat(256)]) {
  test(`an Idempotency-Key of ${key.length} characters, ${key.slice(0, 5)}, is refused`, async () => {
    assert.equal((await keyed(key, { email: address() })).status, 400);
  });
}

const NAMES = [
  ['a name with an apostrophe and a hyphen', 'Niamh O’Brien-Smith'],
  ['a Vietnamese name', 'Nguyễn Thị Ánh'],
  ['a name with combining marks', 'Ame\u0301lie'],
  ['a Hebrew name', 'שרה כהן'],
  ['an ideographic space', '山田\u3000太郎'],
  ['a variant of a Chinese character', '渡邊\u{e0100}'],
  ['a non-joiner in Persian', 'علی\u200cرضا'],
  ['a non-joiner after a vowel sign', 'عَ\u200cلی'],
  ['a joiner at the end in Malayalam', 'മോഹന്\u200d'],
  ['a joiner in Bengali', 'র\u200d্যাচেল'],
  ['a joiner in Sinhala', 'ශ්\u200dරී'],
  ['a variant of a Mongolian letter', 'ᠣᠷᠣ\u180b'],
  ['an emoji', 'Ada 😀'],
];
for (const [what, name] of NAMES) {
  test(`${what} is taken and kept as it is`, async () => {
    const { status, body } = await make({ name });
    assert.equal(status, 201);
    assert.equal((await call(`GET /users/${body.userId}`)).body.name, name);
  });
}

const UNSEEN = [
  ['a line end', 'Ada\nAdmin'],
  ['a tab', 'Ada\tAdmin'],
  ['DEL', 'Ada\u007f'],
  ['a control of the second block', 'Ada\u0085'],
  ['a line separator', 'Ada\u2028Admin'],
  ['a paragraph separator', 'Ada\u2029Admin'],
  ...['061c', '200e', '200f', '202a', '202b', '202c', '202d', '202e', '2066', '2067', '2068', '2069']
    .map((code) => [`the bidirectional control U+${code.toUpperCase()}`, code]),
  ...['00ad', '034f', '180e', '200b', '2060', '2061', '2064', '206a', 'feff', 'fff9']
    .map((code) => [`the invisible U+${code.toUpperCase()}`, code]),
  ...['115f', '1160', '17b4', '2800', '3164', 'ffa0'].map((code) => [`the blank U+${code}`, code]),
  ['a joiner between Latin letters', '200d'],
  ['a non-joiner between Latin letters', '200c'],
  ['two joiners after an Arabic letter', 'ع\u200d\u200dل'],
  ['a joiner in front', '\u200dعلی'],
  ['a joiner between emoji', '👩\u200d💻'],
  ['a variation selector after a Latin letter', 'fe00'],
  ['a variation selector for emoji', '❤\ufe0f'],
  ['an ideographic variation selector after a Latin letter', 'e0100'],
  ['a Mongolian variation selector after a Latin letter', '180b'],
  ['a tag', 'e0041'],
  ['a private-use character', 'e000'],
  ['a private-use character of plane 16', '10fffd'],
  ['an unassigned character', '0378'],
  ['a noncharacter', 'fdd0'],
  ['U+FFFC', 'fffc'],
  ['U+FFFD', 'fffd'],
  ['nothing but spaces of several kinds', '\u00a0\u2003\u3000 '],
];
for (const [what, text] of UNSEEN) {
  test(`a name with ${what} is refused, in a new user and in a change`, async () => {
    const code = /^[0-9a-f]{4,6}$/.test(text) ? String.fromCodePoint(parseInt(text, 16)) : undefined;
    const name = code === undefined ? text : `Ada${code}Admin`;
    // Written as escapes, so that the body itself is beyond reproach.
    const escaped = JSON.stringify({ email: address(), name }).replace(
      /[^\x20-\x7e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    const made = await call('POST /users', { body: escaped });
    assert.deepEqual([made.status, made.body.pointer], [400, '/name']);
    const { body: user } = await make({ name: 'Ada' });
    const body = escaped.replace(/"email":"[^"]*",/, '');
    const changed = await call(`PATCH /users/${user.userId}`, {
      body,
      headers: { 'If-Match': '*' },
    });
    assert.deepEqual([changed.status, changed.body.pointer], [400, '/name']);
  });
}
