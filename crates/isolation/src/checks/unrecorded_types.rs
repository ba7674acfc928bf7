//! Types of which nothing is recorded: newer than the data, or of another publisher. What such a
//! thing opens is not known, whether a tenant owns it or tenants share it.

use std::collections::BTreeMap;

use tenantry_template::{Owner, ResourceId};

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::{Facts, types};
use crate::findings::unknown::{Unexplained, Unknown};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        identity { OTHER_TENANTS_ASSET, SHARED_GRANT, OUTSIDE }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// Resources of types that are not recorded.
pub(crate) struct UnrecordedTypes;

impl Check for UnrecordedTypes {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        let model = facts.reader.model;
        // Without a tenant nobody is to be kept from anything.
        if model.tenants.is_empty() {
            return found;
        }
        let mut all: BTreeMap<&str, (ResourceId, usize)> = BTreeMap::new();
        for (at, resource) in model.resources.entries() {
            if is_unrecorded(&resource.kind) && resource.owner != Owner::Undecided {
                all.entry(&resource.kind).or_insert((at, 0)).1 += 1;
            }
        }
        for (resource, count) in all.into_values() {
            for claim in [identity::OTHER_TENANTS_ASSET, identity::SHARED_GRANT, identity::OUTSIDE]
            {
                found.undecided(
                    claim,
                    Unknown::Unexplained(Unexplained::Type { resource, more: count - 1 }),
                );
            }
        }
        found
    }
}

/// Whether nothing is known of a type. Of custom resources the function behind them is asked
/// about, and what SAM makes of its types is read.
fn is_unrecorded(kind: &str) -> bool {
    const READ: &[&str] = &["Custom::", "AWS::Serverless::", "AWS::CloudFormation::"];
    !READ.iter().any(|start| kind.starts_with(start)) && !types::is_recorded(kind)
}
