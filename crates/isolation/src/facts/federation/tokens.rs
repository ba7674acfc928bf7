//! The tokens worth showing to a statement of a trust policy: one for each way of not being the
//! tenant's own user.

use tenantry_policy as policy;
use tenantry_policy::{ConditionTest, Pattern, Piece, PolicyStatement, Quantifier, Test, Value};
use tenantry_template::{Owner, Resource, TenantIndex};
use tenantry_verdict::Reason;

use super::{Federation, Holder};
use crate::facts::names;

pub(super) const POOL: &str = "AWS::Cognito::IdentityPool";
const POOLS: &str = "cognito-identity.amazonaws.com";
const GITHUB: &str = "token.actions.githubusercontent.com";
/// Issuers whose tokens anybody can get.
const PUBLIC: &[&str] =
    &[GITHUB, "gitlab.com", "accounts.google.com", "www.amazon.com", "graph.facebook.com"];
/// An audience that says only that a token is meant for AWS.
const FOR_AWS: &[&str] = &["sts.amazonaws.com", "https://signin.aws.amazon.com/saml"];

const ANOTHER: &str = "<another's subject>";

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
        own: Option<TenantIndex>,
        saml: bool,
        undecided: &mut Vec<Reason>,
    ) -> Vec<Token> {
        if provider.as_str() == Some(POOLS) {
            return self.of_pools(statement, own, undecided);
        }
        let issuer = match saml {
            true => "saml".to_owned(),
            false => issuer(provider, statement),
        };
        self.of_subjects(provider, &issuer, statement, own, undecided)
    }

    fn of_pools(
        &self,
        statement: &PolicyStatement,
        own: Option<TenantIndex>,
        undecided: &mut Vec<Reason>,
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
            let named = self.named.get(pool).map(|at| &model.resources[*at]);
            let Some(resource) = named.filter(|resource| resource.kind == POOL) else {
                if own.is_some() {
                    undecided
                        .push(self.unknown(statement, &format!("whose identity pool `{pool}` is")));
                }
                continue;
            };
            match resource.owner {
                Owner::Tenant(tenant) if Some(tenant) != own => {
                    let says = "users of another tenant's identity pool are let in";
                    tokens.push(token(Holder::Tenant(tenant), says, pool, "authenticated"));
                }
                Owner::Shared if may_be(resource, "AllowClassicFlow", false) => {
                    let says = "in the basic flow users of a shared pool choose their role";
                    tokens.push(token(Holder::AnyOther, says, pool, "authenticated"));
                }
                _ => {}
            }
            if may_be(resource, "AllowUnauthenticatedIdentities", true) {
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
        own: Option<TenantIndex>,
        undecided: &mut Vec<Reason>,
    ) -> Vec<Token> {
        let trust = Trust::read(provider, issuer, statement, own);
        let known = self.named.get(provider).or_else(|| self.named.get(&issuer.into()));
        let owner = known.map(|at| self.facts.reader.model.resources[*at].owner);
        match owner {
            Some(Owner::Tenant(tenant)) if Some(tenant) == own => Vec::new(),
            Some(Owner::Tenant(tenant)) => trust.of_another_tenants_provider(tenant),
            _ if trust.subjects.is_empty() => {
                let audiences = trust.audiences.iter();
                let ours = owner.is_some();
                audiences
                    .filter_map(|each| self.of_any_subject(&trust, each, ours, undecided))
                    .collect()
            }
            _ => self.of_listed_subjects(&trust, undecided),
        }
    }

    /// A token of an audience for a statement that names no subject.
    fn of_any_subject(
        &self,
        trust: &Trust<'_>,
        audience: &policy::Text,
        is_ours: bool,
        undecided: &mut Vec<Reason>,
    ) -> Option<Token> {
        let mut open = |what: &str| {
            if trust.own.is_some() {
                undecided.push(self.unknown(trust.statement, what));
            }
        };
        let holder = match self.owner_of_client(audience) {
            Some(Owner::Tenant(tenant)) if Some(tenant) == trust.own => return None,
            Some(Owner::Tenant(tenant)) => Holder::Tenant(tenant),
            _ if trust.is_somebodys(audience) => {
                open(&format!("for whom the audience `{audience}` is"));
                return None;
            }
            _ if trust.is_public() => Holder::Anybody,
            _ if is_ours => Holder::AnyOther,
            _ => {
                open("for whom the identity provider vouches");
                return None;
            }
        };
        let says = "no subject is named: whoever the provider vouches for is let in";
        Some(trust.token(holder, says, ANOTHER.into(), audience))
    }

    /// Whose a client is, where a tag or its name says so: AWS takes no tags on clients.
    fn owner_of_client(&self, audience: &policy::Text) -> Option<Owner> {
        let client = &self.facts.reader.model.resources[*self.named.get(audience)?];
        let name = client.properties.get("ClientName").and_then(|name| name.to_text());
        match (client.owner, name.map(|name| self.owners.mentioned(&name)).as_deref()) {
            (Owner::Tenant(_), _) => Some(client.owner),
            (_, Some([tenant])) => Some(Owner::Tenant(*tenant)),
            (owner, _) => Some(owner),
        }
    }

    /// The tokens of others whose subjects pass a test of the subject.
    fn of_listed_subjects(&self, trust: &Trust<'_>, undecided: &mut Vec<Reason>) -> Vec<Token> {
        let mut tokens = Vec::new();
        // A denial, or a test that another subject passes.
        if !trust.subjects.iter().any(|test| bounds(test)) {
            let holder = if trust.is_public() { Holder::Anybody } else { Holder::AnyOther };
            tokens.extend(trust.of_subject(holder, "the subjects are not listed", ANOTHER.into()));
        }
        let mut open = |what: &str| {
            if trust.own.is_some() {
                undecided.push(self.unknown(trust.statement, what));
            }
        };
        for (like, item) in values(&trust.subjects) {
            let text = item.template.source();
            let literal = text.as_str().filter(|_| item.template.variables().next().is_none());
            let Some(literal) = literal else {
                let shown = names::readable(self.facts.reader.model, text);
                open(&format!("whose subjects `{shown}` are"));
                continue;
            };
            if let Some((holder, example)) = self.another(literal, like, trust.own) {
                let says = format!("the subject `{example}` is let in");
                tokens.extend(trust.of_subject(holder, &says, example.as_str().into()));
            } else if self.is_let_into_two_tenants_roles(trust.provider, literal, like) {
                open(&format!("whose subject `{literal}` is"));
            }
        }
        // Each alone takes in somebody else; together they may not.
        if trust.subjects.iter().filter(|test| bounds(test)).count() > 1 && !tokens.is_empty() {
            open("which subjects pass all of its conditions");
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
}

/// A statement that trusts another provider than the identity pools.
struct Trust<'s> {
    provider: &'s policy::Text,
    issuer: &'s str,
    statement: &'s PolicyStatement,
    own: Option<TenantIndex>,
    subjects: Vec<&'s ConditionTest>,
    /// Those that its tests of the audience name; one of any, if none.
    audiences: Vec<policy::Text>,
    /// Those of them that stand for themselves alone.
    named: Vec<policy::Text>,
    /// What a token says beside its subject and its audience.
    keys: Vec<(String, Value)>,
}

impl<'s> Trust<'s> {
    fn read(
        provider: &'s policy::Text,
        issuer: &'s str,
        statement: &'s PolicyStatement,
        own: Option<TenantIndex>,
    ) -> Self {
        let subjects = of_key(statement, &format!("{issuer}:sub")).collect();
        let tests: Vec<_> = of_key(statement, &format!("{issuer}:aud")).collect();
        let named: Vec<_> = exact(&tests).cloned().collect();
        let mut audiences: Vec<_> = wild(&tests).chain(named.iter().cloned()).collect();
        if audiences.is_empty() {
            audiences.push("<any audience>".into());
        }
        // What else the token says is the provider's to sign.
        let prefix = format!("{issuer}:").to_ascii_lowercase();
        let keys = statement.conditions.iter().map(|test| test.key.to_ascii_lowercase());
        let keys = keys.filter(|key| key.starts_with(&prefix)).map(|key| (key, Value::Unknown));
        let keys = keys.collect();
        Self { provider, issuer, statement, own, subjects, audiences, named, keys }
    }

    fn is_public(&self) -> bool {
        PUBLIC.contains(&self.issuer)
    }

    /// Whether an audience is a client of somebody's, and not only meant for AWS.
    fn is_somebodys(&self, audience: &policy::Text) -> bool {
        self.named.contains(audience)
            && self.issuer != GITHUB
            && !FOR_AWS.iter().any(|aws| audience.as_str() == Some(aws))
    }

    fn token(
        &self,
        holder: Holder,
        says: &str,
        subject: policy::Text,
        audience: &policy::Text,
    ) -> Token {
        let mut keys = self.keys.clone();
        keys.push((format!("{}:sub", self.issuer), one(subject)));
        keys.push((format!("{}:aud", self.issuer), one(audience.clone())));
        Token { holder, says: says.to_owned(), keys }
    }

    /// Tokens of one subject, of every audience.
    fn of_subject<'t>(
        &'t self,
        holder: Holder,
        says: &'t str,
        subject: policy::Text,
    ) -> impl Iterator<Item = Token> + 't {
        let audiences = self.audiences.iter();
        audiences.map(move |audience| self.token(holder, says, subject.clone(), audience))
    }

    fn of_another_tenants_provider(&self, tenant: TenantIndex) -> Vec<Token> {
        let says = "another tenant's provider vouches for whom it likes";
        let any = self.subjects.is_empty().then(|| "<a subject>".into());
        let subjects = wild(&self.subjects).chain(exact(&self.subjects).cloned()).chain(any);
        let of = |subject| self.of_subject(Holder::Tenant(tenant), says, subject);
        subjects.flat_map(of).collect()
    }
}

/// The issuer of a provider's tokens, as condition keys begin.
pub(super) fn issuer(provider: &policy::Text, statement: &PolicyStatement) -> String {
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

pub(super) fn of_key<'s>(
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

/// Whether a flag is set, or may be: what it is where it is left out is `otherwise`.
fn may_be(resource: &Resource<'_>, name: &str, otherwise: bool) -> bool {
    resource.properties.get(name).map_or(otherwise, |value| value.as_bool() != Some(false))
}
