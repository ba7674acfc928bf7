//! What a tenant's function is told: its id, and what it is given by name or reference.

use tenantry_template::{Resource, ResourceId, TenantIndex, Value, ValueKind};
use tenantry_verdict::claims::Barrier;

use self::environment::{REFERENCES, TENANT_ID};
use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::facts::profile::{functions, id, tells_ids};
use crate::findings::breach::{Act, More, Seen, Shown, Thing};
use crate::findings::unknown::Unknown;

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
    let (seen, victim) = match &known {
        None if value.is_none() => (Seen::NothingTellsId, owner),
        Some((Some(_), mentioned)) => {
            (Seen::AnotherIdIsTold, mentioned.first().copied().unwrap_or(owner))
        }
        _ => {
            let value = text.map(|text| model.symbols.readable(&text));
            found.undecided(TENANT_ID, Unknown::IdTold { value, function: at, span });
            return;
        }
    };
    let shown = Shown {
        barrier: Barrier::FunctionEnvironment,
        attacker: owner.into(),
        victim: victim.into(),
        actor: at,
        act: Act::ServesAs,
        on: match value.and_then(Value::as_str) {
            Some(id) => Thing::Written(id.to_owned()),
            None => Thing::NoTenant,
        },
        seen,
        span,
        more: More::default(),
    };
    // Told nothing, it serves nobody else by it; told another's id, it serves that tenant.
    match known {
        None => found.weak(TENANT_ID, shown),
        Some(_) => found.breach(TENANT_ID, shown),
    }
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
                let shown = Shown {
                    barrier: match key.text.as_ref() {
                        "VpcConfig" => Barrier::SubnetAssignment,
                        "Role" => Barrier::RoleAssignment,
                        _ => Barrier::FunctionEnvironment,
                    },
                    attacker: owner.into(),
                    victim: other.into(),
                    actor: at,
                    act: Act::IsGiven,
                    on: Thing::Written(model.symbols.readable(text)),
                    seen: Seen::AnotherTenants,
                    span: value.span,
                    more: More::default(),
                };
                found.breach(REFERENCES, shown);
            }
        });
    }
}
