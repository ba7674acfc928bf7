use tenantry_resources::{Alias, Key};

use super::{Mapped, json};

pub(super) fn key(key: &Key) -> Mapped {
    Mapped::new(
        "aws_kms_key",
        [
            ("deletion_window_in_days", key.pending_window_days.into()),
            ("description", key.description.clone().into()),
            ("enable_key_rotation", true.into()),
            ("policy", json(&key.policy)),
        ],
    )
}

pub(super) fn alias(alias: &Alias) -> Mapped {
    Mapped::new(
        "aws_kms_alias",
        [("name", alias.name.clone().into()), ("target_key_id", alias.key.id().into())],
    )
}
