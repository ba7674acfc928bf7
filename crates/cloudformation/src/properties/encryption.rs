use tenantry_resources::{Alias, Key};

use super::{Properties, properties_of};

pub(super) fn key(key: &Key) -> Properties {
    properties_of([
        ("Description", key.description.clone().into()),
        ("EnableKeyRotation", true.into()),
        ("KeyPolicy", (&key.policy).into()),
        ("PendingWindowInDays", key.pending_window_days.into()),
    ])
}

pub(super) fn alias(alias: &Alias) -> Properties {
    properties_of([
        ("AliasName", alias.name.clone().into()),
        ("TargetKeyId", alias.key.id().into()),
    ])
}
