// What @cloud-copilot/iam-simulate decides: reads one request with its policies a line, as JSON (the `Case` of
// crates/policy/tests/support/random.rs), and prints `allow`, `deny` or `refused WHY` a line. The test
// crates/policy/tests/simulator starts it. It runs as a process of its own: its licence is the AGPL.
//
//     node iam_simulate.mjs FOLDER      the folder in which node_modules lies
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(pathToFileURL(resolve(process.argv[2] ?? '.', 'package.json')))
const { runSimulation, anonymousPrincipal } = require('@cloud-copilot/iam-simulate')

const TYPES = { session: 'AssumedRole', user: 'User', root: 'Account', anonymous: 'Anonymous' }

function principal({ caller, account }) {
  switch (caller.kind) {
    case 'session':
    case 'user':
      return caller.arn
    case 'root':
      return `arn:aws:iam::${account}:root`
    case 'service':
      return caller.name
    default:
      return anonymousPrincipal
  }
}

// What AWS says of the caller and the resource in every request, and what the case adds.
function context(one) {
  const { caller, account } = one
  const said = { 'aws:ResourceAccount': one.resource_account }
  const anonymous = caller.kind === 'anonymous'
  if (anonymous) said['aws:PrincipalAccount'] = 'anonymous'
  else said['aws:PrincipalIsAWSService'] = String(caller.kind === 'service')
  if (account) said['aws:PrincipalAccount'] = account
  if (caller.kind === 'service') said['aws:PrincipalServiceName'] = caller.name
  if (TYPES[caller.kind]) said['aws:PrincipalType'] = TYPES[caller.kind]
  const arn = caller.kind === 'session' ? caller.role : caller.kind === 'service' || anonymous ? undefined : principal(one)
  if (arn) said['aws:PrincipalArn'] = arn
  for (const [key, value] of Object.entries(one.principal_tags)) said[`aws:PrincipalTag/${key}`] = value
  for (const [key, value] of Object.entries(one.resource_tags)) said[`aws:ResourceTag/${key}`] = value
  return { ...said, ...one.context }
}

// `*:*` is `*` in other words; the simulator refuses the first.
function plain(policy) {
  return policy && JSON.parse(JSON.stringify(policy).replaceAll('"*:*"', '"*"'))
}

// The first thing that it finds wrong: of a policy a message, else the name of the error.
function why(errors) {
  const found = Object.values(errors).flatMap((each) => (Array.isArray(each) ? each : Object.values(each).flat()))
  return found.find((each) => each?.message)?.message ?? errors.message
}

async function decide(one) {
  const anonymous = one.caller.kind === 'anonymous'
  const has = !anonymous && one.caller.kind !== 'service' && one.caller.kind !== 'root'
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
  const named = (name, policy) => ({ name, policy: plain(policy) })
  const simulation = {
    request: {
      principal: principal(one),
      action: one.action,
      resource: { resource: one.resource, accountId: one.resource_account },
      contextVariables: context(one),
    },
    identityPolicies: has ? [named('own', one.identity)] : one.caller.kind === 'root' ? [named('root', everything)] : [],
    permissionBoundaryPolicies: has && one.boundary ? [named('boundary', one.boundary)] : undefined,
    sessionPolicy: has && one.caller.kind === 'session' && one.session ? plain(one.session) : undefined,
    // They limit the principals of an organization's accounts, and so no service.
    serviceControlPolicies: anonymous || one.caller.kind === 'service'
      ? []
      : (one.organization ?? []).map((policies, level) => ({
          orgIdentifier: `ou-${level}`,
          policies: policies.map((policy, at) => named(`scp-${at}`, policy)),
        })),
    resourceControlPolicies: [],
    resourcePolicy: plain(one.resource_policy) ?? undefined,
    vpcEndpointPolicies: one.endpoint ? [named('endpoint', one.endpoint)] : undefined,
  }
  const { resultType, errors, overallResult } = await runSimulation(simulation, {})
  if (resultType === 'error') return `refused ${why(errors)}`
  return overallResult === 'Allowed' ? 'allow' : 'deny'
}

for await (const line of createInterface({ input: process.stdin })) {
  // It throws where a set operator meets a key that holds one value.
  console.log(await decide(JSON.parse(line)).catch((error) => `refused ${error.message}`))
}
