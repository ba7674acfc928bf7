import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { createHandler } from '../empty-bucket/handler.mjs';
import { recordLog } from './recorded-log.mjs';

const MINUTE = 60_000;

/** Where CloudFormation waits. `statuses` are what it answers first; then it answers 200. */
async function cloudFormation(t, statuses = []) {
  const requests = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) {
      body += chunk;
    }
    requests.push({
      method: request.method,
      url: request.url,
      contentType: request.headers['content-type'],
      body: JSON.parse(body),
    });
    response.writeHead(statuses.shift() ?? 200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${server.address().port}/answer?signature=secret` };
}

/** A bucket whose pages are short, so that there are many of them. */
function fakeS3(entries, { page = 1000, onDelete = () => undefined } = {}) {
  const s3 = { entries: [...entries], batches: [], listings: [] };
  s3.listObjectVersions = async (input) => {
    s3.listings.push(input);
    const position = ({ Key, VersionId }) => `${Key}\0${VersionId}`;
    const marker = position({ Key: input.KeyMarker ?? '', VersionId: input.VersionIdMarker ?? '' });
    const rest = s3.entries
      .filter((entry) => input.KeyMarker === undefined || position(entry) > marker)
      .sort((a, b) => (position(a) < position(b) ? -1 : 1));
    const shown = rest.slice(0, Math.min(page, input.MaxKeys));
    const markers = shown.filter(({ deleted }) => deleted);
    const last = shown.at(-1);
    return {
      Versions: shown.filter(({ deleted }) => !deleted),
      ...(markers.length > 0 ? { DeleteMarkers: markers } : {}),
      IsTruncated: shown.length < rest.length,
      NextKeyMarker: last?.Key,
      NextVersionIdMarker: last?.VersionId,
    };
  };
  s3.deleteObjects = async (input) => {
    s3.batches.push(input);
    const errors = onDelete(input, s3);
    const gone = new Set(input.Delete.Objects.map(({ Key, VersionId }) => `${Key}\0${VersionId}`));
    s3.entries = s3.entries.filter(({ Key, VersionId }) => !gone.has(`${Key}\0${VersionId}`));
    return errors ? { Errors: errors } : {};
  };
  return s3;
}

const version = (number, deleted = false) => ({
  Key: `AWSLogs/${String(number).padStart(5, '0')}.json.gz`,
  VersionId: `v${number % 3}`,
  deleted,
});

const event = (place, changes = {}) => ({
  RequestType: 'Delete',
  ResponseURL: place.url,
  StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/acme/1',
  RequestId: 'request-1',
  LogicalResourceId: 'EmptyBucket',
  PhysicalResourceId: 'empty-audit',
  ResourceType: 'Custom::EmptyBucket',
  ResourceProperties: { BucketName: 'audit' },
  ...changes,
});

const context = (milliseconds = 15 * MINUTE) => ({
  awsRequestId: 'lambda-1',
  getRemainingTimeInMillis: () => milliseconds,
});

/** Runs one request; the bucket's client may be a client, or a function that gives none. */
async function run(place, s3, changes = {}, remaining = undefined) {
  const connect = typeof s3 === 'function' ? s3 : async () => s3;
  const handle = createHandler(connect);
  const { error, log } = await recordLog(() => handle(event(place, changes), context(remaining)));
  if (error !== undefined) {
    throw error;
  }
  assert.equal(log.includes('secret'), false);
  return JSON.parse(log);
}

const answered = (status, reason, changes = {}) => ({
  method: 'PUT',
  url: '/answer?signature=secret',
  contentType: '',
  body: {
    Status: status,
    Reason: reason,
    PhysicalResourceId: 'empty-audit',
    StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/acme/1',
    RequestId: 'request-1',
    LogicalResourceId: 'EmptyBucket',
    ...changes,
  },
});

const noClient = async () => {
  throw new Error('no client is needed here');
};

const failure = (name, message) => Object.assign(new Error(message), { name });

test('a deletion removes every version and delete marker, 1,000 at a time', async (t) => {
  const place = await cloudFormation(t);
  const entries = Array.from({ length: 2345 }, (_, number) => version(number, number % 4 === 0));
  const s3 = fakeS3(entries);
  const log = await run(place, s3);
  assert.deepEqual(place.requests, [answered('SUCCESS', 'done')]);
  assert.deepEqual(s3.entries, []);
  assert.deepEqual(
    s3.batches.map(({ Bucket, Delete }) => [Bucket, Delete.Quiet, Delete.Objects.length]),
    [
      ['audit', true, 1000],
      ['audit', true, 1000],
      ['audit', true, 345],
    ],
  );
  const removed = s3.batches.flatMap(({ Delete }) => Delete.Objects);
  assert.deepEqual(
    removed.map(({ Key }) => Key).sort(),
    entries.map(({ Key }) => Key),
  );
  assert.deepEqual(Object.keys(removed[0]), ['Key', 'VersionId']);
  assert.deepEqual(log, {
    level: 'info',
    event: 'custom_resource',
    requestType: 'Delete',
    status: 'SUCCESS',
    removed: 2345,
    requestId: 'lambda-1',
  });
});

test('versions of one key that are on two pages are all removed', async (t) => {
  const place = await cloudFormation(t);
  const entries = ['v1', 'v2', 'v3', 'v4', 'v5'].map((VersionId) => ({ Key: 'a', VersionId }));
  const s3 = fakeS3(entries, { page: 2 });
  await run(place, s3);
  assert.deepEqual(s3.entries, []);
  assert.deepEqual(s3.listings.slice(1, 3), [
    { Bucket: 'audit', MaxKeys: 1000, KeyMarker: 'a', VersionIdMarker: 'v2' },
    { Bucket: 'audit', MaxKeys: 1000, KeyMarker: 'a', VersionIdMarker: 'v4' },
  ]);
});

test('a file that arrives behind the page that is read is removed too', async (t) => {
  const place = await cloudFormation(t);
  let late = 1;
  const s3 = fakeS3([version(5), version(6)], {
    page: 1,
    onDelete(_, bucket) {
      if (late > 0) {
        late -= 1;
        bucket.entries.push(version(0));
      }
    },
  });
  await run(place, s3);
  assert.deepEqual(s3.entries, []);
  assert.deepEqual(place.requests, [answered('SUCCESS', 'done')]);
});

test('an empty bucket needs no deletion', async (t) => {
  const place = await cloudFormation(t);
  const s3 = fakeS3([]);
  await run(place, s3);
  assert.deepEqual(s3.batches, []);
  assert.deepEqual(place.requests, [answered('SUCCESS', 'done')]);
});

test('a bucket that is gone is empty enough', async (t) => {
  const place = await cloudFormation(t);
  const s3 = fakeS3([version(1)]);
  s3.listObjectVersions = async () => {
    throw failure('NoSuchBucket', 'The specified bucket does not exist');
  };
  await run(place, s3);
  assert.deepEqual(place.requests, [answered('SUCCESS', 'done')]);
});

test('a file that cannot be deleted fails the deletion and is named', async (t) => {
  const place = await cloudFormation(t);
  const denied = { Key: 'a', VersionId: 'v1', Code: 'AccessDenied', Message: 'Access Denied' };
  for (const [errors, more] of [
    [[denied], ''],
    [[denied, { ...denied, Key: 'b' }, { ...denied, Key: 'c' }], ' (and 2 more)'],
  ]) {
    await run(place, fakeS3([version(1)], { onDelete: () => errors }));
    const reason = `Error: cannot delete a: AccessDenied: Access Denied${more}`;
    assert.deepEqual(place.requests.pop(), answered('FAILED', reason));
  }
});

for (const [name, connect, reason] of [
  ['the SDK cannot be loaded', noClient, 'Error: no client is needed here'],
  [
    'the bucket cannot be listed',
    async () => ({
      async listObjectVersions() {
        throw failure('AccessDenied', 'Access Denied');
      },
    }),
    'AccessDenied: Access Denied',
  ],
  [
    'something else than an error is thrown',
    async () => {
      throw undefined;
    },
    'undefined: undefined',
  ],
]) {
  test(`the answer is FAILED when ${name}`, async (t) => {
    const place = await cloudFormation(t);
    const log = await run(place, connect);
    assert.deepEqual(place.requests, [answered('FAILED', reason)]);
    assert.equal(log.level, 'error');
    assert.equal(log.reason, reason);
  });
}

const OUT_OF_TIME = 'Error: the bucket is not empty yet; delete the stack again to go on';

test('the answer is FAILED before the time is up, and the work under way is let go', async (t) => {
  const place = await cloudFormation(t);
  let signal;
  const stuck = {
    listObjectVersions(_, options) {
      signal = options.abortSignal;
      return new Promise(() => {});
    },
  };
  const setTimeout = t.mock.method(globalThis, 'setTimeout');
  await run(place, stuck, {}, 15_050);
  assert.deepEqual(setTimeout.mock.calls[0].arguments[1], 50);
  assert.deepEqual(place.requests, [answered('FAILED', OUT_OF_TIME)]);
  assert.equal(signal.aborted, true);
});

test('nothing more is deleted after the time is up', async (t) => {
  const place = await cloudFormation(t);
  const s3 = fakeS3([version(1), version(2)], { page: 1 });
  const remove = s3.deleteObjects;
  let finish;
  const slow = new Promise((resolve) => {
    finish = resolve;
  });
  s3.deleteObjects = async (input) => {
    await slow;
    return remove(input);
  };
  await run(place, s3, {}, 15_050);
  finish();
  await new Promise(setImmediate);
  assert.deepEqual(place.requests, [answered('FAILED', OUT_OF_TIME)]);
  assert.deepEqual(s3.entries, [version(2)]);
});

for (const [name, ResourceProperties] of [
  ['missing', {}],
  ['empty', { BucketName: '' }],
  ['a list', { BucketName: ['audit'] }],
]) {
  test(`a deletion fails whose bucket name is ${name}`, async (t) => {
    const place = await cloudFormation(t);
    await run(place, fakeS3([version(1)]), { ResourceProperties });
    const reason = 'Error: the property BucketName must be the name of a bucket';
    assert.deepEqual(place.requests, [answered('FAILED', reason)]);
  });
}

for (const RequestType of ['Create', 'Update']) {
  test(`${RequestType} does nothing and is answered`, async (t) => {
    const place = await cloudFormation(t);
    await run(place, noClient, { RequestType });
    assert.deepEqual(place.requests, [answered('SUCCESS', 'done')]);
  });
}

test('an unknown request type fails', async (t) => {
  const place = await cloudFormation(t);
  await run(place, noClient, { RequestType: 'Read' });
  const reason = 'Error: an unknown request type: Read';
  assert.deepEqual(place.requests, [answered('FAILED', reason)]);
});

test('the resource keeps its id for one bucket, and gets another for another', async (t) => {
  const place = await cloudFormation(t);
  const first = { RequestType: 'Create', PhysicalResourceId: undefined };
  await run(place, noClient, first);
  await run(place, noClient, { RequestType: 'Update' });
  const ResourceProperties = { BucketName: 'other' };
  await run(place, noClient, { RequestType: 'Update', ResourceProperties });
  await run(place, fakeS3([]), { PhysicalResourceId: 'whatever-it-was' });
  assert.deepEqual(
    place.requests.map(({ body }) => body.PhysicalResourceId),
    ['empty-audit', 'empty-audit', 'empty-other', 'whatever-it-was'],
  );
});

test('an answer that is not taken at first is given again', async (t) => {
  const place = await cloudFormation(t, [500, 503]);
  await run(place, fakeS3([]));
  assert.deepEqual(place.requests, Array(3).fill(answered('SUCCESS', 'done')));
});

test('an answer that nobody takes fails the call, without the signed address', async (t) => {
  const place = await cloudFormation(t, [500, 500, 403]);
  await assert.rejects(run(place, fakeS3([])), {
    message: 'CloudFormation did not take the answer: status 403',
  });
  assert.equal(place.requests.length, 3);
  const nowhere = { url: 'http://127.0.0.1:9/secret' };
  await assert.rejects(run(nowhere, fakeS3([])), {
    message: 'CloudFormation did not take the answer: TypeError',
  });
});

test('a long reason is cut, so that CloudFormation takes it', async (t) => {
  const place = await cloudFormation(t);
  await run(place, async () => {
    throw new Error('é'.repeat(5000));
  });
  const [{ body }] = place.requests;
  assert.equal(body.Reason, `Error: ${'é'.repeat(493)}`);
  assert.equal(Buffer.byteLength(JSON.stringify(body)) < 4096, true);
});
