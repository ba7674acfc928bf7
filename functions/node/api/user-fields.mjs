// The fields of a user that a caller may write.
import { isPersonName } from './person-name.mjs';
import { Problem } from './problem.mjs';

export const FIELDS = ['email', 'name'];

// ASCII alone, so that no address looks like another and is not. The local part is RFC 5321's
// dot-string; the domain has two labels or more.
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const EMAIL = new RegExp(`^(?=.{1,64}@)${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})+$`);
const EMAIL_LENGTH = 254;

/** @throws {Problem} 400 */
export function email(value) {
  if (typeof value !== 'string' || value.length > EMAIL_LENGTH || !EMAIL.test(value)) {
    throw new Problem(400, 'email has to be an e-mail address in ASCII', { pointer: '/email' });
  }
  return value;
}

/** @throws {Problem} 400 */
export function name(value) {
  if (typeof value !== 'string' || !isPersonName(value)) {
    throw new Problem(400, 'name has to be 1 to 200 characters, all of which are seen', {
      pointer: '/name',
    });
  }
  return value;
}

/** Two addresses are the same user's when these are equal. */
export function normalised(address) {
  return address.toLowerCase();
}
