//! XML answers as JSON values, by their shape alone.

use roxmltree::{Document, Node};
use serde_json::{Map, Value};

/// An element whose children are all called `member` or `item` is a list; another one with children is an object, in which
/// a name that comes more than once has a list; one without is its text. The answer's wrappers are taken off: what is given
/// is what stands in `...Result`, or in the root.
pub(crate) fn read(text: &str) -> Option<Value> {
    let document = Document::parse(text).ok()?;
    let root = document.root_element();
    let result = root.children().find(|node| node.tag_name().name().ends_with("Result"));
    Some(match value(result.unwrap_or(root)) {
        Value::String(_) => Value::Object(Map::new()),
        other => other,
    })
}

fn value(node: Node<'_, '_>) -> Value {
    let children: Vec<Node<'_, '_>> = node.children().filter(Node::is_element).collect();
    if children.is_empty() {
        return Value::String(node.text().unwrap_or_default().to_owned());
    }
    if children.iter().all(|child| matches!(child.tag_name().name(), "member" | "item")) {
        return children.into_iter().map(value).collect();
    }
    let mut members: Map<String, Value> = Map::new();
    for child in children {
        let (name, value) = (child.tag_name().name(), value(child));
        match members.get_mut(name) {
            None => drop(members.insert(name.to_owned(), value)),
            Some(Value::Array(earlier)) => earlier.push(value),
            Some(earlier) => *earlier = Value::Array(vec![earlier.take(), value]),
        }
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_objects_and_texts_are_told_apart_by_their_shape() {
        let text = "<A xmlns='u'><AResult><tagSet><item><key>k</key><value/></item></tagSet><Rule><Id>1</Id></Rule>\
                    <Rule><Id>2</Id></Rule><empty/></AResult><RequestId>r</RequestId></A>";
        let wanted = json!({ "tagSet": [{ "key": "k", "value": "" }], "Rule": [{ "Id": "1" }, { "Id": "2" }], "empty": "" });
        assert_eq!(read(text), Some(wanted));
        assert_eq!(read("<A/>"), Some(json!({})));
        assert_eq!(read("no XML"), None);
    }
}
