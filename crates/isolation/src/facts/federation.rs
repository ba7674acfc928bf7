//! Who becomes a role through an identity provider: what its trust says of the pool or audience,
//! of the subject and of how the user signed in.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html>

mod subject;
mod tokens;

use std::collections::HashMap;

use tenantry_policy as policy;
use tenantry_policy::{
    Caller, CallerKind, Context, Effect, PolicySet, PrincipalKind, Request, Witness,
};
use tenantry_template::{ResourceId, TenantIndex, Value};
use tenantry_verdict::Reason;

use super::assets::Asset;
use super::names;
use super::owners::Owners;
use crate::facts::{Facts, reasons};
use tokens::Token;

/// What the trust policies of a model's roles are held against.
pub(crate) struct Federation<'f, 'm, 'a> {
    facts: &'f Facts<'m, 'a>,
    owners: &'f Owners<'m, 'a>,
    /// The tenants' ids that are known, sorted, with the tenants.
    ids: Vec<(&'m str, TenantIndex)>,
    /// By a name of theirs: identity pools, providers and clients of user pools.
    named: HashMap<policy::Text, ResourceId>,
    /// By provider and what names a subject in a trust policy: the tenants whose roles it is let
    /// into; the second says enough.
    subjects: HashMap<(policy::Text, String), [Option<TenantIndex>; 2]>,
}

/// Who holds a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Holder {
    Anybody,
    Tenant(TenantIndex),
    AnyOther,
}

/// A token that a trust policy takes though it ought not to.
pub(crate) struct Entry {
    pub(crate) holder: Holder,
    pub(crate) says: String,
    pub(crate) provider: policy::Text,
    pub(crate) way: Box<Witness>,
}

/// What is found of one role.
#[derive(Default)]
pub(crate) struct Entries {
    pub(crate) taken: Vec<Entry>,
    pub(crate) undecided: Vec<Reason>,
}

impl<'f, 'm, 'a> Federation<'f, 'm, 'a> {
    pub(crate) fn read(facts: &'f Facts<'m, 'a>, owners: &'f Owners<'m, 'a>) -> Self {
        const KINDS: &[&str] = &[
            tokens::POOL,
            "AWS::IAM::OIDCProvider",
            "AWS::IAM::SAMLProvider",
            "AWS::Cognito::UserPoolClient",
        ];
        let model = facts.reader.model;
        let ids = model.tenants.entries();
        let mut ids: Vec<_> = ids.filter_map(|(at, id)| Some((id.as_literal()?, at))).collect();
        ids.sort_unstable();
        let mut named = HashMap::new();
        for (at, resource) in model.resources.entries() {
            if KINDS.contains(&resource.kind.as_str()) {
                named.insert(names::text(model, &resource.reference), at);
                named.extend(resource.arn.as_ref().map(|arn| (names::text(model, arn), at)));
                named.insert(names::made_up_arn(resource, "Arn"), at);
                // A trust policy may write out the issuer.
                let url = resource.properties.get("Url").and_then(Value::as_str);
                let issuer =
                    url.map(|url| url.trim_start_matches("https://").trim_end_matches('/'));
                named.extend(issuer.map(|issuer| (issuer.into(), at)));
            }
        }
        let subjects = subject::named(&facts.assets);
        Self { facts, owners, ids, named, subjects }
    }

    /// The tokens that let somebody into a role who is not its own; of a shared role, whoever is
    /// a tenant's or nobody's.
    pub(crate) fn entries(&self, asset: &Asset, own: Option<TenantIndex>) -> Entries {
        let mut entries = Entries::default();
        if &*asset.kind != "AWS::IAM::Role" {
            return entries;
        }
        let Some(policy) = &asset.policy else { return entries };
        let allowing = policy.statements.iter().filter(|each| each.effect == Effect::Allow);
        for statement in allowing.filter(|each| !policy::impossible(each)) {
            let Some(principals) = statement.principals.as_ref().filter(|each| !each.negated)
            else {
                continue;
            };
            let federated = principals.items.iter();
            for item in federated.filter(|item| item.kind == PrincipalKind::Federated) {
                for action in ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"] {
                    if !policy::lists(&statement.actions, action) {
                        continue;
                    }
                    let saml = action.ends_with("SAML");
                    let tokens =
                        self.tokens(&item.text, statement, own, saml, &mut entries.undecided);
                    for token in tokens {
                        self.ask(asset, policy, &item.text, action, token, &mut entries);
                    }
                }
            }
        }
        entries
    }

    fn ask(
        &self,
        asset: &Asset,
        trust: &policy::Policy,
        provider: &policy::Text,
        action: &str,
        token: Token,
        entries: &mut Entries,
    ) {
        let known = |entry: &Entry| entry.holder == token.holder && entry.provider == *provider;
        if entries.taken.iter().any(known) {
            return;
        }
        let context = token
            .keys
            .into_iter()
            .fold(Context::hostile(), |context, (key, value)| context.with(&key, value));
        let request = Request {
            caller: Caller {
                kind: CallerKind::Federated(provider.clone()),
                account: policy::Text::default(),
                tags: Vec::new(),
            },
            action: action.to_owned(),
            resource: asset.target.arn.clone(),
            resource_account: asset.target.account.clone(),
            resource_tags: asset.target.tags.clone(),
            context,
        };
        let set = PolicySet { resource: Some(trust), ..PolicySet::default() };
        match policy::find_witness(&request, &set) {
            Ok(None) => {}
            Ok(Some(way)) => entries.taken.push(Entry {
                holder: token.holder,
                says: token.says,
                provider: provider.clone(),
                way: Box::new(way),
            }),
            Err(reasons) => {
                let facts = self.facts;
                let matters = format!("{}, and may become `{}`", token.says, facts.path(asset.at));
                let told = reasons.iter();
                let told = told.map(|each| reasons::reason(facts, each, &matters, asset.at));
                entries.undecided.extend(told);
            }
        }
    }
}
