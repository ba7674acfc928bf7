// Each case is a token that is refused, the reason in the log, and the nearest that is accepted.
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, test } from 'node:test';

import { authorizerOfTests } from './authorizer.mjs';
import {
  assemble,
  claims,
  encode,
  hs256,
  newRsaKey,
  now,
  publicJwk,
  rs256,
  signToken,
} from './tokens.mjs';

const pool = newRsaKey();
const stranger = newRsaKey();
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const token = (changes, options) => signToken(pool.privateKey, 'pool', claims(changes), options);
const good = () => token({});
const withTexts = (header, payload) => assemble(header, payload, rs256(pool.privateKey));
const HEADER = '{"kid":"pool","alg":"RS256"}';
const payloadText = () => JSON.stringify(claims());
/** The payload's text with more members at its end. */
const payloadAnd = (members) => payloadText().replace(/\}$/, `,${members}}`);
const ecdsa = (input) =>
  sign('sha256', input, { key: elliptic.privateKey, dsaEncoding: 'ieee-p1363' });
const pss = (input) => sign('sha256', input, { key: pool.privateKey, padding: 6, saltLength: 32 });
const headerText = (members) => JSON.stringify({ kid: 'pool', ...members });

const cases = [
  // Algorithms and keys
  {
    name: 'alg none, without a signature',
    reason: 'malformed_token',
    bad: () => assemble(headerText({ alg: 'none' }), payloadText(), () => Buffer.alloc(0)),
  },
  {
    name: 'alg none, with the signature of a good token',
    reason: 'algorithm_not_allowed',
    bad: () => assemble(headerText({ alg: 'none' }), payloadText(), rs256(pool.privateKey)),
  },
  {
    name: 'alg None, in another case',
    reason: 'algorithm_not_allowed',
    bad: () => assemble(headerText({ alg: 'nOnE' }), payloadText(), rs256(pool.privateKey)),
  },
  {
    name: 'HS256 with the public key in PEM as the secret',
    reason: 'algorithm_not_allowed',
    bad: () => {
      const secret = pool.publicKey.export({ type: 'spki', format: 'pem' });
      return assemble(headerText({ alg: 'HS256' }), payloadText(), hs256(secret));
    },
  },
  {
    name: 'HS256 with the public key in DER as the secret',
    reason: 'algorithm_not_allowed',
    bad: () => {
      const secret = pool.publicKey.export({ type: 'spki', format: 'der' });
      return assemble(headerText({ alg: 'HS256' }), payloadText(), hs256(secret));
    },
  },
  {
    name: 'RS256 in the header over an HMAC with the public key',
    reason: 'bad_signature',
    bad: () => {
      const secret = pool.publicKey.export({ type: 'spki', format: 'pem' });
      return assemble(HEADER, payloadText(), hs256(secret));
    },
  },
  {
    name: 'PS256 by the right key',
    reason: 'algorithm_not_allowed',
    bad: () => assemble(headerText({ alg: 'PS256' }), payloadText(), pss),
  },
  {
    name: 'RS256 in the header over a PSS signature',
    reason: 'bad_signature',
    bad: () => assemble(HEADER, payloadText(), pss),
  },
  {
    name: 'RS512 by the right key',
    reason: 'algorithm_not_allowed',
    bad: () =>
      assemble(headerText({ alg: 'RS512' }), payloadText(), (input) =>
        sign('sha512', input, pool.privateKey),
      ),
  },
  {
    name: 'ES256 by an elliptic key of the pool',
    reason: 'algorithm_not_allowed',
    bad: () => assemble('{"kid":"elliptic","alg":"ES256"}', payloadText(), ecdsa),
  },
  {
    name: 'RS256 in the header over a signature of an elliptic key of the pool',
    reason: 'algorithm_not_allowed',
    bad: () => assemble('{"kid":"elliptic","alg":"RS256"}', payloadText(), ecdsa),
  },
  {
    name: 'RS256 by an RSA key of the pool that is for another algorithm',
    reason: 'algorithm_not_allowed',
    bad: () => signToken(pool.privateKey, 'rs512', claims()),
  },
  {
    name: 'a key of the pool that is for encryption',
    reason: 'key_not_for_signatures',
    bad: () => signToken(pool.privateKey, 'encryption', claims()),
  },
  {
    name: 'no algorithm',
    reason: 'algorithm_not_allowed',
    bad: () => withTexts('{"kid":"pool"}', payloadText()),
  },
  {
    name: 'a list of algorithms',
    reason: 'algorithm_not_allowed',
    bad: () => withTexts('{"kid":"pool","alg":["RS256"]}', payloadText()),
  },
  {
    name: 'no key id',
    reason: 'no_key_id',
    bad: () => withTexts('{"alg":"RS256"}', payloadText()),
  },
  {
    name: 'an empty key id',
    reason: 'no_key_id',
    bad: () => signToken(pool.privateKey, '', claims()),
  },
  {
    name: 'a key id that is a number',
    reason: 'no_key_id',
    bad: () => signToken(pool.privateKey, 1, claims()),
  },
  {
    name: 'a key id that names a member of every object',
    reason: 'unknown_key',
    bad: () => signToken(pool.privateKey, '__proto__', claims()),
  },
  {
    name: 'the signature of another key',
    reason: 'bad_signature',
    bad: () => signToken(stranger.privateKey, 'pool', claims()),
  },
  {
    name: 'a stranger’s key in the jwk header',
    reason: 'bad_signature',
    bad: () =>
      signToken(stranger.privateKey, 'pool', claims(), {
        headers: { jwk: publicJwk(stranger.publicKey, 'pool') },
      }),
    good: () => token({}, { headers: { jwk: publicJwk(stranger.publicKey, 'pool') } }),
  },
  {
    name: 'a critical header',
    reason: 'critical_header',
    bad: () => token({}, { headers: { crit: ['exp'], exp: now() + 60 } }),
    good: () => token({}, { headers: { exp: now() + 60 } }),
  },
  {
    name: 'a payload that is not encoded (RFC 7797)',
    reason: 'critical_header',
    bad: () => token({}, { headers: { b64: false, crit: ['b64'] } }),
    good: () => token({}, { headers: { b64: true } }),
  },

  // The text
  { name: 'an empty token', reason: 'malformed_token', bad: () => '' },
  { name: 'garbage', reason: 'malformed_token', bad: () => 'aaaa.bbbb.cccc' },
  { name: 'one part', reason: 'malformed_token', bad: () => good().split('.')[1] },
  {
    name: 'two parts',
    reason: 'malformed_token',
    bad: () => good().split('.').slice(0, 2).join('.'),
  },
  { name: 'four parts', reason: 'malformed_token', bad: () => `${good()}.AAAA` },
  {
    name: 'five parts, as of an encrypted token',
    reason: 'malformed_token',
    bad: () => `${good()}.AAAA.AAAA`,
  },
  {
    name: 'a signature cut off',
    reason: 'malformed_token',
    bad: () => good().replace(/[^.]+$/, ''),
  },
  {
    name: 'a signature cut short',
    reason: 'bad_signature',
    bad: () => good().slice(0, -2),
  },
  {
    name: 'a payload changed after the signing',
    reason: 'bad_signature',
    bad: () => {
      const [header, , signature] = good().split('.');
      const payload = encode(JSON.stringify(claims({ 'custom:tenant_id': 'tenant-002' })));
      return `${header}.${payload}.${signature}`;
    },
  },
  {
    name: 'a signature with an unused bit set',
    reason: 'malformed_token',
    bad: () => {
      const text = good();
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)) + 1];
    },
  },
  { name: 'padded base64', reason: 'malformed_token', bad: () => `${good()}==` },
  { name: 'a line break at the end', reason: 'malformed_token', bad: () => `${good()}\n` },
  { name: 'a space at the end', reason: 'malformed_token', bad: () => `${good()} ` },
  {
    name: 'a payload that is not UTF-8',
    reason: 'malformed_token',
    bad: () => {
      const payload = Buffer.from(payloadAnd('"name":"#"'));
      payload[payload.lastIndexOf('#')] = 0xff;
      return withTexts(HEADER, payload);
    },
    good: () => withTexts(HEADER, payloadAnd('"name":"ÿ"')),
  },
  {
    name: 'a byte order mark',
    reason: 'malformed_token',
    bad: () => withTexts(HEADER, `\ufeff${payloadText()}`),
    good: () => withTexts(HEADER, ` ${payloadText()}`),
  },
  {
    name: 'a payload that is a list',
    reason: 'malformed_token',
    bad: () => withTexts(HEADER, `[${payloadText()}]`),
  },
  {
    name: 'a payload that is null',
    reason: 'malformed_token',
    bad: () => withTexts(HEADER, 'null'),
  },
  {
    name: 'a header that is a text',
    reason: 'malformed_token',
    bad: () => withTexts('"RS256"', payloadText()),
  },
  {
    name: 'a token of 8,193 bytes',
    reason: 'token_too_long',
    bad: () => ofLength(8193),
    good: () => ofLength(8192),
  },
  {
    name: 'a megabyte that is no token at all, without a look at it',
    reason: 'token_too_long',
    bad: () => '{'.repeat(2 ** 20),
  },
  {
    name: 'a token of many bytes in few characters',
    reason: 'token_too_long',
    bad: () => '😀'.repeat(2049),
  },

  // Duplicates
  {
    name: 'the tenant claim twice',
    reason: 'duplicate_claim',
    bad: () => withTexts(HEADER, payloadAnd('"custom:tenant_id":"tenant-002"')),
    good: () => withTexts(HEADER, payloadAnd('"custom:tenant_id_":"tenant-002"')),
  },
  {
    name: 'the tenant claim twice with one value',
    reason: 'duplicate_claim',
    bad: () => withTexts(HEADER, payloadAnd('"custom:tenant_id":"tenant-001"')),
  },
  {
    name: 'the tenant claim twice, once written with an escape',
    reason: 'duplicate_claim',
    bad: () => withTexts(HEADER, payloadAnd('"custom:tenant\\u005fid":"tenant-002"')),
    good: () => withTexts(HEADER, payloadAnd('"custom:tenant\\\\u005fid":"tenant-002"')),
  },
  {
    name: 'the tenant claim twice, with space before the colon',
    reason: 'duplicate_claim',
    bad: () => withTexts(HEADER, payloadAnd('"custom:tenant_id" \n\t: "tenant-002"')),
  },
  {
    name: 'the expiry twice',
    reason: 'duplicate_claim',
    bad: () => withTexts(HEADER, payloadAnd('"exp":99999999999')),
  },
  {
    name: 'the algorithm twice',
    reason: 'duplicate_claim',
    bad: () => withTexts('{"kid":"pool","alg":"none","alg":"RS256"}', payloadText()),
  },
  {
    name: 'a name twice deep inside',
    reason: 'duplicate_claim',
    bad: () => withTexts(HEADER, payloadAnd('"a":[{"b":[1,{"c":1,"c":2}]}]')),
    good: () => withTexts(HEADER, payloadAnd('"a":[{"b":[1,{"c":1},{"c":2}]},{"b":1,"a":0}]')),
  },
  {
    name: 'the tenant claim twice, with an object in between',
    reason: 'duplicate_claim',
    bad: () => withTexts(HEADER, payloadAnd('"address":{},"custom:tenant_id":"tenant-002"')),
    good: () => withTexts(HEADER, payloadAnd('"address":{"city":"a","exp":1},"city":"b"')),
  },
  {
    name: 'a name twice behind a value that looks like the end of an object',
    reason: 'duplicate_claim',
    bad: () => withTexts(HEADER, payloadAnd('"a":{"b":"}\\"{","b":1}')),
    good: () => withTexts(HEADER, payloadAnd('"a":{"b":"}\\"{\\"b\\":1,","c":"\\"c\\":"}')),
  },
];

function ofLength(bytes) {
  for (const cty of ['', 'a', 'aa', 'aaa']) {
    for (let length = 5000; length < 6000; length += 1) {
      const text = `${encode(JSON.stringify({ kid: 'pool', alg: 'RS256', cty }))}.`;
      const payload = encode(JSON.stringify(claims({ name: 'a'.repeat(length) })));
      if (text.length + payload.length + 1 + 342 === bytes) {
        return token({ name: 'a'.repeat(length) }, { headers: { cty } });
      }
    }
  }
  throw new Error(`no token of ${bytes} bytes`);
}

describe('the authorizer refuses', () => {
  const authorizer = authorizerOfTests([
    publicJwk(pool.publicKey, 'pool'),
    publicJwk(elliptic.publicKey, 'elliptic', { alg: undefined }),
    publicJwk(pool.publicKey, 'rs512', { alg: 'RS512' }),
    publicJwk(pool.publicKey, 'encryption', { use: 'enc' }),
  ]);

  authorizer.testAll(cases, good);
});

describe('the authorizer refuses a header that is', () => {
  const authorizer = authorizerOfTests([publicJwk(pool.publicKey, 'pool')]);

  for (const [name, header, reason = 'not_a_bearer_token'] of [
    ['missing', () => undefined],
    ['null', () => null],
    ['empty', () => ''],
    ['a list', () => [`Bearer ${good()}`]],
    ['the token alone', () => good()],
    ['of a scheme that ends in the right one', () => `XBearer ${good()}`],
    ['with a look-alike of the scheme', () => `Be\u0430rer ${good()}`],
    ['with a non-breaking space', () => `Bearer\u00a0${good()}`],
    ['of another scheme', () => `Basic ${good()}`],
    ['without a space', () => `Bearer${good()}`],
    ['with a tab', () => `Bearer\t${good()}`],
    ['with a space in front', () => ` Bearer ${good()}`],
    ['with a space and a tab', () => `Bearer \t${good()}`, 'malformed_token'],
    ['with two schemes', () => `Bearer Bearer ${good()}`, 'malformed_token'],
    ['with two tokens', () => `Bearer ${good()}, Bearer ${good()}`, 'malformed_token'],
    ['the scheme alone', () => 'Bearer ', 'malformed_token'],
  ]) {
    test(name, async () => {
      await authorizer.refuses('', reason, { authorizationToken: header() });
      await authorizer.accepts(good());
    });
  }

  test('in an event of another type', async () => {
    await authorizer.refuses(good(), 'not_a_token_event', { type: 'REQUEST' });
    await authorizer.accepts(good(), { type: 'TOKEN' });
  });
});

describe('the scheme has no case, and spaces after it (RFC 9110, section 11.4):', () => {
  const authorizer = authorizerOfTests([publicJwk(pool.publicKey, 'pool')]);

  for (const scheme of ['Bearer ', 'bearer ', 'BEARER ', 'bEaReR ', 'Bearer  ']) {
    test(`a header that begins with ${JSON.stringify(scheme)} is accepted`, async () => {
      await authorizer.accepts('', { authorizationToken: scheme + good() });
    });
  }
});
