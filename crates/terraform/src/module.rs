//! A graph as one file: what Terraform and the provider have to be, where it is deployed to, resources, outputs.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use tenantry_resources::{Graph, LogicalId, Package, References, Resource};

use crate::aws::{self, Argument, Arguments, Mapped};
use crate::expression::{self, Addresses, escaped, snake_case, template};

/// The text of the root module of a graph that is made for `region`. `comment` stands at its head.
pub fn root_module(graph: &Graph, region: &str, comment: &str) -> String {
    let mut resources = Resources::default();
    for node in graph.nodes() {
        if let Some(mapped) = aws::mapped(node) {
            resources.node(node.id.clone(), mapped, &node.requirements());
        }
    }
    let outputs: Map<_, _> = graph
        .outputs()
        .iter()
        .map(|output| {
            let value = template(&output.value, &resources.addresses);
            // A description is no expression: it is taken as it is.
            let entry = json!({ "description": output.description, "value": value });
            (snake_case(&output.name), entry)
        })
        .collect();
    let module = json!({
        "//": comment,
        "terraform": {
            "required_version": aws::TERRAFORM_VERSION,
            "required_providers": { "aws": { "source": "hashicorp/aws", "version": aws::PROVIDER_VERSION } },
        },
        "provider": { "aws": { "region": escaped(region) } },
        "data": {
            "aws_caller_identity": { "current": {} },
            "aws_partition": { "current": {} },
            "aws_region": { "current": {} },
        },
        "locals": {
            "account_id": "${data.aws_caller_identity.current.account_id}",
            "partition": "${data.aws_partition.current.partition}",
            "region": "${data.aws_region.current.id}",
        },
        "resource": resources.by_type,
        "output": outputs,
    });
    // Values that are put together here have no key that is no string.
    let mut text = serde_json::to_string_pretty(&module).unwrap_or_default();
    text.push('\n');
    text
}

/// The archives of function code that a graph's functions run, each once.
pub fn packages(graph: &Graph) -> Vec<&Package> {
    let mut found: Vec<&Package> = Vec::new();
    for node in graph.nodes() {
        if let Resource::Function(function) = &node.resource
            && !found.contains(&&function.code)
        {
            found.push(&function.code);
        }
    }
    found
}

#[derive(Default)]
struct Resources {
    /// Bodies by type and label, each in the order in which the graph has them.
    by_type: Map<String, Value>,
    addresses: Addresses,
    /// What a node has become beside its own resource.
    companions: HashMap<LogicalId, Vec<String>>,
}

impl Resources {
    fn node(&mut self, id: LogicalId, mapped: Mapped, requirements: &[LogicalId]) {
        let label = snake_case(id.as_str());
        let address = format!("{}.{label}", mapped.kind);
        let mut body = self.body(&mapped.arguments);
        // Whoever needs a node needs all of it: a role without its attached policies is of no use. What the arguments name
        // Terraform finds itself.
        let found = named(&mapped.arguments);
        let mut depends_on = Vec::new();
        for need in requirements {
            let own = self.addresses.get(need).filter(|_| !found.contains(need));
            depends_on.extend(own.cloned());
            depends_on.extend(self.companions.get(need).into_iter().flatten().cloned());
        }
        if !depends_on.is_empty() {
            body.insert("depends_on".to_owned(), depends_on.into());
        }
        let mut lifecycle = Map::new();
        if mapped.create_before_destroy {
            lifecycle.insert("create_before_destroy".to_owned(), true.into());
        }
        if mapped.prevent_destroy {
            lifecycle.insert("prevent_destroy".to_owned(), true.into());
        }
        if !lifecycle.is_empty() {
            body.insert("lifecycle".to_owned(), lifecycle.into());
        }
        self.insert(mapped.kind, label.clone(), body);
        self.addresses.insert(id.clone(), address.clone());

        let mut companions = Vec::with_capacity(mapped.companions.len());
        for companion in mapped.companions {
            let label = format!("{label}_{}", companion.suffix);
            companions.push(format!("{}.{label}", companion.kind));
            let mut body = self.body(&companion.arguments);
            if !named(&companion.arguments).contains(&id) {
                body.insert("depends_on".to_owned(), json!([address]));
            }
            self.insert(companion.kind, label, body);
        }
        self.companions.insert(id, companions);
    }

    fn body(&self, arguments: &Arguments) -> Map<String, Value> {
        let entries = arguments.iter().map(|(name, argument)| {
            let value = match argument {
                Argument::Value(tree) => expression::value(tree, &self.addresses),
                Argument::Template(template) => template.as_str().into(),
            };
            ((*name).to_owned(), value)
        });
        entries.collect()
    }

    fn insert(&mut self, kind: &str, label: String, body: Map<String, Value>) {
        let of_kind = self.by_type.entry(kind).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(of_kind) = of_kind {
            of_kind.insert(label, body.into());
        }
    }
}

/// The nodes that arguments refer to.
fn named(arguments: &Arguments) -> HashSet<LogicalId> {
    let mut named = HashSet::new();
    for (_, argument) in arguments {
        if let Argument::Value(tree) = argument {
            tree.references(&mut |id| {
                named.insert(id.clone());
            });
        }
    }
    named
}
