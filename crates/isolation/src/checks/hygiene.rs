//! Conventions that the planes rest on: listed actions, tags, names, deletion, encryption,
//! retention. Each looks at one resource alone; nothing here compares tenants.

mod actions;
mod names;
mod storage;
mod tags;

use tenantry_template::{Model, ResourceId, Span, Symbols, Value};
use tenantry_verdict::claims::{ClaimId, Plane};

use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::facts::Facts;
use crate::findings::breach::{Fault, Unkept};
use crate::findings::unknown::{Part, Unknown};

/// What the conventions ask for.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The tags that every resource carries.
    pub tags: Vec<String>,
    /// What every physical name ends in, after a hyphen; names are not looked at without it.
    pub suffix: Option<String>,
    /// For how many days log groups keep events.
    pub retention_days: u32,
    /// The conventions that must hold; that another one does not is advice.
    pub required: Vec<ClaimId>,
    /// Whether nothing may outlive its stack. Who protects data against deletion does not ask.
    pub deletable: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            tags: ["tenant_id", "environment", "cost_center"].map(String::from).to_vec(),
            suffix: None,
            retention_days: 30,
            required: Plane::Hygiene.claims().to_vec(),
            deletable: true,
        }
    }
}

claim_set!(
    /// Every claim of the plane.
    pub(crate) Claims {
        hygiene { WILDCARD_ACTION, RETAINED, ENCRYPTION, LOG_RETENTION, TAGS, SUFFIX }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// The conventions, as far as they are asked for.
pub(crate) struct Hygiene<'r> {
    pub(crate) rules: &'r Rules,
}

impl Check for Hygiene<'_> {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        decide(facts.reader.model, self.rules)
    }
}

/// Decides the hygiene claims. What breaks one that is not asked for is advice, and what is not
/// known of it is nothing to wait for.
fn decide(model: &Model<'_>, rules: &Rules) -> Findings {
    let mut found = Findings::new();
    for (at, resource) in model.resources.entries() {
        let mut answers = Answers { symbols: &model.symbols, found: &mut found, at };
        actions::check(&mut answers, resource);
        tags::check(&mut answers, resource, rules);
        names::check(&mut answers, resource, rules);
        if rules.deletable {
            storage::retained(&mut answers, resource);
        }
        storage::encrypted(&mut answers, resource);
        storage::log_retention(&mut answers, resource, rules);
    }
    for claim in Listed::all().filter(|claim| !rules.required.contains(&**claim)) {
        found.only_advise(claim);
    }
    found
}

/// What is found of one resource.
struct Answers<'f, 'm, 'a> {
    symbols: &'m Symbols<'a>,
    found: &'f mut Findings,
    at: ResourceId,
}

impl Answers<'_, '_, '_> {
    fn asked(&mut self, claim: Listed<Claims>) {
        self.found.ask(claim);
    }

    fn broken(&mut self, claim: Listed<Claims>, fault: Fault, span: Span) {
        self.found.breach(claim, Unkept { resource: self.at, fault, span });
    }

    fn undecided(&mut self, claim: Listed<Claims>, part: Part, value: &Value<'_>) {
        let (resource, span) = (self.at, value.span);
        let value = value.to_text().map(|text| self.symbols.readable(&text));
        self.found.undecided_each(claim, Unknown::Convention { part, value, resource, span });
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
