// Log lines: whole lines of JSON, which metric filters and queries can read. They carry ids and
// counts, never a token, a body, an e-mail address or any other thing that a caller wrote.

/** One a request. */
export function accessLine(fields) {
  write({ level: 'info', event: 'request', ...fields });
}

/** Says where an unforeseen error came from; its message may quote data and stays out. */
export function errorLine({ requestId, tenantId, error }) {
  const stack = typeof error?.stack === 'string' ? error.stack : '';
  write({
    level: 'error',
    event: 'unexpected_error',
    requestId,
    tenantId,
    error: typeof error?.name === 'string' ? error.name : typeof error,
    at: stack.split('\n').map((line) => line.trim()).filter((line) => line.startsWith('at ')),
  });
}

/** A metric filter of the log group counts these lines, and those of unexpected errors. */
export function violationLine({ requestId, tenantId, authorizerTenantId, pathTenantId }) {
  write({
    level: 'error',
    event: 'isolation_violation',
    requestId,
    tenantId,
    authorizerTenantId,
    pathTenantId,
  });
}

// console.log would put the runtime's prefix before the JSON.
function write(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
