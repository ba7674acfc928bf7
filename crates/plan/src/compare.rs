//! Two templates of one stack become what a deployment does to it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::cost::{Use, in_template};
use crate::differences::{Difference, differences};
use crate::kinds::{self, Meaning};
use crate::plan::{Action, CellPlan, Change, Protection, State, Touches};
use crate::template::{Resource, references, resources};
use crate::touched;

/// What a deployment does to a stack that runs from one template, if it is there, and is to run from another, if it is to
/// be there.
#[must_use]
pub fn compare(stack: &str, running: Option<&Value>, wanted: Option<&Value>) -> CellPlan {
    let state = match (running, wanted) {
        (None, _) => State::New,
        (Some(_), None) => State::NotWanted,
        (Some(_), Some(_)) => State::Deployed,
    };
    let (old, new) = (read(running), read(wanted));
    let mut changes = Vec::new();
    let replaced = replaced(&old, &new);
    let ids: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    for id in ids {
        let change = match (old.get(id), new.get(id)) {
            (None, Some(resource)) => Some(change(id, resource, Action::Create, Vec::new())),
            (Some(resource), None) => Some(change(id, resource, Action::Delete, Vec::new())),
            (Some(old), Some(new)) => {
                let found = difference(old, new, &replaced);
                let action = if replaced.contains(id) { Action::Replace } else { Action::Update };
                (!found.is_empty()).then(|| change(id, new, action, found))
            }
            (None, None) => None,
        };
        changes.extend(change);
    }
    for change in &mut changes {
        if change.action == Action::Replace
            && let Some(old) = old.get(change.id.as_str())
        {
            // What goes is what was there: of its old type, under its old name, its old owner's.
            change.kind = old.kind.to_owned();
            change.tenant = old.tenant.clone().or(change.tenant.take());
            change.name = old.name.clone().or(change.name.take());
        }
        let retained = match change.action {
            Action::Delete => is_retained(&old, change, "DeletionPolicy"),
            Action::Replace => {
                is_retained(&old, change, "UpdateReplacePolicy")
                    && is_retained(&new, change, "UpdateReplacePolicy")
            }
            Action::Create | Action::Update => false,
        };
        set_loss(change, retained);
    }
    let mut cell = CellPlan {
        stack: stack.to_owned(),
        state,
        changes,
        outputs: outputs(running, wanted, &replaced),
        tenants: old.values().chain(new.values()).filter_map(|one| one.tenant.clone()).collect(),
        counts: counts(&new),
        protection: protection(&new),
        billing: Use { now: in_template(&old), then: in_template(&new) },
        running: running.map(digest),
        wanted: wanted.map(digest),
    };
    let owners = old.iter().chain(&new);
    let owners = owners.filter_map(|(id, resource)| Some((*id, resource.tenant.as_deref()?)));
    touched::set(&mut cell, owners.collect());
    cell
}

/// A stack that an earlier deployment left half-made is deleted and made anew. `served` says whether it had been whole before:
/// else it has held nothing for anybody, and all of it is created.
#[must_use]
pub fn half_made(stack: &str, running: &Value, wanted: &Value, served: bool) -> CellPlan {
    if !served {
        return CellPlan { state: State::HalfMade, ..compare(stack, None, Some(wanted)) };
    }
    let (old, new) = (read(Some(running)), read(Some(wanted)));
    let mut plan = compare(stack, Some(running), Some(wanted));
    plan.state = State::HalfMade;
    let goes = old.iter().map(|(id, resource)| {
        let action = if new.contains_key(id) { Action::Replace } else { Action::Delete };
        let mut change = change(id, resource, action, Vec::new());
        set_loss(&mut change, resource.is_retained("DeletionPolicy"));
        change
    });
    let comes = new.iter().filter(|(id, _)| !old.contains_key(*id));
    let comes = comes.map(|(id, resource)| change(id, resource, Action::Create, Vec::new()));
    plan.changes = goes.chain(comes).collect();
    plan.changes.sort_by(|a, b| a.id.cmp(&b.id));
    plan.changes.iter_mut().for_each(|change| change.touches = Touches::Everyone);
    plan
}

type Resources<'t> = BTreeMap<&'t str, Resource<'t>>;

fn read(template: Option<&Value>) -> Resources<'_> {
    template.map(resources).unwrap_or_default()
}

fn is_retained(resources: &Resources<'_>, change: &Change, policy: &str) -> bool {
    resources.get(change.id.as_str()).is_some_and(|resource| resource.is_retained(policy))
}

fn set_loss(change: &mut Change, retained: bool) {
    let goes = matches!(change.action, Action::Delete | Action::Replace);
    change.retained = goes && retained;
    change.loses = kinds::holds_data(&change.kind).filter(|_| goes && !retained).map(Into::into);
}

fn change(
    id: &str,
    resource: &Resource<'_>,
    action: Action,
    properties: Vec<Difference>,
) -> Change {
    Change {
        id: id.to_owned(),
        kind: resource.kind.to_owned(),
        name: resource.name.clone(),
        tenant: resource.tenant.clone(),
        action,
        properties,
        loses: None,
        retained: false,
        touches: Touches::Tenants(Box::default()),
    }
}

/// The resources that are replaced: because a property changes that cannot be changed in place, or because one of those
/// refers to something that is replaced.
fn replaced<'t>(old: &Resources<'t>, new: &Resources<'t>) -> BTreeSet<&'t str> {
    let mut replaced = BTreeSet::new();
    loop {
        let next: Vec<&str> = old
            .iter()
            .filter(|(id, _)| !replaced.contains(*id))
            .filter_map(|(id, old)| {
                let found = difference(old, new.get(id)?, &replaced);
                found.iter().any(|one| one.replaces).then_some(*id)
            })
            .collect();
        if next.is_empty() {
            return replaced;
        }
        replaced.extend(next);
    }
}

/// Where a resource differs, and where it refers to what is replaced.
fn difference(
    old: &Resource<'_>,
    new: &Resource<'_>,
    replaced: &BTreeSet<&str>,
) -> Vec<Difference> {
    // Most of a platform is as it was.
    if replaced.is_empty() && old.body == new.body {
        return Vec::new();
    }
    let mut found = Vec::new();
    let none = Value::Null;
    let attributes: BTreeSet<&String> = old.body.keys().chain(new.body.keys()).collect();
    // The order in which resources are made is no change of them, and what tools read beside them none either.
    let looked_at =
        |name: &&&String| !matches!(name.as_str(), "Properties" | "DependsOn" | "Metadata");
    for name in attributes.iter().filter(looked_at) {
        let (before, after) = (old.body.get(*name), new.body.get(*name));
        if before != after {
            let mut one = Difference::new((*name).clone(), before, after);
            one.replaces = *name == "Type";
            found.push(one);
        }
    }
    let nothing = serde_json::Map::new();
    let (before, after) = (properties(old, &nothing), properties(new, &nothing));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let mut here = Vec::new();
        match (before.get(name), after.get(name)) {
            (Some(before), Some(after)) => differences(name, before, after, &mut here),
            (before, after) => here.push(Difference::new(name.clone(), before, after)),
        }
        let referred = references(after.get(name).unwrap_or(&none));
        if let Some(id) = referred.iter().find(|id| replaced.contains(id.as_str())) {
            here.push(Difference {
                follows: Some(id.clone()),
                ..Difference::new(name.clone(), None, None)
            });
        }
        for one in &mut here {
            one.replaces = kinds::meaning(new.kind, &one.path) != Meaning::InPlace;
        }
        found.extend(here);
    }
    found
}

fn properties<'t>(
    resource: &Resource<'t>,
    nothing: &'t serde_json::Map<String, Value>,
) -> &'t serde_json::Map<String, Value> {
    resource.body.get("Properties").and_then(Value::as_object).unwrap_or(nothing)
}

fn outputs(
    running: Option<&Value>,
    wanted: Option<&Value>,
    replaced: &BTreeSet<&str>,
) -> Vec<String> {
    let (Some(running), Some(wanted)) = (running, wanted) else { return Vec::new() };
    let of = |template: &Value| match template.get("Outputs") {
        Some(Value::Object(outputs)) => outputs.clone(),
        _ => serde_json::Map::new(),
    };
    let value = |output: Option<&Value>| output.and_then(|output| output.get("Value").cloned());
    let (old, new) = (of(running), of(wanted));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .filter(|name| {
            let (before, after) = (value(old.get(*name)), value(new.get(*name)));
            let referred = after.as_ref().map(references).unwrap_or_default();
            before != after || referred.iter().any(|id| replaced.contains(id.as_str()))
        })
        .cloned()
        .collect()
}

pub(crate) fn protection(resources: &Resources<'_>) -> Protection {
    let holding = resources.values().filter(|one| kinds::holds_data(one.kind).is_some());
    holding.fold(Protection::default(), |sum, one| Protection {
        holds_data: sum.holds_data + 1,
        protected: sum.protected + usize::from(one.is_retained("DeletionPolicy")),
    })
}

pub(crate) fn counts(resources: &Resources<'_>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for resource in resources.values() {
        *counts.entry(resource.kind.to_owned()).or_default() += 1;
    }
    counts
}

fn digest(template: &Value) -> String {
    let hash = Sha256::digest(template.to_string());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
