//! A resource graph as an AWS CloudFormation template, in JSON.
//!
//! This crate decides nothing: what stands in a template stands in the graph. It knows what
//! CloudFormation calls things, and what a template may not exceed.

mod properties;
mod render;

use std::borrow::Cow;
use std::io::{self, Write};

use tenantry_resources::{Graph, Node, Resource, Text, Tree, Waiver};

use crate::render::Renderer;

/// The parameter that names the bucket with the function code.
pub const CODE_BUCKET: &str = "CodeBucket";

/// A stack may have this many resources.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MAX_RESOURCES: usize = 500;
/// A template may have this many outputs (the same page).
const MAX_OUTPUTS: usize = 200;
/// A template may have this many bytes when CloudFormation takes it from S3 (the same page).
const MAX_BYTES: usize = 1_000_000;

/// Why a graph is no template that CloudFormation would take.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "{count} {what}, where CloudFormation takes {limit} a template: make the cells smaller ([cells] size)"
)]
pub struct TooLarge {
    /// What there is too much of: `resources`, `outputs` or `bytes`.
    pub what: &'static str,
    /// How much there is.
    pub count: usize,
    /// How much there may be.
    pub limit: usize,
}

/// The template of a graph, ready to be deployed.
///
/// # Errors
/// If CloudFormation would refuse it for its size.
pub fn template(graph: &Graph, description: &str) -> Result<String, TooLarge> {
    check("resources", graph.nodes().len(), MAX_RESOURCES)?;
    check("outputs", graph.outputs().len(), MAX_OUTPUTS)?;
    let mut json = Vec::with_capacity(1 << 19);
    // A vector takes all that is written to it.
    let _ = write(graph, description, &mut json);
    check("bytes", json.len(), MAX_BYTES)?;
    Ok(String::from_utf8(json).unwrap_or_default())
}

/// The CloudFormation type of a resource, such as `AWS::EC2::VPC`.
pub fn type_name(resource: &Resource) -> &'static str {
    properties::type_name(resource)
}

fn check(what: &'static str, count: usize, limit: usize) -> Result<(), TooLarge> {
    if count > limit { Err(TooLarge { what, count, limit }) } else { Ok(()) }
}

fn write(graph: &Graph, description: &str, out: &mut impl Write) -> io::Result<()> {
    enum Section<'a> {
        Plain(&'static str, Tree),
        Resources(&'a [Node]),
    }
    let parameter = Tree::map([
        ("Type", "String".into()),
        ("Description", "The bucket that holds the function code".into()),
    ]);
    let outputs = graph.outputs().iter().map(|output| {
        let entry = Tree::map([
            ("Description", output.description.clone().into()),
            ("Value", output.value.clone().into()),
        ]);
        (Cow::Owned(output.name.clone()), entry)
    });
    let sections = [
        Section::Plain("AWSTemplateFormatVersion", "2010-09-09".into()),
        Section::Plain("Description", description.to_owned().into()),
        Section::Plain("Parameters", Tree::map([(CODE_BUCKET, parameter)])),
        Section::Resources(graph.nodes()),
        Section::Plain("Outputs", Tree::Map(outputs.collect())),
    ];
    let mut renderer = Renderer::new(&mut *out);
    renderer.map(&sections, |renderer, section| match section {
        Section::Plain(key, value) => {
            renderer.key(key)?;
            renderer.tree(value)
        }
        Section::Resources(nodes) => {
            renderer.key("Resources")?;
            // One after another, so that only one resource's properties are in memory.
            renderer.map(nodes, |renderer, node| {
                renderer.key(node.id.as_str())?;
                renderer.tree(&resource(node))
            })
        }
    })?;
    out.write_all(b"\n")
}

fn resource(node: &Node) -> Tree {
    let mut entries: Vec<(Cow<'static, str>, Tree)> =
        vec![("Type".into(), type_name(&node.resource).into())];
    if !node.depends_on.is_empty() {
        let ids = node.depends_on.iter().map(|id| id.as_str().to_owned());
        entries.push(("DependsOn".into(), Tree::list(ids)));
    }
    // What scanners want an explicit word about: that it goes with the stack. What empties a protected bucket stays as well:
    // deleted, it would empty it.
    let emptier = matches!(node.resource, Resource::BucketEmptier(_)) && node.component.protected;
    if node.resource.holds_data() || emptier {
        let policy = if node.is_protected() || emptier { "Retain" } else { "Delete" };
        entries.push(("DeletionPolicy".into(), policy.into()));
        entries.push(("UpdateReplacePolicy".into(), policy.into()));
    }
    if !node.waivers.is_empty() {
        entries.push(("Metadata".into(), metadata(node)));
    }
    let mut properties = properties::properties(&node.resource);
    if node.is_protected() {
        protect(&mut properties);
    }
    if node.resource.taggable() {
        tag(&mut properties, node);
    }
    entries.push(("Properties".into(), Tree::Map(properties)));
    Tree::Map(entries)
}

/// Switches on what a service has of its own against deletion.
fn protect(properties: &mut [(Cow<'static, str>, Tree)]) {
    for (name, value) in properties {
        match name.as_ref() {
            "DeletionProtectionEnabled" => *value = true.into(),
            "DeletionProtection" => *value = "ACTIVE".into(),
            _ => {}
        }
    }
}

/// Waivers where cfn-lint and checkov look for them.
fn metadata(node: &Node) -> Tree {
    let (checkov, lint): (Vec<&Waiver>, Vec<&Waiver>) =
        node.waivers.iter().partition(|waiver| waiver.rule.starts_with("CKV"));
    let mut entries = Vec::new();
    if !checkov.is_empty() {
        let skip = checkov.iter().map(|waiver| {
            Tree::map([("id", waiver.rule.into()), ("comment", waiver.reason.into())])
        });
        entries.push(("checkov".into(), Tree::map([("skip", Tree::list(skip))])));
    }
    if !lint.is_empty() {
        let rules = Tree::list(lint.iter().map(|waiver| waiver.rule));
        let config = Tree::map([("ignore_checks", rules)]);
        let reasons = Tree::list(lint.iter().map(|waiver| waiver.reason));
        entries.push(("cfn-lint".into(), Tree::map([("config", config), ("reasons", reasons)])));
    }
    Tree::Map(entries)
}

fn tag(properties: &mut Vec<(Cow<'static, str>, Tree)>, node: &Node) {
    if let Resource::UserPool(_) = node.resource {
        let tags = node.tags().map(|(key, value)| (key.into(), value.into()));
        properties.push(("UserPoolTags".into(), Tree::Map(tags.collect())));
    } else {
        let tag = |(key, value): (&'static str, Text)| {
            Tree::map([("Key", key.into()), ("Value", value.into())])
        };
        let tags = node.tags().map(tag);
        properties.push(("Tags".into(), Tree::list(tags)));
    }
}
