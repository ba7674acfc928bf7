//! A second evaluator, for one concrete request: slow, plain, and written apart.
//!
//! It shares only the parsed types with the evaluator that decides proofs, so that a mistake in
//! one shows as a difference. A request that holds a symbol or a choice has no answer here.

use crate::document::Effect;
use crate::evaluate::{Grant, PolicySet, ResourceKind};
use crate::parsed::{
    ConditionTest, ListElement, Order, Policy, PolicyStatement, PrincipalElement, PrincipalKind,
    Quantifier, Test,
};
use crate::request::{CallerKind, Request, Value};
use crate::template::{Piece, Template};
use crate::text::Text;

/// Whether a concrete request is allowed; `None` when something of it, or of a policy's text that
/// would count, is not known.
pub fn allowed_concretely(request: &Request, set: &PolicySet<'_>) -> Option<bool> {
    Replay { request }.allowed(set)
}

struct Replay<'a> {
    request: &'a Request,
}

/// One token of a glob: a character, any one, or any number; the last two may stop at colons.
#[derive(Clone, Copy)]
enum Token {
    Char(char),
    One(bool),
    Many(bool),
}

#[derive(Clone, Copy, PartialEq)]
enum Match {
    Exact,
    NoCase,
    Like,
    Arn,
    Resource,
}

impl Replay<'_> {
    /// Whether the caller is one whose own policies count.
    fn is_identity(&self) -> bool {
        matches!(self.request.caller.kind, CallerKind::User(_) | CallerKind::Session { .. })
    }

    /// Whether any policy denies the request.
    fn denied(&self, set: &PolicySet<'_>) -> Option<bool> {
        let every = set.identity.iter().chain(&set.boundary).chain(&set.session);
        let every = every.filter(|_| self.is_identity());
        let is_service = matches!(self.request.caller.kind, CallerKind::Service(_));
        let organization = set.organization.iter().flatten().filter(|_| !is_service);
        for policy in every.chain(organization) {
            if self.says(policy, Effect::Deny)? {
                return Some(true);
            }
        }
        for policy in set.resource.iter().chain(&set.endpoint) {
            for statement in &policy.statements {
                if statement.effect == Effect::Deny
                    && self.fits(statement)?
                    && self.deny_hits(statement.principals.as_ref())?
                {
                    return Some(true);
                }
            }
        }
        Some(false)
    }

    fn allowed(&self, set: &PolicySet<'_>) -> Option<bool> {
        if self.denied(set)? {
            return Some(false);
        }
        if !matches!(self.request.caller.kind, CallerKind::Service(_)) {
            for level in &set.organization {
                if !self.some_allow(level)? {
                    return Some(false);
                }
            }
        }
        if let Some(endpoint) = set.endpoint {
            let (one, two, three) = self.resource_allows(endpoint)?;
            if !one && !two && !three {
                return Some(false);
            }
        }
        let is_identity = self.is_identity();
        let identity = self.some_allow(&set.identity)? && is_identity
            || self.request.caller.kind == CallerKind::Root;
        let boundary = match set.boundary {
            Some(boundary) if is_identity => self.says(boundary, Effect::Allow)?,
            _ => true,
        };
        let session = set.session.is_empty() || !is_identity || self.some_allow(&set.session)?;
        let (mut direct, role, account) = match set.resource {
            Some(policy) => self.resource_allows(policy)?,
            None => (false, false, false),
        };
        for grant in set.grants {
            direct |= self.granted(grant)?;
        }
        let limits = boundary && session;
        let named = direct || role || account;
        let own = known(&self.request.caller.account)?;
        if own.is_empty() {
            return Some(named);
        }
        if own != known(&self.request.resource_account)? {
            let needs_own = is_identity || self.request.caller.kind == CallerKind::Root;
            return Some(named && (!needs_own || identity && limits));
        }
        if direct || role && limits {
            return Some(true);
        }
        let opened = set.resource_kind == ResourceKind::Ordinary || named;
        Some(identity && limits && opened)
    }

    fn some_allow(&self, policies: &[&Policy]) -> Option<bool> {
        for policy in policies {
            if self.says(policy, Effect::Allow)? {
                return Some(true);
            }
        }
        Some(false)
    }

    fn says(&self, policy: &Policy, effect: Effect) -> Option<bool> {
        for statement in &policy.statements {
            if statement.effect == effect && self.fits(statement)? {
                return Some(true);
            }
        }
        Some(false)
    }

    /// Named directly, as its role, as its account.
    fn resource_allows(&self, policy: &Policy) -> Option<(bool, bool, bool)> {
        let mut all = (false, false, false);
        for statement in &policy.statements {
            if statement.effect != Effect::Allow || !self.fits(statement)? {
                continue;
            }
            let Some(element) = &statement.principals else { continue };
            let (one, two, three) = self.names(element)?;
            if element.negated {
                all.0 |= !(one || two || three);
            } else {
                all = (all.0 || one, all.1 || two, all.2 || three);
            }
        }
        Some(all)
    }

    fn deny_hits(&self, element: Option<&PrincipalElement>) -> Option<bool> {
        let Some(element) = element else { return Some(false) };
        let (one, two, three) = self.names(element)?;
        if !element.negated {
            return Some(one || two || three);
        }
        Some(match self.request.caller.kind {
            CallerKind::Session { .. } => !(one && two && three),
            CallerKind::User(_) => !(one && three),
            _ => !one,
        })
    }

    fn names(&self, element: &PrincipalElement) -> Option<(bool, bool, bool)> {
        let caller = &self.request.caller;
        let account = known(&caller.account)?;
        let (mut one, mut two, mut three) = (false, false, false);
        for item in &element.items {
            let listed = known(&item.text)?;
            let is_account = !account.is_empty()
                && (listed == account
                    || listed.starts_with("arn:")
                        && listed.ends_with(&format!(":iam::{account}:root")));
            match (item.kind, &caller.kind) {
                (PrincipalKind::Everyone, _) => {
                    one = true;
                    two |= !matches!(caller.kind, CallerKind::Root);
                    three = true;
                }
                (PrincipalKind::Service, CallerKind::Service(name))
                | (PrincipalKind::Federated, CallerKind::Federated(name)) => {
                    one |= listed == known(name)?;
                }
                (PrincipalKind::Aws, CallerKind::Root) => one |= is_account,
                (PrincipalKind::Aws, CallerKind::User(arn)) => {
                    one |= listed == known(arn)?;
                    three |= is_account;
                }
                (PrincipalKind::Aws, CallerKind::Session { role, session }) => {
                    one |= listed == known(session)?;
                    two |= listed == known(role)?;
                    three |= is_account;
                }
                _ => {}
            }
        }
        Some((one, two, three))
    }

    fn granted(&self, grant: &Grant) -> Option<bool> {
        let action = self.request.action.to_lowercase();
        let to = known(&grant.grantee)?;
        let covers =
            grant.operations.iter().any(|each| action == format!("kms:{}", each.to_lowercase()));
        let is = match &self.request.caller.kind {
            CallerKind::User(text) | CallerKind::Service(text) => to == known(text)?,
            CallerKind::Session { role, session } => to == known(role)? || to == known(session)?,
            CallerKind::Root => {
                to == format!("arn:aws:iam::{}:root", known(&self.request.caller.account)?)
            }
            CallerKind::Federated(_) | CallerKind::Anonymous => false,
        };
        Some(covers && is)
    }

    fn fits(&self, statement: &PolicyStatement) -> Option<bool> {
        if !self.lists(&statement.actions, &self.request.action, Match::NoCase)? {
            return Some(false);
        }
        if let Some(resources) = &statement.resources
            && !self.lists(resources, known(&self.request.resource)?, Match::Resource)?
        {
            return Some(false);
        }
        for test in &statement.conditions {
            if !self.holds(test)? {
                return Some(false);
            }
        }
        Some(true)
    }

    fn lists(&self, element: &ListElement, text: &str, how: Match) -> Option<bool> {
        let mut found = false;
        for item in &element.items {
            found |= self.matches(&item.template, text, how)?;
        }
        Some(found != element.negated)
    }

    fn holds(&self, test: &ConditionTest) -> Option<bool> {
        let given = match self.request.value(&test.key) {
            Value::Present(values) => Some(values),
            Value::Absent => None,
            Value::Chosen | Value::OneOf(_) | Value::Unknown => return None,
        };
        let operator = test.operator;
        if operator.test == Test::Null {
            let absent = given.is_none_or(|values| values.is_empty());
            for item in &test.values {
                match self.filled(&item.template)? {
                    Some(text) if text.eq_ignore_ascii_case("true") && absent => return Some(true),
                    Some(text) if text.eq_ignore_ascii_case("false") && !absent => {
                        return Some(true);
                    }
                    _ => {}
                }
            }
            return Some(false);
        }
        let Some(values) = given else {
            return Some(match operator.quantifier {
                Some(Quantifier::All) => true,
                Some(Quantifier::Any) => operator.if_exists,
                None => operator.negated || operator.if_exists,
            });
        };
        let mut passed = 0;
        for value in &values {
            let value = known(value)?;
            let mut matched = false;
            for item in &test.values {
                matched |= self.compares(operator.test, value, &item.template)?;
            }
            passed += usize::from(matched != operator.negated);
        }
        let all = passed == values.len();
        Some(match operator.quantifier {
            Some(Quantifier::All) => all,
            Some(Quantifier::Any) => passed > 0,
            None if operator.negated => all,
            None => passed > 0,
        })
    }

    fn compares(&self, test: Test, value: &str, template: &Template) -> Option<bool> {
        let how = match test {
            Test::StringEquals | Test::Binary => Match::Exact,
            Test::StringEqualsIgnoreCase | Test::Bool => {
                let text = self.filled(template)?;
                return Some(text.is_some_and(|text| text.eq_ignore_ascii_case(value)));
            }
            Test::StringLike => Match::Like,
            Test::Arn => Match::Arn,
            Test::Numeric(order) => return self.ordered(order, value, template, plain_number),
            Test::Date(order) => return self.ordered(order, value, template, seconds),
            Test::IpAddress => {
                let Some(range) = self.filled(template)? else { return Some(false) };
                return Some(address_in(value, &range).unwrap_or(false));
            }
            Test::Null => return Some(false),
        };
        self.matches(template, value, how)
    }

    fn ordered(
        &self,
        order: Order,
        value: &str,
        template: &Template,
        read: fn(&str) -> Option<f64>,
    ) -> Option<bool> {
        let Some(limit) = self.filled(template)? else { return Some(false) };
        let (Some(value), Some(limit)) = (read(value), read(&limit)) else { return Some(false) };
        Some(match order {
            Order::Equals => value == limit,
            Order::LessThan => value < limit,
            Order::LessThanEquals => value <= limit,
            Order::GreaterThan => value > limit,
            Order::GreaterThanEquals => value >= limit,
        })
    }

    /// The outer `None`: not known. The inner: a variable that the request does not have.
    fn variable(&self, key: &str, default: Option<&String>) -> Option<Option<String>> {
        match self.request.value(key) {
            Value::Present(values) => match values.as_slice() {
                [one] => Some(Some(known(one)?.to_owned())),
                _ => Some(default.cloned()),
            },
            Value::Absent => Some(default.cloned()),
            Value::Chosen | Value::OneOf(_) | Value::Unknown => None,
        }
    }

    fn filled(&self, template: &Template) -> Option<Option<String>> {
        let mut text = String::new();
        for piece in template.pieces() {
            match piece {
                Piece::Wild(part) => text.push_str(part),
                Piece::Literal(char) => text.push(*char),
                Piece::Symbol(_) => return None,
                Piece::Variable { key, default } => match self.variable(key, default.as_ref())? {
                    Some(value) => text.push_str(&value),
                    None => return Some(None),
                },
            }
        }
        Some(Some(text))
    }

    fn matches(&self, template: &Template, text: &str, how: Match) -> Option<bool> {
        let mut tokens = Vec::new();
        let fold = |char: char| {
            if how == Match::NoCase { char.to_ascii_lowercase() } else { char }
        };
        for piece in template.pieces() {
            match piece {
                Piece::Wild(part) => tokens.extend(part.chars().map(|char| match char {
                    '*' if how != Match::Exact => Token::Many(false),
                    '?' if how != Match::Exact => Token::One(false),
                    _ => Token::Char(fold(char)),
                })),
                Piece::Literal(char) => tokens.push(Token::Char(fold(*char))),
                Piece::Symbol(_) => return None,
                Piece::Variable { key, default } => match self.variable(key, default.as_ref())? {
                    Some(value) => tokens.extend(value.chars().map(|char| Token::Char(fold(char)))),
                    None => return Some(false),
                },
            }
        }
        if matches!(how, Match::Arn | Match::Resource) {
            keep_in_segments(&mut tokens, how == Match::Resource);
        }
        let text: Vec<char> = text.chars().map(fold).collect();
        Some(glob(&tokens, &text))
    }
}

/// In the first five segments wildcards stop at colons; of a resource, not those that end one.
fn keep_in_segments(tokens: &mut [Token], may_run_on: bool) {
    let mut colons = 0;
    let after: Vec<Option<Token>> = (1..=tokens.len()).map(|at| tokens.get(at).copied()).collect();
    for (token, next) in tokens.iter_mut().zip(after) {
        let ends = next.is_none() || may_run_on && matches!(next, Some(Token::Char(':')));
        match token {
            Token::Char(':') => colons += 1,
            Token::Many(stops) => *stops = colons < 5 && !ends,
            Token::One(stops) => *stops = colons < 5,
            Token::Char(_) => {}
        }
    }
}

/// Token by token: which ends of the text the tokens so far can reach.
fn glob(tokens: &[Token], text: &[char]) -> bool {
    let mut ends = vec![false; text.len() + 1];
    if let Some(start) = ends.first_mut() {
        *start = true;
    }
    for token in tokens {
        let mut next = vec![false; text.len() + 1];
        let mut carried = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let before = at.checked_sub(1).and_then(|at| Some((*ends.get(at)?, *text.get(at)?)));
            *slot = match (token, before) {
                (Token::Char(char), Some((reached, own))) => reached && own == *char,
                (Token::One(stops), Some((reached, own))) => reached && !(*stops && own == ':'),
                (Token::Char(_) | Token::One(_), None) => false,
                (Token::Many(stops), before) => {
                    let taken = before.is_some_and(|(_, own)| !(*stops && own == ':'));
                    ends.get(at) == Some(&true) || carried && taken
                }
            };
            carried = *slot;
        }
        ends = next;
    }
    ends.last() == Some(&true)
}

fn known(text: &Text) -> Option<&str> {
    text.as_str()
}

fn plain_number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Seconds since 1970, counted year by year.
fn seconds(text: &str) -> Option<f64> {
    let is_year = text.len() == 4;
    if let (Some(number), false) = (plain_number(text), is_year) {
        return Some(number);
    }
    let (day, clock) = text.split_once(['T', 't']).unwrap_or((text, "00:00Z"));
    let fields: Option<Vec<u32>> = day.split('-').map(|field| field.parse().ok()).collect();
    let (year, month, date) = match *fields?.as_slice() {
        [year] if is_year => (year, 1, 1),
        [year, month] => (year, month, 1),
        [year, month, date] => (year, month, date),
        _ => return None,
    };
    if year > 9999 || !(1..=12).contains(&month) || !(1..=31).contains(&date) {
        return None;
    }
    let divides = |by, year: u32| year.is_multiple_of(by);
    let leap = |year| divides(4, year) && (!divides(100, year) || divides(400, year));
    let length = |year: u32| if leap(year) { 366.0 } else { 365.0 };
    let mut days: f64 = (1970..year).map(length).sum();
    days -= (year..1970).map(length).sum::<f64>();
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    days += f64::from(months.iter().take(month as usize - 1).sum::<u32>() + date - 1);
    let (clock, shift) = match clock.find(['Z', 'z', '+', '-']) {
        None => (clock, 0.0),
        Some(at) => {
            let (clock, zone) = clock.split_at(at);
            let ahead = zone.get(1..).filter(|offset| !offset.is_empty()).map(of_day);
            match (zone.chars().next(), ahead) {
                (Some('Z' | 'z'), None) => (clock, 0.0),
                (Some('+'), Some(ahead)) => (clock, ahead?),
                (Some('-'), Some(behind)) => (clock, -behind?),
                _ => return None,
            }
        }
    };
    Some(days * 86_400.0 + of_day(clock)? - shift)
}

fn of_day(clock: &str) -> Option<f64> {
    let fields: Option<Vec<f64>> = clock.split(':').map(plain_number).collect();
    let fields = fields?;
    let (hours, minutes, seconds) = match *fields.as_slice() {
        [hours, minutes] => (hours, minutes, 0.0),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let good = (0.0..=24.0).contains(&hours)
        && (0.0..60.0).contains(&minutes)
        && (0.0..61.0).contains(&seconds);
    good.then_some(hours * 3600.0 + minutes * 60.0 + seconds)
}

/// Compares the leading bits one by one. A value may be a range itself.
fn address_in(value: &str, range: &str) -> Option<bool> {
    let (value, value_bits) = bits(value)?;
    let (range, range_bits) = bits(range)?;
    if value.len() != range.len() || value_bits < range_bits {
        return Some(false);
    }
    Some(value.iter().zip(&range).take(range_bits).all(|(one, other)| one == other))
}

fn bits(text: &str) -> Option<(Vec<bool>, usize)> {
    let mut parts = text.splitn(2, '/');
    let octets = match parts.next()?.parse().ok()? {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    };
    let all: Vec<bool> = octets
        .iter()
        .flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1))
        .collect();
    let count = match parts.next() {
        Some(count) => count.parse().ok()?,
        None => all.len(),
    };
    (count <= all.len()).then_some((all, count))
}
