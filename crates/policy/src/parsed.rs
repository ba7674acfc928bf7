//! Policies as they are read: every element of the grammar, each with its place.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::hash::{Hash, Hasher};

use crate::document::Effect;
use crate::template::Template;
use crate::text::Text;

/// A place in whatever the policy was read from. Only the reader knows what the number means;
/// two elements at different places are equal when they say the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span(pub u32);

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

impl Hash for Span {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// A policy that was read.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Policy {
    /// Its language version.
    pub version: Version,
    /// Its `Id`.
    pub id: Option<Text>,
    /// Its statements, in order.
    pub statements: Vec<PolicyStatement>,
}

impl Policy {
    /// The same policy for a caller with these tags: `${aws:PrincipalTag/KEY}` is their value.
    #[must_use]
    pub fn with_principal_tags(&self, tags: &[(String, Text)]) -> Self {
        const TAG: &str = "aws:principaltag/";
        let value = |key: &str| {
            let tag = key.to_ascii_lowercase().strip_prefix(TAG)?.to_owned();
            tags.iter().find(|(own, _)| own.eq_ignore_ascii_case(&tag)).map(|(_, value)| value)
        };
        let mut policy = self.clone();
        for statement in &mut policy.statements {
            let resources = statement.resources.iter_mut().flat_map(|list| &mut list.items);
            let values = statement.conditions.iter_mut().flat_map(|test| &mut test.values);
            for item in resources.chain(values) {
                if item.template.variables().next().is_some() {
                    item.template = item.template.with_values(value);
                }
            }
        }
        policy
    }
}

/// The version of the policy language.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Version {
    /// `2008-10-17`, also what is meant when none is written: no policy variables.
    V2008,
    /// `2012-10-17`.
    V2012,
}

/// A statement that was read.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct PolicyStatement {
    /// Where it stands.
    pub span: Span,
    /// Its `Sid`.
    pub sid: Option<Text>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`.
    pub principals: Option<PrincipalElement>,
    /// `Action` or `NotAction`.
    pub actions: ListElement,
    /// `Resource` or `NotResource`; without it the statement is about what the policy hangs on.
    pub resources: Option<ListElement>,
    /// All of these must hold.
    pub conditions: Vec<ConditionTest>,
}

/// `Action`, `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ListElement {
    /// Where it stands.
    pub span: Span,
    /// Whether it is the `Not` form: everything except what is listed.
    pub negated: bool,
    /// What it lists.
    pub items: Vec<Item>,
}

/// One text of a list, with its place.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Item {
    /// Where it stands.
    pub span: Span,
    /// What it says.
    pub template: Template,
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct PrincipalElement {
    /// Where it stands.
    pub span: Span,
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// Whom it lists.
    pub items: Vec<PrincipalItem>,
}

/// One principal, with its place.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct PrincipalItem {
    /// Where it stands.
    pub span: Span,
    /// Of what kind it is.
    pub kind: PrincipalKind,
    /// The text; `*` for everyone.
    pub text: Text,
}

/// The kind of a listed principal.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PrincipalKind {
    /// `"*"` without a kind, the same as `{"AWS": "*"}`.
    Everyone,
    /// An account, role, session or user.
    Aws,
    /// A service.
    Service,
    /// An identity provider.
    Federated,
    /// An S3 canonical user id.
    CanonicalUser,
}

/// One operator, one key and its values.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ConditionTest {
    /// Where it stands.
    pub span: Span,
    /// How the key is compared.
    pub operator: Operator,
    /// The key, as written; keys are compared without regard to case.
    pub key: String,
    /// What it is compared with: one must match, for a negated operator none may.
    pub values: Vec<Item>,
}

/// A condition operator.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Operator {
    /// The comparison.
    pub test: Test,
    /// Whether it holds when the comparison does not.
    pub negated: bool,
    /// Whether it holds when the request does not have the key.
    pub if_exists: bool,
    /// How a key with several values is compared.
    pub quantifier: Option<Quantifier>,
}

/// `ForAllValues` or `ForAnyValue`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Quantifier {
    /// Every value of the request must pass; true when there is none.
    All,
    /// One value of the request must pass; false when there is none.
    Any,
}

/// The comparison of an operator, without negation.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Test {
    /// `StringEquals`.
    StringEquals,
    /// `StringEqualsIgnoreCase`.
    StringEqualsIgnoreCase,
    /// `StringLike`.
    StringLike,
    /// `NumericEquals` and its sisters.
    Numeric(Order),
    /// `DateEquals` and its sisters.
    Date(Order),
    /// `Bool`.
    Bool,
    /// `BinaryEquals`: base64 text.
    Binary,
    /// `IpAddress`: an address in a range.
    IpAddress,
    /// `ArnEquals` and `ArnLike`, which are the same.
    Arn,
    /// `Null`: whether the key is absent.
    Null,
}

/// How a number or date stands to the policy's.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Order {
    /// The same.
    Equals,
    /// Before it.
    LessThan,
    /// Before it or the same.
    LessThanEquals,
    /// After it.
    GreaterThan,
    /// After it or the same.
    GreaterThanEquals,
}

impl Operator {
    /// Reads an operator's name, such as `ForAnyValue:StringNotLikeIfExists`; case does not count.
    pub fn read(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (quantifier, name) = match name.split_once(':') {
            Some(("forallvalues", rest)) => (Some(Quantifier::All), rest),
            Some(("foranyvalue", rest)) => (Some(Quantifier::Any), rest),
            Some(_) => return None,
            None => (None, name.as_str()),
        };
        let (if_exists, name) =
            name.strip_suffix("ifexists").map_or((false, name), |name| (true, name));
        let (test, negated) = match name {
            "stringequals" => (Test::StringEquals, false),
            "stringnotequals" => (Test::StringEquals, true),
            "stringequalsignorecase" => (Test::StringEqualsIgnoreCase, false),
            "stringnotequalsignorecase" => (Test::StringEqualsIgnoreCase, true),
            "stringlike" => (Test::StringLike, false),
            "stringnotlike" => (Test::StringLike, true),
            "bool" => (Test::Bool, false),
            "binaryequals" => (Test::Binary, false),
            "ipaddress" => (Test::IpAddress, false),
            "notipaddress" => (Test::IpAddress, true),
            "arnequals" | "arnlike" => (Test::Arn, false),
            "arnnotequals" | "arnnotlike" => (Test::Arn, true),
            "null" if !if_exists && quantifier.is_none() => (Test::Null, false),
            _ => ordered(name)?,
        };
        Some(Self { test, negated, if_exists, quantifier })
    }
}

fn ordered(name: &str) -> Option<(Test, bool)> {
    let (make, order): (fn(Order) -> Test, _) = match name.strip_prefix("numeric") {
        Some(order) => (Test::Numeric, order),
        None => (Test::Date, name.strip_prefix("date")?),
    };
    let (order, negated) = match order {
        "equals" => (Order::Equals, false),
        "notequals" => (Order::Equals, true),
        "lessthan" => (Order::LessThan, false),
        "lessthanequals" => (Order::LessThanEquals, false),
        "greaterthan" => (Order::GreaterThan, false),
        "greaterthanequals" => (Order::GreaterThanEquals, false),
        _ => return None,
    };
    Some((make(order), negated))
}
