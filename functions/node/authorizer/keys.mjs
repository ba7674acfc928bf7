import { FetchError } from 'aws-jwt-verify/error';
import { assertIsJwks } from 'aws-jwt-verify/jwk';

/** Milliseconds for which keys are trusted after the fetch that brought them: an hour. */
const LIFETIME = 3_600_000;
/** Milliseconds after which newer keys are asked for, so that an hour of outage is needed to run out. */
const REFRESH = 900_000;
/** Milliseconds between two fetches while there are keys. */
const REFETCH_INTERVAL = 60_000;
/** Milliseconds. Less than the function has for a whole decision. */
const FETCH_TIMEOUT = 3_000;

/**
 * The pool's public keys. They are fetched again after a quarter of an hour, and for a key id that
 * is not among them; at most once a minute, for anybody can send a token with a made-up key id.
 * Keys whose fetch is an hour past count for nothing: one that the pool withdrew ends with them,
 * also when the pool cannot be asked.
 *
 * Waiting is a comparison of times: timers stand still while Lambda freezes the function.
 *
 * @param {string} uri of the JWKS
 * @returns {(kid: string) => Promise<object>} the JWKS to look for a key in. The same object as
 *   before as long as nothing was fetched; else a {@link FetchError} while there are no keys
 */
export function createKeySource(uri) {
  let kept;
  let fetchedAt;
  let triedAt;

  return async function keysFor(kid) {
    const now = Date.now();
    if (kept !== undefined && !within(now, fetchedAt, LIFETIME)) {
      kept = undefined;
    }
    const wanted = !kept?.keys.some((key) => key.kid === kid);
    if (!wanted && within(now, fetchedAt, REFRESH)) {
      return kept;
    }
    // Without any key nobody can be let in, so then each request may try.
    if (kept !== undefined && within(now, triedAt, REFETCH_INTERVAL)) {
      return kept;
    }
    triedAt = now;
    try {
      const fetched = await get(uri);
      kept = fetched.keys.length > 0 ? fetched : undefined;
      fetchedAt = now;
      return fetched;
    } catch (error) {
      if (wanted) {
        throw error;
      }
      return kept;
    }
  };
}

/** Whether it is less than `span` since `start`. A clock that was set back tells nothing. */
function within(now, start, span) {
  return now >= start && now - start < span;
}

async function get(uri) {
  try {
    const response = await fetch(uri, {
      redirect: 'error',
      signal: AbortSignal.timeout(FETCH_TIMEOUT),
    });
    if (response.status !== 200) {
      throw new Error(`status ${response.status}`);
    }
    const keys = await response.json();
    assertIsJwks(keys);
    return keys;
  } catch (error) {
    throw new FetchError(uri, error.message);
  }
}
