//! Structured data with texts as its leaves: an OpenAPI body, a dashboard, a policy.

use std::borrow::Cow;

use tenantry_policy::Json;

use crate::{Part, Policy, Text};

/// A value as JSON has it, in which AWS completes the strings.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A string.
    Text(Text),
    /// An array.
    List(Vec<Tree>),
    /// An object; its keys stay in this order.
    Map(Entries),
}

/// The entries of an object: key and value.
type Entries = Vec<(Cow<'static, str>, Tree)>;

impl Tree {
    /// An object of these entries.
    pub fn map<const N: usize>(entries: [(&'static str, Tree); N]) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (Cow::Borrowed(key), value)).collect())
    }

    /// An array of these items.
    pub fn list<T: Into<Tree>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// The value as JSON text (RFC 8259) without spaces. What AWS completes stands in it as it is:
    /// no id or ARN has a character that JSON would escape.
    pub fn to_json_text(&self) -> Text {
        let mut json = Text::default();
        self.write_json(&mut json);
        json
    }

    fn write_json(&self, json: &mut Text) {
        match self {
            Tree::Bool(value) => json.push_str(&value.to_string()),
            Tree::Number(value) => json.push_str(&value.to_string()),
            Tree::Text(text) => {
                json.push_str("\"");
                for part in text.parts() {
                    match part {
                        Part::Literal(literal) => json.push_str(&escaped(literal)),
                        open => json.append(open.clone()),
                    }
                }
                json.push_str("\"");
            }
            Tree::List(items) => {
                let mut before = "[";
                for item in items {
                    json.push_str(before);
                    item.write_json(json);
                    before = ",";
                }
                json.push_str(if items.is_empty() { "[]" } else { "]" });
            }
            Tree::Map(entries) => {
                let mut before = "{\"";
                for (key, value) in entries {
                    json.push_str(before);
                    json.push_str(&escaped(key));
                    json.push_str("\":");
                    value.write_json(json);
                    before = ",\"";
                }
                json.push_str(if entries.is_empty() { "{}" } else { "}" });
            }
        }
    }
}

/// The characters of a JSON string, without the quotes around it.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(|character: char| matches!(character, '"' | '\\' | '\0'..='\x1f')) {
        return text.into();
    }
    let quoted = serde_json::Value::from(text).to_string();
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or_default().to_owned().into()
}

impl From<&Policy> for Tree {
    /// The policy in IAM's JSON grammar
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>).
    fn from(policy: &Policy) -> Self {
        policy.to_json()
    }
}

impl Json<Text> for Tree {
    fn text(text: &Text) -> Self {
        Self::Text(text.clone())
    }

    fn string(text: Cow<'static, str>) -> Self {
        Self::Text(text.into())
    }

    fn list(items: Vec<Self>) -> Self {
        Self::List(items)
    }

    fn object(members: Entries) -> Self {
        Self::Map(members)
    }
}

impl From<bool> for Tree {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Text> for Tree {
    fn from(value: Text) -> Self {
        Self::Text(value)
    }
}

/// Types that become a leaf through [`Text`] or `i64`.
macro_rules! leaves {
    ($($plain:ty => $leaf:ident),* $(,)?) => {
        $(impl From<$plain> for Tree {
            fn from(value: $plain) -> Self {
                Self::$leaf(value.into())
            }
        })*
    };
}

impl From<Vec<Tree>> for Tree {
    fn from(items: Vec<Tree>) -> Self {
        Self::List(items)
    }
}

leaves!(&'static str => Text, String => Text, u8 => Number, u16 => Number, u32 => Number, i32 => Number, i64 => Number);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pseudo;
    use proptest::prelude::*;
    use tenantry_policy::{Principal, Statement};

    #[test]
    fn json_text_keeps_open_parts_between_the_quotes() {
        let tree = Tree::map([
            ("a\"", Tree::list([Tree::from("x\n"), true.into(), Tree::from(3)])),
            ("arn", Text::from("arn:").then(Pseudo::Region).into()),
            ("none", Tree::list(Vec::<Tree>::new())),
            ("nothing", Tree::map([])),
        ]);
        let text = tree.to_json_text();
        assert_eq!(
            text.parts(),
            [
                Part::Literal(r#"{"a\"":["x\n",true,3],"arn":"arn:"#.into()),
                Part::Pseudo(Pseudo::Region),
                Part::Literal(r#"","none":[],"nothing":{}}"#.into()),
            ]
        );
    }

    #[test]
    fn a_policy_groups_conditions_by_operator_and_principals_by_kind() {
        let policy = Policy::new(vec![
            Statement::deny("No", &["s3:GetObject"])
                .to(vec![
                    Principal::Service("a.amazonaws.com".into()),
                    Principal::Aws("arn:x".into()),
                    Principal::Service("b.amazonaws.com".into()),
                ])
                .on_any()
                .when("StringEquals", "aws:SourceAccount", vec!["1".into()])
                .when("Bool", "aws:SecureTransport", vec!["false".into()])
                .when("StringEquals", "aws:SourceArn", vec!["y".into()]),
        ]);
        assert_eq!(
            Tree::from(&policy).to_json_text().as_literal(),
            Some(concat!(
                r#"{"Version":"2012-10-17","Statement":[{"Sid":"No","Effect":"Deny","Principal":"#,
                r#"{"Service":["a.amazonaws.com","b.amazonaws.com"],"AWS":["arn:x"]},"#,
                r#""Action":["s3:GetObject"],"Resource":"*","Condition":{"StringEquals":"#,
                r#"{"aws:SourceAccount":["1"],"aws:SourceArn":["y"]},"#,
                r#""Bool":{"aws:SecureTransport":["false"]}}}]}"#,
            ))
        );
    }

    fn plain() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            ".*".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
                prop::collection::vec((".*", inner), 0..4)
                    .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    fn tree(value: &serde_json::Value) -> Tree {
        match value {
            serde_json::Value::Bool(value) => (*value).into(),
            serde_json::Value::Number(value) => value.as_i64().unwrap().into(),
            serde_json::Value::String(value) => value.clone().into(),
            serde_json::Value::Array(items) => Tree::list(items.iter().map(tree)),
            serde_json::Value::Object(entries) => {
                Tree::Map(entries.iter().map(|(k, v)| (k.clone().into(), tree(v))).collect())
            }
            serde_json::Value::Null => Tree::Bool(false),
        }
    }

    proptest! {
        #[test]
        fn json_text_reads_back_as_what_it_was(value in plain()) {
            let text = tree(&value).to_json_text();
            let read: serde_json::Value = serde_json::from_str(text.as_literal().unwrap()).unwrap();
            prop_assert_eq!(read, value);
        }
    }
}
