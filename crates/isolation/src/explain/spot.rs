//! Which part of a statement lets a request through, or fails to stop it: what has to be changed;
//! and under which conditions it does.

use tenantry_policy::{
    Applied, ConditionTest, Effect, ListElement, Match, Operator, Order, Pattern, Policy,
    PolicyStatement, Quantifier, Source, Span, Style, Test, Text,
};

use crate::facts::principals::Principal;

/// The statement that was applied; `None` where it is of another policy than these.
pub(super) fn statement<'s>(
    said: &Applied,
    principal: Option<&'s Principal>,
    of_resource: Option<&'s Policy>,
) -> Option<&'s PolicyStatement> {
    let policy = match said.source {
        Source::Identity(at) => principal?.policies.get(at)?,
        Source::Boundary => principal?.boundary.as_ref()?,
        Source::Resource => of_resource?,
        _ => return None,
    };
    in_policy(policy, said.span)
}

/// The resource that an identity's statement names, whom a resource's statement lets in, or the
/// condition that a denial hangs on; the whole statement where it cannot be told.
pub(super) fn spot(said: &Applied, statement: &PolicyStatement, arn: &Text) -> Span {
    if said.effect == Effect::Deny {
        return statement.conditions.first().map_or(said.span, |test| test.span);
    }
    if said.source == Source::Resource {
        let principals = statement.principals.as_ref();
        return match principals.map(|element| (element, element.items.as_slice())) {
            Some((_, [one])) => one.span,
            Some((element, _)) => element.span,
            None => said.span,
        };
    }
    statement.resources.as_ref().map_or(said.span, |list| named(list, arn))
}

/// A statement's conditions as text, for whoever accepts what it lets through.
pub(super) fn conditions(
    statement: &PolicyStatement,
    readable: impl Fn(&Text) -> String,
) -> Vec<String> {
    let one = |test: &ConditionTest| {
        let values: Vec<String> =
            test.values.iter().map(|item| readable(item.template.source())).collect();
        format!("{} {} {}", name(test.operator), test.key, values.join(", "))
    };
    statement.conditions.iter().map(one).collect()
}

/// An operator's name as it is written in a policy.
fn name(operator: Operator) -> String {
    let quantifier = match operator.quantifier {
        None => "",
        Some(Quantifier::All) => "ForAllValues:",
        Some(Quantifier::Any) => "ForAnyValue:",
    };
    let (kind, test) = match operator.test {
        Test::StringEquals => ("String", "Equals"),
        Test::StringEqualsIgnoreCase => ("String", "EqualsIgnoreCase"),
        Test::StringLike => ("String", "Like"),
        Test::Numeric(order) => ("Numeric", compares(order)),
        Test::Date(order) => ("Date", compares(order)),
        Test::Bool => ("Bool", ""),
        Test::Binary => ("Binary", "Equals"),
        Test::IpAddress => ("", "IpAddress"),
        Test::Arn => ("Arn", "Like"),
        Test::Null => ("Null", ""),
    };
    let not = if operator.negated { "Not" } else { "" };
    let if_exists = if operator.if_exists { "IfExists" } else { "" };
    format!("{quantifier}{kind}{not}{test}{if_exists}")
}

fn compares(order: Order) -> &'static str {
    match order {
        Order::Equals => "Equals",
        Order::LessThan => "LessThan",
        Order::LessThanEquals => "LessThanEquals",
        Order::GreaterThan => "GreaterThan",
        Order::GreaterThanEquals => "GreaterThanEquals",
    }
}

/// Spans are equal whatever they are, so the numbers are compared.
fn in_policy(policy: &Policy, span: Span) -> Option<&PolicyStatement> {
    policy.statements.iter().find(|statement| statement.span.0 == span.0)
}

/// The item of a list that takes an ARN in; the whole list where none surely does.
fn named(list: &ListElement, arn: &Text) -> Span {
    let takes_in = |style| {
        list.items
            .iter()
            .find(|item| Pattern::read(item.template.source(), style).matches(arn) != Match::No)
    };
    match list.items.as_slice() {
        _ if list.negated => list.span,
        [one] => one.span,
        _ => takes_in(Style::Resource).map_or(list.span, |item| item.span),
    }
}
