// Forms of the names in paths: unreserved characters alone (RFC 3986, section 2.3), and no dot
// segment, so that no step on the way can read them in another way.
export const USER_ID_FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const COLLECTION_FORM = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
export const KEY_FORM = /^[A-Za-z0-9_][A-Za-z0-9._~-]{0,254}$/;
