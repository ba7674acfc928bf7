//! Reads a policy, strictly: what AWS would not accept is an error that names its place.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::collections::HashSet;

use crate::document::Effect;
use crate::node::{Content, Member, Node};
use crate::parsed::{
    ConditionTest, Item, ListElement, Operator, Policy, PolicyStatement, PrincipalElement,
    PrincipalItem, PrincipalKind, Span, Version,
};
use crate::template::Template;
use crate::text::Text;

/// What a policy hangs on, which decides which elements it has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// An identity's policy, a boundary, a session policy, an organization's policy: no principal.
    Identity,
    /// A resource's policy, a key's or an endpoint's: principals.
    Resource,
    /// A role's trust policy: principals, no resource.
    Trust,
}

/// What is wrong with a policy, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{fault}")]
pub struct ParseError {
    /// Where it is.
    pub span: Span,
    /// What it is.
    pub fault: Fault,
}

/// One way in which a policy is wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// A value of the wrong type.
    #[error("{element} must be {expected}, not {found}")]
    Type {
        /// The element that holds it.
        element: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// An element that the grammar does not have at this place.
    #[error("unknown element {name:?} in {parent}; {hint}")]
    UnknownElement {
        /// Its name.
        name: String,
        /// Where it stands.
        parent: &'static str,
        /// What may stand there.
        hint: String,
    },
    /// An element that is written twice.
    #[error("{0:?} is written twice; AWS keeps at most one")]
    Repeated(String),
    /// An element that must be there.
    #[error("{parent} has no {element}; add it")]
    Missing {
        /// What is missing.
        element: &'static str,
        /// What it is missing from.
        parent: &'static str,
    },
    /// Two elements that exclude each other.
    #[error("{0} and Not{0} exclude each other; keep one")]
    Both(&'static str),
    /// An element that this kind of policy does not have.
    #[error("{element} does not belong in {kind}; remove it")]
    Misplaced {
        /// The element.
        element: &'static str,
        /// The kind of policy.
        kind: &'static str,
    },
    /// A version that does not exist.
    #[error("unknown version {0:?}; write \"2012-10-17\"")]
    Version(String),
    /// An effect that does not exist.
    #[error("unknown effect {0:?}; write \"Allow\" or \"Deny\" (case counts)")]
    Effect(String),
    /// A list without elements.
    #[error("{0} is empty: the statement could never match; list something or remove it")]
    Empty(&'static str),
    /// Two statements of one name.
    #[error("two statements have the Sid {0:?}; Sids are unique in a policy")]
    RepeatedSid(String),
    /// A kind of principal that does not exist.
    #[error("unknown kind of principal {0:?}; use AWS, Service, Federated or CanonicalUser")]
    PrincipalKind(String),
    /// A principal that is only `*` may stand alone, others must have a kind.
    #[error("a principal without a kind can only be \"*\", not {0:?}; write {{\"AWS\": ...}}")]
    BarePrincipal(String),
    /// An action without its service.
    #[error("{0:?} is no action; write service:Action, or \"*\" for all")]
    Action(String),
    /// A resource that is not an ARN.
    #[error("{0:?} is no resource; write an ARN, or \"*\" for all")]
    Resource(String),
    /// An operator that does not exist.
    #[error("unknown condition operator {0:?}")]
    Operator(String),
    /// A name that could not be known.
    #[error("the name of {0} is not known before deployment")]
    UnknownName(&'static str),
}

impl Policy {
    /// Reads a policy of this kind from a tree.
    ///
    /// # Errors
    /// Every fault that was found, in the order of the text, at least one.
    pub fn parse(node: &Node, kind: Kind) -> Result<Self, Vec<ParseError>> {
        let mut parser = Parser { kind, variables: false, errors: Vec::new() };
        match parser.policy(node) {
            Some(policy) if parser.errors.is_empty() => Ok(policy),
            _ => Err(parser.errors),
        }
    }
}

struct Parser {
    kind: Kind,
    variables: bool,
    errors: Vec<ParseError>,
}

impl Parser {
    fn fail<T>(&mut self, span: Span, fault: Fault) -> Option<T> {
        self.errors.push(ParseError { span, fault });
        None
    }

    fn wrong<T>(&mut self, node: &Node, element: &str, expected: &'static str) -> Option<T> {
        let found = node.content.kind();
        let fault = Fault::Type { element: element.to_owned(), expected, found };
        self.fail(node.span, fault)
    }

    fn policy(&mut self, node: &Node) -> Option<Policy> {
        let known = ["Version", "Id", "Statement"];
        let members = self.members(node, "the policy", &known)?;
        let version = match member(members, "Version") {
            None => Version::V2008,
            Some(found) => self.version(&found.value)?,
        };
        self.variables = version == Version::V2012;
        let id = member(members, "Id").and_then(|found| self.text(&found.value, "Id"));
        let Some(list) = member(members, "Statement") else {
            let fault = Fault::Missing { element: "Statement", parent: "the policy" };
            return self.fail(node.span, fault);
        };
        let nodes = match &list.value.content {
            Content::List(nodes) => nodes.as_slice(),
            _ => std::slice::from_ref(&list.value),
        };
        let statements: Vec<_> = nodes.iter().filter_map(|each| self.statement(each)).collect();
        let mut sids = HashSet::new();
        for statement in &statements {
            let Some(sid) = &statement.sid else { continue };
            if !sids.insert(sid.clone()) {
                self.fail::<()>(statement.span, Fault::RepeatedSid(sid.to_string()));
            }
        }
        Some(Policy { version, id, statements })
    }

    fn version(&mut self, node: &Node) -> Option<Version> {
        let text = self.text(node, "Version")?;
        match text.as_str() {
            Some("2012-10-17") => Some(Version::V2012),
            Some("2008-10-17") => Some(Version::V2008),
            _ => self.fail(node.span, Fault::Version(text.to_string())),
        }
    }

    fn statement(&mut self, node: &Node) -> Option<PolicyStatement> {
        const KNOWN: [&str; 9] = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        let members = self.members(node, "the statement", &KNOWN)?;
        let sid = member(members, "Sid").and_then(|found| match &found.value.content {
            // CloudFormation sends numbers in a policy as they are, and IAM takes them for text.
            Content::Number(number) => Some(number.as_str().into()),
            _ => self.text(&found.value, "Sid"),
        });
        let effect = self.effect(node, members);
        let principals = self.principals(node, members);
        let actions = self.list(members, "Action", "NotAction");
        if actions.is_none() {
            self.missing(node, members, "Action", "NotAction");
        }
        let resources = self.list(members, "Resource", "NotResource");
        if resources.is_none() && self.kind == Kind::Identity {
            self.missing(node, members, "Resource", "NotResource");
        }
        if let (Some(list), Kind::Trust) = (&resources, self.kind) {
            let element = if list.negated { "NotResource" } else { "Resource" };
            self.fail::<()>(list.span, Fault::Misplaced { element, kind: "a trust policy" });
        }
        let conditions = match member(members, "Condition") {
            Some(found) => self.conditions(&found.value),
            None => Vec::new(),
        };
        let (effect, actions) = (effect?, actions?);
        let span = node.span;
        Some(PolicyStatement { span, sid, effect, principals, actions, resources, conditions })
    }

    fn effect(&mut self, node: &Node, members: &[Member]) -> Option<Effect> {
        let Some(found) = member(members, "Effect") else {
            let fault = Fault::Missing { element: "Effect", parent: "the statement" };
            return self.fail(node.span, fault);
        };
        let text = self.text(&found.value, "Effect")?;
        match text.as_str() {
            Some("Allow") => Some(Effect::Allow),
            Some("Deny") => Some(Effect::Deny),
            _ => self.fail(found.value.span, Fault::Effect(text.to_string())),
        }
    }

    fn missing(&mut self, node: &Node, members: &[Member], one: &'static str, other: &str) {
        if member(members, one).is_none() && member(members, other).is_none() {
            let fault = Fault::Missing { element: one, parent: "the statement" };
            self.fail::<()>(node.span, fault);
        }
    }

    fn list(
        &mut self,
        members: &[Member],
        plain: &'static str,
        not: &'static str,
    ) -> Option<ListElement> {
        let (found, negated) = match (member(members, plain), member(members, not)) {
            (Some(_), Some(second)) => return self.fail(second.span, Fault::Both(plain)),
            (Some(found), None) => (found, false),
            (None, found) => (found?, true),
        };
        let element = if negated { not } else { plain };
        let nodes = nodes(&found.value);
        if nodes.is_empty() {
            return self.fail(found.value.span, Fault::Empty(element));
        }
        let mut items = Vec::with_capacity(nodes.len());
        for node in nodes {
            let Some(text) = self.text(node, element) else { continue };
            let start = text.literal_start();
            let fault = match plain {
                "Action" => !is_action(&text),
                _ => {
                    text.as_str().is_some()
                        && !start.starts_with(['*', '$'])
                        && !start.contains(':')
                }
            };
            if fault {
                let make = if plain == "Action" { Fault::Action } else { Fault::Resource };
                self.fail::<()>(node.span, make(text.to_string()));
            }
            // Actions have no variables.
            let variables = self.variables && plain == "Resource";
            items.push(Item { span: node.span, template: Template::read(&text, variables) });
        }
        Some(ListElement { span: found.span, negated, items })
    }

    fn principals(&mut self, node: &Node, members: &[Member]) -> Option<PrincipalElement> {
        let (found, negated) = match (member(members, "Principal"), member(members, "NotPrincipal"))
        {
            (Some(_), Some(second)) => return self.fail(second.span, Fault::Both("Principal")),
            (Some(found), None) => (found, false),
            (None, Some(found)) => (found, true),
            (None, None) if self.kind == Kind::Identity => return None,
            (None, None) => {
                let fault = Fault::Missing { element: "Principal", parent: "the statement" };
                return self.fail(node.span, fault);
            }
        };
        if self.kind == Kind::Identity {
            let element = if negated { "NotPrincipal" } else { "Principal" };
            return self
                .fail(found.span, Fault::Misplaced { element, kind: "an identity's policy" });
        }
        let mut items = Vec::new();
        match &found.value.content {
            Content::Text(text) if text.as_str() == Some("*") => {
                let kind = PrincipalKind::Everyone;
                items.push(PrincipalItem { span: found.value.span, kind, text: text.clone() });
            }
            Content::Text(text) => {
                return self.fail(found.value.span, Fault::BarePrincipal(text.to_string()));
            }
            Content::Object(kinds) => {
                for kind in kinds {
                    self.principals_of_kind(kind, &mut items);
                }
                if kinds.is_empty() {
                    return self.fail(found.value.span, Fault::Empty("Principal"));
                }
            }
            _ => return self.wrong(&found.value, "Principal", "\"*\" or an object"),
        }
        Some(PrincipalElement { span: found.span, negated, items })
    }

    fn principals_of_kind(&mut self, from: &Member, items: &mut Vec<PrincipalItem>) {
        let kind = match from.name.as_str() {
            Some("AWS") => PrincipalKind::Aws,
            Some("Service") => PrincipalKind::Service,
            Some("Federated") => PrincipalKind::Federated,
            Some("CanonicalUser") => PrincipalKind::CanonicalUser,
            _ => {
                self.fail::<()>(from.span, Fault::PrincipalKind(from.name.to_string()));
                return;
            }
        };
        for node in nodes(&from.value) {
            let Some(text) = self.text(node, "Principal") else { continue };
            let everyone = kind == PrincipalKind::Aws && text.as_str() == Some("*");
            let kind = if everyone { PrincipalKind::Everyone } else { kind };
            items.push(PrincipalItem { span: node.span, kind, text });
        }
    }

    fn conditions(&mut self, node: &Node) -> Vec<ConditionTest> {
        let Content::Object(operators) = &node.content else {
            self.wrong::<()>(node, "Condition", "an object");
            return Vec::new();
        };
        let mut tests = Vec::new();
        for member in operators {
            let operator = member.name.as_str().and_then(Operator::read);
            let Some(operator) = operator else {
                self.fail::<()>(member.span, Fault::Operator(member.name.to_string()));
                continue;
            };
            let Content::Object(keys) = &member.value.content else {
                self.wrong::<()>(&member.value, &member.name.to_string(), "an object of keys");
                continue;
            };
            for key in keys {
                tests.extend(self.condition(operator, key));
            }
        }
        tests
    }

    fn condition(&mut self, operator: Operator, from: &Member) -> Option<ConditionTest> {
        let Some(key) = from.name.as_str() else {
            return self.fail(from.span, Fault::UnknownName("a condition key"));
        };
        let mut values = Vec::new();
        for node in nodes(&from.value) {
            let text = match &node.content {
                Content::Text(text) => text.clone(),
                Content::Bool(value) => value.to_string().into(),
                Content::Number(number) => number.as_str().into(),
                _ => {
                    self.wrong::<()>(node, key, "a string, a number, true or false");
                    continue;
                }
            };
            let template = Template::read(&text, self.variables);
            values.push(Item { span: node.span, template });
        }
        Some(ConditionTest { span: from.span, operator, key: key.to_owned(), values })
    }

    /// The members of an object whose names must be known and unique.
    fn members<'a>(
        &mut self,
        node: &'a Node,
        parent: &'static str,
        known: &[&str],
    ) -> Option<&'a [Member]> {
        let Content::Object(members) = &node.content else {
            return self.wrong(node, parent, "an object");
        };
        let mut seen = HashSet::new();
        for member in members {
            let Some(name) = member.name.as_str() else {
                self.fail::<()>(member.span, Fault::UnknownName("an element"));
                continue;
            };
            if !known.contains(&name) {
                let close = known.iter().find(|each| each.eq_ignore_ascii_case(name));
                let hint = match close {
                    Some(close) => format!("did you mean {close:?}? (case counts)"),
                    None => format!("it has {}", known.join(", ")),
                };
                let name = name.to_owned();
                self.fail::<()>(member.span, Fault::UnknownElement { name, parent, hint });
            } else if !seen.insert(name) {
                self.fail::<()>(member.span, Fault::Repeated(name.to_owned()));
            }
        }
        Some(members)
    }

    fn text(&mut self, node: &Node, element: &str) -> Option<Text> {
        match &node.content {
            Content::Text(text) => Some(text.clone()),
            _ => self.wrong(node, element, "a string"),
        }
    }
}

impl Content {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

fn member<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    members.iter().find(|member| member.name.as_str() == Some(name))
}

fn nodes(node: &Node) -> &[Node] {
    match &node.content {
        Content::List(nodes) => nodes,
        _ => std::slice::from_ref(node),
    }
}

/// `*`, or a service that has no wildcard and something after the colon. What holds a symbol may
/// be one.
fn is_action(text: &Text) -> bool {
    let Some(text) = text.as_str() else { return true };
    let of_service = |char: char| char.is_ascii_alphanumeric() || char == '-';
    let service = |name: &str| name == "*" || name.chars().all(of_service);
    let parts = text.split_once(':');
    text == "*" || parts.is_some_and(|(of, name)| service(of) && !of.is_empty() && !name.is_empty())
}
