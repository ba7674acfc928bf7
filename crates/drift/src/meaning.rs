//! What a difference means: what a verdict says with it that it does not say without it.

use std::collections::BTreeSet;

use serde::Serialize;
use tenantry_verdict::{ClaimVerdict, Counterexample, Identity, Removal, Verdict};

/// What a difference means, the gravest last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// Every claim and every convention holds as before.
    Harmless,
    /// The isolation holds, and a convention does not.
    Convention,
    /// Nothing crosses, but one of the barriers is not as it was.
    Barrier,
    /// It cannot be told whether the isolation holds.
    Undecided,
    /// Somebody crosses.
    Isolation,
}

impl Meaning {
    /// Every meaning, the gravest first.
    pub const ALL: [Self; 5] =
        [Self::Isolation, Self::Undecided, Self::Barrier, Self::Convention, Self::Harmless];

    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Harmless => "harmless",
            Self::Convention => "a convention broken",
            Self::Barrier => "a barrier is not as it was, and nothing crosses",
            Self::Undecided => "whether isolation holds cannot be told",
            Self::Isolation => "isolation no longer holds",
        }
    }
}

/// Something that a difference opens.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Reached {
    /// The claim that it speaks against.
    pub claim: String,
    /// Who does what to what, or what is not known.
    pub what: String,
    /// What to write instead, or to do.
    pub fix: String,
    /// How many more are like it.
    pub more: usize,
}

/// What a difference means, and why.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Judgement {
    /// What it means.
    pub meaning: Meaning,
    /// What shows it, one a claim.
    pub shown_by: Vec<Reached>,
}

impl Judgement {
    /// What `with` finds that `without` does not.
    #[must_use]
    pub fn of(without: &Verdict, with: &Verdict) -> Self {
        let known: BTreeSet<Identity> = without
            .claims
            .iter()
            .flat_map(|answer| answer.counterexamples.iter().chain(&answer.weak))
            .map(Counterexample::identity)
            .collect();
        let open: BTreeSet<(&str, &str)> = without
            .claims
            .iter()
            .flat_map(|answer| {
                answer.undecided.iter().map(|one| (answer.claim.id, one.unknown.as_str()))
            })
            .collect();
        let mut meaning = Meaning::Harmless;
        let mut shown_by: Vec<(Meaning, Reached)> = Vec::new();
        for answer in &with.claims {
            let is_new = |example: &&Counterexample| !known.contains(&example.identity());
            let crossing = answer.counterexamples.iter().filter(is_new).collect::<Vec<_>>();
            let weak = answer.weak.iter().filter(is_new).collect::<Vec<_>>();
            let means =
                if answer.claim.is_convention() { Meaning::Convention } else { Meaning::Isolation };
            for (means, found) in [(means, crossing), (Meaning::Barrier, weak)] {
                if let Some(worst) = found.iter().min_by_key(|example| example.rank) {
                    meaning = meaning.max(means);
                    shown_by.push((means, reached(answer, worst, found.len() - 1)));
                }
            }
            let unknown: Vec<_> = answer
                .undecided
                .iter()
                .filter(|one| !open.contains(&(answer.claim.id, one.unknown.as_str())))
                .collect();
            if let Some(first) = unknown.first() {
                let means = if answer.claim.is_convention() {
                    Meaning::Convention
                } else {
                    Meaning::Undecided
                };
                meaning = meaning.max(means);
                let what = format!("{} is not known: {}", first.unknown, first.matters);
                let found = Reached {
                    claim: answer.claim.id.to_owned(),
                    what,
                    fix: first.help.clone(),
                    more: unknown.len() - 1,
                };
                shown_by.push((means, found));
            }
        }
        shown_by.sort_by_key(|(means, _)| std::cmp::Reverse(*means));
        Self { meaning, shown_by: shown_by.into_iter().map(|(_, one)| one).collect() }
    }

    /// Takes in which barriers hold less than before, by verdicts that were asked about them.
    pub(crate) fn add_barriers(&mut self, without: &Verdict, with: &Verdict) {
        for before in &without.barriers {
            let same = |after: &&Removal| {
                (after.plane, after.against, after.barrier)
                    == (before.plane, before.against, before.barrier)
            };
            let after = with.barriers.iter().find(same);
            let held = after.is_some_and(|after| {
                (after.alone || !before.alone) && after.without <= before.without
            });
            if held {
                continue;
            }
            let name = before.barrier.title();
            let way =
                before.against.map_or(String::new(), |against| format!(", where {}", against.way));
            let what = match after {
                Some(after) if before.alone && !after.alone => {
                    format!("{name} does not hold alone any more{way}")
                }
                Some(_) => format!("nothing else holds beside {name} any more{way}"),
                None => format!("{name} is gone{way}"),
            };
            self.meaning = self.meaning.max(Meaning::Barrier);
            self.shown_by.push(Reached {
                claim: before
                    .against
                    .map_or(before.plane.name(), |against| against.claim.id)
                    .to_owned(),
                what,
                fix: "bring it back to what the platform says".to_owned(),
                more: 0,
            });
        }
    }

    /// Takes in that what differs is a barrier, though every claim holds without it.
    pub(crate) fn add_changed_barrier(&mut self) {
        self.meaning = self.meaning.max(Meaning::Barrier);
    }

    /// Takes in that a function runs code that nobody wanted. Claims about routes rest on what the functions do, which
    /// templates do not say.
    pub(crate) fn add_unknown_code(&mut self) {
        self.meaning = self.meaning.max(Meaning::Undecided);
        self.shown_by.push(Reached {
            claim: "route/authorizers-code".to_owned(),
            what:
                "the function runs other code than was deployed, and no template says what it does"
                    .to_owned(),
            fix: "deploy the function's own code again".to_owned(),
            more: 0,
        });
    }
}

fn reached(answer: &ClaimVerdict, example: &Counterexample, more: usize) -> Reached {
    let Counterexample { attacker, victim, principal, action, resource, .. } = example;
    let what = if answer.claim.is_convention() {
        format!("{resource}: {}", example.fix)
    } else {
        format!("{principal} of {attacker}: {action} on {resource} of {victim}")
    };
    Reached { claim: answer.claim.id.to_owned(), what, fix: example.fix.clone(), more }
}
