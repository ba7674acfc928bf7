//! References from one resource to another.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use tenantry_policy::{Condition, Principal, Principals, Statement, Targets};

use crate::{Part, Policy, Text, Tree};

/// A resource's name inside its graph: letters and digits, unique, up to 255 characters
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html>).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LogicalId(Arc<str>);

impl LogicalId {
    pub(crate) fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An attribute of the resource, for what an engine makes of it besides.
    pub fn attribute(&self, attribute: Attribute) -> Text {
        Text::from(Part::Attribute(self.clone(), attribute))
    }
}

impl fmt::Display for LogicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What AWS tells of a resource only once it exists.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Attribute {
    /// The id by which AWS calls it: `vpc-...`, a key id, a user pool's id; for things that their
    /// owner names, that name.
    Id,
    /// Its Amazon resource name.
    Arn,
}

/// A reference to a resource of kind `K` in the same graph.
pub struct Ref<K> {
    id: LogicalId,
    kind: PhantomData<fn() -> K>,
}

impl<K> Ref<K> {
    pub(crate) fn new(id: LogicalId) -> Self {
        Self { id, kind: PhantomData }
    }

    /// The name of the resource in its graph.
    pub fn logical_id(&self) -> &LogicalId {
        &self.id
    }

    /// What AWS calls the resource.
    pub fn id(&self) -> Text {
        self.attribute(Attribute::Id)
    }

    pub(crate) fn attribute(&self, attribute: Attribute) -> Text {
        self.id.attribute(attribute)
    }
}

impl<K> Clone for Ref<K> {
    fn clone(&self) -> Self {
        Self::new(self.id.clone())
    }
}

impl<K> fmt::Debug for Ref<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.id)
    }
}

impl<K> PartialEq for Ref<K> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// Something that may refer to resources.
pub trait References {
    /// Calls `found` with every resource that this refers to, in order, repeats included.
    fn references(&self, found: &mut dyn FnMut(&LogicalId));
}

impl<K> References for Ref<K> {
    fn references(&self, found: &mut dyn FnMut(&LogicalId)) {
        found(&self.id);
    }
}

impl References for Text {
    fn references(&self, found: &mut dyn FnMut(&LogicalId)) {
        for part in self.parts() {
            if let Part::Attribute(id, _) = part {
                found(id);
            }
        }
    }
}

impl References for Tree {
    fn references(&self, found: &mut dyn FnMut(&LogicalId)) {
        match self {
            Tree::Bool(_) | Tree::Number(_) => {}
            Tree::Text(text) => text.references(found),
            Tree::List(items) => items.references(found),
            Tree::Map(entries) => entries.iter().for_each(|(_, value)| value.references(found)),
        }
    }
}

impl References for Policy {
    fn references(&self, found: &mut dyn FnMut(&LogicalId)) {
        self.statements.references(found);
    }
}

impl References for Statement<Text> {
    fn references(&self, found: &mut dyn FnMut(&LogicalId)) {
        if let Some(Principals::Listed(principals)) = &self.principals {
            for Principal::Aws(text) | Principal::Service(text) in principals {
                text.references(found);
            }
        }
        if let Targets::Listed(resources) = &self.resources {
            resources.references(found);
        }
        for Condition { values, .. } in &self.conditions {
            values.references(found);
        }
    }
}

impl<T: References> References for Vec<T> {
    fn references(&self, found: &mut dyn FnMut(&LogicalId)) {
        self.iter().for_each(|item| item.references(found));
    }
}

impl<T: References> References for Option<T> {
    fn references(&self, found: &mut dyn FnMut(&LogicalId)) {
        self.iter().for_each(|item| item.references(found));
    }
}

impl<T: References> References for (&'static str, T) {
    fn references(&self, found: &mut dyn FnMut(&LogicalId)) {
        self.1.references(found);
    }
}

impl<T: References> References for (Cow<'static, str>, T) {
    fn references(&self, found: &mut dyn FnMut(&LogicalId)) {
        self.1.references(found);
    }
}

/// Types in which no reference can stand.
macro_rules! without_references {
    ($($plain:ty),* $(,)?) => {
        $(impl $crate::References for $plain {
            fn references(&self, _: &mut dyn FnMut(&$crate::LogicalId)) {}
        })*
    };
}
pub(crate) use without_references;

without_references!(bool, u8, u16, u32, String, &'static str, Cow<'static, str>);
