//! A document as JSON, in the one order and form in which this project writes policies.
//!
//! AWS takes a string wherever a list has one element; here it is always a list, so that adding
//! an element changes one line. The exceptions are `"Principal": "*"`, for which there is no list,
//! and `"Resource": "*"`, to which nothing can be added.

use std::borrow::Cow;

use serde_json::Value;

use crate::document::{Condition, Document, Effect, Principal, Principals, Statement, Targets};

/// A form of JSON that a document with texts of type `T` can be written in.
pub trait Json<T>: Sized {
    /// One text: a string, or whatever the surrounding format puts where AWS will see a string.
    fn text(text: &T) -> Self;
    /// A string.
    fn string(text: Cow<'static, str>) -> Self;
    /// An array.
    fn list(items: Vec<Self>) -> Self;
    /// An object, its members in this order.
    fn object(members: Vec<(Cow<'static, str>, Self)>) -> Self;
}

impl Json<String> for Value {
    fn text(text: &String) -> Self {
        text.as_str().into()
    }

    fn string(text: Cow<'static, str>) -> Self {
        text.into()
    }

    fn list(items: Vec<Self>) -> Self {
        items.into()
    }

    fn object(members: Vec<(Cow<'static, str>, Self)>) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.into_owned(), value)).collect())
    }
}

impl<T> Document<T> {
    /// The document as AWS reads it: `Version`, then each statement with `Sid`, `Effect`,
    /// `Principal`, `Action`, `Resource`, `Condition` in this order, those that it has. An empty
    /// `sid` is left out.
    pub fn to_json<J: Json<T>>(&self) -> J {
        let statements = self.statements.iter().map(statement).collect();
        J::object(vec![
            ("Version".into(), J::string("2012-10-17".into())),
            ("Statement".into(), J::list(statements)),
        ])
    }
}

fn statement<T, J: Json<T>>(from: &Statement<T>) -> J {
    let mut members = Vec::with_capacity(6);
    let mut member = |name: &'static str, value: J| members.push((name.into(), value));
    if !from.sid.is_empty() {
        member("Sid", J::string(from.sid.clone().into()));
    }
    let effect = match from.effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    };
    member("Effect", J::string(effect.into()));
    if let Some(who) = &from.principals {
        member("Principal", principals(who));
    }
    let actions = from.actions.iter().map(|action| J::string(action.clone().into()));
    member("Action", J::list(actions.collect()));
    match &from.resources {
        Targets::Implied => {}
        Targets::Any => member("Resource", J::string("*".into())),
        Targets::Listed(list) => member("Resource", J::list(list.iter().map(J::text).collect())),
    }
    if !from.conditions.is_empty() {
        member("Condition", conditions(&from.conditions));
    }
    J::object(members)
}

fn principals<T, J: Json<T>>(from: &Principals<T>) -> J {
    let list = match from {
        Principals::Everyone => return J::string("*".into()),
        Principals::Listed(list) => list,
    };
    let mut by_kind = Groups::default();
    for principal in list {
        let (kind, text) = match principal {
            Principal::Aws(text) => ("AWS", text),
            Principal::Service(text) => ("Service", text),
        };
        by_kind.add(kind.into(), [J::text(text)]);
    }
    by_kind.into_object(J::list)
}

fn conditions<T, J: Json<T>>(from: &[Condition<T>]) -> J {
    let mut by_operator: Groups<&Condition<T>> = Groups::default();
    for condition in from {
        by_operator.add(condition.operator.into(), [condition]);
    }
    by_operator.into_object(|conditions| {
        let mut by_key = Groups::default();
        for condition in conditions {
            by_key.add(condition.key.clone().into(), condition.values.iter().map(J::text));
        }
        by_key.into_object(J::list)
    })
}

/// Lists under names, in the order in which the names were first seen.
struct Groups<V>(Vec<(Cow<'static, str>, Vec<V>)>);

impl<V> Default for Groups<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> Groups<V> {
    fn add(&mut self, name: Cow<'static, str>, values: impl IntoIterator<Item = V>) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, list)) => list.extend(values),
            None => self.0.push((name, values.into_iter().collect())),
        }
    }

    fn into_object<T, J: Json<T>>(self, write: impl Fn(Vec<V>) -> J) -> J {
        J::object(self.0.into_iter().map(|(name, list)| (name, write(list))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &Document) -> String {
        let json: Value = document.to_json();
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
