//! Statements that let everybody in, in places that nothing here reads as a policy.
//!
//! Whom a statement lets in by name is a reference, which the references between owners ask about. One for
//! everybody names nobody, so that it is looked for by its shape.

use tenantry_template::{Owner, PartRef, Text, Value, ValueKind};

use super::explained::is_read;
use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::{Facts, event_bus_policies};
use crate::findings::unknown::Unknown;

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        identity { OTHER_TENANTS_ASSET, OUTSIDE }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// Types whose policies only take away: what they let through has to be granted elsewhere.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html>
const LIMITS: &[&str] = &["AWS::EC2::VPCEndpoint", "AWS::Organizations::Policy"];

/// Statements for everybody that no check reads.
pub(crate) struct UnreadPolicies;

impl Check for UnreadPolicies {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &mut found);
        found
    }
}

/// Leaves open what a statement for everybody lets in, where no check reads it.
fn decide(facts: &Facts<'_, '_>, found: &mut Findings) {
    let model = facts.reader.model;
    for (at, resource) in model.resources.entries() {
        if resource.owner == Owner::Undecided || LIMITS.contains(&resource.kind.as_str()) {
            continue;
        }
        if let Some(value) = resource.properties.get("AccessControl").filter(|value| opens(value)) {
            let unknown = Unknown::Acl { resource: at, span: value.span };
            for claim in [identity::OTHER_TENANTS_ASSET, identity::OUTSIDE] {
                found.undecided(claim, unknown.clone());
            }
        }
        let read = event_bus_policies::bus(model, resource).is_some();
        if read || !holds_statement(&resource.properties) {
            continue;
        }
        statements(&resource.properties, &mut String::new(), &mut |path, statement| {
            if is_read(&resource.kind, path) {
                return;
            }
            let (path, span) = (path.to_owned(), statement.span);
            let unknown = Unknown::StatementForEverybody { resource: at, path, span };
            for claim in [identity::OTHER_TENANTS_ASSET, identity::OUTSIDE] {
                found.undecided(claim, unknown.clone());
            }
        });
    }
}

/// Whether a canned ACL is for everybody, or for every account of AWS.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>
fn opens(value: &Value<'_>) -> bool {
    let known = value.as_str();
    known.is_some_and(|acl| ["PublicRead", "PublicReadWrite", "AuthenticatedRead"].contains(&acl))
}

/// Visits what has the form of a statement for everybody, with its path.
fn statements<'v, 'a>(
    value: &'v Value<'a>,
    path: &mut String,
    visit: &mut dyn FnMut(&str, &'v Value<'a>),
) {
    if allows_everybody(value) {
        visit(path, value);
    }
    let length = path.len();
    match &value.kind {
        ValueKind::List(items) => {
            path.push_str("[]");
            items.iter().for_each(|item| statements(item, path, visit));
        }
        ValueKind::Map(entries) => {
            for (key, value) in entries {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(&key.text);
                statements(value, path, visit);
                path.truncate(length);
            }
        }
        ValueKind::Choice(choice) => {
            let branches = choice.then.iter().chain(&choice.otherwise);
            branches.for_each(|value| statements(value, path, visit));
        }
        _ => {}
    }
    path.truncate(length);
}

/// Whether anything in a value has that form: hardly anything has, so no path is written for it.
fn holds_statement(value: &Value<'_>) -> bool {
    match &value.kind {
        ValueKind::List(items) => items.iter().any(holds_statement),
        ValueKind::Map(entries) => {
            allows_everybody(value) || entries.iter().any(|(_, value)| holds_statement(value))
        }
        ValueKind::Choice(choice) => {
            choice.then.iter().chain(&choice.otherwise).any(holds_statement)
        }
        ValueKind::Text(_) => allows_everybody(value),
        _ => false,
    }
}

/// Whether a value is a statement that lets in everybody, or an account that it writes out: who is in
/// there nobody here knows. Whoever is named by reference is asked about as one.
fn allows_everybody(value: &Value<'_>) -> bool {
    let is_open = |value: &Value<'_>| value.items().iter().any(lets_in_whoever);
    if let ValueKind::Text(text) = &value.kind {
        return in_text(text);
    }
    value.get("Effect").and_then(Value::as_str) == Some("Allow")
        && value.get("Principal").is_some_and(|principal| {
            is_open(principal)
                || ["AWS", "Federated"].iter().any(|kind| principal.get(kind).is_some_and(is_open))
        })
}

/// Whether a principal is everybody, or somebody in an account that is written out.
fn lets_in_whoever(principal: &Value<'_>) -> bool {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    let known = principal.as_str();
    known.is_some_and(|text| {
        let account = text.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(3));
        text == "*" || is_account(text) || account.is_some_and(is_account)
    })
}

/// The same of a policy that is written as text.
fn in_text(text: &Text<'_>) -> bool {
    let speaks = |part| matches!(part, PartRef::Literal(text) if text.contains("Principal"));
    if !text.parts().any(speaks) {
        return false;
    }
    let mut all = String::new();
    for part in text.parts() {
        match part {
            PartRef::Literal(literal) => all.extend(literal.chars().filter(|c| !c.is_whitespace())),
            PartRef::Symbol(_) => all.push('x'),
        }
    }
    let opens = ["\"Principal\":\"*\"", "\"AWS\":\"*\"", "\"AWS\":[\"*\"", "\"Principal\":[\"*\""];
    all.contains("\"Effect\":\"Allow\"") && opens.iter().any(|open| all.contains(open))
}
