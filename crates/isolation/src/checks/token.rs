//! Who decides which tenant a request belongs to: user pools, their clients, authorizers, tags of
//! sessions.

pub(crate) mod read;

use tenantry_template::{ResourceId, Span};
use tenantry_verdict::claims::Barrier;

use self::token::{AUDIENCE, CLAIM_WRITABLE, SESSION_TAG};
use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::facts::users::{ClaimSource, Mapped};
use crate::findings::breach::{Act, More, Seen, Shown, Side, Thing};
use crate::findings::unknown::{TokenUnknown, Unknown};

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
        attribute.decide(found);
    }
    let kinds = ["AWS::ApiGateway::RestApi", "AWS::ApiGateway::Authorizer"];
    for resource in &facts.reader.model.resources {
        if kinds.contains(&resource.kind.as_str()) {
            found.ask(AUDIENCE);
        }
    }
    for checker in token_validators(facts, owners) {
        checker.decide(found);
    }
    for asset in &facts.assets {
        if &*asset.kind == "AWS::IAM::Role" {
            found.ask(SESSION_TAG);
        }
    }
    for starter in session_tag_grants(facts).into_iter().filter(|starter| !starter.tied) {
        found.breach(SESSION_TAG, starter.chosen());
    }
    if read::trusts_tags(facts) {
        for (role, mapped) in facts.users.mapped() {
            mapped.decide(role, found);
        }
    }
}

impl Mapped {
    fn decide(&self, role: ResourceId, found: &mut Findings) {
        match self.says {
            ClaimSource::Tenant | ClaimSource::User | ClaimSource::Alike => {}
            ClaimSource::UserWritable => {
                let (barrier, claim) = (Barrier::UserPool, Thing::Written(self.claim.clone()));
                let seen = Seen::WritableClaimMakesTag;
                found.breach(SESSION_TAG, shown(barrier, role, claim, seen, self.span));
            }
            ClaimSource::Unknown => {
                let (what, span) = (TokenUnknown::ClaimWriter(self.claim.clone()), self.span);
                found.undecided(SESSION_TAG, Unknown::Token { what, span });
            }
        }
    }
}

impl Attribute {
    fn decide(&self, found: &mut Findings) {
        match self.written_by_users() {
            Written::Never => {}
            Written::InProfile => found.breach(CLAIM_WRITABLE, self.written()),
            Written::AtSignUp => found.breach(CLAIM_WRITABLE, self.chosen()),
            Written::Unknown => {
                let (what, span) = (TokenUnknown::AttributeWriter(self.name.clone()), self.span);
                found.undecided(CLAIM_WRITABLE, Unknown::Token { what, span });
            }
        }
    }

    /// A user changes it.
    pub(crate) fn written(&self) -> Shown {
        let (barrier, name) = (Barrier::WriteAttributes, Thing::Written(self.name.clone()));
        shown(barrier, self.pool, name, Seen::UsersWriteClaim, self.span)
    }

    /// Who signs up sets it.
    pub(crate) fn chosen(&self) -> Shown {
        let (barrier, name) = (Barrier::ClosedSignUp, Thing::Written(self.name.clone()));
        shown(barrier, self.pool, name, Seen::ClaimSetAtSignUp, self.span)
    }
}

impl TokenValidator {
    fn decide(&self, found: &mut Findings) {
        if !self.assumed {
            found.ask(AUDIENCE);
        }
        if !self.audience {
            found.breach(AUDIENCE, self.accepts(Thing::AnyAudience, Seen::AnyAudiencePasses));
        }
        if let Issuer::Unknown(span) = self.issuer {
            found.undecided(AUDIENCE, Unknown::Token { what: TokenUnknown::Issuer, span });
        }
    }

    pub(crate) fn accepts(&self, what: Thing, seen: Seen) -> Shown {
        shown(Barrier::Authorizer, self.at, what, seen, self.span)
    }
}

impl SessionTagGrant {
    /// Whoever starts the session chooses its tags.
    pub(crate) fn chosen(&self) -> Shown {
        let role = Thing::Resource(self.role);
        shown(Barrier::TrustPolicy, self.role, role, Seen::CallerChoosesTags, self.span)
    }
}

fn shown(barrier: Barrier, actor: ResourceId, on: Thing, seen: Seen, span: Span) -> Shown {
    Shown {
        barrier,
        attacker: Side::AnyOtherTenant,
        victim: Side::AnyOtherTenant,
        actor,
        act: match barrier {
            Barrier::TrustPolicy => Act::Action("sts:TagSession"),
            Barrier::Authorizer => Act::Accepts,
            _ => Act::Writes,
        },
        on,
        seen,
        span,
        more: More::default(),
    }
}
