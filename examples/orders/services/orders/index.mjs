// Orders of one tenant. The AWS SDK is the managed runtime's.
import { randomUUID } from 'node:crypto';

import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';

import { forTenant } from './tenant.mjs';

const client = new DynamoDBClient({});
const TableName = process.env.ORDERS_TABLE;
const Limit = Number(process.env.PAGE_SIZE ?? 50);
const PARTITION = { S: 'ORDER' };

export const handler = forTenant(async (event, tenantId) => {
  const base = `/tenants/${tenantId}`;
  const parameters = event.pathParameters ?? {};
  switch (`${event.httpMethod} ${event.resource.slice(base.length)}`) {
    case 'GET /orders':
      return list({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': PARTITION },
      });
    case 'GET /customers/{customer}/orders':
      return list({
        IndexName: 'by_customer',
        KeyConditionExpression: 'customer = :customer',
        ExpressionAttributeValues: { ':customer': { S: parameters.customer } },
      });
    case 'GET /orders/{orderId}':
      return read(parameters.orderId);
    case 'POST /orders':
      return create(event.body);
    default:
      return problem(404, 'Not Found');
  }
});

async function list(query) {
  const { Items = [] } = await client.send(new QueryCommand({ TableName, Limit, ...query }));
  return { status: 200, body: { items: Items.map(order) } };
}

async function read(orderId) {
  const Key = { pk: PARTITION, sk: { S: orderId } };
  const { Item } = await client.send(new GetItemCommand({ TableName, Key }));
  return Item ? { status: 200, body: order(Item) } : problem(404, 'Not Found');
}

async function create(text) {
  let given;
  try {
    given = JSON.parse(text ?? '');
  } catch {
    return problem(400, 'Bad Request');
  }
  const { customer, total } = given ?? {};
  if (typeof customer !== 'string' || !/^[\w-]{1,64}$/.test(customer) || !Number.isInteger(total)) {
    return problem(400, 'Bad Request');
  }
  const now = new Date();
  const Item = {
    pk: PARTITION,
    sk: { S: randomUUID() },
    customer: { S: customer },
    created: { S: now.toISOString() },
    total: { N: String(total) },
    // A year later DynamoDB takes it away.
    expires_at: { N: String(Math.floor(now.getTime() / 1000) + 365 * 86_400) },
  };
  await client.send(new PutItemCommand({ TableName, Item }));
  return { status: 201, body: order(Item) };
}

function order(item) {
  return {
    orderId: item.sk.S,
    customer: item.customer.S,
    created: item.created.S,
    total: Number(item.total.N),
  };
}

function problem(status, title) {
  return { status, body: { title, status } };
}
