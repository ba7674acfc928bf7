//! Nodes to values: references, parameters and conditions of each stack.
//!
//! What a function gives is worked out on resolved values (`functions`), so that a value that
//! hangs on an undecided condition is split once and not at every level.

mod base64;
mod functions;
mod names;

use std::borrow::Cow;

use foldhash::{HashMap, HashMapExt as _};

use crate::condition::{Conditions, MAX_IMPLIED, Test, Truth};
use crate::diagnostic::{Fault, nearest};
use crate::document::{function, wrong};
use crate::ids::{Literal, StackId, Symbol};
use crate::options::ReadOptions;
use crate::source::Span;
use crate::stack::Stack;
use crate::syntax::{Entry, Failure, Kind, Node};
use crate::value::{Choice, SymbolOrigin, Symbols, Text, Value, ValueKind};

/// How deep references may lead to references, nesting included.
const MAX_DEPTH: usize = 220;
/// How many steps a reading may take beside one for each byte: written plainly, a value takes one
/// for every ten or twenty bytes.
const SPARE_STEPS: usize = 4_000_000;
/// How large a text or list may become: bytes, or items.
const MAX_SIZE: usize = 1 << 20;

pub(crate) type Resolved<'a> = Result<Option<Value<'a>>, Failure>;

pub(crate) struct Resolver<'p, 'a> {
    pub(crate) stacks: &'p [Stack<'a>],
    pub(crate) options: &'p ReadOptions,
    pub(crate) symbols: Symbols<'a>,
    pub(crate) conditions: Conditions<'a>,
    /// What could not be read and may matter.
    pub(crate) gaps: Vec<Failure>,
    parameters: HashMap<(StackId, usize), Memo<Value<'a>>>,
    names: HashMap<(StackId, usize), Memo<Option<Text<'a>>>>,
    truths: HashMap<(StackId, usize, Vec<Literal>), Memo<Truth>>,
    outputs: HashMap<(StackId, String), Memo<Value<'a>>>,
    exports: Memo<HashMap<Text<'a>, Option<(Scope, usize)>>>,
    depth: usize,
    budget: usize,
    spent: usize,
}

#[derive(Clone, Default)]
enum Memo<T> {
    #[default]
    New,
    Busy,
    Done(T),
}

/// The stack that a node is read in, and the undecided conditions that are taken as known there.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) stack: StackId,
    pub(crate) assumed: Vec<Literal>,
}

impl Scope {
    pub(crate) fn of(stack: StackId) -> Self {
        Self { stack, assumed: Vec::new() }
    }
}

impl<'p, 'a> Resolver<'p, 'a> {
    pub(crate) fn new(stacks: &'p [Stack<'a>], options: &'p ReadOptions) -> Self {
        Self {
            stacks,
            options,
            symbols: Symbols::new(),
            conditions: Conditions::default(),
            gaps: Vec::new(),
            parameters: HashMap::new(),
            names: HashMap::new(),
            truths: HashMap::new(),
            outputs: HashMap::new(),
            exports: Memo::New,
            depth: 0,
            budget: stacks.iter().map(|stack| stack.bytes).sum::<usize>() + SPARE_STEPS,
            spent: 0,
        }
    }

    /// Counts work, or copies of what has been worked out: a template of a megabyte may ask for
    /// gigabytes by naming one long value again and again.
    pub(crate) fn spend(&mut self, steps: usize, span: Span) -> Result<(), Failure> {
        self.spent = self.spent.saturating_add(steps);
        if self.spent <= self.budget {
            return Ok(());
        }
        Err((Fault::TooMuchWork { limit: self.budget }, span))
    }

    pub(crate) fn stack(&self, id: StackId) -> Result<&'p Stack<'a>, Failure> {
        let missing = || (Fault::Cycle { name: "stack".to_owned() }, Span::default());
        self.stacks.get(id.0 as usize).ok_or_else(missing)
    }

    /// The value of a node; `None` is `AWS::NoValue`.
    pub(crate) fn value(&mut self, scope: &Scope, node: &'p Node<'a>) -> Resolved<'a> {
        if self.depth >= MAX_DEPTH {
            return Err((Fault::TooDeep { limit: MAX_DEPTH }, node.span));
        }
        self.spend(1, node.span)?;
        self.depth += 1;
        let value = self.inner(scope, node);
        self.depth -= 1;
        value
    }

    fn inner(&mut self, scope: &Scope, node: &'p Node<'a>) -> Resolved<'a> {
        let kind = match &node.kind {
            Kind::Null => ValueKind::Null,
            Kind::Bool(value) => ValueKind::Bool(*value),
            Kind::Number(text) => ValueKind::Number(text.clone()),
            Kind::String(text) => ValueKind::Text(self.text(text.clone(), node.span)),
            Kind::Sequence(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(self.value(scope, item)?);
                }
                ValueKind::List(list)
            }
            Kind::Mapping(entries) => {
                if let Some((key, argument)) = function(node)? {
                    return self.function(scope, &key.text, argument, node.span);
                }
                let mut map = Vec::with_capacity(entries.len());
                for Entry { key, value } in entries {
                    if let Some(value) = self.value(scope, value)? {
                        map.push((key.clone(), value));
                    }
                }
                ValueKind::Map(map)
            }
        };
        Ok(Some(Value { kind, span: node.span }))
    }

    /// The value of a node that must have one.
    pub(crate) fn some(&mut self, scope: &Scope, node: &'p Node<'a>) -> Result<Value<'a>, Failure> {
        let value = self.value(scope, node)?;
        Ok(value.unwrap_or(Value { kind: ValueKind::Null, span: node.span }))
    }

    /// A literal, with the dynamic references in it as symbols.
    fn text(&mut self, text: Cow<'a, str>, span: Span) -> Text<'a> {
        if text.contains("{{resolve:") { self.dynamic(&text, span) } else { Text::literal(text) }
    }

    pub(crate) fn dynamic(&mut self, text: &str, span: Span) -> Text<'a> {
        let mut out = Text::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{resolve:") {
            let Some((reference, after)) = after.split_once("}}") else { break };
            out.push_str(before);
            let reference = format!("{{{{resolve:{reference}}}}}");
            let origin = SymbolOrigin::Dynamic(Text::literal(reference.clone()));
            out.push_symbol(self.symbols.intern(origin, Some(span), || reference));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    pub(crate) fn reference(&mut self, scope: &Scope, name: &str, span: Span) -> Resolved<'a> {
        if let Some(pseudo) = self.pseudo(scope.stack, name, span) {
            return Ok(pseudo);
        }
        let stack = self.stack(scope.stack)?;
        if let Some(at) = stack.parameters.get(name) {
            let mut value = self.parameter(scope.stack, *at)?;
            self.spend(value.weight() * (1 + scope.assumed.len()), span)?;
            value.span = span;
            for literal in &scope.assumed {
                value = value.assuming(literal.condition, literal.holds).unwrap_or(value);
            }
            return Ok(Some(value));
        }
        if let Some(at) = stack.resources.get(name) {
            let text = self.resource(scope, *at, None, span)?;
            self.spend(text.weight(), span)?;
            return Ok(Some(Value::text(text, span)));
        }
        if let Some(value) = self.of_module(scope, name, span)? {
            return Ok(Some(value));
        }
        let known = stack.parameters.keys().chain(stack.resources.keys()).map(String::as_str);
        let suggestion = nearest(name, known);
        Err((Fault::UnknownReference { name: name.to_owned(), suggestion }, span))
    }

    /// What a module of the stack makes: its resources' names begin with the module's own.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/modules-ref.html>
    fn of_module(&mut self, scope: &Scope, name: &str, span: Span) -> Resolved<'a> {
        let resources = &self.stack(scope.stack)?.template.resources;
        let makes = |entry: &Entry<'_>| {
            crate::document::is_module(&entry.value) && name.starts_with(entry.key.text.as_ref())
        };
        if !resources.iter().any(makes) {
            return Ok(None);
        }
        let origin = SymbolOrigin::Function("Module", format!("{}.{name}", scope.stack.0));
        let symbol = self.symbols.intern(origin, Some(span), || format!("!Ref {name}"));
        Ok(Some(Value::text(Text::symbol(symbol), span)))
    }

    fn pseudo(&mut self, id: StackId, name: &str, span: Span) -> Option<Option<Value<'a>>> {
        let rest = name.strip_prefix("AWS::")?;
        let set = match rest {
            "NoValue" => return Some(None),
            "AccountId" => self.options.account.clone(),
            "Region" => self.options.region.clone(),
            "Partition" => Some(self.options.partition.clone()),
            "URLSuffix" => Some(self.options.url_suffix.clone()),
            _ => None,
        };
        if let Some(text) = set {
            return Some(Some(Value::text(Text::literal(text), span)));
        }
        let origin = match rest {
            "AccountId" => return Some(Some(Value::text(Text::symbol(Symbols::ACCOUNT), span))),
            "Region" => return Some(Some(Value::text(Text::symbol(Symbols::REGION), span))),
            "StackName" => SymbolOrigin::StackPseudo(id, "StackName"),
            "StackId" => SymbolOrigin::StackPseudo(id, "StackId"),
            "NotificationARNs" => {
                let origin = SymbolOrigin::StackPseudo(id, "NotificationARNs");
                let symbol = self.symbols.intern(origin, Some(span), || format!("!Ref {name}"));
                return Some(Some(Value { kind: ValueKind::Unknown(symbol), span }));
            }
            _ => return None,
        };
        let symbol = self.symbols.intern(origin, Some(span), || format!("!Ref {name}"));
        Some(Some(Value::text(Text::symbol(symbol), span)))
    }

    fn parameter(&mut self, id: StackId, at: usize) -> Result<Value<'a>, Failure> {
        let stack = self.stack(id)?;
        let Some(entry) = stack.template.parameters.get(at) else {
            return Err((Fault::Empty, stack.template.span));
        };
        match self.parameters.insert((id, at), Memo::Busy) {
            Some(Memo::Done(value)) => {
                self.parameters.insert((id, at), Memo::Done(value.clone()));
                return Ok(value);
            }
            Some(Memo::Busy) => {
                return Err((Fault::Cycle { name: entry.key.text.to_string() }, entry.key.span));
            }
            _ => {}
        }
        let value = self.parameter_value(id, stack, entry)?;
        self.parameters.insert((id, at), Memo::Done(value.clone()));
        Ok(value)
    }

    fn parameter_value(
        &mut self,
        id: StackId,
        stack: &'p Stack<'a>,
        entry: &'p Entry<'a>,
    ) -> Result<Value<'a>, Failure> {
        let (name, span, of) = (entry.key.text.as_ref(), entry.key.span, &entry.value);
        let kind = of.get("Type").and_then(Node::as_str).unwrap_or("String");
        let list = kind == "CommaDelimitedList" || kind.contains("List<");
        if let Some((parent, node)) = stack.parent_argument(self.stacks, name) {
            return self.some(&Scope::of(parent), node);
        }
        let given = stack.given.get(name).map(String::as_str);
        let default = of.get("Default").and_then(Node::scalar);
        let secret = of.get("NoEcho").and_then(Node::scalar).is_some_and(|text| text == "true");
        let known = given.or(default).filter(|_| !secret);
        let allowed = of.get("AllowedValues").map(Node::items).unwrap_or_default();
        let allowed: Vec<String> =
            allowed.iter().filter_map(Node::scalar).map(str::to_owned).collect();
        if let Some(known) = known.filter(|_| kind.starts_with("AWS::SSM::Parameter::Value")) {
            let reference = format!("{{{{resolve:ssm:{known}}}}}");
            let origin = SymbolOrigin::Dynamic(Text::literal(reference.clone()));
            let symbol = self.symbols.intern(origin, Some(span), || reference);
            return Ok(self.unknown(symbol, list, span));
        }
        let Some(known) = known else {
            let origin = SymbolOrigin::Parameter(id, name.to_owned());
            let symbol = self.symbols.intern(origin, Some(span), || match &stack.path {
                path if path.is_empty() => format!("!Ref {name}"),
                path => format!("!Ref {name} ({path})"),
            });
            if !allowed.is_empty() {
                self.symbols.limit(symbol, allowed);
            }
            return Ok(self.unknown(symbol, list, span));
        };
        if !allowed.is_empty() && !list && !allowed.iter().any(|value| value == known) {
            let value = format!("`{known}`");
            return Err((Fault::NotAllowed { name: name.to_owned(), value }, span));
        }
        if !list {
            return Ok(Value::text(Text::literal(known.to_owned()), span));
        }
        let items = known.split(',').map(str::trim).filter(|item| !item.is_empty());
        let items = items.map(|item| Value::text(Text::literal(item.to_owned()), span));
        Ok(Value { kind: ValueKind::List(items.collect()), span })
    }

    fn unknown(&self, symbol: Symbol, list: bool, span: Span) -> Value<'a> {
        let kind =
            if list { ValueKind::Unknown(symbol) } else { ValueKind::Text(Text::symbol(symbol)) };
        Value { kind, span }
    }

    /// Whether the condition of this name holds.
    pub(crate) fn named(
        &mut self,
        scope: &Scope,
        name: &str,
        span: Span,
    ) -> Result<Truth, Failure> {
        let stack = self.stack(scope.stack)?;
        let found = stack.conditions.get(name).copied();
        let Some((at, entry)) = found.and_then(|at| Some((at, stack.template.conditions.get(at)?)))
        else {
            let suggestion = nearest(name, stack.conditions.keys().map(String::as_str));
            return Err((Fault::UnknownCondition { name: name.to_owned(), suggestion }, span));
        };
        let key = (scope.stack, at, scope.assumed.clone());
        match self.truths.insert(key.clone(), Memo::Busy) {
            Some(Memo::Done(truth)) => {
                self.truths.insert(key, Memo::Done(truth));
                return Ok(truth);
            }
            Some(Memo::Busy) => return Err((Fault::Cycle { name: name.to_owned() }, span)),
            _ => {}
        }
        let truth = self.truth(scope, &entry.value)?;
        self.truths.insert(key, Memo::Done(truth));
        Ok(truth)
    }

    pub(crate) fn truth(&mut self, scope: &Scope, node: &'p Node<'a>) -> Result<Truth, Failure> {
        if self.depth >= MAX_DEPTH {
            return Err((Fault::TooDeep { limit: MAX_DEPTH }, node.span));
        }
        self.spend(1 + scope.assumed.len(), node.span)?;
        self.depth += 1;
        let truth = self.inner_truth(scope, node);
        self.depth -= 1;
        let truth = truth?;
        if let Truth::Open(literal) = truth {
            let known = scope.assumed.iter().find(|known| known.condition == literal.condition);
            if let Some(known) = known {
                return Ok(if known.holds == literal.holds { Truth::Yes } else { Truth::No });
            }
        }
        Ok(truth)
    }

    fn inner_truth(&mut self, scope: &Scope, node: &'p Node<'a>) -> Result<Truth, Failure> {
        let [Entry { key, value }] = node.entries() else {
            return Err(wrong("a condition function", node));
        };
        let mut truths = Vec::new();
        match key.text.as_ref() {
            "Condition" => {
                let name = value.as_str().ok_or_else(|| wrong("a condition's name", value))?;
                return self.named(scope, name, value.span);
            }
            "Fn::Equals" => {
                let [left, right] = value.items() else {
                    let function = key.text.to_string();
                    let wanted = "a list of two values";
                    return Err((Fault::BadFunction { function, wanted }, value.span));
                };
                let (left, right) = (self.some(scope, left)?, self.some(scope, right)?);
                return Ok(self.equals(scope, &left, &right));
            }
            "Fn::And" | "Fn::Or" | "Fn::Not" => {
                for item in value.items() {
                    truths.push(self.truth(scope, item)?);
                }
            }
            function => {
                let known = ["Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or", "Condition"];
                let suggestion = nearest(function, known);
                let function = function.to_owned();
                return Err((Fault::UnknownFunction { function, suggestion }, key.span));
            }
        }
        Ok(match (key.text.as_ref(), truths.as_slice()) {
            ("Fn::Not", [truth]) => truth.not(),
            ("Fn::Not", _) | (_, []) => {
                let function = key.text.to_string();
                let wanted = "a list of conditions";
                return Err((Fault::BadFunction { function, wanted }, value.span));
            }
            ("Fn::And", truths) => self.conditions.all(truths),
            (_, truths) => {
                let opposite: Vec<Truth> = truths.iter().map(|truth| truth.not()).collect();
                self.conditions.all(&opposite).not()
            }
        })
    }

    fn equals(&mut self, scope: &Scope, left: &Value<'a>, right: &Value<'a>) -> Truth {
        if left == right {
            return Truth::Yes;
        }
        let (Some(a), Some(b)) = (left.to_text(), right.to_text()) else {
            let mut name = String::new();
            left.canonical(&mut name);
            name.push_str(" == ");
            right.canonical(&mut name);
            let condition = self.conditions.intern(Test::Named(scope.stack, name));
            return Truth::Open(Literal { condition, holds: true });
        };
        let excluded = |a: &Text<'a>, b: &Text<'a>| {
            let values = a.as_symbol().and_then(|symbol| self.symbols.values(symbol));
            match (values, b.as_literal()) {
                (Some(values), Some(text)) => !values.iter().any(|value| value == text),
                _ => false,
            }
        };
        if !a.may_equal(&b) || excluded(&a, &b) || excluded(&b, &a) {
            return Truth::No;
        }
        let symbolic_first = a.as_literal().is_none();
        let (a, b) = if symbolic_first { (a, b) } else { (b, a) };
        let condition = self.conditions.intern(Test::Equals(a, b));
        Truth::Open(Literal { condition, holds: true })
    }

    /// `Fn::If` over a condition's name.
    fn choose(&mut self, scope: &Scope, argument: &'p Node<'a>, span: Span) -> Resolved<'a> {
        let [name, then, otherwise] = argument.items() else {
            let wanted = "a list: a condition's name and two values";
            return Err((Fault::BadFunction { function: "Fn::If".to_owned(), wanted }, span));
        };
        let condition = name.as_str().or_else(|| name.get("Condition").and_then(Node::as_str));
        let condition = condition.ok_or_else(|| wrong("a condition's name", name))?;
        let literal = match self.named(scope, condition, name.span)? {
            Truth::Yes => return self.value(scope, then),
            Truth::No => return self.value(scope, otherwise),
            Truth::Open(literal) => literal,
        };
        let assumed = self.assume(scope, literal, span)?;
        let then = self.value(&assumed, then)?;
        let opposite = Literal { holds: !literal.holds, ..literal };
        let assumed = self.assume(scope, opposite, span)?;
        let otherwise = self.value(&assumed, otherwise)?;
        if then == otherwise {
            return Ok(then);
        }
        let (then, otherwise) = if literal.holds { (then, otherwise) } else { (otherwise, then) };
        let choice = Choice { condition: literal.condition, then, otherwise };
        Ok(Some(Value { kind: ValueKind::Choice(Box::new(choice)), span }))
    }

    pub(crate) fn assume(
        &mut self,
        scope: &Scope,
        literal: Literal,
        span: Span,
    ) -> Result<Scope, Failure> {
        let too_many = || (Fault::TooManyConditions { limit: MAX_IMPLIED }, span);
        let implied = self.conditions.implied(literal).ok_or_else(too_many)?;
        let mut assumed = scope.assumed.clone();
        assumed.extend(implied);
        assumed.sort_unstable();
        assumed.dedup();
        if assumed.len() > MAX_IMPLIED {
            return Err(too_many());
        }
        self.spend(assumed.len(), span)?;
        Ok(Scope { stack: scope.stack, assumed })
    }
}
