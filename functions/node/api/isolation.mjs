// The tenant check: every place of the event that names a tenant has to name this function's.
import { TENANT_ID_FORM } from './environment.mjs';

/**
 * @returns {undefined | {authorizerTenantId: string, pathTenantId: string}} undefined when all agree;
 *   else the tenants to log, with the first one from a path that disagrees
 */
export function violation(event, tenantId) {
  const context = event?.requestContext;
  const authorizer = context?.authorizer?.tenantId;
  const paths = [event?.resource, context?.resourcePath, event?.path, withoutStage(context)];
  const fromPaths = [...paths.map(tenantIn), ...[event?.path, withoutStage(context)].map(lenient)];
  const other = fromPaths.find((tenant) => tenant !== tenantId);
  if (authorizer === tenantId && fromPaths.every((tenant) => tenant === tenantId)) {
    return undefined;
  }
  return {
    authorizerTenantId: loggable(authorizer),
    pathTenantId: loggable(fromPaths.every((tenant) => tenant === tenantId) ? tenantId : other),
  };
}

/** The tenant that a path names, byte for byte as it stands there. */
function tenantIn(path) {
  if (typeof path !== 'string') {
    return undefined;
  }
  const [root, tenants, tenant, ...rest] = path.split('/');
  return root === '' && tenants === 'tenants' && rest.length > 0 ? tenant : undefined;
}

/**
 * The tenant that a path would name to a server that decodes, joins and normalises more than it
 * should. A path that means two tenants to two readers is nobody's.
 */
function lenient(path) {
  if (typeof path !== 'string') {
    return undefined;
  }
  let text = path;
  for (let round = 0; text.includes('%'); round += 1) {
    const decoded = decoded1(text);
    if (decoded === undefined || round === 4) {
      return undefined;
    }
    if (decoded === text) {
      break;
    }
    text = decoded;
  }
  const parts = [];
  for (const part of text.replaceAll('\\', '/').split('/')) {
    if (part === '..') {
      parts.pop();
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  return tenantIn(`/${parts.join('/')}`);
}

function decoded1(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** `requestContext.path` has the stage in front. */
function withoutStage(context) {
  const { path, stage } = context ?? {};
  if (typeof path !== 'string' || typeof stage !== 'string' || !path.startsWith(`/${stage}/`)) {
    return undefined;
  }
  return path.slice(stage.length + 1);
}

// What a caller wrote into a path is logged only when it can be nothing but a tenant's id.
function loggable(tenant) {
  if (tenant === undefined) {
    return 'none';
  }
  return typeof tenant === 'string' && tenant.length <= 64 && TENANT_ID_FORM.test(tenant)
    ? tenant
    : 'malformed';
}
