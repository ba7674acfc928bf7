//! What to say of templates in which no tenant has anything: what they hold instead, and what in
//! them looks like a tenant.

use std::collections::BTreeMap;

use tenantry_template::{Model, Source, parameters};
use tenantry_verdict::{Reason, some};

use crate::facts::claims::says_tenant;

/// What there is instead of a tenant, and the options that say whose things are.
pub(super) fn nobodys(sources: &[Source<'_>], model: &Model<'_>, tag: &str) -> Reason {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in &model.resources {
        *kinds.entry(resource.kind.as_str()).or_default() += 1;
    }
    let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(kind, number)| (std::cmp::Reverse(*number), *kind));
    let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let unknown = format!("whose things these are: no resource has the tag `{tag}`");
    let matters = match model.resources.len() {
        0 => "there is no resource".to_owned(),
        1 => format!("there is no tenant to decide for, but 1 resource: {}", some(&kinds)),
        many => format!("there is no tenant to decide for, but {many} resources: {}", some(&kinds)),
    };
    let mut help = Vec::new();
    for key in tags(model).into_iter().filter(|key| key != tag && says_tenant(key)) {
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
fn tags(model: &Model<'_>) -> Vec<String> {
    let mut keys = Vec::new();
    for resource in &model.resources {
        let properties = resource.properties.entries().iter();
        for (_, tags) in properties.filter(|(name, _)| name.text.ends_with("Tags")) {
            let listed = tags.items().iter().filter_map(|tag| tag.get("Key")?.as_str());
            keys.extend(listed.map(str::to_owned));
            keys.extend(tags.entries().iter().map(|(key, _)| key.text.to_string()));
        }
    }
    keys.sort();
    keys.dedup();
    keys
}
