//! A document as JSON, in the one order and form in which this project writes policies.
//!
//! AWS takes a string wherever a list has one element; here it is always a list, so that adding
//! an element changes one line. The exception is `"Principal": "*"`, for which there is no list.

use serde_json::{Map, Value};

use crate::document::{Condition, Document, Effect, Principal, Principals, Statement, Targets};

impl<T> Document<T> {
    /// The document as AWS reads it: `Version`, then each statement with `Sid`, `Effect`,
    /// `Principal`, `Action`, `Resource`, `Condition` in this order, those that it has.
    ///
    /// `render` gives the JSON of one text: a string, or whatever the surrounding format puts
    /// where AWS will see a string. An empty `sid` is left out.
    pub fn to_json(&self, render: &impl Fn(&T) -> Value) -> Value {
        let statements = self.statements.iter().map(|each| statement(each, render)).collect();
        object([("Version", "2012-10-17".into()), ("Statement", Value::Array(statements))])
    }
}

fn statement<T>(from: &Statement<T>, render: &impl Fn(&T) -> Value) -> Value {
    let mut to = Map::new();
    if !from.sid.is_empty() {
        to.insert("Sid".to_owned(), from.sid.as_str().into());
    }
    let effect = match from.effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    };
    to.insert("Effect".to_owned(), effect.into());
    if let Some(who) = &from.principals {
        to.insert("Principal".to_owned(), principals(who, render));
    }
    to.insert("Action".to_owned(), from.actions.iter().map(String::as_str).collect());
    match &from.resources {
        Targets::Implied => {}
        Targets::Any => drop(to.insert("Resource".to_owned(), Value::from_iter(["*"]))),
        Targets::Listed(list) => {
            to.insert("Resource".to_owned(), list.iter().map(render).collect());
        }
    }
    if !from.conditions.is_empty() {
        to.insert("Condition".to_owned(), conditions(&from.conditions, render));
    }
    Value::Object(to)
}

fn principals<T>(from: &Principals<T>, render: &impl Fn(&T) -> Value) -> Value {
    let list = match from {
        Principals::Everyone => return "*".into(),
        Principals::Listed(list) => list,
    };
    let mut to = Map::new();
    for principal in list {
        let (kind, text) = match principal {
            Principal::Aws(text) => ("AWS", text),
            Principal::Service(text) => ("Service", text),
        };
        append(&mut to, kind, [render(text)]);
    }
    Value::Object(to)
}

fn conditions<T>(from: &[Condition<T>], render: &impl Fn(&T) -> Value) -> Value {
    let mut to = Map::new();
    for condition in from {
        let operator =
            to.entry(condition.operator.to_owned()).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(keys) = operator {
            append(keys, &condition.key, condition.values.iter().map(render));
        }
    }
    Value::Object(to)
}

/// Adds to the list under `name`, in the order in which the names were first seen.
fn append(to: &mut Map<String, Value>, name: &str, values: impl IntoIterator<Item = Value>) {
    let list = to.entry(name.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(list) = list {
        list.extend(values);
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &Document) -> String {
        let json = document.to_json(&|text| text.as_str().into());
        serde_json::to_string_pretty(&json).unwrap()
    }

    #[test]
    fn a_resource_policy_is_written_in_the_fixed_order_with_lists_everywhere() {
        let arn = "arn:aws:iam::111122223333:role/a".to_owned();
        let document = Document::new(vec![
            Statement::allow("Use", &["kms:Decrypt"])
                .to(vec![
                    Principal::Service("lambda.amazonaws.com".to_owned()),
                    Principal::Aws(arn.clone()),
                    Principal::Service("events.amazonaws.com".to_owned()),
                ])
                .on_any()
                .when("StringEquals", "kms:ViaService", vec!["dynamodb".to_owned()])
                .when("ArnLike", "aws:SourceArn", vec![arn.clone()])
                .when("StringEquals", "kms:CallerAccount", vec!["111122223333".to_owned()]),
            Statement::deny("Keep", &["kms:*"]).to_everyone().on(vec![arn]),
        ]);
        insta::assert_snapshot!(text(&document));
    }

    #[test]
    fn an_identity_policy_has_no_principal_and_a_trust_policy_no_resource() {
        let role = vec!["arn:aws:s3:::b/*".to_owned()];
        let lambda = vec![Principal::Service("lambda.amazonaws.com".to_owned())];
        let document = Document::new(vec![
            Statement::allow("", &["s3:GetObject", "s3:PutObject"]).on(role),
            Statement::allow("Trust", &["sts:AssumeRole"]).to(lambda),
        ]);
        insta::assert_snapshot!(text(&document));
    }

    #[test]
    fn one_operator_and_key_written_twice_become_one_list() {
        let document = Document::new(vec![
            Statement::deny("Twice", &["s3:*"])
                .on_any()
                .when("StringNotEquals", "aws:PrincipalTag/a", vec!["x".to_owned()])
                .when("StringNotEquals", "aws:PrincipalTag/a", vec!["y".to_owned()]),
        ]);
        insta::assert_snapshot!(text(&document));
    }
}
