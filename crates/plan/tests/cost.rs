//! What a platform costs: the table is whole, sums are what one gets by hand, and the page says what the program reckons with.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write as _;

use serde_json::{Value, json};
use tenantry_plan::cost::{Load, Price, Sides, cost, table};
use tenantry_plan::{Place, Plan, compare, previewed};

fn tags(tenant: &str) -> Value {
    json!([{"Key": "tenant_id", "Value": tenant}])
}

/// A cell with these tenants; each has a key, four alarms, a function and two tables.
fn template(tenants: &[&str], trail: bool) -> Value {
    let function = json!({"Architectures": ["arm64"], "MemorySize": 256, "Tags": tags("shared")});
    let mut resources = json!({
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"Tags": tags("shared")}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Tags": tags("shared")}},
        "Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {}},
        "Authorizer": {"Type": "AWS::Lambda::Function", "Properties": function},
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Tags": tags("shared")}},
        "Endpoint": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcEndpointType": "Gateway"}},
        "FlowLog": {"Type": "AWS::EC2::FlowLog", "Properties": {"Tags": tags("shared")}},
        "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {}},
    });
    let all = resources.as_object_mut().unwrap();
    if trail {
        let field = json!({"Field": "resources.type", "Equals": ["AWS::DynamoDB::Table"]});
        let selectors = json!([{"FieldSelectors": [field]}]);
        let trail = json!({"AdvancedEventSelectors": selectors, "Tags": tags("shared")});
        all.insert("Trail".into(), json!({"Type": "AWS::CloudTrail::Trail", "Properties": trail}));
    }
    for (at, tenant) in tenants.iter().enumerate() {
        let mut add = |name: String, kind: &str, mut properties: Value| {
            properties["Tags"] = tags(tenant);
            all.insert(format!("T{at}{name}"), json!({"Type": kind, "Properties": properties}));
        };
        add("Key".into(), "AWS::KMS::Key", json!({}));
        for alarm in 0..4 {
            add(format!("Alarm{alarm}"), "AWS::CloudWatch::Alarm", json!({}));
        }
        let function = json!({"Architectures": ["arm64"], "MemorySize": 256});
        add("Function".into(), "AWS::Lambda::Function", function);
        for name in ["Users", "Data"] {
            let recovery = json!({"PointInTimeRecoveryEnabled": true});
            let table = json!({"PointInTimeRecoverySpecification": recovery});
            add(format!("{name}Table"), "AWS::DynamoDB::Table", table);
        }
    }
    json!({"Resources": resources})
}

fn plan(cells: &[(Option<Value>, Option<Value>)]) -> Plan {
    let cells = cells.iter().enumerate().map(|(at, (running, wanted))| {
        compare(&format!("acme-cell-{}-prod", at + 1), running.as_ref(), wanted.as_ref())
    });
    Plan::new("acme".to_owned(), Place::Templates, cells.collect())
}

#[test]
fn every_price_is_in_the_table_with_its_page_of_awss() {
    let table = table();
    assert_eq!(table.prices.keys().copied().collect::<Vec<_>>(), {
        let mut all = Price::ALL.to_vec();
        all.sort();
        all
    });
    for line in table.prices.values() {
        assert!(line.usd > 0.0 && line.per >= 1.0, "{line:?}");
        assert!(line.source.starts_with("https://aws.amazon.com/"), "{line:?}");
    }
}

#[test]
fn a_tenant_costs_what_its_parts_and_its_requests_cost() {
    let plan = plan(&[(
        Some(template(&["tenant-a", "tenant-b"], true)),
        Some(template(&["tenant-b", "tenant-c"], true)),
    )]);
    let cost = cost(&plan, Load::default());
    // By hand: a key 1.00, alarms 0.40, 1 GB 0.25 and 0.20 to restore it; of 100,000 requests 0.35 for the API, 0.022 and
    // 0.035 for functions, 0.15135 for logs, 0.0275 for reads and writes, 0.003 for the key, 0.10 for the trail.
    let amount = |now, then| Sides { now, then };
    let tenants: Vec<_> = cost.tenants.iter().map(|(id, sides)| (id.as_str(), *sides)).collect();
    assert_eq!(
        tenants,
        [
            ("tenant-a", amount(2.54, 0.0)),
            ("tenant-b", amount(2.54, 2.54)),
            ("tenant-c", amount(0.0, 2.54)),
        ]
    );
    assert_eq!(cost.shared["acme-cell-1-prod"], amount(4.1, 4.1));
    assert_eq!(cost.total, amount(9.18, 9.18));
    assert!(cost.not_priced.contains("AWS::Cognito::UserPool"));
    assert!(!cost.not_priced.contains("AWS::EC2::VPCEndpoint"));
}

#[test]
fn the_trail_of_the_first_cell_records_the_tables_of_all() {
    let cells = |trail| {
        let cell = |tenant: &str, trail| (None, Some(template(&[tenant], trail)));
        plan(&[cell("tenant-a", trail), cell("tenant-b", false)])
    };
    let of = |plan: &Plan| cost(plan, Load::default()).tenants["tenant-b"].then;
    assert_eq!((of(&cells(true)), of(&cells(false))), (2.54, 2.44));
}

#[test]
fn a_load_changes_what_it_causes_and_nothing_that_stands() {
    let plan = plan(&[(None, Some(template(&["tenant-a"], true)))]);
    let none = Load { requests: 0.0, stored_gb: 0.0, ..Load::default() };
    let more = Load { requests: 1e6, stored_gb: 10.0, ..Load::default() };
    let of = |load| {
        let cost = cost(&plan, load);
        (cost.tenants["tenant-a"].then, cost.shared["acme-cell-1-prod"].then)
    };
    assert_eq!(of(none), (1.4, 4.1));
    // Ten times 1.13885 and the key and its alarms.
    assert_eq!(of(more), (12.79, 4.1));
}

#[test]
fn what_the_engine_keeps_costs_what_its_template_costs() {
    let step = |kind: &str, name: &str, inputs: Value| {
        let parent = "urn:pulumi:prod::acme::tenantry:platform:Tenant::tenant-a";
        json!({
            "op": "same", "type": kind, "urn": format!("urn:pulumi:prod::acme::{kind}::{name}"),
            "old": {"inputs": inputs, "parent": parent}, "new": {"inputs": inputs, "parent": parent},
        })
    };
    let function = json!({"architectures": ["arm64"], "memorySize": 256});
    let recovery = json!({"pointInTimeRecovery": {"enabled": true}});
    let steps = [
        step("aws:kms/key:Key", "Key", json!({})),
        step("aws:lambda/function:Function", "Function", function),
        step("aws:dynamodb/table:Table", "Table", recovery),
        step("aws:cloudwatch/metricAlarm:MetricAlarm", "Alarm", json!({})),
        step("aws:ec2/subnet:Subnet", "Subnet", json!({})),
    ];
    let wanted = json!({"Resources": {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"Tags": tags("tenant-a")}},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {
            "Architectures": ["arm64"], "MemorySize": 256, "Tags": tags("tenant-a")}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
            "Tags": tags("tenant-a")}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Tags": tags("tenant-a")}},
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"Tags": tags("tenant-a")}},
    }});
    let cell = previewed("prod", &steps, Some(&wanted));
    assert_eq!(cell.billing.now, cell.billing.then);
    assert_eq!(cell.billing.now.by_owner["tenant-a"].restorable_tables, 1);
}

#[test]
fn the_page_says_what_the_program_reckons_with() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cost.md");
    let written = std::fs::read_to_string(file).unwrap_or_default();
    let page = page();
    if std::env::var_os("TENANTRY_WRITE_DOCS").is_some() {
        std::fs::write(file, &page).unwrap();
        return;
    }
    assert_eq!(written, page, "write it anew with TENANTRY_WRITE_DOCS=1");
}

fn page() -> String {
    let (table, load) = (table(), Load::default());
    let mut page = format!(
        "# Cost\n\
         `tenantry plan` says what a platform costs a month on AWS as it runs and as it is to be: in all, by what is paid for (in JSON), by\n\
         tenant, and for what a cell's tenants share. It is made for comparing the two, not for a budget: list prices of one region on one\n\
         day, the first tier of each, no free tier, no discount, no tax. It has not been held against a bill. A test\n\
         (`crates/plan/tests/cost.rs`) fails when this page says something else than the program reckons with; run it with\n\
         `TENANTRY_WRITE_DOCS=1` to write the page anew.\n\n\
         ```\n\
         tenantry plan --requests 1000000 --stored-gb 20     # what each tenant does in a month\n\
         tenantry plan --format json | jq .cost              # by item and tenant\n\
         ```\n\n\
         ## Prices\n\
         {} list prices of {}, in {} ([prices.json](../crates/plan/data/prices.json)). AWS's pages fill in their numbers by script and by\n\
         region; the pages that are linked are what counts, so look there before you rely on one. To change one, edit the file and write this page anew.\n\n\
         | what | price | for a | source |\n| --- | --- | --- | --- |\n",
        table.region, table.date, table.currency
    );
    for line in table.prices.values() {
        let (what, usd, unit, source) = (&line.what, line.usd, &line.unit, &line.source);
        writeln!(page, "| {what} | {usd} | {unit} | [page]({source}) |").unwrap();
    }
    write!(
        page,
        "\n## Load\n\
         Each tenant is taken to do the same. The first two can be said by flags; the others are assumptions, none of them measured on AWS\n\
         (`crates/plan/src/cost/load.rs`).\n\n\
         | what | amount |\n| --- | --- |\n\
         | requests a tenant and month (`--requests`) | {} |\n\
         | what a tenant's tables hold, in GB (`--stored-gb`) | {} |\n\
         | seconds that the function works on a request, with the memory that it has in the template | {} |\n\
         | calls of the authorizer a request; API Gateway keeps its answers for 5 minutes | {} |\n\
         | seconds that the authorizer works on a call | {} |\n\
         | DynamoDB read units a request | {} |\n\
         | DynamoDB write units a request | {} |\n\
         | KMS requests a request; DynamoDB keeps a table's key for 5 minutes | {} |\n\
         | KB in the function's log a request, and as many in the access log | {} |\n\
         | KB in the flow logs a request | {} |\n\
         | what is left of a log when it is kept, for 30 days | {} |\n\
         | data events a request, where a trail records those of tables | {} |\n",
        load.requests,
        load.stored_gb,
        load.seconds,
        load.authorizations,
        load.authorizer_seconds,
        load.reads,
        load.writes,
        load.key_requests,
        load.log_kb,
        load.flow_log_kb,
        load.compressed,
        load.reads + load.writes,
    )
    .unwrap();
    page.push_str(
        "\n## What is not priced\n\
         `plan` names it each time: resource types that cost by what is done with them and have no line above (a user pool by its active\n\
         users, a bucket by its objects, a topic or queue by its messages, a metric filter by the metrics that it makes), data that leave AWS, and support\n\
         and taxes. Two things cost more as time goes on and are not in it: a key that has been rotated costs as much\n\
         again for its older material, and a trail's bucket grows.\n\n\
         Types that cost nothing by themselves (roles, subnets, gateway endpoints, log groups, permissions) are left out without a word;\n\
         `is_free` in `crates/plan/src/cost/billed.rs` has them.\n",
    );
    page
}
