//! What a tenant's function is told: its id, and what it is given by name or reference.

use tenantry_template::{Owner, Resource, ResourceId, TenantIndex, Value, ValueKind};
use tenantry_verdict::Reason;
use tenantry_verdict::claims::Barrier;

use self::environment::{REFERENCES, TENANT_ID};
use crate::check::Check;
use crate::claim_set::claim_set;
use crate::explain::breach::Breach;
use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::facts::profile::{functions, id, tells_ids};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        environment { TENANT_ID, REFERENCES }
    }
);

pub(crate) type Findings = crate::findings::Findings<Claims>;

/// What tenants' functions are told and given.
pub(crate) struct Environment;

impl Check for Environment {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &facts.owners, &mut found);
        found
    }
}

/// Decides the claims of the environment.
fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let model = facts.reader.model;
    let used = tells_ids(model);
    for (at, resource, owner) in functions(model) {
        if used {
            tenant_id(facts, owners, at, resource, owner, found);
        }
        found.ask(REFERENCES);
        references(facts, owners, at, resource, owner, found);
    }
}

fn tenant_id<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    at: ResourceId,
    resource: &Resource<'a>,
    owner: TenantIndex,
    found: &mut Findings,
) {
    let model = facts.reader.model;
    found.ask(TENANT_ID);
    let value = id(resource);
    let text = value.and_then(Value::to_text);
    if text.as_ref() == Some(&model.tenants[owner]) {
        return;
    }
    let span = value.map_or(resource.span, |value| value.span);
    let known = text.as_ref().map(|text| (text.as_literal(), owners.mentioned(text)));
    let (says, victim) = match known {
        None if value.is_none() => ("nothing tells the function whose it is", owner),
        Some((Some(_), mentioned)) => {
            ("the function is told another id", mentioned.first().copied().unwrap_or(owner))
        }
        _ => {
            let unknown = text.map_or_else(
                || "a value that hangs on a condition".to_owned(),
                |text| format!("`{}`", model.symbols.readable(&text)),
            );
            found.undecided(
                TENANT_ID,
                Reason {
                    unknown,
                    matters: format!("`{}` may be told another tenant's id", resource.path),
                    help: "give it a value: --parameter NAME=VALUE or --tenant".to_owned(),
                    place: model.place(span),
                },
            );
            return;
        }
    };
    let example = Breach {
        claim: *TENANT_ID,
        barrier: Barrier::FunctionEnvironment,
        attacker: Owner::Tenant(owner),
        victim: Owner::Tenant(victim),
        principal: at,
        action: "serves as",
        resource: value.and_then(Value::as_str).unwrap_or("no tenant").to_owned(),
        says,
        span,
    };
    found.breach(TENANT_ID, example.counterexample(facts));
}

fn references<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    at: ResourceId,
    resource: &Resource<'a>,
    owner: TenantIndex,
    found: &mut Findings,
) {
    let model = facts.reader.model;
    for (key, value) in resource.properties.entries() {
        // Tags say whose it is; a description is for people.
        if matches!(key.text.as_ref(), "Tags" | "Description") {
            continue;
        }
        value.walk(&mut |value| {
            let ValueKind::Text(text) = &value.kind else { return };
            for other in owners.tenants(text) {
                let own_id = id(resource).is_some_and(|id| id.span == value.span);
                if other == owner || own_id {
                    continue;
                }
                let example = Breach {
                    claim: *REFERENCES,
                    barrier: match key.text.as_ref() {
                        "VpcConfig" => Barrier::SubnetAssignment,
                        "Role" => Barrier::RoleAssignment,
                        _ => Barrier::FunctionEnvironment,
                    },
                    attacker: Owner::Tenant(owner),
                    victim: Owner::Tenant(other),
                    principal: at,
                    action: "is given",
                    resource: model.symbols.readable(text),
                    says: "this is another tenant's",
                    span: value.span,
                };
                found.breach(REFERENCES, example.counterexample(facts));
            }
        });
    }
}
