import { Refusal } from './refusal.mjs';

/** Bytes. Cognito's have one or two thousand; API Gateway takes 10,240 of all headers together. */
const MAX_TOKEN_BYTES = 8192;
/** RFC 9110, section 11.4: the scheme has no case, and one space or more follow it. */
const BEARER = /^Bearer +/i;
const COMPACT_JWS = /^[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+$/;

/**
 * Takes the token out of an `Authorization` header and checks all that can be said without a key.
 * Nothing is trusted yet: what the token claims is read after its signature was verified.
 *
 * @returns {{jwt: string, kid: string}} a JWT in the one form that a text of its content can have,
 *   and the id of the key that it says it is signed with
 * @throws {Refusal}
 */
export function readBearer(authorization) {
  const scheme = typeof authorization === 'string' ? BEARER.exec(authorization) : null;
  if (scheme === null) {
    throw new Refusal('not_a_bearer_token');
  }
  const token = authorization.slice(scheme[0].length);
  if (Buffer.byteLength(token) > MAX_TOKEN_BYTES) {
    throw new Refusal('token_too_long');
  }
  if (!COMPACT_JWS.test(token)) {
    throw new Refusal('malformed_token');
  }
  const [header, payload] = token.split('.').map(decode);
  const { kid } = checkedHeader(readObject(header));
  readObject(payload);
  return { jwt: token, kid };
}

/** Base64url has unused bits at its end; with them, one token would have many texts. */
function decode(part) {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) {
    throw new Refusal('malformed_token');
  }
  return bytes;
}

function readObject(bytes) {
  let text;
  let value;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new Refusal('malformed_token');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal('malformed_token');
  }
  if (repeatsName(text)) {
    throw new Refusal('duplicate_claim');
  }
  return value;
}

/**
 * Whether an object in a valid JSON text has two members of one name. Parsers disagree on which of
 * the two counts (RFC 8259, section 4), so that such a token could mean two things.
 */
export function repeatsName(json) {
  const names = [];
  for (const [token, string, colon] of json.matchAll(/("(?:[^"\\]|\\.)*")\s*(:)?|[{}]/gs)) {
    if (token === '{') {
      names.push(new Set());
    } else if (token === '}') {
      names.pop();
    } else if (colon) {
      const name = JSON.parse(string);
      const seen = names.at(-1);
      if (seen.has(name)) {
        return true;
      }
      seen.add(name);
    }
  }
  return false;
}

function checkedHeader(header) {
  if (header.alg !== 'RS256') {
    throw new Refusal('algorithm_not_allowed');
  }
  if (typeof header.kid !== 'string' || header.kid === '') {
    throw new Refusal('no_key_id');
  }
  // No extension is understood here, so each critical one is a reason to refuse (RFC 7515, 4.1.11).
  if ('crit' in header) {
    throw new Refusal('critical_header');
  }
  return header;
}
