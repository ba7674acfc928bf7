//! The tables: a tenant's own, under the tenant's key.
//!
//! A table's own policy is a second lock beside the identity policies: whatever those say, nobody
//! but the tenant's roles that use it and the operator's gets at the data. It denies data actions only, so that
//! who may delete tables can delete these.

use tenantry_policy::{Principal, Statement};
use tenantry_resources::{Key, Policy, Ref, Role, Table, Text};

use crate::application::{Service, TenantTable};
use crate::builder::{Builder, Tenant};

/// What a service does with a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Access {
    /// What the users and data API does with its tables.
    Reference,
    Read,
    Write,
    ReadWrite,
}

impl Access {
    pub(crate) const ALL: [Self; 4] = [Self::Reference, Self::ReadWrite, Self::Read, Self::Write];

    /// The actions, in alphabetical order.
    pub(crate) const fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Reference => &REFERENCE_ACTIONS,
            Self::Read => &READ_ACTIONS,
            Self::Write => &WRITE_ACTIONS,
            Self::ReadWrite => &READ_WRITE_ACTIONS,
        }
    }

    /// What a role's policy calls the statement.
    pub(crate) const fn of_role(self) -> &'static str {
        match self {
            Self::Reference | Self::ReadWrite => "UseItsTables",
            Self::Read => "ReadItsTables",
            Self::Write => "WriteItsTables",
        }
    }

    /// What the endpoint's policy calls the statement.
    pub(crate) const fn of_endpoint(self) -> &'static str {
        match self {
            Self::Reference | Self::ReadWrite => "TenantsReachTheirOwnTables",
            Self::Read => "TenantsReadTheirOwnTables",
            Self::Write => "TenantsWriteTheirOwnTables",
        }
    }

    /// What takes both.
    pub(crate) fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::ReadWrite }
    }
}

/// What the users and data API does with its tables.
const REFERENCE_ACTIONS: [&str; 6] = [
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
];

const READ_ACTIONS: [&str; 5] = [
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
];

const WRITE_ACTIONS: [&str; 4] =
    ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];

const READ_WRITE_ACTIONS: [&str; 9] = [
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
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

/// The tenant's tables, in the order of the application's. `roles` are those of its services.
pub(crate) fn tables(
    b: &mut Builder<'_>,
    tenant: &Tenant<'_>,
    key: &Ref<Key>,
    roles: &[Ref<Role>],
    operator: &Ref<Role>,
) -> Vec<Ref<Table>> {
    let application = b.application;
    let mut tables = Vec::with_capacity(application.tables.len());
    for table in &application.tables {
        let name = b.tenant_name(tenant, &table.name);
        let uses = |service: &Service| service.uses.iter().any(|(name, _)| *name == table.name);
        let users = application.services.iter().zip(roles).filter(|(service, _)| uses(service));
        let admitted =
            users.map(|(_, role)| role).chain([operator]).map(Ref::<Role>::arn).collect();
        let made = Table {
            policy: table_policy(&name, table, admitted, operator),
            name,
            partition_key: table.partition_key.clone(),
            sort_key: table.sort_key.clone(),
            time_to_live: table.time_to_live.clone(),
            indexes: table.indexes.clone(),
            key: key.clone(),
            point_in_time_recovery: b.platform.options.point_in_time_recovery,
        };
        tables.push(b.graph.add(&tenant.component, tenant.id(&table.id()), made));
    }
    tables
}

/// The policy names the table and its indexes, of which each is a resource of its own to IAM.
fn table_policy(
    name: &str,
    table: &TenantTable,
    admitted: Vec<Text>,
    operator: &Ref<Role>,
) -> Policy {
    // A table cannot refer to itself before it exists.
    let own = || Text::arn("dynamodb", format!("table/{name}"));
    let all = || {
        let indexes =
            table.indexes.iter().map(|index| own().then(format!("/index/{}", index.name)));
        std::iter::once(own()).chain(indexes).collect::<Vec<_>>()
    };
    Policy::new(vec![
        Statement::deny("NobodyElseReachesTheData", &DATA_ACTIONS).to_everyone().on(all()).when(
            "ArnNotEquals",
            "aws:PrincipalArn",
            admitted,
        ),
        Statement::allow("OperatorReads", &OPERATOR_ACTIONS)
            .to(vec![Principal::Aws(operator.arn())])
            .on(all()),
    ])
}
