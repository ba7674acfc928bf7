//! A resource's inputs before any engine sees them.

use std::borrow::Cow;

use tenantry_resources::{Package, Policy, Text, Tree};

/// Inputs by the provider's name for them, in the order in which they were written.
pub(crate) type Inputs = Vec<(Cow<'static, str>, Input)>;

/// The value of an input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Input {
    Bool(bool),
    Number(u32),
    /// Text that the deployment completes.
    Text(Text),
    List(Vec<Input>),
    Map(Inputs),
    /// A zip archive of function code.
    Code(Package),
}

/// Inputs from pairs.
pub(crate) fn inputs<const N: usize>(pairs: [(&'static str, Input); N]) -> Inputs {
    pairs.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect()
}

/// A nested value from pairs.
pub(crate) fn map<const N: usize>(pairs: [(&'static str, Input); N]) -> Input {
    Input::Map(inputs(pairs))
}

/// A list.
pub(crate) fn list<T: Into<Input>>(items: impl IntoIterator<Item = T>) -> Input {
    Input::List(items.into_iter().map(Into::into).collect())
}

/// A document that the provider takes as JSON text.
pub(crate) fn json(document: impl Into<Tree>) -> Input {
    Input::Text(document.into().to_json_text())
}

impl From<&Policy> for Input {
    fn from(policy: &Policy) -> Self {
        json(Tree::from(policy))
    }
}

impl From<Text> for Input {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned().into())
    }
}

impl From<bool> for Input {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// Types that become a value through [`Text`] or `u32`.
macro_rules! leaves {
    ($($plain:ty => $leaf:ident),* $(,)?) => {
        $(impl From<$plain> for Input {
            fn from(value: $plain) -> Self {
                Self::$leaf(value.into())
            }
        })*
    };
}

leaves!(String => Text, u8 => Number, u16 => Number, u32 => Number);
