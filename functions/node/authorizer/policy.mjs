import { Refusal } from './refusal.mjs';

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
const METHOD_ARN =
  /^(?<api>arn:aws(-[a-z]+)*:execute-api:[a-z0-9-]+:\d{12}:[0-9A-Za-z]+\/[0-9A-Za-z_-]+)\/[A-Z]+\//;

/** The routes below a tenant's path. A `*` stands for a user's id, a collection or a key. */
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

/** The policy that lets a caller use a tenant's routes, all of them and nothing else. */
export function policyFor(api, tenantId) {
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
