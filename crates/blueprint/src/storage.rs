//! The tables: two a tenant, under the tenant's key.
//!
//! A table's own policy is a second lock beside the identity policies: whatever those say, nobody
//! but the tenant's role and the operator's gets at the data. It denies data actions only, so that
//! who may delete tables can delete these.

use tenantry_policy::{Principal, Statement};
use tenantry_resources::{Key, Policy, Ref, Role, Table, Text};

use crate::builder::{Builder, Tenant};

/// The tables of a tenant: in the order of [`Tables`].
pub(crate) const TABLES: [&str; 2] = ["users", "data"];

/// What the tenants' function does with its tables.
pub(crate) const FUNCTION_ACTIONS: [&str; 6] = [
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
];

/// What the operator may do with every table: read.
const OPERATOR_ACTIONS: [&str; 3] = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"];

/// Every action that reads or writes items.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>
const DATA_ACTIONS: [&str; 13] = [
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLSelect",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
];

pub(crate) struct Tables {
    pub(crate) users: Ref<Table>,
    pub(crate) data: Ref<Table>,
}

pub(crate) fn tables(
    b: &mut Builder<'_>,
    tenant: &Tenant<'_>,
    key: &Ref<Key>,
    role: &Ref<Role>,
    operator: &Ref<Role>,
) -> Tables {
    let [users, data] = TABLES;
    let point_in_time_recovery = b.platform.options.point_in_time_recovery;
    let policy = |name: &str| table_policy(name, role, operator);
    let name = b.tenant_name(tenant, users);
    let users = Table {
        policy: policy(&name),
        name,
        partition_key: "pk",
        sort_key: "sk",
        // Answers that are kept for repeated requests expire.
        time_to_live: Some("expires_at"),
        key: key.clone(),
        point_in_time_recovery,
    };
    let name = b.tenant_name(tenant, data);
    let data = Table {
        policy: policy(&name),
        name,
        partition_key: "pk",
        sort_key: "sk",
        time_to_live: None,
        key: key.clone(),
        point_in_time_recovery,
    };
    Tables {
        users: b.graph.add(&tenant.component, tenant.id("UsersTable"), users),
        data: b.graph.add(&tenant.component, tenant.id("DataTable"), data),
    }
}

fn table_policy(name: &str, role: &Ref<Role>, operator: &Ref<Role>) -> Policy {
    // A table cannot refer to itself before it exists.
    let table = || vec![Text::arn("dynamodb", format!("table/{name}"))];
    Policy::new(vec![
        Statement::deny("NobodyElseReachesTheData", &DATA_ACTIONS).to_everyone().on(table()).when(
            "ArnNotEquals",
            "aws:PrincipalArn",
            vec![role.arn(), operator.arn()],
        ),
        Statement::allow("OperatorReads", &OPERATOR_ACTIONS)
            .to(vec![Principal::Aws(operator.arn())])
            .on(table()),
    ])
}
