// How many orders a tenant has, and their total. Its role may read the table and nothing else.
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';

import { forTenant } from './tenant.mjs';

const client = new DynamoDBClient({});

export const handler = forTenant(async () => {
  let count = 0;
  let total = 0;
  let ExclusiveStartKey;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: process.env.ORDERS_TABLE,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'ORDER' } },
        ExclusiveStartKey,
      }),
    );
    for (const item of page.Items ?? []) {
      count += 1;
      total += Number(item.total.N);
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return { status: 200, body: { count, total } };
});
