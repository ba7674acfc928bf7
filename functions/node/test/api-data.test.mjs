import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiOfTests, event } from './api-harness.mjs';

const { api, call } = apiOfTests();

let count = 0;
const fresh = () => `/data/notes/key${(count += 1)}`;
const put = (path, value, headers) => call(`PUT ${path}`, { body: { value }, headers });

const VALUES = [
  null,
  false,
  0,
  -0.5,
  '',
  'ä😀\0"\\',
  [],
  {},
  { nested: [{ deep: [1, 2, { x: null }] }] },
  JSON.parse('{"__proto__": {"admin": true}, "constructor": 1, "toString": "x"}'),
  Number.MAX_SAFE_INTEGER,
];
for (const value of VALUES) {
  test(`${JSON.stringify(value)} is read back as it was put`, async () => {
    const path = fresh();
    const made = await put(path, value);
    assert.equal(made.status, 201);
    const read = await call(`GET ${path}`);
    assert.equal(read.status, 200);
    assert.equal(JSON.stringify(read.body.value), JSON.stringify(value));
    assert.deepEqual(read.body, made.body);
    assert.equal(read.headers.ETag, made.headers.ETag);
    assert.equal({}.admin, undefined);
  });
}

test('an answer has the key, the value, the times and the version, and no more', async () => {
  const { body } = await put('/data/notes/whole', 1);
  const { createdAt } = body;
  assert.deepEqual(body, { key: 'whole', value: 1, createdAt, updatedAt: createdAt, version: 1 });
});

test('collections with the same keys do not meet', async () => {
  await put('/data/one/key', 1);
  await put('/data/two/key', 2);
  assert.equal((await call('GET /data/one/key')).body.value, 1);
  const { body } = await call('GET /data/two');
  assert.deepEqual(body.items.map(({ value }) => value), [2]);
});

const OVER_EXISTING = [
  [{}, 428],
  [{ 'If-None-Match': '*' }, 412],
  [{ 'If-Match': '"1-other"' }, 412],
  [{ 'If-Match': '*' }, 200],
  [{ 'If-Match': '*', 'If-None-Match': '*' }, 412],
];
for (const [headers, expected] of OVER_EXISTING) {
  test(`PUT over what is there with ${JSON.stringify(headers)} answers ${expected}`, async () => {
    const path = fresh();
    await put(path, 'old');
    assert.equal((await put(path, 'new', headers)).status, expected);
    const { body } = await call(`GET ${path}`);
    assert.equal(body.value, expected === 200 ? 'new' : 'old');
  });
}
const OVER_NOTHING = [
  [{}, 201],
  [{ 'If-None-Match': '*' }, 201],
  [{ 'If-Match': '*' }, 412],
  [{ 'If-Match': '"1-x"' }, 412],
];
for (const [headers, expected] of OVER_NOTHING) {
  test(`PUT where nothing is with ${JSON.stringify(headers)} answers ${expected}`, async () => {
    const path = fresh();
    assert.equal((await put(path, 1, headers)).status, expected);
    assert.equal((await call(`GET ${path}`)).status, expected === 201 ? 200 : 404);
  });
}

test('a tag of an earlier life of a key does not match', async () => {
  const path = fresh();
  const { headers: first } = await put(path, 1);
  assert.equal((await call(`DELETE ${path}`)).status, 204);
  await put(path, 2);
  assert.equal((await put(path, 3, { 'If-Match': first.ETag })).status, 412);
  const gone = await call(`DELETE ${path}`, { headers: { 'If-Match': first.ETag } });
  assert.equal(gone.status, 412);
});

test('a replaced value keeps the time of its creation and counts its version', async () => {
  const path = fresh();
  const { body: old, headers } = await put(path, 1);
  const { body } = await put(path, 2, { 'If-Match': headers.ETag });
  assert.deepEqual([body.createdAt, body.version], [old.createdAt, 2]);
  const notModified = await call(`GET ${path}`, { headers: { 'If-None-Match': headers.ETag } });
  assert.equal(notModified.status, 200);
});

for (const method of ['GET', 'DELETE']) {
  test(`${method} of a key that there is not answers 404`, async () => {
    assert.equal((await call(`${method} /data/notes/nothing`)).status, 404);
  });
}

const PROTO = '{"email": "p@example.org", "__proto__": {"name": "x"}}';
const deep = (levels) => '['.repeat(levels) + ']'.repeat(levels);
const json = (text) => ({ body: text });
const BODIES = [
  ['no body', 'POST /users', { headers: { 'Content-Type': 'application/json' } }, 400],
  ['a body that is no JSON', 'POST /users', json('{"email":'), 400],
  ['JSON and more', 'POST /users', json('{"email": "x@example.org"} x'), 400],
  ['a byte order mark', 'POST /users', json('\ufeff{"email": "bom@example.org"}'), 400],
  ['a list', 'POST /users', json('[]'), 400],
  ['null', 'POST /users', json('null'), 400],
  ['a text', 'POST /users', json('"x"'), 400],
  ['no e-mail address', 'POST /users', json('{"name": "x"}'), 400],
  ['an unknown field', 'POST /users', json('{"email": "x@example.org", "role": "admin"}'), 400],
  ["a field of the service's own", 'POST /users', json('{"email": "x@example.org", "sk": "x"}'), 400],
  ['a field __proto__', 'POST /users', json(PROTO), 400],
  ['a field constructor', 'POST /users', json('{"email": "x@example.org", "constructor": 1}'), 400],
  ['an e-mail address in __proto__', 'POST /users', json('{"__proto__": {"email": "x@e.org"}}'), 400],
  ['a number for an address', 'POST /users', json('{"email": 1}'), 400],
  ['a list for an address', 'POST /users', json('{"email": ["x@example.org"]}'), 400],
  ['null for an address', 'POST /users', json('{"email": null}'), 400],
  ['an address without @', 'POST /users', { body: { email: 'example.org' } }, 400],
  ['an address without a domain', 'POST /users', { body: { email: 'x@' } }, 400],
  ['an address with one label', 'POST /users', { body: { email: 'x@localhost' } }, 400],
  ['an address with two dots', 'POST /users', { body: { email: 'x..y@example.org' } }, 400],
  ['an address with a line end', 'POST /users', { body: { email: 'x@example.org\n' } }, 400],
  ['an address with a space', 'POST /users', { body: { email: ' x@example.org' } }, 400],
  ['a look-alike address', 'POST /users', { body: { email: '\u0430da@example.org' } }, 400],
  ['an address that is too long', 'POST /users', { body: { email: `${'x'.repeat(65)}@e.org` } }, 400],
  ['an empty name', 'POST /users', { body: { email: 'n@example.org', name: ' ' } }, 400],
  ['a name that is too long', 'POST /users', { body: { email: 'n@e.org', name: 'x'.repeat(201) } }, 400],
  ['a name with a control character', 'POST /users', { body: { email: 'n@e.org', name: 'a\0' } }, 400],
  ['null for a new name', 'POST /users', { body: { email: 'n@example.org', name: null } }, 400],
  ['half a surrogate pair', 'POST /users', json('{"email": "n@e.org", "name": "\\ud800"}'), 400],
  ['no content type', 'POST /users', { body: '{}', headers: { 'Content-Type': '' } }, 415],
  ['plain text', 'POST /users', { body: '{}', headers: { 'content-type': 'text/plain' } }, 415],
  ['another charset', 'POST /users', typed('application/json; charset=latin1'), 415],
  ['a type that begins like JSON', 'POST /users', typed('application/jsonp'), 415],
  ['a merge patch for a new user', 'POST /users', typed('application/merge-patch+json'), 415],
  ['a content encoding', 'POST /users', { body: '{}', headers: { 'Content-Encoding': 'gzip' } }, 415],
  ['64 KiB and a byte', 'POST /users', json(padded('{"email": "x@e.org"}', 65_537)), 413],
  ['64 KiB in characters of two bytes', 'POST /users', json(`"${'ä'.repeat(32_768)}"`), 413],
  ['an unknown query', 'GET /users?filter=x', {}, 400],
  ['a query on a user', 'GET /users/00000000-0000-4000-8000-000000000000?x=1', {}, 400],
  ['no value', 'PUT /data/notes/a', { body: {} }, 400],
  ['a bare value', 'PUT /data/notes/a', { body: [1] }, 400],
  ['a field beside the value', 'PUT /data/notes/a', { body: { value: 1, key: 'b' } }, 400],
  ['a number beyond all', 'PUT /data/notes/a', json('{"value": 1e400}'), 400],
  ['a number that cannot be kept', 'PUT /data/notes/a', json('{"value": 9007199254740993}'), 400],
  ['half a pair in a name', 'PUT /data/notes/a', json('{"value": {"\\udc00": 1}}'), 400],
  ['more levels than allowed', 'PUT /data/notes/a', json(`{"value": ${deep(32)}}`), 400],
  ['very many levels', 'PUT /data/notes/a', json(`{"value": ${deep(100_000)}}`), 400],
  ['256 KiB and a byte', 'PUT /data/notes/a', json(padded('{"value": 1}', 262_145)), 413],
  ['as many levels as allowed', 'PUT /data/notes/deep', json(`{"value": ${deep(31)}}`), 201],
  ['256 KiB', 'PUT /data/notes/full', json(`{"value": "${'x'.repeat(262_144 - 13)}"}`), 201],
  ['64 KiB', 'POST /users', json(padded('{"email": "big@e.org"}', 65_536)), 201],
  ['a charset', 'POST /users', typed('Application/JSON; Charset="UTF-8"', 'cs@e.org'), 201],
];
function typed(type, email = 'x@e.org') {
  return { body: { email }, headers: { 'content-TYPE': type } };
}
function padded(text, length) {
  return text.padEnd(length, ' ');
}
for (const [what, request, options, expected] of BODIES) {
  test(`${request.split('?')[0]} with ${what} answers ${expected}`, async () => {
    const sent = event(request, options);
    const { status, headers, body } = await call(sent);
    assert.equal(status, expected);
    if (expected >= 400) {
      assert.equal(headers['Content-Type'], 'application/problem+json');
      assert.equal(headers['Cache-Control'], 'no-store');
      assert.deepEqual(
        [body.status, body.requestId, typeof body.title],
        [expected, sent.requestContext.requestId, 'string'],
      );
      assert.doesNotMatch(JSON.stringify(body), /example|role|admin|proto|__/);
    }
  });
}

const BASE64 = [
  ['good base64', Buffer.from('{"value": "ä"}').toString('base64'), 201],
  ['base64 of what is no UTF-8', Buffer.from('{"value": "\xff"}', 'latin1').toString('base64'), 400],
  ['broken base64', 'eyJ2YWx1ZSI6MX0', 400],
  ['base64 with text between', 'eyJ2 YWx1ZSI6MX0=', 400],
  ['too much base64', Buffer.alloc(262_145, ' ').toString('base64'), 413],
];
for (const [what, body, expected] of BASE64) {
  test(`a body in ${what} answers ${expected}`, async () => {
    const sent = event(`PUT ${fresh()}`, { body });
    assert.equal((await call({ ...sent, isBase64Encoded: true })).status, expected);
  });
}

test('a header that may be there once is refused when it is there twice', async () => {
  const sent = event('POST /users', { body: { email: 'twice@example.org' } });
  sent.multiValueHeaders['Idempotency-Key'] = ['a', 'b'];
  assert.equal((await call(sent)).status, 400);
});
