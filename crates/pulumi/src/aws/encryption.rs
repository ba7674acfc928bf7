use tenantry_resources::{Alias, Key};

use super::{Mapped, Token};

pub(super) fn key(key: &Key) -> Mapped {
    Mapped::new(
        Token::Key,
        [
            ("deletionWindowInDays", key.pending_window_days.into()),
            ("description", key.description.as_str().into()),
            ("enableKeyRotation", true.into()),
            ("policy", (&key.policy).into()),
        ],
    )
}

pub(super) fn alias(alias: &Alias) -> Mapped {
    Mapped::new(
        Token::Alias,
        [("name", alias.name.as_str().into()), ("targetKeyId", alias.key.id().into())],
    )
}
