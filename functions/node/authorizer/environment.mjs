// The form of a user pool's id; its first part is the region.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolType.html
const USER_POOL_ID = /^(?<region>[a-z]{2}(?:-[a-z]+)+-[0-9])_[0-9A-Za-z]{1,55}$/;
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html
const CLIENT_ID = /^[0-9A-Za-z_+]{1,128}$/;
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * What the function was deployed with.
 *
 * @returns {{issuer: string, clientId: string, jwksUri: string, methods?: string[]}}
 * @throws {Error} that names the variable: a function with a wrong environment must not start
 */
export function readEnvironment(env) {
  const pool = USER_POOL_ID.exec(env.USER_POOL_ID ?? '');
  if (!pool) {
    throw new Error('USER_POOL_ID must be the id of a Cognito user pool, like us-east-1_Ab12Cd34E');
  }
  if (!CLIENT_ID.test(env.USER_POOL_CLIENT_ID ?? '')) {
    throw new Error('USER_POOL_CLIENT_ID must be the id of a client of the user pool');
  }
  const { region } = pool.groups;
  const issuer = `https://cognito-idp.${region}.amazonaws.com/${env.USER_POOL_ID}`;
  return {
    issuer,
    clientId: env.USER_POOL_CLIENT_ID,
    jwksUri:
      env.JWKS_URI === undefined
        ? `${issuer}/.well-known/jwks.json`
        : onLoopback(env.JWKS_URI),
    ...(env.TENANT_METHODS === undefined ? {} : { methods: methodsOf(env.TENANT_METHODS) }),
  };
}

/** Anything but methods by their names could widen a policy. */
function methodsOf(text) {
  const methods = text.split(',');
  if (!methods.every((method) => METHODS.includes(method))) {
    throw new Error('TENANT_METHODS must be HTTP methods with commas between them, like GET,POST');
  }
  return methods;
}

/** Keys from another place are keys to every tenant, so that place is this machine or none. */
function onLoopback(text) {
  let address;
  try {
    address = new URL(text);
  } catch {
    throw new Error('JWKS_URI must be an address');
  }
  const plain = address.username === '' && address.password === '';
  if (address.protocol !== 'http:' || !LOOPBACK.includes(address.hostname) || !plain) {
    throw new Error('JWKS_URI is for an emulator: http on 127.0.0.1, localhost or [::1]');
  }
  return address.href;
}
