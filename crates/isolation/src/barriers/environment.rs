//! The ways in through what a function is told and given.

use foldhash::{HashMap, HashSet};
use tenantry_policy::{Context, Text};
use tenantry_reachability::Without;
use tenantry_template::{Model, Owner, Resource, ResourceId, Span, TenantIndex};
use tenantry_verdict::claims::environment::{REFERENCES, TENANT_ID};
use tenantry_verdict::claims::{Barrier, ClaimId, identity};
use tenantry_verdict::{ClaimVerdict, Counterexample, Outcome};

use super::misplaced::Misplaced;
use super::policies::Policies;
use super::route::landing;
use super::{Removed, Scenario, ScenarioResult};
use crate::check::Check;
use crate::checks::environment::Environment;
use crate::checks::route::ApiSurface;
use crate::explain::{self, Told};
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::{Facts, names};
use crate::findings::breach::{Act, More, Seen, Shown, Thing};

/// All that this plane looks at.
pub(super) struct Given<'m, 'a> {
    /// What the claims say of it as it is.
    found: Told,
    functions: Vec<Function>,
    misplaced: Option<Misplaced<'m, 'a>>,
}

/// A tenant's function.
struct Function {
    at: ResourceId,
    owner: TenantIndex,
    span: Span,
    /// Its role; `None` if no template here makes it.
    role: Option<PrincipalId>,
}

impl<'m, 'a> Given<'m, 'a> {
    pub(super) fn read(facts: &Facts<'m, 'a>) -> Self {
        let model = facts.reader.model;
        let found = explain::told(facts, Environment.run(facts));
        let by_arn = facts.by_arn();
        let of_tenant = |(at, resource): (ResourceId, &Resource<'a>)| match resource.owner {
            Owner::Tenant(owner) if resource.kind == "AWS::Lambda::Function" => Some(Function {
                at,
                owner,
                span: resource.span,
                role: role(model, resource, &by_arn),
            }),
            _ => None,
        };
        let functions: Vec<_> = model.resources.entries().filter_map(of_tenant).collect();
        let in_network = functions
            .iter()
            .any(|function| model.resources[function.at].properties.get("VpcConfig").is_some());
        let misplaced = in_network.then(|| Misplaced::read(model)).flatten();
        Self { found, functions, misplaced }
    }

    /// What a claim says where one barrier stops it.
    fn result_of(&self, claim: ClaimId, barrier: Barrier) -> ScenarioResult {
        let Some(answer) = self.found.claims().find(|answer| answer.claim == claim) else {
            return ScenarioResult::closed();
        };
        let mut found = answer.counterexamples.iter().chain(&answer.weak);
        let own = found.find(|example| example.barrier == barrier);
        match own {
            Some(example) => ScenarioResult::with(Outcome::Breached, || example.clone()),
            None if answer.undecided.is_empty() => ScenarioResult::closed(),
            None => ScenarioResult { outcome: Outcome::Undecided, example: None },
        }
    }

    /// A function, and a tenant that is not its own.
    fn function_and_another_tenant(&self, model: &Model<'_>) -> Option<(&Function, TenantIndex)> {
        let function = self.functions.first()?;
        let other = model.tenants.ids().find(|tenant| *tenant != function.owner)?;
        Some((function, other))
    }
}

/// The role with which a function runs, if a template here makes it.
fn role<'a>(
    model: &Model<'a>,
    function: &Resource<'a>,
    by_arn: &HashMap<&Text, PrincipalId>,
) -> Option<PrincipalId> {
    let role = names::text(model, &function.properties.get("Role")?.to_text()?);
    by_arn.get(&role).copied()
}

/// The ways that a model has at all.
pub(super) fn ways<'w>(
    facts: &'w Facts<'_, '_>,
    given: &'w Given<'_, '_>,
    doors: &'w ApiSurface,
    policies: &'w Policies<'_, '_>,
) -> Vec<Scenario<'w>> {
    let mut ways = Vec::new();
    if given.function_and_another_tenant(facts.reader.model).is_none() {
        return ways;
    }
    let told = given.found.claims().any(|each| each.claim == TENANT_ID && each.questions > 0);
    if told {
        let routed = doors.routes.iter().any(|route| route.named.is_some());
        let arrival = [Barrier::Integration, Barrier::InvokePermission];
        let arrival = arrival.into_iter().filter(|_| routed);
        ways.push(Scenario {
            claim: TENANT_ID,
            says: "a tenant's function serves another tenant's requests",
            barriers: std::iter::once(Barrier::FunctionEnvironment).chain(arrival).collect(),
            beside: Vec::new(),
            ask: Box::new(move |removed| serves(facts, given, doors, routed, removed)),
        });
    }
    let (barriers, beside) = policies.of_claim(REFERENCES);
    ways.push(Scenario {
        claim: REFERENCES,
        says: "a tenant's function acts on what it is told, and that is another tenant's",
        barriers: std::iter::once(Barrier::FunctionEnvironment).chain(barriers).collect(),
        beside,
        ask: Box::new(|removed| acts(facts, given, policies, removed)),
    });
    if given.functions.iter().any(|function| function.role.is_some()) {
        ways.push(Scenario {
            claim: REFERENCES,
            says: "a tenant's function runs as another tenant's role",
            barriers: vec![Barrier::RoleAssignment, Barrier::IdentityPolicy],
            beside: Vec::new(),
            ask: Box::new(|removed| runs_as(facts, given, removed)),
        });
    }
    if let Some(misplaced) = &given.misplaced {
        ways.push(Scenario {
            claim: REFERENCES,
            says: "a tenant's function stands in another tenant's subnet or security group",
            barriers: vec![Barrier::SubnetAssignment, Barrier::NetworkAcl, Barrier::SecurityGroup],
            beside: vec![Barrier::RouteTable],
            ask: Box::new(|removed| {
                let assigned = unless(removed, Barrier::SubnetAssignment, given);
                let without = Without {
                    routes: removed.contains(&Barrier::RouteTable),
                    acls: removed.contains(&Barrier::NetworkAcl),
                    groups: removed.contains(&Barrier::SecurityGroup),
                };
                assigned.and(|| {
                    let (outcome, example) = misplaced.reached(without);
                    ScenarioResult { outcome, example }
                })
            }),
        });
    }
    ways
}

/// What `environment/references` says of a barrier; all that it says is so once that is gone.
fn unless(removed: &Removed, barrier: Barrier, given: &Given<'_, '_>) -> ScenarioResult {
    match removed.contains(&barrier) {
        true => ScenarioResult { outcome: Outcome::Breached, example: None },
        false => given.result_of(REFERENCES, barrier),
    }
}

/// It must be told the other's id, and the other's requests must arrive.
fn serves(
    facts: &Facts<'_, '_>,
    given: &Given<'_, '_>,
    doors: &ApiSurface,
    routed: bool,
    removed: &Removed,
) -> ScenarioResult {
    let told = match removed.contains(&Barrier::FunctionEnvironment) {
        true => ScenarioResult { outcome: Outcome::Breached, example: None },
        false => given.result_of(TENANT_ID, Barrier::FunctionEnvironment),
    };
    told.and(|| match routed {
        true => landing(facts, doors, removed),
        // Nothing is known of how its requests arrive.
        false => ScenarioResult {
            outcome: Outcome::Breached,
            example: removed
                .contains(&Barrier::FunctionEnvironment)
                .then(|| example(facts, given, TENANT_ID, Act::ServesAs, Seen::EnvironmentTaken))
                .flatten(),
        },
    })
}

/// It must be told another tenant's names, and its role must be let do something to what they name.
fn acts(
    facts: &Facts<'_, '_>,
    given: &Given<'_, '_>,
    policies: &Policies<'_, '_>,
    removed: &Removed,
) -> ScenarioResult {
    unless(removed, Barrier::FunctionEnvironment, given).and(|| {
        let found = policies.without(removed);
        let claim = |answer: &&ClaimVerdict| answer.claim == identity::OTHER_TENANTS_ASSET;
        let Some(answer) = found.claims().find(claim) else { return ScenarioResult::closed() };
        // Where every principal is allowed everything, two of them stand for all.
        let all = removed.contains(&Barrier::IdentityPolicy);
        let roles = given.functions.iter().filter_map(|function| function.role);
        let roles: HashSet<String> =
            roles.map(|role| facts.path(facts.principals[role].at)).collect();
        let mut examples = answer.counterexamples.iter();
        let way = examples.find(|example| all || roles.contains(&example.principal));
        let known = given.functions.iter().all(|function| function.role.is_some());
        match way {
            Some(way) => ScenarioResult::with(Outcome::Breached, || way.clone()),
            None if all && !known => ScenarioResult {
                outcome: Outcome::Breached,
                example: example(facts, given, REFERENCES, Act::IsGiven, Seen::RoleMayDoAnything),
            },
            None if known && answer.undecided.is_empty() => ScenarioResult::closed(),
            None => ScenarioResult { outcome: Outcome::Undecided, example: None },
        }
    })
}

/// It must be given the other's role, and that role must be let do something as this function: an
/// identity policy can name the functions that it is for.
/// <https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html>
fn runs_as(facts: &Facts<'_, '_>, given: &Given<'_, '_>, removed: &Removed) -> ScenarioResult {
    unless(removed, Barrier::RoleAssignment, given).and(|| {
        let mut worst = ScenarioResult::closed();
        for victim in &given.functions {
            let Some(role) = victim.role.map(|role| &facts.principals[role]) else { continue };
            if role.owner != Owner::Tenant(victim.owner) {
                continue;
            }
            let Some(by) = given.functions.iter().find(|each| each.owner != victim.owner) else {
                continue;
            };
            worst = worst.or(|| {
                let example = || {
                    let shown = Shown {
                        barrier: Barrier::RoleAssignment,
                        attacker: by.owner.into(),
                        victim: role.owner.into(),
                        actor: by.at,
                        act: Act::IsGiven,
                        on: Thing::Resource(role.at),
                        seen: Seen::ChoiceOfRoleTaken,
                        span: by.span,
                        more: More::default(),
                    };
                    explain::counterexample(facts, REFERENCES, &shown.into())
                };
                let free = removed.contains(&Barrier::IdentityPolicy);
                let outcome = if free { Outcome::Breached } else { as_function(facts, role, by) };
                ScenarioResult::with(outcome, example)
            });
        }
        worst
    })
}

/// Whether a role may do anything to its own tenant's assets in another tenant's function.
fn as_function(facts: &Facts<'_, '_>, role: &Principal, by: &Function) -> Outcome {
    let arn = facts.assets.iter().find(|asset| asset.at == by.at);
    let Some(arn) = arn.map(|asset| asset.target.arn.clone()) else { return Outcome::Undecided };
    let context = Context::hostile().having("lambda:SourceFunctionArn", arn);
    let mut outcome = match role.doubt() {
        None => Outcome::Proven,
        Some(_) => Outcome::Undecided,
    };
    for asset in facts.assets.iter().filter(|asset| asset.owner == role.owner) {
        let reach = facts.reach(role, asset, &context);
        if !reach.allowed.is_empty() {
            return Outcome::Breached;
        }
        if !reach.undecided.is_empty() {
            outcome = Outcome::Undecided;
        }
    }
    outcome
}

fn example(
    facts: &Facts<'_, '_>,
    given: &Given<'_, '_>,
    claim: ClaimId,
    act: Act,
    seen: Seen,
) -> Option<Counterexample> {
    let (function, other) = given.function_and_another_tenant(facts.reader.model)?;
    let shown = Shown {
        barrier: Barrier::FunctionEnvironment,
        attacker: function.owner.into(),
        victim: other.into(),
        actor: function.at,
        act,
        on: Thing::Tenant(other),
        seen,
        span: function.span,
        more: More::default(),
    };
    Some(explain::counterexample(facts, claim, &shown.into()))
}
