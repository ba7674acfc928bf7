//! Every tenant's name in the platform's own template is swapped for another tenant's, every
//! barrier is removed, and every barrier is widened, one place at a time. Each mutant must be
//! caught, or a simulation of the whole platform must find that it opens nothing.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod mutants;
mod simulation;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tenantry_isolation::{VerifyOptions, verify_model};
use tenantry_template::{NoLoader, ReadOptions, Source, read};
use tenantry_verdict::claims::{ClaimId, Plane, environment};
use tenantry_verdict::{Outcome, Verdict};

use mutants::Mutant;
use simulation::access::Judge;
use simulation::{Behind, Owners, Simulation, Ways};
use support::platform;

/// What the simulation does not look at: a part of the place's path, and why it opens no way.
const HARMLESS: &[(&str, &str)] = &[
    ("/Description", "for people"),
    ("/AttributeDataType", "every type of attribute is text in the token"),
    (
        "/Schema/0/Required",
        "whether a user can be made without the claim: the authorizer refuses one",
    ),
    (
        "/StringAttributeConstraints",
        "how long the claim may be: a tenant's own id fits or does not",
    ),
    ("Alarm", "it counts, and tells the platform's people"),
    ("Events", "it counts, and tells the platform's people"),
    ("TokensNotChecked", "it counts, and tells the platform's people"),
    ("Dashboard", "for people"),
    ("Outputs/", "for people"),
    ("/PolicyName", "a name that nothing refers to"),
    ("/Group", "a name or a text of a security group, for people"),
    ("/DependsOn", "the order of deployment"),
    ("/Tags/", "the name tag, and tags of what has no policy"),
    ("/MethodSettings", "a limit on the rate of requests"),
    ("AuditBucket/", "the platform's record of events"),
    ("/SSEType", "the only type that there is"),
];

/// What became of a mutant.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Fate {
    /// The verifier answers breached, and the simulation finds a way too.
    Shown,
    /// Likewise, and the simulation finds no way.
    Breached(Why),
    Undecided,
    /// The verifier says something new without changing its answer.
    Finding,
    /// The template cannot be read, or names what is not there: AWS refuses it.
    Refused,
    /// The simulation asked everything again, and nothing was opened.
    Simulated,
    /// By the list: which kind.
    Listed(usize),
    Missed(String),
}

/// Why the simulation finds no way where the verifier tells one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Why {
    /// Only conventions are broken, and they open nothing by themselves.
    Convention,
    /// There is a way as soon as whose things are is read from the mutant's own tags.
    Tags,
    /// There is a way as soon as this other barrier is gone too.
    Behind(Behind),
    /// What the claim is about only the function's code looks at, which is not run.
    Code,
}

impl Why {
    const fn name(self) -> &'static str {
        match self {
            Self::Convention => "breached, a convention",
            Self::Tags => "breached, and the simulation finds a way by the tags it has then",
            Self::Behind(Behind::InvokePermission) => {
                "breached, the invoke permission is behind it"
            }
            Self::Behind(Behind::Integration) => "breached, the integration is behind it",
            Self::Behind(Behind::AccessPolicies) => "breached, the access policies are behind it",
            Self::Code => "breached, the function's code is behind it",
        }
    }
}

struct Baseline {
    template: Value,
    owners: Owners,
    simulation: Simulation,
    ways: Ways,
    /// The ways that each barrier alone stops.
    behind: Vec<(Behind, Ways)>,
    notices: BTreeSet<String>,
}

#[test]
fn every_mutant_is_caught_or_opens_nothing() {
    let template: Value = serde_json::from_str(&platform(2)).unwrap();
    let owners = simulation::owners(&template);
    let simulation = Simulation::read(&template).unwrap();
    let ways = simulation.ways(&owners, &Judge::default()).unwrap();
    let verdict = verdict_of(&template).unwrap();
    assert_eq!(verdict.outcome(), Outcome::Proven);
    let notices = notices(&verdict);
    let judge = Judge::default();
    let without = |barrier| simulation.ways_without(barrier, &owners, &judge).unwrap();
    let behind = Behind::ALL.map(|barrier| (barrier, without(barrier))).to_vec();
    let baseline = Baseline { template, owners, simulation, ways, behind, notices };
    let mutants = mutants::all(&baseline.template);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let fates: Vec<(&Mutant, Fate)> = std::thread::scope(|scope| {
        let work = |chunk| {
            let baseline = &baseline;
            move || {
                let judge = Judge::default();
                let each = |mutant| (mutant, baseline.fate(mutant, &judge));
                <[Mutant]>::iter(chunk).map(each).collect::<Vec<_>>()
            }
        };
        let size = mutants.len().div_ceil(threads);
        let running: Vec<_> = mutants.chunks(size).map(|chunk| scope.spawn(work(chunk))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut missed = Vec::new();
    let mut used = BTreeSet::new();
    for (mutant, fate) in &fates {
        let name = match fate {
            Fate::Shown => "breached, and the simulation finds a way",
            Fate::Breached(why) => why.name(),
            Fate::Undecided => "undecided",
            Fate::Finding => "a finding",
            Fate::Refused => "refused",
            Fate::Simulated => "opens nothing, by the simulation",
            Fate::Listed(at) => {
                used.insert(*at);
                "opens nothing, by the list"
            }
            Fate::Missed(way) => {
                missed.push(format!("{}: {way}", mutant.describe()));
                "missed"
            }
        };
        *counts.entry(format!("{}: {name}", mutant.kind)).or_default() += 1;
    }
    let counted = format!("{} mutants of the platform's template: {counts:#?}\n", mutants.len());
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/mutants.txt"), counted).unwrap();
    assert_eq!(missed, Vec::<String>::new(), "{counts:#?}");
    let unused: Vec<_> = (0..HARMLESS.len()).filter(|at| !used.contains(at)).collect();
    assert_eq!(unused, Vec::<usize>::new(), "the list is longer than it need be");
    insta::assert_debug_snapshot!(counts);
}

impl Baseline {
    fn fate(&self, mutant: &Mutant, judge: &Judge) -> Fate {
        let changed = mutant.of(&self.template);
        let simulation = Simulation::read(&changed);
        let opened = || {
            let ways = simulation.as_ref().map_err(Clone::clone)?.ways(&self.owners, judge)?;
            Ok::<_, String>(ways.difference(&self.ways).next().cloned())
        };
        let Some(verdict) = verdict_of(&changed) else { return Fate::Refused };
        if simulation.is_err() {
            return Fate::Refused;
        }
        match verdict.outcome() {
            Outcome::Breached if matches!(opened(), Ok(Some(_))) => return Fate::Shown,
            Outcome::Breached => {
                return self
                    .why(&verdict, &changed, simulation.as_ref().unwrap(), judge)
                    .map_or_else(Fate::Missed, Fate::Breached);
            }
            Outcome::Undecided => return Fate::Undecided,
            Outcome::Proven => {}
        }
        if !notices(&verdict).is_subset(&self.notices) {
            return Fate::Finding;
        }
        match opened() {
            Ok(Some(way)) => return Fate::Missed(format!("{way:?}")),
            Ok(None) => {}
            // What the slow evaluator cannot read, AWS does not accept.
            Err(_) => return Fate::Refused,
        }
        if simulation.as_ref() != Ok(&self.simulation) {
            return Fate::Simulated;
        }
        let place = mutant.place();
        match HARMLESS.iter().position(|(part, _)| place.contains(part)) {
            Some(at) => Fate::Listed(at),
            None => Fate::Missed("the simulation does not look at it".to_owned()),
        }
    }
}

impl Baseline {
    /// Why the simulation, which found no way, finds none; an error says that nothing tells.
    fn why(
        &self,
        verdict: &Verdict,
        changed: &Value,
        simulation: &Simulation,
        judge: &Judge,
    ) -> Result<Why, String> {
        let broken = verdict.claims.iter().filter(|one| one.outcome() == Outcome::Breached);
        let broken: Vec<ClaimId> =
            broken.map(|one| one.claim).filter(|claim| claim.plane != Plane::Hygiene).collect();
        if broken.is_empty() {
            return Ok(Why::Convention);
        }
        let owners = simulation::owners(changed);
        if simulation.ways(&owners, judge)?.difference(&self.ways).next().is_some() {
            return Ok(Why::Tags);
        }
        for (barrier, known) in &self.behind {
            let ways = simulation.ways_without(*barrier, &owners, judge)?;
            if ways.difference(known).next().is_some() {
                return Ok(Why::Behind(*barrier));
            }
        }
        match broken.as_slice() {
            [claim] if *claim == environment::TENANT_ID => Ok(Why::Code),
            claims => Err(format!("breached: {claims:?}, and nothing says why there is no way")),
        }
    }
}

fn verdict_of(template: &Value) -> Option<Verdict> {
    let text = serde_json::to_string(template).unwrap();
    let source = Source { name: "mutant.json", bytes: text.as_bytes() };
    let options = ReadOptions::default();
    let model = read(std::slice::from_ref(&source), &options, &NoLoader).ok()?;
    Some(verify_model(&model, &VerifyOptions::default()))
}

fn notices(verdict: &Verdict) -> BTreeSet<String> {
    let all = verdict.least_privilege.iter().chain(&verdict.dead).chain(&verdict.warnings);
    all.map(|notice| notice.what.clone()).collect()
}
