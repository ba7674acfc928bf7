//! What is billed in a template, or in an engine's state.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::template::Resource;

/// Who has what is a tenant's own alone: the key of what all share.
pub const SHARED: &str = "shared";

/// What is billed of a cell as it runs, and as it is to be.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Use {
    /// As it runs.
    #[serde(default)]
    pub now: Billing,
    /// As it is to be.
    #[serde(default)]
    pub then: Billing,
}

/// What is billed of one side of a cell.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Billing {
    /// By tenant, and [`SHARED`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_owner: BTreeMap<String, Billed>,
    /// Types of resources that cost something, and how much is not known here.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_priced: BTreeSet<String>,
}

impl Billing {
    pub(crate) fn shared(&self) -> Billed {
        self.by_owner.get(SHARED).copied().unwrap_or_default()
    }

    pub(crate) fn records_table_events(&self) -> bool {
        self.by_owner.values().any(|billed| billed.table_trails > 0)
    }
}

/// Counts of what is billed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Billed {
    /// KMS keys of a customer's.
    #[serde(skip_serializing_if = "none")]
    pub keys: u32,
    /// Metrics that alarms watch.
    #[serde(skip_serializing_if = "none")]
    pub alarm_metrics: u32,
    /// Dashboards.
    #[serde(skip_serializing_if = "none")]
    pub dashboards: u32,
    /// Availability zones of interface endpoints.
    #[serde(skip_serializing_if = "none")]
    pub endpoint_zones: u32,
    /// Functions.
    #[serde(skip_serializing_if = "none")]
    pub functions: u32,
    /// The memory of those on arm64, in MB.
    #[serde(skip_serializing_if = "none")]
    pub arm_megabytes: u32,
    /// The memory of those on `x86_64`, in MB.
    #[serde(skip_serializing_if = "none")]
    pub x86_megabytes: u32,
    /// DynamoDB tables.
    #[serde(skip_serializing_if = "none")]
    pub tables: u32,
    /// Those with point-in-time recovery.
    #[serde(skip_serializing_if = "none")]
    pub restorable_tables: u32,
    /// REST APIs.
    #[serde(skip_serializing_if = "none")]
    pub apis: u32,
    /// Flow logs.
    #[serde(skip_serializing_if = "none")]
    pub flow_logs: u32,
    /// Trails that record what becomes of tables' items.
    #[serde(skip_serializing_if = "none")]
    pub table_trails: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
const fn none(count: &u32) -> bool {
    *count == 0
}

/// What is billed in a template.
pub(crate) fn in_template(resources: &BTreeMap<&str, Resource<'_>>) -> Billing {
    let none = Value::Null;
    let each = resources
        .values()
        .map(|one| (one.kind, one.tenant.as_deref(), one.body.get("Properties").unwrap_or(&none)));
    count(each)
}

/// What is billed of resources that an engine keeps: type, tenant and inputs of each.
pub(crate) fn in_state<'v>(
    resources: impl Iterator<Item = (&'v str, Option<&'v str>, &'v Value)>,
) -> Billing {
    count(resources)
}

fn count<'v>(each: impl Iterator<Item = (&'v str, Option<&'v str>, &'v Value)>) -> Billing {
    let mut found = Billing::default();
    for (kind, tenant, properties) in each {
        let owner = tenant.unwrap_or(SHARED);
        if !found.by_owner.contains_key(owner) {
            found.by_owner.insert(owner.to_owned(), Billed::default());
        }
        let Some(of) = found.by_owner.get_mut(owner) else { continue };
        if !of.add(kind, properties) && !is_free(kind) {
            found.not_priced.insert(kind.to_owned());
        }
    }
    found
}

impl Billed {
    /// Counts a resource; whether its type is known.
    fn add(&mut self, kind: &str, properties: &Value) -> bool {
        // CloudFormation and the engine write names in another case.
        let get = |names: [&str; 2]| names.iter().find_map(|name| properties.get(name));
        match kind {
            "AWS::KMS::Key" | "aws:kms/key:Key" => self.keys += 1,
            "AWS::CloudWatch::Alarm" | "aws:cloudwatch/metricAlarm:MetricAlarm" => {
                let queries = get(["Metrics", "metricQueries"]).and_then(Value::as_array);
                let metric = |query: &&Value| {
                    ["MetricStat", "metric"].iter().any(|name| query.get(name).is_some())
                };
                let metrics = queries.map_or(1, |all| all.iter().filter(metric).count());
                self.alarm_metrics += u32::try_from(metrics.max(1)).unwrap_or(u32::MAX);
            }
            "AWS::CloudWatch::Dashboard" | "aws:cloudwatch/dashboard:Dashboard" => {
                self.dashboards += 1;
            }
            "AWS::EC2::VPCEndpoint" | "aws:ec2/vpcEndpoint:VpcEndpoint" => {
                let interface = get(["VpcEndpointType", "vpcEndpointType"]);
                // Gateway endpoints are free, and the default.
                if interface.and_then(Value::as_str) == Some("Interface") {
                    let subnets = get(["SubnetIds", "subnetIds"]).and_then(Value::as_array);
                    let zones = subnets.map_or(1, |subnets| subnets.len().max(1));
                    self.endpoint_zones += u32::try_from(zones).unwrap_or(u32::MAX);
                }
            }
            "AWS::Lambda::Function" | "aws:lambda/function:Function" => {
                self.functions += 1;
                let memory = get(["MemorySize", "memorySize"]).and_then(Value::as_u64);
                // Without a word of it, AWS gives 128 MB.
                let memory = u32::try_from(memory.unwrap_or(128)).unwrap_or(u32::MAX);
                let arm = get(["Architectures", "architectures"]).and_then(Value::as_array);
                let arm = arm.is_some_and(|all| all.iter().any(|one| one == "arm64"));
                *(if arm { &mut self.arm_megabytes } else { &mut self.x86_megabytes }) += memory;
            }
            "AWS::DynamoDB::Table" | "aws:dynamodb/table:Table" => {
                self.tables += 1;
                let recovery = get(["PointInTimeRecoverySpecification", "pointInTimeRecovery"]);
                let on = ["PointInTimeRecoveryEnabled", "enabled"];
                let on = on.iter().find_map(|name| recovery?.get(name)?.as_bool());
                self.restorable_tables += u32::from(on == Some(true));
            }
            "AWS::ApiGateway::RestApi" | "aws:apigateway/restApi:RestApi" => self.apis += 1,
            "AWS::EC2::FlowLog" | "aws:ec2/flowLog:FlowLog" => self.flow_logs += 1,
            "AWS::CloudTrail::Trail" | "aws:cloudtrail/trail:Trail" => {
                let selectors = ["AdvancedEventSelectors", "advancedEventSelectors"];
                let selectors = get(selectors).and_then(Value::as_array).into_iter().flatten();
                let fields = selectors
                    .filter_map(|one| {
                        let fields = ["FieldSelectors", "fieldSelectors"];
                        fields.iter().find_map(|name| one.get(name))?.as_array()
                    })
                    .flatten();
                let tables = fields
                    .filter_map(|one| {
                        ["Equals", "equals"].iter().find_map(|name| one.get(name))?.as_array()
                    })
                    .flatten()
                    .any(|value| value == "AWS::DynamoDB::Table");
                self.table_trails += u32::from(tables);
            }
            _ => return false,
        }
        true
    }
}

/// Whether a type costs nothing by itself, whatever is done with it, or costs what is counted elsewhere.
fn is_free(kind: &str) -> bool {
    const SERVICES: [&str; 6] = [
        "AWS::IAM::",
        "aws:iam/",
        "AWS::CloudFormation::",
        "AWS::ResourceGroups::",
        "aws:resourcegroups/",
        "Custom::",
    ];
    const TYPES: [&str; 35] = [
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::Stage",
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::BasePathMapping",
        "AWS::Cognito::UserPoolClient",
        "AWS::DynamoDB::ResourcePolicy",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::NetworkAcl",
        "AWS::EC2::NetworkAclEntry",
        "AWS::EC2::Route",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetNetworkAclAssociation",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::KMS::Alias",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Permission",
        // What is logged is counted by the load.
        "AWS::Logs::LogGroup",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SNS::Subscription",
        "AWS::SQS::QueuePolicy",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:kms/alias:Alias",
        "aws:lambda/permission:Permission",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sqs/queuePolicy:QueuePolicy",
        "aws:cognito/userPoolClient:UserPoolClient",
    ];
    // What these two have of cost is counted above.
    const ENGINE: [&str; 2] = ["aws:ec2/", "aws:apigateway/"];
    TYPES.contains(&kind) || SERVICES.iter().chain(&ENGINE).any(|start| kind.starts_with(start))
}
