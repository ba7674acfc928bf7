//! The transform AWS::Serverless-2016-10-31: not read yet, so each of its resources is a gap.

use crate::fault::Fault;
use crate::template::Template;
use crate::text::{Failure, Node};

/// Rewrites the serverless resources of a template to plain ones.
pub(crate) fn rewrite(template: &mut Template<'_>, gaps: &mut Vec<Failure>) -> Result<(), Failure> {
    for entry in &template.resources {
        let kind = entry.value.get("Type").and_then(Node::as_str).unwrap_or_default();
        if kind.starts_with("AWS::Serverless::") {
            gaps.push((Fault::Sam { what: format!("`{kind}`") }, entry.key.span));
        }
    }
    Ok(())
}
