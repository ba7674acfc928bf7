//! Names: what a thing is called on AWS, and in its graph.

use tenantry_config::{Platform, Tenant, TenantId};

/// The physical name of something shared: `vpc-prod`; in a later cell `vpc-cell-2-prod`.
pub fn shared_name(platform: &Platform, cell: u32, thing: &str) -> String {
    let suffix = &platform.environment_suffix;
    match cell {
        1 => format!("{thing}-{suffix}"),
        _ => format!("{thing}-cell-{cell}-{suffix}"),
    }
}

/// The physical name of something of a tenant's: `tenant-001-users-prod`.
pub(crate) fn tenant_name(platform: &Platform, tenant: &Tenant, thing: &str) -> String {
    format!("{}-{thing}-{}", tenant.id, platform.environment_suffix)
}

/// What the logical ids of a tenant's resources begin with: `TenantAcmeEu` for `tenant-acme-eu`.
///
/// Logical ids have letters and digits only, so a hyphen makes the next letter a capital. Before a
/// digit or a `z` it becomes a `Z`, so that `tenant-1-1` and `tenant-11` stay apart.
pub fn tenant_prefix(id: &TenantId) -> String {
    let mut prefix = String::from("Tenant");
    // What begins the slug begins a word without a hyphen before it.
    let mut begins_word = true;
    let mut after_hyphen = false;
    for character in id.slug().chars() {
        if character == '-' {
            (begins_word, after_hyphen) = (true, true);
            continue;
        }
        if after_hyphen && (character.is_ascii_digit() || character == 'z') {
            prefix.push('Z');
        }
        prefix.push(if begins_word { character.to_ascii_uppercase() } else { character });
        (begins_word, after_hyphen) = (false, false);
    }
    prefix
}

/// The name of an output of a tenant's: `Tenant001Endpoint`.
pub fn tenant_output(id: &TenantId, what: &str) -> String {
    format!("{}{what}", tenant_prefix(id))
}
