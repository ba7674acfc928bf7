//! Reads the policies that a model holds, and keeps the places of their statements.

use foldhash::{HashMap, HashMapExt as _};
use tenantry_policy as policy;
use tenantry_policy::{Kind, Policy, PolicyStatement, Quantifier, Test};
use tenantry_template::{Model, Span, Value, ValueKind};
use tenantry_verdict::Reason;

use super::names;
use crate::facts::policy_document::Places;

/// Policies that were read, and what could not be.
pub(crate) struct Reader<'m, 'a> {
    pub(crate) model: &'m Model<'a>,
    pub(crate) places: Places,
    managed: HashMap<String, policy::Node>,
}

/// A policy, or why it cannot be known.
pub(crate) type Read = Result<Policy, Box<Reason>>;

impl<'m, 'a> Reader<'m, 'a> {
    pub(crate) fn new(model: &'m Model<'a>) -> Self {
        Self { model, places: Places::default(), managed: HashMap::new() }
    }

    /// Reads a policy document: a mapping, or JSON in a string.
    pub(crate) fn read(&mut self, value: &Value<'a>, kind: Kind) -> Read {
        let json = match &value.kind {
            ValueKind::Text(text) => {
                text.as_literal().and_then(|text| serde_json::from_str(text).ok())
            }
            _ => None,
        };
        let node = match json {
            Some(json) => {
                let mut node = policy::Node::from_json(&json);
                let span = self.places.add(value.span);
                settle(&mut node, span);
                Some(node)
            }
            None => names::tree(self.model, value, &mut self.places),
        };
        let Some(node) = node else {
            return Err(self.reason(
                "a policy that hangs on a condition",
                "give the parameters of the condition: --parameter NAME=VALUE",
                value.span,
            ));
        };
        Policy::parse(&node, kind).map_err(|errors| {
            let first = errors.first();
            let what = first.map_or_else(String::new, |error| error.fault.to_string());
            let span = first.and_then(|error| self.places.get(error.span)).unwrap_or(value.span);
            self.reason(&format!("a policy that cannot be read: {what}"), "correct it", span)
        })
    }

    /// Reads a policy that AWS manages; its statements' place is where it is named.
    pub(crate) fn managed(&mut self, arn: &str, span: Span) -> Read {
        if let Some(managed) = policy::managed(arn).filter(|_| !self.managed.contains_key(arn)) {
            let node = policy::Node::from_json(&managed.document);
            self.managed.insert(arn.to_owned(), node);
        }
        let Some(mut node) = self.managed.get(arn).cloned() else {
            let help = "name a policy that is written here, or one of the recorded AWS policies";
            return Err(self.reason(&format!("the managed policy `{arn}`"), help, span));
        };
        let place = self.places.add(span);
        settle(&mut node, place);
        Policy::parse(&node, Kind::Identity)
            .map_err(|_| self.reason(&format!("the managed policy `{arn}`"), "report this", span))
    }

    /// A reason that names a place.
    pub(crate) fn reason(&self, unknown: &str, help: &str, span: Span) -> Box<Reason> {
        Box::new(Reason {
            unknown: unknown.to_owned(),
            matters: "what it allows is not known".to_owned(),
            help: help.to_owned(),
            place: self.model.place(span),
        })
    }
}

/// Gives every node one place.
fn settle(node: &mut policy::Node, place: policy::Span) {
    node.span = place;
    match &mut node.content {
        policy::Content::List(items) => items.iter_mut().for_each(|item| settle(item, place)),
        policy::Content::Object(members) => members.iter_mut().for_each(|member| {
            member.span = place;
            settle(&mut member.value, place);
        }),
        _ => {}
    }
}

/// Whether a statement says for whom a service must act: a thing, or an account.
pub(crate) fn tied(statement: &PolicyStatement, own: &policy::Text) -> bool {
    let foreign = |account: &policy::Text| match (account.as_str(), own.as_str()) {
        (Some(account), Some(own)) => account != own,
        _ => false,
    };
    let wild = |text: &policy::Text| text.to_string().contains(['*', '?']);
    statement.conditions.iter().any(|test| {
        let compares = !matches!(test.operator.test, Test::Null)
            && !test.operator.negated
            && !test.operator.if_exists
            && test.operator.quantifier != Some(Quantifier::All);
        let key = test.key.to_ascii_lowercase();
        let ties = |text: &policy::Text| match key.as_str() {
            "aws:sourceaccount" => !wild(text) && !foreign(text),
            "aws:sourcearn" => match text.segment(4) {
                // A bucket's ARN has no account, and its name is its own in the world.
                Some(account) if account.parts().is_empty() => !wild(text),
                Some(account) => !wild(&account) && !foreign(&account),
                None => !wild(text),
            },
            "aws:sourceorgid" | "aws:sourceorgpaths" => !text.literal_start().starts_with('*'),
            key => key.starts_with("kms:encryptioncontext:") && text.as_str() != Some("*"),
        };
        compares && test.values.iter().all(|item| ties(item.template.source()))
    })
}
