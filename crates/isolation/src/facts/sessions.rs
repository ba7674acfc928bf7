//! Sessions that tenants start of roles which tenants share, with the tags that they may choose.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>

use std::collections::BTreeSet;

use tenantry_arena::Arena;
use tenantry_policy as policy;
use tenantry_policy::{Context, PolicySet, Request, ResourceKind, Value};
use tenantry_template::{Model, Owner};

use super::assets::{Asset, AssetKey};
use super::names;
use super::principals::{Principal, PrincipalId, PrincipalKey};
use super::users::Users;

const TAG: &str = "aws:principaltag/";

/// Adds, for each tenant's principal that may start a session of a shared role whose policies
/// speak of tags, that session, with another tenant's id for each tag that it may choose.
pub(crate) fn add(
    model: &Model<'_>,
    assets: &Arena<AssetKey, Asset>,
    principals: &mut Arena<PrincipalKey, Principal>,
    users: &mut Users,
) {
    let theirs: Vec<PrincipalId> = principals.ids().collect();
    for role in assets {
        let shared = &*role.kind == "AWS::IAM::Role" && role.owner == Owner::Shared;
        if !shared || !lists(role, "sts:TagSession") {
            continue;
        }
        let of = principals.entries().find(|(_, each)| each.at == role.at);
        let Some((of, own)) = of else { continue };
        let of_assets = assets.iter().filter_map(|asset| asset.policy.as_deref());
        let keys = trusted(own.policies.iter().chain(of_assets));
        if keys.is_empty() {
            continue;
        }
        for starter in theirs.iter().copied() {
            let started = session(model, principals, (starter, of), role, &keys);
            if let Some(started) = started {
                users.started(role.at, principals.push(started));
            }
        }
    }
}

/// Whether a role's trust lists an action.
fn lists(role: &Asset, action: &str) -> bool {
    let statements = role.policy.iter().flat_map(|policy| &policy.statements);
    let mut allows = statements.filter(|each| each.effect == policy::Effect::Allow);
    allows.any(|statement| policy::lists(&statement.actions, action))
}

/// The tags, in lower case, of which policies speak.
pub(crate) fn trusted<'p>(policies: impl Iterator<Item = &'p policy::Policy>) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for statement in policies.flat_map(|policy| &policy.statements) {
        let lists = statement.resources.iter().flat_map(|list| &list.items);
        let values = statement.conditions.iter().flat_map(|test| &test.values);
        let variables = lists.chain(values).flat_map(|item| item.template.variables());
        let tests = statement.conditions.iter().map(|test| test.key.as_str());
        for key in variables.chain(tests) {
            keys.extend(key.to_ascii_lowercase().strip_prefix(TAG).map(str::to_owned));
        }
    }
    keys
}

fn session(
    model: &Model<'_>,
    principals: &Arena<PrincipalKey, Principal>,
    (starter, of): (PrincipalId, PrincipalId),
    role: &Asset,
    keys: &BTreeSet<String>,
) -> Option<Principal> {
    let (starter, of) = (&principals[starter], &principals[of]);
    let Owner::Tenant(tenant) = starter.owner else { return None };
    let id = |tenant| names::text(model, &model.tenants[tenant]);
    let others = model.tenants.ids().find(|other| *other != tenant);
    let values: Vec<policy::Text> = others.into_iter().chain([tenant]).map(id).collect();
    if !may(starter, role, "sts:AssumeRole", &Context::hostile()) {
        return None;
    }
    let mut tags = of.caller.tags.clone();
    for key in keys {
        let with = |value: &policy::Text| {
            Context::hostile()
                .with(&format!("aws:RequestTag/{key}"), Value::Present(vec![value.clone()]))
        };
        let may_set = |value: &policy::Text| {
            let context = with(value);
            ["sts:TagSession", "sts:AssumeRole"]
                .iter()
                .all(|action| may(starter, role, action, &context))
        };
        let Some(value) = values.iter().find(|value| may_set(value)) else { continue };
        tags.retain(|(tag, _)| !tag.eq_ignore_ascii_case(key));
        tags.push((key.clone(), value.clone()));
    }
    if tags == of.caller.tags {
        return None;
    }
    let mut caller = of.caller.clone();
    caller.tags.clone_from(&tags);
    Some(Principal {
        at: of.at,
        owner: starter.owner,
        arn: of.arn.clone(),
        caller,
        policies: of.policies.iter().map(|policy| policy.with_principal_tags(&tags)).collect(),
        boundary: of.boundary.clone(),
        unknown_rights: of.unknown_rights.clone(),
        missing: of.missing.clone(),
    })
}

/// Whether a principal is allowed an action of STS on a role, for certain.
pub(crate) fn may(principal: &Principal, role: &Asset, action: &str, context: &Context) -> bool {
    let set = PolicySet {
        identity: principal.policies.iter().collect(),
        boundary: principal.boundary.as_ref(),
        resource: role.policy.as_deref(),
        resource_kind: ResourceKind::Gatekeeper,
        ..PolicySet::default()
    };
    let request = Request {
        caller: principal.caller.clone(),
        action: action.to_owned(),
        resource: role.target.arn.clone(),
        resource_account: role.target.account.clone(),
        resource_tags: role.target.tags.clone(),
        context: context.clone(),
    };
    matches!(policy::find_witness(&request, &set), Ok(Some(_)))
}
