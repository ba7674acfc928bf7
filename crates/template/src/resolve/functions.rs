//! The intrinsic functions, on values that are resolved already.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::net::Ipv4Addr;

use super::base64::base64;
use super::{MAX_SIZE, Memo, Resolved, Resolver, Scope};
use crate::diagnostic::{Fault, nearest};
use crate::document::wrong;
use crate::ids::StackId;
use crate::source::Span;
use crate::syntax::{Failure, Kind, Node};
use crate::value::{Choice, PartRef, SymbolOrigin, Text, Value, ValueKind};

/// How many undecided conditions one function's arguments are split by.
const MAX_SPLITS: usize = 5;

type Pure<'a> = Result<Option<ValueKind<'a>>, Failure>;

impl<'p, 'a> Resolver<'p, 'a> {
    pub(super) fn function(
        &mut self,
        scope: &Scope,
        name: &str,
        argument: &'p Node<'a>,
        span: Span,
    ) -> Resolved<'a> {
        let bad = |wanted| Err((Fault::BadFunction { function: name.to_owned(), wanted }, span));
        match name {
            "Ref" => match argument.as_str() {
                Some(name) => self.reference(scope, name, argument.span),
                None => Err(wrong("the name of a parameter or resource", argument)),
            },
            "Fn::If" => self.choose(scope, argument, span),
            "Fn::GetAtt" => self.get_att(scope, argument, span),
            "Fn::Sub" => self.sub(scope, argument, span),
            "Fn::Join" => match argument.items() {
                [_, _] => self.lift("Fn::Join", scope, argument, span, Self::join),
                _ => bad("a list: a delimiter and a list"),
            },
            "Fn::Select" => match argument.items() {
                [_, _] => self.lift("Fn::Select", scope, argument, span, Self::select),
                _ => bad("a list: an index and a list"),
            },
            "Fn::Split" => match argument.items() {
                [_, _] => self.lift("Fn::Split", scope, argument, span, Self::split),
                _ => bad("a list: a delimiter and a text"),
            },
            "Fn::FindInMap" => self.find_in_map(scope, argument, span),
            "Fn::ImportValue" => self.import(scope, argument, span),
            "Fn::Base64" => self.lift("Fn::Base64", scope, argument, span, Self::base64),
            "Fn::Cidr" => self.lift("Fn::Cidr", scope, argument, span, Self::cidr),
            "Fn::GetAZs" => self.lift("Fn::GetAZs", scope, argument, span, |_, _, _| Ok(None)),
            "Fn::GetStackOutput" => {
                self.lift("Fn::GetStackOutput", scope, argument, span, |_, _, _| Ok(None))
            }
            "Fn::Length" => self.lift("Fn::Length", scope, argument, span, Self::length),
            "Fn::ToJsonString" => {
                self.lift("Fn::ToJsonString", scope, argument, span, Self::json_text)
            }
            "Fn::Transform" => {
                let name = argument.get("Name").and_then(Node::as_str).unwrap_or("?").to_owned();
                self.gaps.push((Fault::Macro { name: name.clone() }, span));
                let origin = SymbolOrigin::Opaque(span);
                let symbol =
                    self.symbols.intern(origin, Some(span), || format!("!Transform {name}"));
                Ok(Some(Value { kind: ValueKind::Unknown(symbol), span }))
            }
            _ => {
                let suggestion = nearest(name, KNOWN);
                Err((Fault::UnknownFunction { function: name.to_owned(), suggestion }, span))
            }
        }
    }

    /// Applies a function to resolved arguments: once for each way in which undecided conditions
    /// in them can fall. What the function cannot tell becomes a symbol of function and arguments.
    fn lift(
        &mut self,
        name: &'static str,
        scope: &Scope,
        argument: &'p Node<'a>,
        span: Span,
        apply: fn(&mut Self, &Value<'a>, Span) -> Pure<'a>,
    ) -> Resolved<'a> {
        let argument = self.some(scope, argument)?;
        self.split_by(name, &argument, span, MAX_SPLITS, apply).map(Some)
    }

    fn split_by(
        &mut self,
        name: &'static str,
        argument: &Value<'a>,
        span: Span,
        splits: usize,
        apply: fn(&mut Self, &Value<'a>, Span) -> Pure<'a>,
    ) -> Result<Value<'a>, Failure> {
        self.spend(argument.weight(), span)?;
        let known = match argument.open_condition() {
            None => apply(self, argument, span)?,
            Some(_) if splits == 0 => None,
            Some(condition) => {
                let mut branch = |holds| {
                    let argument = argument.assuming(condition, holds);
                    let argument = argument.unwrap_or(Value { kind: ValueKind::Null, span });
                    self.split_by(name, &argument, span, splits - 1, apply)
                };
                let (then, otherwise) = (branch(true)?, branch(false)?);
                if then == otherwise {
                    return Ok(then);
                }
                let (then, otherwise) = (Some(then), Some(otherwise));
                Some(ValueKind::Choice(Box::new(Choice { condition, then, otherwise })))
            }
        };
        let kind = match known {
            Some(kind) => kind,
            None => self.opaque(name, argument, span)?,
        };
        if let ValueKind::Text(text) = &kind
            && text.size() > MAX_SIZE
        {
            return Err((Fault::TooLong { limit: MAX_SIZE }, span));
        }
        Ok(Value { kind, span })
    }

    /// The symbol of a function whose value cannot be known.
    fn opaque(
        &mut self,
        name: &'static str,
        argument: &Value<'a>,
        span: Span,
    ) -> Result<ValueKind<'a>, Failure> {
        let mut arguments = String::new();
        argument.canonical(&mut arguments);
        if arguments.len() > MAX_SIZE {
            return Err((Fault::TooLong { limit: MAX_SIZE }, span));
        }
        let short = name.strip_prefix("Fn::").unwrap_or(name);
        let symbol =
            self.symbols.intern(SymbolOrigin::Function(name, arguments), Some(span), || {
                format!("!{short} ...")
            });
        Ok(match name {
            "Fn::Join" | "Fn::Sub" | "Fn::Base64" | "Fn::ToJsonString" | "Fn::Length" => {
                ValueKind::Text(Text::symbol(symbol))
            }
            _ => ValueKind::Unknown(symbol),
        })
    }

    fn join(&mut self, argument: &Value<'a>, span: Span) -> Pure<'a> {
        let [delimiter, list] = argument.items() else { return Ok(None) };
        let (Some(delimiter), ValueKind::List(items)) = (delimiter.to_text(), &list.kind) else {
            return Ok(None);
        };
        let mut out = Text::default();
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push(&delimiter);
            }
            match item.to_text() {
                // A list that is not known may be of any length.
                Some(_) if matches!(item.kind, ValueKind::Unknown(_)) => return Ok(None),
                Some(text) => out.push(&text),
                None => {
                    let fault = Fault::WrongKind { wanted: "a text", found: "a list or mapping" };
                    return Err((fault, item.span));
                }
            }
            if out.size() > MAX_SIZE {
                return Err((Fault::TooLong { limit: MAX_SIZE }, span));
            }
        }
        Ok(Some(ValueKind::Text(out)))
    }

    fn select(&mut self, argument: &Value<'a>, _: Span) -> Pure<'a> {
        let [index, list] = argument.items() else { return Ok(None) };
        let (Some(written), ValueKind::List(items)) = (index.as_str(), &list.kind) else {
            return Ok(None);
        };
        let found = written.parse().ok().and_then(|at: usize| items.get(at));
        match found {
            Some(value) => Ok(Some(value.kind.clone())),
            None => {
                let index = written.to_owned();
                Err((Fault::IndexOutOfRange { index, length: items.len() }, argument.span))
            }
        }
    }

    /// Exact where no symbol can hold a character of the delimiter.
    fn split(&mut self, argument: &Value<'a>, span: Span) -> Pure<'a> {
        let [delimiter, text] = argument.items() else { return Ok(None) };
        let (Some(delimiter), Some(text)) = (delimiter.as_str(), text.to_text()) else {
            return Ok(None);
        };
        let safe = text.symbols().all(|symbol| self.symbols.excludes(symbol, delimiter));
        if !safe || delimiter.is_empty() {
            return Ok(None);
        }
        let mut items = Vec::new();
        let mut last = Text::default();
        for part in text.parts() {
            match part {
                PartRef::Symbol(symbol) => last.push_symbol(symbol),
                PartRef::Literal(literal) => {
                    for (at, piece) in literal.split(delimiter).enumerate() {
                        if at > 0 {
                            items.push(Value::text(std::mem::take(&mut last), span));
                        }
                        last.push_str(piece);
                    }
                }
            }
        }
        items.push(Value::text(last, span));
        Ok(Some(ValueKind::List(items)))
    }

    fn base64(&mut self, argument: &Value<'a>, _: Span) -> Pure<'a> {
        let Some(text) = argument.as_str() else { return Ok(None) };
        Ok(Some(ValueKind::Text(Text::literal(base64(text.as_bytes())))))
    }

    fn length(&mut self, argument: &Value<'a>, _: Span) -> Pure<'a> {
        Ok(match &argument.kind {
            ValueKind::List(items) => Some(ValueKind::Number(items.len().to_string().into())),
            _ => None,
        })
    }

    fn cidr(&mut self, argument: &Value<'a>, span: Span) -> Pure<'a> {
        let (block, count, bits) = match argument.items() {
            [block, count] => (block.as_str(), count.as_str(), None),
            [block, count, bits] => (block.as_str(), count.as_str(), bits.as_str()),
            _ => {
                let wanted = "a list: an address block, a count and the host bits";
                let function = "Fn::Cidr".to_owned();
                return Err((Fault::BadFunction { function, wanted }, span));
            }
        };
        Ok(blocks(block, count, bits).map(|blocks| {
            let items = blocks.into_iter().map(|text| Value::text(Text::literal(text), span));
            ValueKind::List(items.collect())
        }))
    }

    fn json_text(&mut self, argument: &Value<'a>, span: Span) -> Pure<'a> {
        let mut out = Text::default();
        let known = json(argument, &mut out);
        if out.size() > MAX_SIZE {
            return Err((Fault::TooLong { limit: MAX_SIZE }, span));
        }
        Ok(known.then_some(ValueKind::Text(out)))
    }

    fn sub(&mut self, scope: &Scope, argument: &'p Node<'a>, span: Span) -> Resolved<'a> {
        let (text, variables) = match &argument.kind {
            Kind::Sequence(items) => match items.as_slice() {
                [text, variables] => (text, Some(variables)),
                _ => return Err(wrong("a list: a text and a mapping", argument)),
            },
            _ => (argument, None),
        };
        let Some(template) = text.as_str() else {
            // A macro makes the text before the function sees it.
            let made = text.get("Fn::Transform").is_some();
            return if made { self.value(scope, text) } else { Err(wrong("a text", text)) };
        };
        let mut pieces = Vec::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else { break };
            pieces.push(Value::text(Text::literal(before.to_owned()), text.span));
            let at = template.len() - rest.len() + before.len();
            pieces.push(match name.strip_prefix('!') {
                Some(literal) => Value::text(Text::literal(format!("${{{literal}}}")), text.span),
                None => {
                    let span = self.inside(text.span, template, at, name.len() + 3);
                    self.variable(scope, name.trim(), variables, span)?
                }
            });
            rest = after;
        }
        pieces.push(Value::text(Text::literal(rest.to_owned()), text.span));
        let argument = Value { kind: ValueKind::List(pieces), span };
        let apply = |this: &mut Self, argument: &Value<'a>, span: Span| {
            let mut out = Text::default();
            for piece in argument.items() {
                match piece.to_text() {
                    Some(text) => out.push(&text),
                    None => return Ok(None),
                }
                if out.size() > MAX_SIZE {
                    return Err((Fault::TooLong { limit: MAX_SIZE }, span));
                }
            }
            let out = match out.as_literal() {
                Some(text) if text.contains("{{resolve:") => this.dynamic(text, span),
                _ => out,
            };
            Ok(Some(ValueKind::Text(out)))
        };
        self.split_by("Fn::Sub", &argument, span, MAX_SPLITS, apply).map(Some)
    }

    /// The place of a variable in a text that is written as it is; else the whole text's.
    fn inside(&self, span: Span, template: &str, at: usize, length: usize) -> Span {
        let width = (span.end - span.start) as usize;
        let quotes = match width.checked_sub(template.len()) {
            Some(0) => 0,
            Some(2) => 1,
            _ => return span,
        };
        Span::new(
            span.file,
            span.start as usize + quotes + at,
            span.start as usize + quotes + at + length,
        )
    }

    fn variable(
        &mut self,
        scope: &Scope,
        name: &str,
        variables: Option<&'p Node<'a>>,
        span: Span,
    ) -> Result<Value<'a>, Failure> {
        if let Some(node) = variables.and_then(|variables| variables.get(name)) {
            return self.some(scope, node);
        }
        let value = match name.split_once('.') {
            Some((id, attribute)) => self.attribute(scope, id, attribute, span)?,
            None => self.reference(scope, name, span)?,
        };
        Ok(value.unwrap_or(Value { kind: ValueKind::Null, span }))
    }

    fn get_att(&mut self, scope: &Scope, argument: &'p Node<'a>, span: Span) -> Resolved<'a> {
        let split = match argument.as_str() {
            Some(text) => text.split_once('.'),
            None => match argument.items() {
                [id, attribute] => match (id.as_str(), attribute.as_str()) {
                    (Some(id), Some(attribute)) => Some((id, attribute)),
                    (Some(id), None) => {
                        let attribute = self.some(scope, attribute)?;
                        let Some(known) = attribute.as_str() else {
                            let mut canonical = format!("{}.{id}.", scope.stack.0);
                            attribute.canonical(&mut canonical);
                            let origin = SymbolOrigin::Function("Fn::GetAtt", canonical);
                            let name = || format!("!GetAtt {id}.?");
                            let symbol = self.symbols.intern(origin, Some(span), name);
                            return Ok(Some(Value::text(Text::symbol(symbol), span)));
                        };
                        return self.attribute(scope, id, known, span);
                    }
                    _ => None,
                },
                _ => None,
            },
        };
        match split {
            Some((id, attribute)) => self.attribute(scope, id, attribute, span),
            None => Err(wrong("a resource's name and an attribute", argument)),
        }
    }

    fn attribute(&mut self, scope: &Scope, id: &str, attribute: &str, span: Span) -> Resolved<'a> {
        let stack = self.stack(scope.stack)?;
        let Some(at) = stack.resources.get(id).copied() else {
            if let Some(value) = self.of_module(scope, &format!("{id}.{attribute}"), span)? {
                return Ok(Some(value));
            }
            let suggestion = nearest(id, stack.resources.keys().map(String::as_str));
            return Err((Fault::UnknownReference { name: id.to_owned(), suggestion }, span));
        };
        if let (Some(output), Some(child)) =
            (attribute.strip_prefix("Outputs."), stack.children.get(&at))
        {
            let value = self.output(*child, output, span)?;
            self.spend(value.weight(), span)?;
            return Ok(Some(value));
        }
        let text = self.resource(scope, at, Some(attribute), span)?;
        self.spend(text.weight(), span)?;
        Ok(Some(Value::text(text, span)))
    }

    /// The value of a stack's output.
    pub(crate) fn output(
        &mut self,
        id: StackId,
        name: &str,
        span: Span,
    ) -> Result<Value<'a>, Failure> {
        let key = (id, name.to_owned());
        match self.outputs.insert(key.clone(), Memo::Busy) {
            Some(Memo::Done(value)) => {
                self.outputs.insert(key, Memo::Done(value.clone()));
                return Ok(value);
            }
            Some(Memo::Busy) => return Err((Fault::Cycle { name: name.to_owned() }, span)),
            _ => {}
        }
        let stack = self.stack(id)?;
        let node = stack.template.outputs.iter().find(|output| output.key.text == name);
        let Some(node) = node.and_then(|output| output.value.get("Value")) else {
            let known = stack.template.outputs.iter().map(|output| output.key.text.as_ref());
            let suggestion = nearest(name, known);
            return Err((Fault::UnknownReference { name: name.to_owned(), suggestion }, span));
        };
        let value = self.some(&Scope::of(id), node)?;
        self.outputs.insert(key, Memo::Done(value.clone()));
        Ok(value)
    }

    fn import(&mut self, scope: &Scope, argument: &'p Node<'a>, span: Span) -> Resolved<'a> {
        let name = self.some(scope, argument)?;
        let Some(name) = name.to_text() else {
            return self
                .opaque("Fn::ImportValue", &name, span)
                .map(|kind| Some(Value { kind, span }));
        };
        if matches!(self.exports, Memo::New) {
            self.exports = Memo::Busy;
            let exports = self.all_exports()?;
            self.exports = Memo::Done(exports);
        }
        let found = match &self.exports {
            Memo::Done(exports) => exports.get(&name).cloned(),
            _ => None,
        };
        match found {
            Some(Some((scope, at))) => {
                let stack = self.stack(scope.stack)?;
                let output = stack.template.outputs.get(at);
                let output = output.map(|output| output.key.text.to_string()).unwrap_or_default();
                let mut value = self.output(scope.stack, &output, span)?;
                self.spend(value.weight(), span)?;
                value.span = span;
                return Ok(Some(value));
            }
            Some(None) => {
                let readable = self.symbols.readable(&name);
                self.gaps.push((Fault::AmbiguousExport { name: readable }, span));
            }
            None => {}
        }
        let readable = self.symbols.readable(&name);
        let origin = SymbolOrigin::Import(name);
        let symbol = self.symbols.intern(origin, Some(span), || format!("!ImportValue {readable}"));
        Ok(Some(Value::text(Text::symbol(symbol), span)))
    }

    /// The exports by name; `None` for a name that more than one output has.
    #[allow(clippy::type_complexity, reason = "named by its one field")]
    fn all_exports(
        &mut self,
    ) -> Result<foldhash::HashMap<Text<'a>, Option<(Scope, usize)>>, Failure> {
        let mut exports = foldhash::HashMap::default();
        for (id, stack) in self.stacks.iter().enumerate() {
            let scope = Scope::of(StackId(id as u32));
            for (at, output) in stack.template.outputs.iter().enumerate() {
                let Some(node) = output.value.get("Export").and_then(|node| node.get("Name"))
                else {
                    continue;
                };
                if let Some(name) = self.some(&scope, node)?.to_text() {
                    let this = Some((scope.clone(), at));
                    exports.entry(name).and_modify(|known| *known = None).or_insert(this);
                }
            }
        }
        Ok(exports)
    }

    fn find_in_map(&mut self, scope: &Scope, argument: &'p Node<'a>, span: Span) -> Resolved<'a> {
        let (path, default) = match argument.items() {
            [a, b, c] => ([a, b, c], None),
            [a, b, c, default] => ([a, b, c], default.get("DefaultValue")),
            _ => {
                let wanted = "a list: a mapping's name and two keys";
                let function = "Fn::FindInMap".to_owned();
                return Err((Fault::BadFunction { function, wanted }, span));
            }
        };
        let mut keys = Vec::with_capacity(3);
        for node in path {
            keys.push(self.some(scope, node)?);
        }
        let mut node = self.stack(scope.stack)?.template.mappings.as_ref();
        for key in &keys {
            let Some(text) = key.as_str() else {
                let argument = Value { kind: ValueKind::List(keys), span };
                let kind = self.opaque("Fn::FindInMap", &argument, span)?;
                return Ok(Some(Value { kind, span }));
            };
            node = node.and_then(|node| node.get(text));
            if node.is_none() && default.is_none() {
                return Err((Fault::NoMappingKey { key: text.to_owned() }, key.span));
            }
        }
        match node.or(default) {
            Some(node) => {
                let value = self.value(scope, node)?;
                Ok(value.map(|value| Value { span, ..value }))
            }
            None => Ok(None),
        }
    }
}

const KNOWN: [&str; 18] = [
    "Ref",
    "Fn::If",
    "Fn::GetAtt",
    "Fn::Sub",
    "Fn::Join",
    "Fn::Select",
    "Fn::Split",
    "Fn::FindInMap",
    "Fn::ImportValue",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::GetAZs",
    "Fn::GetStackOutput",
    "Fn::Length",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Fn::ForEach",
    "Fn::Equals",
];

/// The first `count` blocks with this many host bits in an IPv4 block.
fn blocks(block: Option<&str>, count: Option<&str>, bits: Option<&str>) -> Option<Vec<String>> {
    let (address, prefix) = block?.split_once('/')?;
    let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
    let count: u64 = count?.parse().ok().filter(|count| *count <= 256)?;
    let bits: u32 = bits.unwrap_or("8").parse().ok().filter(|bits| *bits <= 32 - prefix)?;
    let size = 1u64 << bits;
    (count * size <= 1u64 << (32 - prefix)).then_some(())?;
    let block = |at: u64| {
        let first = u64::from(address) + at * size;
        let first = Ipv4Addr::from(u32::try_from(first).ok()?);
        Some(format!("{first}/{}", 32 - bits))
    };
    (0..count).map(block).collect()
}

/// Writes a value as JSON; false if something in it has no shape yet.
fn json(value: &Value<'_>, out: &mut Text<'_>) -> bool {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match &value.kind {
        ValueKind::Null => out.push_str("null"),
        ValueKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        ValueKind::Number(text) => out.push_str(text),
        ValueKind::Text(text) => {
            out.push_str("\"");
            for part in text.parts() {
                match part {
                    PartRef::Literal(text) => {
                        let quoted = quoted(text);
                        out.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
                    }
                    PartRef::Symbol(symbol) => out.push_symbol(symbol),
                }
            }
            out.push_str("\"");
        }
        ValueKind::List(items) => {
            out.push_str("[");
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                if !json(item, out) {
                    return false;
                }
            }
            out.push_str("]");
        }
        ValueKind::Map(entries) => {
            out.push_str("{");
            for (at, (key, item)) in entries.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                out.push_str(&quoted(&key.text));
                out.push_str(":");
                if !json(item, out) {
                    return false;
                }
            }
            out.push_str("}");
        }
        ValueKind::Unknown(_) | ValueKind::Choice(_) => return false,
    }
    true
}
