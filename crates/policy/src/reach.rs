//! Which actions a caller can do to a resource, each with a request that shows it.

use std::collections::{BTreeMap, HashSet};

use crate::condition::{condition, is_chosen};
use crate::document::Effect;
use crate::evaluate::{Decision, Outcome, PolicySet, action_fits, evaluate, resource_fits};
use crate::keys::of_some_actions;
use crate::parsed::{ConditionTest, Item, ListElement, Policy, PolicyStatement, Span, Test};
use crate::pattern::{Pattern, Style};
use crate::principal::named;
use crate::reference::Reference;
use crate::request::{Caller, CallerKind, Context, Request, Value};
use crate::scalar::number;
use crate::template::{Piece, Template};
use crate::text::Text;
use crate::truth::{Reason, Trilean};

/// How many contexts are tried before a choice is called undecided.
const TRIES: usize = 4096;
/// How many characters of conditions' values are read in all these contexts together.
const STEPS: usize = 1 << 22;

/// A resource, as something to be reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// Its ARN.
    pub arn: Text,
    /// The account that owns it.
    pub account: Text,
    /// Its tags, if they are known.
    pub tags: Option<Vec<(String, Text)>>,
}

/// What a caller can do to a resource.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reach {
    /// The actions that are allowed.
    pub allowed: Vec<Witness>,
    /// The actions of which it is not known, and why.
    pub undecided: Vec<(String, Vec<Reason>)>,
}

/// An action that is allowed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Witness {
    /// The request: its context holds what the caller chose.
    pub request: Request,
    /// Why it is allowed.
    pub decision: Decision,
}

/// All that a caller can do to a resource. `context` says what is known of its requests, mostly
/// [`Context::hostile`].
///
/// The actions are those that the service authorization reference gives for such a resource; of
/// a service that is not recorded there, those that the policies themselves name.
pub fn reach(caller: &Caller, set: &PolicySet<'_>, target: &Target, context: &Context) -> Reach {
    let mut reach = Reach::default();
    let any = Request {
        caller: caller.clone(),
        action: String::new(),
        resource: target.arn.clone(),
        resource_account: target.account.clone(),
        resource_tags: target.tags.clone(),
        context: context.clone(),
    };
    if !may_reach(&any, set) {
        return reach;
    }
    for action in actions(caller, set, target) {
        let request = Request {
            caller: caller.clone(),
            action,
            resource: target.arn.clone(),
            resource_account: target.account.clone(),
            resource_tags: target.tags.clone(),
            context: context.clone(),
        };
        match find_witness(&request, set) {
            Ok(Some(way)) => reach.allowed.push(way),
            Ok(None) => {}
            Err(reasons) => {
                let is_large = |reason: &Reason| matches!(reason, Reason::Steps(_));
                let too_large = reasons.iter().any(is_large);
                reach.undecided.push((request.action, reasons));
                // Nor would the other actions be decided.
                if too_large {
                    break;
                }
            }
        }
    }
    reach
}

/// Whether some statement lets such requests through for some action, whichever the request names.
/// The answer for all actions costs as much as that for one: of thousands of tenants hardly any
/// reaches another.
pub fn may_reach(any: &Request, set: &PolicySet<'_>) -> bool {
    let fixed = |test: &&ConditionTest| !of_some_actions(&test.key);
    let may_apply = |statement: &PolicyStatement| {
        let holds = |test: &ConditionTest| !condition(test, any).never();
        let variables = |item: &Item| item.template.variables().any(of_some_actions);
        let fits = |list: &ListElement| {
            list.items.iter().any(variables) || !resource_fits(list, any).never()
        };
        statement.resources.as_ref().is_none_or(fits)
            && statement
                .conditions
                .iter()
                .filter(fixed)
                .all(|test| test.values.iter().any(variables) || holds(test))
    };
    let names_caller = |statement: &PolicyStatement| {
        let principals = statement.principals.as_ref();
        principals.is_some_and(|principals| named(principals, &any.caller).any() != Trilean::No)
    };
    let allow = |statement: &&PolicyStatement| statement.effect == Effect::Allow;
    let own = set.identity.iter().flat_map(|policy| &policy.statements).filter(allow);
    let of_resource = set.resource.iter().flat_map(|policy| &policy.statements).filter(allow);
    any.caller.kind == CallerKind::Root
        || !set.grants.is_empty()
        || own.into_iter().any(may_apply)
        || of_resource.into_iter().any(|each| names_caller(each) && may_apply(each))
}

/// The way that a request finds, with all that its caller must choose; `None` where it is refused.
///
/// # Errors
/// What it depends on.
pub fn find_witness(
    request: &Request,
    set: &PolicySet<'_>,
) -> Result<Option<Witness>, Vec<Reason>> {
    let decision = evaluate(request, set);
    match decision.outcome {
        Outcome::Allow => choose(request, &decision, set),
        Outcome::Undecided(reasons) => Err(reasons),
        Outcome::ExplicitDeny | Outcome::ImplicitDeny => Ok(None),
    }
}

/// The actions on such a resource that some statement allows at all; the root user needs none.
fn actions(caller: &Caller, set: &PolicySet<'_>, target: &Target) -> Vec<String> {
    let known = Reference::get().actions_on(&target.arn);
    let mut names: Vec<String> = known.iter().map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        names = named_actions(set, target);
    }
    if caller.kind == CallerKind::Root {
        return names;
    }
    let granted = |name: &str| {
        set.grants.iter().flat_map(|grant| &grant.operations).any(|operation| {
            name.strip_prefix("kms:").is_some_and(|name| name.eq_ignore_ascii_case(operation))
        })
    };
    names.retain(|name| {
        let lower = name.to_ascii_lowercase();
        granted(name) || allows(set).any(|each| action_fits(&each.actions, &lower) != Trilean::No)
    });
    names
}

fn allows<'a>(set: &'a PolicySet<'_>) -> impl Iterator<Item = &'a PolicyStatement> {
    let granting = set.identity.iter().chain(&set.resource);
    let statements = granting.flat_map(|policy| &policy.statements);
    statements.filter(|statement| statement.effect == Effect::Allow)
}

/// An action for each that the policies list, of the resource's service: for `s3:Get*`, `s3:Get`.
fn named_actions(set: &PolicySet<'_>, target: &Target) -> Vec<String> {
    let service = target.arn.segment(2).unwrap_or_default();
    let of_service = format!("{}:?*", service.as_str().unwrap_or("*"));
    let of_service = Pattern::read(&of_service.into(), Style::Glob).lowercase();
    let mut names = Vec::new();
    for statement in allows(set) {
        if statement.actions.negated {
            names.push(format!("{}:Any", service.as_str().unwrap_or("any")));
        }
        for item in &statement.actions.items {
            let source = item.template.source();
            if let Some(name) = source.as_str().filter(|name| !name.contains(['*', '?'])) {
                if of_service.matches(&name.to_ascii_lowercase().into()) != crate::Match::No {
                    names.push(name.to_owned());
                }
                continue;
            }
            let pattern = Pattern::read(source, Style::Glob).lowercase();
            if let Ok(Some(name)) = pattern.witness(&of_service, &[]) {
                names.extend(name.as_str().map(str::to_owned));
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// A context that the caller can send and that suits all statements at once.
fn choose(
    request: &Request,
    decision: &Decision,
    set: &PolicySet<'_>,
) -> Result<Option<Witness>, Vec<Reason>> {
    let choices = choices(request, decision, set);
    let keys: Vec<&String> = choices.keys().collect();
    let mut counters = vec![0; keys.len()];
    let (weight, heaviest) = if keys.is_empty() { (0, None) } else { weight(decision, set) };
    let tries = (STEPS / weight.max(1)).clamp(1, TRIES);
    // Where all that can be chosen is tried, and refused each time, it is refused.
    let all_known = keys.iter().all(|key| matches!(request.value(key), Value::OneOf(_)));
    let mut refused = all_known && !keys.is_empty();
    for _ in 0..tries {
        let mut tried = request.clone();
        tried.context = tried.context.settled();
        for ((key, values), at) in choices.iter().zip(&counters) {
            if let Some(value) = values.get(*at) {
                tried.context = tried.context.with(key, value.clone());
            }
        }
        let decision = evaluate(&tried, set);
        if decision.outcome == Outcome::Allow {
            return Ok(Some(Witness { request: tried, decision }));
        }
        refused &= matches!(decision.outcome, Outcome::ExplicitDeny | Outcome::ImplicitDeny);
        if !advance(&mut counters, choices.values().map(Vec::len)) {
            if refused {
                return Ok(None);
            }
            return Err(keys.into_iter().map(|key| Reason::Key(key.clone())).collect());
        }
    }
    match heaviest {
        Some(span) if tries < TRIES => Err(vec![Reason::Steps(span.0)]),
        _ => Err(keys.into_iter().map(|key| Reason::Key(key.clone())).collect()),
    }
}

/// How many characters the conditions' values have of the statements that say something, and which
/// statement has most.
fn weight(decision: &Decision, set: &PolicySet<'_>) -> (usize, Option<Span>) {
    let places: HashSet<u32> = decision.statements.iter().map(|said| said.span.0).collect();
    let statements = policies(set).flat_map(|policy| &policy.statements);
    let mut all = 0;
    let mut heaviest = (0, None);
    for statement in statements.filter(|statement| places.contains(&statement.span.0)) {
        let values = statement.conditions.iter().flat_map(|test| &test.values);
        let own: usize = values.map(|item| item.template.length()).sum();
        all += own;
        if own > heaviest.0 {
            heaviest = (own, Some(statement.span));
        }
    }
    (all, heaviest.1)
}

/// The next combination; false after the last.
fn advance(counters: &mut [usize], lengths: impl Iterator<Item = usize>) -> bool {
    for (counter, length) in counters.iter_mut().zip(lengths) {
        *counter += 1;
        if *counter < length {
            return true;
        }
        *counter = 0;
    }
    false
}

/// For each key that the caller chooses and that a statement looks at, the values worth trying.
fn choices(
    request: &Request,
    decision: &Decision,
    set: &PolicySet<'_>,
) -> BTreeMap<String, Vec<Value>> {
    let mut choices: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let places: HashSet<u32> = decision.statements.iter().map(|said| said.span.0).collect();
    let statements = policies(set).flat_map(|policy| &policy.statements);
    for statement in statements.filter(|statement| places.contains(&statement.span.0)) {
        for test in &statement.conditions {
            match request.value(&test.key) {
                Value::Chosen => {
                    let values = choices.entry(test.key.to_ascii_lowercase()).or_default();
                    values.extend(worth_trying(test, request));
                }
                Value::OneOf(values) => drop(choices.insert(test.key.to_ascii_lowercase(), values)),
                _ => {}
            }
            for item in &test.values {
                for key in chosen_variables(&item.template, request) {
                    let values = choices.entry(key).or_default();
                    if let Value::Present(texts) = request.value(&test.key) {
                        values.extend(texts.iter().filter_map(|text| inside(&item.template, text)));
                    }
                }
            }
        }
        for item in statement.resources.iter().flat_map(|list| &list.items) {
            for key in chosen_variables(&item.template, request) {
                let values = choices.entry(key).or_default();
                values.extend(inside(&item.template, &request.resource));
            }
        }
    }
    for (key, values) in &mut choices {
        if let Value::OneOf(all) = request.value(key) {
            *values = all;
            continue;
        }
        values.push(Value::Present(vec!["other-value".into()]));
        values.push(Value::Absent);
        let mut unique = Vec::new();
        for value in values.drain(..) {
            if !unique.contains(&value) {
                unique.push(value);
            }
        }
        *values = unique;
    }
    choices
}

fn policies<'a>(set: &'a PolicySet<'_>) -> impl Iterator<Item = &'a Policy> {
    let own = set.identity.iter().chain(&set.boundary).chain(&set.session).chain(&set.resource);
    own.chain(&set.endpoint).chain(set.organization.iter().flatten()).copied()
}

fn chosen_variables(template: &Template, request: &Request) -> Vec<String> {
    let chosen = template.variables().filter(|key| is_chosen(&request.value(key)));
    chosen.map(str::to_ascii_lowercase).collect()
}

/// What a single variable must be so that the template is this text.
fn inside(template: &Template, text: &Text) -> Option<Value> {
    let text = text.as_str()?;
    let at = template.pieces().iter().position(|piece| matches!(piece, Piece::Variable { .. }))?;
    let literal = |pieces: &[Piece]| {
        let parts = pieces.iter().map(|piece| match piece {
            Piece::Wild(text) if !text.contains(['*', '?']) => Some(text.clone()),
            Piece::Literal(char) => Some(char.to_string()),
            _ => None,
        });
        parts.collect::<Option<String>>()
    };
    let (before, after) = (template.pieces().get(..at)?, template.pieces().get(at + 1..)?);
    let value = text.strip_prefix(&literal(before)?)?.strip_suffix(&literal(after)?)?;
    Some(Value::Present(vec![value.into()]))
}

/// Values at and beside those that a condition compares with.
fn worth_trying(test: &ConditionTest, request: &Request) -> Vec<Value> {
    let one = |text: Text| Value::Present(vec![text]);
    let mut values = Vec::new();
    for item in &test.values {
        let fill = |key: &str| crate::condition::filling(key, request);
        let source = item.template.source().as_str().unwrap_or("");
        match test.operator.test {
            Test::Numeric(_) => {
                let near = |number: f64| [number, number - 1.0, number + 1.0];
                let near = number(source).into_iter().flat_map(near);
                values.extend(near.map(|number| one(number.to_string().into())));
            }
            Test::Date(_) => {
                let near = |at: f64| [at, at - 1.0, at + 1.0];
                let near = crate::scalar::date(source).into_iter().flat_map(near);
                values.extend(near.map(|at| one(at.to_string().into())));
            }
            Test::IpAddress => {
                values.extend(source.split('/').next().map(|address| one(address.into())));
                values.extend(["198.51.100.7", "2001:db8::7"].map(|other| one(other.into())));
            }
            Test::Bool | Test::Null => {
                values.extend(["true", "false"].map(|text| one(text.into())));
            }
            Test::StringLike | Test::Arn => {
                let style = if test.operator.test == Test::Arn { Style::Arn } else { Style::Glob };
                let pattern = item.template.pattern(style, fill);
                values.extend(pattern.map(|pattern| one(pattern.shortest())));
            }
            Test::StringEquals | Test::StringEqualsIgnoreCase | Test::Binary => {
                values.extend(item.template.text(fill).map(one));
            }
        }
    }
    values
}
