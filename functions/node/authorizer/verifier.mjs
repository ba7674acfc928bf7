import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier';
import * as errors from 'aws-jwt-verify/error';
import { JwtVerifier } from 'aws-jwt-verify/jwt-verifier';

import { createKeySource } from './keys.mjs';
import { Refusal } from './refusal.mjs';

const TENANT_ID = /^tenant-[a-z0-9]+(-[a-z0-9]+)*$/;
/** Characters: a tenant's role, whose name starts with the id, has at most 64 in its name. */
const MAX_TENANT_ID_LENGTH = 64;
/** Cognito's are UUIDs. It becomes a principal and a field of logs, so its characters are plain. */
const SUBJECT = /^[0-9A-Za-z-]{1,128}$/;
/** Seconds that the clock of who issued the token may be ahead. */
const CLOCK_SKEW = 60;
/**
 * Seconds. The longest that Cognito lets an ID token live.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html
 */
const LONGEST_LIFE = 86_400;

/**
 * @param {{issuer: string, clientId: string, jwksUri: string}} environment
 * @returns {(token: {jwt: string, kid: string}) => Promise<{tenantId: string, sub: string}>} what a
 *   token says of its bearer, once it is known to be this pool's ID token for this client; else a
 *   {@link Refusal}
 */
export function createVerifier({ issuer, clientId, jwksUri }) {
  const verifier = JwtVerifier.create({
    issuer,
    jwksUri,
    // The client is checked below: the library would take a list with the client in it.
    audience: null,
    customJwtCheck({ payload, jwk }) {
      checkKey(jwk);
      validateCognitoJwtFields(payload, { tokenUse: 'id', clientId });
      checkTimes(payload);
    },
  });
  const keysFor = createKeySource(jwksUri);
  let known;
  return async function verify({ jwt, kid }) {
    try {
      const keys = await keysFor(kid);
      if (keys !== known) {
        // Also drops what the library made of earlier keys, which it knows by their ids alone.
        verifier.cacheJwks(keys);
        known = keys;
      }
      // The library's own fetching keeps keys for ever: this way it never fetches.
      return readClaims(verifier.verifySync(jwt));
    } catch (error) {
      throw error instanceof Refusal ? error : refusalOf(error);
    }
  };
}

function checkKey(jwk) {
  if (jwk.kty !== 'RSA' || (jwk.alg !== undefined && jwk.alg !== 'RS256')) {
    throw new Refusal('algorithm_not_allowed');
  }
}

/** The library has compared `exp` and `nbf` with the clock, where they are present. */
function checkTimes({ exp, iat }) {
  if (!Number.isInteger(exp)) {
    throw new Refusal('no_expiry');
  }
  if (!Number.isInteger(iat) || iat > Date.now() / 1000 + CLOCK_SKEW) {
    throw new Refusal('issued_at_implausible');
  }
  if (iat >= exp || exp - iat > LONGEST_LIFE) {
    throw new Refusal('lifetime_implausible');
  }
}

function readClaims(payload) {
  const { sub, 'custom:tenant_id': tenantId } = payload;
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) {
    throw new Refusal('subject_malformed');
  }
  if (tenantId === undefined) {
    throw new Refusal('no_tenant');
  }
  const plain = typeof tenantId === 'string' && tenantId.length <= MAX_TENANT_ID_LENGTH;
  if (!plain || !TENANT_ID.test(tenantId)) {
    throw new Refusal('tenant_malformed');
  }
  return { tenantId, sub };
}

/** The library's errors quote the token; only their kind goes on. */
function refusalOf(error) {
  const kinds = [
    [errors.JwtExpiredError, 'expired'],
    [errors.JwtNotBeforeError, 'not_yet_valid'],
    [errors.JwtInvalidIssuerError, 'issuer_not_allowed'],
    [errors.CognitoJwtInvalidClientIdError, 'audience_not_allowed'],
    [errors.CognitoJwtInvalidTokenUseError, 'not_an_id_token'],
    [errors.JwtInvalidSignatureError, 'bad_signature'],
    [errors.JwtInvalidSignatureAlgorithmError, 'algorithm_not_allowed'],
    [errors.JwkInvalidKtyError, 'algorithm_not_allowed'],
    [errors.JwkInvalidUseError, 'key_not_for_signatures'],
    [errors.KidNotFoundInJwksError, 'unknown_key'],
    [errors.FetchError, 'keys_unavailable'],
    [errors.JwksValidationError, 'keys_unavailable'],
    [errors.JwkValidationError, 'keys_unavailable'],
    [errors.JwtParseError, 'malformed_token'],
  ];
  const kind = kinds.find(([type]) => error instanceof type);
  return kind ? new Refusal(kind[1]) : error;
}
