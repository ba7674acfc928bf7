//! The differences of a stack, a resource each, with what each means.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;
use tenantry_plan::{Action, Change};
use tenantry_verdict::Verdict;

use crate::barriers::concerns_barrier;
use crate::meaning::{Judgement, Meaning};

/// What is deployed of a platform beside what ought to be.
#[derive(Clone, Debug, Serialize)]
pub struct Drift {
    /// The version of this form, 1.
    pub version: u32,
    /// The platform's name.
    pub platform: String,
    /// The answer of the verdict on all that is deployed.
    pub isolation: &'static str,
    /// Its cells.
    pub cells: Vec<CellDrift>,
}

/// What is deployed of one stack beside what ought to be.
#[derive(Clone, Debug, Serialize)]
pub struct CellDrift {
    /// The stack.
    pub stack: String,
    /// False when there is no such stack: it is not drift that nothing was deployed.
    pub deployed: bool,
    /// How many properties were compared.
    pub compared: usize,
    /// What differs, the gravest first.
    pub differences: Vec<Found>,
    /// What was not compared: a type or a property of it, how many there are, and why.
    pub not_compared: Vec<NotCompared>,
}

/// Something of which nothing says whether it is as it ought to be.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct NotCompared {
    /// The type, with the property where it is not all of it.
    pub what: String,
    /// Why; empty where no call that is made shows it.
    pub why: String,
    /// How many resources it concerns.
    pub resources: usize,
}

/// What ought to be there of a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ought {
    /// It ought to be there and is not.
    Missing,
    /// It is there in another way.
    Otherwise,
    /// It carries the platform's tags or names, or lies in its network, and is in no template.
    Unknown,
}

/// A resource that is not as it ought to be.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// What is wrong with it.
    pub is: Ought,
    /// The resource and where it differs: `before` is what is there, `after` what ought to be.
    pub resource: Change,
    /// What it means, and why.
    #[serde(flatten)]
    pub judgement: Judgement,
}

impl Drift {
    /// The version of this form.
    pub const VERSION: u32 = 1;

    /// Every difference with its stack.
    pub fn differences(&self) -> impl Iterator<Item = (&CellDrift, &Found)> {
        self.cells.iter().flat_map(|cell| cell.differences.iter().map(move |found| (cell, found)))
    }

    /// Whether everything that was compared is as it ought to be.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.differences().next().is_none()
    }

    /// The gravest meaning of a difference.
    #[must_use]
    pub fn worst(&self) -> Option<Meaning> {
        self.differences().map(|(_, found)| found.judgement.meaning).max()
    }
}

/// The differences of a stack. `judge` gives the verdict on a template of this stack; if it is asked to, with what each
/// barrier is worth.
///
/// # Errors
/// The first error of `judge`.
pub fn compare<E>(
    stack: &str,
    wanted: &Value,
    deployed: &Value,
    judge: impl Fn(&Value, bool) -> Result<Verdict, E>,
) -> Result<Vec<Found>, E> {
    let plan = tenantry_plan::compare(stack, Some(deployed), Some(wanted));
    if plan.changes.is_empty() {
        return Ok(Vec::new());
    }
    let without = judge(wanted, true)?;
    let mut found = Vec::with_capacity(plan.changes.len());
    for mut resource in plan.changes {
        // What would follow if a deployment brought something else back is there as it ought to be.
        let differed = !resource.properties.is_empty();
        resource.properties.retain(|place| place.follows.is_none());
        if differed && resource.properties.is_empty() {
            continue;
        }
        let is = match resource.action {
            Action::Create => Ought::Missing,
            Action::Delete => Ought::Unknown,
            Action::Update | Action::Replace => Ought::Otherwise,
        };
        let template = alone(wanted, deployed, &resource.id);
        let mut judgement = Judgement::of(&without, &judge(&template, false)?);
        if judgement.meaning < Meaning::Barrier && !concerns_tags_alone(&resource) {
            judgement.add_barriers(&without, &judge(&template, true)?);
        }
        if judgement.meaning < Meaning::Barrier && concerns_barrier(&resource) {
            judgement.add_changed_barrier();
        }
        if runs_other_code(&resource) {
            judgement.add_unknown_code();
        }
        found.push(Found { is, resource, judgement });
    }
    found.sort_by_key(|found| std::cmp::Reverse(found.judgement.meaning));
    Ok(found)
}

/// Tags of a resource that stays its owner's are no barrier.
fn concerns_tags_alone(resource: &Change) -> bool {
    !resource.properties.is_empty()
        && resource.properties.iter().all(|place| {
            let mut steps = place.path.split('/');
            matches!(steps.next(), Some("Tags" | "UserPoolTags"))
                && !steps.next().is_some_and(|key| key.ends_with("_id"))
        })
}

/// Whether a function runs another archive than the one that is wanted: no template says what is in it.
fn runs_other_code(resource: &Change) -> bool {
    resource.kind == "AWS::Lambda::Function"
        && resource.properties.iter().any(|place| {
            place.path.split('/').next() == Some("Code") && place.path.ends_with("CodeSha256")
        })
}

/// What is wanted with this resource alone as it is. Where it is not there, what refers to it is as it is too.
fn alone(wanted: &Value, deployed: &Value, id: &str) -> Value {
    let mut template = wanted.clone();
    let there = deployed.get("Resources").and_then(Value::as_object);
    let of = |id: &str| there.and_then(|resources| resources.get(id)).cloned();
    let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else {
        return template;
    };
    if let Some(found) = of(id) {
        resources.insert(id.to_owned(), found);
        return template;
    }
    resources.remove(id);
    let referring: BTreeSet<String> =
        resources.iter().filter(|(_, body)| names(body, id)).map(|(id, _)| id.clone()).collect();
    for other in referring {
        if let Some(found) = of(&other) {
            resources.insert(other, found);
        }
    }
    let outputs = deployed.get("Outputs").cloned();
    if let (Some(template), Some(outputs)) = (template.as_object_mut(), outputs) {
        template.insert("Outputs".to_owned(), outputs);
    }
    template
}

/// Whether a text anywhere in a value is an id or has it between braces.
fn names(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => {
            text == id
                || text.strip_prefix(id).is_some_and(|rest| rest.starts_with('.'))
                || text.contains(&format!("${{{id}}}"))
                || text.contains(&format!("${{{id}."))
        }
        Value::Array(items) => items.iter().any(|item| names(item, id)),
        Value::Object(members) => members.values().any(|inner| names(inner, id)),
        _ => false,
    }
}
