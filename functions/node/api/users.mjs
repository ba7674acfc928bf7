// The users of the tenant.
import { randomUUID } from 'node:crypto';
import {
  checkReplay,
  claim,
  idempotencyKey,
  newReplaySecret,
  recorded,
} from './idempotency.mjs';
import { USER_ID_FORM } from './names.mjs';
import { page } from './page.mjs';
import { checkPreconditions, notModified, preconditions, requireMatch } from './preconditions.mjs';
import { Problem } from './problem.mjs';
import { body, query } from './request.mjs';
import { empty, json } from './response.mjs';
import { ABSENT, Conflict, retried, unchanged } from './store.mjs';
import { email, FIELDS, name, normalised } from './user-fields.mjs';

const USER = 'USER';
const EMAIL = 'EMAIL';
const BODY_LIMIT = 64 * 1024;

/** GET /users */
export async function list(request) {
  const where = { partition: USER, listing: 'users', form: USER_ID_FORM };
  const { items, nextCursor } = await page(request, request.users, where);
  return json(200, { items: items.map(shown), nextCursor });
}

/** POST /users */
export async function create({ event, users }) {
  query(event, []);
  const keyRecord = idempotencyKey(event);
  const sent = body(event, { fields: FIELDS, limit: BODY_LIMIT });
  const fields = {
    email: email(sent.email),
    name: sent.name === undefined ? undefined : name(sent.name),
  };
  return retried(async () => {
    const date = new Date();
    const now = Math.floor(date.getTime() / 1000);
    const user = newUser(randomUUID(), date.toISOString(), fields);
    if (keyRecord !== undefined) {
      user.replaySecret = newReplaySecret();
    }
    const parts = [
      users.putPart(user, ABSENT),
      users.putPart(emailItem(fields.email, user.sk), ABSENT),
    ];
    if (keyRecord !== undefined) {
      parts.push(claim(users, keyRecord, user, { fields, now }));
    }
    try {
      await users.transact(parts);
      return created(user);
    } catch (error) {
      const [, ofEmail, ofKey] = failures(error);
      // The key's own answer comes first: sent again, a request meets its own e-mail address too.
      if (keyRecord !== undefined && (ofKey || ofEmail)) {
        const first = await recorded(users, keyRecord, now);
        if (first !== undefined) {
          // Read after its record, and both consistently: absent, the user was deleted.
          checkReplay(first, await users.get(USER, first.userId), fields);
          const again = newUser(first.userId, first.createdAt, fields);
          return created(again, { 'Idempotency-Replayed': 'true' });
        }
      }
      if (ofEmail && !ofKey) {
        throw emailTaken();
      }
      throw error;
    }
  });
}

/** GET /users/{userId} */
export async function read({ event, users, parameters }) {
  query(event, []);
  const conditions = preconditions(event);
  const user = await users.get(USER, parameters.userId);
  if (user === undefined) {
    throw new Problem(404);
  }
  if (notModified(conditions, etag(user))) {
    return empty(304, { ETag: etag(user) });
  }
  return json(200, shown(user), { ETag: etag(user) });
}

/** PATCH /users/{userId}: a JSON merge patch (RFC 7396) */
export async function update({ event, users, parameters }) {
  query(event, []);
  const conditions = preconditions(event);
  requireMatch(conditions);
  const types = ['application/json', 'application/merge-patch+json'];
  const change = changeOf(body(event, { fields: FIELDS, limit: BODY_LIMIT, types }));
  return retried(async () => {
    const old = await existing(users, parameters.userId, conditions);
    const user = {
      ...old,
      ...change,
      updatedAt: new Date().toISOString(),
      version: old.version + 1,
    };
    const parts = [users.putPart(user, unchanged({ version: old.version }))];
    if (normalised(user.email) !== normalised(old.email)) {
      parts.push(
        users.putPart(emailItem(user.email, user.sk), ABSENT),
        users.deletePart(EMAIL, normalised(old.email), unchanged({ userId: user.sk })),
      );
    }
    try {
      await users.transact(parts);
    } catch (error) {
      const [ofUser, ofEmail] = failures(error);
      if (ofEmail && !ofUser) {
        throw emailTaken();
      }
      throw error;
    }
    return json(200, shown(user), { ETag: etag(user) });
  });
}

/** DELETE /users/{userId} */
export async function remove({ event, users, parameters }) {
  query(event, []);
  const conditions = preconditions(event);
  return retried(async () => {
    const old = await existing(users, parameters.userId, conditions);
    await users.transact([
      users.deletePart(USER, old.sk, unchanged({ version: old.version })),
      users.deletePart(EMAIL, normalised(old.email), unchanged({ userId: old.sk })),
    ]);
    return empty(204);
  });
}

async function existing(users, userId, conditions) {
  const user = await users.get(USER, userId);
  if (user === undefined) {
    throw new Problem(404);
  }
  checkPreconditions(conditions, etag(user));
  return user;
}

/** In a merge patch null takes a field away; a user always has an e-mail address. */
function changeOf(sent) {
  const change = {};
  if (sent.email !== undefined) {
    change.email = email(sent.email);
  }
  if (sent.name !== undefined) {
    change.name = sent.name === null ? undefined : name(sent.name);
  }
  if (Object.keys(change).length === 0) {
    throw new Problem(400, `the body has to have one of: ${FIELDS.join(', ')}`, { pointer: '' });
  }
  return change;
}

function newUser(userId, createdAt, fields) {
  return { pk: USER, sk: userId, ...fields, createdAt, updatedAt: createdAt, version: 1 };
}

function emailItem(address, userId) {
  return { pk: EMAIL, sk: normalised(address), userId };
}

function emailTaken() {
  return new Problem(409, 'another user has this e-mail address', { pointer: '/email' });
}

// Which parts of a transaction found their condition not met.
function failures(error) {
  if (!(error instanceof Conflict)) {
    throw error;
  }
  return error.failed.map((code) => code === 'ConditionalCheckFailed');
}

function created(user, headers = {}) {
  // Relative to the request's own address, which has the stage in front: RFC 3986, section 5.
  const location = { Location: `users/${user.sk}` };
  return json(201, shown(user), { ETag: etag(user), ...location, ...headers });
}

function shown({ sk, email: address, name: called, createdAt, updatedAt, version }) {
  return { userId: sk, email: address, name: called, createdAt, updatedAt, version };
}

// A user's id is never used again, so that its version alone tells all its states apart.
function etag({ version }) {
  return `"${version}"`;
}
