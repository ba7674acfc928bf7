//! Templates in which no tenant has anything: what there looks like one, and the flag that takes it.

use std::collections::BTreeSet;

use tenantry_template::{Model, Place, Source, parameters};
use tenantry_verdict::Reason;

/// What platforms call whom they serve, in lower case and without marks between words.
const WORDS: &[&str] = &[
    "tenant",
    "customer",
    "client",
    "org",
    "organisation",
    "organization",
    "workspace",
    "subscriber",
];

/// Whether a tag's or a parameter's name says that its value is a tenant: `TenantId`, `customer_id`.
fn says_tenant(name: &str) -> bool {
    let name = name.rsplit(':').next().unwrap_or(name);
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    let ends = ["", "id", "name", "slug", "key", "code"];
    WORDS.iter().any(|word| plain.strip_prefix(word).is_some_and(|end| ends.contains(&end)))
}

/// Why nothing is decided of a template without a tenant, with what was seen instead.
pub(super) fn reason(model: &Model<'_>, sources: &[Source<'_>], tag: &str) -> Reason {
    let unknown = format!("whose anything here is: no resource has the tag `{tag}`");
    let matters = "without a tenant nothing is asked, and so nothing is proven".to_owned();
    let tags = tags(model);
    if let Some(seen) = tags.first() {
        return Reason {
            unknown: format!("{unknown}, but some have `{seen}`"),
            matters,
            help: format!("if that names the tenant, say so: --tenant-tag {seen}"),
            place: None,
        };
    }
    if let Some((seen, place)) = parameter(sources) {
        return Reason {
            unknown: format!("{unknown}, but `{seen}` may be the tenant for whom it is deployed"),
            matters,
            help: format!("if it is: --tenant acme:{seen}=acme --tenant beta:{seen}=beta"),
            place: Some(place),
        };
    }
    let help = "name your tag with --tenant-tag KEY, or your tenants with --tenant".to_owned();
    Reason { unknown, matters, help, place: None }
}

fn tags(model: &Model<'_>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for resource in &model.resources {
        for (property, value) in resource.properties.entries() {
            if !property.text.ends_with("Tags") {
                continue;
            }
            let listed = value.items().iter().filter_map(|tag| tag.get("Key")?.as_str());
            let mapped = value.entries().iter().map(|(key, _)| &*key.text);
            found.extend(listed.chain(mapped).filter(|key| says_tenant(key)).map(str::to_owned));
        }
    }
    found.into_iter().collect()
}

fn parameter(sources: &[Source<'_>]) -> Option<(String, Place)> {
    let mut all = sources.iter().flat_map(|source| parameters(*source));
    all.find(|each| says_tenant(&each.name)).map(|each| (each.name, each.place))
}

#[cfg(test)]
mod tests {
    use super::says_tenant;

    #[test]
    fn a_name_says_tenant_in_many_spellings_and_not_by_chance() {
        for name in ["TenantId", "tenant", "customer_id", "acme:customer-id", "OrgId", "ORG_NAME"] {
            assert!(says_tenant(name), "{name}");
        }
        for name in ["Name", "TenantTableCount", "Origin", "CostCenter", "clientToken"] {
            assert!(!says_tenant(name), "{name}");
        }
    }
}
