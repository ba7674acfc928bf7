use tenantry_resources::{Alias, Key};

use super::{Properties, properties_of};

pub(super) fn key(key: &Key) -> Properties {
    properties_of([
        ("Description", key.description.as_str().into()),
        ("EnableKeyRotation", true.into()),
        ("KeyPolicy", (&key.policy).into()),
        ("PendingWindowInDays", key.pending_window_days.into()),
    ])
}

pub(super) fn alias(alias: &Alias) -> Properties {
    properties_of([
        ("AliasName", alias.name.as_str().into()),
        ("TargetKeyId", alias.key.id().into()),
    ])
}
