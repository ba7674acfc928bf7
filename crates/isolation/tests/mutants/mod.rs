//! Mutants of a template, made from the template alone: each is one edit at one place.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "a test"
)]

use serde_json::{Value, json};

/// One edit.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// `swap`, `remove` or `widen`.
    pub kind: &'static str,
    path: Vec<String>,
    edit: Edit,
}

#[derive(Clone, Debug)]
enum Edit {
    Remove,
    Set(Value),
    Rename(String),
}

/// A tenant's id and the other's in its place, as ids, logical ids and alias paths write them.
const TENANTS: [(&str, &str); 3] =
    [("tenant-001", "tenant-002"), ("Tenant001", "Tenant002"), ("/001/", "/002/")];

/// What keeps tenants apart, by the names of the properties: each of these, and everything in them,
/// is removed. Statements of policies, resources as a whole and tenants' tags come besides.
const BARRIERS: [&str; 32] = [
    "AdminCreateUserConfig",
    "BucketEncryption",
    "CidrBlock",
    "Condition",
    "DestinationPrefixListId",
    "Egress",
    "FunctionName",
    "KeyPolicy",
    "KmsKeyId",
    "KmsMasterKeyId",
    "LoggingConfig",
    "NetworkAclId",
    "OwnershipControls",
    "PermissionsBoundary",
    "PolicyDocument",
    "PortRange",
    "PublicAccessBlockConfiguration",
    "ResourcePolicy",
    "RouteTableId",
    "Schema",
    "SecurityGroupEgress",
    "SecurityGroupIngress",
    "SourceAccount",
    "SourceArn",
    "SSESpecification",
    "TargetKeyId",
    "UserPoolId",
    "Variables",
    "VpcConfig",
    "WriteAttributes",
    "security",
    "securitySchemes",
];

/// Every mutant: each tenant's name swapped for another's one place at a time, each property and
/// each element of a list removed, each barrier widened. What is only the second tenant's is left
/// alone by removals: the first one's is the same.
pub fn all(template: &Value) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let mut collect = Collector { path: Vec::new(), denies: false, mutants: &mut mutants };
    collect.swaps(template);
    for (id, resource) in template["Resources"].as_object().unwrap() {
        if id.contains(TENANTS[1].1) {
            continue;
        }
        collect.path = vec!["Resources".to_owned(), id.clone()];
        collect.push("remove", Edit::Remove);
        collect.path.push("Properties".to_owned());
        collect.each(&resource["Properties"], &mut Collector::barriers);
    }
    mutants
}

impl Mutant {
    /// Where it is, as a path of keys and indexes.
    pub fn place(&self) -> String {
        self.path.join("/")
    }

    pub fn describe(&self) -> String {
        let what = match &self.edit {
            Edit::Remove => String::new(),
            Edit::Set(value) => format!(" = {value}"),
            Edit::Rename(name) => format!(" is named {name}"),
        };
        format!("{} {}{what}", self.kind, self.place())
    }

    /// The template with this edit.
    pub fn of(&self, template: &Value) -> Value {
        let mut template = template.clone();
        let (last, before) = self.path.split_last().unwrap();
        let parent = before.iter().fold(&mut template, |value, key| match value {
            Value::Array(items) => &mut items[key.parse::<usize>().unwrap()],
            value => &mut value[key.as_str()],
        });
        match (&self.edit, parent) {
            (Edit::Set(value), Value::Array(items)) => {
                items[last.parse::<usize>().unwrap()] = value.clone();
            }
            (Edit::Set(value), parent) => parent[last.as_str()] = value.clone(),
            (_, Value::Array(items)) => drop(items.remove(last.parse().unwrap())),
            (edit, parent) => {
                let members = parent.as_object_mut().unwrap();
                let value = members.remove(last).unwrap();
                if let Edit::Rename(name) = edit {
                    members.insert(name.clone(), value);
                }
            }
        }
        template
    }
}

struct Collector<'m> {
    path: Vec<String>,
    /// Whether the statement that is visited denies.
    denies: bool,
    mutants: &'m mut Vec<Mutant>,
}

impl Collector<'_> {
    fn push(&mut self, kind: &'static str, edit: Edit) {
        self.mutants.push(Mutant { kind, path: self.path.clone(), edit });
    }

    /// Visits every member and element below, except functions' own.
    fn each(&mut self, value: &Value, visit: &mut dyn FnMut(&mut Self, &Value)) {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(members) => {
                let function = |name: &&String| *name == "Ref" || name.starts_with("Fn::");
                if members.keys().any(|name| function(&name)) {
                    return;
                }
                members.iter().map(|(key, value)| (key.clone(), value)).collect()
            }
            Value::Array(items) => {
                items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
            }
            _ => return,
        };
        for (key, value) in children {
            if key.contains(TENANTS[0].1) {
                continue;
            }
            self.path.push(key);
            visit(self, value);
            if !self.is_whole() {
                self.each(value, visit);
            }
            self.path.pop();
        }
    }

    /// Whether removing this takes a barrier away, and leaves something that AWS accepts.
    fn is_barrier(&self, parent: &str, last: &str) -> bool {
        let tenants = self.path[1].contains(TENANTS[1].0);
        let statement = self.path.iter().rposition(|key| key == "Statement");
        if self.path.iter().any(|key| key == "Tags") {
            // Whose a thing is matters of tenants' things alone.
            return tenants;
        }
        if let Some(statement) = statement {
            // One action fewer that a statement allows takes no barrier away.
            let listed = self.denies && ["Action", "Resource"].contains(&parent);
            let condition = self.path[statement..].iter().any(|key| key == "Condition");
            return parent == "Statement" || condition || listed;
        }
        let named = |key: &String| BARRIERS.contains(&key.as_str());
        last != "Version" && self.path.iter().any(named)
    }

    /// Whether what is below is one thing: a tag, or a text for people.
    fn is_whole(&self) -> bool {
        let above = self.path.iter().rev().nth(1).map(String::as_str);
        above == Some("Tags")
    }

    fn swaps(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    self.path.push(key.clone());
                    if !self.path.starts_with(&["Resources".to_owned()]) || self.path.len() > 2 {
                        for name in swapped(key) {
                            self.push("swap", Edit::Rename(name));
                        }
                    }
                    self.swaps(value);
                    self.path.pop();
                }
            }
            Value::Array(items) => {
                for (at, value) in items.iter().enumerate() {
                    self.path.push(at.to_string());
                    self.swaps(value);
                    self.path.pop();
                }
            }
            Value::String(text) => {
                for text in swapped(text) {
                    self.push("swap", Edit::Set(Value::String(text)));
                }
            }
            _ => {}
        }
    }

    /// What can be done to one property or element.
    fn barriers(&mut self, value: &Value) {
        if let Some(effect) = value.get("Effect") {
            self.denies = effect == "Deny";
        }
        let last = self.path.last().cloned().unwrap();
        let within =
            |name: &str, path: &[String]| path.iter().rev().skip(1).take(3).any(|key| key == name);
        let parent = self.path.iter().rev().nth(1).cloned().unwrap_or_default();
        // One action fewer that a statement allows takes no barrier away.
        let barrier = self.is_barrier(&parent, &last);
        if barrier {
            self.push("remove", Edit::Remove);
        }
        let mut widen = |wider: Value| {
            if wider != *value {
                self.push("widen", Edit::Set(wider));
            }
        };
        match (parent.as_str(), last.as_str(), value) {
            ("Action", _, Value::String(action)) => {
                let service = action.split(':').next().unwrap();
                widen(json!(format!("{service}:*")));
                widen(json!("*"));
            }
            ("Resource", ..) | (_, "Resource", Value::String(_)) => widen(json!("*")),
            (_, "Principal", _) => widen(json!("*")),
            (_, "SourceArn", _) => {
                let text = value.to_string();
                for (id, _) in TENANTS {
                    if text.contains(id) {
                        widen(serde_json::from_str(&text.replace(id, "*")).unwrap());
                    }
                }
            }
            (_, "CidrBlock" | "DestinationCidrBlock", _) => widen(json!("0.0.0.0/0")),
            (_, "Protocol", _) => widen(json!(-1)),
            (_, "PortRange", _) => widen(json!({"From": 0, "To": 65535})),
            (_, "RuleNumber", _) => {
                widen(json!(1));
                widen(json!(32000));
            }
            (_, "RuleAction", Value::String(action)) => {
                widen(json!(if action == "deny" { "allow" } else { "deny" }));
            }
            ("SecurityGroupEgress" | "SecurityGroupIngress", ..) => {
                widen(json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}));
            }
            (_, "Effect", Value::String(effect)) if effect == "Deny" => widen(json!("Allow")),
            (_, _, Value::Bool(flag)) if barrier => widen(json!(!flag)),
            _ if parent != "Condition"
                && within("Condition", &self.path)
                && !value.is_object()
                && !value.is_array() =>
            {
                self.push("widen", Edit::Set(json!("*")));
            }
            _ if parent != "Condition"
                && value.is_object()
                && value.as_object().unwrap().len() == 1
                && within("Condition", &self.path)
                && last.parse::<usize>().is_ok() =>
            {
                self.push("widen", Edit::Set(json!("*")));
            }
            _ => {}
        }
        if parent == "Condition" {
            self.push("widen", Edit::Rename(format!("{last}IfExists")));
        }
    }
}

/// The text with one of its mentions of the first tenant swapped, for each mention.
fn swapped(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (from, to) in TENANTS {
        for (at, _) in text.match_indices(from) {
            let mut changed = text.to_owned();
            changed.replace_range(at..at + from.len(), to);
            found.push(changed);
        }
    }
    found
}
