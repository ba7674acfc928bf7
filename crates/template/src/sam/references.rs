//! What SAM lets a template say of what it makes: `Function.Alias`, `Function.Version`,
//! `Api.Stage`; and what events add to resources of the template.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::events::line;
use super::{Made, Patch};
use crate::syntax::{Entry, Key, Kind, Node};

/// Replaces references to generated resources by their ids.
pub(super) fn rename<'a>(node: &mut Node<'a>, ids: &BTreeMap<String, String>) {
    match &mut node.kind {
        Kind::Sequence(items) => items.iter_mut().for_each(|item| rename(item, ids)),
        Kind::Mapping(lines) => {
            for Entry { key, value } in lines {
                match (key.text.as_ref(), &mut value.kind) {
                    ("Ref", Kind::String(name)) => {
                        if let Some(id) = ids.get(name.as_ref()) {
                            *name = Cow::Owned(id.clone());
                        }
                    }
                    ("Fn::Sub", Kind::String(text)) => substitute(text, ids),
                    ("Fn::Sub", Kind::Sequence(items)) => {
                        if let Some(Kind::String(text)) =
                            items.first_mut().map(|item| &mut item.kind)
                        {
                            substitute(text, ids);
                        }
                        items.iter_mut().for_each(|item| rename(item, ids));
                    }
                    _ => rename(value, ids),
                }
            }
        }
        _ => {}
    }
}

fn substitute(text: &mut Cow<'_, str>, ids: &BTreeMap<String, String>) {
    if !text.contains("${") {
        return;
    }
    for (name, id) in ids {
        let from = format!("${{{name}}}");
        if text.contains(&from) {
            *text = Cow::Owned(text.replace(&from, &format!("${{{id}}}")));
        }
    }
}

/// Puts what events add to other resources where it belongs.
pub(super) fn patch(made: &mut Made<'_, '_>) {
    for Patch { id, path, key, value, span } in std::mem::take(&mut made.patches) {
        let resource = made.out.iter_mut().find(|entry| entry.key.text == id.as_str());
        let mut at = resource.map(|resource| &mut resource.value);
        for name in std::iter::once("Properties").chain(path.iter().copied()) {
            at = at.and_then(|node| {
                let Kind::Mapping(lines) = &mut node.kind else { return None };
                if !lines.iter().any(|line| line.key.text == name) {
                    let key = Key { text: Cow::Borrowed(name), span };
                    let kind = match key.text.as_ref() {
                        "LambdaConfigurations" => Kind::Sequence(Vec::new()),
                        _ => Kind::Mapping(Vec::new()),
                    };
                    lines.push(Entry { key, value: Node { kind, span } });
                }
                line(node, name)
            });
        }
        match (at.map(|node| &mut node.kind), key) {
            (Some(Kind::Sequence(items)), None) => items.push(value),
            (Some(Kind::Mapping(lines)), Some(name)) => {
                lines.push(Entry { key: Key { text: Cow::Owned(name), span }, value });
            }
            _ => made.gap(&format!("an event that changes `{id}`"), span),
        }
    }
}
