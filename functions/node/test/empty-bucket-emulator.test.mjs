// The whole function, with the real SDK, against a real S3 API.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { startEmulator } from './emulator.mjs';

test('a versioned bucket can be deleted after it was emptied, and not before', async (t) => {
  const emulator = await startEmulator();
  t.after(() => emulator.stop());
  const { S3 } = await import('@aws-sdk/client-s3');
  const s3 = new S3({ forcePathStyle: true });
  const Bucket = `empty-bucket-${process.pid}-${Date.now()}`;
  await s3.createBucket({ Bucket });
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
  for (const Body of ['first', 'second']) {
    await s3.putObject({ Bucket, Key: 'AWSLogs/a b+ü.json', Body });
  }
  await s3.putObject({ Bucket, Key: 'deleted', Body: 'x' });
  await s3.deleteObject({ Bucket, Key: 'deleted' });
  const { Versions, DeleteMarkers } = await s3.listObjectVersions({ Bucket });
  assert.deepEqual([Versions.length, DeleteMarkers.length], [3, 1]);
  await assert.rejects(s3.deleteBucket({ Bucket }), { name: 'BucketNotEmpty' });

  const { handler } = await import('../empty-bucket/index.mjs');
  for (const expected of ['emptied', 'empty', 'gone']) {
    if (expected === 'gone') {
      await s3.deleteBucket({ Bucket });
    }
    assert.equal((await call(t, handler, Bucket)).Status, 'SUCCESS', expected);
  }
});

/** Calls the function as CloudFormation does. @returns the answer's body */
async function call(t, handler, BucketName) {
  let body = '';
  const server = createServer(async (request, response) => {
    for await (const chunk of request) {
      body += chunk;
    }
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const event = {
    RequestType: 'Delete',
    ResponseURL: `http://127.0.0.1:${server.address().port}/`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'EmptyBucket',
    PhysicalResourceId: `empty-${BucketName}`,
    ResourceProperties: { BucketName },
  };
  await handler(event, { awsRequestId: 'lambda', getRemainingTimeInMillis: () => 60_000 });
  return JSON.parse(body);
}
