//! A platform's life, as a machine of states: tenants come, go and come back, the file is turned around, deployments fail
//! halfway, locks are lost and edited. Whatever happens, no place is two tenants', nobody who runs moves, what a plan said is
//! what happened, and after a deployment there is nothing left to plan.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde_json::Value;
use tenantry_blueprint::Emptying;
use tenantry_config::{Deployed, Loaded, Lock, Place, Source, load, lock, misplaced, recover};
use tenantry_plan::{Action, Place as Against, Plan, compare, locate};

#[derive(Clone, Debug)]
enum Event {
    Add(u8),
    Remove(usize),
    Turn,
    Deploy,
    /// The deployment of one of the stacks fails, and is as it was.
    DeployFails(usize),
    LoseLock,
    EditLock(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        5 => (0..9_u8).prop_map(Event::Add),
        4 => any::<usize>().prop_map(Event::Remove),
        1 => Just(Event::Turn),
        5 => Just(Event::Deploy),
        3 => any::<usize>().prop_map(Event::DeployFails),
        1 => Just(Event::LoseLock),
        1 => any::<usize>().prop_map(Event::EditLock),
    ];
    proptest::collection::vec(event, 4..18)
}

type Templates = BTreeMap<String, Value>;

#[derive(Default)]
struct World {
    /// The tenants of platform.toml, by their numbers.
    file: Vec<u8>,
    lock: Option<String>,
    running: Templates,
    /// Whose a place was first, since the lock was lost last.
    owners: BTreeMap<Place, String>,
}

const SIZE: usize = 2;

impl World {
    fn load(&self) -> Loaded {
        let ids = tenantry_testing::ids(self.file.iter().copied().map(usize::from));
        let text = tenantry_testing::platform_toml(&format!("[cells]\nsize = {SIZE}"), ids);
        let lock = self.lock.as_ref();
        let lock = lock.map(|text| Source { name: "platform.lock", text: text.as_bytes() });
        load(Source { name: "platform.toml", text: text.as_bytes() }, lock)
            .unwrap_or_else(|faults| panic!("{text}\n{:?}\n{faults:#?}", self.lock))
    }

    fn deployed(&self) -> Vec<Deployed> {
        let mut found = Vec::new();
        for (stack, template) in &self.running {
            let cell = stack.split('-').nth(2).unwrap().parse().unwrap();
            for one in locate(template) {
                let subnets: Vec<_> =
                    one.subnets.iter().map(|(_, zone, block)| (&**zone, &**block)).collect();
                let tenant = Deployed::from_subnets(&one.tenant, cell, &one.vpc, &subnets);
                found.push(tenant.unwrap());
            }
        }
        found
    }

    fn happen(&mut self, event: &Event) -> TestCaseResult {
        match event {
            Event::Add(id) if !self.file.contains(id) => self.file.push(*id),
            Event::Remove(at) if self.file.len() > 1 => {
                self.file.remove(at % self.file.len());
            }
            Event::Add(_) | Event::Remove(_) => {}
            Event::Turn => self.file.reverse(),
            Event::Deploy => self.deploy(None)?,
            Event::DeployFails(at) => self.deploy(Some(*at))?,
            Event::LoseLock => {
                self.lock = None;
                let runs = self.deployed();
                self.owners = runs.iter().map(|one| (one.place, one.id.to_string())).collect();
            }
            Event::EditLock(at) => self.edit_lock(*at),
        }
        Ok(())
    }

    /// Somebody gives a tenant that runs another slot.
    fn edit_lock(&mut self, at: usize) {
        let (runs, Some(text)) = (self.deployed(), &self.lock) else { return };
        let Some(one) = runs.get(at % runs.len().max(1)) else { return };
        let line =
            |slot| format!("id = \"{}\", cell = {}, slot = {slot} }}", one.id, one.place.cell);
        // One that nobody else is given, by hand or otherwise: two tenants in one place are refused when the lock is read.
        let number: u16 = one.id.as_str().trim_start_matches("tenant-").parse().unwrap();
        self.lock = Some(text.replace(&line(one.place.slot.get()), &line(101 + number)));
    }

    fn deploy(&mut self, fails: Option<usize>) -> TestCaseResult {
        if self.file.is_empty() {
            return Ok(());
        }
        let before = self.deployed();
        let mut loaded = self.load();
        let wrong = misplaced(&loaded, &before);
        if !wrong.is_empty() {
            // It is refused, and the lock is written anew from what runs.
            let old = self.lock.as_ref();
            let old: Option<Lock> = old
                .map(|text| lock(Source { name: "platform.lock", text: text.as_bytes() }).unwrap());
            self.lock = Some(recover(&before, old.as_ref()).unwrap().to_string());
            loaded = self.load();
            prop_assert_eq!(&misplaced(&loaded, &before), &[]);
        }
        self.lock = Some(loaded.lock.to_string());
        let wanted = wanted(&loaded);
        let plan = plan(&self.running, &wanted);
        let stacks: Vec<String> = plan.cells.iter().map(|cell| cell.stack.clone()).collect();
        let failed = fails.and_then(|at| stacks.get(at % stacks.len())).cloned();
        let old = self.running.clone();
        for stack in stacks.iter().filter(|stack| failed.as_ref() != Some(*stack)) {
            match wanted.get(stack) {
                Some(template) => self.running.insert(stack.clone(), template.clone()),
                None => self.running.remove(stack),
            };
        }
        for cell in plan.cells.iter().filter(|cell| failed.as_ref() != Some(&cell.stack)) {
            happened(cell, old.get(&cell.stack), self.running.get(&cell.stack))?;
        }
        if failed.is_none() {
            nobody_else_was_touched(&plan, &old, &self.running)?;
            prop_assert!(nothing_is_left(&self.running, &self.load()));
        }
        self.nobody_moved(&before)
    }

    fn nobody_moved(&mut self, before: &[Deployed]) -> TestCaseResult {
        let mut taken: BTreeMap<Place, String> = BTreeMap::new();
        for now in self.deployed() {
            let id = now.id.to_string();
            if let Some(was) = before.iter().find(|was| was.id == now.id) {
                prop_assert_eq!(was.place, now.place, "{} moved", id);
            }
            let first = self.owners.entry(now.place).or_insert_with(|| id.clone());
            prop_assert_eq!(&*first, &id, "{} was another's", now.place);
            let other = taken.insert(now.place, id.clone());
            prop_assert_eq!(other, None, "{} is shared with {}", now.place, id);
        }
        Ok(())
    }
}

thread_local! {
    /// The same cells come again and again.
    static MADE: RefCell<HashMap<String, Value>> = RefCell::default();
}

fn wanted(loaded: &Loaded) -> Templates {
    let platform = &loaded.platform;
    let template = |cell: &tenantry_config::Cell| {
        let stack = format!("acme-cell-{}-prod", cell.number);
        let known = MADE.with_borrow(|made| made.get(&format!("{cell:?}")).cloned());
        if let Some(template) = known {
            return (stack, template);
        }
        let graph = tenantry_testing::graph(platform, cell, Emptying::ByFunction);
        let text = tenantry_cloudformation::template(&graph, "a cell").unwrap();
        let template: Value = serde_json::from_str(&text).unwrap();
        MADE.with_borrow_mut(|made| made.insert(format!("{cell:?}"), template.clone()));
        (stack, template)
    };
    platform.cells.iter().map(template).collect()
}

fn plan(running: &Templates, wanted: &Templates) -> Plan {
    let stacks: BTreeSet<&String> = running.keys().chain(wanted.keys()).collect();
    let cells = stacks
        .into_iter()
        .map(|stack| compare(stack, running.get(stack), wanted.get(stack)))
        .collect();
    Plan::new("acme".to_owned(), Against::Templates, cells)
}

fn nothing_is_left(running: &Templates, loaded: &Loaded) -> bool {
    loaded.lock_changes.is_empty() && plan(running, &wanted(loaded)).is_empty()
}

fn resources(template: Option<&Value>) -> BTreeMap<&str, Value> {
    let all = template.and_then(|template| template.get("Resources")?.as_object());
    let all = all.into_iter().flatten();
    all.map(|(id, resource)| {
        let mut resource = resource.clone();
        // How tools read a resource, and when it is made, is no part of it.
        for part in ["DependsOn", "Metadata"] {
            resource.as_object_mut().unwrap().remove(part);
        }
        (id.as_str(), resource)
    })
    .collect()
}

/// Whether a stack's change is the one that was planned: what is there before and after is compared without the plan.
fn happened(
    cell: &tenantry_plan::CellPlan,
    old: Option<&Value>,
    new: Option<&Value>,
) -> TestCaseResult {
    let (old, new) = (resources(old), resources(new));
    let planned = |wanted: &[Action]| -> BTreeSet<&str> {
        let of = cell.changes.iter().filter(|change| wanted.contains(&change.action));
        of.map(|change| change.id.as_str()).collect()
    };
    let came: BTreeSet<&str> = new.keys().filter(|id| !old.contains_key(*id)).copied().collect();
    let went: BTreeSet<&str> = old.keys().filter(|id| !new.contains_key(*id)).copied().collect();
    prop_assert_eq!(planned(&[Action::Create]), came);
    prop_assert_eq!(planned(&[Action::Delete]), went);
    let changed: BTreeSet<&str> = old
        .iter()
        .filter(|(id, before)| new.get(*id).is_some_and(|after| after != *before))
        .map(|(id, _)| *id)
        .collect();
    prop_assert_eq!(planned(&[Action::Update, Action::Replace]), changed);
    Ok(())
}

/// The resources that carry a tenant's tag.
fn own(templates: &Templates, tenant: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for template in templates.values() {
        for (id, resource) in resources(Some(template)) {
            let tags = resource.pointer("/Properties/Tags").and_then(Value::as_array);
            let is_own = tags.into_iter().flatten().any(|tag| {
                tag.get("Key").is_some_and(|key| key == "tenant_id")
                    && tag.get("Value").is_some_and(|value| value == tenant)
            });
            if is_own {
                found.insert(id.to_owned(), resource);
            }
        }
    }
    found
}

fn nobody_else_was_touched(plan: &Plan, old: &Templates, new: &Templates) -> TestCaseResult {
    for tenant in plan.untouched() {
        prop_assert_eq!(own(old, tenant), own(new, tenant), "{} was touched", tenant);
    }
    let lost: BTreeSet<String> = plan
        .cells
        .iter()
        .flat_map(|cell| &cell.tenants)
        .filter(|tenant| !own(old, tenant).is_empty() && own(new, tenant).is_empty())
        .cloned()
        .collect();
    let asked: BTreeSet<String> = plan
        .at_stake()
        .into_keys()
        .filter(|name| name.starts_with("tenant-"))
        .map(ToOwned::to_owned)
        .collect();
    prop_assert_eq!(lost, asked, "who loses data is who is asked for");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn no_life_moves_anybody_or_does_what_no_plan_said(events in events()) {
        let mut world = World { file: vec![0], ..World::default() };
        world.happen(&Event::Deploy)?;
        for event in &events {
            world.happen(event)?;
        }
        world.happen(&Event::Deploy)?;
    }
}
