import assert from 'node:assert/strict';
import { test } from 'node:test';

import { newAuthorizer } from './authorizer.mjs';
import { claims, newRsaKey, publicJwk, serveKeys, signToken } from './tokens.mjs';

const first = newRsaKey();
const second = newRsaKey();
const FIRST = publicJwk(first.publicKey, 'first');
const SECOND = publicJwk(second.publicKey, 'second');
const byFirst = () => signToken(first.privateKey, 'first', claims());
const bySecond = () => signToken(second.privateKey, 'second', claims());

/** Keys, an authorizer that has seen none of them, and a clock to move by hand. */
async function start(t, served = [FIRST]) {
  const keys = await serveKeys(served);
  t.after(() => keys.close());
  let time = Date.now();
  t.mock.method(Date, 'now', () => time);
  const wait = (seconds) => {
    time += seconds * 1000;
  };
  return { keys, wait, authorizer: newAuthorizer(keys.uri) };
}

test('the keys are fetched once for many tokens', async (t) => {
  const { keys, authorizer, wait } = await start(t);
  for (let call = 0; call < 5; call += 1) {
    await authorizer.accepts(byFirst());
    wait(179);
  }
  assert.equal(keys.fetches, 1);
});

test('the keys are fetched again after a quarter of an hour', async (t) => {
  const { keys, authorizer, wait } = await start(t);
  for (let quarter = 1; quarter <= 5; quarter += 1) {
    await authorizer.accepts(byFirst());
    await authorizer.accepts(byFirst());
    assert.equal(keys.fetches, quarter);
    wait(900);
  }
});

test('a key that the pool withdraws is no longer trusted a quarter of an hour later', async (t) => {
  const { keys, authorizer, wait } = await start(t);
  await authorizer.accepts(byFirst());
  keys.keys = [SECOND];
  wait(899);
  await authorizer.accepts(byFirst());
  wait(1);
  await authorizer.refuses(byFirst(), 'unknown_key');
  await authorizer.accepts(bySecond());
});

test('a key is no longer trusted when the pool withdraws all of them', async (t) => {
  const { keys, authorizer, wait } = await start(t);
  await authorizer.accepts(byFirst());
  keys.keys = [];
  wait(900);
  await authorizer.refuses(byFirst(), 'unknown_key');
  keys.broken = { status: 503 };
  await authorizer.refuses(byFirst(), 'keys_unavailable');
});

for (const [name, broken] of [
  ['answers 503', { status: 503 }],
  ['answers HTML', { body: '<html></html>' }],
  ['sends elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
]) {
  test(`no key is trusted an hour after its fetch while their address ${name}`, async (t) => {
    const { keys, authorizer, wait } = await start(t);
    await authorizer.accepts(byFirst());
    keys.broken = broken;
    wait(3599);
    await authorizer.accepts(byFirst());
    wait(1);
    await authorizer.refuses(byFirst(), 'keys_unavailable');
    await authorizer.refuses(byFirst(), 'keys_unavailable');
    keys.broken = null;
    await authorizer.accepts(byFirst());
  });
}

test('a fetch that fails does not make the keys younger', async (t) => {
  const { keys, authorizer, wait } = await start(t);
  await authorizer.accepts(byFirst());
  keys.broken = { status: 503 };
  for (let minute = 15; minute < 60; minute += 1) {
    wait(minute === 15 ? 900 : 60);
    await authorizer.accepts(byFirst());
    await authorizer.accepts(byFirst());
    assert.equal(keys.fetches, minute - 13, 'one fetch a minute');
  }
  wait(60);
  await authorizer.refuses(byFirst(), 'keys_unavailable');
});

test('another key under an id that was known takes its place with the next fetch', async (t) => {
  const { keys, authorizer, wait } = await start(t);
  await authorizer.accepts(byFirst());
  keys.keys = [{ ...SECOND, kid: 'first' }];
  wait(900);
  await authorizer.refuses(byFirst(), 'bad_signature');
  await authorizer.accepts(signToken(second.privateKey, 'first', claims()));
});

test('keys from a time that is still to come are fetched again', async (t) => {
  const { keys, authorizer, wait } = await start(t);
  wait(7200);
  await authorizer.accepts(byFirst());
  wait(-7200);
  keys.keys = [SECOND];
  await authorizer.refuses(byFirst(), 'unknown_key');
});

test('unknown key ids have the keys fetched at most once a minute', async (t) => {
  const { keys, authorizer, wait } = await start(t);
  const madeUp = (id) => signToken(second.privateKey, `made-up-${id}`, claims());
  await authorizer.refuses(madeUp(0), 'unknown_key');
  assert.equal(keys.fetches, 1);
  for (let id = 1; id < 20; id += 1) {
    await authorizer.refuses(madeUp(id), 'unknown_key');
  }
  assert.equal(keys.fetches, 1);
  wait(59);
  await authorizer.refuses(madeUp(20), 'unknown_key');
  assert.equal(keys.fetches, 1);
  wait(1);
  await authorizer.refuses(madeUp(21), 'unknown_key');
  await authorizer.refuses(madeUp(22), 'unknown_key');
  assert.equal(keys.fetches, 2);
  await authorizer.accepts(byFirst());
  assert.equal(keys.fetches, 2);
});

test('a known key between unknown ones does not make the next fetch come sooner', async (t) => {
  const { keys, authorizer } = await start(t);
  for (let call = 0; call < 3; call += 1) {
    await authorizer.accepts(byFirst());
    await authorizer.refuses(bySecond(), 'unknown_key');
  }
  assert.equal(keys.fetches, 1);
});

test('a key that the pool adds is known a minute later, and the old one still is', async (t) => {
  const { keys, authorizer, wait } = await start(t);
  await authorizer.accepts(byFirst());
  keys.keys = [FIRST, SECOND];
  await authorizer.refuses(bySecond(), 'unknown_key');
  wait(60);
  await authorizer.accepts(bySecond());
  await authorizer.accepts(byFirst());
  assert.equal(keys.fetches, 2);
});

test('a key that the pool no longer has is forgotten with the next fetch', async (t) => {
  const { keys, authorizer, wait } = await start(t);
  await authorizer.accepts(byFirst());
  keys.keys = [SECOND];
  wait(60);
  await authorizer.accepts(bySecond());
  await authorizer.refuses(byFirst(), 'unknown_key');
});

for (const [name, broken] of [
  ['answers 500', { status: 500 }],
  ['answers 404', { status: 404 }],
  ['answers a part', { status: 206 }],
  ['answers HTML', { body: '<html></html>' }],
  ['answers another object', { body: '{}' }],
  ['answers keys that are none', { body: '{"keys":[1]}' }],
  ['answers half a document', { body: '{"keys":[' }],
]) {
  test(`nobody is let in while the keys’ address ${name}, and all are after it`, async (t) => {
    const { keys, authorizer } = await start(t);
    keys.broken = broken;
    await authorizer.refuses(byFirst(), 'keys_unavailable');
    await authorizer.refuses(byFirst(), 'keys_unavailable');
    assert.equal(keys.fetches, 2);
    keys.broken = null;
    await authorizer.accepts(byFirst());
  });
}

test('keys are not fetched from where their address sends', async (t) => {
  const { keys, authorizer } = await start(t);
  const elsewhere = await serveKeys([FIRST]);
  t.after(() => elsewhere.close());
  keys.broken = { status: 302, headers: { location: elsewhere.uri } };
  await authorizer.refuses(byFirst(), 'keys_unavailable');
  assert.equal(elsewhere.fetches, 0);
  keys.broken = null;
  await authorizer.accepts(byFirst());
});

test('an empty list of keys is not kept', async (t) => {
  const { keys, authorizer } = await start(t, []);
  await authorizer.refuses(byFirst(), 'unknown_key');
  keys.keys = [FIRST];
  await authorizer.accepts(byFirst());
});

test('nobody is let in while nothing listens for the keys', async (t) => {
  const { keys } = await start(t);
  const gone = await serveKeys([]);
  await gone.close();
  await newAuthorizer(gone.uri).refuses(byFirst(), 'keys_unavailable');
  await newAuthorizer(keys.uri).accepts(byFirst());
});

test('known keys serve on while their address is down, which is asked once a minute', async (t) => {
  const { keys, authorizer, wait } = await start(t);
  await authorizer.accepts(byFirst());
  keys.broken = { status: 503 };
  wait(60);
  await authorizer.refuses(bySecond(), 'keys_unavailable');
  await authorizer.refuses(bySecond(), 'unknown_key');
  await authorizer.accepts(byFirst());
  assert.equal(keys.fetches, 2);
});

for (const header of ['jku', 'x5u']) {
  test(`an address in the ${header} header is never asked`, async (t) => {
    const { authorizer } = await start(t);
    const evil = await serveKeys([publicJwk(second.publicKey, 'second')]);
    t.after(() => evil.close());
    const headers = { [header]: evil.uri };
    const bad = signToken(second.privateKey, 'second', claims(), { headers });
    await authorizer.refuses(bad, 'unknown_key');
    await authorizer.accepts(signToken(first.privateKey, 'first', claims(), { headers }));
    assert.equal(evil.fetches, 0);
  });
}
