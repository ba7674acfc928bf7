// POST that can be sent again: the record of a key says what the first one made.
//
// The record holds no field of the user. It keeps what the answer has beyond the request, and a
// digest of the request under a secret: the same request gives the rest of the answer again. The
// secret lies with the user and goes when the user is deleted. From then on nobody can find out from
// the record, by guessing, whose address and name they were.
import { createHash, createHmac, randomBytes } from 'node:crypto';
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

/** What a user has to keep whose creation may be sent again. */
export function newReplaySecret() {
  return randomBytes(32).toString('hex');
}

/** The part of a transaction that claims the key for a user with a `replaySecret`. */
export function claim(users, sk, user, { fields, now }) {
  const record = {
    pk: PARTITION,
    sk,
    userId: user.sk,
    createdAt: user.createdAt,
    digest: digest(user.replaySecret, fields),
    expires_at: now + KEPT_SECONDS,
  };
  return users.putPart(record, absentOrExpired(now));
}

/**
 * @returns {Promise<{userId: string, createdAt: string, digest: string} | undefined>} undefined when
 *   the record has gone or expired meanwhile
 */
export async function recorded(users, sk, now) {
  const record = await users.get(PARTITION, sk);
  return record === undefined || record.expires_at <= now ? undefined : record;
}

/**
 * @param {object | undefined} user that the record names, as it is now
 * @throws {Problem} 409 when that user is no more, 422 when the key belongs to another request
 */
export function checkReplay(record, user, fields) {
  if (user === undefined) {
    throw new Problem(409, 'the user that this Idempotency-Key made has been deleted');
  }
  const secret = user.replaySecret;
  if (secret === undefined || record.digest !== digest(secret, fields)) {
    throw new Problem(422, 'this Idempotency-Key belongs to another request');
  }
}

function digest(secret, { email, name }) {
  const request = JSON.stringify([email, name ?? null]);
  return createHmac('sha256', Buffer.from(secret, 'hex')).update(request).digest('hex');
}
