//! Whose the things are that a text speaks of, and breaches that need no policy to be told.

use std::collections::BTreeSet;

use foldhash::HashMap;
use tenantry_template::{
    Model, Owner, PartRef, ResourceId, SymbolOrigin, TenantIndex, Text, Value,
};

/// Finds tenants by what a text refers to or names.
pub(crate) struct Owners<'m, 'a> {
    model: &'m Model<'a>,
    ids: HashMap<String, TenantIndex>,
    /// How long these ids are, in bytes.
    lengths: BTreeSet<usize>,
}

impl<'m, 'a> Owners<'m, 'a> {
    pub(crate) fn new(model: &'m Model<'a>) -> Self {
        let ids = model.tenants.entries();
        let ids = ids.filter_map(|(at, id)| Some((id.as_literal()?.to_ascii_lowercase(), at)));
        let ids: HashMap<String, TenantIndex> = ids.collect();
        let lengths = ids.keys().map(String::len).filter(|length| *length > 0).collect();
        Self { model, ids, lengths }
    }

    /// The model whose things these are.
    pub(crate) fn model(&self) -> &'m Model<'a> {
        self.model
    }

    /// The resources that a text is, or holds symbols of.
    pub(crate) fn resources(&self, text: &Text<'a>) -> Vec<ResourceId> {
        let mut found: Vec<ResourceId> = self.model.named(text).collect();
        for symbol in text.symbols() {
            if let Some(SymbolOrigin::Resource { stack, id, .. }) =
                self.model.symbols.origin(symbol)
            {
                found.extend(self.model.logical(*stack, id));
            }
        }
        if found.is_empty() {
            found.extend(self.model.function(text));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The function whose name or ARN a text is, or holds: also inside an integration's address.
    pub(crate) fn function(&self, text: &Text<'a>) -> Option<ResourceId> {
        let is = |at: &ResourceId| self.model.resources[*at].kind == "AWS::Lambda::Function";
        if let Some(at) = self.resources(text).into_iter().find(is) {
            return Some(at);
        }
        // `arn:...:lambda:path/2015-03-31/functions/ARN/invocations`.
        let inner = within(text, "/functions/", "/invocations")?;
        self.resources(&inner).into_iter().find(is).or_else(|| self.model.function(&inner))
    }

    /// The tenants whose ids stand in a text as words of their own.
    pub(crate) fn mentioned(&self, text: &Text<'_>) -> Vec<TenantIndex> {
        let mut found = Vec::new();
        for part in text.parts() {
            let PartRef::Literal(literal) = part else { continue };
            let literal: String = literal
                .chars()
                .map(|c| if c == '/' { '-' } else { c.to_ascii_lowercase() })
                .collect();
            let bounds: Vec<usize> = literal
                .char_indices()
                .filter(|(_, c)| !c.is_ascii_alphanumeric())
                .flat_map(|(at, c)| [at, at + c.len_utf8()])
                .chain([0, literal.len()])
                .collect();
            // `acme-eu-users` speaks of `acme-eu`, not of `acme`: the longest id counts.
            let mut spoken: Vec<(usize, usize, TenantIndex)> = Vec::new();
            for start in bounds.iter().take(64) {
                let may_be_id = |end: &&usize| {
                    end.checked_sub(*start).is_some_and(|length| self.lengths.contains(&length))
                };
                for end in bounds.iter().take(64).filter(may_be_id) {
                    let word = literal.get(*start..*end).unwrap_or_default();
                    spoken.extend(self.ids.get(word).map(|tenant| (*start, *end, *tenant)));
                }
            }
            let within = |(start, end, _): &&(usize, usize, TenantIndex)| {
                let wider = |(from, to, _): &(usize, usize, TenantIndex)| {
                    from <= start && end <= to && to - from > end - start
                };
                !spoken.iter().any(wider)
            };
            found.extend(spoken.iter().filter(within).map(|(.., tenant)| *tenant));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The tenants that a text speaks of: the owners of what it is the name of, else by reference
    /// and by name.
    pub(crate) fn tenants(&self, text: &Text<'a>) -> Vec<TenantIndex> {
        let named: Vec<ResourceId> = self.model.named(text).collect();
        let whole = !named.is_empty();
        let resources = if whole { named } else { self.resources(text) };
        let owner = |at: &ResourceId| match self.model.resources[*at].owner {
            Owner::Tenant(tenant) => Some(tenant),
            _ => None,
        };
        let mut found: Vec<TenantIndex> = resources.iter().filter_map(owner).collect();
        if !whole {
            found.extend(self.mentioned(text));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The owner of the one resource that a value is.
    pub(crate) fn of(&self, value: &Value<'a>) -> Option<(ResourceId, Owner)> {
        let at = self.resources(&value.to_text()?).into_iter().next()?;
        Some((at, self.model.resources[at].owner))
    }
}

/// What stands between two literals of a text.
fn within<'a>(text: &Text<'a>, start: &str, end: &str) -> Option<Text<'a>> {
    let mut inner: Option<Text<'a>> = None;
    for part in text.parts() {
        match (part, &mut inner) {
            (PartRef::Literal(literal), None) => {
                let Some((_, rest)) = literal.split_once(start) else { continue };
                if let Some((whole, _)) = rest.split_once(end) {
                    return Some(Text::literal(whole.to_owned()));
                }
                inner = Some(Text::literal(rest.to_owned()));
            }
            (PartRef::Literal(literal), Some(inner)) => match literal.split_once(end) {
                Some((rest, _)) => {
                    inner.push_str(rest);
                    return Some(inner.clone());
                }
                None => inner.push_str(literal),
            },
            (PartRef::Symbol(symbol), Some(inner)) => inner.push_symbol(symbol),
            (PartRef::Symbol(_), None) => {}
        }
    }
    None
}
