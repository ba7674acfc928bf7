//! A preview of the Pulumi engine becomes a plan: the steps that it tells in its log of events.
//!
//! <https://www.pulumi.com/docs/iac/automation-api/> and the engine's `apitype.StepEventMetadata` say what a step has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::compare::{counts, protection};
use crate::cost::{Use, in_state, in_template};
use crate::differences::{Difference, differences};
use crate::kinds;
use crate::plan::{Action, CellPlan, Change, State, Touches};
use crate::template::{Located, numbers, resources};
use crate::touched;

/// A cell's plan from the steps of a preview; `wanted` is the template of the same cell, where it is to be there.
#[must_use]
pub fn previewed(stack: &str, steps: &[Value], wanted: Option<&Value>) -> CellPlan {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut changes = Vec::new();
    // The engine tells its steps in any order, and a replacement in several.
    let (mut before_all, mut after_all) = (BTreeMap::new(), BTreeMap::new());
    let mut whose: BTreeMap<&str, (&str, Option<String>)> = BTreeMap::new();
    let mut runs = false;
    for step in steps {
        let kind = text(step, "/type");
        if !kind.starts_with("aws:") {
            continue;
        }
        let (before, after) = (step.pointer("/old/inputs"), step.pointer("/new/inputs"));
        runs |= before.is_some();
        before_all.extend(before.map(|side| (text(step, "/urn"), side)));
        after_all.extend(after.map(|side| (text(step, "/urn"), side)));
        if before.is_some() {
            whose.insert(text(step, "/urn"), (kind, tenant(step, "/old")));
        }
        let id = text(step, "/urn").rsplit("::").next().unwrap_or_default().to_owned();
        let owner = tenant(step, "/old").or_else(|| tenant(step, "/new"));
        owners.extend(owner.clone().map(|owner| (id.clone(), owner)));
        let action = match text(step, "/op") {
            "create" | "import" => Action::Create,
            "update" => Action::Update,
            "replace" => Action::Replace,
            "delete" => Action::Delete,
            // The parts of a replacement, what stays, and what is only looked at.
            _ => continue,
        };
        let goes = matches!(action, Action::Delete | Action::Replace);
        let retained = goes && (flag(step, "/old/retainOnDelete") || flag(step, "/old/protect"));
        changes.push(Change {
            properties: match action {
                Action::Update | Action::Replace => differing(step, before, after),
                Action::Create | Action::Delete => Vec::new(),
            },
            name: name(before.or(after)),
            loses: kinds::holds_data(kind).filter(|_| goes && !retained).map(Into::into),
            id,
            kind: kind.to_owned(),
            tenant: owner,
            action,
            retained,
            touches: Touches::Tenants(Box::default()),
        });
    }
    changes.sort_by(|a, b| a.id.cmp(&b.id));
    let template = wanted.map(resources).unwrap_or_default();
    let tenants = template.values().filter_map(|resource| resource.tenant.clone());
    let state = match (runs, wanted) {
        (_, None) => State::NotWanted,
        (true, _) => State::Deployed,
        (false, _) => State::New,
    };
    let running = before_all.iter().filter_map(|(urn, inputs)| {
        let (kind, tenant) = whose.get(urn)?;
        Some((*kind, tenant.as_deref(), *inputs))
    });
    let billing = Use { now: in_state(running), then: in_template(&template) };
    let mut cell = CellPlan {
        stack: stack.to_owned(),
        state,
        changes,
        outputs: Vec::new(),
        tenants: owners.values().cloned().chain(tenants).collect(),
        counts: counts(&template),
        protection: protection(&template),
        billing,
        running: runs.then(|| digest(&before_all)),
        wanted: wanted.is_some().then(|| digest(&after_all)),
    };
    let owners = owners.iter().map(|(id, tenant)| (id.as_str(), tenant.as_str())).collect();
    touched::set(&mut cell, owners);
    cell
}

/// A cell's plan when all that its state has is to go.
#[must_use]
pub fn all_goes(stack: &str, state: &[Value]) -> CellPlan {
    previewed(stack, &deletions(state), None)
}

/// Where the tenants are that a stack's state has.
#[must_use]
pub fn located_in_state(state: &[Value]) -> Vec<Located> {
    located(&deletions(state))
}

/// The steps that would delete every resource of a state.
fn deletions(state: &[Value]) -> Vec<Value> {
    let step = |resource: &Value| {
        let side = |name: &str| resource.get(name).cloned().unwrap_or_default();
        serde_json::json!({
            "op": "delete", "urn": side("urn"), "type": side("type"),
            "old": {
                "inputs": side("inputs"), "parent": side("parent"),
                "retainOnDelete": side("retainOnDelete"), "protect": side("protect"),
            },
        })
    };
    state.iter().map(step).collect()
}

/// Where the tenants are that a preview found deployed.
#[must_use]
pub fn located(steps: &[Value]) -> Vec<Located> {
    let block =
        |step: &Value| step.pointer("/old/inputs/cidrBlock")?.as_str().map(ToOwned::to_owned);
    let of = |kind: &'static str| steps.iter().filter(move |step| text(step, "/type") == kind);
    let vpc = of("aws:ec2/vpc:Vpc").find_map(block).unwrap_or_default();
    let mut subnets: BTreeMap<String, BTreeMap<String, (String, String, String)>> = BTreeMap::new();
    for step in of("aws:ec2/subnet:Subnet") {
        let (Some(tenant), Some(block)) = (tenant(step, "/old"), block(step)) else { continue };
        let zone = ["/old/inputs/availabilityZone", "/old/inputs/availabilityZoneId"];
        let zone = zone.iter().find_map(|place| step.pointer(place)?.as_str()).unwrap_or_default();
        let id = text(step, "/urn").rsplit("::").next().unwrap_or_default().to_owned();
        // A replacement is told in several steps.
        subnets.entry(tenant).or_default().insert(id.clone(), (id, zone.to_owned(), block));
    }
    let located = subnets.into_iter().map(|(tenant, subnets)| {
        let mut subnets: Vec<_> = subnets.into_values().collect();
        subnets.sort_by_key(|(_, _, block)| numbers(block));
        Located { tenant, vpc: vpc.clone(), subnets }
    });
    located.collect()
}

fn text<'v>(value: &'v Value, place: &str) -> &'v str {
    value.pointer(place).and_then(Value::as_str).unwrap_or_default()
}

fn flag(value: &Value, place: &str) -> bool {
    value.pointer(place).and_then(Value::as_bool).unwrap_or_default()
}

/// Whose a resource is: its component's, which is a tenant's own.
fn tenant(step: &Value, side: &str) -> Option<String> {
    let parent = step.pointer(&format!("{side}/parent"))?.as_str()?;
    let (kind, name) = parent.rsplit_once("::")?;
    kind.ends_with(":Tenant").then(|| name.to_owned())
}

fn name(inputs: Option<&Value>) -> Option<String> {
    let inputs = inputs?;
    let own = ["name", "bucket", "functionName", "methodPath"]
        .iter()
        .find_map(|key| inputs.get(key)?.as_str());
    own.or_else(|| inputs.pointer("/tags/Name")?.as_str()).map(ToOwned::to_owned)
}

fn differing(step: &Value, before: Option<&Value>, after: Option<&Value>) -> Vec<Difference> {
    let keys = step.get("keys").and_then(Value::as_array).into_iter().flatten();
    let keys: BTreeSet<&str> = keys.filter_map(Value::as_str).collect();
    let inside = |inputs: Option<&Value>| match inputs {
        Some(Value::Object(fields)) => {
            let own = fields.iter().filter(|(key, _)| *key != "__defaults");
            own.map(|(key, value)| (key.clone(), document(value))).collect()
        }
        _ => serde_json::Map::new(),
    };
    let mut found = Vec::new();
    differences("", &Value::Object(inside(before)), &Value::Object(inside(after)), &mut found);
    for one in &mut found {
        one.replaces = keys.contains(one.path.split('/').next().unwrap_or_default());
    }
    found
}

/// A text that is a JSON document, as that document: where it differs can be told then.
fn document(value: &Value) -> Value {
    let parsed = value.as_str().filter(|text| text.starts_with(['{', '[']));
    parsed.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}

fn digest(inputs: &BTreeMap<&str, &Value>) -> String {
    let mut hash = Sha256::new();
    for (urn, inputs) in inputs {
        hash.update(format!("{urn} {inputs}\n"));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
