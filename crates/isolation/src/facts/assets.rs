//! What is acted on: every resource with an ARN, the parts of it that have ARNs of their own, and
//! what the resource itself says of who may.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use tenantry_arena::{Arena, define_id};
use tenantry_policy as policy;
use tenantry_policy::{Form, Kind, Policy, Target};
use tenantry_template::{Existence, Model, Owner, Resource, ResourceId, Symbols, Value};
use tenantry_verdict::Reason;

use super::policies::Reader;
use super::principals::tags;
use super::{event_bus_policies, lambda_permissions, names};

define_id!(
    /// An asset of the facts.
    pub(crate) AssetId of AssetKey
);

/// Something that a request names.
#[derive(Debug)]
pub(crate) struct Asset {
    /// The resource that it is, or is a part of.
    pub(crate) at: ResourceId,
    pub(crate) owner: Owner,
    /// The resource's type.
    pub(crate) kind: Arc<str>,
    pub(crate) target: Target,
    /// The policies of the resource itself, as one.
    pub(crate) policy: Option<Arc<Policy>>,
    /// Whether an identity's policy counts only where that policy delegates to the account.
    pub(crate) requires_resource_policy: bool,
    /// Why what its policy says, or whether it exists, is not all known.
    pub(crate) doubt: Option<Arc<Reason>>,
    /// Why its policy may let in somebody whom nothing names.
    pub(crate) unreadable_policy: Option<Arc<Reason>>,
}

/// A policy that hangs on a resource: the type that writes it, the property that names the
/// resource, the resource's type, the property that holds it.
pub(crate) const APART: &[(&str, &str, &str, &str)] = &[
    ("AWS::S3::BucketPolicy", "Bucket", "AWS::S3::Bucket", "PolicyDocument"),
    ("AWS::SQS::QueuePolicy", "Queues", "AWS::SQS::Queue", "PolicyDocument"),
    ("AWS::SQS::QueueInlinePolicy", "Queue", "AWS::SQS::Queue", "PolicyDocument"),
    ("AWS::SNS::TopicPolicy", "Topics", "AWS::SNS::Topic", "PolicyDocument"),
    ("AWS::SNS::TopicInlinePolicy", "TopicArn", "AWS::SNS::Topic", "PolicyDocument"),
    ("AWS::Kinesis::ResourcePolicy", "ResourceArn", "AWS::Kinesis::Stream", "ResourcePolicy"),
    (
        "AWS::SecretsManager::ResourcePolicy",
        "SecretId",
        "AWS::SecretsManager::Secret",
        "ResourcePolicy",
    ),
];

/// A resource's own property that holds its policy.
const OWN: &[(&str, &[&str])] = &[
    ("AWS::DynamoDB::Table", &["ResourcePolicy", "PolicyDocument"]),
    ("AWS::KMS::Key", &["KeyPolicy"]),
    ("AWS::IAM::Role", &["AssumeRolePolicyDocument"]),
    ("AWS::ECR::Repository", &["RepositoryPolicyText"]),
    ("AWS::EFS::FileSystem", &["FileSystemPolicy"]),
    ("AWS::OpenSearchService::Domain", &["AccessPolicies"]),
    ("AWS::Elasticsearch::Domain", &["AccessPolicies"]),
];

/// The assets of a model, in its order.
pub(crate) fn read<'a>(reader: &mut Reader<'_, 'a>) -> Arena<AssetKey, Asset> {
    let model = reader.model;
    let account = account(model);
    let apart = apart(model);
    let mut permissions = lambda_permissions::permissions(model);
    permissions.extend(event_bus_policies::policies(model));
    let mut assets = Arena::new();
    for (at, resource) in model.resources.entries() {
        let Some(arn) = arn(model, resource) else { continue };
        let apart = apart.get(&at).map(Vec::as_slice).unwrap_or_default();
        let permissions = permissions.get(&at).map(Vec::as_slice).unwrap_or_default();
        let mut own = ResourcePolicy::read(reader, resource, apart, permissions);
        let of_stream = stream_policy(reader, resource, &mut own.doubt);
        let unreadable_policy = own.doubt.clone();
        if let Existence::When(_) = resource.existence {
            let help = "give the parameters of its condition: --parameter NAME=VALUE";
            own.doubt = Some(Arc::from(reader.reason("whether it exists", help, resource.span)));
        }
        let kind: Arc<str> = resource.kind.as_str().into();
        // A key without a policy gets one that delegates to the account.
        let requires_resource_policy =
            matches!(&*kind, "AWS::KMS::Key" | "AWS::IAM::Role") && own.policy.is_some();
        let tags = Some(tags(model, resource));
        for (arn, said) in parts(resource, &arn) {
            let own_account = arn.segment(4).filter(|account| !account.parts().is_empty());
            let account = own_account.unwrap_or_else(|| account.clone());
            assets.push(Asset {
                at,
                owner: resource.owner,
                kind: Arc::clone(&kind),
                target: Target { arn, account, tags: tags.clone() },
                policy: match said {
                    Speaks::Itself => own.policy.clone(),
                    Speaks::Stream => of_stream.clone(),
                    Speaks::Nothing => None,
                },
                requires_resource_policy,
                doubt: own.doubt.clone(),
                unreadable_policy: unreadable_policy.clone(),
            });
        }
    }
    assets
}

/// What a resource's policies say, as one.
struct ResourcePolicy {
    /// `None` where it has none.
    policy: Option<Arc<Policy>>,
    /// Why that is not all known.
    doubt: Option<Arc<Reason>>,
}

impl ResourcePolicy {
    /// Reads the policies that a resource has of its own and that others hang on it.
    fn read<'a>(
        reader: &mut Reader<'_, 'a>,
        resource: &Resource<'a>,
        apart: &[(&Resource<'a>, &Value<'a>)],
        permissions: &[ResourceId],
    ) -> Self {
        let model = reader.model;
        let kind = match resource.kind.as_str() {
            "AWS::IAM::Role" => Kind::Trust,
            _ => Kind::Resource,
        };
        let path = OWN.iter().find(|(own, _)| *own == resource.kind).map(|(_, path)| *path);
        let own = path.and_then(|path| resource.properties.at(path));
        let hidden = path.and_then(|path| resource.properties.hidden_at(path));
        let mut doubt = apart.iter().find_map(|(writer, _)| hangs(reader, writer));
        let replicas = resource.properties.get("Replicas").map(Value::items).unwrap_or_default();
        let replicas = replicas.iter().filter(|_| resource.kind == "AWS::DynamoDB::GlobalTable");
        const OF_REPLICA: &[&str] = &["ResourcePolicy", "PolicyDocument"];
        for hidden in
            hidden.into_iter().chain(replicas.clone().filter_map(|each| each.hidden_at(OF_REPLICA)))
        {
            doubt = Some(hidden_policy(reader, hidden));
        }
        let replicas = replicas.filter_map(|each| each.at(OF_REPLICA));
        let documents = apart.iter().map(|(_, document)| *document);
        let (mut found, mut statements) = (!permissions.is_empty(), Vec::new());
        for value in own.into_iter().chain(documents).chain(replicas) {
            found = true;
            match reader.read(value, kind) {
                Ok(policy) => statements.extend(policy.statements),
                Err(reason) => doubt = Some(Arc::new(*reason)),
            }
        }
        for permission in permissions {
            let permission = &model.resources[*permission];
            doubt = doubt.or_else(|| hangs(reader, permission));
            let statement = match permission.kind.as_str() {
                event_bus_policies::KIND => event_bus_policies::statement(reader, permission),
                _ => lambda_permissions::statement(reader, permission),
            };
            match statement {
                Ok(policy) => statements.extend(policy.statements),
                Err(reason) => doubt = Some(Arc::from(reason)),
            }
        }
        let version = policy::Version::V2012;
        let policy = found.then(|| Arc::new(Policy { version, id: None, statements }));
        Self { policy, doubt }
    }
}

/// The actions, in lower case, that act on one of the assets; `service:*` and `*` where they are
/// not known one by one.
pub(crate) fn acting(assets: &Arena<AssetKey, Asset>, visit: &mut impl FnMut(&str)) {
    // They are kept, so that no other list lies where one of them lay.
    let mut seen: HashMap<*const (), policy::Actions> = HashMap::new();
    for asset in assets {
        let arn = &asset.target.arn;
        let actions = policy::Reference::get().actions_on(arn);
        if actions.is_empty() {
            let service = arn.segment(2);
            match service.as_ref().and_then(policy::Text::as_str) {
                Some(service) => visit(&format!("{service}:*")),
                None => visit("*"),
            }
        }
        // ARNs of one shape share their list.
        if seen.insert(Arc::as_ptr(&actions).cast(), Arc::clone(&actions)).is_none() {
            actions.iter().for_each(|(action, _)| visit(&action.to_ascii_lowercase()));
        }
        for action in asked_besides(&asset.kind) {
            visit(&action.to_ascii_lowercase());
        }
    }
}

/// Actions on a type that the service authorization reference has elsewhere. It has stream actions
/// on streams alone; the service has been seen to ask about the group.
pub(crate) fn asked_besides(kind: &str) -> &'static [&'static str] {
    match kind {
        "AWS::IAM::Role" => &["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        "AWS::Logs::LogGroup" => {
            &["logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents"]
        }
        _ => &[],
    }
}

/// The account that the stacks are in, as their ARNs say it.
pub(crate) fn account(model: &Model<'_>) -> policy::Text {
    let arns = model.resources.iter().filter_map(|resource| resource.arn.as_ref());
    let accounts = arns.filter_map(|arn| names::text(model, arn).segment(4));
    let mut accounts = accounts.filter(|account| !account.parts().is_empty());
    accounts
        .next()
        .unwrap_or_else(|| names::text(model, &tenantry_template::Text::symbol(Symbols::ACCOUNT)))
}

fn arn(model: &Model<'_>, resource: &Resource<'_>) -> Option<policy::Text> {
    if let Some(arn) = &resource.arn {
        return Some(names::text(model, arn));
    }
    // Its `Ref` is its ARN.
    (resource.kind == names::SECRET).then(|| names::secret(model, resource))
}

/// Which policy speaks of a part of a resource.
#[derive(Clone, Copy)]
enum Speaks {
    /// The resource's own.
    Itself,
    /// That of a table's stream.
    Stream,
    /// None.
    Nothing,
}

/// Why it is not known what a policy says that lies in a value which hangs on a condition.
fn hidden_policy(reader: &Reader<'_, '_>, value: &Value<'_>) -> Arc<Reason> {
    let help = "give the parameters of its condition: --parameter NAME=VALUE";
    Arc::from(reader.reason(
        "whether a policy is there that hangs on a condition",
        help,
        value.span,
    ))
}

/// The policy of a table's stream.
fn stream_policy<'a>(
    reader: &mut Reader<'_, 'a>,
    resource: &Resource<'a>,
    doubt: &mut Option<Arc<Reason>>,
) -> Option<Arc<Policy>> {
    const STREAM: &[&str] = &["StreamSpecification", "ResourcePolicy", "PolicyDocument"];
    let properties = Some(&resource.properties).filter(|_| is_table(&resource.kind))?;
    if let Some(hidden) = properties.hidden_at(STREAM) {
        *doubt = Some(hidden_policy(reader, hidden));
    }
    let value = properties.at(STREAM)?;
    match reader.read(value, Kind::Resource) {
        Ok(policy) => Some(Arc::new(policy)),
        Err(reason) => {
            *doubt = Some(Arc::from(reason));
            None
        }
    }
}

/// Whether a type is a table of DynamoDB, in one region or in several.
pub(crate) fn is_table(kind: &str) -> bool {
    matches!(kind, "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable")
}

/// The ARNs that requests for a resource name, and which policy speaks of each. A table's policy
/// is also about its indexes; its stream has one of its own, and its backups have none.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html>
fn parts(resource: &Resource<'_>, arn: &policy::Text) -> Vec<(policy::Text, Speaks)> {
    let with = |end: &str, said: Speaks| {
        let mut arn = arn.clone();
        arn.push_str(end);
        (arn, said)
    };
    let any_of = |end: &str, form: Form, said: Speaks| {
        let (mut arn, said) = with(end, said);
        arn.push_symbol(names::part_of_form(form));
        (arn, said)
    };
    let any = |end: &str| any_of(end, Form::ANY, Speaks::Itself);
    let mut all = vec![(arn.clone(), Speaks::Itself)];
    match resource.kind.as_str() {
        kind if is_table(kind) => {
            for property in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
                let indexes = resource.properties.get(property).map(Value::items);
                for index in indexes.unwrap_or_default() {
                    let name = index.get("IndexName").and_then(Value::as_str).unwrap_or("<index>");
                    all.push(with(&format!("/index/{name}"), Speaks::Itself));
                }
            }
            if resource.properties.get("StreamSpecification").is_some() {
                let label = names::made_up(resource, Some("StreamLabel"));
                all.push(with(&format!("/stream/{label}"), Speaks::Stream));
            }
            // AWS makes their names.
            all.push(any_of("/backup/", Form::name(), Speaks::Nothing));
            all.push(any_of("/export/", Form::name(), Speaks::Nothing));
        }
        "AWS::S3::Bucket" | "AWS::OpenSearchService::Domain" | "AWS::Elasticsearch::Domain" => {
            all.push(any("/"));
        }
        "AWS::S3::AccessPoint" => all.push(any("/object/")),
        // Versions and aliases.
        "AWS::Lambda::Function" => all.push(any(":")),
        "AWS::Logs::LogGroup" => {
            // `GetAtt Arn` ends in `:*`; requests name the group without it, and its streams.
            let Some(group) = without_end(arn, ":*") else { return all };
            let mut stream = group.clone();
            stream.push_str(":log-stream:");
            stream.push_symbol(names::any_part());
            all = vec![(group, Speaks::Itself), (stream, Speaks::Itself)];
        }
        _ => {}
    }
    all
}

fn without_end(text: &policy::Text, end: &str) -> Option<policy::Text> {
    let mut out = policy::Text::default();
    let (last, before) = text.parts().split_last()?;
    for part in before {
        match part {
            policy::Part::Literal(literal) => out.push_str(literal),
            policy::Part::Symbol(symbol) => out.push_symbol(*symbol),
        }
    }
    match last {
        policy::Part::Literal(literal) => out.push_str(literal.strip_suffix(end)?),
        policy::Part::Symbol(_) => return None,
    }
    Some(out)
}

/// Why it is not known whether a resource that writes a policy exists.
fn hangs<'a>(reader: &Reader<'_, 'a>, writer: &Resource<'a>) -> Option<Arc<Reason>> {
    let Existence::When(_) = writer.existence else { return None };
    let help = "give the parameters of its condition: --parameter NAME=VALUE";
    Some(Arc::from(reader.reason("whether its policy exists", help, writer.span)))
}

/// By resource: the policies that other resources hang on it.
fn apart<'m, 'a>(
    model: &'m Model<'a>,
) -> HashMap<ResourceId, Vec<(&'m Resource<'a>, &'m Value<'a>)>> {
    let mut apart: HashMap<ResourceId, Vec<(&Resource<'_>, &Value<'_>)>> = HashMap::new();
    for resource in &model.resources {
        let Some((_, target, kind, document)) =
            APART.iter().find(|(writes, ..)| *writes == resource.kind)
        else {
            continue;
        };
        let Some(document) = resource.properties.get(document) else { continue };
        for value in resource.properties.get(target).map(Value::items).unwrap_or_default() {
            let found = value.to_text().and_then(|text| model.find(kind, &text));
            if let Some(at) = found {
                apart.entry(at).or_default().push((resource, document));
            }
        }
    }
    apart
}

/// Whether an action on a subnet or a group only names it for a new network interface. By itself
/// that reaches nothing: `escalation/network` asks whether the caller can put the interface to use.
pub(crate) fn names_interface(kind: &str, action: &str) -> bool {
    matches!(kind, "AWS::EC2::Subnet" | "AWS::EC2::SecurityGroup")
        && action.eq_ignore_ascii_case("ec2:CreateNetworkInterface")
}
