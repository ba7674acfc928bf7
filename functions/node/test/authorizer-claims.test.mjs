// Each case is a claim that is refused, the reason in the log, and the nearest that is accepted.
import { describe } from 'node:test';

import { authorizerOfTests } from './authorizer.mjs';
import {
  assemble,
  claims,
  ISSUER,
  newRsaKey,
  now,
  publicJwk,
  rs256,
  signToken,
} from './tokens.mjs';

const pool = newRsaKey();
const stranger = newRsaKey();

const token = (changes) => signToken(pool.privateKey, 'pool', claims(changes));
const good = () => token({});
const without = (name) => token({ [name]: undefined });
const withPayload = (text) =>
  assemble('{"kid":"pool","alg":"RS256"}', text, rs256(pool.privateKey));

const cases = [
  // Who issued it, for whom, what for
  {
    name: 'a token of another pool',
    reason: 'unknown_key',
    bad: () =>
      signToken(
        stranger.privateKey,
        'stranger',
        claims({ iss: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other1234' }),
      ),
  },
  {
    name: 'the issuer of another pool',
    reason: 'issuer_not_allowed',
    bad: () => token({ iss: ISSUER.replace('Test', 'Tess') }),
  },
  {
    name: 'the issuer with a slash at the end',
    reason: 'issuer_not_allowed',
    bad: () => token({ iss: `${ISSUER}/` }),
  },
  {
    name: 'the issuer over http',
    reason: 'issuer_not_allowed',
    bad: () => token({ iss: ISSUER.replace('https', 'http') }),
  },
  { name: 'no issuer', reason: 'issuer_not_allowed', bad: () => without('iss') },
  {
    name: 'an issuer that is a list',
    reason: 'malformed_token',
    bad: () => token({ iss: [ISSUER] }),
  },
  {
    name: 'the audience of another client',
    reason: 'audience_not_allowed',
    bad: () => token({ aud: '1example23456780' }),
  },
  {
    name: 'the audience in another case',
    reason: 'audience_not_allowed',
    bad: () => token({ aud: '1EXAMPLE23456789' }),
  },
  {
    name: 'a list of audiences with the client in it',
    reason: 'audience_not_allowed',
    bad: () => token({ aud: ['1example23456789'] }),
  },
  { name: 'no audience', reason: 'audience_not_allowed', bad: () => without('aud') },
  {
    name: 'the client in client_id instead of aud',
    reason: 'audience_not_allowed',
    bad: () => token({ aud: undefined, client_id: '1example23456789' }),
    good: () => token({ client_id: 'anything' }),
  },
  {
    name: 'an access token where an ID token is due',
    reason: 'not_an_id_token',
    bad: () => token({ aud: undefined, token_use: 'access', client_id: '1example23456789' }),
  },
  {
    name: 'an access token with all that an ID token has',
    reason: 'not_an_id_token',
    bad: () => token({ token_use: 'access', client_id: '1example23456789' }),
  },
  {
    name: 'a refresh token',
    reason: 'not_an_id_token',
    bad: () => token({ token_use: 'refresh' }),
  },
  { name: 'no token_use', reason: 'not_an_id_token', bad: () => without('token_use') },

  // When
  {
    name: 'a token that expired a second ago',
    reason: 'expired',
    bad: () => token({ iat: now() - 3600, exp: now() - 1 }),
    good: () => token({ iat: now() - 3600, exp: now() + 60 }),
  },
  {
    name: 'no expiry',
    reason: 'no_expiry',
    bad: () => without('exp'),
  },
  { name: 'an expiry that is null', reason: 'malformed_token', bad: () => token({ exp: null }) },
  {
    name: 'an expiry in a text',
    reason: 'malformed_token',
    bad: () => token({ exp: `${now() + 3600}` }),
  },
  {
    name: 'an expiry that is no number that JSON can have',
    reason: 'malformed_token',
    bad: () => withPayload(JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e999')),
  },
  {
    name: 'an expiry with a fraction',
    reason: 'no_expiry',
    bad: () => token({ exp: now() + 3600.5 }),
  },
  {
    name: 'an expiry in milliseconds',
    reason: 'lifetime_implausible',
    bad: () => token({ exp: (now() + 3600) * 1000 }),
  },
  {
    name: 'a life of more than a day',
    reason: 'lifetime_implausible',
    bad: () => token({ iat: now(), exp: now() + 86_401 }),
    good: () => {
      const issued = now();
      return token({ iat: issued, exp: issued + 86_400 });
    },
  },
  {
    name: 'a token that is not yet valid',
    reason: 'not_yet_valid',
    bad: () => token({ nbf: now() + 30 }),
    good: () => token({ nbf: now() - 30 }),
  },
  {
    name: 'a not-before that is a text',
    reason: 'malformed_token',
    bad: () => token({ nbf: '0' }),
  },
  {
    name: 'a token issued in the future',
    reason: 'issued_at_implausible',
    bad: () => token({ iat: now() + 120, exp: now() + 3600 }),
    good: () => token({ iat: now() + 30, exp: now() + 3600 }),
  },
  { name: 'no time of issue', reason: 'issued_at_implausible', bad: () => without('iat') },
  {
    name: 'a token that expires before it is issued',
    reason: 'lifetime_implausible',
    bad: () => token({ iat: now() + 40, exp: now() + 30 }),
    good: () => token({ iat: now() + 30, exp: now() + 40 }),
  },

  // Who bears it
  { name: 'no subject', reason: 'subject_malformed', bad: () => without('sub') },
  { name: 'an empty subject', reason: 'subject_malformed', bad: () => token({ sub: '' }) },
  {
    name: 'a subject with a line break',
    reason: 'subject_malformed',
    bad: () => token({ sub: 'ada\n{"level":"info"}' }),
    good: () => token({ sub: 'ada' }),
  },
  {
    name: 'a subject of 129 characters',
    reason: 'subject_malformed',
    bad: () => token({ sub: 'a'.repeat(129) }),
    good: () => token({ sub: 'a'.repeat(128) }),
  },

  // The tenant
  { name: 'no tenant claim', reason: 'no_tenant', bad: () => without('custom:tenant_id') },
  {
    name: 'the tenant claim without its prefix',
    reason: 'no_tenant',
    bad: () => token({ 'custom:tenant_id': undefined, tenant_id: 'tenant-001' }),
  },
  {
    name: 'the tenant claim in another case',
    reason: 'no_tenant',
    bad: () => token({ 'custom:tenant_id': undefined, 'custom:Tenant_Id': 'tenant-001' }),
  },
  {
    name: 'the tenant claim in what is no member',
    reason: 'no_tenant',
    bad: () => {
      const text = JSON.stringify(claims({ 'custom:tenant_id': undefined }));
      const inherited = '"__proto__":{"custom:tenant_id":"tenant-001"}';
      return withPayload(text.replace(/\}$/, `,${inherited}}`));
    },
  },
  ...[
    ['null', null],
    ['an empty text', ''],
    ['a number', 1],
    ['true', true],
    ['a list', ['tenant-001']],
    ['an object', { id: 'tenant-001' }],
    ['upper case', 'TENANT-001'],
    ['one capital letter', 'tenant-00A', 'tenant-00a'],
    ['a space at the end', 'tenant-001 '],
    ['a space in front', ' tenant-001'],
    ['a line break at the end', 'tenant-001\n'],
    ['a line break and another tenant', 'tenant-001\ntenant-002'],
    ['a NUL at the end', 'tenant-001\0'],
    ['a full-width digit', 'tenant-00１'],
    ['a Cyrillic letter', 'tеnant-001'],
    ['a zero-width space', 'tenant-001\u200b'],
    ['a soft hyphen', 'tenant\u00ad001'],
    ['a non-breaking hyphen', 'tenant\u2011001'],
    ['a long s, which is an s in upper case', 'tenant-ſ', 'tenant-s'],
    ['only the prefix', 'tenant-'],
    ['no prefix', '001'],
    ['a hyphen at the end', 'tenant-001-', 'tenant-001-a'],
    ['two hyphens', 'tenant--001'],
    ['an underscore', 'tenant_001'],
    ['something in front', 'x-tenant-001'],
    ['a star', 'tenant-*'],
    ['a question mark', 'tenant-00?'],
    ['a policy variable', 'tenant-${aws:username}'],
    ['a path', 'tenant-001/../tenant-002'],
    ['an encoded path', 'tenant-001%2f'],
    ['two tenants', 'tenant-001,tenant-002'],
    ['65 characters', `tenant-${'a'.repeat(58)}`, `tenant-${'a'.repeat(57)}`],
  ].map(([name, bad, nearest = 'tenant-001']) => ({
    name: `a tenant that is or has ${name}`,
    reason: 'tenant_malformed',
    bad: () => token({ 'custom:tenant_id': bad }),
    good: () => token({ 'custom:tenant_id': nearest }),
  })),
];

describe('the authorizer refuses by its claims', () => {
  const authorizer = authorizerOfTests([publicJwk(pool.publicKey, 'pool')]);

  authorizer.testAll(cases, good);
});
