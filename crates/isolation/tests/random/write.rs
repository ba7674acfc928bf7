//! A plan as a template.

use serde_json::{Map, Value, json};

use super::names::{Form, Kind};
use super::policies::{Class, Condition, Statement, Target, Who, Whom};
use super::{Asset, Permission, Plan, Rights, Role, User};

/// The step that means what is shared.
const SHARED: usize = 3;
/// How many principals a permission may name.
pub(super) const INVOKERS: usize = 8;
const FOREIGN: &str = "444455556666";
const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";

pub(super) fn template(plan: &Plan) -> Value {
    let mut writer = Writer { plan, resources: Map::new() };
    for (at, tenant) in plan.tenants.iter().enumerate() {
        if let Some(role) = &tenant.role {
            writer.role(at, role);
        }
        if let Some(user) = &tenant.user {
            writer.user(at, user);
        }
        for asset in unique(&tenant.assets) {
            writer.asset(at, asset);
        }
    }
    let shared = &plan.shared;
    if let Some(role) = &shared.role {
        writer.role(SHARED, role);
    }
    for asset in unique(&shared.assets) {
        writer.asset(SHARED, asset);
    }
    if let Some(statements) = &shared.managed {
        let document = writer.document(SHARED, statements);
        writer.add("Managed", "AWS::IAM::ManagedPolicy", json!({"PolicyDocument": document}));
    }
    if let Some(statements) = &shared.group {
        let document = writer.document(SHARED, statements);
        let policies = json!([{"PolicyName": "p", "PolicyDocument": document}]);
        writer.add("Group", "AWS::IAM::Group", json!({"Policies": policies}));
    }
    if let Some((whose, statements)) = &shared.attached {
        let whose = if *whose == SHARED { SHARED } else { whose % plan.tenants.len() };
        if writer.has(whose, Kind::Role) {
            let document = writer.document(whose, statements);
            let roles = json!([{"Ref": id(whose, Kind::Role)}]);
            let properties =
                json!({"PolicyName": "more", "PolicyDocument": document, "Roles": roles});
            writer.add("Attached", "AWS::IAM::Policy", properties);
        }
    }
    let mut template = json!({"Resources": writer.resources});
    if template.to_string().contains("Later") {
        template["Parameters"]["Later"]["Type"] = json!("String");
    }
    let text = template.to_string();
    if text.contains("\"Condition\":\"Is\"") || text.contains("Fn::If") {
        template["Parameters"]["Switch"]["Type"] = json!("String");
        template["Conditions"] = json!({"Is": {"Fn::Equals": [{"Ref": "Switch"}, "on"]}});
    }
    template
}

/// The template as it is deployed when the parameter and the condition are these.
pub(super) fn deployed(template: &Value, later: &str, holds: bool) -> Value {
    let mut all = settled(template, holds).unwrap_or_default();
    if let Some(all) = all.as_object_mut() {
        all.remove("Conditions");
    }
    if !all["Parameters"]["Later"].is_null() {
        all["Parameters"]["Later"]["Default"] = json!(later);
    }
    all
}

fn settled(value: &Value, holds: bool) -> Option<Value> {
    match value {
        Value::Object(members) => {
            if let Some([_, yes, no]) =
                members.get("Fn::If").and_then(Value::as_array).map(Vec::as_slice)
            {
                return settled(if holds { yes } else { no }, holds);
            }
            if members.get("Ref").is_some_and(|to| to == "AWS::NoValue") {
                return None;
            }
            let gone = members.get("Condition").is_some_and(Value::is_string) && !holds;
            let kept =
                members.iter().filter(|(key, value)| !(*key == "Condition" && value.is_string()));
            let kept = kept.filter_map(|(key, value)| Some((key.clone(), settled(value, holds)?)));
            (!gone).then(|| Value::Object(kept.collect()))
        }
        Value::Array(items) => {
            Some(Value::Array(items.iter().filter_map(|item| settled(item, holds)).collect()))
        }
        plain => Some(plain.clone()),
    }
}

/// One asset of each type is enough.
fn unique(assets: &[Asset]) -> impl Iterator<Item = &Asset> {
    let first = |at: &usize| assets[..*at].iter().all(|other| other.kind != assets[*at].kind);
    (0..assets.len()).filter(first).map(|at| &assets[at])
}

fn id(at: usize, kind: Kind) -> String {
    let owner = match at {
        SHARED => "Shared".to_owned(),
        at => format!("T{at}"),
    };
    let word = kind.word();
    format!("{owner}{}{}", word[..1].to_uppercase(), &word[1..])
}

struct Writer<'p> {
    plan: &'p Plan,
    resources: Map<String, Value>,
}

impl Writer<'_> {
    fn add(&mut self, id: &str, kind: &str, properties: Value) {
        self.resources.insert(id.to_owned(), json!({"Type": kind, "Properties": properties}));
    }

    /// The tenant so many steps on.
    fn other(&self, at: usize, step: usize) -> usize {
        let count = self.plan.tenants.len();
        match (at, step) {
            (_, SHARED) | (SHARED, 0) => SHARED,
            (SHARED, step) => (step - 1) % count,
            (at, 0) => at,
            (at, step) => (at + 1 + (step - 1) % (count - 1)) % count,
        }
    }

    fn name(&self, at: usize) -> &'static str {
        if at == SHARED { "shared" } else { self.plan.ids[at] }
    }

    fn assets(&self, at: usize) -> &[Asset] {
        match at {
            SHARED => &self.plan.shared.assets,
            at => &self.plan.tenants[at].assets,
        }
    }

    fn of(&self, at: usize, kind: Kind) -> Option<&Asset> {
        self.assets(at).iter().find(|asset| asset.kind == kind)
    }

    fn has(&self, at: usize, kind: Kind) -> bool {
        match (at, kind) {
            (SHARED, Kind::Role) => self.plan.shared.role.is_some(),
            (SHARED, Kind::User) => false,
            (at, Kind::Role) => self.plan.tenants[at].role.is_some(),
            (at, Kind::User) => self.plan.tenants[at].user.is_some(),
            (at, kind) => self.of(at, kind).is_some(),
        }
    }

    fn tags(&self, at: usize) -> Value {
        json!([{"Key": "tenant_id", "Value": self.name(at)}])
    }

    fn role(&mut self, at: usize, role: &Role) {
        let mut tags = self.tags(at);
        if let (Some(team), Some(tags)) = (role.team, tags.as_array_mut()) {
            tags.push(json!({"Key": "team", "Value": team}));
        }
        let mut properties = json!({
            "RoleName": format!("{}-role", self.name(at)),
            "AssumeRolePolicyDocument": self.document(at, &role.trust),
            "Tags": tags,
        });
        if role.path {
            properties["Path"] = json!("/app/");
        }
        self.rights(at, Kind::Role, &role.rights, &mut properties);
        self.add(&id(at, Kind::Role), "AWS::IAM::Role", properties);
    }

    fn user(&mut self, at: usize, user: &User) {
        let mut properties =
            json!({"UserName": format!("{}-user", self.name(at)), "Tags": self.tags(at)});
        if user.grouped && self.plan.shared.group.is_some() {
            properties["Groups"] = json!([{"Ref": "Group"}]);
        }
        self.rights(at, Kind::User, &user.rights, &mut properties);
        self.add(&id(at, Kind::User), "AWS::IAM::User", properties);
    }

    fn rights(&mut self, at: usize, kind: Kind, rights: &Rights, properties: &mut Value) {
        let own = id(at, kind);
        if !rights.inline.is_empty() {
            let document = self.document(at, &rights.inline);
            if rights.apart {
                let (kind, property) = match kind {
                    Kind::User => ("AWS::IAM::UserPolicy", "UserName"),
                    _ => ("AWS::IAM::RolePolicy", "RoleName"),
                };
                let apart = json!({
                    "PolicyName": "apart",
                    "PolicyDocument": document,
                    property: {"Ref": own},
                });
                self.add(&format!("{own}Policy"), kind, apart);
            } else {
                properties["Policies"] = json!([{"PolicyName": "p", "PolicyDocument": document}]);
            }
        }
        if let Some(boundary) = &rights.boundary {
            let document = self.document(at, boundary);
            let name = format!("{own}Boundary");
            self.add(&name, "AWS::IAM::ManagedPolicy", json!({"PolicyDocument": document}));
            properties["PermissionsBoundary"] = json!({"Ref": name});
        }
        let mut managed = Vec::new();
        if rights.managed && self.plan.shared.managed.is_some() {
            managed.push(json!({"Ref": "Managed"}));
        }
        if let Some(aws) = rights.aws {
            managed.push(json!(format!("arn:aws:iam::aws:policy/{aws}")));
        }
        if !managed.is_empty() {
            properties["ManagedPolicyArns"] = Value::Array(managed);
        }
    }

    fn asset(&mut self, at: usize, asset: &Asset) {
        let own = id(at, asset.kind);
        let mut properties = json!({"Tags": self.tags(at)});
        if let Some(property) = asset.kind.property().filter(|_| asset.named) {
            properties[property] = json!(format!("{}-{}", self.name(at), asset.kind.word()));
        }
        let key = asset.key.map(|step| self.other(at, step));
        let key = key.filter(|at| self.has(*at, Kind::Key));
        let key = key.map(|at| Kind::Key.reference(&id(at, Kind::Key)));
        let policy = (!asset.policy.is_empty()).then(|| self.document(at, &asset.policy));
        let mut apart = |kind: &str, property: &str, value: Value, document: &str| {
            if let Some(policy) = &policy {
                let properties = json!({property: value, document: policy});
                self.add(&format!("{own}Policy"), kind, properties);
            }
        };
        let reference = json!({"Ref": own});
        match asset.kind {
            Kind::Table => {
                if let Some(policy) = policy {
                    properties["ResourcePolicy"] = json!({"PolicyDocument": policy});
                }
                if asset.indexed {
                    properties["GlobalSecondaryIndexes"] = json!([{"IndexName": "i"}]);
                }
                if let Some(key) = key {
                    properties["SSESpecification"] = json!({"SSEEnabled": true,
                        "SSEType": "KMS", "KMSMasterKeyId": key});
                }
            }
            Kind::Key => {
                if let Some(policy) = policy {
                    properties["KeyPolicy"] = policy;
                }
            }
            Kind::Bucket => {
                apart("AWS::S3::BucketPolicy", "Bucket", reference, "PolicyDocument");
            }
            Kind::Queue => {
                apart("AWS::SQS::QueuePolicy", "Queues", json!([reference]), "PolicyDocument");
            }
            Kind::Topic => {
                apart("AWS::SNS::TopicPolicy", "Topics", json!([reference]), "PolicyDocument");
            }
            Kind::Secret => {
                apart(
                    "AWS::SecretsManager::ResourcePolicy",
                    "SecretId",
                    reference,
                    "ResourcePolicy",
                );
            }
            Kind::Group => {
                if let Some(key) = key {
                    properties["KmsKeyId"] = key;
                }
            }
            Kind::Function => self.function(at, asset, &mut properties),
            Kind::Role | Kind::User => {}
        }
        self.add(&own, asset.kind.kind(), properties);
        if let Some(permission) = asset.permission.as_ref().filter(|_| asset.kind == Kind::Function)
        {
            self.permission(at, permission);
        }
        for id in [format!("{own}Policy"), format!("{own}Permission")] {
            if let Some(part) = self.resources.get_mut(&id).filter(|_| asset.hangs) {
                part["Condition"] = json!("Is");
            }
        }
    }

    fn function(&self, at: usize, asset: &Asset, properties: &mut Value) {
        let runs = self.other(at, asset.runs);
        properties["Role"] = match self.has(runs, Kind::Role) {
            true => Kind::Role.reference(&id(runs, Kind::Role)),
            false => json!(format!("arn:aws:iam::{ACCOUNT}:role/elsewhere")),
        };
        properties["Code"] = json!({"ZipFile": "exports.handler = () => {}"});
        let mut variables = Map::new();
        for (kind, step) in &asset.told {
            let whose = self.other(at, *step);
            if *kind != Kind::Function && self.has(whose, *kind) {
                let word = kind.word().to_uppercase();
                variables.insert(word, json!({"Ref": id(whose, *kind)}));
            }
        }
        if !variables.is_empty() {
            properties["Environment"] = json!({"Variables": variables});
        }
    }

    fn permission(&mut self, at: usize, permission: &Permission) {
        let other = self.other(at, 1);
        let role = |at: usize| match self.has(at, Kind::Role) {
            true => Kind::Role.reference(&id(at, Kind::Role)),
            false => json!(FOREIGN),
        };
        let principals: [Value; INVOKERS] = [
            role(at),
            role(other),
            json!("sns.amazonaws.com"),
            json!("events.amazonaws.com"),
            json!("apigateway.amazonaws.com"),
            json!({"Ref": "AWS::AccountId"}),
            json!("*"),
            json!(FOREIGN),
        ];
        let mut properties = json!({
            "FunctionName": {"Ref": id(at, Kind::Function)},
            "Action": permission.action,
            "Principal": principals[permission.principal],
        });
        if let Some(source) = permission.source {
            let topic = |at: usize| match self.has(at, Kind::Topic) {
                true => Kind::Topic.reference(&id(at, Kind::Topic)),
                false => json!({"Fn::Sub": Kind::Topic.arn("*", "${AWS::AccountId}", "any")}),
            };
            properties["SourceArn"] = match source {
                0 => topic(at),
                1 => topic(other),
                2 => json!("arn:aws:sns:*:*:*"),
                _ => json!({"Fn::Sub": "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:*"}),
            };
        }
        if permission.account {
            properties["SourceAccount"] = json!({"Ref": "AWS::AccountId"});
        }
        let own = format!("{}Permission", id(at, Kind::Function));
        self.add(&own, "AWS::Lambda::Permission", properties);
    }

    fn document(&self, at: usize, statements: &[Statement]) -> Value {
        let statements: Vec<Value> =
            statements.iter().map(|statement| self.statement(at, statement)).collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    fn statement(&self, at: usize, statement: &Statement) -> Value {
        let mut out = json!({"Effect": if statement.deny { "Deny" } else { "Allow" }});
        if !statement.whom.who.is_empty() {
            let element = if statement.whom.not { "NotPrincipal" } else { "Principal" };
            out[element] = self.whom(at, &statement.whom);
        }
        let mut actions = statement.actions.clone();
        actions.dedup();
        out[if statement.others { "NotAction" } else { "Action" }] = json!(actions);
        if !statement.targets.is_empty() {
            let element = if statement.besides { "NotResource" } else { "Resource" };
            let on_resource = !statement.whom.who.is_empty();
            let targets = statement.targets.iter();
            let targets: Vec<Value> =
                targets.map(|target| self.target(at, target, on_resource)).collect();
            out[element] = json!(targets);
        }
        for condition in &statement.conditions {
            out["Condition"][condition.operator][condition.key] = self.values(at, condition);
        }
        let nothing = json!({"Ref": "AWS::NoValue"});
        match statement.hangs {
            Some(true) => json!({"Fn::If": ["Is", out, nothing]}),
            Some(false) => json!({"Fn::If": ["Is", nothing, out]}),
            None => out,
        }
    }

    fn target(&self, at: usize, target: &Target, on_resource: bool) -> Value {
        let Target { kind, step, form, part } = target;
        let whose = self.other(at, *step);
        let name = self.name(whose);
        let full = format!("{name}-{}", kind.word());
        let own = id(whose, *kind);
        let made = self.of(whose, *kind).is_some_and(|asset| !asset.named);
        // A table's, a key's and a role's policy are parts of themselves and cannot refer to it.
        let inside = on_resource && matches!(kind, Kind::Table | Kind::Key | Kind::Role);
        let form = match form {
            Form::Reference if inside && *kind == Kind::Key => Form::Everything,
            Form::Reference if inside || !self.has(whose, *kind) => Form::Named,
            form => *form,
        };
        let unnamed = *kind == Kind::Key || made;
        let by_name = |name: &str| kind.arn("${AWS::Region}", "${AWS::AccountId}", name);
        let sub = |arn: String| json!({"Fn::Sub": format!("{arn}{part}")});
        match form {
            Form::Reference if part.is_empty() => kind.reference(&own),
            Form::Reference => match kind {
                Kind::Topic | Kind::Secret => json!({"Fn::Sub": format!("${{{own}}}{part}")}),
                _ => json!({"Fn::Sub": format!("${{{own}.Arn}}{part}")}),
            },
            Form::Named | Form::Joined if unnamed && self.has(whose, *kind) && !inside => {
                match kind {
                    Kind::Topic | Kind::Secret => kind.reference(&own),
                    _ => sub(by_name(&format!("${{{own}}}"))),
                }
            }
            Form::Named => sub(by_name(&full)),
            Form::Joined => {
                let arn = kind.arn("|R|", "|A|", &full);
                let parts: Vec<Value> = arn
                    .split('|')
                    .map(|part| match part {
                        "R" => json!({"Ref": "AWS::Region"}),
                        "A" => json!({"Ref": "AWS::AccountId"}),
                        text => json!(text),
                    })
                    .collect();
                json!({"Fn::Join": ["", parts]})
            }
            Form::Literal => json!(format!("{}{part}", kind.arn(REGION, ACCOUNT, &full))),
            Form::Dash => sub(by_name(&format!("{name}-*"))),
            Form::Prefix => sub(by_name(&format!("{name}*"))),
            Form::Question => sub(by_name(&format!("{name}?{}", kind.word()))),
            Form::Tag => {
                let name = format!("${{!aws:PrincipalTag/tenant_id}}-{}", kind.word());
                sub(by_name(&name))
            }
            Form::Stack => sub(by_name("${AWS::StackName}-*")),
            Form::MadeUp => sub(by_name(&format!("${{AWS::StackName}}-{own}-*"))),
            Form::Later => sub(by_name("${Later}")),
            Form::Type => json!(kind.arn("*", "*", "*")),
            Form::Service => {
                let arn = kind.arn("", "", "");
                let service = arn.split(':').nth(2).unwrap_or_default();
                json!(format!("arn:aws:{service}:*:*:*"))
            }
            Form::Everything => json!("*"),
        }
    }

    fn whom(&self, at: usize, whom: &Whom) -> Value {
        if whom.who.contains(&Who::Everyone) {
            return json!("*");
        }
        let mut aws = Vec::new();
        let mut services = Vec::new();
        for who in &whom.who {
            let named = |step: usize, kind: Kind| {
                let at = self.other(at, step);
                match self.has(at, kind) {
                    true => kind.reference(&id(at, kind)),
                    false => json!(FOREIGN),
                }
            };
            let sub = |text: String| json!({"Fn::Sub": text});
            let name = |step: &usize| self.name(self.other(at, *step));
            match who {
                Who::Role(step) => aws.push(named(*step, Kind::Role)),
                Who::User(step) => aws.push(named(*step, Kind::User)),
                Who::Named(step) => {
                    let role = format!("{}-role", name(step));
                    aws.push(sub(Kind::Role.arn("", "${AWS::AccountId}", &role)));
                }
                Who::Written(step) => {
                    let role = format!("{}-role", name(step));
                    aws.push(json!(Kind::Role.arn("", ACCOUNT, &role)));
                }
                Who::Session(step) => aws.push(sub(format!(
                    "arn:aws:sts::${{AWS::AccountId}}:assumed-role/{}-role/session",
                    name(step)
                ))),
                Who::Root => aws.push(sub("arn:aws:iam::${AWS::AccountId}:root".to_owned())),
                Who::Account => aws.push(json!({"Ref": "AWS::AccountId"})),
                Who::EveryAws => aws.push(json!("*")),
                Who::Service(service) => services.push(json!(service)),
                Who::Foreign => aws.push(json!(format!("arn:aws:iam::{FOREIGN}:root"))),
                Who::Everyone => {}
            }
        }
        let mut out = Map::new();
        for (name, list) in [("AWS", aws), ("Service", services)] {
            if !list.is_empty() {
                out.insert(name.to_owned(), json!(list));
            }
        }
        Value::Object(out)
    }

    fn values(&self, at: usize, condition: &Condition) -> Value {
        let other = self.other(at, condition.step);
        let (own, other_name) = (self.name(at), self.name(other));
        if condition.operator == "Null" {
            return json!(if condition.values[0].is_multiple_of(2) { "true" } else { "false" });
        }
        let role = |at: usize| match self.has(at, Kind::Role) {
            true => Kind::Role.reference(&id(at, Kind::Role)),
            false => json!(Kind::Role.arn("", ACCOUNT, "elsewhere")),
        };
        let sub = |text: &str| json!({"Fn::Sub": text});
        let one = |value: usize| match condition.class {
            Class::Id => match value {
                0 => json!(other_name),
                1 => json!("${aws:PrincipalTag/tenant_id}"),
                2 => json!(format!("{other_name}*")),
                3 => json!("${aws:ResourceTag/tenant_id}"),
                4 if condition.values.len() > 1 => json!({"Ref": "Later"}),
                4 => json!("*"),
                _ => json!(format!("${{aws:PrincipalTag/team, '{own}'}}")),
            },
            Class::Arn => match value {
                0 => role(other),
                1 => sub(&format!("arn:aws:iam::${{AWS::AccountId}}:role/{other_name}*")),
                2 => json!("arn:aws:*:*:*:*"),
                3 => sub("arn:aws:sns:${AWS::Region}:${AWS::AccountId}:*"),
                4 => json!("*"),
                _ => sub("arn:aws:iam::${AWS::AccountId}:role/app/*"),
            },
            Class::Account => match value {
                0 | 1 => json!({"Ref": "AWS::AccountId"}),
                2 => json!(ACCOUNT),
                3 => json!(FOREIGN),
                4 => json!("*"),
                _ => json!("${aws:PrincipalAccount}"),
            },
            Class::Address => match value {
                0 | 1 => json!("10.0.0.0/8"),
                2 => json!("0.0.0.0/0"),
                3 => json!("2001:db8::/32"),
                _ => json!("198.51.100.7"),
            },
            Class::Flag => json!(if value.is_multiple_of(2) { "true" } else { "false" }),
            Class::Date => match value {
                0 | 1 => json!("2030-01-01T00:00:00Z"),
                _ => json!("2020-01-01T00:00:00Z"),
            },
            Class::Word => match value {
                0 => json!("something"),
                1 => json!("some*"),
                2 => json!("dynamodb.us-east-1.amazonaws.com"),
                3 => json!("AssumedRole"),
                4 => json!("*"),
                _ => json!("${aws:UserAgent}"),
            },
        };
        Value::Array(condition.values.iter().map(|value| one(*value)).collect())
    }
}
