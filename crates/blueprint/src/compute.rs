//! The tenants' functions: the same code for all, each under a role and in subnets of its own.

use std::borrow::Cow;

use tenantry_policy::Statement;
use tenantry_resources::{
    Function, Key, LogGroup, Network, NodeOptions, Policy, Ref, Role, RolePolicy, Table, Text,
    Waiver,
};

use crate::application::{Service, TenantTable};
use crate::arns::log_group_name;
use crate::builder::{Builder, Tenant};
use crate::network::TenantNetwork;
use crate::service_role::{service_trust, via_dynamodb};
use crate::storage::Access;
use crate::{encryption, logging};

/// The newest managed runtime that the emulator has as well.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>
pub(crate) const RUNTIME: &str = "nodejs22.x";

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

/// A service of a tenant's, as it runs.
pub(crate) struct Running<'a> {
    pub(crate) service: &'a Service,
    pub(crate) function: Ref<Function>,
    pub(crate) log: Ref<LogGroup>,
}

/// The roles that a tenant's functions run under, in the order of the services. What each may do is
/// added once the resources are there that it may do it to.
pub(crate) fn roles(b: &mut Builder<'_>, tenant: &Tenant<'_>) -> Vec<Ref<Role>> {
    let role = |b: &Builder<'_>, service: &Service| Role {
        name: b.tenant_name(tenant, &service.thing("role")),
        description: service.of(&tenant.config.id),
        trust: Policy::new(vec![service_trust("lambda.amazonaws.com")]),
        // Network interfaces have no owner that a policy could name; AWS keeps this list of actions
        // shorter than anyone else would. The wider AWSLambdaVPCAccessExecutionRole may also write
        // every log group.
        managed_policies: vec![Text::managed_policy_arn(
            "service-role/AWSLambdaENIManagementAccess",
        )],
    };
    let mut roles = Vec::with_capacity(b.application.services.len());
    for service in &b.application.services {
        let role = role(b, service);
        roles.push(b.graph.add(&tenant.component, tenant.id(&service.id("Role")), role));
    }
    roles
}

/// The tenant's functions. `roles` and `logs` are those of the services, in their order.
pub(crate) fn functions<'a>(
    b: &mut Builder<'a>,
    tenant: &Tenant<'_>,
    roles: Vec<Ref<Role>>,
    key: &Ref<Key>,
    tables: &[Ref<Table>],
    network: &TenantNetwork,
    logs: Vec<Ref<LogGroup>>,
) -> Vec<Running<'a>> {
    let application = b.application;
    let mut running = Vec::with_capacity(application.services.len());
    for ((service, role), log) in application.services.iter().zip(roles).zip(logs) {
        let used: Vec<_> = application
            .tables
            .iter()
            .zip(tables)
            .filter_map(|(table, reference)| {
                let used = service.uses.iter().find(|(name, _)| *name == table.name)?;
                Some(Used { table, reference, access: used.1 })
            })
            .collect();
        let policy = role_policy(b, tenant, service, &role, key, &used);
        let id = tenant.id(&service.id("RolePolicy"));
        let policy = b.graph.add(&tenant.component, id, policy);
        let function = Function {
            name: b.tenant_name(tenant, service.function()),
            description: service.description(&tenant.config.id),
            code: service.code.clone(),
            runtime: service.runtime.clone(),
            handler: service.handler.clone(),
            architecture: service.architecture,
            memory_mib: service.memory_mib,
            timeout_seconds: service.timeout_seconds,
            role,
            environment: environment(tenant, service, network, &used),
            network: Some(Network {
                subnets: network.subnets.to_vec(),
                security_groups: vec![network.security_group.clone()],
            }),
            log_group: log.clone(),
        };
        let options = NodeOptions {
            // Without its permissions the first calls would fail.
            depends_on: vec![policy.logical_id().clone()],
            waivers: FUNCTION_WAIVERS.to_vec(),
        };
        let id = tenant.id(&service.id("Function"));
        let function = b.graph.add_with(&tenant.component, id, function, options);
        running.push(Running { service, function, log });
    }
    running
}

/// A table that a service uses.
struct Used<'a> {
    table: &'a TenantTable,
    reference: &'a Ref<Table>,
    access: Access,
}

fn environment(
    tenant: &Tenant<'_>,
    service: &Service,
    network: &TenantNetwork,
    used: &[Used<'_>],
) -> Vec<(Cow<'static, str>, Text)> {
    let subnets = network.subnets.each_ref().map(|subnet| subnet.id());
    let mut variables = vec![
        ("TENANT_ID".into(), tenant.config.id.to_string().into()),
        ("TENANT_SUBNET".into(), Text::join(subnets, ",")),
    ];
    for Used { table, reference, .. } in used {
        variables.push((table.variable().into(), reference.id()));
    }
    for (name, value) in &service.environment {
        variables.push((name.clone().into(), value.clone().into()));
    }
    variables
}

fn role_policy(
    b: &Builder<'_>,
    tenant: &Tenant<'_>,
    service: &Service,
    role: &Ref<Role>,
    key: &Ref<Key>,
    used: &[Used<'_>],
) -> RolePolicy {
    let mut statements = Vec::new();
    for access in Access::ALL {
        let granted = used.iter().filter(|used| used.access == access);
        let arns: Vec<Text> = granted
            .flat_map(|used| {
                let indexes = used
                    .table
                    .indexes
                    .iter()
                    .map(|index| used.reference.arn().then(format!("/index/{}", index.name)));
                std::iter::once(used.reference.arn()).chain(indexes)
            })
            .collect();
        if !arns.is_empty() {
            statements.push(Statement::allow(access.of_role(), access.actions()).on(arns));
        }
    }
    if !used.is_empty() {
        statements.push(
            Statement::allow("UseItsKeyThroughDynamodb", &encryption::DYNAMODB_USE)
                .on(vec![key.arn()])
                .when("StringEquals", "kms:ViaService", vec![via_dynamodb()]),
        );
    }
    statements.push(logging::writes_to(&log_group_name(b, tenant, service)));
    RolePolicy {
        name: b.tenant_name(tenant, &service.thing("policy")),
        role: role.clone(),
        policy: Policy::new(statements),
    }
}
