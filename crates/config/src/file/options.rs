//! What the platform's team may choose: the audit trail, the role for access logs, the operators,
//! recovery, protection.

use super::application::TABLES_KEYS;
use super::quote;
use crate::document::{At, Reader, Table};
use crate::platform::{AccountLogRole, Options};

/// Reads the tables `[audit]`, `[api]`, `[operators]`, `[tables]` and `[protection]`.
pub(super) fn read(reader: &mut Reader, root: &Table<'_>) -> Options {
    let mut options = Options::default();
    if let Some(audit) = root.table(reader, "audit") {
        audit.expect_keys(reader, &["trail"]);
        options.audit_trail = audit.boolean(reader, "trail").unwrap_or(options.audit_trail);
    }
    if let Some(api) = root.table(reader, "api") {
        api.expect_keys(reader, &["account_log_role"]);
        let given = api.string(reader, "account_log_role");
        options.account_log_role = given
            .and_then(|given| account_log_role(reader, &given))
            .unwrap_or(options.account_log_role);
    }
    if let Some(operators) = root.table(reader, "operators") {
        operators.expect_keys(reader, &["roles"]);
        options.operator_roles = operator_roles(reader, &operators);
    }
    if let Some(tables) = root.table(reader, "tables") {
        const KEY: &str = "point_in_time_recovery";
        tables.expect_keys_besides_tables(reader, TABLES_KEYS);
        options.point_in_time_recovery =
            tables.boolean(reader, KEY).unwrap_or(options.point_in_time_recovery);
    }
    options.deletion_protection =
        deletion_protection(reader, root).unwrap_or(options.deletion_protection);
    options
}

/// `[protection] deletion`, of the platform or of a tier.
pub(super) fn deletion_protection(reader: &mut Reader, table: &Table<'_>) -> Option<bool> {
    let protection = table.table(reader, "protection")?;
    protection.expect_keys(reader, &["deletion"]);
    let given = protection.string(reader, "deletion")?;
    match given.value {
        "on" => return Some(true),
        "off" => return Some(false),
        _ => {}
    }
    reader.add(
        reader
            .fault(
                "bad-deletion-protection",
                format!("{} says nothing about deletion", quote(given.value)),
            )
            .at(&given.span, "has to be `on` or `off`")
            .help(
                "`on`: tables, keys, logs, buckets and users stay whatever a deployment would delete; \
                 `off`: they go with what they are of",
            ),
    );
    None
}

fn account_log_role(reader: &mut Reader, given: &At<&str>) -> Option<AccountLogRole> {
    match given.value {
        "set" => return Some(AccountLogRole::Set),
        "keep" => return Some(AccountLogRole::Keep),
        _ => {}
    }
    reader.add(
        reader
            .fault(
                "bad-account-log-role",
                format!("{} is nothing to do with the account's role", quote(given.value)),
            )
            .at(&given.span, "has to be `set` or `keep`")
            .help(
                "`set`: the first cell sets the role of the account's API Gateway settings; `keep`: \
                 the account has one that may write logs, and it stays",
            ),
    );
    None
}

fn operator_roles(reader: &mut Reader, table: &Table<'_>) -> Vec<String> {
    let Some(given) = table.strings(reader, "roles") else { return Vec::new() };
    let mut roles: Vec<At<&str>> = Vec::new();
    for role in given.value {
        if let Some((label, help)) = no_role(role.value) {
            reader.add(
                reader
                    .fault("bad-operator-role", format!("{} is no role's name", quote(role.value)))
                    .at(&role.span, label)
                    .help(help),
            );
        } else if let Some(first) = roles.iter().find(|other| other.value == role.value) {
            reader.add(
                reader
                    .fault("operator-role-twice", "a role of the operators is there twice")
                    .at(&first.span, "first here")
                    .at(&role.span, "and again here")
                    .help("remove one of the two"),
            );
        } else {
            roles.push(role);
        }
    }
    roles.into_iter().map(|role| role.value.to_owned()).collect()
}

/// What keeps a text from being the path and name of one IAM role, and what to do, if something
/// does. The path is up to 512 characters with a slash at both ends, the name 64.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
fn no_role(text: &str) -> Option<(&'static str, String)> {
    const HELP: &str = "give the name of a role of the account that is deployed to, with its path if it has \
                        one, as `aws iam list-roles` shows them; a permission set of IAM Identity Center is \
                        a role below `aws-reserved/sso.amazonaws.com/`";
    if text.starts_with("arn:") {
        let help = match text.split_once(":role/") {
            Some((_, name)) => format!(
                "write {}: roles are of the account that is deployed to; people of another account \
                 take a role of this one first",
                quote(name)
            ),
            None => HELP.to_owned(),
        };
        return Some(("an ARN has an account in it", help));
    }
    if text.contains(['*', '?', '$']) {
        return Some(("names every role that fits, not one", HELP.to_owned()));
    }
    let allowed = |text: &str, others: &str| {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || others.as_bytes().contains(&b))
    };
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    let fits = (1..=64).contains(&name.len())
        && allowed(name, "+=,.@-_")
        && path.len() <= 510
        && !path.starts_with('/')
        && allowed(path, "+=,.@-_/");
    (!fits).then(|| ("IAM takes no such name", HELP.to_owned()))
}
