//! What every plane returns and every output prints: data, and the few questions asked of it.
//!
//! Nothing here decides a claim and nothing prints; it counts, sorts and names.

mod accept;
mod counterexample;
mod finding;

use serde::Serialize;
use tenantry_template::Place;

pub use accept::{Accept, Accepted, Assume, Assumed, Date};
pub use counterexample::{Act, ContextKey, Counterexample, Evidence, Identity, Party, SetBy, Step};
pub use finding::{Extent, Finding, Unknown};

use crate::claims::{self, Barrier, ClaimId, Plane};

/// The answer to one verification.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    /// The tenants found, sorted.
    pub tenants: Vec<String>,
    /// The ordered pairs of tenants that every claim answers for: n·(n−1).
    pub pairs: u64,
    /// One answer for each claim of the planes that were asked, in the registry's order.
    pub claims: Vec<ClaimVerdict>,
    /// What removing each barrier alone does; empty unless it was asked.
    pub barriers: Vec<Removal>,
    /// Statements that can never match: neither a grant nor a barrier.
    pub dead: Vec<Notice>,
    /// Shared principals with more rights than they need, which no tenant can reach.
    pub least_privilege: Vec<Notice>,
    /// What the answers rest on.
    pub assumptions: Vec<Assumption>,
    /// What was odd while reading, and exceptions that ran out or match nothing.
    pub warnings: Vec<Notice>,
    /// Whether a missing barrier is a finding, though nothing crosses.
    pub strict: bool,
}

/// The answer to one claim. It is proven only while nothing speaks against it, and something was
/// asked.
#[derive(Clone, Debug, Serialize)]
pub struct ClaimVerdict {
    /// The claim.
    pub claim: ClaimId,
    /// How many assets, routes, names or pairs the claim was asked of; 0 means that the
    /// templates hold nothing that it speaks about.
    pub questions: u64,
    /// The ways through: a request, packet or flow crosses.
    pub counterexamples: Vec<Counterexample>,
    /// Barriers that ought to be there and are not, while nothing crosses.
    pub weak: Vec<Counterexample>,
    /// Where a convention that nobody asked for does not hold.
    pub advice: Vec<Counterexample>,
    /// The ways through that the user accepted, each with why and until when.
    pub accepted: Vec<Accepted>,
    /// What could not be known and could matter.
    pub undecided: Vec<Reason>,
    /// What could not be known, and the user takes as harmless.
    pub assumed: Vec<Assumed>,
}

/// The sum of a claim's answer, from the best to the worst.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The templates hold nothing that the claim speaks about, so nothing is shown.
    Nothing,
    /// No way through exists under the listed assumptions, save accepted ones.
    Proven,
    /// A convention that nobody asked for does not hold.
    Advice,
    /// A barrier is missing, and nothing crosses.
    Weak,
    /// Something that could matter is not known.
    Undecided,
    /// There is a way through.
    Breached,
}

/// Something that could not be known, and could make the claim false.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Reason {
    /// What is not known, by the name that the template gives it: ``the parameter `Cidr` ``.
    pub unknown: String,
    /// Why it could matter.
    pub matters: String,
    /// What the user can do: give a value, an assumption, one more template.
    pub help: String,
    /// Where it is written.
    pub place: Option<Place>,
}

/// A remark about one place.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Notice {
    /// What is so.
    pub what: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where.
    pub place: Option<Place>,
}

/// Something taken as true without being shown.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Assumption {
    /// A short name for it.
    pub id: String,
    /// What is assumed, as a sentence.
    pub text: String,
    /// Whether the user added it; else the model has it built in.
    pub added: bool,
    /// The claims whose answer would be open without it.
    pub claims: Vec<ClaimId>,
}

/// What happens to a plane, or to one way into it, when one of the barriers is taken away.
#[derive(Clone, Debug, Serialize)]
pub struct Removal {
    /// The plane.
    pub plane: Plane,
    /// The way into the plane that is asked about; `None` for all of them at once.
    pub against: Option<Against>,
    /// The barrier.
    pub barrier: Barrier,
    /// Whether the barrier would hold with no other beside it.
    pub alone: bool,
    /// The answer without the barrier: the plane's, or the way's where one is named.
    pub without: Outcome,
    /// A way through that the barrier alone stops.
    pub example: Option<Box<Counterexample>>,
}

/// One of the ways in which a claim breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Against {
    /// The claim.
    pub claim: ClaimId,
    /// What happens, as a sentence without its stop: `a tenant's route lands in ...`.
    pub way: &'static str,
}

impl Verdict {
    /// Puts the planes' answers together. A claim of an asked plane that has no answer is
    /// undecided: a check that did not run never reads as proven.
    pub fn assemble(
        mut tenants: Vec<String>,
        asked: &[Plane],
        answers: impl IntoIterator<Item = ClaimVerdict>,
    ) -> Self {
        tenants.sort();
        tenants.dedup();
        let count = tenants.len() as u64;
        let mut claims: Vec<ClaimVerdict> = Vec::new();
        for answer in answers {
            match claims.iter_mut().find(|known| known.claim == answer.claim) {
                Some(known) => known.merge(answer),
                None => claims.push(answer),
            }
        }
        for claim in claims::all().filter(|claim| asked.contains(&claim.plane)) {
            if !claims.iter().any(|answer| answer.claim == claim) {
                let mut answer = ClaimVerdict::new(claim);
                answer.undecided.push(Reason {
                    unknown: "the answer".into(),
                    matters: "this claim was asked, and nothing decided it".into(),
                    help: "leave its plane out, or take it as an assumption".into(),
                    place: None,
                });
                claims.push(answer);
            }
        }
        let order: Vec<ClaimId> = claims::all().collect();
        claims.sort_by_key(|answer| order.iter().position(|claim| *claim == answer.claim));
        for answer in &mut claims {
            for list in answer.lists() {
                list.sort_by_cached_key(Counterexample::identity);
                list.dedup_by_key(|example| example.identity());
            }
        }
        let pairs = count * count.saturating_sub(1);
        Self { tenants, pairs, claims, ..Self::default() }
    }

    /// The verdict on templates that have nothing to do with each other, from the verdict on each.
    pub fn join(parts: Vec<Self>) -> Self {
        let mut tenants = Vec::new();
        let mut claims = Vec::new();
        let mut rest = Self::default();
        for part in parts {
            tenants.extend(part.tenants);
            claims.extend(part.claims);
            rest.dead.extend(part.dead);
            rest.least_privilege.extend(part.least_privilege);
            rest.warnings.extend(part.warnings);
            for assumption in part.assumptions {
                if !rest.assumptions.contains(&assumption) {
                    rest.assumptions.push(assumption);
                }
            }
        }
        let Self { tenants, pairs, mut claims, .. } = Self::assemble(tenants, &[], claims);
        let others = (tenants.len() as u64).saturating_sub(1);
        for example in claims.iter_mut().flat_map(ClaimVerdict::lists).flatten() {
            let one_against_all = matches!(example.attacker, Party::Tenant(_))
                && example.victim == Party::AnyOtherTenant;
            if one_against_all {
                example.pairs = others;
            }
        }
        Self { tenants, pairs, claims, ..rest }
    }

    /// Leaves every claim about tenants open, for there is none that it could be asked of.
    pub fn without_tenants(&mut self, reason: &Reason) {
        for answer in self.claims.iter_mut().filter(|answer| !answer.claim.is_convention()) {
            answer.questions = 0;
            answer.undecided.push(reason.clone());
        }
    }

    /// The answer as a whole: a breach outweighs what is not known, and that a missing barrier;
    /// advice does not count. Templates without a tenant prove nothing, whatever conventions they
    /// keep or break, and nor do those of which nothing but conventions was asked.
    pub fn outcome(&self) -> Outcome {
        let of_tenants = |answer: &&ClaimVerdict| !answer.claim.is_convention();
        let isolation = self.claims.iter().filter(of_tenants).map(ClaimVerdict::outcome).max();
        let worst = self.claims.iter().map(ClaimVerdict::outcome).max();
        match (isolation, worst) {
            (Some(Outcome::Breached), _) => Outcome::Breached,
            _ if self.tenants.is_empty() => Outcome::Undecided,
            (Some(Outcome::Nothing), Some(worst)) => worst.max(Outcome::Undecided),
            (_, None | Some(Outcome::Nothing)) => Outcome::Undecided,
            (_, Some(Outcome::Proven | Outcome::Advice)) => Outcome::Proven,
            (_, Some(worst)) => worst,
        }
    }

    /// The exit status of a process that prints this: 0 proven or weak, 1 breached, 2 undecided;
    /// where missing barriers count, weak is 1.
    pub fn exit_status(&self) -> u8 {
        match self.outcome() {
            Outcome::Breached => 1,
            Outcome::Weak if self.strict => 1,
            Outcome::Undecided => 2,
            Outcome::Nothing | Outcome::Proven | Outcome::Advice | Outcome::Weak => 0,
        }
    }

    /// The answer for one plane; `None` if it was not asked.
    pub fn plane(&self, plane: Plane) -> Option<Outcome> {
        self.claims.iter().filter(|a| a.claim.plane == plane).map(ClaimVerdict::outcome).max()
    }

    /// How many barriers would each hold a plane alone; where the plane is asked way by way, the
    /// number for the way that has the fewest. `None` unless it was asked.
    pub fn independent_barriers(&self, plane: Plane) -> Option<usize> {
        let ways = self.removals(plane);
        ways.iter().map(|(_, way)| way.iter().filter(|removal| removal.alone).count()).min()
    }

    /// The removals of a plane's barriers, way by way.
    pub fn removals(&self, plane: Plane) -> Vec<(Option<Against>, Vec<&Removal>)> {
        let mut ways: Vec<(Option<Against>, Vec<&Removal>)> = Vec::new();
        for removal in self.barriers.iter().filter(|removal| removal.plane == plane) {
            match ways.iter_mut().find(|(against, _)| *against == removal.against) {
                Some((_, removals)) => removals.push(removal),
                None => ways.push((removal.against, vec![removal])),
            }
        }
        ways
    }
}

impl ClaimVerdict {
    /// An answer that nothing speaks against yet.
    pub fn new(claim: ClaimId) -> Self {
        Self {
            claim,
            questions: 0,
            counterexamples: Vec::new(),
            weak: Vec::new(),
            advice: Vec::new(),
            accepted: Vec::new(),
            undecided: Vec::new(),
            assumed: Vec::new(),
        }
    }

    /// The sum.
    pub fn outcome(&self) -> Outcome {
        if !self.counterexamples.is_empty() {
            Outcome::Breached
        } else if !self.undecided.is_empty() {
            Outcome::Undecided
        } else if !self.weak.is_empty() {
            Outcome::Weak
        } else if !self.advice.is_empty() {
            Outcome::Advice
        } else if self.questions == 0 && self.accepted.is_empty() && self.assumed.is_empty() {
            Outcome::Nothing
        } else {
            Outcome::Proven
        }
    }

    /// All that was found, the worst first.
    pub fn findings(&self) -> impl Iterator<Item = &Counterexample> {
        self.counterexamples.iter().chain(&self.weak).chain(&self.advice)
    }

    /// The lists of what was found, the worst first.
    pub fn lists(&mut self) -> [&mut Vec<Counterexample>; 3] {
        [&mut self.counterexamples, &mut self.weak, &mut self.advice]
    }

    fn merge(&mut self, other: Self) {
        self.questions += other.questions;
        self.counterexamples.extend(other.counterexamples);
        self.weak.extend(other.weak);
        self.advice.extend(other.advice);
        self.accepted.extend(other.accepted);
        self.undecided.extend(other.undecided);
        self.assumed.extend(other.assumed);
    }
}

impl Removal {
    /// Whether the barrier holds, and nothing is behind it.
    pub fn stands_alone(&self) -> bool {
        self.alone && self.without != Outcome::Proven
    }
}

impl Outcome {
    /// Whether something crosses: a missing barrier that lets nothing through counts as proven,
    /// and so does what had nothing to ask.
    pub fn crossing(self) -> Self {
        match self {
            Self::Breached | Self::Undecided => self,
            Self::Nothing | Self::Proven | Self::Advice | Self::Weak => Self::Proven,
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Proven => "proven",
            Self::Advice => "advice",
            Self::Weak => "weak",
            Self::Breached => "breached",
            Self::Undecided => "undecided",
        }
    }
}

/// The first few of a list, and how many more there are.
pub fn some(all: &[&str]) -> String {
    const TOLD: usize = 4;
    let (told, rest) = all.split_at(all.len().min(TOLD));
    match rest.len() {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

#[cfg(test)]
mod tests;
