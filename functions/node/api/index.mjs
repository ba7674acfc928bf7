// The tenant API's entry: one request in, one answer and one access line out.
import { readEnvironment } from './environment.mjs';
import { violation } from './isolation.mjs';
import { accessLine, errorLine, violationLine } from './log.mjs';
import { Problem, problemResponse } from './problem.mjs';
import { findRoute, knownMethod } from './routes.mjs';
import { connect, storageProblem } from './store.mjs';

// A wrong environment throws here, at module load: the function never starts.
const environment = readEnvironment(process.env);
const stores = connect(environment);

export async function handler(event) {
  const started = process.hrtime.bigint();
  const requestId = requestIdOf(event);
  const { response, resource } = await answer(event, requestId);
  accessLine({
    requestId,
    tenantId: environment.tenantId,
    method: knownMethod(event?.httpMethod),
    resource,
    status: response.statusCode,
    durationMs: Number((process.hrtime.bigint() - started) / 1000n) / 1000,
  });
  return response;
}

async function answer(event, requestId) {
  let resource;
  try {
    const tenants = violation(event, environment.tenantId);
    if (tenants !== undefined) {
      violationLine({ requestId, tenantId: environment.tenantId, ...tenants });
      throw new Problem(403);
    }
    const route = findRoute(event, environment.tenantId);
    resource = route.resource;
    const response = await route.run({ event, environment, ...stores });
    return { response, resource };
  } catch (error) {
    return { response: problemResponse(known(error, requestId), requestId), resource };
  }
}

// Fails closed: what nobody foresaw is a 500 that says nothing of itself to the caller.
function known(error, requestId) {
  if (error instanceof Problem) {
    return error;
  }
  const problem = storageProblem(error) ?? new Problem(500);
  errorLine({ requestId, tenantId: environment.tenantId, error });
  return problem;
}

function requestIdOf(event) {
  const id = event?.requestContext?.requestId;
  return typeof id === 'string' && /^[\w-]{1,128}$/.test(id) ? id : undefined;
}
