//! Steps through shared things of which only AWS knows the ARN: an instance, a task, a job. Who is
//! allowed what starts or changes one, on anything that may be it, becomes what it runs as.

use foldhash::{HashSet, HashSetExt as _};
use tenantry_policy as policy;
use tenantry_policy::{Context, Effect, PolicySet, Reference, Request};
use tenantry_template::{Owner, Resource, ResourceId};

use super::outside::Running;
use crate::facts::forms::Forms;
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::{Facts, assets, names, services, steps};

/// Who may take such a step, and what it becomes.
pub(super) fn taken(facts: &Facts<'_, '_>, running: &Running) -> Vec<(PrincipalId, PrincipalId)> {
    let model = facts.reader.model;
    let mut known: HashSet<ResourceId> = HashSet::new();
    known.extend(facts.assets.iter().map(|asset| asset.at));
    let mut found = Vec::new();
    for (at, as_whom) in running.all() {
        let resource = &model.resources[at];
        let actions = steps::sure(&resource.kind);
        if matches!(resource.owner, Owner::Tenant(_)) || known.contains(&at) || actions.is_empty() {
            continue;
        }
        let services = services::of(&resource.kind).unwrap_or_default();
        let actions = named(services, actions);
        for (from, principal) in facts.principals.entries() {
            if actions.iter().any(|action| may(facts, principal, (at, resource), action)) {
                let others = as_whom.iter().filter(|to| **to != from);
                found.extend(others.map(|to| (from, *to)));
            }
        }
    }
    found
}

/// The actions of some services with these names, in lower case; `*` at the end stands for any end.
fn named(services: &[&'static str], names: Vec<&str>) -> Vec<String> {
    let mut found = Vec::new();
    for prefix in services {
        let Some(service) = Reference::get().service(prefix) else { continue };
        for action in service.actions.keys() {
            let lower = action.to_ascii_lowercase();
            let fits = |name: &&str| match name.strip_suffix('*') {
                Some(start) => lower.starts_with(start),
                None => lower == **name,
            };
            if names.iter().any(fits) {
                found.push(format!("{prefix}:{action}"));
            }
        }
    }
    found
}

/// Whether a principal may do an action on a thing, or on something that may be it.
fn may(
    facts: &Facts<'_, '_>,
    principal: &Principal,
    (at, resource): (ResourceId, &Resource<'_>),
    action: &str,
) -> bool {
    let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
    let mut lists = statements
        .filter(|each| each.effect == Effect::Allow && policy::lists(&each.actions, action));
    if lists.next().is_none() {
        return false;
    }
    arns(facts, principal, (at, resource), action).into_iter().any(|arn| {
        let set = PolicySet {
            identity: principal.policies.iter().collect(),
            boundary: principal.boundary.as_ref(),
            ..PolicySet::default()
        };
        let request = Request {
            caller: principal.caller.clone(),
            action: action.to_owned(),
            resource: arn,
            resource_account: assets::account(facts.reader.model),
            resource_tags: Some(crate::facts::principals::tags(facts.reader.model, resource)),
            context: Context::hostile(),
        };
        matches!(policy::find_witness(&request, &set), Ok(Some(_)))
    })
}

/// What a thing's ARN may be: what stands for it here, and what patterns of a principal take in.
fn arns(
    facts: &Facts<'_, '_>,
    principal: &Principal,
    (at, resource): (ResourceId, &Resource<'_>),
    action: &str,
) -> Vec<policy::Text> {
    let model = facts.reader.model;
    let mut found =
        vec![names::made_up_arn(resource, "Arn"), names::text(model, &resource.reference)];
    found.extend(named_forms(facts, at, action));
    let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
    let allows = statements.filter(|each| each.effect == Effect::Allow);
    let lists = allows.filter_map(|each| each.resources.as_ref().filter(|list| !list.negated));
    for item in lists.flat_map(|list| &list.items) {
        if takes_in_all(&item.template.source().to_string()) {
            found.push(names::instance_of(&item.template));
        }
    }
    found
}

/// The ARNs of what an action acts on, by the name that a thing sets.
fn named_forms(facts: &Facts<'_, '_>, at: ResourceId, action: &str) -> Vec<policy::Text> {
    let forms = Forms::of(facts.reader.model);
    let reference = Reference::get();
    let prefix = action.split_once(':').map_or("", |(prefix, _)| prefix);
    let Some((service, known)) = reference.service(prefix).zip(reference.action(action)) else {
        return Vec::new();
    };
    let types = known.on.keys().filter_map(|on| service.resources.get(on.trim_end_matches('*')));
    let named = types.map(|kind| forms.filled(&kind.arn, Some(&forms.name(at, &kind.arn))));
    named.collect()
}

/// Whether a pattern takes in everything of a type, as `arn:aws:glue:*:*:job/*`, and not only what
/// begins with a name.
fn takes_in_all(pattern: &str) -> bool {
    let tail = pattern.splitn(6, ':').nth(5).unwrap_or_default();
    let of_type = tail.strip_suffix("/*").or_else(|| tail.strip_suffix(":*"));
    tail == "*" || of_type.is_some_and(|kind| !kind.contains(['/', ':', '*', '?']))
}

#[cfg(test)]
mod tests {
    use super::takes_in_all;

    #[test]
    fn a_pattern_takes_in_all_of_a_type_where_nothing_of_a_name_stands_in_it() {
        for pattern in
            ["arn:aws:glue:*:*:job/*", "arn:aws:states:*:*:stateMachine:*", "arn:aws:ec2:*:*:*"]
        {
            assert!(takes_in_all(pattern), "{pattern}");
        }
        for pattern in
            ["arn:aws:ecs:*:*:task-definition/acme:*", "arn:aws:glue:*:*:job/acme-*", "*"]
        {
            assert!(!takes_in_all(pattern), "{pattern}");
        }
    }
}
