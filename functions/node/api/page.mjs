// One page of a partition.
import { decodeCursor, encodeCursor } from './cursor.mjs';
import { Problem } from './problem.mjs';
import { query } from './request.mjs';

const DEFAULT_LIMIT = 50;

/**
 * @param {string} listing what the cursor is bound to
 * @param {RegExp} form of the partition's sort keys
 * @returns {Promise<{items: object[], nextCursor?: string}>} `items` as they are stored. A page ends
 *   at 1 MB of items: it may be shorter than `limit` and yet have a next one.
 */
export async function page({ event, environment }, table, { partition, listing, form }) {
  const parameters = query(event, ['limit', 'cursor']);
  const limit = limitOf(parameters.get('limit'));
  const cursor = parameters.get('cursor');
  const { tenantId } = environment;
  const after = cursor === undefined ? undefined : decodeCursor(tenantId, listing, cursor, form);
  const { items, last } = await table.query(partition, { limit, after });
  return {
    items,
    nextCursor: last === undefined ? undefined : encodeCursor(tenantId, listing, last),
  };
}

function limitOf(text = String(DEFAULT_LIMIT)) {
  if (!/^([1-9][0-9]?|100)$/.test(text)) {
    throw new Problem(400, 'limit has to be a number from 1 to 100');
  }
  return Number(text);
}
