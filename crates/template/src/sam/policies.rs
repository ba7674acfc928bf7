//! The policies of a serverless function: managed ones, documents and policy templates.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{Made, Serverless, call, list};
use crate::source::Span;
use crate::syntax::{Entry, Kind, Node};

/// The policy templates, as SAM publishes them.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html>
static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/sam_policies.json")).unwrap_or_default()
});

#[derive(Default, Deserialize)]
struct Templates {
    templates: BTreeMap<String, Template>,
}

/// In the texts, `${P}` stands for the parameter `P`.
#[derive(Deserialize)]
struct Template {
    parameters: Vec<String>,
    statements: Vec<Statement>,
}

#[derive(Deserialize)]
struct Statement {
    actions: Vec<String>,
    resources: Vec<String>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, String>>,
}

/// The managed policies' ARNs and the inline policies of a function.
pub(super) fn policies<'a>(
    source: &Serverless<'a>,
    made: &mut Made<'a, '_>,
) -> (Vec<Node<'a>>, Vec<Node<'a>>) {
    let (mut managed, mut inline) = (Vec::new(), Vec::new());
    let Some(node) = source.get("Policies") else { return (managed, inline) };
    let one = std::slice::from_ref(node);
    let items = if let Kind::Sequence(items) = &node.kind { items.as_slice() } else { one };
    for (at, item) in items.iter().enumerate() {
        let document = match &item.kind {
            Kind::String(name) if !name.starts_with("arn:") => {
                let arn = format!("arn:${{AWS::Partition}}:iam::aws:policy/{name}");
                managed.push(call("Fn::Sub", arn, item.span));
                continue;
            }
            Kind::Mapping(_) if item.get("Statement").is_some() => item.clone(),
            Kind::Mapping(entries) => match entries.as_slice() {
                [entry] if entry.key.text.ends_with("Policy") => match template(entry) {
                    Some(document) => document,
                    None => {
                        made.gap(&format!("the policy template `{}`", entry.key.text), item.span);
                        continue;
                    }
                },
                [entry] if is_arn(&entry.key.text) => {
                    managed.push(item.clone());
                    continue;
                }
                _ => {
                    made.gap("a policy that is neither a name, an ARN nor a document", item.span);
                    continue;
                }
            },
            _ => {
                managed.push(item.clone());
                continue;
            }
        };
        let name = Node::string(format!("{}RolePolicy{at}", source.id), item.span);
        let lines = [("PolicyName", name), ("PolicyDocument", document)];
        inline.push(Node::mapping(lines, item.span));
    }
    (managed, inline)
}

/// Whether a function's value can only be a managed policy's ARN.
fn is_arn(function: &str) -> bool {
    ["Ref", "Fn::GetAtt", "Fn::ImportValue", "Fn::Join", "Fn::Sub"].contains(&function)
}

/// The document of a policy template; `None` for one that is not known or lacks a parameter.
fn template<'a>(entry: &Entry<'a>) -> Option<Node<'a>> {
    let span = entry.key.span;
    let known = TEMPLATES.templates.get(entry.key.text.as_ref())?;
    let parameter = |name: &'static String| Some((name.as_str(), entry.value.get(name)?.clone()));
    let parameters = known.parameters.iter().map(parameter).collect::<Option<Vec<_>>>()?;
    let text = |text: &'static str| {
        if !text.contains("${") {
            return Node::string(text, span);
        }
        let named = parameters.iter().filter(|(name, _)| text.contains(&format!("${{{name}}}")));
        let variables = Node::mapping(named.cloned(), span);
        Node::mapping([("Fn::Sub", list(vec![Node::string(text, span), variables], span))], span)
    };
    let texts = |all: &'static [String]| list(all.iter().map(|one| text(one)).collect(), span);
    let statement = |statement: &'static Statement| {
        let mut lines = vec![
            ("Effect", Node::string("Allow", span)),
            ("Action", texts(&statement.actions)),
            ("Resource", texts(&statement.resources)),
        ];
        if !statement.condition.is_empty() {
            let operators = statement.condition.iter().map(|(operator, keys)| {
                let keys = keys.iter().map(|(key, value)| (key.as_str(), text(value)));
                (operator.as_str(), Node::mapping(keys, span))
            });
            lines.push(("Condition", Node::mapping(operators, span)));
        }
        Node::mapping(lines, span)
    };
    let statements = list(known.statements.iter().map(statement).collect(), span);
    let version = Node::string("2012-10-17", span);
    Some(Node::mapping([("Version", version), ("Statement", statements)], span))
}

/// A document of one statement that allows these actions.
pub(super) fn document<'a>(
    actions: &[&'static str],
    resources: Option<Node<'a>>,
    principal: Option<&'static str>,
    span: Span,
) -> Node<'a> {
    let actions = actions.iter().map(|action| Node::string(*action, span)).collect();
    let mut lines = vec![("Effect", Node::string("Allow", span)), ("Action", list(actions, span))];
    lines.extend(resources.map(|resources| ("Resource", resources)));
    if let Some(service) = principal {
        let service = Node::mapping([("Service", Node::string(service, span))], span);
        lines.push(("Principal", service));
    }
    let statement = list(vec![Node::mapping(lines, span)], span);
    Node::mapping([("Version", Node::string("2012-10-17", span)), ("Statement", statement)], span)
}
