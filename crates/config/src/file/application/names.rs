//! What services and tables may be called.
//!
//! A name stands between a tenant's id and the environment's suffix: `tenant-acme-orders-prod`,
//! `tenant-acme-orders-role-prod`. It is one word and none of those that stand there otherwise, so
//! that every physical name is one tenant's and can be read back.

use super::quote;
use crate::document::{At, Reader};

/// The longest name of a service or table.
const LONGEST: usize = 20;

/// Words that stand beside a service's or a table's in names and logical ids, or in its place.
pub(super) const RESERVED: [&str; 25] = [
    "alarm",
    "alarms",
    "api",
    "cell",
    "endpoint",
    "errors",
    "events",
    "failures",
    "function",
    "group",
    "isolation",
    "key",
    "log",
    "logs",
    "permission",
    "policy",
    "role",
    "security",
    "shared",
    "subnet",
    "table",
    "tenant",
    "throttles",
    "vpc",
    "violations",
];

/// What names must not meet, and whether it was told that one does.
pub(super) struct Names<'a> {
    suffix: Option<&'a At<&'a str>>,
    told: bool,
}

impl<'a> Names<'a> {
    pub(super) fn new(suffix: Option<&'a At<&'a str>>) -> Self {
        Self { suffix, told: false }
    }

    pub(super) fn check(&mut self, reader: &mut Reader, name: &At<&str>, what: &str) {
        let text = name.value;
        let one_word = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let label = if !one_word {
            "not one word of lower-case letters and digits, a letter first".to_owned()
        } else if text.len() > LONGEST {
            format!("{} characters, {} more than {LONGEST}", text.len(), text.len() - LONGEST)
        } else if RESERVED.contains(&text) {
            "the platform's own names have this word".to_owned()
        } else {
            self.beside_the_suffix(reader, name, what);
            return;
        };
        reader.add(
            reader
                .fault("bad-service-name", format!("{} cannot name a {what}", quote(text)))
                .at(&name.span, label)
                .help("it stands between a tenant's id and the suffix in names: choose a word such as `orders`"),
        );
    }

    /// `tenant-acme` with the service `eu` and the suffix `orders-prod`, and `tenant-acme-eu` with
    /// `orders` and `prod`, would meet in one name.
    fn beside_the_suffix(&mut self, reader: &mut Reader, name: &At<&str>, what: &str) {
        let Some(suffix) = self.suffix.filter(|_| !self.told) else { return };
        if suffix.value.strip_prefix(name.value).is_some_and(|rest| rest.starts_with('-')) {
            self.told = true;
            let message = format!(
                "the suffix {} begins with the {what} {}",
                quote(suffix.value),
                quote(name.value)
            );
            reader.add(
                reader
                    .fault("suffix-begins-with-a-name", message)
                    .at(&suffix.span, "the suffix")
                    .at(&name.span, format!("the {what}"))
                    .help("names of two environments could read the same: begin the suffix with another word"),
            );
        }
    }
}
