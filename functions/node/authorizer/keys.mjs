import { FetchError, WaitPeriodNotYetEndedJwkError } from 'aws-jwt-verify/error';
import { assertIsJwks, SimpleJwksCache } from 'aws-jwt-verify/jwk';

/** Milliseconds between two fetches for keys that the pool does not have. */
const REFETCH_INTERVAL = 60_000;
/** Milliseconds. Less than the function has for a whole decision. */
const FETCH_TIMEOUT = 3_000;

/**
 * The pool's public keys, kept for as long as the function lives. A key id that is not among them
 * has them fetched again, at most once a minute: anybody can send a token with a made-up key id.
 */
export function createKeyCache() {
  return new SimpleJwksCache({
    fetcher: createFetcher(),
    jwksParser: (keys) => keys,
    penaltyBox: OPEN,
  });
}

/**
 * The library's own waiting works with timers, which stand still while Lambda freezes the function
 * between two events.
 */
const OPEN = {
  async wait() {},
  registerFailedAttempt() {},
  registerSuccessfulAttempt() {},
};

function createFetcher() {
  let lastFetch;
  let haveKeys = false;
  return {
    async fetch(uri) {
      const now = Date.now();
      // Without any key nobody can be let in, so then each request may try.
      if (haveKeys && now - lastFetch < REFETCH_INTERVAL) {
        throw new WaitPeriodNotYetEndedJwkError('The keys were fetched a moment ago');
      }
      lastFetch = now;
      const keys = await get(uri);
      haveKeys = keys.keys.length > 0;
      return keys;
    },
  };
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
