// The tenant check in front of a handler. Copy this file into a service of your own.
//
// API Gateway, its authorizer and the function's permission already let nobody else in. This is the
// last of those checks, and the only one that is in your hands: path, token and function have to name
// one tenant, byte for byte, else the answer is 403 and an alarm counts the line in the log.

const TENANT = /^tenant-[a-z0-9]+(-[a-z0-9]+)*$/;

/**
 * A Lambda handler that answers `run(event, tenantId)` to requests for the function's own tenant. What
 * `run` throws is an answer of 500, without a word of it for the caller; an alarm counts that line too.
 *
 * @param {(event: object, tenantId: string) => Promise<{status: number, body?: unknown}>} run
 * @throws {Error} when the function has no TENANT_ID: it must not start
 */
export function forTenant(run, env = process.env) {
  const tenantId = env.TENANT_ID;
  if (!TENANT.test(tenantId ?? '')) {
    throw new Error('TENANT_ID must be the id of a tenant');
  }
  return async function handler(event) {
    if (!isFor(event, tenantId)) {
      line({ level: 'error', event: 'isolation_violation', tenantId });
      return answer(403, { title: 'Forbidden', status: 403 });
    }
    try {
      const { status, body } = await run(event, tenantId);
      return answer(status, body);
    } catch (error) {
      line({ level: 'error', event: 'unexpected_error', tenantId, error: error?.name });
      return answer(500, { title: 'Internal Server Error', status: 500 });
    }
  };
}

/** Whether every place of the event that names a tenant names this one. */
function isFor(event, tenantId) {
  const context = event?.requestContext;
  const { stage } = context ?? {};
  const staged = typeof stage === 'string' && context.path?.startsWith?.(`/${stage}/`);
  const paths = [
    event?.resource,
    context?.resourcePath,
    event?.path,
    staged ? context.path.slice(stage.length + 1) : undefined,
  ];
  return context?.authorizer?.tenantId === tenantId && paths.every((path) => names(path, tenantId));
}

/** Whether a path is below the tenant's, however it is read: nothing in it may lead out again. */
function names(path, tenantId) {
  if (typeof path !== 'string' || !path.startsWith(`/tenants/${tenantId}/`)) {
    return false;
  }
  let text = path;
  for (let round = 0; round < 4 && text.includes('%'); round += 1) {
    try {
      text = decodeURIComponent(text);
    } catch {
      return false;
    }
  }
  const leadsOut = (part) => part === '..' || part.startsWith('..;');
  return !text.includes('%') && !text.split(/[/\\]/).some(leadsOut);
}

function answer(status, body) {
  const headers = { 'Cache-Control': 'no-store' };
  if (body === undefined) {
    return { statusCode: status, headers, body: '' };
  }
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  return { statusCode: status, headers: { ...headers, 'Content-Type': type }, body: JSON.stringify(body) };
}

/** One line of JSON; nothing of the request is in it. */
function line(content) {
  process.stdout.write(`${JSON.stringify(content)}\n`);
}
