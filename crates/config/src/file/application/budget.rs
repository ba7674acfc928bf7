//! How many tenants of an application fit into a cell, and which of AWS's limits says so.
//!
//! The sums are those of `blueprint`'s graph; a test there holds them together.

use std::collections::BTreeSet;

use crate::application::{Application, Service};

/// What a cell has whoever is in it: resources of the first cell's stack, resources of its API, and
/// outputs.
const SHARED: [usize; 3] = [52, 3, 4];

/// What one tenant of an application takes of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Need {
    /// Resources of a stack: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>.
    resources: usize,
    /// Resources of a REST API, which are parts of paths:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>.
    api_resources: usize,
    /// Outputs of a stack.
    outputs: usize,
}

/// The limit that gives first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    /// How many tenants fit.
    pub(crate) tenants: usize,
    what: &'static str,
    limit: usize,
    shared: usize,
    each: usize,
}

impl Need {
    /// What a tenant of the application takes.
    pub(crate) fn of(application: &Application) -> Self {
        let services = application.services.len();
        let tables = application.tables.len();
        // Two subnets with their associations, a security group, a key with its alias, two alarms.
        // A service: role, policy, log group, filter, function, permission and two alarms.
        let resources = 11 + tables + 8 * services;
        let mut parts: BTreeSet<&str> = BTreeSet::new();
        for route in application.services.iter().flat_map(|service| &service.routes) {
            let ends = route.path.match_indices('/').map(|(at, _)| at).skip(1);
            parts.extend(ends.filter_map(|end| route.path.get(..end)));
            parts.insert(&route.path);
        }
        Self { resources, api_resources: 1 + parts.len(), outputs: 3 + tables + services }
    }

    /// How many such tenants fit into a cell.
    pub(crate) fn budget(self) -> Budget {
        let [resources, api_resources, outputs] = SHARED;
        let budgets = [
            ("resources of a CloudFormation stack", 500, resources, self.resources),
            ("resources of a REST API", 300, api_resources, self.api_resources),
            ("outputs of a CloudFormation stack", 200, outputs, self.outputs),
        ];
        let budgets = budgets.map(|(what, limit, shared, each)| {
            let tenants = (limit - shared) / each;
            Budget { tenants, what, limit, shared, each }
        });
        let [mut least, second, third] = budgets;
        for other in [second, third] {
            if other.tenants < least.tenants {
                least = other;
            }
        }
        least
    }
}

impl Budget {
    /// The sum, as a sentence: what is shared and what each of so many tenants takes.
    pub(crate) fn sum(&self, tenants: usize) -> String {
        let Self { what, limit, shared, each, .. } = self;
        let taken = shared + each * tenants;
        format!(
            "{shared} shared and {each} for each of {tenants} tenants are {taken} of {limit} {what}"
        )
    }
}

/// Characters of a role's inline policies: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
pub(super) const LARGEST_ROLE_POLICY: usize = 10_240;

/// Characters of an endpoint's policy: <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html>.
pub(super) const LARGEST_ENDPOINT_POLICY: usize = 20_480;

/// At most so many characters has the policy of a service's role: every ARN as long as names allow.
pub(super) fn role_policy(application: &Application, service: &Service) -> usize {
    let used = |name: &str| service.uses.iter().any(|(used, _)| used == name);
    1_500 + arns(application, used)
}

/// At most so many characters has the policy of the tenants' way to DynamoDB.
pub(super) fn endpoint_policy(application: &Application) -> usize {
    1_000 + arns(application, |_| true)
}

fn arns(application: &Application, used: impl Fn(&str) -> bool) -> usize {
    const LONGEST_ARN: usize = 150;
    let tables = application.tables.iter().filter(|table| used(&table.name));
    tables
        .map(|table| {
            let indexes = table.indexes.iter().map(|index| LONGEST_ARN + index.name.len());
            LONGEST_ARN + indexes.sum::<usize>()
        })
        .sum()
}
