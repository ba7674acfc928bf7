//! Resolved values: what a template's text comes to, with a symbol for whatever cannot be known.

use std::borrow::Cow;
use std::fmt::Write as _;

use foldhash::{HashMap, HashMapExt as _};

use crate::ids::{ConditionId, StackId, Symbol};
use crate::source::Span;
use crate::syntax::Key;

/// A resolved value and the statement that it comes from. Two values are equal when they are the
/// same wherever they are written: places do not count, nor does the order of a map's keys.
#[derive(Clone, Debug)]
pub struct Value<'a> {
    /// What it is.
    pub kind: ValueKind<'a>,
    /// The statement in the template.
    pub span: Span,
}

/// What a resolved value is.
#[derive(Clone, Debug)]
pub enum ValueKind<'a> {
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number as it is written, in decimal.
    Number(Cow<'a, str>),
    /// A string, parts of which may be symbols.
    Text(Text<'a>),
    /// A list.
    List(Vec<Value<'a>>),
    /// A mapping, in the order in which it is written.
    Map(Vec<(Key<'a>, Value<'a>)>),
    /// A value of unknown shape.
    Unknown(Symbol),
    /// One value or another, by a condition that could not be decided.
    Choice(Box<Choice<'a>>),
}

/// Two values, of which a condition that is not known picks one; `None` is `AWS::NoValue`.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    /// The condition.
    pub condition: ConditionId,
    /// The value when it holds.
    pub then: Option<Value<'a>>,
    /// The value when it does not.
    pub otherwise: Option<Value<'a>>,
}

/// A string: literal text and symbols, in order. Neighbouring literals are one, and none is empty.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Text<'a>(Parts<'a>);

#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
enum Parts<'a> {
    #[default]
    Empty,
    Literal(Cow<'a, str>),
    Mixed(Vec<Part<'a>>),
}

/// One part of a string.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Part<'a> {
    /// Text that is known.
    Literal(Cow<'a, str>),
    /// Text that is not; it may be empty.
    Symbol(Symbol),
}

/// Where a symbol comes from. Two of the same origin are the same symbol.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum SymbolOrigin<'a> {
    /// A pseudo parameter that is the same in all stacks, such as `AWS::AccountId`.
    Pseudo(&'static str),
    /// A pseudo parameter of one stack, such as `AWS::StackName`.
    StackPseudo(StackId, &'static str),
    /// A parameter without a value.
    Parameter(StackId, String),
    /// What AWS will return for a resource: its `Ref` (`None`) or an attribute.
    Resource {
        /// The stack.
        stack: StackId,
        /// The logical id.
        id: String,
        /// The attribute, as in `Fn::GetAtt`.
        attribute: Option<String>,
    },
    /// An export that no template here makes.
    Import(Text<'a>),
    /// A dynamic reference, `{{resolve:...}}`: the same text names the same value.
    Dynamic(Text<'a>),
    /// A function of something unknown: the same arguments give the same value.
    Function(&'static str, String),
    /// What only AWS can make: the output of a macro, a transform.
    Opaque(Span),
}

/// The symbols of one reading.
#[derive(Debug)]
pub struct Symbols<'a> {
    known: HashMap<SymbolOrigin<'a>, Symbol>,
    list: Vec<Info<'a>>,
}

#[derive(Debug)]
struct Info<'a> {
    origin: SymbolOrigin<'a>,
    name: String,
    span: Option<Span>,
    values: Option<Vec<String>>,
}

impl<'a> Text<'a> {
    /// A known text.
    pub fn literal(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::default() } else { Self(Parts::Literal(text)) }
    }

    /// A text that is a symbol.
    pub fn symbol(symbol: Symbol) -> Self {
        Self(Parts::Mixed(vec![Part::Symbol(symbol)]))
    }

    /// The text, if it is known whole.
    pub fn as_literal(&self) -> Option<&str> {
        match &self.0 {
            Parts::Empty => Some(""),
            Parts::Literal(text) => Some(text),
            Parts::Mixed(_) => None,
        }
    }

    /// The symbol, if the text is that alone.
    pub fn as_symbol(&self) -> Option<Symbol> {
        match &self.0 {
            Parts::Mixed(parts) => match parts.as_slice() {
                [Part::Symbol(symbol)] => Some(*symbol),
                _ => None,
            },
            _ => None,
        }
    }

    /// Its parts, in order.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = PartRef<'_>> {
        let (literal, mixed) = match &self.0 {
            Parts::Empty => (None, &[][..]),
            Parts::Literal(text) => (Some(PartRef::Literal(text)), &[][..]),
            Parts::Mixed(parts) => (None, parts.as_slice()),
        };
        literal.into_iter().chain(mixed.iter().map(|part| match part {
            Part::Literal(text) => PartRef::Literal(text),
            Part::Symbol(symbol) => PartRef::Symbol(*symbol),
        }))
    }

    /// Its symbols, in order.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> {
        self.parts().filter_map(|part| match part {
            PartRef::Symbol(symbol) => Some(symbol),
            PartRef::Literal(_) => None,
        })
    }

    /// Adds known text at the end.
    pub fn push_str(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match &mut self.0 {
            Parts::Empty => self.0 = Parts::Literal(Cow::Owned(text.to_owned())),
            Parts::Literal(known) => known.to_mut().push_str(text),
            Parts::Mixed(parts) => match parts.last_mut() {
                Some(Part::Literal(known)) => known.to_mut().push_str(text),
                _ => parts.push(Part::Literal(Cow::Owned(text.to_owned()))),
            },
        }
    }

    /// Adds a symbol at the end.
    pub fn push_symbol(&mut self, symbol: Symbol) {
        let part = Part::Symbol(symbol);
        self.0 = match std::mem::take(&mut self.0) {
            Parts::Empty => Parts::Mixed(vec![part]),
            Parts::Literal(text) => Parts::Mixed(vec![Part::Literal(text), part]),
            Parts::Mixed(mut parts) => {
                parts.push(part);
                Parts::Mixed(parts)
            }
        };
    }

    /// Adds another text at the end.
    pub fn push(&mut self, other: &Text<'a>) {
        if matches!(self.0, Parts::Empty) {
            self.clone_from(other);
            return;
        }
        for part in other.parts() {
            match part {
                PartRef::Literal(text) => self.push_str(text),
                PartRef::Symbol(symbol) => self.push_symbol(symbol),
            }
        }
    }

    /// How large it is: bytes of literals, and a few for each symbol.
    pub(crate) fn size(&self) -> usize {
        self.parts()
            .map(|part| match part {
                PartRef::Literal(text) => text.len(),
                PartRef::Symbol(_) => 16,
            })
            .sum()
    }

    /// How much a copy of it costs: one, and one for every 64 bytes.
    pub(crate) fn weight(&self) -> usize {
        1 + self.size() / 64
    }

    /// Whether the two could come to the same text for some values of their symbols. Errs on the
    /// side of yes: only the literal beginnings and ends are compared.
    pub fn may_equal(&self, other: &Text<'_>) -> bool {
        let (a, b) = match (self.as_literal(), other.as_literal()) {
            (Some(a), Some(b)) => return a == b,
            _ => (self, other),
        };
        let head = |text: Option<PartRef<'_>>| match text {
            Some(PartRef::Literal(text)) => text.to_owned(),
            _ => String::new(),
        };
        let (front_a, front_b) = (head(a.parts().next()), head(b.parts().next()));
        let (back_a, back_b) = (head(a.parts().next_back()), head(b.parts().next_back()));
        (front_a.starts_with(&front_b) || front_b.starts_with(&front_a))
            && (back_a.ends_with(&back_b) || back_b.ends_with(&back_a))
    }
}

/// One part of a string, borrowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PartRef<'t> {
    /// Text that is known.
    Literal(&'t str),
    /// Text that is not.
    Symbol(Symbol),
}

impl<'a> Value<'a> {
    pub(crate) fn text(text: Text<'a>, span: Span) -> Self {
        Self { kind: ValueKind::Text(text), span }
    }

    /// The value under a key of a map.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.entries().iter().find(|(known, _)| known.text == key).map(|(_, value)| value)
    }

    /// The value at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Value<'a>> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The first value on a path of keys into which nobody can look: it hangs on a condition, or is
    /// not known. What is at the end of the path is not looked into.
    pub fn hidden_at(&self, path: &[&str]) -> Option<&Value<'a>> {
        let mut value = self;
        for key in path {
            if matches!(value.kind, ValueKind::Choice(_) | ValueKind::Unknown(_)) {
                return Some(value);
            }
            value = value.get(key)?;
        }
        None
    }

    /// The lines of a map; none for anything else.
    pub fn entries(&self) -> &[(Key<'a>, Value<'a>)] {
        match &self.kind {
            ValueKind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; a single value counts as a list of one, as CloudFormation has it.
    pub fn items(&self) -> &[Value<'a>] {
        match &self.kind {
            ValueKind::List(items) => items,
            ValueKind::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// A string, number, truth value or unknown as text; `None` for lists, maps and choices.
    pub fn to_text(&self) -> Option<Text<'a>> {
        match &self.kind {
            ValueKind::Text(text) => Some(text.clone()),
            ValueKind::Number(text) => Some(Text::literal(text.clone())),
            ValueKind::Bool(true) => Some(Text::literal("true")),
            ValueKind::Bool(false) => Some(Text::literal("false")),
            ValueKind::Unknown(symbol) => Some(Text::symbol(*symbol)),
            _ => None,
        }
    }

    /// The text of a scalar that is known.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ValueKind::Text(text) => text.as_literal(),
            ValueKind::Number(text) => Some(text),
            ValueKind::Bool(true) => Some("true"),
            ValueKind::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// A truth value, also one that is written as a string; `None` when it is not known.
    pub fn as_bool(&self) -> Option<bool> {
        match self.as_str() {
            Some(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// How much a copy of it costs: one for each value in it, and one for every 64 bytes of text.
    pub(crate) fn weight(&self) -> usize {
        match &self.kind {
            ValueKind::Text(text) => text.weight(),
            ValueKind::List(items) => 1 + items.iter().map(Value::weight).sum::<usize>(),
            ValueKind::Map(entries) => {
                1 + entries.iter().map(|(_, value)| value.weight()).sum::<usize>()
            }
            ValueKind::Choice(choice) => {
                let branches = choice.then.iter().chain(&choice.otherwise);
                1 + branches.map(Value::weight).sum::<usize>()
            }
            _ => 1,
        }
    }

    /// The values at the end of a path, through lists: of several keys in several items all.
    pub fn at_path_all<'v>(&'v self, path: &[&str], out: &mut Vec<&'v Self>) {
        let Some((key, rest)) = path.split_first() else {
            out.extend(self.items());
            return;
        };
        for value in self.items().iter().filter_map(|item| item.get(key)) {
            value.at_path_all(rest, out);
        }
    }

    /// Every value in it, itself first.
    pub fn walk<'v>(&'v self, visit: &mut dyn FnMut(&'v Value<'a>)) {
        visit(self);
        match &self.kind {
            ValueKind::List(items) => items.iter().for_each(|item| item.walk(visit)),
            ValueKind::Map(entries) => entries.iter().for_each(|(_, value)| value.walk(visit)),
            ValueKind::Choice(choice) => {
                choice.then.iter().chain(&choice.otherwise).for_each(|value| value.walk(visit));
            }
            _ => {}
        }
    }

    /// The value where a condition is taken to hold or not; `None` is `AWS::NoValue`.
    pub fn assuming(&self, condition: ConditionId, holds: bool) -> Option<Value<'a>> {
        let kind = match &self.kind {
            ValueKind::Choice(choice) => {
                let pick = |value: &Option<Value<'a>>| value.as_ref()?.assuming(condition, holds);
                if choice.condition == condition {
                    return pick(if holds { &choice.then } else { &choice.otherwise });
                }
                let (then, otherwise) = (pick(&choice.then), pick(&choice.otherwise));
                if then.is_none() && otherwise.is_none() {
                    return None;
                }
                let condition = choice.condition;
                ValueKind::Choice(Box::new(Choice { condition, then, otherwise }))
            }
            ValueKind::List(items) => {
                let items = items.iter().filter_map(|item| item.assuming(condition, holds));
                ValueKind::List(items.collect())
            }
            ValueKind::Map(entries) => {
                let entries = entries.iter().filter_map(|(key, value)| {
                    Some((key.clone(), value.assuming(condition, holds)?))
                });
                ValueKind::Map(entries.collect())
            }
            other => other.clone(),
        };
        Some(Value { kind, span: self.span })
    }

    /// The first condition that something in it hangs on.
    pub(crate) fn open_condition(&self) -> Option<ConditionId> {
        match &self.kind {
            ValueKind::Choice(choice) => Some(choice.condition),
            ValueKind::List(items) => items.iter().find_map(Value::open_condition),
            ValueKind::Map(entries) => entries.iter().find_map(|(_, v)| v.open_condition()),
            _ => None,
        }
    }

    /// Writes it so that two values are written alike only when they are equal.
    pub(crate) fn canonical(&self, out: &mut String) {
        match &self.kind {
            ValueKind::Null => out.push_str("null"),
            ValueKind::List(items) => {
                out.push('[');
                for item in items {
                    item.canonical(out);
                    out.push(',');
                }
                out.push(']');
            }
            ValueKind::Map(entries) => {
                let mut sorted: Vec<_> = entries.iter().collect();
                sorted.sort_by(|a, b| a.0.text.cmp(&b.0.text));
                out.push('{');
                for (key, value) in sorted {
                    let _ = write!(out, "{:?}:", key.text);
                    value.canonical(out);
                    out.push(',');
                }
                out.push('}');
            }
            ValueKind::Choice(choice) => {
                let _ = write!(out, "if{}(", choice.condition.0);
                for branch in [&choice.then, &choice.otherwise] {
                    branch.iter().for_each(|value| value.canonical(out));
                    out.push(';');
                }
                out.push(')');
            }
            _ => canonical_text(&self.to_text().unwrap_or_default(), out),
        }
    }
}

pub(crate) fn canonical_text(text: &Text<'_>, out: &mut String) {
    for part in text.parts() {
        let _ = match part {
            PartRef::Literal(text) => write!(out, "{text:?}"),
            PartRef::Symbol(symbol) => write!(out, "<{}>", symbol.0),
        };
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (ValueKind::Null, ValueKind::Null) => true,
            (ValueKind::List(a), ValueKind::List(b)) => a == b,
            (ValueKind::Map(a), ValueKind::Map(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(key, value)| other.get(&key.text) == Some(value))
            }
            (ValueKind::Choice(a), ValueKind::Choice(b)) => {
                a.condition == b.condition && a.then == b.then && a.otherwise == b.otherwise
            }
            // CloudFormation sends every scalar as a string.
            _ => match (self.to_text(), other.to_text()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }
}

impl Eq for Value<'_> {}

/// The pseudo parameters that are the same in all stacks; their symbols are these everywhere.
const PSEUDO: [&str; 4] = ["AWS::AccountId", "AWS::Region", "AWS::Partition", "AWS::URLSuffix"];

impl<'a> Symbols<'a> {
    /// `AWS::AccountId`, the same in every reading.
    pub const ACCOUNT: Symbol = Symbol(0);
    /// `AWS::Region`, the same in every reading.
    pub const REGION: Symbol = Symbol(1);
    /// `AWS::Partition`, the same in every reading.
    pub const PARTITION: Symbol = Symbol(2);

    /// Whether a symbol means the same in every reading.
    pub fn everywhere(symbol: Symbol) -> bool {
        (symbol.0 as usize) < PSEUDO.len()
    }

    pub(crate) fn new() -> Self {
        let mut symbols = Self { known: HashMap::new(), list: Vec::new() };
        for name in PSEUDO {
            symbols.intern(SymbolOrigin::Pseudo(name), None, || format!("!Ref {name}"));
        }
        symbols
    }

    pub(crate) fn intern(
        &mut self,
        origin: SymbolOrigin<'a>,
        span: Option<Span>,
        name: impl FnOnce() -> String,
    ) -> Symbol {
        if let Some(symbol) = self.known.get(&origin) {
            return *symbol;
        }
        let symbol = Symbol(self.list.len() as u32);
        self.known.insert(origin.clone(), symbol);
        self.list.push(Info { origin, name: name(), span, values: None });
        symbol
    }

    pub(crate) fn limit(&mut self, symbol: Symbol, values: Vec<String>) {
        if let Some(info) = self.list.get_mut(symbol.0 as usize) {
            info.values = Some(values);
        }
    }

    /// Where a symbol comes from.
    pub fn origin(&self, symbol: Symbol) -> Option<&SymbolOrigin<'a>> {
        self.list.get(symbol.0 as usize).map(|info| &info.origin)
    }

    /// How it is written in the template, such as `!GetAtt Bucket.Arn`.
    pub fn name(&self, symbol: Symbol) -> &str {
        self.list.get(symbol.0 as usize).map_or("?", |info| &info.name)
    }

    /// The statement that it was first met in.
    pub fn span(&self, symbol: Symbol) -> Option<Span> {
        self.list.get(symbol.0 as usize).and_then(|info| info.span)
    }

    /// The only values that it can have, where a parameter lists them.
    pub fn values(&self, symbol: Symbol) -> Option<&[String]> {
        self.list.get(symbol.0 as usize).and_then(|info| info.values.as_deref())
    }

    /// The text as one reads it, with `${...}` around each symbol's name.
    pub fn readable(&self, text: &Text<'_>) -> String {
        let mut out = String::new();
        for part in text.parts() {
            match part {
                PartRef::Literal(text) => out.push_str(text),
                PartRef::Symbol(symbol) => {
                    let name = self.name(symbol);
                    let name = name.strip_prefix("!Ref ").unwrap_or(name);
                    let name = name.strip_prefix("!GetAtt ").unwrap_or(name);
                    let _ = write!(out, "${{{name}}}");
                }
            }
        }
        out
    }

    /// Whether a symbol's text can hold none of these characters: account ids are twelve digits,
    /// regions and partitions lower-case words with hyphens.
    pub fn excludes(&self, symbol: Symbol, characters: &str) -> bool {
        let allowed: fn(char) -> bool = match symbol {
            Self::ACCOUNT => |c| c.is_ascii_digit(),
            Self::REGION | Self::PARTITION => |c| c.is_ascii_alphanumeric() || c == '-',
            _ => {
                return self.values(symbol).is_some_and(|values| {
                    values.iter().all(|value| !value.contains(|c| characters.contains(c)))
                });
            }
        };
        !characters.chars().any(allowed)
    }
}
