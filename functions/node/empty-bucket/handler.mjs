import { answer } from './answer.mjs';
import { emptyBucket } from './bucket.mjs';

/** Milliseconds kept for telling CloudFormation, which else waits for an hour. */
const TIME_TO_ANSWER = 15_000;

/**
 * The handler of custom resource events. Every event is answered, whatever happens.
 *
 * @param {() => Promise<object>} connect gives the S3 client; called for a deletion only
 */
export function createHandler(connect) {
  return async function handler(event, context) {
    const outcome = await attempt(() => act(event, context, connect));
    log(event, context, outcome);
    await answer(event, outcome);
  };
}

async function attempt(action) {
  try {
    return { status: 'SUCCESS', removed: await action() };
  } catch (error) {
    return { status: 'FAILED', reason: `${error?.name}: ${error?.message}` };
  }
}

async function act(event, context, connect) {
  switch (event.RequestType) {
    case 'Create':
    case 'Update':
      return 0;
    case 'Delete':
      return beforeTimeIsUp(context, async (signal) =>
        emptyBucket(await connect(), event.ResourceProperties?.BucketName, signal),
      );
    default:
      throw new Error(`an unknown request type: ${event.RequestType}`);
  }
}

/** Gives up, and lets go of what is under way, while there is time left to answer. */
async function beforeTimeIsUp(context, work) {
  const stop = new AbortController();
  let timer;
  const timeIsUp = new Promise((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error('the bucket is not empty yet; delete the stack again to go on');
      stop.abort(error);
      reject(error);
    }, Math.max(0, context.getRemainingTimeInMillis() - TIME_TO_ANSWER));
  });
  try {
    return await Promise.race([work(stop.signal), timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}

function log(event, context, { status, reason, removed }) {
  const line = {
    level: status === 'SUCCESS' ? 'info' : 'error',
    event: 'custom_resource',
    requestType: event.RequestType,
    status,
    reason,
    removed,
    requestId: context?.awsRequestId,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
