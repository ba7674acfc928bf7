//! Types of which nothing is recorded: newer than the data, or of another publisher. What such a
//! thing opens is not known, whether a tenant owns it or tenants share it.

use std::collections::BTreeMap;

use tenantry_template::{Owner, Resource};
use tenantry_verdict::Reason;

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::{Facts, types};

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
        let mut all: BTreeMap<&str, (&Resource<'_>, usize)> = BTreeMap::new();
        for resource in model.resources.iter().filter(|each| is_unrecorded(&each.kind)) {
            if resource.owner != Owner::Undecided {
                all.entry(&resource.kind).or_insert((resource, 0)).1 += 1;
            }
        }
        for (kind, (resource, count)) in all {
            let more = match count {
                1 => String::new(),
                count => format!(", and of {} more of its type,", count - 1),
            };
            let reason = Reason {
                unknown: format!("what becomes of `{}`{more} of type {kind}", resource.path),
                matters: "no list of types has it, so that no rule says what it opens and to whom"
                    .to_owned(),
                help: "correct the type's name, or show by other means that it is harmless and \
                       accept it"
                    .to_owned(),
                place: model.place(resource.span),
            };
            for claim in [identity::OTHER_TENANTS_ASSET, identity::SHARED_GRANT, identity::OUTSIDE]
            {
                found.undecided(claim, reason.clone());
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
