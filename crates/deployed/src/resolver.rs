//! A template's intrinsic functions, resolved from what was deployed.

use crate::stack::Stack;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Resolves `Ref`, `Fn::GetAtt`, `Fn::Sub` and `Fn::Join`; of the others it says that it cannot.
pub struct Resolver {
    /// Parameters and pseudo parameters.
    values: BTreeMap<String, String>,
    /// Logical id to type and physical id.
    resources: BTreeMap<String, (String, String)>,
    kinds: BTreeMap<String, String>,
    account: String,
    region: String,
}

impl Resolver {
    /// Of a stack with these resources in its template.
    #[must_use]
    pub fn new(stack: &Stack, resources: &Map<String, Value>) -> Self {
        let mut values = stack.parameters.clone();
        values.extend(
            [
                ("AWS::AccountId", stack.account.as_str()),
                ("AWS::Partition", "aws"),
                ("AWS::Region", stack.region.as_str()),
                ("AWS::StackId", stack.id.as_str()),
                ("AWS::StackName", stack.name.as_str()),
                ("AWS::URLSuffix", "amazonaws.com"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let kind =
            |body: &Value| body.get("Type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let kinds: BTreeMap<String, String> =
            resources.iter().map(|(id, body)| (id.clone(), kind(body))).collect();
        let mut resolver = Self {
            values,
            resources: BTreeMap::new(),
            kinds,
            account: stack.account.clone(),
            region: stack.region.clone(),
        };
        for (logical, physical) in &stack.physical {
            resolver.made(logical, physical);
        }
        resolver
    }

    /// Takes note of a resource that is there.
    pub fn made(&mut self, logical_id: &str, physical_id: &str) {
        if let Some(kind) = self.kinds.get(logical_id) {
            self.resources.insert(logical_id.to_owned(), (kind.clone(), physical_id.to_owned()));
        }
    }

    /// The physical id of a resource that is there.
    #[must_use]
    pub fn physical_id(&self, logical_id: &str) -> Option<&str> {
        self.resources.get(logical_id).map(|(_, physical)| physical.as_str())
    }

    /// The properties that can be resolved, and why the others cannot.
    #[must_use]
    pub fn properties(
        &self,
        properties: &Map<String, Value>,
    ) -> (Map<String, Value>, BTreeMap<String, String>) {
        let mut resolved = Map::new();
        let mut unresolved = BTreeMap::new();
        for (name, value) in properties {
            match self.value(value) {
                Ok(value) => {
                    resolved.insert(name.clone(), value);
                }
                Err(what) => {
                    unresolved.insert(name.clone(), what);
                }
            }
        }
        (resolved, unresolved)
    }

    /// A value with its functions carried out.
    ///
    /// # Errors
    /// What cannot be resolved.
    pub fn value(&self, value: &Value) -> Result<Value, String> {
        match value {
            Value::Array(items) => items
                .iter()
                .map(|item| self.value(item))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Value::Object(members) => {
                if let Some((name, argument)) = members.iter().next()
                    && members.len() == 1
                    && (name == "Ref" || name.starts_with("Fn::"))
                {
                    return self.function(name, argument).map(Value::String);
                }
                let resolved = members
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), self.value(value)?)))
                    .collect::<Result<_, String>>()?;
                Ok(Value::Object(resolved))
            }
            other => Ok(other.clone()),
        }
    }

    fn function(&self, name: &str, argument: &Value) -> Result<String, String> {
        match (name, argument) {
            ("Ref", Value::String(id)) => self.reference(id),
            ("Fn::GetAtt", Value::String(path)) => {
                let (id, attribute) = path.split_once('.').unwrap_or((path, ""));
                self.attribute(id, attribute)
            }
            ("Fn::GetAtt", Value::Array(path)) => match path.as_slice() {
                [Value::String(id), Value::String(attribute)] => self.attribute(id, attribute),
                _ => Err(format!("Fn::GetAtt {argument} is not understood")),
            },
            ("Fn::Sub", Value::String(text)) => self.substituted(text, &Map::new()),
            ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(text), Value::Object(own)] => self.substituted(text, own),
                _ => Err(format!("Fn::Sub {argument} is not understood")),
            },
            ("Fn::Join", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(between), Value::Array(items)] => {
                    let items = items.iter().map(|item| match self.value(item)? {
                        Value::String(text) => Ok(text),
                        other => Err(format!("Fn::Join of {other} is not understood")),
                    });
                    Ok(items.collect::<Result<Vec<_>, String>>()?.join(between))
                }
                _ => Err(format!("Fn::Join {argument} is not understood")),
            },
            _ => Err(format!("{name} is not resolved here")),
        }
    }

    fn reference(&self, id: &str) -> Result<String, String> {
        let physical = || self.physical_id(id).map(ToOwned::to_owned);
        self.values.get(id).cloned().or_else(physical).ok_or_else(|| format!("{id} is not there"))
    }

    /// The attributes that follow from a physical id.
    ///
    /// # Errors
    /// That the resource is not there, or the attribute is none of these.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
    pub fn attribute(&self, id: &str, attribute: &str) -> Result<String, String> {
        let (kind, physical) =
            self.resources.get(id).ok_or_else(|| format!("{id} is not there"))?;
        let (account, region) = (&self.account, &self.region);
        let of = |service: &str, rest: &str| {
            Ok(format!("arn:aws:{service}:{region}:{account}:{rest}{physical}"))
        };
        match (kind.as_str(), attribute) {
            ("AWS::KMS::Key", "Arn") => of("kms", "key/"),
            ("AWS::IAM::Role", "Arn") => Ok(format!("arn:aws:iam::{account}:role/{physical}")),
            ("AWS::Lambda::Function", "Arn") => of("lambda", "function:"),
            ("AWS::DynamoDB::Table", "Arn") => of("dynamodb", "table/"),
            ("AWS::S3::Bucket", "Arn") => Ok(format!("arn:aws:s3:::{physical}")),
            ("AWS::Cognito::UserPool", "Arn") => of("cognito-idp", "userpool/"),
            // The form with `:*`, which IAM policies want.
            ("AWS::Logs::LogGroup", "Arn") => {
                of("logs", "log-group:").map(|arn| format!("{arn}:*"))
            }
            _ => Err(format!("{attribute} of {id} ({kind}) is not resolved here")),
        }
    }

    fn substituted(&self, text: &str, own: &Map<String, Value>) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) =
                after.split_once('}').ok_or_else(|| format!("{text} does not end"))?;
            out.push_str(before);
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = own.get(name) {
                match self.value(value)? {
                    Value::String(text) => out.push_str(&text),
                    other => return Err(format!("{name} is {other}, which is no text")),
                }
            } else if let Some((id, attribute)) = name.split_once('.') {
                out.push_str(&self.attribute(id, attribute)?);
            } else {
                out.push_str(&self.reference(name)?);
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resolver() -> Resolver {
        let stack = Stack {
            name: "cell".to_owned(),
            id: "arn:stack".to_owned(),
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            parameters: BTreeMap::from([("CodeBucket".to_owned(), "code".to_owned())]),
            physical: [("Key", "k-1"), ("Log", "/aws/x"), ("Vpc", "vpc-1")]
                .map(|(logical, physical)| (logical.to_owned(), physical.to_owned()))
                .into(),
            code: BTreeMap::new(),
        };
        let resources = json!({
            "Key": { "Type": "AWS::KMS::Key" }, "Log": { "Type": "AWS::Logs::LogGroup" },
            "Vpc": { "Type": "AWS::EC2::VPC" }, "Acl": { "Type": "AWS::EC2::NetworkAcl" },
        });
        Resolver::new(&stack, resources.as_object().unwrap())
    }

    #[test]
    fn every_function_that_a_template_of_ours_has_is_resolved_and_the_others_are_named() {
        let mut resolver = resolver();
        resolver.made("Acl", "acl-1");
        let properties = json!({
            "Plain": { "Deep": [1, true, "x"] },
            "Parameter": { "Ref": "CodeBucket" },
            "Physical": [{ "Ref": "Vpc" }, { "Ref": "Acl" }],
            "Attribute": { "Fn::GetAtt": ["Key", "Arn"] },
            "Dotted": { "Fn::GetAtt": "Log.Arn" },
            "Text": { "Fn::Sub": "${AWS::Partition}:${Key.Arn}:${Vpc}:${!aws:PrincipalTag/x}." },
            "Named": { "Fn::Sub": ["${A}-${AWS::Region}", { "A": { "Ref": "Vpc" } }] },
            "Joined": { "Fn::Join": ["/", ["a", { "Ref": "AWS::AccountId" }]] },
            "Absent": { "Ref": "Nobody" },
            "Chosen": { "Fn::If": ["C", "a", "b"] },
            "Unknown": { "Fn::GetAtt": ["Vpc", "CidrBlock"] },
            "Open": { "Fn::Sub": "${Vpc" },
        });
        let (resolved, unresolved) = resolver.properties(properties.as_object().unwrap());
        insta::assert_json_snapshot!(json!({ "resolved": resolved, "unresolved": unresolved }));
    }
}
