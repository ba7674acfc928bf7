//! What to say of templates in which no tenant has anything: what they hold instead, and what in
//! them looks like a tenant.

use std::collections::BTreeMap;

use tenantry_template::{Model, Source, parameters, says_tenant, tags};
use tenantry_verdict::{Reason, some};

/// What there is instead of a tenant, and the options that say whose things are.
pub(super) fn nobodys(sources: &[Source<'_>], model: &Model<'_>, asked: &[String]) -> Reason {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in &model.resources {
        *kinds.entry(resource.kind.as_str()).or_default() += 1;
    }
    let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(kind, number)| (std::cmp::Reverse(*number), *kind));
    let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let of: Vec<String> = asked.iter().map(|key| format!("`{key}`")).collect();
    let unknown = format!("whose things these are: no resource has the tag {}", of.join(" or "));
    let matters = match model.resources.len() {
        0 => "there is no resource".to_owned(),
        1 => format!("there is no tenant to decide for, but 1 resource: {}", some(&kinds)),
        many => format!("there is no tenant to decide for, but {many} resources: {}", some(&kinds)),
    };
    let mut help = Vec::new();
    for key in keys(model).into_iter().filter(|key| !asked.contains(key) && says_tenant(key)) {
        help.push(format!("some have the tag `{key}`: --tenant-tag {key}"));
    }
    for parameter in sources.iter().flat_map(|source| parameters(*source)) {
        let name = &parameter.name;
        if says_tenant(name) {
            help.push(format!(
                "the parameter `{name}` may say for whom they are deployed: \
                 --tenant a:{name}=VALUE --tenant b:{name}=VALUE"
            ));
        }
    }
    if help.is_empty() {
        help.push("name your tag with --tenant-tag KEY, or your tenants with --tenant".to_owned());
    }
    help.dedup();
    Reason { unknown, matters, help: help.join("; "), place: None }
}

/// The keys of all tags.
fn keys(model: &Model<'_>) -> Vec<String> {
    let resources = model.resources.iter();
    let tags = resources.flat_map(|each| tags(&each.kind, &each.properties));
    let mut keys: Vec<String> = tags.map(|(key, _)| key.to_owned()).collect();
    keys.sort();
    keys.dedup();
    keys
}
