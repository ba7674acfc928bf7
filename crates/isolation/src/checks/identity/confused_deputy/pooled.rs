//! Shared principals that act for tenants which share their stores too: nothing but their code
//! keeps one tenant's request from another's data.

use std::collections::BTreeSet;

use tenantry_policy as policy;
use tenantry_policy::{Context, Value};
use tenantry_template::{Owner, ResourceId};

use super::super::{Findings, identity};
use super::{Control, Door, is_a_tenants};
use crate::facts::assets::Asset;
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::{Facts, doors, names, sessions};
use crate::findings::unknown::{ByCode, Unknown};

/// What holds data of those who use it, with the beginnings of the actions, in lower case, by which
/// one gets at what others put there.
const STORES: &[(&str, &[&str])] = &[
    ("AWS::DynamoDB::Table", ITEMS),
    ("AWS::DynamoDB::GlobalTable", ITEMS),
    ("AWS::S3::Bucket", &["getobject", "putobject", "deleteobject", "listbucket"]),
    ("AWS::SQS::Queue", &["receivemessage"]),
    ("AWS::Kinesis::Stream", &["getrecords", "subscribetoshard"]),
    ("AWS::SecretsManager::Secret", &["getsecretvalue"]),
    ("AWS::EFS::FileSystem", &["clientmount", "clientwrite"]),
    ("AWS::OpenSearchService::Domain", &["eshttp"]),
    ("AWS::Elasticsearch::Domain", &["eshttp"]),
    ("AWS::Logs::LogGroup", &["getlogevents", "filterlogevents", "startquery"]),
];

const ITEMS: &[&str] =
    &["get", "batch", "query", "scan", "put", "update", "delete", "condition", "partiql"];

/// Databases, of which no policy tells one row from another.
const DATABASES: &[&str] = &[
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::DocDB::DBCluster",
    "AWS::Neptune::DBCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::MemoryDB::Cluster",
    "AWS::Redshift::Cluster",
    "AWS::RedshiftServerless::Workgroup",
    "AWS::DSQL::Cluster",
    "AWS::Cassandra::Table",
    "AWS::Timestream::Table",
    "AWS::QLDB::Ledger",
    "AWS::OpenSearchServerless::Collection",
    "AWS::S3Tables::TableBucket",
    "AWS::S3Express::DirectoryBucket",
];

/// Asks of each shared principal that acts for tenants whose data it gets at.
pub(super) fn decide(control: &Control<'_, '_, '_>, found: &mut Findings) {
    let facts = control.facts;
    if facts.reader.model.pooled.is_empty() {
        return;
    }
    databases(facts, found);
    without_role(control, found);
    let stores: Vec<&Asset> = facts.assets.iter().filter(|asset| is_store(asset)).collect();
    for (at, principal) in facts.principals.entries() {
        // The users of a role that a pool gives out are asked one by one.
        if is_a_tenants(principal) || facts.users.act_as(principal.at) {
            continue;
        }
        let Some(Door { how, span, .. }) = control.how(at) else { continue };
        found.ask(identity::SHARED_GRANT);
        let by_code = |stores: BTreeSet<ResourceId>| ByCode {
            principal: principal.at,
            stores: stores.into_iter().collect(),
            how: how.clone(),
            span,
        };
        let own = reached(facts, principal, &stores, tags_of(facts, principal).is_empty());
        if !own.is_empty() {
            found.undecided(identity::SHARED_GRANT, Unknown::ForWhichTenant(by_code(own)));
        }
        let names = elsewhere(facts, principal);
        if !names.is_empty() {
            let by = by_code(BTreeSet::new());
            let unknown = Unknown::ForWhichTenantElsewhere { names, by };
            found.undecided(identity::SHARED_GRANT, unknown);
        }
        for (role, held) in started(facts, principal, &stores) {
            let unknown = Unknown::SessionsForWhichTenant { role, by: by_code(held) };
            found.undecided(identity::SHARED_GRANT, unknown);
        }
    }
}

impl Control<'_, '_, '_> {
    /// How tenants make a shared principal act, surely or perhaps.
    fn how(&self, at: PrincipalId) -> Option<Door> {
        let by_a_tenant = || self.possible.get(&at).map(|_| self.by_a_tenant(at));
        self.outside.get(&at).cloned().or_else(by_a_tenant)
    }
}

fn is_store(asset: &Asset) -> bool {
    asset.owner == Owner::Shared && STORES.iter().any(|(kind, _)| *kind == &*asset.kind)
}

/// Types that act as a role, and the property that names it.
const ROLES: &[(&str, &str)] = &[
    ("AWS::Lambda::Function", "Role"),
    ("AWS::StepFunctions::StateMachine", "RoleArn"),
    ("AWS::ECS::TaskDefinition", "TaskRoleArn"),
    ("AWS::AppSync::DataSource", "ServiceRoleArn"),
];

/// What tenants make act as a role that is not here.
fn without_role(control: &Control<'_, '_, '_>, found: &mut Findings) {
    let facts = control.facts;
    let open = doors::open(facts);
    for (at, resource) in facts.reader.model.resources.entries() {
        let property = ROLES.iter().find(|(kind, _)| *kind == resource.kind);
        let role = property.and_then(|(_, name)| resource.properties.get(name));
        let here = !control.shared.running.as_whom(at).is_empty();
        let Some(role) = role.filter(|_| resource.owner == Owner::Shared && !here) else {
            continue;
        };
        if open.contains_key(&at) {
            let unknown = Unknown::AsWhom { runs: at, span: role.span };
            found.undecided(identity::SHARED_GRANT, unknown);
        }
    }
}

/// The tags, in lower case, on which what a role may do hangs.
fn tags_of(facts: &Facts<'_, '_>, role: &Principal) -> BTreeSet<String> {
    let of_assets = facts.assets.iter().filter_map(|asset| asset.policy.as_deref());
    sessions::trusted(role.policies.iter().chain(of_assets))
}

/// The stores at whose data a principal gets, or may get.
fn reached(
    facts: &Facts<'_, '_>,
    principal: &Principal,
    stores: &[&Asset],
    perhaps: bool,
) -> BTreeSet<ResourceId> {
    let gets_at = |asset: &Asset| {
        let begins = STORES.iter().filter(|(kind, _)| *kind == &*asset.kind);
        let begins: Vec<&str> = begins.flat_map(|(_, begins)| *begins).copied().collect();
        let counts = |action: &str| {
            let name = action.split_once(':').map_or(action, |(_, name)| name).to_ascii_lowercase();
            begins.iter().any(|begin| name.starts_with(begin))
        };
        let reach = facts.reach(principal, asset, &Context::hostile());
        let allowed = reach.allowed.iter().any(|way| counts(&way.request.action));
        allowed || perhaps && reach.undecided.iter().any(|(action, _)| counts(action))
    };
    stores.iter().filter(|asset| gets_at(asset)).map(|asset| asset.at).collect()
}

/// Actions that get at data, of each service that stores some.
const READS: &[&str] = &[
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "s3:GetObject",
    "s3:PutObject",
    "secretsmanager:GetSecretValue",
    "sqs:ReceiveMessage",
    "kinesis:GetRecords",
    "es:ESHttpGet",
    "aoss:APIAccessAll",
    "rds-data:ExecuteStatement",
    "rds-db:connect",
    "redshift-data:ExecuteStatement",
    "athena:StartQueryExecution",
    "timestream:Select",
    "cassandra:Select",
    "neptune-db:ReadDataViaQuery",
    "dsql:DbConnect",
    "elasticache:Connect",
];

/// The stores that a principal's statements name and that no template here makes, as they are
/// written.
fn elsewhere(facts: &Facts<'_, '_>, principal: &Principal) -> Vec<String> {
    let model = facts.reader.model;
    let readable = |text: &policy::Text| names::readable(model, text);
    let mut found = BTreeSet::new();
    let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
    for statement in statements.filter(|each| each.effect == policy::Effect::Allow) {
        let reads = READS.iter().filter(|action| policy::lists(&statement.actions, action));
        let services: BTreeSet<&str> =
            reads.filter_map(|action| action.split_once(':')).map(|(service, _)| service).collect();
        // All but some things is as wide as all.
        let named = |list: &policy::ListElement| match list.negated {
            true => vec!["*".to_owned()],
            false => list.items.iter().map(|item| readable(item.template.source())).collect(),
        };
        let names = statement.resources.iter().flat_map(named);
        for name in names.filter(|_| !services.is_empty()) {
            let is_here = |asset: &Asset| {
                let arn = asset.target.arn.clone();
                let own = readable(&arn);
                let whole = own.split(names::ANY_PART).next().unwrap_or_default();
                let service = arn.segment(2).unwrap_or_default();
                let service = service.as_str().unwrap_or_default();
                name.starts_with(whole) || (name == "*" && services.contains(service))
            };
            // An ARN of another service is none of these actions'.
            let service = name.split(':').nth(2).unwrap_or_default();
            let of_them = name == "*" || service.contains(['*', '$']) || services.contains(service);
            if of_them && !facts.assets.iter().any(is_here) {
                found.insert(name);
            }
        }
    }
    found.into_iter().collect()
}

/// The shared roles of which a principal may start sessions with tags of its choice, and the stores
/// at whose data these get.
fn started(
    facts: &Facts<'_, '_>,
    starter: &Principal,
    stores: &[&Asset],
) -> Vec<(ResourceId, BTreeSet<ResourceId>)> {
    let model = facts.reader.model;
    let Some(tenant) = model.pooled.first() else { return Vec::new() };
    let id = names::text(model, &model.tenants[*tenant]);
    let mut found = Vec::new();
    let roles = facts.assets.iter().filter(|asset| &*asset.kind == "AWS::IAM::Role");
    for role in roles.filter(|role| role.owner == Owner::Shared && role.at != starter.at) {
        let own = facts.principals.iter().find(|each| each.at == role.at);
        let Some(own) = own else { continue };
        let tags: Vec<(String, policy::Text)> =
            tags_of(facts, own).into_iter().map(|key| (key, id.clone())).collect();
        let mut context = Context::hostile();
        for (key, value) in &tags {
            let key = format!("aws:RequestTag/{key}");
            context = context.with(&key, Value::Present(vec![value.clone()]));
        }
        let starts = ["sts:AssumeRole", "sts:TagSession"]
            .iter()
            .all(|action| sessions::may(starter, role, action, &context));
        if tags.is_empty() || !starts {
            continue;
        }
        let mut caller = own.caller.clone();
        caller.tags.retain(|(tag, _)| !tags.iter().any(|(own, _)| own.eq_ignore_ascii_case(tag)));
        caller.tags.extend(tags.iter().cloned());
        let session = Principal {
            at: own.at,
            owner: own.owner,
            arn: own.arn.clone(),
            policies: own.policies.iter().map(|each| each.with_principal_tags(&tags)).collect(),
            caller,
            boundary: own.boundary.clone(),
            unknown_rights: own.unknown_rights.clone(),
            missing: own.missing.clone(),
        };
        let held = reached(facts, &session, stores, true);
        // What it gets at without tags is told of the role itself.
        let held: BTreeSet<ResourceId> = &held - &reached(facts, own, stores, false);
        if !held.is_empty() {
            found.push((role.at, held));
        }
    }
    found
}

/// No policy keeps tenants apart inside a database.
fn databases(facts: &Facts<'_, '_>, found: &mut Findings) {
    let resources = facts.reader.model.resources.entries();
    let shared = resources.filter(|(_, each)| each.owner == Owner::Shared);
    for (at, database) in shared.filter(|(_, each)| DATABASES.contains(&each.kind.as_str())) {
        // An instance of a cluster is asked with its cluster.
        if database.properties.get("DBClusterIdentifier").is_some()
            && database.kind == "AWS::RDS::DBInstance"
        {
            continue;
        }
        found.ask(identity::SHARED_GRANT);
        found.undecided(identity::SHARED_GRANT, Unknown::WhoseRows { database: at });
    }
}
