//! The tenants' functions: the same code for all, each under a role and in subnets of its own.

use tenantry_policy::Statement;
use tenantry_resources::{
    Function, Key, LogGroup, Network, NodeOptions, Policy, Ref, Role, RolePolicy, Text, Waiver,
};

use crate::arns::tenant_log_group_name;
use crate::builder::{Builder, Tenant};
use crate::network::TenantNetwork;
use crate::service_role::{service_trust, via_dynamodb};
use crate::storage::Tables;
use crate::{encryption, logging, storage};

/// The newest managed runtime that the emulator has as well.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>
pub(crate) const RUNTIME: &str = "nodejs22.x";

const MEMORY_MIB: u16 = 256;
/// API Gateway waits 29 seconds for an answer; nothing here needs as long.
const TIMEOUT_SECONDS: u16 = 10;

/// What scanners ask of every function and none of these has.
pub(crate) const FUNCTION_WAIVERS: [Waiver; 5] = [
    Waiver {
        rule: "CKV_AWS_50",
        reason: "tenants' subnets reach DynamoDB and nothing else, so not X-Ray either",
    },
    Waiver {
        rule: "CKV_AWS_115",
        reason: "reserved concurrency is a share of the account's; the stage throttles each tenant",
    },
    Waiver {
        rule: "CKV_AWS_116",
        reason: "the function is called synchronously, and dead letters are for asynchronous calls",
    },
    Waiver {
        rule: "CKV_AWS_173",
        reason: "the environment holds names and ids, nothing that is secret",
    },
    Waiver {
        rule: "CKV_AWS_272",
        reason: "the code is named by its hash; signing needs a profile of the customer's own",
    },
];

/// The role that a tenant's function runs under. What it may do is added once the resources are
/// there that it may do it to.
pub(crate) fn role(b: &mut Builder<'_>, tenant: &Tenant<'_>) -> Ref<Role> {
    let role = Role {
        name: b.tenant_name(tenant, "role"),
        description: format!("The function of {}", tenant.config.id),
        trust: Policy::new(vec![service_trust("lambda.amazonaws.com")]),
        // Network interfaces have no owner that a policy could name; AWS keeps this list of actions
        // shorter than anyone else would. The wider AWSLambdaVPCAccessExecutionRole may also write
        // every log group.
        managed_policies: vec![Text::managed_policy_arn(
            "service-role/AWSLambdaENIManagementAccess",
        )],
    };
    b.graph.add(&tenant.component, tenant.id("Role"), role)
}

pub(crate) fn function(
    b: &mut Builder<'_>,
    tenant: &Tenant<'_>,
    role: &Ref<Role>,
    key: &Ref<Key>,
    tables: &Tables,
    network: &TenantNetwork,
    log_group: &Ref<LogGroup>,
) -> Ref<Function> {
    let policy = role_policy(b, tenant, role, key, tables);
    let policy = b.graph.add(&tenant.component, tenant.id("RolePolicy"), policy);
    let function = Function {
        name: b.tenant_name(tenant, "api"),
        description: format!("The API of {}", tenant.config.id),
        code: b.code.api.clone(),
        runtime: RUNTIME,
        memory_mib: MEMORY_MIB,
        timeout_seconds: TIMEOUT_SECONDS,
        role: role.clone(),
        environment: vec![
            ("TENANT_ID", tenant.config.id.to_string().into()),
            (
                "TENANT_SUBNET",
                Text::join(network.subnets.each_ref().map(|subnet| subnet.id()), ","),
            ),
            ("USERS_TABLE", tables.users.id()),
            ("DATA_TABLE", tables.data.id()),
        ],
        network: Some(Network {
            subnets: network.subnets.to_vec(),
            security_groups: vec![network.security_group.clone()],
        }),
        log_group: log_group.clone(),
    };
    let options = NodeOptions {
        // Without its permissions the first calls would fail.
        depends_on: vec![policy.logical_id().clone()],
        waivers: FUNCTION_WAIVERS.to_vec(),
    };
    b.graph.add_with(&tenant.component, tenant.id("Function"), function, options)
}

fn role_policy(
    b: &Builder<'_>,
    tenant: &Tenant<'_>,
    role: &Ref<Role>,
    key: &Ref<Key>,
    tables: &Tables,
) -> RolePolicy {
    RolePolicy {
        name: b.tenant_name(tenant, "policy"),
        role: role.clone(),
        policy: Policy::new(vec![
            Statement::allow("UseItsTables", &storage::FUNCTION_ACTIONS)
                .on(vec![tables.users.arn(), tables.data.arn()]),
            Statement::allow("UseItsKeyThroughDynamodb", &encryption::DYNAMODB_USE)
                .on(vec![key.arn()])
                .when("StringEquals", "kms:ViaService", vec![via_dynamodb()]),
            logging::writes_to(&tenant_log_group_name(b, tenant)),
        ]),
    }
}
