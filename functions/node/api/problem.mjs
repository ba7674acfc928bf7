// Refusals and failures as problem details (RFC 9457).

const TITLES = new Map([
  [400, 'Bad Request'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [409, 'Conflict'],
  [412, 'Precondition Failed'],
  [413, 'Content Too Large'],
  [415, 'Unsupported Media Type'],
  [422, 'Unprocessable Content'],
  [428, 'Precondition Required'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [503, 'Service Unavailable'],
]);

/** What ends a request early. `detail` is text of this program, never of the caller. */
export class Problem extends Error {
  constructor(status, detail, { pointer, headers } = {}) {
    super(TITLES.get(status));
    this.status = status;
    this.detail = detail;
    /** Where in the body the fault is: a JSON pointer (RFC 6901). */
    this.pointer = pointer;
    this.headers = headers;
  }
}

export function problemResponse(problem, requestId) {
  return {
    statusCode: problem.status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...problem.headers,
    },
    body: JSON.stringify({
      title: problem.message,
      status: problem.status,
      detail: problem.detail,
      pointer: problem.pointer,
      requestId,
    }),
    isBase64Encoded: false,
  };
}
