// POST that can be sent again: the record of a key says what the first one made.
//
// The record holds no field of the user. It keeps what the answer has beyond the request, and a
// salted digest of the request: the same request gives the rest of the answer again.
import { createHash, randomUUID } from 'node:crypto';
import { Problem } from './problem.mjs';
import { header } from './request.mjs';
import { absentOrExpired } from './store.mjs';

export const KEPT_SECONDS = 24 * 60 * 60;
const PARTITION = 'IDEMPOTENCY';

/** @throws {Problem} 400 @returns {string | undefined} the sort key of the key's record */
export function idempotencyKey(event) {
  const key = header(event, 'Idempotency-Key');
  if (key === undefined) {
    return undefined;
  }
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Problem(400, 'Idempotency-Key has to be 1 to 255 visible ASCII characters');
  }
  return createHash('sha256').update(key).digest('hex');
}

/** The part of a transaction that claims the key. */
export function claim(users, sk, { userId, createdAt, fields, now }) {
  const salt = randomUUID();
  const record = {
    pk: PARTITION,
    sk,
    userId,
    createdAt,
    salt,
    fingerprint: fingerprint(salt, fields),
    expires_at: now + KEPT_SECONDS,
  };
  return users.putPart(record, absentOrExpired(now));
}

/**
 * @returns {Promise<{userId: string, createdAt: string} | undefined>} undefined when the record has
 *   gone or expired meanwhile
 * @throws {Problem} 422 when the key belongs to another request
 */
export async function recorded(users, sk, { fields, now }) {
  const record = await users.get(PARTITION, sk);
  if (record === undefined || record.expires_at <= now) {
    return undefined;
  }
  if (record.fingerprint !== fingerprint(record.salt, fields)) {
    throw new Problem(422, 'this Idempotency-Key belongs to another request');
  }
  return { userId: record.userId, createdAt: record.createdAt };
}

function fingerprint(salt, { email, name }) {
  return createHash('sha256').update(JSON.stringify([salt, email, name ?? null])).digest('hex');
}
