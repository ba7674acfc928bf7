//! Requests of tenants' principals and of callers from outside, one at a time, each decided by the
//! slow evaluator with the policies as the template writes them.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};
use tenantry_policy::{
    Caller, CallerKind, Context, Kind, Node, Policy, PolicySet, Reference, Request, ResourceKind,
    Text, allowed_concretely, managed,
};

use super::contexts::{contexts, foreign, keys};
use super::resolve::{ACCOUNT, Resource};

/// Who may act: a role or a user, with what is said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    pub id: String,
    pub arn: String,
    pub user: bool,
    pub tags: Vec<(String, String)>,
    pub policies: Vec<Value>,
    pub boundary: Option<Value>,
}

/// What is acted on, with its own policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    pub id: String,
    pub kind: String,
    /// The ARNs that requests name: its own first, then its parts'.
    pub arns: Vec<String>,
    pub policy: Option<Value>,
    pub tags: Vec<(String, String)>,
}

pub const FOREIGN: &str = "999988887777";

impl Principal {
    /// As what it calls.
    pub fn caller(&self) -> Caller {
        let caller = match self.user {
            true => Caller::user(&self.arn.as_str().into()),
            false => Caller::session(&self.arn.as_str().into(), &"session".into()),
        };
        self.tags.iter().fold(caller, |caller, (key, value)| caller.tagged(key, value.as_str()))
    }
}

/// The policies that resources hold themselves, and those that others hang on them.
pub fn assets(resources: &[Resource]) -> Vec<Asset> {
    let all = resources.iter().filter(|resource| !resource.arn.is_empty());
    all.map(|resource| {
        let own = &resource.properties;
        let mut statements = Vec::new();
        let mut found = false;
        let mut add = |document: &Value| {
            if !document.is_null() {
                found = true;
                statements.extend(listed(&document["Statement"]));
            }
        };
        add(match resource.kind.as_str() {
            "AWS::DynamoDB::Table" => &own["ResourcePolicy"]["PolicyDocument"],
            "AWS::KMS::Key" => &own["KeyPolicy"],
            "AWS::IAM::Role" => &own["AssumeRolePolicyDocument"],
            _ => &Value::Null,
        });
        for other in resources {
            let properties = &other.properties;
            let names = match other.kind.as_str() {
                "AWS::S3::BucketPolicy" => &properties["Bucket"],
                "AWS::SQS::QueuePolicy" => &properties["Queues"],
                "AWS::SNS::TopicPolicy" => &properties["Topics"],
                "AWS::Lambda::Permission" => &properties["FunctionName"],
                "AWS::SecretsManager::ResourcePolicy" => &properties["SecretId"],
                _ => continue,
            };
            let means = |name: &Value| *name == *resource.arn || *name == *resource.reference;
            if !listed(names).iter().any(means) {
                continue;
            }
            match other.kind.as_str() {
                "AWS::Lambda::Permission" => {
                    add(&json!({"Statement": permission(properties, &resource.arn)}));
                }
                "AWS::SecretsManager::ResourcePolicy" => add(&properties["ResourcePolicy"]),
                _ => add(&properties["PolicyDocument"]),
            }
        }
        Asset {
            id: resource.id.clone(),
            kind: resource.kind.clone(),
            arns: arns(resource),
            policy: found.then(|| json!({"Version": "2012-10-17", "Statement": statements})),
            tags: tags(own),
        }
    })
    .collect()
}

fn permission(properties: &Value, function: &str) -> Value {
    let whom = match properties["Principal"].as_str() {
        Some("*") => json!("*"),
        Some(name) if name.ends_with(".amazonaws.com") => json!({"Service": name}),
        _ => json!({"AWS": properties["Principal"]}),
    };
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": whom,
        "Action": properties["Action"],
        "Resource": function,
    });
    for (property, operator, key) in [
        ("SourceArn", "ArnLike", "aws:SourceArn"),
        ("SourceAccount", "StringEquals", "aws:SourceAccount"),
    ] {
        if !properties[property].is_null() {
            statement["Condition"][operator][key] = properties[property].clone();
        }
    }
    statement
}

fn arns(resource: &Resource) -> Vec<String> {
    let arn = &resource.arn;
    let ends: &[&str] = match resource.kind.as_str() {
        "AWS::DynamoDB::Table" if !resource.properties["GlobalSecondaryIndexes"].is_null() => {
            &["", "/index/i", "/backup/1", "/export/1"]
        }
        "AWS::DynamoDB::Table" => &["", "/backup/1", "/export/1"],
        "AWS::S3::Bucket" => &["", "/some/object"],
        "AWS::Lambda::Function" => &["", ":1"],
        "AWS::Logs::LogGroup" => &["", ":log-stream:s"],
        _ => &[""],
    };
    ends.iter().map(|end| format!("{arn}{end}")).collect()
}

/// Roles and users with their inline, attached and managed policies.
pub fn principals(resources: &[Resource]) -> Result<Vec<Principal>, String> {
    let mut found = Vec::new();
    for resource in resources {
        let user = resource.kind == "AWS::IAM::User";
        if !user && resource.kind != "AWS::IAM::Role" {
            continue;
        }
        let own = &resource.properties;
        let mut policies = held(resource, resources)?;
        for group in resources.iter().filter(|other| user && other.kind == "AWS::IAM::Group") {
            let listed_by = resources.iter().any(|other| {
                other.kind == "AWS::IAM::UserToGroupAddition"
                    && other.properties["GroupName"] == *group.reference
                    && names(&other.properties["Users"], resource)
            });
            if listed_by || names(&own["Groups"], group) {
                policies.extend(held(group, resources)?);
            }
        }
        let boundary = match &own["PermissionsBoundary"] {
            Value::Null => None,
            arn => Some(document(arn, resources)?),
        };
        found.push(Principal {
            id: resource.id.clone(),
            arn: resource.arn.clone(),
            user,
            tags: tags(own),
            policies,
            boundary,
        });
    }
    Ok(found)
}

/// The policies of a role, a user or a group: written in it, named by it, and attached to it.
fn held(resource: &Resource, resources: &[Resource]) -> Result<Vec<Value>, String> {
    let own = &resource.properties;
    let inline = listed(&own["Policies"]);
    let mut policies: Vec<Value> =
        inline.iter().map(|policy| policy["PolicyDocument"].clone()).collect();
    for arn in listed(&own["ManagedPolicyArns"]) {
        policies.push(document(&arn, resources)?);
    }
    let kind = resource.kind.trim_start_matches("AWS::IAM::");
    for other in resources {
        let to = match other.kind.as_str() {
            "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => format!("{kind}s"),
            "AWS::IAM::RolePolicy" | "AWS::IAM::UserPolicy" | "AWS::IAM::GroupPolicy" => {
                format!("{kind}Name")
            }
            _ => continue,
        };
        if names(&other.properties[to], resource) {
            policies.push(other.properties["PolicyDocument"].clone());
        }
    }
    Ok(policies)
}

/// Whether a list, or a single text, names a resource.
fn names(list: &Value, resource: &Resource) -> bool {
    listed(list).iter().any(|name| *name == *resource.reference)
}

fn document(arn: &Value, resources: &[Resource]) -> Result<Value, String> {
    let own = resources
        .iter()
        .find(|other| other.kind == "AWS::IAM::ManagedPolicy" && *arn == *other.reference);
    if let Some(own) = own {
        return Ok(own.properties["PolicyDocument"].clone());
    }
    let known = arn.as_str().and_then(managed);
    known.map(|managed| managed.document.clone()).ok_or_else(|| format!("no policy {arn}"))
}

fn tags(properties: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    listed(&properties["Tags"]).iter().map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect()
}

pub fn listed(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

/// Decides requests, and remembers what was decided of the same principal and asset.
#[derive(Default)]
pub struct Judge {
    remembered: RefCell<HashMap<String, BTreeSet<(String, String)>>>,
}

impl Judge {
    /// The actions that a principal is allowed on an asset, each with the ARN, in some context.
    pub fn allowed(
        &self,
        principal: &Principal,
        asset: &Asset,
    ) -> Result<BTreeSet<(String, String)>, String> {
        let caller = principal.caller();
        self.remember(&caller, &principal.policies, principal.boundary.as_ref(), asset, &[])
    }

    /// What a principal may do to the items of a table under these keys.
    pub fn items(
        &self,
        principal: &Principal,
        table: &Asset,
        keys: &[&str],
    ) -> Result<BTreeSet<(String, String)>, String> {
        const ONE: [&str; 3] = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"];
        const SEVERAL: [&str; 2] = ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"];
        let ties = [("dynamodb:LeadingKeys".to_owned(), keys.join("\n"))];
        let (policies, boundary) = (&principal.policies, principal.boundary.as_ref());
        let mut found = self.remember(&principal.caller(), policies, boundary, table, &ties)?;
        found.retain(|(action, arn)| {
            let one = keys.len() == 1 && ONE.contains(&action.as_str());
            *arn == table.arns[0] && (one || SEVERAL.contains(&action.as_str()))
        });
        Ok(found)
    }

    /// What somebody outside the account is allowed: anybody, another account whose own policies
    /// allow it everything, and services that act for another account.
    pub fn allowed_outside(&self, asset: &Asset) -> Result<BTreeSet<(String, String)>, String> {
        let Some(policy) = &asset.policy else { return Ok(BTreeSet::new()) };
        let anybody =
            Caller { kind: CallerKind::Anonymous, account: Text::default(), tags: Vec::new() };
        let root = Caller { kind: CallerKind::Root, account: FOREIGN.into(), tags: Vec::new() };
        let every = [json!({"Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})];
        let mut found = self.remember(&anybody, &[], None, asset, &[])?;
        found.extend(self.remember(&root, &every, None, asset, &[])?);
        if asset.kind == "AWS::IAM::Role" {
            // Whoever gives a role to a service must have been allowed to pass it.
            return Ok(found);
        }
        for foreign in foreign(policy) {
            let mut ties = vec![("aws:SourceArn".to_owned(), foreign.clone())];
            ties.push(("aws:SourceAccount".to_owned(), FOREIGN.to_owned()));
            for key in keys(policy).into_keys() {
                if key.to_ascii_lowercase().starts_with("kms:encryptioncontext:") {
                    ties.push((key, foreign.clone()));
                }
            }
            for statement in listed(&policy["Statement"]) {
                for service in listed(&statement["Principal"]["Service"]) {
                    let caller = Caller::service(service.as_str().unwrap_or_default());
                    found.extend(self.remember(&caller, &[], None, asset, &ties)?);
                }
            }
        }
        Ok(found)
    }

    /// Whether a service that acts for a resource of this account is allowed an action.
    pub fn serves(
        &self,
        service: &str,
        action: &str,
        asset: &Asset,
        told: &[(&str, &str)],
    ) -> Result<bool, String> {
        let policy = asset.policy.as_ref().map(|policy| parse(policy, kind(asset))).transpose()?;
        let context = told.iter().fold(Context::exact(), |all, (key, text)| all.having(key, *text));
        let request = request(&Caller::service(service), action, &asset.arns[0], asset, context);
        let set = PolicySet { resource: policy.as_ref(), ..PolicySet::default() };
        Ok(allowed_concretely(&request, &set) == Some(true))
    }

    fn remember(
        &self,
        caller: &Caller,
        identity: &[Value],
        boundary: Option<&Value>,
        asset: &Asset,
        ties: &[(String, String)],
    ) -> Result<BTreeSet<(String, String)>, String> {
        let key = format!("{caller:?}{identity:?}{boundary:?}{asset:?}{ties:?}");
        if let Some(known) = self.remembered.borrow().get(&key) {
            return Ok(known.clone());
        }
        let found = ask(caller, identity, boundary, asset, ties)?;
        self.remembered.borrow_mut().insert(key, found.clone());
        Ok(found)
    }
}

/// Whether one request is allowed, with the context that it is given.
pub fn replay(
    caller: &Caller,
    identity: &[Value],
    boundary: Option<&Value>,
    asset: &Asset,
    (action, arn): (&str, &str),
    context: Context,
) -> Result<bool, String> {
    let rules = Rules::read(identity, boundary, asset)?;
    Ok(rules.allow(&request(caller, action, arn, asset, context), asset))
}

/// The policies that have a say, parsed.
struct Rules {
    identity: Vec<Policy>,
    boundary: Option<Policy>,
    own: Option<Policy>,
}

impl Rules {
    fn read(identity: &[Value], boundary: Option<&Value>, asset: &Asset) -> Result<Self, String> {
        let identity = identity.iter().map(|json| parse(json, Kind::Identity));
        Ok(Self {
            identity: identity.collect::<Result<_, _>>()?,
            boundary: boundary.map(|json| parse(json, Kind::Identity)).transpose()?,
            own: asset.policy.as_ref().map(|json| parse(json, kind(asset))).transpose()?,
        })
    }

    fn allow(&self, request: &Request, asset: &Asset) -> bool {
        // A role's own policy is about becoming it, and about nothing else; a backup is not the
        // table, whose policy says nothing of it.
        let role = asset.kind == "AWS::IAM::Role";
        let backup = asset.kind == "AWS::DynamoDB::Table"
            && request
                .resource
                .as_str()
                .is_some_and(|arn| arn.contains("/backup/") || arn.contains("/export/"));
        let silent = role && !request.action.starts_with("sts:") || backup;
        let own = self.own.as_ref().filter(|_| !silent);
        let gatekeeper = own.is_some() && (role || asset.kind == "AWS::KMS::Key");
        let set = PolicySet {
            identity: self.identity.iter().collect(),
            boundary: self.boundary.as_ref(),
            resource: own,
            resource_kind: match gatekeeper {
                true => ResourceKind::Gatekeeper,
                false => ResourceKind::Ordinary,
            },
            ..PolicySet::default()
        };
        allowed_concretely(request, &set) == Some(true)
    }
}

fn ask(
    caller: &Caller,
    identity: &[Value],
    boundary: Option<&Value>,
    asset: &Asset,
    ties: &[(String, String)],
) -> Result<BTreeSet<(String, String)>, String> {
    let rules = Rules::read(identity, boundary, asset)?;
    let statements: Vec<Value> = identity
        .iter()
        .chain(boundary)
        .chain(&asset.policy)
        .flat_map(|policy| listed(&policy["Statement"]))
        .collect();
    let mut arns = asset.arns.clone();
    arns.extend(asset.objects(&statements));
    let mut found = BTreeSet::new();
    for arn in &arns {
        for action in actions(asset, arn) {
            // The others say nothing of this action.
            let speaks = statements.iter().filter(|statement| lists(statement, &action));
            let speaks: Vec<&Value> = speaks.collect();
            if !speaks.iter().any(|statement| statement["Effect"] == "Allow") {
                continue;
            }
            let contexts = contexts(&speaks, ties, caller, asset);
            let through = contexts.iter().any(|context| {
                rules.allow(&request(caller, &action, arn, asset, context.clone()), asset)
            });
            if through {
                found.insert((action, arn.clone()));
            }
        }
    }
    Ok(found)
}

impl Asset {
    /// Objects that a policy may mean when it writes of some.
    fn objects(&self, statements: &[Value]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if self.kind != "AWS::S3::Bucket" {
            return found;
        }
        for statement in statements {
            let all = [&statement["Resource"], &statement["NotResource"]];
            for text in all.into_iter().flat_map(listed) {
                let Some((_, end)) = text.as_str().and_then(|text| text.split_once('/')) else {
                    continue;
                };
                found.insert(format!("{}/{}", self.arns[0], end.replace(['*', '?'], "x")));
            }
        }
        found
    }
}

fn actions(asset: &Asset, arn: &str) -> BTreeSet<String> {
    let known = Reference::get().actions_on(&arn.into());
    let mut actions: BTreeSet<String> = known.iter().map(|(name, _)| name.to_string()).collect();
    match asset.kind.as_str() {
        "AWS::IAM::Role" => actions.extend(["sts:AssumeRole".to_owned()]),
        "AWS::Logs::LogGroup" => {
            actions.extend(["logs:PutLogEvents".to_owned(), "logs:GetLogEvents".to_owned()]);
        }
        _ => {}
    }
    actions
}

pub fn request(
    caller: &Caller,
    action: &str,
    arn: &str,
    asset: &Asset,
    context: Context,
) -> Request {
    let tags = asset.tags.iter().map(|(key, value)| (key.clone(), value.as_str().into()));
    Request {
        caller: caller.clone(),
        action: action.to_owned(),
        resource: arn.into(),
        resource_account: ACCOUNT.into(),
        resource_tags: Some(tags.collect()),
        context,
    }
}

fn kind(asset: &Asset) -> Kind {
    if asset.kind == "AWS::IAM::Role" { Kind::Trust } else { Kind::Resource }
}

pub fn parse(json: &Value, kind: Kind) -> Result<Policy, String> {
    Policy::parse(&Node::from_json(json), kind).map_err(|errors| format!("{errors:?}"))
}

/// Whether a statement lists an action, or may by leaving others out.
fn lists(statement: &Value, action: &str) -> bool {
    let fits = |pattern: &Value| {
        let pattern = pattern.as_str().unwrap_or_default().to_ascii_lowercase();
        wild(pattern.as_bytes(), action.to_ascii_lowercase().as_bytes())
    };
    !statement["NotAction"].is_null() || listed(&statement["Action"]).iter().any(fits)
}

fn wild(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => wild(rest, text) || !text.is_empty() && wild(pattern, &text[1..]),
        ([b'?', rest @ ..], [_, text @ ..]) => wild(rest, text),
        ([one, rest @ ..], [other, text @ ..]) => one == other && wild(rest, text),
        _ => false,
    }
}
