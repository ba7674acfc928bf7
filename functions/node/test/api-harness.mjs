// What the tests of the API share: tables of their own, the handler, events as API Gateway makes
// them, and what was logged.
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before } from 'node:test';
import { startEmulator } from './emulator.mjs';
import { recordLog } from './recorded-log.mjs';

export const TENANT = 'tenant-001';
export const STAGE = 'prod';

/** One emulator and one loaded handler for the tests of a file. */
export async function startApi() {
  const emulator = await startEmulator();
  const suffix = `t${randomBytes(5).toString('hex')}`;
  const environment = environmentOf(TENANT, suffix);
  const client = new DynamoDBClient({});
  await createTable(client, environment.USERS_TABLE);
  await createTable(client, environment.DATA_TABLE);
  Object.assign(process.env, environment);
  const { handler } = await import('../api/index.mjs');
  const stop = async () => {
    client.destroy();
    await emulator.stop();
  };
  return { handler, client, environment, endpoint: emulator.endpoint, stop };
}

/**
 * The API for the tests of a file, there from the first to the last of them: what `startApi` gives, and a caller that
 * keeps what is logged off the screen.
 */
export function apiOfTests() {
  const api = {};
  before(async () => Object.assign(api, await startApi()));
  after(() => api.stop());
  const call = async (...args) => (await logged(() => caller(api.handler)(...args))).result;
  return { api, call };
}

export function environmentOf(tenant, suffix) {
  return {
    TENANT_ID: tenant,
    TENANT_SUBNET: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1',
    USERS_TABLE: `${tenant}-users-${suffix}`,
    DATA_TABLE: `${tenant}-data-${suffix}`,
  };
}

async function createTable(client, name) {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
}

const PARAMETERS = [
  [/^\/users$/, '/users', []],
  [/^\/users\/([^/]+)$/, '/users/{userId}', ['userId']],
  [/^\/data\/([^/]+)$/, '/data/{collection}', ['collection']],
  [/^\/data\/([^/]+)\/([^/]+)$/, '/data/{collection}/{key}', ['collection', 'key']],
];

/**
 * The event of an honest request.
 * @param {string} request such as `GET /users?limit=1`
 */
export function event(request, { body, headers = {}, tenant = TENANT } = {}) {
  const [method, address] = request.split(' ');
  const [path, search] = address.split('?');
  const [pattern, template, names] = PARAMETERS.find(([form]) => form.test(path));
  const values = path.match(pattern).slice(1);
  const full = { ...headers };
  if (body !== undefined && !Object.keys(full).some((k) => k.toLowerCase() === 'content-type')) {
    full['Content-Type'] = 'application/json';
  }
  const query = [...new URLSearchParams(search ?? '')];
  const queries = {};
  for (const [name, value] of query) {
    (queries[name] ??= []).push(value);
  }
  const resource = `/tenants/${tenant}${template}`;
  return {
    resource,
    path: `/tenants/${tenant}${path}`,
    httpMethod: method,
    headers: full,
    multiValueHeaders: Object.fromEntries(Object.entries(full).map(([k, v]) => [k, [v]])),
    queryStringParameters: query.length === 0 ? null : Object.fromEntries(query),
    multiValueQueryStringParameters: query.length === 0 ? null : queries,
    pathParameters:
      names.length === 0 ? null : Object.fromEntries(names.map((name, i) => [name, values[i]])),
    requestContext: {
      requestId: randomUUID(),
      stage: STAGE,
      path: `/${STAGE}/tenants/${tenant}${path}`,
      resourcePath: resource,
      httpMethod: method,
      authorizer: { principalId: 'somebody', tenantId: tenant },
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
  };
}

/** Runs `work` and gives back the lines that it logged, parsed. */
export async function logged(work) {
  const { answer, error, log } = await recordLog(work);
  if (error !== undefined) {
    throw error;
  }
  const lines = log.split('\n').filter((line) => line !== '');
  return { result: answer, lines: lines.map((line) => JSON.parse(line)) };
}

/** A caller that keeps the log lines off the screen and parses the answer's body. */
export function caller(handler) {
  return async (request, options) => {
    const sent = typeof request === 'string' ? event(request, options) : request;
    const response = await handler(sent);
    const body = response.body === '' ? undefined : JSON.parse(response.body);
    return { status: response.statusCode, headers: response.headers, body };
  };
}
