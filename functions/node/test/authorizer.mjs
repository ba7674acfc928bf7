// The authorizer as API Gateway sees it: an event in, a policy or `Unauthorized` out, and a log.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createAuthorizer } from '../authorizer/authorizer.mjs';
import { readEnvironment } from '../authorizer/environment.mjs';
import { recordLog } from './recorded-log.mjs';
import { CLIENT_ID, serveKeys, USER_POOL_ID } from './tokens.mjs';

export const METHOD_ARN =
  'arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/GET/tenants/tenant-001/users';

const CONTEXT = { awsRequestId: 'request-1' };

/** An authorizer with nothing in its cache, which finds its keys at `jwksUri`. */
export function newAuthorizer(jwksUri) {
  const handler = createAuthorizer(
    readEnvironment({ USER_POOL_ID, USER_POOL_CLIENT_ID: CLIENT_ID, JWKS_URI: jwksUri }),
  );
  const call = (token, changes) => {
    const event = { type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn: METHOD_ARN };
    return recordLog(() => handler({ ...event, ...changes }, CONTEXT));
  };
  return {
    /** @returns the answer to a token that has to be accepted without a word in the log */
    async accepts(token, changes = {}) {
      const { answer, error, log } = await call(token, changes);
      assert.equal(log, '');
      assert.equal(error, undefined);
      assert.equal(answer.context.tenantId.startsWith('tenant-'), true);
      return answer;
    },
    /** Asserts the error, and the whole of what is logged. */
    async refuses(token, reason, changes = {}) {
      const { answer, error, log } = await call(token, changes);
      assert.equal(answer, undefined);
      assert.equal(error?.message, 'Unauthorized');
      assert.equal(error.cause, undefined);
      const level = reason === 'keys_unavailable' ? 'error' : 'warn';
      assert.equal(
        log,
        `{"level":"${level}","event":"token_refused",` +
          `"reason":"${reason}","requestId":"request-1"}\n`,
      );
    },
  };
}

/**
 * An authorizer for the tests of a group, whose keys are served from the first to the last of them. `testAll` makes a
 * test of each case: its bad token is refused for its reason, and its good one, or else `good()`, accepted.
 */
export function authorizerOfTests(publicKeys) {
  const authorizer = {
    testAll(cases, good) {
      for (const { name, reason, bad, good: nearest = good } of cases) {
        test(name, async () => {
          await authorizer.refuses(bad(), reason);
          await authorizer.accepts(nearest());
        });
      }
    },
  };
  let keys;
  before(async () => {
    keys = await serveKeys(publicKeys);
    Object.assign(authorizer, newAuthorizer(keys.uri));
  });
  after(() => keys.close());
  return authorizer;
}
