//! The tokens worth showing to a statement of a trust policy: one for each way of not being the
//! tenant's own user.

use tenantry_policy::{
    self as policy, ConditionTest, Pattern, Piece, PolicyStatement, Quantifier, Test, Value,
};

use super::{Federation, Holder};
use crate::model::Owner;
use crate::value;
use crate::verdict::Reason;

pub(super) const POOL: &str = "AWS::Cognito::IdentityPool";
const POOLS: &str = "cognito-identity.amazonaws.com";
const GITHUB: &str = "token.actions.githubusercontent.com";
/// Issuers whose tokens anybody can get.
const PUBLIC: &[&str] =
    &[GITHUB, "gitlab.com", "accounts.google.com", "www.amazon.com", "graph.facebook.com"];
/// An audience that says only that a token is meant for AWS.
const FOR_AWS: &[&str] = &["sts.amazonaws.com", "https://signin.aws.amazon.com/saml"];

/// A token, and what it shows if it is taken.
pub(super) struct Token {
    pub(super) holder: Holder,
    pub(super) says: String,
    pub(super) keys: Vec<(String, Value)>,
}

impl Federation<'_, '_, '_> {
    /// The tokens to show to a statement that trusts a provider, for a role of `own` or a shared
    /// one.
    pub(super) fn tokens(
        &self,
        provider: &policy::Text,
        statement: &PolicyStatement,
        own: Option<usize>,
        saml: bool,
        open: &mut Vec<Reason>,
    ) -> Vec<Token> {
        if provider.as_str() == Some(POOLS) {
            return self.of_pools(statement, own, open);
        }
        let issuer = match saml {
            true => "saml".to_owned(),
            false => issuer(provider, statement),
        };
        self.of_subjects(provider, &issuer, statement, own, open)
    }

    fn of_pools(
        &self,
        statement: &PolicyStatement,
        own: Option<usize>,
        open: &mut Vec<Reason>,
    ) -> Vec<Token> {
        let key = |name: &str| format!("{POOLS}:{name}");
        let token = |holder, says: &str, pool: &policy::Text, amr: &str| Token {
            holder,
            says: says.to_owned(),
            keys: vec![
                (key("aud"), one(pool.clone())),
                (key("amr"), one(amr.into())),
                (key("sub"), one("<a user's identity>".into())),
            ],
        };
        let tests: Vec<_> = of_key(statement, &key("aud")).collect();
        let mut tokens = Vec::new();
        let foreign = wild(&tests).chain(["<anybody's identity pool>".into()]);
        for pool in foreign {
            let says = "an identity pool of anybody's will do";
            tokens.push(token(Holder::Anybody, says, &pool, "authenticated"));
        }
        for pool in exact(&tests) {
            let model = self.facts.reader.model;
            let named = self.named.get(pool).and_then(|at| model.resources.get(*at));
            let Some(resource) = named.filter(|resource| resource.kind == POOL) else {
                if own.is_some() {
                    open.push(self.unknown(statement, &format!("whose identity pool `{pool}` is")));
                }
                continue;
            };
            match resource.owner {
                Owner::Tenant(tenant) if Some(tenant) != own => {
                    let says = "users of another tenant's identity pool are let in";
                    tokens.push(token(Holder::Tenant(tenant), says, pool, "authenticated"));
                }
                Owner::Shared if flag(resource, "AllowClassicFlow") != Some(false) => {
                    let says = "in the basic flow users of a shared pool choose their role";
                    let set = resource.properties.get("AllowClassicFlow").is_some();
                    if set {
                        tokens.push(token(Holder::AnyOther, says, pool, "authenticated"));
                    }
                }
                _ => {}
            }
            if flag(resource, "AllowUnauthenticatedIdentities") != Some(false) {
                let says = "who has not signed in is let in";
                tokens.push(token(Holder::Anybody, says, pool, "unauthenticated"));
            }
        }
        tokens
    }

    fn of_subjects(
        &self,
        provider: &policy::Text,
        issuer: &str,
        statement: &PolicyStatement,
        own: Option<usize>,
        open: &mut Vec<Reason>,
    ) -> Vec<Token> {
        let model = self.facts.reader.model;
        let known = self.named.get(provider).or_else(|| self.named.get(&issuer.into()));
        let known = known.and_then(|at| model.resources.get(*at));
        let holder = known.map(|resource| resource.owner);
        if let Some(Owner::Tenant(tenant)) = holder
            && Some(tenant) == own
        {
            return Vec::new();
        }
        let (subject, audience) = (format!("{issuer}:sub"), format!("{issuer}:aud"));
        let subjects: Vec<_> = of_key(statement, &subject).collect();
        let audiences: Vec<_> = of_key(statement, &audience).collect();
        let mut auds: Vec<policy::Text> = wild(&audiences).collect();
        auds.extend(exact(&audiences).cloned());
        let aud = auds.into_iter().next().unwrap_or_else(|| "<any audience>".into());
        // What else the token says is the provider's to sign.
        let others = statement.conditions.iter().map(|test| test.key.to_ascii_lowercase());
        let others =
            others.filter(|key| key.starts_with(&format!("{issuer}:").to_ascii_lowercase()));
        let keys: Vec<(String, Value)> =
            others.map(|key| (key, Value::Unknown)).chain([(audience, one(aud.clone()))]).collect();
        let token = |holder, says: String, text: policy::Text| {
            let mut keys = keys.clone();
            keys.push((subject.clone(), one(text)));
            Token { holder, says, keys }
        };
        let public = PUBLIC.contains(&issuer);
        if let Some(Owner::Tenant(tenant)) = holder {
            let says = "another tenant's provider vouches for whom it likes";
            let all = wild(&subjects).chain(exact(&subjects).cloned());
            let any = subjects.is_empty().then(|| "<a subject>".into());
            let token = |text| token(Holder::Tenant(tenant), says.to_owned(), text);
            return all.chain(any).map(token).collect();
        }
        let anybody = "<another's subject>";
        if subjects.is_empty() {
            let marked = exact(&audiences).next().filter(|aud| {
                !FOR_AWS.iter().any(|known| aud.as_str() == Some(known)) && issuer != GITHUB
            });
            let says = "no subject is named: whoever the provider vouches for is let in";
            if let Some(marked) = marked {
                let client = self.named.get(marked).and_then(|at| model.resources.get(*at));
                match client.map(|client| client.owner) {
                    Some(Owner::Tenant(tenant)) if Some(tenant) == own => {}
                    Some(Owner::Tenant(tenant)) => {
                        return vec![token(
                            Holder::Tenant(tenant),
                            says.to_owned(),
                            anybody.into(),
                        )];
                    }
                    _ if own.is_some() => {
                        open.push(
                            self.unknown(
                                statement,
                                &format!("for whom the audience `{marked}` is"),
                            ),
                        );
                    }
                    _ => {}
                }
                return Vec::new();
            }
            let holder = match (public, holder) {
                (true, _) => Holder::Anybody,
                (false, Some(_)) => Holder::AnyOther,
                (false, None) => {
                    if own.is_some() {
                        open.push(
                            self.unknown(statement, "for whom the identity provider vouches"),
                        );
                    }
                    return Vec::new();
                }
            };
            return vec![token(holder, says.to_owned(), anybody.into())];
        }
        let mut tokens = Vec::new();
        // A denial, or a test that another subject passes.
        if subjects.iter().all(|test| !bounds(test)) {
            let holder = if public { Holder::Anybody } else { Holder::AnyOther };
            tokens.push(token(holder, "the subjects are not listed".to_owned(), anybody.into()));
        }
        let bounding: Vec<_> = subjects.iter().filter(|test| bounds(test)).collect();
        for test in &bounding {
            let like = matches!(test.operator.test, Test::StringLike | Test::Arn);
            for item in &test.values {
                let text = item.template.source();
                let literal = text.as_str().filter(|_| item.template.variables().next().is_none());
                let Some(literal) = literal else {
                    if own.is_some() {
                        let shown = crate::planes::names::readable(model, text);
                        open.push(
                            self.unknown(statement, &format!("whose subjects `{shown}` are")),
                        );
                    }
                    continue;
                };
                if let Some((holder, example)) = self.another(literal, like, own) {
                    let says = format!("the subject `{example}` is let in");
                    tokens.push(token(holder, says, example.into()));
                } else if own.is_some() && self.in_two(provider, literal, like) {
                    let what = format!("whose subject `{literal}` is");
                    open.push(self.unknown(statement, &what));
                }
            }
        }
        // Each alone takes in somebody else; together they may not.
        if bounding.len() > 1 && !tokens.is_empty() && own.is_some() {
            open.push(self.unknown(statement, "which subjects pass all of its conditions"));
        }
        tokens
    }

    fn unknown(&self, statement: &PolicyStatement, what: &str) -> Reason {
        let facts = self.facts;
        let span = facts.reader.places.get(statement.span);
        Reason {
            unknown: what.to_owned(),
            matters: "another tenant's users may then become this role".to_owned(),
            help: "name a pool or provider that a template here makes with the tenant's tag, or \
                 the subjects that are the tenant's alone"
                .to_owned(),
            place: span.and_then(|span| facts.reader.model.place(span)),
        }
    }

    /// Which tenants' roles the subjects that trust policies name are let into.
    pub(super) fn subjects(
        &self,
    ) -> std::collections::HashMap<(policy::Text, String), [Option<usize>; 2]> {
        let mut found = std::collections::HashMap::new();
        let roles = self.facts.assets.iter().filter(|asset| &*asset.kind == "AWS::IAM::Role");
        for asset in roles {
            let Owner::Tenant(tenant) = asset.owner else { continue };
            let statements = asset.policy.iter().flat_map(|policy| &policy.statements);
            for statement in statements {
                let principals = statement.principals.iter().flat_map(|each| &each.items);
                for item in principals {
                    if item.kind != policy::PrincipalKind::Federated {
                        continue;
                    }
                    let key = format!("{}:sub", issuer(&item.text, statement));
                    for test in of_key(statement, &key) {
                        let like = matches!(test.operator.test, Test::StringLike | Test::Arn);
                        let values = test.values.iter();
                        for text in values.filter_map(|item| item.template.source().as_str()) {
                            let super::subject::Of::One(owner) =
                                super::subject::owner_of(text, like)
                            else {
                                continue;
                            };
                            let known: &mut [Option<usize>; 2] =
                                found.entry((item.text.clone(), owner.to_owned())).or_default();
                            match known {
                                [first @ None, _] => *first = Some(tenant),
                                [Some(first), second @ None] if *first != tenant => {
                                    *second = Some(tenant)
                                }
                                _ => {}
                            }
                        }
                    }
                }
            }
        }
        found
    }
}

/// The issuer of a provider's tokens, as condition keys begin.
fn issuer(provider: &policy::Text, statement: &PolicyStatement) -> String {
    let text = provider.to_string();
    let known = match text.split_once(":oidc-provider/") {
        Some((_, issuer)) => Some(issuer.to_owned()).filter(|_| provider.as_str().is_some()),
        None => provider.as_str().filter(|text| !text.starts_with("arn:")).map(str::to_owned),
    };
    // An account that is not known stands before it, not in it.
    let last = provider.parts().last();
    let after = match last {
        Some(policy::Part::Literal(text)) => text.split_once(":oidc-provider/"),
        _ => None,
    };
    let known = known.or_else(|| after.map(|(_, issuer)| issuer.to_owned()));
    known.unwrap_or_else(|| {
        let mut keys = statement.conditions.iter().map(|test| test.key.as_str());
        let key =
            keys.find_map(|key| key.strip_suffix(":sub").or_else(|| key.strip_suffix(":aud")));
        key.unwrap_or("<issuer>").to_owned()
    })
}

fn of_key<'s>(
    statement: &'s PolicyStatement,
    key: &str,
) -> impl Iterator<Item = &'s ConditionTest> + use<'s> {
    let key = key.to_owned();
    statement.conditions.iter().filter(move |test| test.key.eq_ignore_ascii_case(&key))
}

/// Whether a test lists what it lets through.
fn bounds(test: &ConditionTest) -> bool {
    !test.operator.negated
        && test.operator.test != Test::Null
        && test.operator.quantifier != Some(Quantifier::All)
}

fn values<'t>(tests: &'t [&ConditionTest]) -> impl Iterator<Item = (bool, &'t policy::Item)> {
    tests.iter().filter(|test| bounds(test)).flat_map(|test| {
        let like = matches!(test.operator.test, Test::StringLike | Test::Arn);
        test.values.iter().map(move |item| (like, item))
    })
}

fn is_wild(item: &policy::Item) -> bool {
    let mut pieces = item.template.pieces().iter();
    pieces.any(|piece| matches!(piece, Piece::Wild(text) if text.contains(['*', '?'])))
}

/// A text for each value that stands for several.
fn wild<'t>(tests: &'t [&ConditionTest]) -> impl Iterator<Item = policy::Text> + 't {
    values(tests).filter(|(like, item)| *like && is_wild(item)).filter_map(|(_, item)| {
        let pattern = Pattern::read(item.template.source(), policy::Style::Glob);
        pattern.witness(&Pattern::everything(), &[]).ok().flatten()
    })
}

/// The values that are themselves alone.
fn exact<'t>(tests: &'t [&ConditionTest]) -> impl Iterator<Item = &'t policy::Text> + 't {
    values(tests)
        .filter(|(like, item)| !*like || !is_wild(item))
        .map(|(_, item)| item.template.source())
}

fn one(text: policy::Text) -> Value {
    Value::Present(vec![text])
}

fn flag(resource: &crate::model::Resource<'_>, name: &str) -> Option<bool> {
    resource.properties.get(name).and_then(value::Value::as_bool)
}
