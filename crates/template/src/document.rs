//! A tree read as a template: its sections and resources, each where it is written.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>

pub(crate) mod for_each;

use crate::diagnostic::{Fault, nearest};
use crate::source::Span;
use crate::syntax::{Entry, Failure, Key, Node};

/// The sections of one template.
#[derive(Clone, Debug)]
pub(crate) struct Template<'a> {
    pub(crate) span: Span,
    pub(crate) transforms: Vec<(String, Span)>,
    pub(crate) globals: Option<Node<'a>>,
    pub(crate) parameters: Vec<Entry<'a>>,
    pub(crate) mappings: Option<Node<'a>>,
    pub(crate) conditions: Vec<Entry<'a>>,
    pub(crate) resources: Vec<Entry<'a>>,
    pub(crate) outputs: Vec<Entry<'a>>,
}

/// Reads a tree as a template.
pub(crate) fn template(root: Node<'_>) -> Result<Template<'_>, Failure> {
    let span = root.span;
    if root.get("Resources").is_none() {
        let at = Span { end: span.end.min(span.start + 1), ..span };
        return Err((Fault::NoResources, at));
    }
    let mut template = Template {
        span,
        transforms: Vec::new(),
        globals: None,
        parameters: Vec::new(),
        mappings: None,
        conditions: Vec::new(),
        resources: Vec::new(),
        outputs: Vec::new(),
    };
    for Entry { key, value } in mapping(root)? {
        match key.text.as_ref() {
            "Parameters" => template.parameters = mapping(value)?,
            "Mappings" => template.mappings = Some(value),
            "Conditions" => template.conditions = mapping(value)?,
            "Resources" => template.resources = mapping(value)?,
            "Outputs" => template.outputs = mapping(value)?,
            "Globals" => template.globals = Some(value),
            "Transform" => template.transforms = transforms(&value)?,
            "AWSTemplateFormatVersion" | "Description" | "Metadata" | "Rules" | "Hooks" => {}
            section => {
                let suggestion = nearest(section, SECTIONS);
                let fault = Fault::UnknownSection { section: section.to_owned(), suggestion };
                return Err((fault, key.span));
            }
        }
    }
    Ok(template)
}

/// Checks the attributes of every resource; for after loops and transforms.
pub(crate) fn check(template: &Template<'_>) -> Result<(), Failure> {
    for Entry { key, value } in &template.resources {
        entries(value)?;
        for Entry { key, .. } in value.entries() {
            // Custom resources may name the version of what they are.
            let version = key.text == "Version"
                && value.get("Type").and_then(Node::as_str).is_some_and(|kind| {
                    kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource"
                });
            if !version && !ATTRIBUTES.contains(&key.text.as_ref()) {
                let suggestion = nearest(&key.text, ATTRIBUTES);
                let attribute = key.text.to_string();
                return Err((Fault::UnknownAttribute { attribute, suggestion }, key.span));
            }
        }
        if value.get("Type").and_then(Node::as_str).is_none() {
            return Err((Fault::NoType { id: key.text.to_string() }, key.span));
        }
        if let Some(properties) = value.get("Properties") {
            entries(properties)?;
        }
    }
    Ok(())
}

const SECTIONS: [&str; 11] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Resources",
    "Outputs",
    "Globals",
];

const ATTRIBUTES: [&str; 11] = [
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "Metadata",
    "CreationPolicy",
    "UpdatePolicy",
    "Description",
    "Connectors",
];

fn transforms(node: &Node<'_>) -> Result<Vec<(String, Span)>, Failure> {
    let one = |node: &Node<'_>| match node.as_str().or(node.get("Name").and_then(Node::as_str)) {
        Some(name) => Ok((name.to_owned(), node.span)),
        None => Err(wrong("a transform's name", node)),
    };
    match &node.kind {
        crate::syntax::Kind::Sequence(items) => items.iter().map(one).collect(),
        _ => Ok(vec![one(node)?]),
    }
}

/// Whether a resource stands for those that a registered module is made of.
pub(crate) fn is_module(resource: &Node<'_>) -> bool {
    resource.get("Type").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("::MODULE"))
}

/// The path of the file that an entry puts in by `AWS::Include`, where it is one on this disk.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html>
pub(crate) fn included<'n>(entry: &'n Entry<'_>) -> Option<&'n str> {
    // Every line of a template is asked.
    if entry.key.text != "Fn::Transform" {
        return None;
    }
    if entry.value.get("Name").and_then(Node::as_str) != Some("AWS::Include") {
        return None;
    }
    let location = entry.value.get("Parameters")?.get("Location")?.as_str()?;
    let elsewhere = location.contains("://") || location.starts_with(['/', '{']);
    (!elsewhere).then_some(location)
}

/// The lines of a node that must be a mapping.
pub(crate) fn mapping(node: Node<'_>) -> Result<Vec<Entry<'_>>, Failure> {
    match node.kind {
        crate::syntax::Kind::Mapping(entries) => Ok(entries),
        crate::syntax::Kind::Null => Ok(Vec::new()),
        _ => Err(wrong("a mapping", &node)),
    }
}

/// The lines of a node that must be a mapping.
pub(crate) fn entries<'n, 'a>(node: &'n Node<'a>) -> Result<&'n [Entry<'a>], Failure> {
    match &node.kind {
        crate::syntax::Kind::Mapping(entries) => Ok(entries),
        crate::syntax::Kind::Null => Ok(&[]),
        _ => Err(wrong("a mapping", node)),
    }
}

pub(crate) fn wrong(wanted: &'static str, node: &Node<'_>) -> Failure {
    (Fault::WrongKind { wanted, found: node.what() }, node.span)
}

/// The intrinsic function that a mapping is, if it is one.
pub(crate) fn function<'n, 'a>(
    node: &'n Node<'a>,
) -> Result<Option<(&'n Key<'a>, &'n Node<'a>)>, Failure> {
    match node.entries() {
        [Entry { key, value }] if key.text == "Ref" || key.text.starts_with("Fn::") => {
            Ok(Some((key, value)))
        }
        [] | [_] => Ok(None),
        many => match many.iter().find(|entry| is_function(&entry.key.text)) {
            Some(entry) => Err((Fault::FunctionBesideKeys, entry.key.span)),
            None => Ok(None),
        },
    }
}

fn is_function(key: &str) -> bool {
    key.starts_with("Fn::") && !key.starts_with("Fn::ForEach")
}
