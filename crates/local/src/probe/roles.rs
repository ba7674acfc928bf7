//! The credentials of a tenant's function, used on another tenant's table, key, log group, function and role.

use super::{
    Attack, Caller, FunctionTarget, OwnUse, Party, Plane, TableTarget, Target, Verdict, summary,
};
use crate::client::{Call, ClientError, Keys, Response, encode};
use serde_json::{Value, json};

const IAM: &str = "2010-05-08";
const STS: &str = "2011-06-15";

/// What there is of a tenant behind the API.
pub(super) struct Assets {
    /// Its functions, in the order of the target's.
    functions: Vec<FunctionAssets>,
    /// The public keys of its user pool.
    pub(super) token_keys: Value,
    key_id: String,
    key_policy: String,
}

/// A function as it is deployed.
struct FunctionAssets {
    /// The credentials that it has.
    keys: Keys,
    function_arn: String,
    role_arn: String,
}

impl Assets {
    pub(super) fn look_up(caller: &Caller<'_>, target: &Target) -> Result<Self, ClientError> {
        let alias = json!({ "KeyId": target.key_alias });
        let key = caller.json("kms", "TrentService.DescribeKey", &alias)?;
        let key_id = text(&key, "/KeyMetadata/KeyId");
        let named = json!({ "KeyId": key_id, "PolicyName": "default" });
        let policy = caller.json("kms", "TrentService.GetKeyPolicy", &named)?;
        for table in &target.tables {
            caller.json(
                "dynamodb",
                "DynamoDB_20120810.DescribeTable",
                &json!({ "TableName": table.name }),
            )?;
        }
        let functions = target.functions.iter().map(|function| Self::function(caller, function));
        let functions = functions.collect::<Result<_, _>>()?;
        caller.counts(1);
        let keys = format!("/{}/.well-known/jwks.json", target.endpoint.user_pool);
        Ok(Self {
            functions,
            token_keys: caller.client.list("cognito-idp", &keys)?,
            key_id,
            key_policy: text(&policy, "/Policy"),
        })
    }

    fn function(
        caller: &Caller<'_>,
        target: &FunctionTarget,
    ) -> Result<FunctionAssets, ClientError> {
        let group = json!({ "logGroupNamePrefix": target.log_group });
        let groups = caller.json("logs", "Logs_20140328.DescribeLogGroups", &group)?;
        if groups.pointer("/logGroups/0").is_none() {
            let missing = format!("there is no {}", target.log_group);
            return Err(ClientError::unexpected("logs", "DescribeLogGroups", &missing));
        }
        caller.counts(1);
        let function =
            caller.client.list("lambda", &format!("/2015-03-31/functions/{}", target.function))?;
        let function_arn = text(&function, "/Configuration/FunctionArn");
        let role_arn = text(&function, "/Configuration/Role");
        let keys = caller.client.keys_of_function(&function_arn, &role_arn);
        Ok(FunctionAssets { keys, function_arn, role_arn })
    }
}

#[cfg(test)]
impl Assets {
    pub(super) fn for_tests() -> Self {
        let function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned();
        let role_arn = "arn:aws:iam::000000000000:role/r".to_owned();
        let keys = Keys { id: "id".to_owned(), secret: "secret".to_owned(), token: None };
        Self {
            functions: vec![FunctionAssets { keys, function_arn, role_arn }],
            token_keys: json!({ "keys": [{ "n": "bg", "e": "AQAB" }] }),
            key_id: "key".to_owned(),
            key_policy: "{}".to_owned(),
        }
    }
}

/// The same credentials on the tenant's own tables and log groups: were they not valid, every refusal would be for that.
pub(super) fn use_own(caller: &Caller<'_>, party: &Party<'_>, own: &mut Vec<OwnUse>) {
    for (function, assets) in party.target.functions.iter().zip(&party.assets.functions) {
        let read = party.target.tables.iter().filter(|one| function.reads.contains(&one.name));
        let mut all: Vec<(String, Request)> =
            read.map(|table| request("GetItem", &table.name, item(table))).collect();
        let group = &function.log_group;
        let stream = json!({ "logGroupName": group, "logStreamName": "probe-own" });
        all.push(request("CreateLogStream", group, logs("CreateLogStream", &stream)));
        for (what, call) in all {
            let answer = send(caller, &assets.keys, call);
            own.push(OwnUse {
                tenant: party.target.tenant.clone(),
                what: format!("{}: {what}", whose(party, function, "its function")),
                expected: "200".to_owned(),
                came: summary(&answer),
                works: answer.is_ok_and(|answer| answer.status == 200),
            });
        }
        drop(caller.json("logs", "Logs_20140328.DeleteLogStream", &stream));
    }
}

/// A function among a tenant's: by its name where there are several.
fn whose(party: &Party<'_>, function: &FunctionTarget, only: &str) -> String {
    match party.target.functions.as_slice() {
        [_] => only.to_owned(),
        _ => function.function.clone(),
    }
}

pub(super) fn attack(
    caller: &Caller<'_>,
    attacker: &Party<'_>,
    victim: &Party<'_>,
    attacks: &mut Vec<Attack>,
) {
    for (function, assets) in attacker.target.functions.iter().zip(&attacker.assets.functions) {
        let whose = whose(attacker, function, "its function");
        let mut tries = Tries { caller, attacker, assets, whose, victim, attacks };
        for table in &victim.target.tables {
            tries.table(table);
        }
        tries.key();
        for (target, assets) in victim.target.functions.iter().zip(&victim.assets.functions) {
            tries.log_group(target, assets);
            tries.function(target);
            tries.role(target, assets);
        }
    }
}

struct Tries<'a, 'b> {
    caller: &'a Caller<'a>,
    attacker: &'a Party<'a>,
    /// The attacker's function whose credentials are used.
    assets: &'a FunctionAssets,
    whose: String,
    victim: &'a Party<'a>,
    attacks: &'b mut Vec<Attack>,
}

impl Tries<'_, '_> {
    fn table(&mut self, target: &TableTarget) {
        let before = self.attacks.len();
        let table = target.name.as_str();
        self.make(Plane::Data, request("GetItem", table, item(target)));
        // No item has this key, so the condition holds for none and nothing is written.
        let put = json!({
            "TableName": table, "Item": key_of(target, "PROBE", "none"),
            "ConditionExpression": "attribute_exists(#pk)",
            "ExpressionAttributeNames": { "#pk": target.partition_key },
        });
        self.make(Plane::Data, request("PutItem", table, dynamodb("PutItem", &put)));
        let query = json!({
            "TableName": table, "KeyConditionExpression": "#pk = :pk",
            "ExpressionAttributeNames": { "#pk": target.partition_key },
            "ExpressionAttributeValues": { ":pk": { "S": "USER" } },
        });
        self.make(Plane::Data, request("Query", table, dynamodb("Query", &query)));
        let all = json!({ "TableName": table });
        self.make(Plane::Data, request("Scan", table, dynamodb("Scan", &all)));
        let arn = table_arn(&self.assets.function_arn, table);
        let delete = request("DeleteTable", table, dynamodb("DeleteTable", &all));
        self.make_destructive(Plane::Data, delete, "dynamodb:DeleteTable", &arn, before);
    }

    /// All but the last are KMS's own dry runs. The last one writes the policy that is there already.
    fn key(&mut self) {
        let victim = self.victim;
        let key = victim.assets.key_id.as_str();
        let plain = json!({ "KeyId": key, "Plaintext": "cHJvYmU=", "DryRun": true });
        self.make(Plane::Key, request("Encrypt", key, kms("Encrypt", &plain)));
        let cipher = json!({ "KeyId": key, "CiphertextBlob": "cHJvYmU=", "DryRun": true });
        self.make(Plane::Key, request("Decrypt", key, kms("Decrypt", &cipher)));
        let grant = json!({
            "KeyId": key, "GranteePrincipal": self.assets.role_arn,
            "Operations": ["Decrypt"], "DryRun": true,
        });
        self.make(Plane::Key, request("CreateGrant", key, kms("CreateGrant", &grant)));
        let policy = json!({
            "KeyId": key, "PolicyName": "default", "Policy": victim.assets.key_policy,
        });
        self.make(Plane::Key, request("PutKeyPolicy", key, kms("PutKeyPolicy", &policy)));
    }

    fn log_group(&mut self, target: &FunctionTarget, assets: &FunctionAssets) {
        let before = self.attacks.len();
        let group = target.log_group.as_str();
        let name = format!("probe-by-{}", self.attacker.target.tenant);
        let stream = json!({ "logGroupName": group, "logStreamName": name });
        let made = self
            .make(Plane::Log, request("CreateLogStream", group, logs("CreateLogStream", &stream)));
        if made == Verdict::GotThrough {
            drop(self.caller.json("logs", "Logs_20140328.DeleteLogStream", &stream));
        }
        // There is no such stream, so nothing is written.
        let events = json!({
            "logGroupName": group, "logStreamName": "probe-none",
            "logEvents": [{ "timestamp": 0, "message": "probe" }],
        });
        self.make(Plane::Log, request("PutLogEvents", group, logs("PutLogEvents", &events)));
        let delete = json!({ "logGroupName": group });
        let delete = request("DeleteLogGroup", group, logs("DeleteLogGroup", &delete));
        let account = account_of(&assets.function_arn, "logs");
        let arn = format!("{account}:log-group:{group}");
        self.make_destructive(Plane::Log, delete, "logs:DeleteLogGroup", &arn, before);
    }

    /// Both are Lambda's own dry runs.
    fn function(&mut self, target: &FunctionTarget) {
        let name = target.function.as_str();
        let run = lambda("POST", &format!("{name}/invocations"), &json!({}));
        let run = run.header("x-amz-invocation-type", "DryRun");
        self.make(Plane::Identity, request("Invoke", name, run));
        let code = json!({ "DryRun": true, "S3Bucket": "tenantry-probe-none", "S3Key": "none" });
        let update = lambda("PUT", &format!("{name}/code"), &code);
        self.make(Plane::Escalation, request("UpdateFunctionCode", name, update));
    }

    /// The policy that is put allows nothing, and goes at once should it be taken.
    fn role(&mut self, target: &FunctionTarget, assets: &FunctionAssets) {
        let name = target.role.as_str();
        let arn = assets.role_arn.as_str();
        let session = [("RoleArn", arn), ("RoleSessionName", "probe")];
        let assume = request("AssumeRole", name, query("sts", STS, "AssumeRole", &session));
        self.make(Plane::Escalation, assume);
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Deny", "Action": "sts:GetFederationToken", "Resource": "*" }] });
        let policy = policy.to_string();
        let named = [("RoleName", name), ("PolicyName", "tenantry-probe")];
        let fields = [named.as_slice(), &[("PolicyDocument", policy.as_str())]].concat();
        let put = query("iam", IAM, "PutRolePolicy", &fields);
        if self.make(Plane::Escalation, request("PutRolePolicy", name, put)) == Verdict::GotThrough
        {
            self.caller.counts(1);
            drop(self.caller.client.query("iam", IAM, "DeleteRolePolicy", &named));
        }
    }

    fn make(&mut self, plane: Plane, (what, call): (String, Request)) -> Verdict {
        let answer = send(self.caller, &self.assets.keys, call);
        let verdict = verdict(&answer);
        self.tell(plane, what, summary(&answer), verdict)
    }

    /// A deletion has no dry run. It is made only when nothing else got through to the same asset and the policy simulator
    /// says that the role may not; where that says that it may, that is the finding, and nothing is deleted.
    fn make_destructive(
        &mut self,
        plane: Plane,
        (what, call): (String, Request),
        action: &str,
        resource: &str,
        before: usize,
    ) {
        let others = self.attacks.get(before..).unwrap_or_default();
        if others.iter().any(|attack| attack.verdict != Verdict::Refused) {
            let came = "not made: another attack on it was not refused".to_owned();
            self.tell(plane, what, came, Verdict::NotMade);
            return;
        }
        let fields = [
            ("PolicySourceArn", self.assets.role_arn.as_str()),
            ("ActionNames.member.1", action),
            ("ResourceArns.member.1", resource),
        ];
        self.caller.counts(1);
        let simulated = self.caller.client.query("iam", IAM, "SimulatePrincipalPolicy", &fields);
        match simulated.and_then(|xml| xml.texts("EvalDecision")) {
            Ok(decisions) if decisions.iter().any(|decision| decision == "allowed") => {
                let came = "not made: the policy simulator says that it is allowed".to_owned();
                self.tell(plane, what, came, Verdict::GotThrough);
            }
            Ok(decisions) if !decisions.is_empty() => {
                self.make(plane, (what, call));
            }
            Ok(_) => {
                let came = "not made: the policy simulator said nothing".to_owned();
                self.tell(plane, what, came, Verdict::Unclear);
            }
            Err(error) => {
                self.tell(plane, what, error.to_string(), Verdict::Unclear);
            }
        }
    }

    fn tell(&mut self, plane: Plane, what: String, came: String, verdict: Verdict) -> Verdict {
        self.attacks.push(Attack {
            plane,
            attacker: self.attacker.target.tenant.clone(),
            victim: self.victim.target.tenant.clone(),
            what: format!("{what} with {}'s credentials", self.whose),
            expected: "AccessDenied",
            came,
            verdict,
        });
        verdict
    }
}

/// Services decide who may before they look at what is asked: any complaint but a refusal comes from behind the barrier.
fn verdict(answer: &Result<Response, ClientError>) -> Verdict {
    let Ok(answer) = answer else { return Verdict::Unclear };
    let text = answer.text();
    // A caller that is not known is turned away for that, whatever its tenant's role may do.
    let unknown =
        ["InvalidClientTokenId", "UnrecognizedClient", "SignatureDoesNotMatch", "Throttl"];
    match answer.status {
        200..300 => Verdict::GotThrough,
        400..500 if text.contains("AccessDenied") => Verdict::Refused,
        429 | 500.. => Verdict::Unclear,
        _ if unknown.iter().any(|code| text.contains(code)) => Verdict::Unclear,
        _ => Verdict::GotThrough,
    }
}

/// A request before it is signed.
struct Request {
    service: &'static str,
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Request {
    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

fn send(caller: &Caller<'_>, keys: &Keys, request: Request) -> Result<Response, ClientError> {
    caller.counts(1);
    let Request { service, method, path, headers, body } = request;
    let body = body.into_bytes();
    let client = caller.client.with_keys(keys.clone());
    client.send(Call { service, method, path: &path, headers, body })
}

fn request(operation: &str, asset: &str, request: Request) -> (String, Request) {
    (format!("{operation} on {asset}"), request)
}

fn item(table: &TableTarget) -> Request {
    let key = key_of(table, "USER", "probe-none");
    dynamodb("GetItem", &json!({ "TableName": table.name, "Key": key }))
}

fn key_of(table: &TableTarget, partition: &str, sort: &str) -> Value {
    let mut key = serde_json::Map::new();
    key.insert(table.partition_key.clone(), json!({ "S": partition }));
    if let Some(attribute) = &table.sort_key {
        key.insert(attribute.clone(), json!({ "S": sort }));
    }
    key.into()
}

fn dynamodb(operation: &str, body: &Value) -> Request {
    posted("dynamodb", "application/x-amz-json-1.0", body.to_string())
        .header("x-amz-target", &format!("DynamoDB_20120810.{operation}"))
}

fn kms(operation: &str, body: &Value) -> Request {
    posted("kms", "application/x-amz-json-1.1", body.to_string())
        .header("x-amz-target", &format!("TrentService.{operation}"))
}

fn logs(operation: &str, body: &Value) -> Request {
    posted("logs", "application/x-amz-json-1.1", body.to_string())
        .header("x-amz-target", &format!("Logs_20140328.{operation}"))
}

fn lambda(method: &'static str, rest: &str, body: &Value) -> Request {
    let path = format!("/2015-03-31/functions/{rest}");
    Request { method, path, ..posted("lambda", "application/json", body.to_string()) }
}

fn query(
    service: &'static str,
    version: &str,
    operation: &str,
    fields: &[(&str, &str)],
) -> Request {
    let form = fields
        .iter()
        .fold(format!("Action={operation}&Version={version}"), |form, (name, value)| {
            format!("{form}&{}={}", encode(name), encode(value))
        });
    posted(service, "application/x-www-form-urlencoded; charset=utf-8", form)
}

fn posted(service: &'static str, content: &str, body: String) -> Request {
    let headers = vec![("content-type", content.to_owned())];
    Request { service, method: "POST", path: "/".to_owned(), headers, body }
}

/// A table of the same account and Region as the function.
fn table_arn(function_arn: &str, table: &str) -> String {
    format!("{}:table/{table}", account_of(function_arn, "dynamodb"))
}

/// `arn:aws:{service}:{region}:{account}` of a function's ARN.
fn account_of(function_arn: &str, service: &str) -> String {
    let before = function_arn.split(":function:").next().unwrap_or_default();
    before.replacen(":lambda:", &format!(":{service}:"), 1)
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
