//! Claims in tokens that say a user's tenant: what trusts them, and what they are called.

use std::sync::LazyLock;

use regex::Regex;
use tenantry_template::{Model, PartRef, Span, Text, Value, says_tenant};

use super::users::ATTACHMENT;

/// A claim that the templates speak of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SeenClaim {
    /// As tokens call it: `custom:tenant_id`.
    pub(crate) name: String,
    pub(crate) trust: Trust,
    pub(crate) span: Span,
}

/// What a claim is good for, the most first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Trust {
    /// Policies speak of the tag that an identity pool makes of it.
    Tag,
    /// A rule of an identity pool gives a role by it.
    Rule,
    /// A template, a resolver or code that is written out reads it.
    Read,
    /// A user pool has it, and its name says tenant.
    Named,
}

impl Trust {
    /// The reason as the end of a sentence.
    pub(crate) fn says(self) -> &'static str {
        match self {
            Self::Tag => "policies trust the tag that an identity pool makes of it",
            Self::Rule => "a rule of an identity pool gives a role by it",
            Self::Read => "what is written out here reads it",
            Self::Named => "a user pool has it, and it is called so",
        }
    }
}

/// The claim that says a user's tenant: the one that is given, else the only one that can.
pub(crate) fn known(model: &Model<'_>) -> Option<String> {
    let given = model.claim.clone();
    given.or_else(|| {
        let seen = seen(model);
        match of_tenants(&seen).as_slice() {
            [one] => Some(one.name.clone()),
            _ => None,
        }
    })
}

/// The claims that may say the tenant, each once with what trusts it most.
pub(crate) fn seen(model: &Model<'_>) -> Vec<SeenClaim> {
    let mut found = Vec::new();
    let mut mapping = model.of_kind(TAGS).peekable();
    let tags = mapping.peek().map(|_| trusted_tags(model)).unwrap_or_default();
    for mapping in mapping {
        let made = mapping.properties.get("PrincipalTags").map(Value::entries).unwrap_or_default();
        let trusted = made.iter().filter(|(tag, _)| tags.contains(&tag.text.to_ascii_lowercase()));
        found.extend(
            trusted.filter_map(|(_, claim)| Some((claim.as_str()?, Trust::Tag, claim.span))),
        );
    }
    for attachment in model.of_kind(ATTACHMENT) {
        let mappings = attachment.properties.get("RoleMappings").map(Value::entries);
        let mut rules = Vec::new();
        for (_, mapping) in mappings.unwrap_or_default() {
            mapping.at_path_all(&["RulesConfiguration", "Rules", "Claim"], &mut rules);
        }
        found.extend(
            rules.into_iter().filter_map(|claim| Some((claim.as_str()?, Trust::Rule, claim.span))),
        );
    }
    let mut found: Vec<SeenClaim> = found
        .into_iter()
        .filter(|(name, ..)| !is_everybodys(name))
        .map(|(name, trust, span)| SeenClaim { name: name.to_owned(), trust, span })
        .collect();
    // Where tenants have things of their own, code that reads a claim says no more of them.
    if model.tenants.len() == model.pooled.len() {
        found.extend(read(model));
    }
    for pool in model.of_kind("AWS::Cognito::UserPool") {
        let schema = pool.properties.get("Schema").map(Value::items).unwrap_or_default();
        for attribute in schema {
            let Some(name) = attribute.get("Name").and_then(Value::as_str) else { continue };
            if says_tenant(name) {
                let name = format!("custom:{}", name.trim_start_matches("custom:"));
                found.push(SeenClaim { name, trust: Trust::Named, span: attribute.span });
            }
        }
    }
    found.sort_by(|one, other| (&one.name, one.trust).cmp(&(&other.name, other.trust)));
    found.dedup_by(|one, other| one.name == other.name);
    found
}

/// Which of the claims says the tenant: the one that is called so; else the one that something
/// trusts. Several where it could be any of them.
pub(crate) fn of_tenants(seen: &[SeenClaim]) -> Vec<&SeenClaim> {
    let trusted = |each: &&SeenClaim| matches!(each.trust, Trust::Tag | Trust::Rule);
    let called: Vec<&SeenClaim> = seen.iter().filter(|each| says_tenant(&each.name)).collect();
    if !called.is_empty() {
        let of_them: Vec<&SeenClaim> = called.iter().copied().filter(trusted).collect();
        return if of_them.len() == 1 { of_them } else { called };
    }
    let of_them: Vec<&SeenClaim> = seen.iter().filter(trusted).collect();
    if of_them.is_empty() { seen.iter().collect() } else { of_them }
}

const TAGS: &str = "AWS::Cognito::IdentityPoolPrincipalTag";

/// Claims that every token has, or that speak of the person.
fn is_everybodys(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "sub",
        "aud",
        "iss",
        "exp",
        "iat",
        "jti",
        "email",
        "username",
        "client_id",
        "scope",
        "name",
        "token_use",
        "auth_time",
        "amr",
    ];
    NAMES.contains(&name) || name.starts_with("cognito:")
}

/// The tags of callers, in lower case, of which any text speaks.
fn trusted_tags(model: &Model<'_>) -> Vec<String> {
    const MARK: &str = "principaltag/";
    let mut found = Vec::new();
    let mut from = |text: &str| {
        let lower = text.to_ascii_lowercase();
        for (at, _) in lower.match_indices(MARK) {
            let rest = lower.get(at + MARK.len()..).unwrap_or_default();
            found.push(rest.split(['}', ',', '"']).next().unwrap_or_default().to_owned());
        }
    };
    for resource in &model.resources {
        // Conditions have the tag in their keys.
        resource.properties.walk(&mut |value| {
            value.entries().iter().for_each(|(key, _)| from(&key.text));
        });
        literals(&resource.properties, &mut |text, _| from(text));
    }
    found.sort();
    found.dedup();
    found
}

/// Visits what is written out in a value.
fn literals(value: &Value<'_>, visit: &mut impl FnMut(&str, Span)) {
    value.walk(&mut |value| {
        let text = value.to_text();
        for part in text.iter().flat_map(Text::parts) {
            if let PartRef::Literal(literal) = part {
                visit(literal, value.span);
            }
        }
    });
}

/// Claims that request templates, resolvers and code read: `claims.org_id`,
/// `claims['custom:tenant_id']`.
fn read(model: &Model<'_>) -> Vec<SeenClaim> {
    static CUSTOM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"custom:[A-Za-z0-9_]+|claims(?:\.|\[\s*\\?['"])([A-Za-z0-9_]+)"#).ok()
    });
    let Some(custom) = CUSTOM.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    for resource in &model.resources {
        // What a pool and its clients let be read and written is no trust.
        if resource.kind.starts_with("AWS::Cognito::") {
            continue;
        }
        literals(&resource.properties, &mut |text, span| {
            for captures in custom.captures_iter(text) {
                let whole = captures.get(0).map_or("", |whole| whole.as_str());
                let name = captures.get(1).map_or(whole, |inner| inner.as_str());
                let known = name.starts_with("custom:") || says_tenant(name);
                if known && !is_everybodys(name) {
                    found.push(SeenClaim { name: name.to_owned(), trust: Trust::Read, span });
                }
            }
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use tenantry_template::Span;

    use super::{SeenClaim, Trust, of_tenants};

    fn chosen(seen: &[(&str, Trust)]) -> Vec<String> {
        let claim = |(name, trust): &(&str, Trust)| SeenClaim {
            name: (*name).to_owned(),
            trust: *trust,
            span: Span::default(),
        };
        let seen: Vec<SeenClaim> = seen.iter().map(claim).collect();
        of_tenants(&seen).into_iter().map(|each| each.name.clone()).collect()
    }

    #[test]
    fn the_claim_of_the_tenant_is_called_so_or_trusted() {
        let named = ("custom:tenant_id", Trust::Named);
        assert_eq!(chosen(&[named]), ["custom:tenant_id"]);
        // A role by a claim that is called something else says nothing of the tenant.
        assert_eq!(chosen(&[("custom:job", Trust::Tag), named]), ["custom:tenant_id"]);
        assert_eq!(chosen(&[("custom:acct", Trust::Tag)]), ["custom:acct"]);
        let two = [("custom:org_id", Trust::Tag), named];
        assert_eq!(chosen(&two), ["custom:org_id"]);
        let read = [("custom:a", Trust::Read), ("custom:b", Trust::Tag)];
        assert_eq!(chosen(&read), ["custom:b"]);
        assert_eq!(chosen(&[("custom:a", Trust::Read), ("custom:b", Trust::Read)]).len(), 2);
    }
}
