// A user pool's place in the tests: keys, the tokens signed with them, and the address of the keys.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

export const USER_POOL_ID = 'us-east-1_Test12345';
export const CLIENT_ID = '1example23456789';
export const ISSUER = `https://cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}`;

/** Seconds since 1970. Moves with `Date.now`, also with a mocked one. */
export const now = () => Math.floor(Date.now() / 1000);

/** What Cognito puts into an ID token, for a user of tenant-001. */
export function claims(changes = {}) {
  return {
    sub: '6f5f1b0e-2d0a-4a52-9d4e-0c3c6a4f7a11',
    iss: ISSUER,
    aud: CLIENT_ID,
    token_use: 'id',
    auth_time: now(),
    iat: now(),
    exp: now() + 3600,
    jti: 'a0c1c0de-9d1c-4b5f-8a8e-3a4c2b1d0e9f',
    'cognito:username': 'ada',
    email: 'ada@example.com',
    'custom:tenant_id': 'tenant-001',
    ...changes,
  };
}

export const newRsaKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

export const encode = (text) => Buffer.from(text).toString('base64url');

/** A compact JWS of two JSON texts, which need not be what a JSON writer makes of an object. */
export function assemble(headerText, payloadText, signer) {
  const input = `${encode(headerText)}.${encode(payloadText)}`;
  return `${input}.${signer(Buffer.from(input)).toString('base64url')}`;
}

export const rs256 = (privateKey) => (input) => sign('sha256', input, privateKey);
export const hs256 = (secret) => (input) => createHmac('sha256', secret).update(input).digest();

/** @param {{headers?: object}} [options] more members of the header */
export function signToken(privateKey, kid, payload, { headers = {} } = {}) {
  const header = JSON.stringify({ kid, alg: 'RS256', ...headers });
  return assemble(header, JSON.stringify(payload), rs256(privateKey));
}

export function publicJwk(publicKey, kid, changes = {}) {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig', ...changes };
}

/**
 * Serves keys on 127.0.0.1. `keys`, `fetches` and `broken` may be read and set at any time.
 *
 * @returns {Promise<{uri: string, keys: object[], fetches: number, broken: object|null}>}
 */
export async function serveKeys(keys) {
  const served = { keys, fetches: 0, broken: null, close: () => closeServer(server) };
  const server = createServer((request, response) => {
    served.fetches += 1;
    const { status = 200, headers = {}, body = JSON.stringify({ keys: served.keys }) } =
      served.broken ?? {};
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  served.uri = `http://127.0.0.1:${server.address().port}/.well-known/jwks.json`;
  return served;
}

async function closeServer(server) {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
