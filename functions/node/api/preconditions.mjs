// Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13).
import { Problem } from './problem.mjs';
import { headerValues } from './request.mjs';

const TAG = /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

/**
 * @returns {{match?: Condition, noneMatch?: Condition}} where a condition is `'*'` or a list of tags
 * @throws {Problem} 400 when a header is malformed
 */
export function preconditions(event) {
  return { match: condition(event, 'If-Match'), noneMatch: condition(event, 'If-None-Match') };
}

/**
 * Decides, in the order of section 13.2.2, whether a request may go on.
 * @param {string | undefined} etag of what is there now; undefined when nothing is
 * @throws {Problem} 412
 */
export function checkPreconditions({ match, noneMatch }, etag) {
  if (match !== undefined && !matches(match, etag, strong)) {
    throw new Problem(412, 'it is no longer what If-Match names');
  }
  if (noneMatch !== undefined && matches(noneMatch, etag, weak)) {
    throw new Problem(412, 'it is what If-None-Match rules out');
  }
}

/** @returns {boolean} whether a GET is to be answered with 304 */
export function notModified({ match, noneMatch }, etag) {
  checkPreconditions({ match }, etag);
  return noneMatch !== undefined && matches(noneMatch, etag, weak);
}

/** @throws {Problem} 428: a change without it could overwrite a change of somebody else's */
export function requireMatch({ match }) {
  if (match === undefined) {
    throw new Problem(428, 'send If-Match with the ETag of what you have read');
  }
}

function condition(event, name) {
  const values = headerValues(event, name);
  if (values.length === 0) {
    return undefined;
  }
  const text = values.join(',').trim();
  if (text === '*') {
    return '*';
  }
  const tags = split(text);
  if (tags.length === 0 || !tags.every((tag) => TAG.test(tag))) {
    throw new Problem(400, `${name} has to be * or a list of entity tags`);
  }
  return tags;
}

// A comma may stand inside of a tag; empty elements of a list count for nothing (section 5.6.1).
function split(text) {
  const parts = text.match(/(?:"[^"]*"?|[^",])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function matches(condition, etag, comparison) {
  if (etag === undefined) {
    return false;
  }
  return condition === '*' || condition.some((tag) => comparison(tag, etag));
}

// Own tags are all strong.
function strong(tag, etag) {
  return tag === etag;
}

function weak(tag, etag) {
  return tag.replace(/^W\//, '') === etag;
}
