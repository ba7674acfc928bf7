//! Two tenants that give one physical name to two things: the second cannot be made, or both mean
//! the same.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt as _};
use tenantry_template::{FileId, Owner, Text};
use tenantry_verdict::Reason;
use tenantry_verdict::claims::{ClaimId, identity};

use crate::check::Check;
use crate::facts::Facts;
use crate::findings::Findings;

/// Names that two tenants' things have.
pub(crate) struct NameCollisions;

impl Check for NameCollisions {
    fn claims(&self) -> &'static [ClaimId] {
        &[identity::OTHER_TENANTS_ASSET]
    }

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::of(self.claims());
        let model = facts.reader.model;
        let mut known: HashMap<(&str, &Text<'_>), usize> = HashMap::new();
        // By place in a template: the first two things that meet there.
        let mut met: BTreeMap<(FileId, u32, &str), (usize, usize)> = BTreeMap::new();
        for (at, resource) in model.resources.iter().enumerate() {
            let Owner::Tenant(own) = resource.owner else { continue };
            let first = *known.entry((&resource.kind, &resource.reference)).or_insert(at);
            let other = model.resources.get(first).map(|each| each.owner);
            if let Some(Owner::Tenant(other)) = other
                && other != own
            {
                let place = (resource.span.file, resource.span.start, resource.kind.as_str());
                met.entry(place).or_insert((first, at));
            }
        }
        for (first, second) in met.into_values() {
            let (Some(one), Some(other)) =
                (model.resources.get(first), model.resources.get(second))
            else {
                continue;
            };
            let reason = Reason {
                unknown: format!(
                    "which of two things is meant by `{}`: both `{}` and `{}` have this name",
                    model.symbols.readable(&other.reference),
                    one.path,
                    other.path
                ),
                matters:
                    "they are two tenants', and AWS makes one thing of a type by one name: the \
                          second cannot be deployed, or takes the first one's place"
                        .to_owned(),
                help: "put the whole of the tenant's id into the name".to_owned(),
                place: model.place(other.span),
            };
            found.undecided(identity::OTHER_TENANTS_ASSET, reason);
        }
        found
    }
}
