//! One concrete way through: who does what to which asset, by which statements.

use std::fmt;

use serde::Serialize;
use tenantry_template::Place;

use crate::claims::{Barrier, ClaimId};

/// A concrete way through a claim.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Counterexample {
    /// The claim that it breaks; its plane is the claim's.
    pub claim: ClaimId,
    /// Whose principal acts.
    pub attacker: Party,
    /// Whose asset is reached.
    pub victim: Party,
    /// Who acts: a role's logical id, `everyone`, a network interface's owner.
    pub principal: String,
    /// What it does: `dynamodb:GetItem`, `tcp/443`, `GET /tenants/b/users`.
    pub action: String,
    /// What it does it to: an ARN with symbols as `<Name>`, a logical id, an address.
    pub resource: String,
    /// What else the same statements let the same principal do against the claim, by action. All
    /// of it goes through in the one context.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Act>,
    /// The request's context, with who decides each value.
    pub context: Vec<ContextKey>,
    /// For which values of what is not known this holds: ``when `A` begins with `B` ``.
    pub when: Vec<String>,
    /// The steps of a way that takes more than one, in order.
    pub steps: Vec<Step>,
    /// The statements that let it through, and those that ought to have stopped it.
    pub evidence: Vec<Evidence>,
    /// The barrier that ought to have stopped it.
    pub barrier: Barrier,
    /// What to write instead.
    pub fix: String,
    /// How many ordered pairs of tenants this one way breaks; at least 1 unless the victim or
    /// the attacker is no tenant.
    pub pairs: u64,
}

/// One action on one resource.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Act {
    /// What is done.
    pub action: String,
    /// What it is done to.
    pub resource: String,
}

/// Who somebody is, as far as the claims care.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// A tenant, by id.
    Tenant(String),
    /// Every tenant but the other party.
    #[serde(rename = "any-other-tenant")]
    AnyOtherTenant,
    /// The platform's own.
    Shared,
    /// Somebody outside the account, or the internet.
    Outside,
}

/// A key of the request's context.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ContextKey {
    /// The key: `aws:SourceIp`.
    pub key: String,
    /// Its value in this counterexample.
    pub value: String,
    /// Who decides the value.
    pub set_by: SetBy,
}

/// Who decides a context key's value.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SetBy {
    /// The attacker.
    Caller,
    /// AWS; nobody can choose it.
    Aws,
    /// The template.
    Template,
}

/// One step of a composed way.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Step {
    /// What happens.
    pub what: String,
    /// The statement that makes it possible.
    pub place: Option<Place>,
}

/// A place that bears on a counterexample.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Evidence {
    /// What the place does: `allows it`, `is read first`.
    pub says: String,
    /// Whether it lets the request through; else it ought to have stopped it.
    pub allows: bool,
    /// Where it is.
    pub place: Place,
}

/// What makes two counterexamples the same one: who does what to which resource, against which
/// claim. Evidence, order and wording do not count, so an accepted exception outlives a moved
/// line and does not cover a new way through the same statement.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Identity {
    /// The claim's id.
    pub claim: ClaimId,
    /// The resource.
    pub resource: String,
    /// Who acts.
    pub principal: String,
    /// What it does: all of it, with commas between, so that one more action is another one.
    pub action: String,
}

impl Counterexample {
    /// One with nothing but its identity and parties; the rest is filled in by the plane.
    pub fn new(claim: ClaimId, attacker: Party, victim: Party, barrier: Barrier) -> Self {
        Self {
            claim,
            attacker,
            victim,
            principal: String::new(),
            action: String::new(),
            resource: String::new(),
            also: Vec::new(),
            context: Vec::new(),
            when: Vec::new(),
            steps: Vec::new(),
            evidence: Vec::new(),
            barrier,
            fix: String::new(),
            pairs: 1,
        }
    }

    /// What it is known by.
    pub fn identity(&self) -> Identity {
        Identity {
            claim: self.claim,
            resource: self.resource.clone(),
            principal: self.principal.clone(),
            action: self.acts().map(|(action, _)| action).collect::<Vec<_>>().join(", "),
        }
    }

    /// Each action with its resource.
    pub fn acts(&self) -> impl Iterator<Item = (&str, &str)> {
        let also = self.also.iter().map(|act| (act.action.as_str(), act.resource.as_str()));
        std::iter::once((self.action.as_str(), self.resource.as_str())).chain(also)
    }

    /// Takes another one in where the same statements let the same principal through; whether it
    /// did. Actions stay sorted, and the first is the one that is told.
    pub fn take_in(&mut self, other: &Self) -> bool {
        let clash = |key: &ContextKey| {
            other.context.iter().any(|its| its.key == key.key && its.value != key.value)
        };
        if (self.claim, self.barrier) != (other.claim, other.barrier)
            || self.principal != other.principal
            || (&self.attacker, &self.victim) != (&other.attacker, &other.victim)
            || self.evidence != other.evidence
            || self.context.iter().any(clash)
        {
            return false;
        }
        let acts = self.acts().chain(other.acts());
        let mut acts: Vec<Act> = acts
            .map(|(action, resource)| Act { action: action.into(), resource: resource.into() })
            .collect();
        acts.sort();
        acts.dedup();
        let mut acts = acts.into_iter();
        if let Some(first) = acts.next() {
            (self.action, self.resource) = (first.action, first.resource);
        }
        self.also = acts.collect();
        for key in &other.context {
            if !self.context.contains(key) {
                self.context.push(key.clone());
            }
        }
        true
    }
}

impl Identity {
    /// A stable short key: 64 bits of FNV-1a over the parts, in hexadecimal. It identifies; it
    /// protects nothing.
    pub fn key(&self) -> String {
        let parts = [self.claim.id, &self.resource, &self.principal, &self.action];
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        format!("{hash:016x}")
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant(id) => f.write_str(id),
            Self::AnyOtherTenant => f.write_str("any other tenant"),
            Self::Shared => f.write_str("the platform"),
            Self::Outside => f.write_str("anybody outside"),
        }
    }
}

impl SetBy {
    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Caller => "chosen by the caller",
            Self::Aws => "set by AWS",
            Self::Template => "fixed by the template",
        }
    }
}
