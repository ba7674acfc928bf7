//! What a model has at all, on which a claim about any one resource may hang.

use tenantry_policy as policy;
use tenantry_template::{Model, Owner, Resource, ResourceId, TenantIndex, Value, ValueKind};

use super::assets;
use crate::facts::Facts;

/// Whether a model has certain things, and its account.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct ModelProfile {
    account: policy::Text,
    has_subnets: bool,
    has_functions: bool,
    /// Whether functions are told their tenant's id.
    tells_ids: bool,
    /// Whether tenants' tables have keys.
    has_keyed_tables: bool,
}

impl ModelProfile {
    pub(crate) fn of(facts: &Facts<'_, '_>) -> Self {
        let model = facts.reader.model;
        Self {
            account: assets::account(model),
            has_subnets: model.of_kind("AWS::EC2::Subnet").next().is_some(),
            has_functions: model.of_kind("AWS::Lambda::Function").next().is_some(),
            tells_ids: tells_ids(model),
            has_keyed_tables: has_keyed_tables(model),
        }
    }

    /// The account, and the rest in an order of its own.
    pub(crate) fn parts(&self) -> (&policy::Text, [bool; 4]) {
        let Self { account, has_subnets, has_functions, tells_ids, has_keyed_tables } = self;
        (account, [*has_subnets, *has_functions, *tells_ids, *has_keyed_tables])
    }

    /// The profile of these parts.
    pub(crate) fn of_parts(account: policy::Text, has: [bool; 4]) -> Self {
        let [has_subnets, has_functions, tells_ids, has_keyed_tables] = has;
        Self { account, has_subnets, has_functions, tells_ids, has_keyed_tables }
    }
}

pub(crate) const PATH: &[&str] = &["Environment", "Variables"];

/// The tenants' functions: where each is in the model, and whose it is.
pub(crate) fn functions<'m, 'a>(
    model: &'m Model<'a>,
) -> impl Iterator<Item = (ResourceId, &'m Resource<'a>, TenantIndex)> {
    let all = model.resources.entries();
    all.filter_map(|(at, resource)| match resource.owner {
        Owner::Tenant(owner) if resource.kind == "AWS::Lambda::Function" => {
            Some((at, resource, owner))
        }
        _ => None,
    })
}

/// Whether any tenant's function is told whose it is.
pub(crate) fn tells_ids(model: &Model<'_>) -> bool {
    functions(model).any(|(_, resource, _)| id(resource).is_some())
}

pub(crate) fn id<'r, 'a>(resource: &'r Resource<'a>) -> Option<&'r Value<'a>> {
    let variables = resource.properties.at(PATH)?;
    ["TENANT_ID", "TENANT"].iter().find_map(|name| variables.get(name))
}

/// Whether any tenant's table names a key.
pub(crate) fn has_keyed_tables(model: &Model<'_>) -> bool {
    model
        .of_kind("AWS::DynamoDB::Table")
        .any(|table| matches!(table.owner, Owner::Tenant(_)) && key_of(table).is_some())
}

/// The first property, however deep, that names a key for KMS.
pub(crate) fn key_of<'r, 'a>(resource: &'r Resource<'a>) -> Option<&'r Value<'a>> {
    key_in(&resource.properties)
}

fn key_in<'r, 'a>(value: &'r Value<'a>) -> Option<&'r Value<'a>> {
    match &value.kind {
        ValueKind::Map(entries) => entries.iter().find_map(|(key, value)| {
            let name = key.text.to_ascii_lowercase();
            let names_key = name.contains("kms") && name.contains("key") && !name.contains("reuse");
            if names_key { Some(value) } else { key_in(value) }
        }),
        ValueKind::List(items) => items.iter().find_map(key_in),
        _ => None,
    }
}
