//! What a platform takes of AWS's quotas: docs/quotas.md is what this says.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tenantry_config::Platform;
use tenantry_resources::{Graph, Policy, Resource, Text, Tree};

use crate::platforms::{build, of_kind, platform, policies, shown_with};

/// A quota, and how much of it one cell takes.
struct Quota {
    name: &'static str,
    /// What it is counted in: `a region` and `an account` add cells up.
    scope: Scope,
    default: usize,
    /// What AWS raises it to on request, or that it does not.
    raised: &'static str,
    source: &'static str,
    taken: fn(&Graph) -> usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Scope {
    /// All cells together.
    Account,
    /// Each cell on its own, or a part of it.
    Cell,
}

const VPC: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html";
const API: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html";
const IAM: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html";
const LAMBDA: &str = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
const DYNAMODB: &str =
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html";
const CLOUDTRAIL: &str =
    "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html";
const KMS: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html";
const COGNITO: &str = "https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html";
const LOGS: &str =
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html";
const STACKS: &str =
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html";

const QUOTAS: [Quota; 21] = [
    quota("VPCs in a region", Scope::Account, 5, "hundreds", VPC, |g| count(g, "Vpc")),
    quota("internet gateways in a region", Scope::Account, 5, "with the VPCs", VPC, |g| {
        count(g, "InternetGateway")
    }),
    quota("gateway endpoints in a region", Scope::Account, 20, "yes", VPC, |g| {
        count(g, "VpcEndpoint")
    }),
    quota("security groups in a region", Scope::Account, 2_500, "yes", VPC, |g| {
        // And the VPC's own.
        count(g, "SecurityGroup") + count(g, "Vpc")
    }),
    quota("IAM roles in an account", Scope::Account, 1_000, "10,000", IAM, |g| count(g, "Role")),
    quota("DynamoDB tables in a region", Scope::Account, 2_500, "10,000", DYNAMODB, |g| {
        count(g, "Table")
    }),
    quota("trails in a region", Scope::Account, 5, "no", CLOUDTRAIL, |g| count(g, "Trail")),
    quota("KMS keys in a region", Scope::Account, 100_000, "yes", KMS, |g| count(g, "Key")),
    quota("regional REST APIs", Scope::Account, 600, "no", API, |g| count(g, "RestApi")),
    quota("user pools in a region", Scope::Account, 1_000, "yes", COGNITO, |g| {
        count(g, "UserPool")
    }),
    quota("log groups in a region", Scope::Account, 1_000_000, "yes", LOGS, |g| {
        count(g, "LogGroup")
    }),
    quota("subnets in a VPC", Scope::Cell, 200, "yes", VPC, |g| count(g, "Subnet")),
    quota("network ACL rules a direction", Scope::Cell, 20, "40", VPC, |g| {
        count(g, "NetworkAclEntry").div_ceil(2)
    }),
    quota("Lambda network interfaces in a VPC", Scope::Cell, 500, "yes", LAMBDA, interfaces),
    quota("resources of a REST API", Scope::Cell, 300, "yes", API, api_resources),
    quota("resources of a CloudFormation stack", Scope::Cell, 500, "no", STACKS, |g| {
        g.nodes().len()
    }),
    quota("characters of an endpoint policy", Scope::Cell, 20_480, "no", VPC, |g| {
        longest(g, "VpcEndpoint")
    }),
    quota("characters of a role's inline policies", Scope::Cell, 10_240, "no", IAM, |g| {
        longest(g, "RolePolicy")
    }),
    quota("characters of a role's trust policy", Scope::Cell, 2_048, "8,192", IAM, |g| {
        longest(g, "Role")
    }),
    quota("bytes of a key's policy", Scope::Cell, 32_768, "no", KMS, |g| longest(g, "Key")),
    quota("bytes of a table's policy", Scope::Cell, 20_480, "no", DYNAMODB, |g| {
        longest(g, "Table")
    }),
];

const fn quota(
    name: &'static str,
    scope: Scope,
    default: usize,
    raised: &'static str,
    source: &'static str,
    taken: fn(&Graph) -> usize,
) -> Quota {
    Quota { name, scope, default, raised, source, taken }
}

fn count(graph: &Graph, kind: &str) -> usize {
    of_kind(graph, kind).count()
}

/// One for each subnet and set of security groups: a tenant's function has two subnets of its own.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-enis>
fn interfaces(graph: &Graph) -> usize {
    let functions = graph.nodes().iter().filter_map(|node| match &node.resource {
        Resource::Function(function) => function.network.as_ref(),
        _ => None,
    });
    functions.map(|network| network.subnets.len()).sum()
}

/// Every path and every part of one, and the root.
fn api_resources(graph: &Graph) -> usize {
    let mut resources = BTreeSet::from([String::new()]);
    for node in of_kind(graph, "RestApi") {
        let Resource::RestApi(api) = &node.resource else { continue };
        let body: serde_json::Value =
            serde_json::from_str(&as_deployed(&api.body.to_json_text())).unwrap();
        for path in body["paths"].as_object().unwrap().keys() {
            let mut so_far = String::new();
            for part in path.split('/').skip(1) {
                so_far.push('/');
                so_far.push_str(part);
                resources.insert(so_far.clone());
            }
        }
    }
    resources.len()
}

fn longest(graph: &Graph, kind: &str) -> usize {
    let ids: BTreeSet<&str> = of_kind(graph, kind).map(|node| node.id.as_str()).collect();
    let size = |policy: &Policy| as_deployed(&Tree::from(policy).to_json_text()).len();
    policies(graph)
        .filter(|(id, _)| ids.contains(id))
        .map(|(_, policy)| size(policy))
        .max()
        .unwrap()
}

/// A text as it is about as long in an account.
fn as_deployed(text: &Text) -> String {
    shown_with(text, |_, _| "x".repeat(90))
}

/// A platform of so many tenants, in cells of 20.
fn of_tenants(count: usize) -> Platform {
    let ids: Vec<String> = (1..=count).map(|number| format!("tenant-{number:05}")).collect();
    platform(&ids.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What all cells take together, or the fullest one. Cells are alike but for the first and for how
/// full they are, so that the last two stand for all.
fn taken(quota: &Quota, cells: usize, first: &Graph, later: &Graph) -> usize {
    let [first, later] = [first, later].map(quota.taken);
    match quota.scope {
        Scope::Account => first + later * (cells - 1),
        Scope::Cell => first.max(later),
    }
}

fn page() -> String {
    const SIZES: [usize; 4] = [5, 100, 1_000, 10_000];
    let five = build(&of_tenants(5), &of_tenants(5).cells[0]);
    let two = of_tenants(40);
    let [first, later] = [0, 1].map(|cell| build(&two, &two.cells[cell]));
    let used = |quota: &Quota, tenants: usize| match tenants {
        5 => (quota.taken)(&five),
        more => taken(quota, more / 20, &first, &later),
    };

    let mut text = String::from(PREFACE);
    text.push_str("\n## What is taken\n");
    text.push_str("| quota | default | can be raised to | a cell of 20 |");
    SIZES.iter().for_each(|size| write!(text, " {} tenants |", number(*size)).unwrap());
    text.push_str("\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for quota in &QUOTAS {
        let Quota { name, default, raised, source, .. } = quota;
        write!(text, "| [{name}]({source}) | {} | {raised} |", number(*default)).unwrap();
        write!(text, " {} |", number((quota.taken)(&first))).unwrap();
        for size in SIZES {
            let used = used(quota, size);
            let mark = if used > *default { "**" } else { "" };
            write!(text, " {mark}{}{mark} |", number(used)).unwrap();
        }
        text.push('\n');
    }
    text.push_str("\n## What gives first\n");
    for size in SIZES {
        let mut over: Vec<_> = QUOTAS
            .iter()
            .map(|quota| (used(quota, size) as f64 / quota.default as f64, quota))
            .collect();
        over.sort_by(|a, b| b.0.total_cmp(&a.0));
        let gives: Vec<String> = over
            .iter()
            .filter(|(ratio, _)| *ratio > 1.0)
            .map(|(ratio, quota)| format!("{} ({ratio:.1} times the default)", quota.name))
            .collect();
        let (ratio, nearest) = &over[0];
        let says = match gives.is_empty() {
            true => {
                format!("nothing; the nearest are {} ({ratio:.1} of the default)", nearest.name)
            }
            false => gives.join(", "),
        };
        writeln!(text, "- **{} tenants:** {says}.", number(size)).unwrap();
    }
    text.push_str(END);
    text
}

fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const PREFACE: &str = "# Quotas
What a platform takes of AWS's quotas. The numbers are counted in the platform's own graph by a test
(`crates/blueprint/tests/components/quotas.rs`), which fails when this page says something else; run it with
`TENANTRY_WRITE_DOCS=1` to write the page anew. Defaults and what they can be raised to are given as far as we know them; they
were not tried, AWS changes them, and the linked page is what counts. A region or an account has other users too: add what they take. Texts are measured with
the names of five-digit tenants, references counted as 90 characters.

A number in bold is above the default: ask for more before you deploy (`aws service-quotas request-service-quota-increase`).
";

const END: &str = "
## What is not counted
- **Lambda concurrency** (1,000 a region by default, for all functions together): the platform reserves none for a tenant.
- **Rates of calls.** API Gateway takes one `CreateDeployment` in 5 seconds an account, so cells that are deployed at the same
  time wait for each other; the engines try again by themselves.
- **VPCs above a few hundred, APIs above 600:** from there on, cells need accounts of their own.
";

#[test]
fn the_page_of_quotas_is_what_the_platform_takes() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/quotas.md");
    let page = page();
    if std::env::var_os("TENANTRY_WRITE_DOCS").is_some() {
        std::fs::write(file, &page).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(written, page, "write it anew with TENANTRY_WRITE_DOCS=1");
}

/// However many tenants a platform has, no cell takes more than AWS gives without a question.
#[test]
fn a_full_cell_stays_below_every_quota_that_is_counted_in_a_cell() {
    let platform = of_tenants(20);
    let cell = build(&platform, &platform.cells[0]);
    for quota in QUOTAS.iter().filter(|quota| quota.scope == Scope::Cell) {
        let taken = (quota.taken)(&cell);
        assert!(taken <= quota.default, "{}: {taken} of {}", quota.name, quota.default);
    }
}
