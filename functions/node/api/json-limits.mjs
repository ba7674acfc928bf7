// What JSON may hold beside its grammar, so that every reader takes it for the same and what is read
// back is what was written. Close to I-JSON (RFC 7493), and stricter with numbers.
//
// These rules are about the text: JSON.parse keeps the last of two members of one name, and another
// number than the one that is written, and tells nobody.

/** Deeper than any honest document, and far from what would exhaust the stack on writing. */
const DEPTH = 32;

// With the flag u, only a surrogate without its other half is a character of this class.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The tokens of a valid JSON text that matter here. No text can make it go back a step. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[{}[\]:]/gs;

/**
 * @param {string} text that JSON.parse takes
 * @returns {string | undefined} what is wrong with it
 */
export function checkJson(text) {
  /** The names so far of each object that is open; undefined for a list. */
  const open = [];
  let last;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : undefined);
      if (open.length > DEPTH) {
        return `the body may be ${DEPTH} levels deep at most`;
      }
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ':') {
      const names = open.at(-1);
      if (names.has(last)) {
        return 'an object has two members of one name';
      }
      names.add(last);
    } else if (token.startsWith('"')) {
      last = JSON.parse(token);
      if (LONE_SURROGATE.test(last)) {
        return 'a text holds half a surrogate pair';
      }
    } else if (!exact(token)) {
      return 'a number would not be kept exactly: send it as text';
    }
  }
  return undefined;
}

/**
 * Whether a number is read back with the value that is written: no digit rounded away, no zero
 * that has a sign, nothing whole beyond 2^53 - 1, from where on whole numbers have gaps.
 */
function exact(text) {
  const number = Number(text);
  if (Object.is(number, -0) || (Number.isInteger(number) && !Number.isSafeInteger(number))) {
    return false;
  }
  return Number.isFinite(number) && decimal(text) === decimal(String(number));
}

/** A number's one text: its digits without zeros at either end, and the place of its point. */
function decimal(text) {
  const [, sign, whole, fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  const digits = whole + fraction;
  let start = 0;
  let end = digits.length;
  while (start < end && digits[start] === '0') {
    start += 1;
  }
  while (end > start && digits[end - 1] === '0') {
    end -= 1;
  }
  if (start === end) {
    return '0';
  }
  const place = Number(exponent) + whole.length - start;
  return `${sign}${digits.slice(start, end)}e${place}`;
}
