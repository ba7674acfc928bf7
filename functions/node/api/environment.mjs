// The function's environment, checked by form and against itself.
export const TENANT_ID_FORM = /^tenant-[a-z0-9]+(-[a-z0-9]+)*$/;
const SUBNET_FORM = /^subnet-[0-9a-f]{8,17}$/;

/**
 * @returns {{tenantId: string, subnets: string[], usersTable: string, dataTable: string}}
 * @throws {Error} naming the variable that is absent or wrong, never its value
 */
export function readEnvironment(variables) {
  const tenantId = required(variables, 'TENANT_ID');
  if (!TENANT_ID_FORM.test(tenantId)) {
    throw refusal('TENANT_ID', 'has to read tenant- and lower-case letters, digits and hyphens');
  }
  const subnets = required(variables, 'TENANT_SUBNET').split(',');
  if (subnets.length !== 2 || !subnets.every((id) => SUBNET_FORM.test(id))) {
    throw refusal('TENANT_SUBNET', 'has to be two subnet ids with a comma between them');
  }
  if (subnets[0] === subnets[1]) {
    throw refusal('TENANT_SUBNET', 'has to name two different subnets');
  }
  const usersTable = required(variables, 'USERS_TABLE');
  const dataTable = required(variables, 'DATA_TABLE');
  const suffix = suffixOf(tenantId, 'users', 'USERS_TABLE', usersTable);
  // Anchored at the tenant's whole id and at one suffix: tables of tenant-1-users-x and of another
  // platform in the same account are told apart.
  if (suffix !== suffixOf(tenantId, 'data', 'DATA_TABLE', dataTable)) {
    throw refusal('DATA_TABLE', 'has to end in the same suffix as USERS_TABLE');
  }
  return Object.freeze({ tenantId, subnets: Object.freeze(subnets), usersTable, dataTable });
}

function suffixOf(tenantId, kind, variable, table) {
  const start = `${tenantId}-${kind}-`;
  const suffix = table.slice(start.length);
  if (!table.startsWith(start) || !/^[a-z0-9-]+$/.test(suffix) || table.length > 255) {
    throw refusal(variable, `has to be TENANT_ID, -${kind}- and the suffix`);
  }
  return suffix;
}

function required(variables, name) {
  const value = variables[name];
  if (value === undefined || value === '') {
    throw refusal(name, 'is not set');
  }
  return value;
}

function refusal(name, fault) {
  return new Error(`${name} ${fault}: the function refuses to start`);
}
