//! The graph of resources: nodes in an order in which they can be created.

use std::collections::HashSet;
use std::sync::Arc;

use crate::{LogicalId, Ref, References, Resource, Text};

/// Resources that are deployed together, and what is said of them afterwards.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    ids: HashSet<LogicalId>,
    outputs: Vec<Output>,
}

/// A resource in a graph.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name in the graph.
    pub id: LogicalId,
    /// What it is.
    pub resource: Resource,
    /// What it is presented under, and whose it is.
    pub component: Arc<Component>,
    /// Resources that have to exist before it although it does not refer to them.
    pub depends_on: Vec<LogicalId>,
    /// Rules of scanners that do not apply to it, and why.
    pub waivers: Vec<Waiver>,
}

impl Node {
    /// The tags that it gets, if it can be tagged: those of its component, and `Name` for kinds that have no other name.
    pub fn tags(&self) -> impl Iterator<Item = (&'static str, Text)> {
        let name = self.resource.name().filter(|_| self.resource.name_is_a_tag());
        let tags = self.component.tags.iter();
        tags.map(|(key, value)| (*key, value.clone().into())).chain(name.map(|name| ("Name", name)))
    }
}

/// A group of resources that belong together: one customer's, or one concern's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Component {
    /// What sort of group it is, such as `Network`: upper camel case.
    pub kind: &'static str,
    /// Its name, unique in the graph.
    pub name: String,
    /// The tags of all that is in it and can be tagged: key and value.
    pub tags: Vec<(&'static str, String)>,
    /// Whether what holds data in it outlives a deployment that would delete it.
    pub protected: bool,
}

impl Node {
    /// Whether it holds data, and has to outlive a deployment that would delete it.
    pub fn is_protected(&self) -> bool {
        self.component.protected && self.resource.holds_data()
    }
}

/// Why a rule of a scanner is not followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Waiver {
    /// The rule's id: `W...`, `E...` of cfn-lint or `CKV...` of checkov.
    pub rule: &'static str,
    /// Why it is not followed here.
    pub reason: &'static str,
}

/// What to say of a node besides the resource itself.
#[derive(Clone, Debug, Default)]
pub struct NodeOptions {
    /// Resources that have to exist before it although it does not refer to them.
    pub depends_on: Vec<LogicalId>,
    /// Rules of scanners that do not apply to it.
    pub waivers: Vec<Waiver>,
}

/// A value that the deployment tells when it is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name: letters and digits, unique in the graph.
    pub name: String,
    /// What it is, in a sentence without the full stop.
    pub description: String,
    /// The value.
    pub value: Text,
}

impl Graph {
    /// Adds a resource; `id` has to be letters and digits and new in this graph.
    ///
    /// Two resources under one id are a fault of the caller's naming scheme. The second gets the
    /// id with an `X` behind it, so that the graph stays sound and the fault shows in every test of
    /// names.
    pub fn add<K: Into<Resource>>(
        &mut self,
        component: &Arc<Component>,
        id: impl Into<String>,
        resource: K,
    ) -> Ref<K> {
        self.add_with(component, id, resource, NodeOptions::default())
    }

    /// Adds a resource of which there is more to say.
    pub fn add_with<K: Into<Resource>>(
        &mut self,
        component: &Arc<Component>,
        id: impl Into<String>,
        resource: K,
        options: NodeOptions,
    ) -> Ref<K> {
        let mut id = id.into();
        while self.ids.contains(&LogicalId::new(id.clone())) {
            id.push('X');
        }
        let id = LogicalId::new(id);
        self.ids.insert(id.clone());
        self.nodes.push(Node {
            id: id.clone(),
            resource: resource.into(),
            component: Arc::clone(component),
            depends_on: options.depends_on,
            waivers: options.waivers,
        });
        Ref::new(id)
    }

    /// Adds an output.
    pub fn output(&mut self, output: Output) {
        self.outputs.push(output);
    }

    /// The nodes; each refers only to those before it.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The outputs, in the order in which they were added.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }
}

impl Node {
    /// The resources that it needs: those that it refers to, then those that it depends on
    /// otherwise; each once.
    pub fn requirements(&self) -> Vec<LogicalId> {
        let mut requirements: Vec<LogicalId> = Vec::new();
        let mut require = |id: &LogicalId| {
            if !requirements.contains(id) {
                requirements.push(id.clone());
            }
        };
        self.resource.references(&mut require);
        self.depends_on.iter().for_each(require);
        requirements
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Key, Policy, Subnet, Vpc};

    fn component() -> Arc<Component> {
        Arc::new(Component {
            kind: "Network",
            name: "network".into(),
            tags: Vec::new(),
            protected: false,
        })
    }

    fn vpc() -> Vpc {
        Vpc { name: "vpc".into(), cidr_block: "10.0.0.0/16".into() }
    }

    #[test]
    fn requirements_are_references_and_dependencies_each_once() {
        let mut graph = Graph::default();
        let component = component();
        let vpc = graph.add(&component, "Vpc", vpc());
        let policy = Policy::new(Vec::new());
        let key = Key { description: String::new(), policy, pending_window_days: 7 };
        let key = graph.add(&component, "Key", key);
        let subnet = Subnet {
            name: "subnet".into(),
            vpc: vpc.clone(),
            cidr_block: "10.0.2.0/24".into(),
            availability_zone: "us-east-1a".into(),
        };
        let depends_on = vec![key.logical_id().clone(), vpc.logical_id().clone()];
        let options = NodeOptions { depends_on, ..NodeOptions::default() };
        graph.add_with(&component, "Subnet", subnet, options);
        let requirements = graph.nodes()[2].requirements();
        assert_eq!(requirements.iter().map(LogicalId::as_str).collect::<Vec<_>>(), ["Vpc", "Key"]);
    }

    #[test]
    fn a_second_resource_under_one_id_gets_another() {
        let mut graph = Graph::default();
        let first = graph.add(&component(), "Vpc", vpc());
        let second = graph.add(&component(), "Vpc", vpc());
        assert_ne!(first.logical_id(), second.logical_id());
    }
}
