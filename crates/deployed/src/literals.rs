//! What is found, with references to the resources that it names.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::resolver::Resolver;

/// Texts that stand for resources of the template.
#[derive(Default)]
pub(crate) struct Literals {
    /// A whole text to what a template writes instead.
    exact: BTreeMap<String, Value>,
    /// Ids that AWS made up to logical ids: they are known inside of longer texts too.
    inside: BTreeMap<String, String>,
}

/// Shorter ids could be part of a word.
const LONG_ENOUGH: usize = 8;

impl Literals {
    /// Of a template's resources.
    pub(crate) fn new(resolver: &Resolver, resources: &Map<String, Value>) -> Self {
        let mut literals = Self::default();
        for (id, body) in resources {
            let kind = body.get("Type").and_then(Value::as_str).unwrap_or_default();
            let Some(physical) = resolver.physical_id(id) else { continue };
            if let Ok(arn) = resolver.attribute(id, "Arn") {
                literals.exact(&arn, json!({ "Fn::GetAtt": [id, "Arn"] }));
            }
            let made_up = kind.starts_with("AWS::EC2::")
                || ["AWS::KMS::Key", "AWS::Cognito::UserPool", "AWS::ApiGateway::RestApi"]
                    .contains(&kind);
            let named = ["AWS::IAM::Role", "AWS::SNS::Topic", "AWS::Cognito::UserPoolClient"];
            if made_up || named.contains(&kind) {
                literals.exact(physical, json!({ "Ref": id }));
            }
            if made_up && physical.len() >= LONG_ENOUGH {
                literals.inside(physical, id);
            }
        }
        literals
    }

    pub(crate) fn exact(&mut self, text: &str, written: Value) {
        self.exact.insert(text.to_owned(), written);
    }

    pub(crate) fn inside(&mut self, physical: &str, logical: &str) {
        self.inside.insert(physical.to_owned(), logical.to_owned());
    }

    /// What is found, as a template writes it.
    pub(crate) fn write(&self, found: &Value) -> Value {
        match found {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().map(|item| self.write(item)).collect(),
            Value::Object(members) => Value::Object(
                members.iter().map(|(name, value)| (name.clone(), self.write(value))).collect(),
            ),
            other => other.clone(),
        }
    }

    fn text(&self, text: &str) -> Value {
        if let Some(written) = self.exact.get(text) {
            return written.clone();
        }
        let inside: Vec<_> =
            self.inside.iter().filter(|(physical, _)| text.contains(physical.as_str())).collect();
        if inside.is_empty() {
            return Value::String(text.to_owned());
        }
        let mut written = text.replace("${", "${!");
        for (physical, logical) in inside {
            written = written.replace(physical.as_str(), &format!("${{{logical}}}"));
        }
        json!({ "Fn::Sub": written })
    }
}
