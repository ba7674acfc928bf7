//! A whole platform, simulated: one concrete request, packet or call after the other, for every
//! tenant's principal, action and asset of another tenant.
//!
//! It reads the template's JSON by itself and shares nothing with the verifier but the parsed form
//! of policies, the list of actions and the recorded AWS-managed policies. It never proves: it
//! samples, and finds ways or none.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    unreachable_pub,
    dead_code,
    missing_docs,
    reason = "a test"
)]

pub mod access;
mod calls;
mod contexts;
mod packets;
pub mod resolve;

use std::collections::{BTreeMap, BTreeSet};

use access::{Asset, Judge, Principal};
use calls::Route;
use packets::Interface;
use resolve::{ACCOUNT, REGION, Resource};
use serde_json::Value;

/// All of a template that the simulation looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    pub principals: Vec<Principal>,
    pub assets: Vec<Asset>,
    routes: Vec<Route>,
    interfaces: Vec<Interface>,
    /// Everything that can decide on a packet, and the policies of endpoints: requests that do not
    /// pass an endpoint are asked as well, so these open nothing more.
    network: Vec<Resource>,
    functions: Vec<Function>,
    /// What names each resource, and which.
    names: Vec<(String, String)>,
    /// What is encrypted, and with which key.
    keys: Vec<(String, String)>,
    /// The names of keys' aliases, and which alias.
    aliases: Vec<(String, String)>,
    claims: Vec<Claim>,
}

/// An app, and what decides whether its users write a tenant's claim themselves.
#[derive(Clone, Debug, PartialEq)]
struct Claim {
    client: String,
    mutable: bool,
    sign_up: bool,
    writes: bool,
    written: Value,
}

/// What runs, as whom, and what it is told.
#[derive(Clone, Debug, PartialEq)]
struct Function {
    id: String,
    role: Option<String>,
    log_group: Option<String>,
    /// Its variables, and where it is put.
    told: Vec<String>,
}

/// Whose each resource is, by logical id; what is nobody's is shared.
pub type Owners = BTreeMap<String, String>;

/// Who gets at what: the tenant or `outside`, what it does, and to which resource of whom.
pub type Ways = BTreeSet<(String, String, String)>;

pub const OUTSIDE: &str = "outside";

/// A barrier that may stand behind another one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Behind {
    /// Of an integration that goes elsewhere: which routes may invoke which function.
    InvokePermission,
    /// Of a wide permission: at which function a route lands.
    Integration,
    /// Of a key that is missing or another's: who may ask for what it encrypts.
    AccessPolicies,
}

impl Behind {
    pub const ALL: [Self; 3] = [Self::InvokePermission, Self::Integration, Self::AccessPolicies];
}

/// Whose each resource is, as its `tenant_id` tag says.
pub fn owners(template: &Value) -> Owners {
    let mut owners = Owners::new();
    for (id, resource) in template["Resources"].as_object().into_iter().flatten() {
        let tags = resource["Properties"]["Tags"].as_array().into_iter().flatten();
        let mut own = tags.filter(|tag| tag["Key"] == "tenant_id");
        if let Some(tenant) = own.next().and_then(|tag| tag["Value"].as_str())
            && tenant != "shared"
        {
            owners.insert(id.clone(), tenant.to_owned());
        }
    }
    owners
}

impl Simulation {
    /// Reads a template; an error says why AWS would refuse it.
    pub fn read(template: &Value) -> Result<Self, String> {
        let resources = resolve::resources(template)?;
        Ok(Self {
            principals: access::principals(&resources)?,
            assets: access::assets(&resources),
            routes: calls::routes(&resources),
            interfaces: packets::interfaces(&resources),
            functions: functions(&resources),
            keys: keys(&resources),
            aliases: aliases(&resources),
            claims: claims(&resources),
            network: network(&resources),
            names: named(&resources),
        })
    }

    /// Every way from one tenant, or from outside, to what is another's.
    pub fn ways(&self, owners: &Owners, judge: &Judge) -> Result<Ways, String> {
        let mut ways = Ways::new();
        let tenants: BTreeSet<&String> = owners.values().collect();
        for tenant in &tenants {
            for principal in self.principals_of(tenant, owners, judge)? {
                for asset in &self.assets {
                    if owners.get(&asset.id).is_none_or(|owner| owner == *tenant) {
                        continue;
                    }
                    for (action, arn) in judge.allowed(principal, asset)? {
                        let end = arn.strip_prefix(&*asset.arns[0]).unwrap_or_default();
                        ways.insert(((*tenant).clone(), action, format!("{}{end}", asset.id)));
                    }
                }
            }
        }
        for asset in self.assets.iter().filter(|asset| owners.contains_key(&asset.id)) {
            for (action, _) in judge.allowed_outside(asset)? {
                ways.insert((OUTSIDE.to_owned(), action, asset.id.clone()));
            }
        }
        self.pools(owners, &tenants, judge, &mut ways)?;
        self.calls(owners, None, judge, &mut ways)?;
        self.flows(owners, &mut ways);
        for from in &self.interfaces {
            for to in &self.interfaces {
                let (Some(a), Some(b)) = (owners.get(&from.function), owners.get(&to.function))
                else {
                    continue;
                };
                if a != b
                    && let Some(packet) = packets::arriving(from, to)
                {
                    ways.insert((a.clone(), packet, to.function.clone()));
                }
            }
        }
        Ok(ways)
    }

    /// The ways that this barrier alone stops.
    pub fn ways_without(
        &self,
        barrier: Behind,
        owners: &Owners,
        judge: &Judge,
    ) -> Result<Ways, String> {
        let mut ways = Ways::new();
        match barrier {
            Behind::InvokePermission | Behind::Integration => {
                self.calls(owners, Some(barrier), judge, &mut ways)?;
            }
            Behind::AccessPolicies => self.readable(owners, &mut ways),
        }
        Ok(ways)
    }

    /// What a tenant's own key does not keep from those who may ask for it, and whose key a name
    /// stands for.
    fn readable(&self, owners: &Owners, ways: &mut Ways) {
        let holder = |what: &str| {
            let key = self.keys.iter().find(|(encrypted, _)| encrypted == what)?;
            owners.get(&key.1)
        };
        let stored = ["AWS::DynamoDB::Table", "AWS::Logs::LogGroup"];
        for asset in self.assets.iter().filter(|asset| stored.contains(&asset.kind.as_str())) {
            let Some(owner) = owners.get(&asset.id) else { continue };
            if holder(&asset.id) != Some(owner) {
                ways.insert((OUTSIDE.to_owned(), "needs no key of".to_owned(), asset.id.clone()));
            }
        }
        for (name, alias) in &self.aliases {
            let holder = holder(alias).cloned().unwrap_or_default();
            ways.insert((holder, "holds the key called".to_owned(), name.clone()));
        }
    }

    /// Items of shared tables into which tenants write, under the keys of other tenants.
    fn pools(
        &self,
        owners: &Owners,
        tenants: &BTreeSet<&String>,
        judge: &Judge,
        ways: &mut Ways,
    ) -> Result<(), String> {
        let shared = self.assets.iter().filter(|asset| !owners.contains_key(&asset.id));
        for table in shared.filter(|asset| asset.kind == "AWS::DynamoDB::Table") {
            let all = self.principals.iter();
            let theirs = || all.clone().filter(|each| owners.contains_key(&each.id));
            let mut written = false;
            for principal in theirs() {
                let allowed = judge.allowed(principal, table)?;
                written |= allowed.iter().any(|(action, _)| {
                    matches!(action.as_str(), "dynamodb:PutItem" | "dynamodb:BatchWriteItem")
                });
            }
            for principal in theirs().filter(|_| written) {
                let own = &owners[&principal.id];
                for other in tenants.iter().filter(|other| **other != own) {
                    for keys in [vec![other.as_str()], vec![own.as_str(), other.as_str()]] {
                        for (action, _) in judge.items(principal, table, &keys)? {
                            ways.insert((
                                own.clone(),
                                format!("{action} of {other}"),
                                table.id.clone(),
                            ));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// A tenant's own principals, those as which its functions run, and those that these become.
    pub fn principals_of(
        &self,
        tenant: &str,
        owners: &Owners,
        judge: &Judge,
    ) -> Result<Vec<&Principal>, String> {
        let own = |id: &str| owners.get(id).is_some_and(|owner| owner == tenant);
        let role = |arn: &str| self.assets.iter().find(|asset| asset.arns[0] == arn);
        let mut found: BTreeSet<&str> = BTreeSet::new();
        for principal in self.principals.iter().filter(|principal| own(&principal.id)) {
            found.insert(&principal.arn);
        }
        for function in self.functions.iter().filter(|function| own(&function.id)) {
            let Some(arn) = &function.role else { continue };
            let Some(asset) = role(arn) else { continue };
            if judge.serves("lambda.amazonaws.com", "sts:AssumeRole", asset, &[])? {
                found.insert(arn);
            }
        }
        loop {
            let mut more = BTreeSet::new();
            for principal in self.principals.iter().filter(|each| found.contains(&*each.arn)) {
                for other in self.principals.iter().filter(|each| !found.contains(&*each.arn)) {
                    let Some(asset) = role(&other.arn).filter(|_| !other.user) else { continue };
                    let allowed = judge.allowed(principal, asset)?;
                    if allowed.iter().any(|(action, _)| action == "sts:AssumeRole") {
                        more.insert(&*other.arn);
                    }
                }
            }
            if more.is_empty() {
                break;
            }
            found.extend(more);
        }
        Ok(self.principals.iter().filter(|each| found.contains(&*each.arn)).collect())
    }

    /// Every route with every tenant's token, where it lands; without the permissions, or without
    /// the integrations at every function. The authorizer's own code is taken as right: it lets a
    /// token through to the paths of its tenant.
    fn calls(
        &self,
        owners: &Owners,
        without: Option<Behind>,
        judge: &Judge,
        ways: &mut Ways,
    ) -> Result<(), String> {
        for route in &self.routes {
            let source = format!(
                "arn:aws:execute-api:{REGION}:{ACCOUNT}:{}/{}/{}{}",
                route.api, route.stage, route.method, route.path
            );
            let told = [("aws:SourceArn", source.as_str()), ("aws:SourceAccount", ACCOUNT)];
            for asset in self.assets.iter().filter(|asset| asset.kind == "AWS::Lambda::Function") {
                if without != Some(Behind::Integration) && Some(&asset.id) != route.lands.as_ref() {
                    continue;
                }
                let service = "apigateway.amazonaws.com";
                if without == Some(Behind::InvokePermission)
                    || judge.serves(service, "lambda:InvokeFunction", asset, &told)?
                {
                    landed(route, &asset.id, owners, ways);
                }
            }
        }
        Ok(())
    }

    /// Another tenant that a text speaks of: whose thing it is the name of, else whose id it holds,
    /// between characters that are in no id.
    fn spoken_of<'o>(&self, text: &str, owner: &str, owners: &'o Owners) -> Option<&'o String> {
        let mut named = self.names.iter().filter(|(name, _)| name == text).peekable();
        if named.peek().is_some() {
            let mut others = named.filter_map(|(_, id)| owners.get(id));
            return others.find(|other| *other != owner);
        }
        // The longest counts: `acme-eu-users` does not speak of `acme`.
        let part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        text.split(|c| !part(c)).find_map(|word| {
            let starts = word.match_indices(['-', '_']).map(|(at, _)| at + 1).chain([0]);
            let told = starts.flat_map(|at| {
                let begins = move |id: &&String| {
                    let rest = word[at..].strip_prefix(id.as_str());
                    rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
                };
                owners.values().filter(begins)
            });
            told.max_by_key(|id| id.len()).filter(|told| *told != owner)
        })
    }

    /// What the services themselves carry from one tenant to another.
    fn flows(&self, owners: &Owners, ways: &mut Ways) {
        for function in &self.functions {
            let Some(owner) = owners.get(&function.id) else { continue };
            let group = self.assets.iter().find(|asset| {
                asset.kind == "AWS::Logs::LogGroup"
                    && function
                        .log_group
                        .as_ref()
                        .is_some_and(|name| asset.arns[0].ends_with(&format!(":log-group:{name}")))
            });
            if let Some(reader) = group.and_then(|group| owners.get(&group.id))
                && reader != owner
            {
                ways.insert((reader.clone(), "reads the log of".to_owned(), function.id.clone()));
            }
            for told in &function.told {
                if let Some(other) = self.spoken_of(told, owner, owners) {
                    ways.insert((owner.clone(), format!("is told {told}"), other.clone()));
                }
            }
        }
        for (what, key) in &self.keys {
            let Some(owner) = owners.get(what) else { continue };
            if let Some(holder) = owners.get(key).filter(|holder| *holder != owner) {
                ways.insert((holder.clone(), "holds the key of".to_owned(), what.clone()));
            }
        }
        for claim in self.claims.iter().filter(|each| each.writes && (each.mutable || each.sign_up))
        {
            let what = "chooses its tenant through".to_owned();
            ways.insert((OUTSIDE.to_owned(), what, claim.client.clone()));
        }
    }
}

/// Who gets at a function by a route that lands there, with a token of its own.
fn landed(route: &Route, function: &str, owners: &Owners, ways: &mut Ways) {
    let call = format!("{} {}", route.method, route.path);
    let whose = route.path.split('/').nth(2).unwrap_or_default();
    let answers = owners.get(function).map_or("", String::as_str);
    if let Some(decides) = route.authorizer.as_ref().and_then(|id| owners.get(id)) {
        ways.insert((decides.clone(), format!("decides on {call}"), function.to_owned()));
    }
    if !answers.is_empty() && answers != whose {
        ways.insert((answers.to_owned(), "answers".to_owned(), call.clone()));
    }
    let guarded = route.authorizer.is_some() && route.by_token;
    for tenant in owners.values().collect::<BTreeSet<_>>() {
        let through = !guarded || tenant == whose;
        if through && (tenant != answers || tenant != whose) {
            ways.insert((tenant.clone(), call.clone(), function.to_owned()));
        }
    }
}

fn named(resources: &[Resource]) -> Vec<(String, String)> {
    let both =
        |each: &Resource| [&each.reference, &each.arn].map(|name| (name.clone(), each.id.clone()));
    // What a function is put into has no ARN here, and is named all the same.
    let all =
        resources.iter().filter(|each| !each.arn.is_empty() || each.kind.starts_with("AWS::EC2::"));
    all.flat_map(both).filter(|(name, _)| !name.is_empty()).collect()
}

fn functions(resources: &[Resource]) -> Vec<Function> {
    let all = resources.iter().filter(|each| each.kind == "AWS::Lambda::Function");
    all.map(|each| {
        let own = &each.properties;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let variables = own["Environment"]["Variables"].as_object().into_iter().flatten();
        let told = variables.filter_map(|(_, value)| text(value));
        let mut told: Vec<String> =
            told.flat_map(|text| text.split(',').map(str::to_owned).collect::<Vec<_>>()).collect();
        for place in ["SubnetIds", "SecurityGroupIds"] {
            told.extend(access::listed(&own["VpcConfig"][place]).iter().filter_map(text));
        }
        Function {
            id: each.id.clone(),
            role: text(&own["Role"]),
            log_group: text(&own["LoggingConfig"]["LogGroup"]),
            told,
        }
    })
    .collect()
}

/// What is encrypted with a key of the template, by logical ids; an alias is its target.
fn keys(resources: &[Resource]) -> Vec<(String, String)> {
    let key = |text: &str| {
        let keys = resources.iter().filter(|each| each.kind == "AWS::KMS::Key");
        let mut named = keys.filter(|each| each.arn == text || each.reference == text);
        named.next().map(|each| each.id.clone())
    };
    let mut found = Vec::new();
    for resource in resources {
        for path in [
            "/KmsKeyId",
            "/TargetKeyId",
            "/KmsMasterKeyId",
            "/SSESpecification/KMSMasterKeyId",
            "/KMSKeyId",
            "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID",
        ] {
            let named = resource.properties.pointer(path).and_then(Value::as_str);
            if let Some(key) = named.and_then(key) {
                found.push((resource.id.clone(), key));
            }
        }
    }
    found
}

fn aliases(resources: &[Resource]) -> Vec<(String, String)> {
    let all = resources.iter().filter(|each| each.kind == "AWS::KMS::Alias");
    let name = |each: &Resource| each.properties["AliasName"].as_str().map(str::to_owned);
    all.filter_map(|each| Some((name(each)?, each.id.clone()))).collect()
}

fn network(resources: &[Resource]) -> Vec<Resource> {
    let own = |each: &&Resource| each.kind.starts_with("AWS::EC2::");
    let mut found: Vec<Resource> = resources.iter().filter(own).cloned().collect();
    for resource in &mut found {
        if let Some(properties) = resource.properties.as_object_mut() {
            for name in ["Tags", "GroupName", "GroupDescription"] {
                properties.remove(name);
            }
        }
    }
    found
}

/// The clients of user pools whose users have a tenant's claim.
fn claims(resources: &[Resource]) -> Vec<Claim> {
    let of_kind = |kind: &'static str| resources.iter().filter(move |each| each.kind == kind);
    let mut found = Vec::new();
    for pool in of_kind("AWS::Cognito::UserPool") {
        let own = &pool.properties;
        let mut schema = own["Schema"].as_array().into_iter().flatten();
        let Some(claim) = schema.find(|each| each["Name"] == "tenant_id") else { continue };
        let mutable = claim["Mutable"].as_bool().unwrap_or(true);
        let only_admin = &own["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"];
        let sign_up = !only_admin.as_bool().unwrap_or(false);
        for client in of_kind("AWS::Cognito::UserPoolClient") {
            if client.properties["UserPoolId"] != *pool.reference {
                continue;
            }
            let writes = match &client.properties["WriteAttributes"] {
                Value::Null => true,
                names => access::listed(names).iter().any(|name| *name == "custom:tenant_id"),
            };
            found.push(Claim {
                client: client.id.clone(),
                mutable,
                sign_up,
                writes,
                written: client.properties["WriteAttributes"].clone(),
            });
        }
    }
    found
}
