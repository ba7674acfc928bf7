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
    /// Which constructs of the AWS CDK wrote who acts and what is reached, by `aws:cdk:path`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constructs: Vec<String>,
    /// The conditions of the statements that let it through, sorted: operator, key, values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
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
    /// How bad it is to be able to do this, 0 the worst; findings are told in this order.
    #[serde(skip)]
    pub rank: u16,
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

/// What makes two counterexamples the same one: who does what to which resource under which
/// conditions, against which claim. Evidence, order and wording do not count, so an accepted exception outlives a moved
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
    /// Under which conditions the statements let it through.
    pub conditions: Vec<String>,
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
            constructs: Vec::new(),
            conditions: Vec::new(),
            context: Vec::new(),
            when: Vec::new(),
            steps: Vec::new(),
            evidence: Vec::new(),
            barrier,
            fix: String::new(),
            pairs: 1,
            rank: u16::MAX,
        }
    }

    /// What it is known by.
    pub fn identity(&self) -> Identity {
        // Which of the actions is told first does not count.
        let mut acts: Vec<(&str, &str)> = self.acts().collect();
        acts.sort_unstable();
        Identity {
            claim: self.claim,
            resource: acts.first().map(|(_, resource)| (*resource).to_owned()).unwrap_or_default(),
            principal: self.principal.clone(),
            action: acts.iter().map(|(action, _)| *action).collect::<Vec<_>>().join(", "),
            conditions: self.conditions.clone(),
        }
    }

    /// Where it is told: what lets it through first, or the first place there is.
    pub fn place(&self) -> Option<&Place> {
        let allowing = self.evidence.iter().find(|evidence| evidence.allows);
        let steps = self.steps.iter().find_map(|step| step.place.as_ref());
        let any = || self.evidence.first().map(|evidence| &evidence.place);
        allowing.map(|evidence| &evidence.place).or(steps).or_else(any)
    }

    /// Tells the worst of its actions first: `rank` gives 0 for the worst.
    pub fn worst_first(&mut self, rank: impl Fn(&str) -> u16) {
        let mut acts: Vec<Act> = self
            .acts()
            .map(|(action, resource)| Act { action: action.into(), resource: resource.into() })
            .collect();
        acts.sort_by_cached_key(|act| rank(&act.action));
        let mut acts = acts.into_iter();
        if let Some(first) = acts.next() {
            self.rank = rank(&first.action);
            (self.action, self.resource) = (first.action, first.resource);
        }
        self.also = acts.collect();
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
            || self.conditions != other.conditions
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
        let conditions = self.conditions.iter().map(String::as_str);
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in parts.into_iter().chain(conditions).flat_map(|part| part.bytes().chain([0])) {
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
