//! Who decides which tenant a request belongs to: user pools, their clients, authorizers, tags of
//! sessions.

pub(crate) mod read;

use tenantry_template::{Owner, ResourceId, Span};
use tenantry_verdict::claims::Barrier;
use tenantry_verdict::{Counterexample, Party, Reason};

use self::token::{AUDIENCE, CLAIM_WRITABLE, SESSION_TAG};
use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::explain::breach::Breach;
use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::facts::users::{ClaimSource, Mapped};

pub(crate) use crate::facts::user_pools::{Attribute, Written};
pub(crate) use read::{
    Issuer, SessionTagGrant, TokenValidator, attributes, session_tag_grants, token_validators,
};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        token { CLAIM_WRITABLE, AUDIENCE, SESSION_TAG }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// Who may say to which tenant a request belongs.
pub(crate) struct Token;

impl Check for Token {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &facts.owners, &mut found);
        found
    }
}

/// Decides the claims of tokens.
fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    for attribute in attributes(facts, owners) {
        found.ask(CLAIM_WRITABLE);
        attribute.decide(facts, found);
    }
    let kinds = ["AWS::ApiGateway::RestApi", "AWS::ApiGateway::Authorizer"];
    for resource in &facts.reader.model.resources {
        if kinds.contains(&resource.kind.as_str()) {
            found.ask(AUDIENCE);
        }
    }
    for checker in token_validators(facts, owners) {
        checker.decide(facts, found);
    }
    for asset in &facts.assets {
        if &*asset.kind == "AWS::IAM::Role" {
            found.ask(SESSION_TAG);
        }
    }
    for starter in session_tag_grants(facts).into_iter().filter(|starter| !starter.tied) {
        found.breach(SESSION_TAG, starter.chosen(facts));
    }
    if read::trusts_tags(facts) {
        for (role, mapped) in facts.users.mapped() {
            mapped.decide(facts, role, found);
        }
    }
}

impl Mapped {
    fn decide(&self, facts: &Facts<'_, '_>, role: ResourceId, found: &mut Findings) {
        match self.says {
            ClaimSource::Tenant | ClaimSource::User | ClaimSource::Alike => {}
            ClaimSource::UserWritable => {
                let says = "users write this claim, and policies trust the tag that is made of it";
                let barrier = Barrier::UserPool;
                let example =
                    shown(facts, SESSION_TAG, barrier, role, &self.claim, says, self.span);
                found.breach(SESSION_TAG, example);
            }
            ClaimSource::Unknown => {
                let what = format!("who writes the claim `{}`", self.claim);
                found.undecided(SESSION_TAG, unknown(facts, &what, self.span));
            }
        }
    }
}

impl Attribute {
    fn decide(&self, facts: &Facts<'_, '_>, found: &mut Findings) {
        match self.written_by_users() {
            Written::Never => {}
            Written::InProfile => {
                found.breach(CLAIM_WRITABLE, self.written(facts));
            }
            Written::AtSignUp => {
                found.breach(CLAIM_WRITABLE, self.chosen(facts));
            }
            Written::Unknown => {
                let what = format!("who may write `{}`", self.name);
                found.undecided(CLAIM_WRITABLE, unknown(facts, &what, self.span));
            }
        }
    }

    /// A user changes it.
    pub(crate) fn written(&self, facts: &Facts<'_, '_>) -> Counterexample {
        let says = "this client's users may write the tenant's claim";
        let barrier = Barrier::WriteAttributes;
        shown(facts, CLAIM_WRITABLE, barrier, self.pool, &self.name, says, self.span)
    }

    /// Who signs up sets it.
    pub(crate) fn chosen(&self, facts: &Facts<'_, '_>) -> Counterexample {
        let says = "whoever signs up through this client writes the tenant's claim once";
        let barrier = Barrier::ClosedSignUp;
        shown(facts, CLAIM_WRITABLE, barrier, self.pool, &self.name, says, self.span)
    }
}

impl TokenValidator {
    fn decide(&self, facts: &Facts<'_, '_>, found: &mut Findings) {
        if !self.assumed {
            found.ask(AUDIENCE);
        }
        if !self.audience {
            let says = "tokens for any audience pass";
            let example = self.accepts(facts, "any audience", says);
            found.breach(AUDIENCE, example);
        }
        if let Issuer::Unknown(span) = self.issuer {
            found.undecided(AUDIENCE, unknown(facts, "the tokens' issuer", span));
        }
    }

    pub(crate) fn accepts(&self, facts: &Facts<'_, '_>, what: &str, says: &str) -> Counterexample {
        shown(facts, AUDIENCE, Barrier::Authorizer, self.at, what, says, self.span)
    }
}

impl SessionTagGrant {
    /// Whoever starts the session chooses its tags.
    pub(crate) fn chosen(&self, facts: &Facts<'_, '_>) -> Counterexample {
        let says = "whoever starts this session chooses its tags, and policies trust them";
        let role = facts.path(self.role);
        shown(facts, SESSION_TAG, Barrier::TrustPolicy, self.role, &role, says, self.span)
    }
}

fn shown(
    facts: &Facts<'_, '_>,
    claim: Listed<Claims>,
    barrier: Barrier,
    at: ResourceId,
    resource: &str,
    says: &str,
    span: Span,
) -> Counterexample {
    let shown = Breach {
        claim: *claim,
        barrier,
        attacker: Owner::Shared,
        victim: Owner::Shared,
        principal: at,
        action: match barrier {
            Barrier::TrustPolicy => "sts:TagSession",
            Barrier::Authorizer => "accepts",
            _ => "writes",
        },
        resource: resource.to_owned(),
        says,
        span,
    };
    let mut example = shown.counterexample(facts);
    example.attacker = Party::AnyOtherTenant;
    example.victim = Party::AnyOtherTenant;
    example
}

fn unknown(facts: &Facts<'_, '_>, what: &str, span: Span) -> Reason {
    Reason {
        unknown: what.to_owned(),
        matters: "a user may then decide to which tenant it belongs".to_owned(),
        help: "write it in the template, and give parameters their values".to_owned(),
        place: facts.reader.model.place(span),
    }
}
