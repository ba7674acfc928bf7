// Page cursors: opaque to the caller, good for one tenant and one listing.
//
// A cursor protects against mistakes: one of another tenant, of another collection, cut short or
// altered is refused and never read as something else. It is no secret and no proof: the digest has
// no key, and who knows this code can make a cursor. That gives nothing away, because a cursor says
// only after which sort key to go on; table and partition always come from the checked request, and
// all that is in there may be read by the same caller without a cursor.
import { createHash } from 'node:crypto';
import { Problem } from './problem.mjs';

const DIGEST_BYTES = 16;
/** The longest sort key has 255 characters. */
const MAX_LENGTH = 400;

export function encodeCursor(tenantId, listing, sortKey) {
  const bytes = Buffer.from(sortKey, 'utf8');
  return Buffer.concat([digest(tenantId, listing, bytes), bytes]).toString('base64url');
}

/**
 * @returns {string} the sort key of the last item of the page before
 * @throws {Problem} 400
 */
export function decodeCursor(tenantId, listing, cursor, form) {
  const bytes = cursor.length > MAX_LENGTH ? Buffer.alloc(0) : Buffer.from(cursor, 'base64url');
  const sortKey = bytes.subarray(DIGEST_BYTES);
  const text = sortKey.toString('utf8');
  if (
    bytes.toString('base64url') !== cursor ||
    !bytes.subarray(0, DIGEST_BYTES).equals(digest(tenantId, listing, sortKey)) ||
    !form.test(text)
  ) {
    throw new Problem(400, 'cursor is none that this listing gave');
  }
  return text;
}

function digest(tenantId, listing, sortKey) {
  // No part of what is hashed can hold a NUL, so that no two listings hash the same text.
  const hash = createHash('sha256').update(`${tenantId}\0${listing}\0`).update(sortKey);
  return hash.digest().subarray(0, DIGEST_BYTES);
}
