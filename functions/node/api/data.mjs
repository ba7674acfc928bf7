// The tenant's own documents, in collections.
import { randomBytes } from 'node:crypto';
import { KEY_FORM } from './names.mjs';
import { page } from './page.mjs';
import { checkPreconditions, notModified, preconditions, requireMatch } from './preconditions.mjs';
import { Problem } from './problem.mjs';
import { body, query, tooLarge } from './request.mjs';
import { empty, json } from './response.mjs';
import { ABSENT, retried, unchanged } from './store.mjs';

/** DynamoDB takes items of 400 KB. */
const BODY_LIMIT = 256 * 1024;

/** GET /data/{collection} */
export async function list(request) {
  const { collection } = request.parameters;
  const where = { partition: collection, listing: `data/${collection}`, form: KEY_FORM };
  const { items, nextCursor } = await page(request, request.data, where);
  return json(200, { items: items.map(shown), nextCursor });
}

/** GET /data/{collection}/{key} */
export async function read({ event, data, parameters }) {
  query(event, []);
  const conditions = preconditions(event);
  const item = await data.get(parameters.collection, parameters.key);
  if (item === undefined) {
    throw new Problem(404);
  }
  if (notModified(conditions, etag(item))) {
    return empty(304, { ETag: etag(item) });
  }
  return json(200, shown(item), { ETag: etag(item) });
}

/** PUT /data/{collection}/{key} */
export async function put({ event, data, parameters }) {
  query(event, []);
  const conditions = preconditions(event);
  const sent = body(event, { fields: ['value'], limit: BODY_LIMIT });
  if (sent.value === undefined) {
    throw new Problem(400, 'the body has to have: value', { pointer: '' });
  }
  const value = JSON.stringify(sent.value);
  // Written out, 1e15 is four times as long: what fits into a body need not fit into an item.
  if (Buffer.byteLength(value) > BODY_LIMIT) {
    throw tooLarge(BODY_LIMIT);
  }
  return retried(async () => {
    const old = await data.get(parameters.collection, parameters.key);
    checkPreconditions(conditions, old && etag(old));
    if (old !== undefined) {
      requireMatch(conditions);
    }
    const item = next(parameters, old, value);
    await data.put(item, old === undefined ? ABSENT : unchanged(state(old)));
    return json(old === undefined ? 201 : 200, shown(item), { ETag: etag(item) });
  });
}

/** DELETE /data/{collection}/{key} */
export async function remove({ event, data, parameters }) {
  query(event, []);
  const conditions = preconditions(event);
  return retried(async () => {
    const old = await data.get(parameters.collection, parameters.key);
    if (old === undefined) {
      throw new Problem(404);
    }
    checkPreconditions(conditions, etag(old));
    await data.delete(parameters.collection, parameters.key, unchanged(state(old)));
    return empty(204);
  });
}

function next({ collection, key }, old, value) {
  const now = new Date().toISOString();
  return {
    pk: collection,
    sk: key,
    value,
    createdAt: old?.createdAt ?? now,
    updatedAt: now,
    version: (old?.version ?? 0) + 1,
    // A key can be deleted and made again, and versions then start anew. This tells the lives of a
    // key apart, so that a tag of an earlier one never matches.
    life: old?.life ?? randomBytes(6).toString('hex'),
  };
}

function state({ version, life }) {
  return { version, life };
}

function shown({ sk, value, createdAt, updatedAt, version }) {
  return { key: sk, value: JSON.parse(value), createdAt, updatedAt, version };
}

function etag({ version, life }) {
  return `"${version}-${life}"`;
}
