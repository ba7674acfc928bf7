//! A template, deployed once.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};

use crate::document::Template;
use crate::ids::StackId;
use crate::syntax::{Entry, Node};

/// A template, deployed once.
pub(crate) struct Stack<'a> {
    pub(crate) template: Arc<Template<'a>>,
    /// The tenant's name and the nested stacks' ids on the way to it; empty for a plain stack.
    pub(crate) path: String,
    /// How large the template's file is.
    pub(crate) bytes: usize,
    pub(crate) tenant: Option<usize>,
    pub(crate) given: HashMap<String, String>,
    pub(crate) parent: Option<(StackId, usize)>,
    pub(crate) children: HashMap<usize, StackId>,
    pub(crate) parameters: HashMap<String, usize>,
    pub(crate) conditions: HashMap<String, usize>,
    pub(crate) resources: HashMap<String, usize>,
}

impl<'a> Stack<'a> {
    pub(crate) fn new(template: Arc<Template<'a>>, path: String, bytes: usize) -> Self {
        let index = |entries: &[Entry<'a>]| {
            entries.iter().enumerate().map(|(at, entry)| (entry.key.text.to_string(), at)).collect()
        };
        Self {
            path,
            bytes,
            tenant: None,
            given: HashMap::new(),
            parent: None,
            children: HashMap::new(),
            parameters: index(&template.parameters),
            conditions: index(&template.conditions),
            resources: index(&template.resources),
            template,
        }
    }

    /// What the parent stack passes for a parameter.
    pub(crate) fn parent_argument<'p>(
        &self,
        stacks: &'p [Stack<'a>],
        name: &str,
    ) -> Option<(StackId, &'p Node<'a>)> {
        let (parent, at) = self.parent?;
        let resource = stacks.get(parent.0 as usize)?.template.resources.get(at)?;
        let parameters = resource.value.get("Properties")?.get("Parameters")?;
        Some((parent, parameters.get(name)?))
    }
}
