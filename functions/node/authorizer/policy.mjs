import { Refusal } from './refusal.mjs';

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
const METHOD_ARN =
  /^(?<api>arn:aws(-[a-z]+)*:execute-api:[a-z0-9-]+:\d{12}:[0-9A-Za-z]+\/[0-9A-Za-z_-]+)\/[A-Z]+\//;

/** The routes of the users and data API below a tenant's path. A `*` stands for a user's id, a collection or a key. */
const ROUTES = [
  [['GET', 'POST'], 'users'],
  [['GET', 'PATCH', 'DELETE'], 'users/*'],
  [['GET'], 'data/*'],
  [['GET', 'PUT', 'DELETE'], 'data/*/*'],
];

/** In a policy `*` matches `/` too. These are the paths that go on where a route ends. */
const BEYOND = [
  [['GET', 'PATCH', 'DELETE'], 'users/*/*'],
  [['GET', 'PUT', 'DELETE'], 'data/*/*/*'],
];

/**
 * The API and stage of a request, as the first part of all its methods' ARNs.
 *
 * @throws {Refusal}
 */
export function apiOf(methodArn) {
  const match = typeof methodArn === 'string' ? METHOD_ARN.exec(methodArn) : null;
  if (!match) {
    throw new Refusal('method_arn_malformed');
  }
  return match.groups.api;
}

/**
 * The policy that lets a caller use a tenant's routes, all of them and nothing else.
 *
 * For services of the user's it is all that is below the tenant's path, by each of their methods: a
 * policy may have 8 KB however many routes there are. No method is a `*`, which could stand for
 * `GET/tenants/other/x` as well. What has no route there, API Gateway answers with 404.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 */
export function policyFor(api, tenantId, methods) {
  if (methods !== undefined) {
    const below = methods.map((method) => `${api}/${method}/tenants/${tenantId}/*`);
    return {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: below }],
    };
  }
  const arns = (routes) =>
    routes.flatMap(([verbs, path]) =>
      verbs.map((verb) => `${api}/${verb}/tenants/${tenantId}/${path}`),
    );
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: arns(ROUTES) },
      { Effect: 'Deny', Action: 'execute-api:Invoke', Resource: arns(BEYOND) },
    ],
  };
}
