//! What of the platform is not on this machine as it would be on AWS, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use tenantry_local::{Difference, Reason};

/// So many resources are named in a line.
const NAMED: usize = 2;

#[derive(Serialize)]
pub(super) struct DifferenceReport<'a> {
    resource: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    /// Null for all of the resource.
    property: Option<&'a str>,
    reason: &'static str,
    detail: &'a str,
}

pub(super) fn report<'a>(
    differences: impl IntoIterator<Item = &'a Difference>,
) -> Vec<DifferenceReport<'a>> {
    let reports = differences.into_iter().map(|one| DifferenceReport {
        resource: &one.logical_id,
        kind: &one.kind,
        property: one.property.as_deref(),
        reason: one.reason.name(),
        detail: &one.detail,
    });
    reports.collect()
}

/// Grouped by reason, a line a property; empty when there is nothing to tell.
pub(super) fn human<'a>(differences: impl IntoIterator<Item = &'a Difference>) -> String {
    let mut groups: BTreeMap<Reason, BTreeMap<(&str, &str), Vec<&str>>> = BTreeMap::new();
    for one in differences {
        let what = (one.kind.as_str(), one.property.as_deref().unwrap_or_default());
        groups.entry(one.reason).or_default().entry(what).or_default().push(&one.logical_id);
    }
    if groups.is_empty() {
        return String::new();
    }
    let mut text = String::from("Not as on AWS (docs/local-differences.md says more):");
    for (reason, lines) in groups {
        let _ = write!(text, "\n  {reason}");
        for ((kind, property), ids) in lines {
            let _ = write!(text, "\n    {kind}");
            if !property.is_empty() {
                let _ = write!(text, " {property}");
            }
            let _ = write!(text, ": {}", names(&ids));
        }
    }
    text
}

fn names(ids: &[&str]) -> String {
    let mut names = ids.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if ids.len() > NAMED {
        let _ = write!(names, " and {} more", ids.len() - NAMED);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(id: &str, kind: &str, property: Option<&str>, reason: Reason) -> Difference {
        Difference {
            logical_id: id.to_owned(),
            kind: kind.to_owned(),
            property: property.map(ToOwned::to_owned),
            reason,
            detail: "it is null".to_owned(),
        }
    }

    #[test]
    fn differences_are_grouped_by_reason_with_a_line_a_property() {
        let (entry, table) = ("AWS::EC2::NetworkAclEntry", "AWS::DynamoDB::Table");
        let differences = [
            difference("A", table, Some("ResourcePolicy"), Reason::NotEnforced),
            difference("B", table, Some("ResourcePolicy"), Reason::NotEnforced),
            difference("C", table, Some("ResourcePolicy"), Reason::NotEnforced),
            difference("D", table, Some("StreamSpecification"), Reason::NotShown),
            difference("E", entry, Some("PortRange"), Reason::NotKept),
            difference("F", "AWS::SQS::Queue", None, Reason::NotMade),
            difference("G", "AWS::SNS::Topic", Some("KmsMasterKeyId"), Reason::Refused),
        ];
        insta::assert_snapshot!(human(&differences));
        insta::assert_json_snapshot!(report(&differences[..1]));
        assert_eq!(human(&[]), "");
    }
}
