// Answers that are no problem.

export function json(statusCode, body, headers = {}) {
  return {
    statusCode,
    headers: { 'Content-Type': 'application/json', ...COMMON, ...headers },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}

export function empty(statusCode, headers = {}) {
  return { statusCode, headers: { ...COMMON, ...headers }, body: '', isBase64Encoded: false };
}

const COMMON = Object.freeze({
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
});
