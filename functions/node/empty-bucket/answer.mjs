const ATTEMPTS = 3;
/** Milliseconds, each. */
const ATTEMPT_TIMEOUT = 4_000;
/** Characters. CloudFormation takes an answer of at most 4,096 bytes. */
const LONGEST_REASON = 500;

/**
 * Tells CloudFormation how a request ended.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 *
 * @param {{status: 'SUCCESS'|'FAILED', reason?: string}} outcome
 * @throws {Error} when nobody takes the answer; Lambda then calls the function again
 */
export async function answer(event, { status, reason }) {
  const body = JSON.stringify({
    Status: status,
    Reason: (reason ?? 'done').slice(0, LONGEST_REASON),
    PhysicalResourceId: physicalId(event),
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  });
  let failure;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      const response = await fetch(event.ResponseURL, {
        method: 'PUT',
        // The address is signed for an answer without a content type.
        headers: { 'content-type': '' },
        body: Buffer.from(body),
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT),
      });
      if (response.ok) {
        return;
      }
      failure = `status ${response.status}`;
    } catch (error) {
      failure = error?.cause?.code ?? error?.name;
    }
  }
  // The address is a credential: it must not get into a log with the error.
  throw new Error(`CloudFormation did not take the answer: ${failure}`);
}

/** The same for one bucket. Another bucket is another resource, and the old one is emptied. */
function physicalId(event) {
  return event.PhysicalResourceId && event.RequestType === 'Delete'
    ? event.PhysicalResourceId
    : `empty-${event.ResourceProperties?.BucketName}`;
}
