// A CloudFormation custom resource: when it is deleted, it empties a bucket, so that the bucket can
// be deleted after it.
import { createHandler } from './handler.mjs';

export const handler = createHandler(async () => {
  const { S3 } = await import('@aws-sdk/client-s3');
  // Path-style addresses are right for AWS, and for an emulator that has one host name only.
  return new S3({ forcePathStyle: true });
});
