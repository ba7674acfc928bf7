import { apiOf, policyFor } from './policy.mjs';
import { Refusal } from './refusal.mjs';
import { readBearer } from './token.mjs';
import { createVerifier } from './verifier.mjs';

/**
 * The handler of TOKEN authorizer events. It answers with the policy of the token's own tenant,
 * whatever was asked for: API Gateway compares the two, and may keep the policy for other requests.
 *
 * @param {{issuer: string, clientId: string, jwksUri: string, methods?: string[]}} environment
 * @throws {Error} with the message `Unauthorized`, for which API Gateway answers 401
 */
export function createAuthorizer(environment) {
  const verify = createVerifier(environment);
  return async function handler(event, context) {
    try {
      if (event?.type !== 'TOKEN') {
        throw new Refusal('not_a_token_event');
      }
      const api = apiOf(event.methodArn);
      const { tenantId, sub } = await verify(readBearer(event.authorizationToken));
      return {
        principalId: sub,
        policyDocument: policyFor(api, tenantId, environment.methods),
        context: { tenantId, sub },
      };
    } catch (error) {
      log(error, context);
      throw new Error('Unauthorized');
    }
  };
}

/** One line a refusal. It has nothing of the token: neither its text nor what it claims. */
function log(error, context) {
  const expected = error instanceof Refusal;
  const reason = expected ? error.reason : 'internal_error';
  const line = {
    level: expected && reason !== 'keys_unavailable' ? 'warn' : 'error',
    event: 'token_refused',
    reason,
    ...(expected ? {} : { error: error?.name }),
    requestId: context?.awsRequestId,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
