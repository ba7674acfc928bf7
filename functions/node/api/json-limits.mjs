// What JSON may hold beside its grammar, so that what is read back is what was written.

/** Deeper than any honest document, and far from what would exhaust the stack on writing. */
const DEPTH = 32;

// With the flag u, only a surrogate without its other half is a character of this class.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @returns {string | undefined} what is wrong with a parsed value */
export function checkJson(root) {
  const pending = [[root, 1]];
  while (pending.length > 0) {
    const [value, depth] = pending.pop();
    if (typeof value === 'string' && LONE_SURROGATE.test(value)) {
      return 'a text holds half a surrogate pair';
    }
    // Beyond these, JavaScript would keep another number than the one that was sent.
    if (typeof value === 'number' && !exact(value)) {
      return 'a number is too large to be kept exactly: send it as text';
    }
    if (value !== null && typeof value === 'object') {
      if (depth > DEPTH) {
        return `the body may be ${DEPTH} levels deep at most`;
      }
      for (const [name, member] of Object.entries(value)) {
        pending.push([name, depth], [member, depth + 1]);
      }
    }
  }
  return undefined;
}

function exact(number) {
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
}
