// What a function logs, kept off the screen.

/**
 * Runs `action`; gives what it answered or threw, and the text of what it logged. Other lines pass: the test runner
 * speaks over the same stream.
 */
export async function recordLog(action) {
  const write = process.stdout.write;
  let log = '';
  process.stdout.write = function record(chunk, ...rest) {
    if (typeof chunk === 'string' && chunk.startsWith('{"level"')) {
      log += chunk;
      return true;
    }
    return write.call(process.stdout, chunk, ...rest);
  };
  try {
    const answer = await action();
    return { answer, log };
  } catch (error) {
    return { error, log };
  } finally {
    process.stdout.write = write;
  }
}
