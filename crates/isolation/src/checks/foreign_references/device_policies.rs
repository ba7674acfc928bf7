//! Policies of devices: what whoever holds a certificate may do, which no principal of IAM is.
//!
//! A device of one tenant must not be allowed the topics of another. Which certificates a policy is
//! attached to is seldom in a template, so it is asked what the policy is for: its tenant's own
//! names, or a variable that is the device's.
//! <https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-variables.html>

use tenantry_template::{Owner, PartRef, Resource, Text, Value};

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::Facts;
use crate::findings::unknown::{Unexplained, Unknown};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        identity { OTHER_TENANTS_ASSET }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// What devices are allowed.
pub(crate) struct DevicePolicies;

impl Check for DevicePolicies {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        let model = facts.reader.model;
        if model.tenants.is_empty() {
            return found;
        }
        for (at, policy) in model.resources.entries() {
            if policy.kind == "AWS::IoT::Policy"
                && let Some(resource) = wide(facts, policy)
            {
                let unknown =
                    Unknown::Unexplained(Unexplained::Devices { policy: at, span: resource.span });
                found.undecided(identity::OTHER_TENANTS_ASSET, unknown);
            }
        }
        found
    }
}

/// What a policy allows that is neither of its tenant nor of the device.
fn wide<'r, 'a>(facts: &Facts<'_, 'a>, policy: &'r Resource<'a>) -> Option<&'r Value<'a>> {
    if policy.owner == Owner::Undecided {
        return None;
    }
    let document = policy.properties.get("PolicyDocument")?;
    let Some(statements) = document.get("Statement") else { return Some(document) };
    let allows = statements
        .items()
        .iter()
        .filter(|each| each.get("Effect").and_then(Value::as_str) != Some("Deny"));
    let mut resources = allows.flat_map(|each| each.get("Resource").map(Value::items)).flatten();
    resources.find(|each| !each.to_text().is_some_and(|text| is_tied(facts, policy.owner, &text)))
}

fn is_tied(facts: &Facts<'_, '_>, owner: Owner, text: &Text<'_>) -> bool {
    let of_device = text.parts().any(
        |part| matches!(part, PartRef::Literal(text) if text.contains("${iot:") || text.contains("${!iot:")),
    );
    let Owner::Tenant(tenant) = owner else { return of_device };
    of_device || facts.owners.mentioned(text).contains(&tenant) || own(facts, owner, text)
}

/// Whether a text speaks of a thing of the owner's.
fn own(facts: &Facts<'_, '_>, owner: Owner, text: &Text<'_>) -> bool {
    let symbols: Vec<_> = text.symbols().collect();
    let model = facts.reader.model;
    symbols.into_iter().any(|symbol| match model.symbols.origin(symbol) {
        Some(tenantry_template::SymbolOrigin::Resource { stack, id, .. }) => {
            model.logical(*stack, id).is_some_and(|at| model.resources[at].owner == owner)
        }
        _ => false,
    })
}
