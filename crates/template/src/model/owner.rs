//! Whose a resource is: by what it is called where a rule says so, else by its tag, then by the one thing that it is a part of, then by the tenant
//! that its stack is deployed for.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt as _};
use tenantry_arena::Arena;

use super::tags::{says_tenant, tags};
use super::{Model, Owner, Resource};
use crate::diagnostic::Fault;
use crate::ids::{ResourceId, ResourceKey, StackId, TenantIndex};
use crate::options::{OwnerRule, ReadOptions};
use crate::source::{FileId, Span};
use crate::syntax::Failure;
use crate::value::{Text, Value};

/// A type, the property that names what it is a part of, and that thing's type.
const PARTS: &[(&str, &str, &str)] = &[
    ("AWS::IAM::Policy", "Roles", "AWS::IAM::Role"),
    ("AWS::IAM::Policy", "Users", "AWS::IAM::User"),
    ("AWS::IAM::RolePolicy", "RoleName", "AWS::IAM::Role"),
    ("AWS::IAM::UserPolicy", "UserName", "AWS::IAM::User"),
    ("AWS::IAM::ManagedPolicy", "Roles", "AWS::IAM::Role"),
    ("AWS::IAM::InstanceProfile", "Roles", "AWS::IAM::Role"),
    ("AWS::IAM::AccessKey", "UserName", "AWS::IAM::User"),
    ("AWS::EC2::SubnetRouteTableAssociation", "SubnetId", "AWS::EC2::Subnet"),
    ("AWS::EC2::SubnetNetworkAclAssociation", "SubnetId", "AWS::EC2::Subnet"),
    ("AWS::EC2::SecurityGroupIngress", "GroupId", "AWS::EC2::SecurityGroup"),
    ("AWS::EC2::SecurityGroupEgress", "GroupId", "AWS::EC2::SecurityGroup"),
    ("AWS::EC2::NetworkAclEntry", "NetworkAclId", "AWS::EC2::NetworkAcl"),
    ("AWS::EC2::Route", "RouteTableId", "AWS::EC2::RouteTable"),
    ("AWS::KMS::Alias", "TargetKeyId", "AWS::KMS::Key"),
    ("AWS::Lambda::Permission", "FunctionName", "AWS::Lambda::Function"),
    ("AWS::Lambda::Version", "FunctionName", "AWS::Lambda::Function"),
    ("AWS::Lambda::Alias", "FunctionName", "AWS::Lambda::Function"),
    ("AWS::Lambda::Url", "TargetFunctionArn", "AWS::Lambda::Function"),
    ("AWS::Lambda::EventInvokeConfig", "FunctionName", "AWS::Lambda::Function"),
    ("AWS::Lambda::EventSourceMapping", "FunctionName", "AWS::Lambda::Function"),
    ("AWS::Logs::MetricFilter", "LogGroupName", "AWS::Logs::LogGroup"),
    ("AWS::Logs::SubscriptionFilter", "LogGroupName", "AWS::Logs::LogGroup"),
    ("AWS::Logs::LogStream", "LogGroupName", "AWS::Logs::LogGroup"),
    ("AWS::EFS::MountTarget", "FileSystemId", "AWS::EFS::FileSystem"),
    ("AWS::Events::EventBusPolicy", "EventBusName", "AWS::Events::EventBus"),
    ("AWS::S3::BucketPolicy", "Bucket", "AWS::S3::Bucket"),
    ("AWS::SQS::QueuePolicy", "Queues", "AWS::SQS::Queue"),
    ("AWS::SNS::TopicPolicy", "Topics", "AWS::SNS::Topic"),
    ("AWS::SNS::Subscription", "TopicArn", "AWS::SNS::Topic"),
    ("AWS::SecretsManager::ResourcePolicy", "SecretId", "AWS::SecretsManager::Secret"),
    ("AWS::SQS::QueueInlinePolicy", "Queue", "AWS::SQS::Queue"),
    ("AWS::SNS::TopicInlinePolicy", "TopicArn", "AWS::SNS::Topic"),
    ("AWS::SecretsManager::RotationSchedule", "SecretId", "AWS::SecretsManager::Secret"),
    ("AWS::SecretsManager::SecretTargetAttachment", "SecretId", "AWS::SecretsManager::Secret"),
    ("AWS::KMS::ReplicaKey", "PrimaryKeyArn", "AWS::KMS::Key"),
    ("AWS::Kinesis::StreamConsumer", "StreamARN", "AWS::Kinesis::Stream"),
    ("AWS::Kinesis::ResourcePolicy", "ResourceArn", "AWS::Kinesis::Stream"),
    ("AWS::S3::AccessPoint", "Bucket", "AWS::S3::Bucket"),
    ("AWS::EFS::AccessPoint", "FileSystemId", "AWS::EFS::FileSystem"),
    ("AWS::ElasticLoadBalancingV2::Listener", "LoadBalancerArn", BALANCER),
    (
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "ListenerArn",
        "AWS::ElasticLoadBalancingV2::Listener",
    ),
    (
        "AWS::ElasticLoadBalancingV2::ListenerCertificate",
        "ListenerArn",
        "AWS::ElasticLoadBalancingV2::Listener",
    ),
    (
        "AWS::StepFunctions::StateMachineVersion",
        "StateMachineArn",
        "AWS::StepFunctions::StateMachine",
    ),
    ("AWS::RDS::DBInstance", "DBClusterIdentifier", "AWS::RDS::DBCluster"),
    ("AWS::ECS::TaskSet", "Service", "AWS::ECS::Service"),
    ("AWS::ApiGateway::", "RestApiId", "AWS::ApiGateway::RestApi"),
    ("AWS::ApiGatewayV2::", "ApiId", "AWS::ApiGatewayV2::Api"),
    ("AWS::Cognito::", "UserPoolId", "AWS::Cognito::UserPool"),
];

/// What was found wrong while owners were set.
#[derive(Default)]
pub(super) struct Assigned {
    /// What could not be decided.
    pub(super) gaps: Vec<Failure>,
    /// What is odd.
    pub(super) warnings: Vec<Failure>,
}

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";

/// Sets every resource's owner.
pub(super) fn assign(
    model: &mut Model<'_>,
    stacks: &[Option<usize>],
    nested: &[Option<(StackId, String)>],
    options: &ReadOptions,
) -> Assigned {
    let mut gaps = Vec::new();
    let mut ids = HashMap::new();
    let (by_name, warnings) = by_name(model, &mut ids, options);
    let resources = model.resources.ids();
    let said = resources.map(|at| {
        let named = by_name.get(&at).copied();
        named.or_else(|| tagged(model, &mut ids, at, options, &mut gaps))
    });
    let mut owners: Arena<ResourceKey, Option<Owner>> = said.collect();
    let parents: Arena<ResourceKey, Vec<ResourceId>> =
        model.resources.ids().map(|at| parents(model, at)).collect();
    // Each round gives at least one resource its owner, or ends.
    loop {
        let mut changed = false;
        for at in owners.ids() {
            if owners[at].is_some() {
                continue;
            }
            let known = parents[at].iter().filter_map(|parent| owners[*parent]);
            let mut known: Vec<Owner> = known.collect();
            known.dedup();
            let owner = match known.as_slice() {
                [] => continue,
                [one] => *one,
                [first, second, ..] => {
                    let name = |owner: &Owner| match owner {
                        Owner::Tenant(at) => model.symbols.readable(&model.tenants[*at]),
                        _ => "nobody alone".to_owned(),
                    };
                    let fault = Fault::TwoOwners { first: name(first), second: name(second) };
                    gaps.push((fault, model.resources[at].span));
                    Owner::Undecided
                }
            };
            owners[at] = Some(owner);
            changed = true;
        }
        if !changed {
            break;
        }
    }
    for (at, owner) in owners.entries() {
        let stack = model.resources[at].stack.0 as usize;
        let tenant = stacks.get(stack).copied().flatten();
        let around = || around(model, nested, &owners, at);
        let owner =
            match (owner.or_else(around), tenant.and_then(|tenant| options.tenants.get(tenant))) {
                (Some(owner), _) => owner,
                (None, Some(_)) if is_deployment_role(&model.resources[at]) => Owner::Shared,
                (None, Some(tenant)) => {
                    Owner::Tenant(index(model, &mut ids, &Text::literal(tenant.name.clone())))
                }
                (None, None) => Owner::Shared,
            };
        model.resources[at].owner = owner;
    }
    for tenant in &options.pooled.tenants {
        let at = index(model, &mut ids, &Text::literal(tenant.clone()));
        if !model.pooled.contains(&at) {
            model.pooled.push(at);
        }
    }
    gaps.extend(other_tags(model, options));
    Assigned { gaps, warnings }
}

/// The owner of the nearest stack around a resource that has a tag: CloudFormation gives a stack's
/// tags to what is in it, and to the stacks that are nested there.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>
fn around(
    model: &Model<'_>,
    nested: &[Option<(StackId, String)>],
    owners: &Arena<ResourceKey, Option<Owner>>,
    at: ResourceId,
) -> Option<Owner> {
    let mut stack = model.resources[at].stack;
    for _ in nested {
        let (outer, id) = nested.get(stack.0 as usize)?.as_ref()?;
        if let Some(owner) = model.logical(*outer, id).and_then(|stack| owners[stack]) {
            return Some(owner);
        }
        stack = *outer;
    }
    None
}

/// Tags that may say a tenant too, of things that are nobody's: each key once.
fn other_tags(model: &Model<'_>, options: &ReadOptions) -> Vec<Failure> {
    let mut seen: BTreeMap<&str, (BTreeSet<String>, Span)> = BTreeMap::new();
    for resource in model.resources.iter().filter(|each| each.owner == Owner::Shared) {
        let tags = tags(&resource.kind, &resource.properties);
        let asked = |key: &str| options.tenant_tags.iter().any(|own| own == key);
        // It is said of the resource that it is nobody's.
        if model.tenants.is_empty() || tags.iter().any(|(key, _)| asked(key)) {
            continue;
        }
        for (key, value) in tags.into_iter().filter(|(key, _)| says_tenant(key)) {
            let text = value.to_text().map(|text| model.symbols.readable(&text));
            let text = text.unwrap_or_default();
            if !options.shared.contains(&text) {
                seen.entry(key).or_insert((BTreeSet::new(), value.span)).0.insert(text);
            }
        }
    }
    // One customer of the whole template is whoever pays for it.
    let counts = |key: &str, values: &BTreeSet<String>| {
        values.len() > 1 || key.to_ascii_lowercase().contains("tenant")
    };
    let found = seen.into_iter().filter(|(key, (values, _))| counts(key, values));
    found.map(|(key, (_, span))| (Fault::OtherTenantTag { key: key.to_owned() }, span)).collect()
}

/// The owners that names say, and a warning of each pattern that takes in nothing.
fn by_name<'a>(
    model: &mut Model<'a>,
    ids: &mut Ids<'a>,
    options: &ReadOptions,
) -> (HashMap<ResourceId, Owner>, Vec<Failure>) {
    let mut found = HashMap::new();
    let mut used = vec![false; options.owners.len()];
    for at in model.resources.ids().filter(|_| !options.owners.is_empty()) {
        let resource = &model.resources[at];
        let name = model.symbols.readable(&resource.reference);
        // A queue's `Ref` is its URL, a topic's its ARN.
        let last = name.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
        let names = [resource.id.clone(), resource.path.clone(), name, last];
        let takes = |rule: &OwnerRule| names.iter().any(|name| is_like(&rule.pattern, name));
        // Each rule that takes in something is of use, also behind another.
        let mut rules = options.owners.iter().zip(&mut used).filter(|(rule, _)| takes(rule));
        let mut first = None;
        for (rule, used) in &mut rules {
            *used = true;
            first = first.or(Some(rule));
        }
        let Some(rule) = first else { continue };
        let owner = match options.shared.contains(&rule.tenant) {
            true => Owner::Shared,
            false => Owner::Tenant(index(model, ids, &Text::literal(rule.tenant.clone()))),
        };
        found.insert(at, owner);
    }
    let unused = options.owners.iter().zip(used).filter(|(_, used)| !used);
    let warning = |(rule, _): (&OwnerRule, bool)| {
        let fault = Fault::OwnerOfNothing { pattern: rule.pattern.clone() };
        (fault, Span { file: FileId(u32::MAX), start: 0, end: 0 })
    };
    let warnings = unused.map(warning).collect();
    (found, warnings)
}

/// Whether a pattern with `*` and `?` takes in a whole name.
fn is_like(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    // How far the name is taken in, for each beginning of the pattern.
    let mut ends = vec![false; name.len() + 1];
    if let Some(start) = ends.first_mut() {
        *start = true;
    }
    for wanted in pattern {
        let mut next = vec![false; name.len() + 1];
        let mut any = false;
        for (at, next) in next.iter_mut().enumerate() {
            any |= ends.get(at).copied().unwrap_or(false);
            let before = at.checked_sub(1);
            let one = before.and_then(|before| Some((ends.get(before)?, name.get(before)?)));
            *next = match wanted {
                '*' => any,
                '?' => one.is_some_and(|(open, _)| *open),
                own => one.is_some_and(|(open, char)| *open && *char == own),
            };
        }
        ends = next;
    }
    ends.last().copied().unwrap_or(false)
}

/// Whether it is the role that SAM makes for the deployments of a whole stack: CodeDeploy alone may
/// take it, and it may move every alias of the account. It acts for whoever deploys, and for no
/// tenant.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-function.html>
fn is_deployment_role(resource: &Resource<'_>) -> bool {
    const MANAGED: &[&str] = &[
        ":iam::aws:policy/service-role/AWSCodeDeployRoleForLambda",
        ":iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited",
    ];
    let properties = &resource.properties;
    let items = |path: &[&str]| properties.at(path).map(Value::items).unwrap_or_default();
    let trusts = items(&["AssumeRolePolicyDocument", "Statement"]);
    let managed = items(&["ManagedPolicyArns"]);
    let is_codedeploy = |statement: &Value<'_>| {
        let principal = statement.get("Principal");
        let services = principal.and_then(|principal| principal.get("Service"));
        let services = services.map(Value::items).unwrap_or_default();
        principal.is_some_and(|principal| principal.entries().len() == 1)
            && !services.is_empty()
            && services.iter().all(|each| each.as_str() == Some("codedeploy.amazonaws.com"))
    };
    let is_of_lambda = |arn: &Value<'_>| {
        arn.as_str().is_some_and(|arn| MANAGED.iter().any(|managed| arn.ends_with(managed)))
    };
    resource.id == "CodeDeployServiceRole"
        && resource.kind == "AWS::IAM::Role"
        && properties.get("Policies").is_none()
        && !trusts.is_empty()
        && trusts.iter().all(is_codedeploy)
        && !managed.is_empty()
        && managed.iter().all(is_of_lambda)
}

fn tagged<'a>(
    model: &mut Model<'a>,
    ids: &mut Ids<'a>,
    at: ResourceId,
    options: &ReadOptions,
    gaps: &mut Vec<Failure>,
) -> Option<Owner> {
    let resource = &model.resources[at];
    let tags = tags(&resource.kind, &resource.properties);
    let asked = options.tenant_tags.iter();
    let value = asked
        .filter_map(|key| tags.iter().find(|(own, _)| own == key))
        .map(|(_, value)| *value)
        .next()?;
    let span = value.span;
    match value.to_text() {
        Some(text) => {
            if text.as_literal().is_some_and(|text| options.shared.iter().any(|s| s == text)) {
                return Some(Owner::Shared);
            }
            Some(Owner::Tenant(index(model, ids, &text)))
        }
        None => {
            gaps.push((Fault::OpenOwner { value: "a choice".to_owned() }, span));
            Some(Owner::Undecided)
        }
    }
}

/// The tenants' indexes by their ids.
type Ids<'a> = HashMap<Text<'a>, TenantIndex>;

fn index<'a>(model: &mut Model<'a>, ids: &mut Ids<'a>, text: &Text<'a>) -> TenantIndex {
    if let Some(at) = ids.get(text) {
        return *at;
    }
    let at = model.tenants.push(text.clone());
    ids.insert(text.clone(), at);
    at
}

fn parents(model: &Model<'_>, at: ResourceId) -> Vec<ResourceId> {
    let resource = &model.resources[at];
    let mut parents = Vec::new();
    for (kind, property, parent) in PARTS {
        let fits =
            resource.kind == *kind || (kind.ends_with("::") && resource.kind.starts_with(kind));
        let Some(value) = resource.properties.get(property).filter(|_| fits) else { continue };
        for item in value.items() {
            let found = item.to_text().and_then(|text| match *parent == "AWS::Lambda::Function" {
                true => model.function(&text),
                false => model.find(parent, &text),
            });
            parents.extend(found.filter(|found| *found != at));
        }
    }
    parents
}
