/**
 * Deletes all versions and delete markers in a bucket. Files that arrive meanwhile go
 * too: it is done when a look at the whole bucket finds nothing.
 *
 * @param {object} s3 a client with `listObjectVersions` and `deleteObjects`
 * @param {AbortSignal} signal ends the work with the signal's reason
 * @returns {Promise<number>} how many versions and markers were deleted
 * @throws {Error} the service's, or one that names what could not be deleted
 */
export async function emptyBucket(s3, bucket, signal) {
  if (typeof bucket !== 'string' || bucket === '') {
    throw new Error('the property BucketName must be the name of a bucket');
  }
  let removed = 0;
  try {
    for (let found = -1; found !== 0; removed += found) {
      found = await emptyOnce(s3, bucket, signal);
    }
  } catch (error) {
    if (error?.name !== 'NoSuchBucket') {
      throw error;
    }
  }
  return removed;
}

async function emptyOnce(s3, bucket, signal) {
  let found = 0;
  for await (const objects of pages(s3, bucket, signal)) {
    const answer = await s3.deleteObjects(
      { Bucket: bucket, Delete: { Objects: objects, Quiet: true } },
      { abortSignal: signal },
    );
    const [error, ...more] = answer.Errors ?? [];
    if (error) {
      const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
      throw new Error(`cannot delete ${error.Key}: ${error.Code}: ${error.Message}${others}`);
    }
    found += objects.length;
  }
  return found;
}

/** A page has at most 1,000 entries, which is as many as one DeleteObjects takes. */
async function* pages(s3, bucket, signal) {
  let next = {};
  do {
    signal.throwIfAborted();
    const page = await s3.listObjectVersions(
      { Bucket: bucket, MaxKeys: 1000, ...next },
      { abortSignal: signal },
    );
    const entries = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    if (entries.length > 0) {
      yield entries.map(({ Key, VersionId }) => ({ Key, VersionId }));
    }
    next = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : null;
  } while (next);
}
