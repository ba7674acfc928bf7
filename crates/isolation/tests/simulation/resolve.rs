//! A template with concrete values: every `Ref`, `Fn::GetAtt`, `Fn::Sub` and `Fn::Join` filled in as
//! one deployment would. Conditions, mappings and other functions are refused.

use serde_json::{Map, Value};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "us-east-1";

/// A resource with its properties filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub id: String,
    pub kind: String,
    pub properties: Value,
    /// What a `Ref` to it gives.
    pub reference: String,
    /// What requests name; empty for a type that is not simulated.
    pub arn: String,
}

/// Fills in a template; an error says why AWS would refuse it.
pub fn resources(template: &Value) -> Result<Vec<Resource>, String> {
    let declared = template["Resources"].as_object().ok_or("no resources")?;
    let names = Names { template, declared };
    declared
        .iter()
        .map(|(id, resource)| {
            let kind = resource["Type"].as_str().ok_or_else(|| format!("{id} has no type"))?;
            for other in resource["DependsOn"].as_array().into_iter().flatten() {
                names.resource(other.as_str().unwrap_or_default())?;
            }
            Ok(Resource {
                id: id.clone(),
                kind: kind.to_owned(),
                properties: names.fill(&resource["Properties"])?,
                reference: names.reference(id)?,
                arn: names.arn(id)?,
            })
        })
        .collect()
}

struct Names<'t> {
    template: &'t Value,
    declared: &'t Map<String, Value>,
}

impl Names<'_> {
    fn fill(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.fill(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => match members.iter().next() {
                Some((name, given)) if members.len() == 1 && is_function(name) => {
                    Value::String(self.call(name, given)?)
                }
                _ => {
                    let filled =
                        members.iter().map(|(key, value)| Ok((key.clone(), self.fill(value)?)));
                    Value::Object(filled.collect::<Result<_, String>>()?)
                }
            },
            plain => plain.clone(),
        })
    }

    fn call(&self, name: &str, given: &Value) -> Result<String, String> {
        let text = |value: &Value| match self.fill(value)? {
            Value::String(text) => Ok(text),
            other => Err(format!("{name} is given {other}")),
        };
        match (name, given) {
            ("Ref", Value::String(id)) => self.reference(id),
            ("Fn::GetAtt", Value::Array(path)) => match path.as_slice() {
                [Value::String(id), Value::String(attribute)] => self.attribute(id, attribute),
                _ => Err(format!("Fn::GetAtt is given {given}")),
            },
            ("Fn::Sub", Value::String(template)) => self.substitute(template),
            ("Fn::Join", Value::Array(both)) => match both.as_slice() {
                [Value::String(by), Value::Array(items)] => {
                    let items: Result<Vec<String>, String> = items.iter().map(text).collect();
                    Ok(items?.join(by))
                }
                _ => Err(format!("Fn::Join is given {given}")),
            },
            _ => Err(format!("{name} is not simulated with {given}")),
        }
    }

    fn substitute(&self, template: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, end) = after.split_once('}').ok_or("`${` without an end")?;
            out.push_str(before);
            match (name.strip_prefix('!'), name.split_once('.')) {
                (Some(literal), _) => out.push_str(&format!("${{{literal}}}")),
                (None, Some((id, attribute))) => out.push_str(&self.attribute(id, attribute)?),
                (None, None) => out.push_str(&self.reference(name)?),
            }
            rest = end;
        }
        Ok(out + rest)
    }

    fn resource(&self, id: &str) -> Result<&Value, String> {
        self.declared.get(id).ok_or_else(|| format!("nothing is called `{id}`"))
    }

    fn reference(&self, id: &str) -> Result<String, String> {
        match id {
            "AWS::AccountId" => return Ok(ACCOUNT.to_owned()),
            "AWS::Region" => return Ok(REGION.to_owned()),
            "AWS::Partition" => return Ok("aws".to_owned()),
            "AWS::URLSuffix" => return Ok("amazonaws.com".to_owned()),
            "AWS::StackName" => return Ok("stack".to_owned()),
            _ => {}
        }
        if let Some(parameter) = self.template["Parameters"].get(id) {
            let default = parameter["Default"].as_str();
            return Ok(default.map_or(format!("parameter-{id}"), str::to_owned));
        }
        match self.kind(id)? {
            "AWS::SNS::Topic" | "AWS::IAM::ManagedPolicy" | "AWS::SecretsManager::Secret" => {
                self.arn(id)
            }
            "AWS::SQS::Queue" => {
                Ok(format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{}", self.name(id)?))
            }
            _ => self.name(id),
        }
    }

    fn attribute(&self, id: &str, attribute: &str) -> Result<String, String> {
        match (attribute, self.kind(id)?) {
            ("Arn", "AWS::Logs::LogGroup") => Ok(self.arn(id)? + ":*"),
            ("Arn" | "TopicArn", _) => self.arn(id),
            _ => Ok(format!("{attribute}-of-{id}")),
        }
    }

    fn kind(&self, id: &str) -> Result<&str, String> {
        self.resource(id)?["Type"].as_str().ok_or_else(|| format!("{id} has no type"))
    }

    /// The name that it is given, or one that AWS makes up.
    fn name(&self, id: &str) -> Result<String, String> {
        const NAMES: [&str; 9] = [
            "TableName",
            "RoleName",
            "UserName",
            "FunctionName",
            "LogGroupName",
            "BucketName",
            "QueueName",
            "TopicName",
            "GroupName",
        ];
        let kind = self.kind(id)?;
        if kind == "AWS::SecretsManager::Secret" {
            let given = &self.declared[id]["Properties"]["Name"];
            return Ok(given.as_str().map_or(format!("{id}-1A2B3C"), str::to_owned));
        }
        let own = |name: &&&str| {
            let stem = name.trim_end_matches("Name");
            kind.ends_with(&format!("::{stem}")) && kind.starts_with("AWS::")
        };
        let given = NAMES.iter().find(own).map(|name| &self.declared[id]["Properties"][*name]);
        match given.filter(|given| !given.is_null()) {
            Some(given) => match self.fill(given)? {
                Value::String(name) => Ok(name),
                other => Err(format!("the name of {id} is {other}")),
            },
            // The stack's name, the logical id and a random end.
            None if given_by_aws(kind) => Ok(format!("made-up-{id}")),
            None => Ok(format!("stack-{id}-1A2B3C")),
        }
    }

    fn arn(&self, id: &str) -> Result<String, String> {
        let kind = self.kind(id)?;
        let name = self.name(id)?;
        let path = self.declared[id]["Properties"]["Path"].as_str().unwrap_or("/");
        let here = format!("{REGION}:{ACCOUNT}");
        Ok(match kind {
            "AWS::DynamoDB::Table" => format!("arn:aws:dynamodb:{here}:table/{name}"),
            "AWS::IAM::Role" => format!("arn:aws:iam::{ACCOUNT}:role{path}{name}"),
            "AWS::IAM::User" => format!("arn:aws:iam::{ACCOUNT}:user{path}{name}"),
            "AWS::IAM::ManagedPolicy" => format!("arn:aws:iam::{ACCOUNT}:policy{path}{name}"),
            "AWS::Lambda::Function" => format!("arn:aws:lambda:{here}:function:{name}"),
            "AWS::Logs::LogGroup" => format!("arn:aws:logs:{here}:log-group:{name}"),
            "AWS::KMS::Key" => format!("arn:aws:kms:{here}:key/{name}"),
            "AWS::S3::Bucket" => format!("arn:aws:s3:::{name}"),
            "AWS::SQS::Queue" => format!("arn:aws:sqs:{here}:{name}"),
            "AWS::SNS::Topic" => format!("arn:aws:sns:{here}:{name}"),
            "AWS::Cognito::UserPool" => format!("arn:aws:cognito-idp:{here}:userpool/{name}"),
            "AWS::SecretsManager::Secret" => {
                format!("arn:aws:secretsmanager:{here}:secret:{name}-a1b2c3")
            }
            _ => String::new(),
        })
    }
}

/// Whether the name is an id that AWS makes up.
fn given_by_aws(kind: &str) -> bool {
    const NAMED: [&str; 9] = [
        "Table",
        "Role",
        "User",
        "Function",
        "LogGroup",
        "Bucket",
        "Queue",
        "Topic",
        "ManagedPolicy",
    ];
    let stem = kind.rsplit("::").next().unwrap_or_default();
    !NAMED.contains(&stem)
}

fn is_function(name: &str) -> bool {
    name == "Ref" || name.starts_with("Fn::")
}
