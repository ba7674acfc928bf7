// Which code answers which resource and method.
import * as data from './data.mjs';
import { Problem } from './problem.mjs';
import { COLLECTION_FORM, KEY_FORM, USER_ID_FORM } from './names.mjs';
import * as users from './users.mjs';

// Forms of the path's parameters are such that a path needs no percent encoding: what is in the
// path is what is stored, to every reader.
const ROUTES = [
  {
    path: '/users',
    parameters: {},
    methods: { GET: users.list, POST: users.create },
  },
  {
    path: '/users/{userId}',
    parameters: { userId: USER_ID_FORM },
    methods: { GET: users.read, PATCH: users.update, DELETE: users.remove },
  },
  {
    path: '/data/{collection}',
    parameters: { collection: COLLECTION_FORM },
    methods: { GET: data.list },
  },
  {
    path: '/data/{collection}/{key}',
    parameters: { collection: COLLECTION_FORM, key: KEY_FORM },
    methods: { GET: data.read, PUT: data.put, DELETE: data.remove },
  },
];

const METHODS = new Set(ROUTES.flatMap(({ methods }) => Object.keys(methods)));

/** @throws {Problem} 404 or 405 */
export function findRoute(event, tenantId) {
  const base = `/tenants/${tenantId}`;
  const route = ROUTES.find(({ path }) => event.resource === base + path);
  if (route === undefined) {
    throw new Problem(404);
  }
  const parameters = {};
  let path = base + route.path;
  for (const [name, form] of Object.entries(route.parameters)) {
    const value = event.pathParameters?.[name];
    if (typeof value !== 'string' || !form.test(value)) {
      throw new Problem(404);
    }
    parameters[name] = value;
    path = path.replace(`{${name}}`, () => value);
  }
  // The path is the resource with its parameters put in and nothing else: no second slash, no
  // encoding, no other case.
  if (event.path !== path || event.requestContext.resourcePath !== event.resource) {
    throw new Problem(404);
  }
  if (typeof event.httpMethod !== 'string' || !Object.hasOwn(route.methods, event.httpMethod)) {
    const allow = Object.keys(route.methods).join(', ');
    throw new Problem(405, undefined, { headers: { Allow: allow } });
  }
  const run = route.methods[event.httpMethod];
  return { resource: base + route.path, run: (request) => run({ ...request, parameters }) };
}

/** A method's name for the log, where no caller's text goes. */
export function knownMethod(method) {
  return METHODS.has(method) ? method : 'other';
}
