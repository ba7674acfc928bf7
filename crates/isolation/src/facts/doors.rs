//! What whoever is outside can make act: what routes, load balancers, URLs and the like lead to,
//! over any number of things between.

use foldhash::{HashMap, HashMapExt as _, HashSet};
use tenantry_template::{Owner, Resource, ResourceId, Span, Value};

use super::Facts;
use super::paths;
use super::routes::Integration;
use crate::registry::{List, stands};

/// How something is made to act from outside.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    /// What leads there, for people.
    pub(crate) how: String,
    pub(crate) span: Span,
    /// Whether it is known that this lets somebody in who is a tenant's.
    pub(crate) sure: bool,
}

/// Types by which tenants' users, or anybody, make what they name act, and how.
const OPEN: &[(&str, &str)] = &[
    ("AWS::Lambda::Url", "a function URL leads to it"),
    ("AWS::ElasticLoadBalancingV2::Listener", "a load balancer leads to it"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "a load balancer leads to it"),
    ("AWS::ElasticLoadBalancing::LoadBalancer", "a load balancer leads to it"),
    ("AWS::GlobalAccelerator::EndpointGroup", "an accelerator leads to it"),
    ("AWS::VpcLattice::Listener", "a service network leads to it"),
    ("AWS::VpcLattice::Rule", "a service network leads to it"),
    ("AWS::AppSync::DataSource", "a GraphQL API calls it"),
    ("AWS::AppSync::FunctionConfiguration", "a GraphQL API calls it"),
    ("AWS::AppSync::Resolver", "a GraphQL API calls it"),
    ("AWS::AppSync::ChannelNamespace", "an event API calls it"),
    ("AWS::Cognito::UserPool", "users' sign-in triggers it"),
    ("AWS::CloudFront::Distribution", "a distribution leads to it"),
    ("AWS::AppRunner::Service", "its address is on the internet"),
    ("AWS::ElasticBeanstalk::Environment", "its address is on the internet"),
    ("AWS::IoT::TopicRule", "what devices send is given to it"),
    ("AWS::SES::ReceiptRule", "mail from anybody is given to it"),
    ("AWS::S3ObjectLambda::AccessPoint", "whoever reads through the access point calls it"),
    ("AWS::Bedrock::Agent", "whoever talks with the agent makes it act"),
    ("AWS::Bedrock::AgentActionGroup", "whoever talks with the agent makes it act"),
    ("AWS::Lex::BotAlias", "whoever talks with the bot makes it act"),
    ("AWS::Transfer::Server", "whoever signs in to the server makes it act"),
];

/// Types that name functions and the like, and through which nobody from outside makes them act,
/// or of which other rules ask who does.
const INSIDE: &[(&str, &str)] = &[
    ("AWS::IAM::*", "policies are asked what they allow"),
    ("AWS::Lambda::Permission", "a permission is asked whom it lets in"),
    ("AWS::Lambda::Function", "a name in a function gives no right"),
    ("AWS::Lambda::Alias", "it is followed where something calls it"),
    ("AWS::Lambda::Version", "it is followed where something calls it"),
    ("AWS::Lambda::EventInvokeConfig", "what flows is followed"),
    ("AWS::Lambda::EventSourceMapping", "what flows is followed"),
    ("AWS::Events::Rule", "what flows is followed"),
    ("AWS::Scheduler::Schedule", "what flows is followed"),
    ("AWS::Pipes::Pipe", "what flows is followed"),
    ("AWS::SNS::Subscription", "what flows is followed"),
    ("AWS::S3::Bucket", "what flows is followed"),
    ("AWS::Logs::*", "what flows is followed"),
    ("AWS::ApiGateway::*", "routes are read one by one, and an authorizer's code is assumed"),
    ("AWS::ApiGatewayV2::*", "routes are read one by one, and an authorizer's code is assumed"),
    ("AWS::AppSync::GraphQLApi", "an authorizer's code is assumed"),
    ("AWS::StepFunctions::StateMachine", "it is followed where something starts it"),
    ("AWS::StepFunctions::StateMachineAlias", "it is followed where something starts it"),
    ("AWS::StepFunctions::StateMachineVersion", "it is followed where something starts it"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "it is followed where a listener leads there"),
    ("AWS::ECS::Service", "it is followed where something leads there"),
    ("AWS::ECS::TaskSet", "it is followed where something leads there"),
    ("AWS::ECS::TaskDefinition", "it is followed where something leads there"),
    ("AWS::AutoScaling::*", "it is followed where something leads there"),
    ("AWS::EC2::*", "it is followed where something leads there"),
    ("AWS::CloudFormation::*", "whoever deploys calls it"),
    ("Custom::*", "whoever deploys calls it"),
    ("AWS::CloudWatch::*", "an alarm calls it when a number is passed, and tells it no more"),
    ("AWS::SecretsManager::RotationSchedule", "time calls it"),
    ("AWS::CodeDeploy::*", "a deployment calls it"),
    ("AWS::CodePipeline::*", "a deployment calls it"),
    ("AWS::CodeBuild::*", "a deployment calls it"),
    ("AWS::ApplicationAutoScaling::*", "it counts, and calls nothing"),
    ("AWS::Config::*", "a change of a setting calls it"),
    ("AWS::SSM::Parameter", "a name gives no right"),
    ("AWS::SSM::MaintenanceWindow*", "time calls it"),
    ("AWS::KMS::*", "policies are asked what they allow"),
    ("AWS::SecretsManager::*", "policies are asked what they allow"),
    ("AWS::DynamoDB::*", "policies are asked what they allow"),
    ("AWS::SQS::*", "policies are asked what they allow"),
    ("AWS::SNS::*", "policies are asked what they allow"),
    ("AWS::Synthetics::*", "time calls it"),
    ("AWS::XRay::*", "it watches"),
    ("AWS::ResourceGroups::*", "it lists"),
    ("AWS::Serverless::*", "its translation is read"),
    ("AWS::WAFv2::*", "it refuses, and calls nothing"),
    ("AWS::Budgets::*", "what is spent calls it"),
];

/// Types that act, or lead on to what acts, when they are called themselves.
const LEADING: &[&str] = &[
    "AWS::Lambda::Function",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Version",
    "AWS::StepFunctions::StateMachine",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::ElasticLoadBalancing::LoadBalancer",
    "AWS::VpcLattice::TargetGroup",
    "AWS::ECS::Service",
    "AWS::ECS::TaskSet",
    "AWS::ECS::TaskDefinition",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::AutoScaling::LaunchConfiguration",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::Instance",
    "AWS::AppSync::DataSource",
    "AWS::AppRunner::Service",
    "AWS::CodeBuild::Project",
    "AWS::Batch::JobQueue",
    "AWS::Batch::JobDefinition",
    "AWS::Bedrock::Agent",
];

/// Types that stand behind what they name: a service is called through the target group that it
/// names.
const BEHIND: &[&str] = &[
    "AWS::ECS::Service",
    "AWS::ECS::TaskSet",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::CodeDeploy::DeploymentGroup",
];

/// The types behind which these stand.
const BEFORE: &[&str] = &[
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::ElasticLoadBalancing::LoadBalancer",
    "AWS::VpcLattice::TargetGroup",
];

/// By what acts: how somebody outside makes it act.
pub(crate) fn open(facts: &Facts<'_, '_>) -> HashMap<ResourceId, Door> {
    let mut doors = Doors { found: HashMap::new(), ahead: Vec::new() };
    for route in &facts.routes().0 {
        if let Integration::Function(at, span) = route.lands {
            let how = "a route lands in its function".to_owned();
            doors.add(at, Door { how, span, sure: true });
        }
        if let Some(role) = route.role {
            let how = format!("`{}` calls as it what the request says", route.name);
            doors.add(role, Door { how, span: route.span, sure: true });
        }
    }
    let mut behind: HashMap<ResourceId, Vec<ResourceId>> = HashMap::new();
    for (at, resource) in facts.reader.model.resources.entries() {
        if BEHIND.contains(&resource.kind.as_str()) {
            for (named, _) in named(facts, resource, BEFORE) {
                behind.entry(named).or_default().push(at);
            }
        }
        doors.add_of(facts, at, resource);
    }
    doors.follow(facts, &behind);
    doors.found
}

/// What is found, and what of it is still to be followed.
struct Doors {
    found: HashMap<ResourceId, Door>,
    ahead: Vec<ResourceId>,
}

impl Doors {
    /// Adds a door, unless as much is known.
    fn add(&mut self, at: ResourceId, door: Door) {
        if self.found.get(&at).is_none_or(|known| door.sure && !known.sure) {
            self.found.insert(at, door);
            self.ahead.push(at);
        }
    }

    /// Adds what a resource opens by being there.
    fn add_of(&mut self, facts: &Facts<'_, '_>, at: ResourceId, resource: &Resource<'_>) {
        let span = resource.span;
        if let Some(how) = is_open(&resource.kind) {
            self.add(at, Door { how: how.to_owned(), span, sure: !inner(facts, resource) });
        } else if has_public_address(resource) {
            let how = "it has a public address, and what its groups let in is not asked".to_owned();
            self.add(at, Door { how, span, sure: false });
        } else if lets_connections_in(facts, resource) {
            let how = "its security groups let connections in, and from whom is not asked";
            self.add(at, Door { how: how.to_owned(), span, sure: false });
        } else if lands_by_stage(resource) {
            let functions = facts.reader.model.resources.entries();
            for (function, _) in functions.filter(|(_, each)| each.kind == FUNCTION) {
                let how = "a route lands in a function that a stage's variable names".to_owned();
                self.add(function, Door { how, span, sure: false });
            }
        } else if resource.owner == Owner::Shared && !is_inside(&resource.kind) {
            for (named, span) in named(facts, resource, LEADING) {
                let how = format!("`{}`, of type {}, names it", resource.path, resource.kind);
                self.add(named, Door { how, span, sure: false });
            }
        }
    }

    /// Adds what the things behind doors lead to.
    fn follow(&mut self, facts: &Facts<'_, '_>, behind: &HashMap<ResourceId, Vec<ResourceId>>) {
        while let Some(at) = self.ahead.pop() {
            let Some(door) = self.found.get(&at).cloned() else { continue };
            let resource = &facts.reader.model.resources[at];
            let leads =
                LEADING.contains(&resource.kind.as_str()) || is_open(&resource.kind).is_some();
            // What a function names, it may call or not; the role that it runs as says what it may
            // do.
            let leads = leads && resource.kind != FUNCTION;
            for next in behind.get(&at).into_iter().flatten() {
                self.add(*next, door.clone());
            }
            let named = if leads { named(facts, resource, LEADING) } else { Vec::new() };
            for (next, _) in named {
                self.add(next, door.clone());
            }
        }
    }
}

const FUNCTION: &str = "AWS::Lambda::Function";

/// Whether a service or an instance is given an address on the internet.
fn has_public_address(resource: &Resource<'_>) -> bool {
    const SERVICE: &[&str] = &["NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp"];
    const INSTANCE: &[&str] = &["NetworkInterfaces", "AssociatePublicIpAddress"];
    const TEMPLATE: &[&str] =
        &["LaunchTemplateData", "NetworkInterfaces", "AssociatePublicIpAddress"];
    let says = |path: &[&str], yes: &dyn Fn(&Value<'_>) -> bool| {
        let mut found = Vec::new();
        resource.properties.at_path_all(path, &mut found);
        found.into_iter().any(yes)
    };
    let is_true = |value: &Value<'_>| value.as_bool() == Some(true);
    match resource.kind.as_str() {
        "AWS::ECS::Service" => says(SERVICE, &|value| value.as_str() == Some("ENABLED")),
        "AWS::EC2::Instance" => says(INSTANCE, &is_true),
        "AWS::EC2::LaunchTemplate" => says(TEMPLATE, &is_true),
        _ => false,
    }
}

/// Whether something that tenants share and that runs in a network takes connections: one of its
/// security groups has a rule that lets them in, or none of them is here.
fn lets_connections_in(facts: &Facts<'_, '_>, resource: &Resource<'_>) -> bool {
    const GROUP: &str = "AWS::EC2::SecurityGroup";
    const RUNS: &[&str] = &[
        "AWS::EC2::Instance",
        "AWS::EC2::LaunchTemplate",
        "AWS::ECS::Service",
        "AWS::ECS::TaskSet",
    ];
    if resource.owner != Owner::Shared || !RUNS.contains(&resource.kind.as_str()) {
        return false;
    }
    let model = facts.reader.model;
    let groups = named(facts, resource, &[GROUP]);
    groups.iter().any(|(at, _)| {
        let rules = model.resources[*at].properties.get("SecurityGroupIngress");
        let apart = model.of_kind("AWS::EC2::SecurityGroupIngress").any(|rule| {
            let of = rule.properties.get("GroupId").and_then(|value| facts.owners.of(value));
            of.is_some_and(|(of, _)| of == *at)
        });
        apart || rules.is_some_and(|rules| !rules.items().is_empty())
    })
}

/// Whether the variable of a stage says where a route lands.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/stage-variables.html>
fn lands_by_stage(resource: &Resource<'_>) -> bool {
    if !resource.kind.starts_with("AWS::ApiGateway") {
        return false;
    }
    let mut found = false;
    resource.properties.walk(&mut |value| {
        let literal = value.as_str().unwrap_or_default();
        // Most texts of an API are words of its description: what has no brace is soon seen.
        found |= literal.as_bytes().contains(&b'{')
            && literal.contains("${stageVariables.")
            && literal.contains(":lambda:");
    });
    found
}

/// Whether a listener is that of a load balancer which only the network inside can call.
fn inner(facts: &Facts<'_, '_>, resource: &Resource<'_>) -> bool {
    const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
    const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
    let model = facts.reader.model;
    let first = |resource: &Resource<'_>, property: &str, kind: &str| {
        let text = resource.properties.get(property)?.to_text()?;
        model.find(kind, &text).map(|at| &model.resources[at])
    };
    let of_rule = first(resource, "ListenerArn", LISTENER);
    let balancer = first(of_rule.unwrap_or(resource), "LoadBalancerArn", BALANCER);
    let scheme = balancer.unwrap_or(resource).properties.get("Scheme");
    scheme.and_then(Value::as_str) == Some("internal")
}

/// What of these types a resource names, and where.
fn named<'a>(
    facts: &Facts<'_, 'a>,
    resource: &Resource<'a>,
    kinds: &[&str],
) -> Vec<(ResourceId, Span)> {
    let model = facts.reader.model;
    let mut found = Vec::new();
    let mut seen: HashSet<ResourceId> = HashSet::default();
    paths::texts(&resource.properties, &mut |_, value: &Value<'a>| {
        let Some(text) = value.to_text() else { return };
        for at in facts.owners.resources(&text) {
            let is = kinds.contains(&&*model.resources[at].kind);
            if is && seen.insert(at) {
                found.push((at, value.span));
            }
        }
    });
    found
}

fn is_inside(kind: &str) -> bool {
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => kind.starts_with(start),
        None => kind == pattern,
    };
    let mut all = INSIDE.iter().enumerate();
    all.any(|(at, (pattern, _))| fits(pattern) && stands(List::Doors, OPEN.len() + at))
}

/// How somebody outside makes act what a type names.
fn is_open(kind: &str) -> Option<&'static str> {
    let (at, (_, how)) = OPEN.iter().enumerate().find(|(_, (each, _))| *each == kind)?;
    stands(List::Doors, at).then_some(*how)
}

/// The types that are doors, and then those that are none, each as one line.
pub(crate) fn lines() -> Vec<String> {
    OPEN.iter().chain(INSIDE).map(|(kind, why)| format!("{kind}: {why}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{INSIDE, OPEN, is_inside};

    #[test]
    fn a_type_is_open_or_inside_with_a_reason() {
        for (kind, how) in OPEN.iter().chain(INSIDE) {
            assert!(!how.is_empty(), "{kind}");
        }
        assert!(is_inside("AWS::Logs::SubscriptionFilter"));
        assert!(!is_inside("AWS::Invented::Door"));
    }
}
