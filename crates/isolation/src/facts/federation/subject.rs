//! Whose the subjects are that a trust policy's pattern takes in.

use std::collections::HashMap;

use tenantry_arena::Arena;
use tenantry_policy as policy;
use tenantry_policy::{Pattern, PrincipalKind, Test};
use tenantry_template::{Owner, TenantIndex};

use super::tokens::{issuer, of_key};
use super::{Federation, Holder};
use crate::facts::assets::{Asset, AssetKey};
use crate::facts::names;

/// How the subjects of some issuers are made: what stands before the owner's name, and what ends
/// it.
const FORMS: &[(&str, &[char])] = &[
    // https://kubernetes.io/docs/reference/access-authn-authz/authentication/
    ("system:serviceaccount:", &[':']),
    // https://docs.github.com/en/actions/reference/security/oidc
    ("repo:", &['/']),
    ("project_path:", &['/']),
];

/// Ends of an owner's name in subjects of a form that is not known.
const ENDS: &[char] = &[':', '/', '|', '#', '@'];

/// What a pattern says of its subjects' owner.
pub(super) enum Of<'s> {
    /// It names one.
    One(&'s str),
    /// It names how the owner's name begins, as the form that the subjects have.
    Some { header: &'static str, start: &'s str, end: char },
}

/// Reads the subjects of a value; `wild` says whether `*` and `?` are more than themselves.
pub(super) fn owner_of(subject: &str, wild: bool) -> Of<'_> {
    let stem = match wild {
        true => subject.split(['*', '?']).next().unwrap_or_default(),
        false => subject,
    };
    let whole = stem.len() == subject.len();
    let form = FORMS.iter().find(|(header, _)| stem.starts_with(header));
    let cut = FORMS.iter().find(|(header, _)| !whole && header.starts_with(stem));
    let (header, ends) = form.or(cut).copied().unwrap_or(("", ENDS));
    let rest = stem.get(header.len()..).unwrap_or_default();
    match rest.find(ends) {
        // Of a repository the name is the owner's as well as the organization's.
        Some(_) if header == "repo:" || header == "project_path:" => {
            Of::One(rest.split(':').next().unwrap_or(rest))
        }
        Some(end) => Of::One(rest.get(..end).unwrap_or(rest)),
        None if whole => Of::One(rest),
        None => Of::Some { header, start: rest, end: ends.first().copied().unwrap_or(':') },
    }
}

impl Federation<'_, '_, '_> {
    /// Somebody else whose subject a pattern takes in, with such a subject.
    pub(super) fn another(
        &self,
        subject: &str,
        wild: bool,
        own: Option<TenantIndex>,
    ) -> Option<(Holder, String)> {
        match owner_of(subject, wild) {
            Of::One(owner) => {
                let mentioned =
                    self.owners.mentioned(&tenantry_template::Text::literal(owner.to_owned()));
                if own.is_some_and(|own| mentioned.contains(&own)) {
                    return None;
                }
                let other = mentioned.first()?;
                Some((Holder::Tenant(*other), plain(subject, wild)))
            }
            Of::Some { header, start, end } => {
                let from = self.ids.partition_point(|(id, _)| *id < start);
                let pattern = Pattern::read(&subject.into(), policy::Style::Glob);
                let ids = self.ids.get(from..).unwrap_or_default().iter();
                let ids = ids.take_while(|(id, _)| id.starts_with(start));
                for (id, tenant) in ids.filter(|(_, tenant)| Some(*tenant) != own).take(3) {
                    let theirs =
                        Pattern::read(&format!("{header}{id}{end}?*").into(), policy::Style::Glob);
                    let alone = Pattern::exactly(&format!("{header}{id}").as_str().into());
                    for theirs in [theirs, alone] {
                        if let Ok(Some(text)) = pattern.witness(&theirs, &[]) {
                            return Some((Holder::Tenant(*tenant), text.to_string()));
                        }
                    }
                }
                // On a host that anybody may join, a name that begins so is anybody's.
                let mentioned =
                    self.owners.mentioned(&tenantry_template::Text::literal(start.to_owned()));
                if header == "repo:" || header == "project_path:" {
                    return Some((Holder::Anybody, plain(subject, wild)));
                }
                let named = own.map_or(!start.is_empty(), |own| mentioned.contains(&own));
                if named {
                    return None;
                }
                match mentioned.iter().find(|tenant| Some(**tenant) != own) {
                    Some(other) => Some((Holder::Tenant(*other), plain(subject, wild))),
                    None => Some((Holder::AnyOther, plain(subject, wild))),
                }
            }
        }
    }

    /// Whether a subject whose owner nothing names is let into another tenant's role as well.
    pub(super) fn is_let_into_two_tenants_roles(
        &self,
        provider: &policy::Text,
        subject: &str,
        wild: bool,
    ) -> bool {
        let Of::One(owner) = owner_of(subject, wild) else { return false };
        let key = (provider.clone(), owner.to_owned());
        let none =
            self.owners.mentioned(&tenantry_template::Text::literal(owner.to_owned())).is_empty();
        none && self.subjects.get(&key).is_some_and(|tenants| tenants.iter().all(Option::is_some))
    }
}

/// Into which tenants' roles the subjects are let that trust policies name; of more than two the
/// first two.
pub(super) fn named(
    assets: &Arena<AssetKey, Asset>,
) -> HashMap<(policy::Text, String), [Option<TenantIndex>; 2]> {
    let mut found: HashMap<_, [Option<TenantIndex>; 2]> = HashMap::new();
    for asset in assets.iter().filter(|asset| &*asset.kind == "AWS::IAM::Role") {
        let Owner::Tenant(tenant) = asset.owner else { continue };
        for statement in asset.policy.iter().flat_map(|policy| &policy.statements) {
            let items = statement.principals.iter().flat_map(|each| &each.items);
            for item in items.filter(|item| item.kind == PrincipalKind::Federated) {
                let key = format!("{}:sub", issuer(&item.text, statement));
                for (subject, like) in of_key(statement, &key).flat_map(listed) {
                    let Of::One(owner) = owner_of(subject, like) else { continue };
                    let known = found.entry((item.text.clone(), owner.to_owned())).or_default();
                    match known {
                        [first @ None, _] => *first = Some(tenant),
                        [Some(first), second @ None] if *first != tenant => *second = Some(tenant),
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

/// The values of a test that are known, and whether they are patterns.
fn listed(test: &policy::ConditionTest) -> impl Iterator<Item = (&str, bool)> {
    let like = matches!(test.operator.test, Test::StringLike | Test::Arn);
    test.values.iter().filter_map(move |item| Some((item.template.source().as_str()?, like)))
}

/// A subject that a value takes in.
fn plain(subject: &str, wild: bool) -> String {
    if wild { names::filled(subject) } else { subject.to_owned() }
}
