// The tenant's two tables. Reads are consistent; texts and numbers are the only attributes.
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { Problem } from './problem.mjs';

/** How often a change is tried again that another one got in the way of. */
const ATTEMPTS = 6;

export function connect({ usersTable, dataTable }) {
  const client = new DynamoDBClient({
    maxAttempts: 3,
    // The function has ten seconds in all: a call that hangs has to end before, three times over.
    requestHandler: {
      connectionTimeout: 1000,
      requestTimeout: 2000,
      throwOnRequestTimeout: true,
    },
  });
  return { users: new Table(client, usersTable), data: new Table(client, dataTable) };
}

/** A change did not happen because what is stored is not as the change asked. */
export class Conflict extends Error {
  /** @param {string[]} failed the codes of the transaction's parts, in their order */
  constructor(failed) {
    super('conflict');
    this.failed = failed;
  }
}

/**
 * Runs `attempt` until it returns. It has to read anew each time, and to throw a `Conflict` only
 * when that may come out otherwise.
 */
export async function retried(attempt) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Conflict)) {
        throw error;
      }
      if (tried === ATTEMPTS) {
        throw unavailable();
      }
    }
    // At random, so that rivals do not meet again.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** tried));
  }
}

/** @returns {Problem | undefined} what to answer when DynamoDB cannot serve now */
export function storageProblem(error) {
  const names = [error?.name, ...(error?.CancellationReasons ?? []).map(({ Code }) => Code)];
  if (names.some((name) => THROTTLED.has(name))) {
    return new Problem(429, 'the tenant asks more than its tables can answer now', {
      headers: { 'Retry-After': '1' },
    });
  }
  if (names.some((name) => UNAVAILABLE.has(name)) || error?.$fault === 'server') {
    return unavailable();
  }
  return undefined;
}

const THROTTLED = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);
const UNAVAILABLE = new Set([
  'InternalServerError',
  'ServiceUnavailable',
  'TimeoutError',
  'TransactionInProgressException',
]);

function unavailable() {
  return new Problem(503, undefined, { headers: { 'Retry-After': '1' } });
}

class Table {
  #client;
  #name;

  constructor(client, name) {
    this.#client = client;
    this.#name = name;
  }

  /** @returns {Promise<object | undefined>} */
  async get(pk, sk) {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#name, Key: key(pk, sk), ConsistentRead: true }),
    );
    return Item === undefined ? undefined : fromItem(Item);
  }

  /** @returns {Promise<{items: object[], last?: string}>} */
  async query(pk, { limit, after }) {
    const { Items, LastEvaluatedKey } = await this.#client.send(
      new QueryCommand({
        TableName: this.#name,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ConsistentRead: true,
        Limit: limit,
        ExclusiveStartKey: after === undefined ? undefined : key(pk, after),
      }),
    );
    return { items: Items.map(fromItem), last: LastEvaluatedKey?.sk.S };
  }

  /** @throws {Conflict} when `condition` does not hold */
  put(item, condition) {
    return this.#change(new PutItemCommand(this.putPart(item, condition).Put));
  }

  /** @throws {Conflict} when `condition` does not hold */
  delete(pk, sk, condition) {
    return this.#change(new DeleteItemCommand(this.deletePart(pk, sk, condition).Delete));
  }

  /** All of the parts or none. @throws {Conflict} */
  transact(parts) {
    return this.#change(new TransactWriteItemsCommand({ TransactItems: parts }));
  }

  putPart(item, condition) {
    return { Put: { TableName: this.#name, Item: toItem(item), ...condition } };
  }

  deletePart(pk, sk, condition) {
    return { Delete: { TableName: this.#name, Key: key(pk, sk), ...condition } };
  }

  async #change(command) {
    try {
      await this.#client.send(command);
    } catch (error) {
      throw conflict(error) ?? error;
    }
  }
}

export const ABSENT = { ConditionExpression: 'attribute_not_exists(pk)' };

/** Holds for an item that has these attributes. */
export function unchanged(attributes) {
  const entries = Object.entries(attributes);
  return {
    ConditionExpression: entries.map((_, index) => `#n${index} = :v${index}`).join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name], i) => [`#n${i}`, name])),
    ExpressionAttributeValues: Object.fromEntries(
      entries.map(([, value], index) => [`:v${index}`, attribute(value)]),
    ),
  };
}

/** Holds where nothing is, or what is there has expired; DynamoDB deletes that days later. */
export function absentOrExpired(now) {
  return {
    ConditionExpression: 'attribute_not_exists(pk) OR expires_at <= :now',
    ExpressionAttributeValues: { ':now': { N: String(now) } },
  };
}

function conflict(error) {
  if (error?.name === 'ConditionalCheckFailedException') {
    return new Conflict(['ConditionalCheckFailed']);
  }
  if (error?.name === 'TransactionConflictException') {
    return new Conflict(['TransactionConflict']);
  }
  const codes = (error?.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
  const ours = new Set(['None', 'ConditionalCheckFailed', 'TransactionConflict']);
  return codes.length > 0 && codes.every((code) => ours.has(code)) ? new Conflict(codes) : undefined;
}

function key(pk, sk) {
  return { pk: { S: pk }, sk: { S: sk } };
}

function attribute(value) {
  return typeof value === 'number' ? { N: String(value) } : { S: value };
}

function toItem(fields) {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, attribute(value)]));
}

function fromItem(item) {
  const entries = Object.entries(item);
  return Object.fromEntries(entries.map(([name, { S, N }]) => [name, S ?? Number(N)]));
}
