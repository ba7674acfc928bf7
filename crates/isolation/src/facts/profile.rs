//! What a model has at all, on which a claim about any one resource may hang.

use tenantry_policy as policy;

use super::assets;
use crate::checks::identity::Facts;
use crate::checks::{environment, key_assignment};

/// Whether a model has certain things, and its account.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Habits {
    account: policy::Text,
    has_subnets: bool,
    has_functions: bool,
    /// Whether functions are told their tenant's id.
    tells_ids: bool,
    /// Whether tenants' tables have keys.
    has_keyed_tables: bool,
}

impl Habits {
    pub(crate) fn of(facts: &Facts<'_, '_>) -> Self {
        let model = facts.reader.model;
        Self {
            account: assets::account(model),
            has_subnets: model.of_kind("AWS::EC2::Subnet").next().is_some(),
            has_functions: model.of_kind("AWS::Lambda::Function").next().is_some(),
            tells_ids: environment::tells_ids(model),
            has_keyed_tables: key_assignment::has_keyed_tables(model),
        }
    }
}
