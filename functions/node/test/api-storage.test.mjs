// What the API answers when DynamoDB does not: a server of its own stands in, because the emulator
// never refuses for lack of capacity.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { caller, environmentOf, event, logged } from './api-harness.mjs';

let server;
let handler;
let fault;
before(async () => {
  server = createServer((request, response) => {
    request.resume();
    if (fault === undefined) {
      return;
    }
    response.writeHead(fault.status, { 'Content-Type': 'application/x-amz-json-1.0' });
    const type = `com.amazonaws.dynamodb.v20120810#${fault.type}`;
    response.end(JSON.stringify({ __type: type, message: 'secret', ...fault.more }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, environmentOf('tenant-001', 'prod'), {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.address().port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  ({ handler } = await import('../api/index.mjs'));
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const cancelled = (Code) => ({ CancellationReasons: [{ Code: 'None' }, { Code }] });
const CASES = [
  ['ProvisionedThroughputExceededException', 400, 'GET', 429],
  ['ThrottlingException', 400, 'GET', 429],
  ['RequestLimitExceeded', 400, 'GET', 429],
  ['InternalServerError', 500, 'GET', 503],
  ['ServiceUnavailable', 503, 'GET', 503],
  ['TransactionCanceledException', 400, 'POST', 429, cancelled('ThrottlingError')],
  ['TransactionCanceledException', 400, 'POST', 503, cancelled('TransactionConflict')],
  ['TransactionCanceledException', 400, 'POST', 500, cancelled('ValidationError')],
  ['AccessDeniedException', 400, 'GET', 500],
  ['ResourceNotFoundException', 400, 'GET', 500],
  ['ValidationException', 400, 'GET', 500],
];
for (const [type, status, method, expected, more] of CASES) {
  const reason = more?.CancellationReasons[1].Code;
  test(`${type}${reason ? ` for ${reason}` : ''} answers ${expected}`, async () => {
    fault = { type, status, more };
    const body = method === 'POST' ? { email: 'x@example.org' } : undefined;
    const sent = event(`${method} /users`, { body });
    const { result, lines } = await logged(() => caller(handler)(sent));
    assert.equal(result.status, expected);
    assert.equal(result.headers['Retry-After'], expected === 500 ? undefined : '1');
    assert.equal(result.body.requestId, sent.requestContext.requestId);
    assert.equal(result.headers['Content-Type'], 'application/problem+json');
    assert.doesNotMatch(JSON.stringify([result, lines]), /secret|Exception"?,"message/);
    if (expected === 500) {
      assert.deepEqual(Object.keys(result.body), ['title', 'status', 'requestId']);
      const [line] = lines.filter((entry) => entry.event === 'unexpected_error');
      assert.equal(line.error, type);
      assert.ok(line.at.length > 0);
    }
  });
}

test('a table that never answers gets the caller a 503', async () => {
  fault = undefined;
  const { result } = await logged(() => caller(handler)('GET /users'));
  assert.equal(result.status, 503);
  assert.equal(result.headers['Retry-After'], '1');
});
