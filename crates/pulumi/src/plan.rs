//! A cell's graph as the provider's resources: what both the native program and the YAML one are made of.

use std::collections::HashMap;
use std::sync::Arc;

use tenantry_resources::{Component, Graph, LogicalId, Output, Part, Text};

use crate::aws::{self, Token};
use crate::input::{Input, Inputs};

/// What a stack consists of.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) region: String,
    pub(crate) components: Vec<Arc<Component>>,
    pub(crate) resources: Vec<Planned>,
    pub(crate) outputs: Vec<Output>,
    /// Which of the resources a node of the graph is.
    pub(crate) nodes: HashMap<LogicalId, usize>,
}

/// One resource of the provider's.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// Its name, unique in the plan.
    pub(crate) name: String,
    pub(crate) token: Token,
    pub(crate) inputs: Inputs,
    /// The component it is shown under, by its place in the plan.
    pub(crate) component: usize,
    /// Resources that its inputs refer to, by their places, which are before its own.
    pub(crate) refers_to: Vec<usize>,
    /// Resources that have to be there before it otherwise, by their places.
    pub(crate) depends_on: Vec<usize>,
    /// Whether the engine must not delete it.
    pub(crate) protected: bool,
}

impl Plan {
    /// The resources of a graph; `region` is the one that it is made for.
    pub fn new(graph: &Graph, region: &str) -> Self {
        let mut plan = Self {
            region: region.to_owned(),
            components: Vec::new(),
            resources: Vec::new(),
            outputs: graph.outputs().to_vec(),
            nodes: HashMap::new(),
        };
        let mut component_places = HashMap::new();
        // What a node has become: itself and its companions.
        let mut parts: HashMap<&LogicalId, Vec<usize>> = HashMap::new();
        for node in graph.nodes() {
            let Some(mapped) = aws::mapped(node) else { continue };
            let component = *component_places.entry(&node.component.name).or_insert_with(|| {
                plan.components.push(Arc::clone(&node.component));
                plan.components.len() - 1
            });
            // Whoever needs a node needs all of it: a role without its attached policies is of no use.
            let requirements = node.requirements();
            let needed: Vec<usize> =
                requirements.iter().filter_map(|id| parts.get(id)).flatten().copied().collect();
            let name = node.id.to_string();
            let place = plan.add(name, mapped.token, mapped.inputs, component, &needed);
            if let Some(planned) = plan.resources.get_mut(place) {
                planned.protected = node.is_protected();
            }
            plan.nodes.insert(node.id.clone(), place);
            let mut places = vec![place];
            for companion in mapped.companions {
                let name = format!("{}{}", node.id, companion.suffix);
                places.push(plan.add(name, companion.token, companion.inputs, component, &[place]));
            }
            parts.insert(&node.id, places);
        }
        plan
    }

    /// How many resources of the provider's there are.
    pub fn resource_count(&self) -> usize {
        self.resources.len()
    }

    fn add(
        &mut self,
        name: String,
        token: Token,
        inputs: Inputs,
        component: usize,
        needed: &[usize],
    ) -> usize {
        let mut refers_to = Vec::new();
        for (_, input) in &inputs {
            references(input, &mut |id| {
                if let Some(place) = self.nodes.get(id)
                    && !refers_to.contains(place)
                {
                    refers_to.push(*place);
                }
            });
        }
        let depends_on =
            needed.iter().filter(|place| !refers_to.contains(place)).copied().collect();
        self.resources.push(Planned {
            name,
            token,
            inputs,
            component,
            refers_to,
            depends_on,
            protected: false,
        });
        self.resources.len() - 1
    }
}

fn references(input: &Input, found: &mut impl FnMut(&LogicalId)) {
    match input {
        Input::Bool(_) | Input::Number(_) | Input::Code(_) => {}
        Input::Text(text) => text_references(text, found),
        Input::List(items) => items.iter().for_each(|item| references(item, found)),
        Input::Map(entries) => entries.iter().for_each(|(_, value)| references(value, found)),
    }
}

fn text_references(text: &Text, found: &mut impl FnMut(&LogicalId)) {
    for part in text.parts() {
        if let Part::Attribute(id, _) = part {
            found(id);
        }
    }
}
