//! A resolved value as the tree that `tenantry-policy` reads policies from.

use tenantry_policy as policy;
use tenantry_template::{ConditionId, PartRef, Span, Symbol, Symbols, Text, Value, ValueKind};

/// The places of the trees that were made with it: a policy's spans are numbers in this list.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<Span>);

impl Places {
    /// The place that a policy's span stands for.
    pub fn get(&self, span: policy::Span) -> Option<Span> {
        self.0.get(span.0 as usize).copied()
    }

    pub(crate) fn add(&mut self, span: Span) -> policy::Span {
        self.0.push(span);
        policy::Span(self.0.len() as u32 - 1)
    }
}

/// The value as a policy's tree. Symbols keep their numbers.
///
/// # Errors
/// A condition that the value hangs on: ask again with [`Value::assuming`], once for each way.
pub fn document(value: &Value<'_>, places: &mut Places) -> Result<policy::Node, ConditionId> {
    let span = places.add(value.span);
    let content = match &value.kind {
        ValueKind::Null => policy::Content::Null,
        ValueKind::Bool(value) => policy::Content::Bool(*value),
        ValueKind::Number(text) => policy::Content::Number(text.to_string()),
        ValueKind::Text(text) => policy::Content::Text(converted(text)),
        ValueKind::Unknown(unknown) => {
            policy::Content::Text(policy::Text::symbol(symbol(*unknown)))
        }
        ValueKind::List(items) => {
            let items: Result<_, _> = items.iter().map(|item| document(item, places)).collect();
            policy::Content::List(items?)
        }
        ValueKind::Map(entries) => {
            let mut members = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let span = places.add(key.span);
                let name = key.text.as_ref().into();
                members.push(policy::Member { span, name, value: document(value, places)? });
            }
            policy::Content::Object(members)
        }
        ValueKind::Choice(choice) => return Err(choice.condition),
    };
    Ok(policy::Node { span, content })
}

fn converted(text: &Text<'_>) -> policy::Text {
    let mut out = policy::Text::default();
    for part in text.parts() {
        match part {
            PartRef::Literal(literal) => out.push_str(literal),
            PartRef::Symbol(part) => out.push_symbol(symbol(part)),
        }
    }
    out
}

/// The symbol with the form of what it stands for.
pub(crate) fn symbol(symbol: Symbol) -> policy::Symbol {
    let form = match symbol {
        Symbols::ACCOUNT => policy::Form::digits(),
        Symbols::REGION | Symbols::PARTITION => policy::Form::region(),
        _ => policy::Form::ANY,
    };
    policy::Symbol { id: symbol.0, form }
}
