//! What a platform takes of AWS's quotas, as `docs/quotas.md` has them.

use serde::Serialize;

use crate::plan::{CellPlan, Place, Plan};

/// Quotas of a region or an account that a platform's size decides, by the type that is counted: what it is called, and how
/// many AWS gives by default. `docs/quotas.md` has the pages that they are from.
const QUOTAS: [(&str, &str, usize); 11] = [
    ("AWS::EC2::VPC", "VPCs in a region", 5),
    ("AWS::EC2::InternetGateway", "internet gateways in a region", 5),
    ("AWS::EC2::VPCEndpoint", "gateway endpoints in a region", 20),
    ("AWS::EC2::SecurityGroup", "security groups in a region", 2_500),
    ("AWS::IAM::Role", "IAM roles in an account", 1_000),
    ("AWS::DynamoDB::Table", "DynamoDB tables in a region", 2_500),
    ("AWS::KMS::Key", "KMS keys in a region", 100_000),
    ("AWS::CloudTrail::Trail", "trails in a region", 5),
    ("AWS::Logs::LogGroup", "log groups in a region", 1_000_000),
    ("AWS::ApiGateway::RestApi", "regional REST APIs", 600),
    ("AWS::Cognito::UserPool", "user pools in a region", 1_000),
];

/// Quotas of each cell: the fullest one counts.
const SUBNETS: (&str, &str, usize) = ("AWS::EC2::Subnet", "subnets in a VPC", 200);
const STACK: (&str, usize) = ("resources of a CloudFormation stack", 500);

/// What is taken of one quota.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Quota {
    /// What is counted.
    pub what: &'static str,
    /// How many the platform is to have.
    pub taken: usize,
    /// How many AWS gives by default.
    pub default: usize,
}

/// What a platform as planned takes of AWS's default quotas, the one that gives first in front. Other users of the account
/// are not known.
#[must_use]
pub fn quotas(plan: &Plan) -> Vec<Quota> {
    let mut found: Vec<Quota> = QUOTAS
        .iter()
        .map(|(kind, what, default)| {
            let counts = plan.cells.iter().filter_map(|cell| cell.counts.get(*kind));
            Quota { what, taken: counts.sum(), default: *default }
        })
        .collect();
    let fullest = |count: &dyn Fn(&CellPlan) -> usize| plan.cells.iter().map(count).max();
    let (kind, what, default) = SUBNETS;
    let subnets = fullest(&|cell| cell.counts.get(kind).copied().unwrap_or_default());
    found.extend(subnets.map(|taken| Quota { what, taken, default }));
    // The engine makes no stacks of CloudFormation's.
    if plan.against != Place::Aws {
        let (what, default) = STACK;
        let resources = fullest(&|cell| cell.counts.values().sum());
        found.extend(resources.map(|taken| Quota { what, taken, default }));
    }
    found.retain(|quota| quota.taken > 0);
    // By the part that is taken, without fractions: a/b > c/d where a·d > c·b.
    found.sort_by(|a, b| (b.taken * a.default).cmp(&(a.taken * b.default)));
    found
}
