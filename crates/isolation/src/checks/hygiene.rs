//! Conventions that the planes rest on: listed actions, tags, names, deletion, encryption,
//! retention. Each looks at one resource alone; nothing here compares tenants.

mod actions;
mod names;
mod storage;
mod tags;

use tenantry_template::{Model, Owner, Resource, Span, Value};
use tenantry_verdict::claims::{Barrier, ClaimId, Plane, hygiene};
use tenantry_verdict::{ClaimVerdict, Counterexample, Evidence, Notice, Party, Reason, some};

use crate::check::Check;
use crate::claim_set::{ClaimSet, Listed};
use crate::facts::Facts;
use crate::findings::Findings;

/// What the conventions ask for.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The tags that every resource carries.
    pub tags: Vec<String>,
    /// What every physical name ends in, after a hyphen; names are not looked at without it.
    pub suffix: Option<String>,
    /// For how many days log groups keep events.
    pub retention_days: u32,
    /// Whether what stores data must name a customer's key; else not to is advice.
    pub encryption: bool,
    /// Whether log groups must keep events for so many days; else not to is advice.
    pub log_retention: bool,
    /// Whether nothing may outlive its stack. Who protects data against deletion does not ask.
    pub deletable: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            tags: ["tenant_id", "environment", "cost_center"].map(String::from).to_vec(),
            suffix: None,
            retention_days: 30,
            encryption: true,
            log_retention: true,
            deletable: true,
        }
    }
}

/// Decides the hygiene claims, in the registry's order, and gives advice for those that are not
/// asked for.
pub fn verdicts(model: &Model<'_>, rules: &Rules) -> (Vec<ClaimVerdict>, Vec<Notice>) {
    let mut answers = Answers { model, list: Vec::new() };
    for claim in Plane::Hygiene.claims() {
        answers.list.push(ClaimVerdict::new(*claim));
    }
    for resource in &model.resources {
        actions::check(&mut answers, resource);
        tags::check(&mut answers, resource, rules);
        names::check(&mut answers, resource, rules);
        if rules.deletable {
            storage::retained(&mut answers, resource);
        }
        storage::encrypted(&mut answers, resource);
        storage::log_retention(&mut answers, resource, rules);
    }
    let mut advice = Vec::new();
    for (claim, required, name) in [
        (hygiene::ENCRYPTION, rules.encryption, "encryption"),
        (hygiene::LOG_RETENTION, rules.log_retention, "log-retention"),
    ] {
        if !required {
            advice.extend(answers.advice(claim, name));
        }
    }
    (answers.list, advice)
}

/// Every claim of the plane.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Claims {}

impl ClaimSet for Claims {
    const CLAIMS: &'static [ClaimId] = Plane::Hygiene.claims();
}

/// The conventions, as far as they are asked for.
pub(crate) struct Hygiene<'r> {
    pub(crate) rules: &'r Rules,
}

impl Check for Hygiene<'_> {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings<Claims> {
        let mut found = Findings::new();
        let (answers, advice) = verdicts(facts.reader.model, self.rules);
        Listed::all().zip(answers).for_each(|(claim, answer)| found.decided(claim, answer));
        found.advice = advice;
        found
    }
}

struct Answers<'m, 'a> {
    model: &'m Model<'a>,
    list: Vec<ClaimVerdict>,
}

impl<'a> Answers<'_, 'a> {
    fn asked(&mut self, claim: ClaimId) {
        if let Some(answer) = self.of(claim) {
            answer.questions += 1;
        }
    }

    fn broken(&mut self, claim: ClaimId, resource: &Resource<'a>, what: String, span: Span) {
        let victim = match resource.owner {
            Owner::Tenant(at) => {
                Party::Tenant(self.model.symbols.readable(&self.model.tenants[at]))
            }
            Owner::Shared | Owner::Undecided => Party::Shared,
        };
        let mut example = Counterexample::new(claim, Party::Shared, victim, Barrier::Convention);
        example.resource = resource.path.clone();
        example.fix = claim.fix.to_owned();
        example.pairs = 0;
        if let Some(place) = self.model.place(span) {
            let says = what.clone();
            example.evidence.push(Evidence { says, allows: true, place });
        }
        example.action = what;
        if let Some(answer) = self.of(claim) {
            answer.counterexamples.push(example);
        }
    }

    fn undecided(
        &mut self,
        claim: ClaimId,
        resource: &Resource<'a>,
        what: &str,
        value: &Value<'a>,
    ) {
        let name = match value.to_text() {
            Some(text) => format!("{what}: `{}`", self.model.symbols.readable(&text)),
            None => format!("{what}, which depends on a condition"),
        };
        let reason = Reason {
            unknown: name,
            matters: format!("{}: {}", resource.path, claim.title),
            help: "give the parameter a value".into(),
            place: self.model.place(value.span),
        };
        if let Some(answer) = self.of(claim) {
            answer.undecided.push(reason);
        }
    }

    /// Takes back what was asked of a claim, and says what would break it.
    fn advice(&mut self, claim: ClaimId, name: &str) -> Option<Notice> {
        let answer = std::mem::replace(self.of(claim)?, ClaimVerdict::new(claim));
        let first = answer.counterexamples.first()?;
        let place = first.evidence.first().map(|evidence| evidence.place.clone());
        let mut broken: Vec<&str> =
            answer.counterexamples.iter().map(|example| example.resource.as_str()).collect();
        broken.dedup();
        let fix = claim.fix.trim_end_matches('.');
        Some(Notice {
            what: format!("`{claim}` does not hold of {}", some(&broken)),
            help: Some(format!("{fix}; with `--require {name}` this is a finding")),
            place,
        })
    }

    fn of(&mut self, claim: ClaimId) -> Option<&mut ClaimVerdict> {
        self.list.iter_mut().find(|answer| answer.claim == claim)
    }
}

/// Whether a value is known to be there; `None` where a condition or a symbol decides.
fn present(value: Option<&Value<'_>>) -> Option<bool> {
    use tenantry_template::ValueKind;
    match value.map(|value| &value.kind) {
        None | Some(ValueKind::Null) => Some(false),
        Some(ValueKind::Choice(choice)) => match (&choice.then, &choice.otherwise) {
            (Some(then), Some(otherwise)) => {
                let both = (present(Some(then)), present(Some(otherwise)));
                (both.0 == both.1).then_some(both.0).flatten()
            }
            _ => None,
        },
        Some(ValueKind::Text(text)) => Some(text.as_literal() != Some("")),
        Some(_) => Some(true),
    }
}
