//! Two tenants that give one physical name to two things: the second cannot be made, or both mean
//! the same.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt as _};
use tenantry_template::{FileId, Owner, ResourceId, Text};

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::Facts;
use crate::findings::unknown::Unknown;

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        identity { OTHER_TENANTS_ASSET }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// Names that two tenants' things have.
pub(crate) struct NameCollisions;

impl Check for NameCollisions {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        let model = facts.reader.model;
        let mut known: HashMap<(&str, &Text<'_>), ResourceId> = HashMap::new();
        // By place in a template: the first two things that meet there.
        let mut met: BTreeMap<(FileId, u32, &str), (ResourceId, ResourceId)> = BTreeMap::new();
        for (at, resource) in model.resources.entries() {
            let Owner::Tenant(own) = resource.owner else { continue };
            let first = *known.entry((&resource.kind, &resource.reference)).or_insert(at);
            if let Owner::Tenant(other) = model.resources[first].owner
                && other != own
            {
                let place = (resource.span.file, resource.span.start, resource.kind.as_str());
                met.entry(place).or_insert((first, at));
            }
        }
        for (first, second) in met.into_values() {
            let unknown = Unknown::NameOfTwo { first, second };
            found.undecided(identity::OTHER_TENANTS_ASSET, unknown);
        }
        found
    }
}
