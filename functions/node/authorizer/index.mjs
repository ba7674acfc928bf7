// API Gateway's TOKEN authorizer: whose token is it, and which routes may its bearer call.
import { createAuthorizer } from './authorizer.mjs';
import { readEnvironment } from './environment.mjs';

export const handler = createAuthorizer(readEnvironment(process.env));
