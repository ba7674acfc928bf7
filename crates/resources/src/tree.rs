//! Structured data with texts as its leaves: an OpenAPI body, a dashboard, a policy.

use std::borrow::Cow;

use crate::Text;

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
    Map(Vec<(Cow<'static, str>, Tree)>),
}

impl Tree {
    /// An object of these entries.
    pub fn map<const N: usize>(entries: [(&'static str, Tree); N]) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (Cow::Borrowed(key), value)).collect())
    }

    /// An array of these items.
    pub fn list<T: Into<Tree>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
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

leaves!(&str => Text, String => Text, u8 => Number, u16 => Number, u32 => Number, i32 => Number, i64 => Number);
