//! What the platform's team may choose: the audit trail, the role for access logs, the operators,
//! recovery.

use super::quote;
use crate::document::{At, Reader, Table};
use crate::platform::{AccountLogRole, Options};

/// Reads the tables `[audit]`, `[api]`, `[operators]` and `[tables]`.
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
        tables.expect_keys(reader, &[KEY]);
        options.point_in_time_recovery =
            tables.boolean(reader, KEY).unwrap_or(options.point_in_time_recovery);
    }
    options
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
        if let Some(label) = no_role_arn(role.value) {
            reader.add(
                reader
                    .fault("bad-operator-role", format!("{} is no role's ARN", quote(role.value)))
                    .at(&role.span, label)
                    .help(
                        "copy it from `aws iam list-roles`: \
                         `arn:aws:iam::111122223333:role/platform-team`; a permission set of IAM \
                         Identity Center is the role `aws-reserved/sso.amazonaws.com/...` that it \
                         has in the account",
                    ),
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

/// What keeps a text from being the ARN of one IAM role, if something does.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
fn no_role_arn(text: &str) -> Option<&'static str> {
    const FORM: &str = "has to be `arn:aws:iam::ACCOUNT:role/NAME`";
    if text.contains(['*', '?', '$']) {
        return Some("names every role that fits, not one");
    }
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let [arn, partition, iam, region, account, resource] = parts.as_slice() else {
        return Some(FORM);
    };
    let well_formed = *arn == "arn"
        && matches!(*partition, "aws" | "aws-cn" | "aws-us-gov")
        && *iam == "iam"
        && region.is_empty()
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit());
    if !well_formed {
        return Some(FORM);
    }
    let Some(path) = resource.strip_prefix("role/") else {
        return Some("names something else than a role");
    };
    let name = path.rsplit('/').next().unwrap_or_default();
    let characters = |text: &str, others: &str| {
        text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
    };
    let fits = (1..=64).contains(&name.len())
        && characters(name, "+=,.@-_")
        && path.len() <= 512 + name.len()
        && !path.starts_with('/')
        && characters(path, "+=,.@-_/!#%&'()~");
    (!fits).then_some("its name is none that IAM takes")
}
