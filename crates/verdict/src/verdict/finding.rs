//! Counterexamples put together by what has to change: one finding, with all that it opens.
//!
//! Two ways through have one cause where the same places let them through. Causes that let the
//! same actions through the same barriers against the same claims are one finding, and so are all
//! that break one convention: what a generator wrote for each of a hundred tenants is told once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use tenantry_template::Place;

use super::{Counterexample, Outcome, Party, Reason, Verdict};
use crate::claims::{Barrier, ClaimId};

/// What has to change, and what it opens.
#[derive(Clone, Debug)]
pub struct Finding<'v> {
    /// [`Outcome::Breached`], [`Outcome::Weak`] or [`Outcome::Advice`].
    pub outcome: Outcome,
    /// The claims that it speaks against, in the registry's order.
    pub claims: Vec<ClaimId>,
    /// The worst of its ways through.
    pub example: &'v Counterexample,
    /// All of its ways through, the worst first.
    pub all: Vec<&'v Counterexample>,
    /// Where else the same has to change, by file, line and column.
    pub elsewhere: Vec<&'v Place>,
}

/// The places that let something through, by file, line and column; a way without a place is told
/// by who does what.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Cause<'v> {
    Places(BTreeSet<(&'v str, usize, usize)>),
    Way { principal: &'v str, resource: &'v str },
}

/// What causes have in common that are one finding.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Kind<'v> {
    outcome: Outcome,
    claims: BTreeSet<ClaimId>,
    barriers: BTreeSet<Barrier>,
    actions: BTreeSet<&'v str>,
}

/// Something that is not known, with all that it leaves open.
#[derive(Clone, Debug)]
pub struct Unknown<'v> {
    /// The first reason that names it.
    pub reason: &'v Reason,
    /// The claims that it leaves open, in the registry's order.
    pub claims: Vec<ClaimId>,
    /// Why it matters, each way once.
    pub matters: BTreeSet<&'v str>,
}

/// How far a finding reaches.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Extent<'v> {
    /// How many ordered pairs of tenants.
    pub pairs: u64,
    /// Who acts.
    pub principals: BTreeSet<&'v str>,
    /// What is done.
    pub actions: Vec<&'v str>,
    /// What it is done to.
    pub resources: BTreeSet<&'v str>,
}

impl Verdict {
    /// What was found, one finding a cause, the worst first.
    pub fn findings(&self) -> Vec<Finding<'_>> {
        let mut causes: BTreeMap<(Outcome, Cause<'_>), Vec<&Counterexample>> = BTreeMap::new();
        for answer in &self.claims {
            let lists = [
                (Outcome::Breached, &answer.counterexamples),
                (Outcome::Weak, &answer.weak),
                (Outcome::Advice, &answer.advice),
            ];
            for (outcome, list) in lists {
                for example in list {
                    causes.entry((outcome, Cause::of(example))).or_default().push(example);
                }
            }
        }
        let mut kinds: BTreeMap<Kind<'_>, Vec<Vec<&Counterexample>>> = BTreeMap::new();
        for ((outcome, _), examples) in causes {
            let lawful = examples.iter().filter(|example| !example.claim.is_convention());
            let kind = Kind {
                outcome,
                claims: examples.iter().map(|example| example.claim).collect(),
                barriers: examples.iter().map(|example| example.barrier).collect(),
                actions: lawful.flat_map(|each| each.acts()).map(|(action, _)| action).collect(),
            };
            kinds.entry(kind).or_default().push(examples);
        }
        let findings = kinds.into_iter().filter_map(|(kind, causes)| Finding::of(&kind, causes));
        let mut findings: Vec<Finding<'_>> = findings.collect();
        findings.sort_by_cached_key(|finding| {
            let Counterexample { rank, claim, .. } = finding.example;
            let order = self.claims.iter().position(|answer| answer.claim == *claim);
            (std::cmp::Reverse(finding.outcome), *rank, order, finding.example.identity())
        });
        findings
    }

    /// What is not known, once each, in the order of the claims.
    pub fn unknowns(&self) -> Vec<Unknown<'_>> {
        let mut found: Vec<Unknown<'_>> = Vec::new();
        let mut known: HashMap<(&str, &str), usize> = HashMap::new();
        for answer in &self.claims {
            for reason in &answer.undecided {
                let key = (reason.unknown.as_str(), reason.help.as_str());
                let at = *known.entry(key).or_insert(found.len());
                let Some(unknown) = found.get_mut(at) else {
                    let matters = BTreeSet::from([reason.matters.as_str()]);
                    found.push(Unknown { reason, claims: vec![answer.claim], matters });
                    continue;
                };
                if !unknown.claims.contains(&answer.claim) {
                    unknown.claims.push(answer.claim);
                }
                unknown.matters.insert(&reason.matters);
            }
        }
        found
    }
}

impl<'v> Cause<'v> {
    fn of(example: &'v Counterexample) -> Self {
        let allowing = example.evidence.iter().filter(|evidence| evidence.allows);
        let steps = example.steps.iter().filter_map(|step| step.place.as_ref());
        let places = allowing.map(|evidence| &evidence.place).chain(steps);
        let places: BTreeSet<_> =
            places.map(|place| (place.file.as_str(), place.line, place.column)).collect();
        if places.is_empty() {
            let Counterexample { principal, resource, .. } = example;
            return Self::Way { principal, resource };
        }
        Self::Places(places)
    }
}

impl<'v> Finding<'v> {
    fn of(kind: &Kind<'v>, mut causes: Vec<Vec<&'v Counterexample>>) -> Option<Self> {
        let worst_first = |example: &&Counterexample| (example.rank, example.identity());
        causes.iter_mut().for_each(|examples| examples.sort_by_cached_key(worst_first));
        causes.sort_by_cached_key(|examples| examples.first().map(worst_first));
        let firsts = causes.iter().skip(1).filter_map(|examples| examples.first()?.place());
        let elsewhere = firsts.collect();
        let all: Vec<&Counterexample> = causes.into_iter().flatten().collect();
        let example = *all.first()?;
        let claims = crate::claims::all().filter(|claim| kind.claims.contains(claim)).collect();
        Some(Self { outcome: kind.outcome, claims, example, all, elsewhere })
    }

    /// All that it opens.
    pub fn extent(&self) -> Extent<'v> {
        let mut extent = Extent::default();
        let mut pairs: BTreeMap<(&Party, &Party), u64> = BTreeMap::new();
        for example in &self.all {
            let pair = pairs.entry((&example.attacker, &example.victim)).or_default();
            *pair = example.pairs.max(*pair);
            extent.principals.insert(&example.principal);
            for (action, resource) in example.acts() {
                if !extent.actions.contains(&action) {
                    extent.actions.push(action);
                }
                extent.resources.insert(resource);
            }
        }
        extent.pairs = pairs.values().sum();
        extent
    }
}
