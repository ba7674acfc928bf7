// What a request carries: headers, query, body.
import { Problem } from './problem.mjs';
import { checkJson } from './json-limits.mjs';

/** All the values of a header, in their order. Names of headers have no case. */
export function headerValues(event, name) {
  const wanted = name.toLowerCase();
  const values = [];
  for (const [key, value] of Object.entries(event.multiValueHeaders ?? event.headers ?? {})) {
    if (key.toLowerCase() === wanted) {
      values.push(...[value].flat());
    }
  }
  return values.filter((value) => typeof value === 'string');
}

/** A header that may be there once at most. */
export function header(event, name) {
  const values = headerValues(event, name);
  if (values.length > 1) {
    throw new Problem(400, `${name} may be there once only`);
  }
  return values[0];
}

/** @returns {Map<string, string>} the query, of which each name is known and there once only */
export function query(event, names) {
  const source = event.multiValueQueryStringParameters ?? event.queryStringParameters ?? {};
  const result = new Map();
  for (const [name, value] of Object.entries(source)) {
    const values = [value].flat();
    if (!names.includes(name)) {
      throw new Problem(400, `the query may have: ${names.join(', ') || 'nothing'}`);
    }
    if (values.length !== 1 || typeof values[0] !== 'string') {
      throw new Problem(400, `${name} may be in the query once only`);
    }
    result.set(name, values[0]);
  }
  return result;
}

/**
 * The body as an object whose members are all among `fields`.
 * @throws {Problem} 400, 413 or 415
 */
export function body(event, { fields, limit, types = ['application/json'] }) {
  checkType(event, types);
  const value = parsed(bodyText(event, limit));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new Problem(400, 'the body has to be a JSON object', { pointer: '' });
  }
  if (Object.keys(value).some((name) => !fields.includes(name))) {
    throw new Problem(400, `the body may have: ${fields.join(', ')}`, { pointer: '' });
  }
  // Without a prototype, a field that is absent is undefined whatever its name.
  return Object.assign(Object.create(null), value);
}

function checkType(event, types) {
  const encoding = header(event, 'Content-Encoding');
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw new Problem(415, 'the body may have no content encoding');
  }
  const [type, ...parameters] = (header(event, 'Content-Type') ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const utf8 = ['charset=utf-8', 'charset="utf-8"'];
  if (!types.includes(type) || !parameters.every((parameter) => utf8.includes(parameter))) {
    throw new Problem(415, `the body has to be ${types.join(' or ')} in UTF-8`, {
      headers: { Accept: types.join(', ') },
    });
  }
}

/**
 * The body's text. API Gateway sends bytes in base64, or a text in which it has put U+FFFD for each
 * byte that is no UTF-8. Bytes tell; in a text that character could be either, so it is refused in
 * both: who means it writes \ufffd.
 */
function bodyText(event, limit) {
  const sent = event.body ?? '';
  if (typeof sent !== 'string') {
    throw new Problem(400, 'the body has to be text');
  }
  const encoded = event.isBase64Encoded === true;
  // Base64 has four characters for three bytes: too much is refused before it is decoded.
  if (sent.length > (encoded ? Math.ceil(limit / 3) * 4 : limit)) {
    throw tooLarge(limit);
  }
  // Half a surrogate pair becomes U+FFFD here.
  const bytes = Buffer.from(sent, encoded ? 'base64' : 'utf8');
  if (encoded && bytes.toString('base64') !== sent) {
    throw new Problem(400, 'the body is no base64');
  }
  if (bytes.length > limit) {
    throw tooLarge(limit);
  }
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem(400, 'the body is no UTF-8');
  }
  if (text.includes('\ufffd')) {
    throw new Problem(400, 'the body is no UTF-8, or has U+FFFD, which has to be written \\ufffd');
  }
  return text;
}

/** @returns {Problem} 413 */
export function tooLarge(limit) {
  return new Problem(413, `the body may have ${limit} bytes at most`);
}

function parsed(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem(400, 'the body is no JSON');
  }
  const fault = checkJson(text);
  if (fault !== undefined) {
    throw new Problem(400, fault);
  }
  return value;
}
