//! Requests of tenants' principals and of callers from outside, one at a time, each decided by the
//! slow evaluator with the policies as the template writes them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use tenantry_policy::{
    Caller, CallerKind, Context, Kind, Node, Policy, PolicySet, Reference, Request, ResourceKind,
    Text, Value as Held, allowed_concretely, managed,
};

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

/// The condition keys of a policy, with the values that it compares them with.
fn keys(policy: &Value) -> BTreeMap<String, BTreeSet<String>> {
    listed(&policy["Statement"]).iter().flat_map(tested).collect()
}

fn tested(statement: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let operators = statement["Condition"].as_object().into_iter().flatten();
    let tests = operators.filter_map(|(_, tests)| tests.as_object()).flatten();
    for (key, values) in tests {
        let values = listed(values);
        let texts = values.iter().map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        found.entry(key.clone()).or_default().extend(texts);
    }
    found
}

/// Things of another account for which a service may act: of the form that a policy asks for,
/// where it leaves the account open.
fn foreign(policy: &Value) -> BTreeSet<String> {
    let any = format!("arn:aws:any:us-east-1:{FOREIGN}:thing");
    let asked =
        keys(policy).into_iter().filter(|(key, _)| key.eq_ignore_ascii_case("aws:SourceArn"));
    let patterns = asked.flat_map(|(_, values)| values).filter_map(|text| {
        let mut parts: Vec<&str> = text.splitn(6, ':').collect();
        let account = parts.get_mut(4).filter(|account| account.contains('*'))?;
        *account = FOREIGN;
        Some(parts.join(":").replace(['*', '?'], "x"))
    });
    patterns.chain([any]).collect()
}

/// What the requester and the asset decide; no caller chooses these.
fn decided(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["aws:principal", "aws:resource", "aws:source"].iter().any(|start| key.starts_with(start))
        && !matches!(key.as_str(), "aws:sourceip" | "aws:sourcevpc" | "aws:sourcevpce")
        || key == "kms:calleraccount"
}

/// The other keys that all services have.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn exists(key: &str) -> bool {
    const GLOBAL: [&str; 20] = [
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:useragent",
        "aws:referer",
        "aws:securetransport",
        "aws:currenttime",
        "aws:epochtime",
        "aws:requestedregion",
        "aws:requesttag/",
        "aws:tagkeys",
        "aws:tokenissuetime",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:username",
        "aws:userid",
        "aws:calledvia",
        "aws:viaawsservice",
        "aws:vpcsourceip",
        "aws:federatedprovider",
    ];
    !key.starts_with("aws:") || GLOBAL.iter().any(|each| key.starts_with(each))
}

/// Contexts worth trying: for each key of the policies nothing, what they name, and something else.
fn contexts(
    statements: &[&Value],
    ties: &[(String, String)],
    caller: &Caller,
    asset: &Asset,
) -> Vec<Context> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, values) in statements.iter().flat_map(|statement| tested(statement)) {
        all.entry(key.to_ascii_lowercase()).or_default().extend(values);
    }
    let tied = |key: &str| ties.iter().any(|(tie, _)| tie.eq_ignore_ascii_case(key));
    let start =
        ties.iter().fold(Context::exact(), |all, (key, text)| all.having(key, text.as_str()));
    let mut contexts = vec![start];
    for (key, values) in all {
        if decided(&key) || tied(&key) || !exists(&key) {
            continue;
        }
        let filled = values.iter().map(|text| fill(text, caller, asset));
        let mut tries: BTreeSet<String> = filled.flat_map(|text| concrete(&text)).collect();
        tries.insert("something-else".to_owned());
        let mut more = Vec::new();
        for context in contexts.iter().take(64) {
            more.extend(tries.iter().map(|text| context.clone().having(&key, text.as_str())));
            // A list of all of them, for the operators on sets.
            let list = tries.iter().map(|text| text.as_str().into()).collect();
            more.push(context.clone().with(&key, Held::Present(list)));
        }
        contexts.extend(more);
        contexts.truncate(256);
    }
    contexts
}

/// A value with the tags of the caller and of the asset in the place of policy variables.
fn fill(text: &str, caller: &Caller, asset: &Asset) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, end)) = after.split_once('}') else { break };
        out.push_str(before);
        let (name, default) = name.split_once(',').unwrap_or((name, ""));
        let name = name.trim().to_ascii_lowercase();
        let own = caller.tags.iter().map(|(key, value)| (key.clone(), value.to_string()));
        let start = |start: &str, (key, value): (String, String)| (format!("{start}{key}"), value);
        let mut tags = own
            .map(|tag| start("aws:principaltag/", tag))
            .chain(asset.tags.iter().map(|tag| start("aws:resourcetag/", tag.clone())));
        let known = tags.find(|(key, _)| key.eq_ignore_ascii_case(&name)).map(|(_, value)| value);
        out.push_str(&known.unwrap_or_else(|| default.trim().trim_matches('\'').to_owned()));
        rest = end;
    }
    out + rest
}

/// Texts that a pattern, a range or a limit takes in, or that lie beside it.
fn concrete(text: &str) -> Vec<String> {
    if let Ok(number) = text.parse::<i64>() {
        return [number - 1, number, number + 1].iter().map(i64::to_string).collect();
    }
    if text.len() == 20 && text.ends_with('Z') && text.contains('T') {
        return ["1999-01-01T00:00:00Z", text, "2999-01-01T00:00:00Z"].map(str::to_owned).to_vec();
    }
    match text {
        "true" | "false" => vec!["true".to_owned(), "false".to_owned()],
        _ => {
            let plain = text.replace(['*', '?'], "x");
            let address = plain
                .split_once('/')
                .filter(|(start, _)| start.parse::<std::net::IpAddr>().is_ok());
            match address {
                Some((address, _)) => {
                    [address, "203.0.113.9", "2001:db8:ffff::9"].map(str::to_owned).to_vec()
                }
                None => vec![plain],
            }
        }
    }
}
