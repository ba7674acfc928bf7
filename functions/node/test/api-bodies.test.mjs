// Bodies that two readers take for two things, and numbers and texts that would not be kept: each is
// refused, and the nearest that is clear is taken and read back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiOfTests, event } from './api-harness.mjs';

const { api, call } = apiOfTests();

let count = 0;
const fresh = () => `/data/bodies/key${(count += 1)}`;
const putText = (value) => call(`PUT ${fresh()}`, { body: `{"value": ${value}}` });

const TWICE = [
  ['a field', 'POST /users', '{"email": "a@e.org", "email": "b@e.org"}'],
  ['a field with one value', 'POST /users', '{"email": "a@e.org", "email": "a@e.org"}'],
  ['a field, once with an escape', 'POST /users', '{"email": "a@e.org", "\\u0065mail": "b@e.org"}'],
  ['an unknown field', 'POST /users', '{"x": 1, "email": "a@e.org", "x": 1}'],
  ['a field with space before the colon', 'POST /users', '{"email" \n: "a@e.org","email"\t:"b@e.org"}'],
  ['the value', 'PUT', '{"value": 1, "value": 2}'],
  ['a name in the value', 'PUT', '{"value": {"a": 1, "a": 1}}'],
  ['a name far down', 'PUT', '{"value": [[{"a": [1, {"b": {"c": 1, "d": 2, "c": 3}}]}]]}'],
  ['a name around an object', 'PUT', '{"value": {"a": {"b": 1}, "b": {}, "a": []}}'],
  ['__proto__', 'PUT', '{"value": {"__proto__": 1, "__proto__": 2}}'],
  ['the empty name', 'PUT', '{"value": {"": 1, "": 2}}'],
  ['a name after a text that looks like an end', 'PUT', '{"value": {"a": "}\\"{", "a": 1}}'],
  ['a name with a backslash at its end', 'PUT', '{"value": {"a\\\\": 1, "a\\\\": 2}}'],
];
for (const [what, request, body] of TWICE) {
  test(`a body that has ${what} twice is refused`, async () => {
    const answer = await call(request === 'PUT' ? `PUT ${fresh()}` : request, { body });
    assert.equal(answer.status, 400);
    assert.equal(answer.body.detail, 'an object has two members of one name');
  });
}

test('a change that has a field twice is refused', async () => {
  const { body: user } = await call('POST /users', { body: { email: 'change@e.org' } });
  const { status, body } = await call(`PATCH /users/${user.userId}`, {
    body: '{"name": "A", "name": null}',
    headers: { 'If-Match': '*' },
  });
  assert.deepEqual([status, body.detail], [400, 'an object has two members of one name']);
});

for (const value of [
  '{"a":{"a":1},"b":[{"a":1},{"a":1}]}',
  '{"a":"b","b":"a","c":["a","a"]}',
  '{"a":"\\",\\"a\\":","b":1}',
  '{"a":1,"A":2,"á":3}',
]) {
  test(`${value} has no name twice`, async () => {
    const { status, body } = await putText(value);
    assert.equal(status, 201);
    assert.equal(JSON.stringify(body.value), value);
  });
}

const NOT_KEPT = [
  ['-0', 'minus zero'],
  ['-0.0', 'minus zero with a fraction'],
  ['-0e7', 'minus zero with an exponent'],
  ['1e-400', 'what is too small'],
  ['-1e-400', 'what is too small and negative'],
  ['4e-324', 'what is next to nothing and rounded'],
  ['1e400', 'what is too large'],
  [`1${'0'.repeat(400)}`, 'what is too large and written out'],
  [`1e${'9'.repeat(100)}`, 'an exponent beyond all'],
  [`1e-${'9'.repeat(100)}`, 'a negative exponent beyond all'],
  ['9007199254740992', '2^53'],
  ['-9007199254740992', 'minus 2^53'],
  ['9007199254740993', 'what is rounded to 2^53'],
  ['9007199254740993.0', 'what is rounded to 2^53, with a fraction'],
  ['9.007199254740993e15', 'what is rounded to 2^53, with an exponent'],
  ['1e16', 'a whole number with gaps around it'],
  ['1e300', 'a very large whole number'],
  ['0.1000000000000000055511151231257827', 'more digits than are kept'],
  ['3.14159265358979323846264338327950288', '36 digits'],
  ['12345678901234567890.123456789', 'many digits on both sides'],
  ['4503599627370497.3', 'a fraction that is rounded'],
  ['0.12345678901234567890', 'twenty digits after the point'],
];
for (const [number, what] of NOT_KEPT) {
  test(`${what} is refused, alone and in a list and in an object`, async () => {
    for (const value of [number, `[1, [${number}]]`, `{"a": {"b": ${number}}}`]) {
      const { status, body } = await putText(value);
      assert.equal(status, 400);
      assert.equal(body.detail, 'a number would not be kept exactly: send it as text');
    }
  });
}

const KEPT = [
  ['0', 0],
  ['0.0', 0],
  ['0e999', 0],
  ['9007199254740991', 9007199254740991],
  ['-9007199254740991', -9007199254740991],
  ['0.1', 0.1],
  ['-0.5', -0.5],
  ['1.10', 1.1],
  ['1.0', 1],
  ['1e3', 1000],
  ['12.50E+1', 125],
  ['100e-2', 1],
  ['1e-7', 1e-7],
  ['0.0000001', 1e-7],
  ['5e-324', 5e-324],
  ['0.30000000000000004', 0.30000000000000004],
  ['2251799813685248.5', 2251799813685248.5],
  ['3.141592653589793', Math.PI],
];
for (const [number, value] of KEPT) {
  test(`${number} is read back as ${value}`, async () => {
    const path = fresh();
    const { status } = await call(`PUT ${path}`, { body: `{"value": [${number}]}` });
    assert.equal(status, 201);
    assert.ok(Object.is((await call(`GET ${path}`)).body.value[0], value));
  });
}

test('every number that JavaScript writes is kept, unless it is whole and has gaps around', async () => {
  const view = new DataView(new ArrayBuffer(8));
  let seed = 1;
  const numbers = [];
  while (numbers.length < 5000) {
    for (const at of [0, 4]) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      view.setUint32(at, seed);
    }
    const number = view.getFloat64(0);
    if (Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number))) {
      numbers.push(number);
    }
  }
  const path = fresh();
  const made = await call(`PUT ${path}`, { body: { value: numbers } });
  assert.equal(made.status, 201);
  assert.deepEqual((await call(`GET ${path}`)).body.value, numbers);
});

const BYTES = [
  ['a byte that begins nothing', [0xff]],
  ['a byte that goes on with nothing', [0x80]],
  ['half a character', [0xc3]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['an overlong NUL', [0xc0, 0x80]],
  ['an overlong slash of three bytes', [0xe0, 0x80, 0xaf]],
  ['an overlong euro sign of four bytes', [0xf0, 0x82, 0x82, 0xac]],
  ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ['a surrogate pair in six bytes', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ['what is beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
  ['a form of five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['Latin-1', [0xe4, 0x20]],
];
const around = (bytes, where) => {
  const [before, behind] = where === 'value' ? ['{"value": "a', 'b"}'] : ['{"value": {"a', '": 1}}'];
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(behind)]);
};
for (const [what, bytes] of BYTES) {
  test(`a body with ${what} is refused, in base64 and as API Gateway makes text of it`, async () => {
    for (const where of ['value', 'name']) {
      const whole = around(bytes, where);
      const sent = event(`PUT ${fresh()}`, { body: whole.toString('base64') });
      const encoded = await call({ ...sent, isBase64Encoded: true });
      assert.deepEqual([encoded.status, encoded.body.detail], [400, 'the body is no UTF-8']);
      const text = await call(`PUT ${fresh()}`, { body: whole.toString('utf8') });
      assert.equal(text.status, 400);
      assert.match(text.body.detail, /^the body is no UTF-8, or has U\+FFFD/);
    }
  });
}

test('an e-mail address, a name and a field with a byte that is no UTF-8 are refused', async () => {
  for (const body of [
    '{"email": "a\ufffd@e.org"}',
    '{"email": "utf8@e.org", "name": "Ren\ufffd"}',
    '{"email": "utf8@e.org", "na\ufffdme": "x"}',
    '{"email": "utf8@e.org", "name": "\ud800"}',
  ]) {
    const answer = await call('POST /users', { body });
    assert.equal(answer.status, 400);
    assert.match(answer.body.detail, /^the body is no UTF-8/);
  }
});

test('U+FFFD is kept when it is written as an escape', async () => {
  const { status, body } = await putText('"a\\ufffdb"');
  assert.deepEqual([status, body.value], [201, 'a\ufffdb']);
});

test('U+FFFD in its own bytes is refused also in base64, where it could be told apart', async () => {
  const sent = event(`PUT ${fresh()}`, { body: Buffer.from('{"value": "\ufffd"}').toString('base64') });
  assert.equal((await call({ ...sent, isBase64Encoded: true })).status, 400);
});

for (const [what, request] of [
  ['a byte that is no UTF-8 in a cursor', 'GET /users?cursor=%ff'],
  ['U+FFFD in a cursor', 'GET /users?cursor=%EF%BF%BD'],
  ['an overlong limit', 'GET /users?limit=%c0%b1'],
  ['a full-width limit', 'GET /users?limit=%EF%BC%91'],
  ['an invisible character in the limit', 'GET /users?limit=1%E2%80%8B'],
  ['a name that is no UTF-8', 'GET /users?%fflimit=1'],
  ['a look-alike name', 'GET /users?l%D1%96mit=1'],
]) {
  test(`a query with ${what} is refused`, async () => {
    assert.equal((await call(request)).status, 400);
  });
}

for (const [what, path] of [
  ['a byte that is no UTF-8', '/data/notes/a%ff'],
  ['a raw U+FFFD', '/data/notes/a\ufffd'],
  ['an encoded U+FFFD', '/data/notes/a%EF%BF%BD'],
  ['an overlong slash', '/data/notes/a%c0%af'],
  ['half a surrogate pair', '/data/notes/a\ud800'],
  ['an encoded surrogate', '/data/notes/a%ed%a0%80'],
  ['U+202E', '/data/notes/a\u202e'],
  ['a zero-width space', '/data/no\u200btes/a'],
]) {
  test(`a path with ${what} names nothing`, async () => {
    const { status } = await call(`GET ${path}`);
    // What cannot be decoded names no tenant either, so it counts as a violation.
    assert.ok([403, 404].includes(status), String(status));
  });
}

test('a value that grows beyond what an item may have when it is written out answers 413', async () => {
  const list = (length) => `[${Array.from({ length }, () => '1e15').join()}]`;
  assert.equal((await putText(list(15_000))).status, 201);
  assert.equal((await putText(list(50_000))).status, 413);
});

test('texts full of what makes a slow reader slow are answered at once', async () => {
  for (const value of [
    `0.${'0'.repeat(250_000)}1`,
    `1${'0'.repeat(250_000)}`,
    `"${'\\\\'.repeat(125_000)}"`,
    `[${'"\\"",'.repeat(40_000)}1]`,
    `{${Array.from({ length: 20_000 }, (_, i) => `"${i}":0`).join()}}`,
  ]) {
    const { status } = await putText(value);
    assert.ok([201, 400].includes(status));
  }
});
