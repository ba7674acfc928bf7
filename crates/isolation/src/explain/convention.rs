//! Conventions that do not hold, or of which that is not known.

use tenantry_verdict::claims::{Barrier, ClaimId};
use tenantry_verdict::{Counterexample, Evidence, Party, Reason};

use crate::facts::{Facts, reasons};
use crate::findings::breach::{Fault, Unkept};
use crate::findings::unknown::Part;
use tenantry_template::{ResourceId, Span};

/// A convention that does not hold, in words.
pub(super) fn counterexample(
    facts: &Facts<'_, '_>,
    claim: ClaimId,
    unkept: &Unkept,
) -> Counterexample {
    let model = facts.reader.model;
    let resource = &model.resources[unkept.resource];
    let victim = reasons::party(facts, resource.owner);
    let mut example = Counterexample::new(claim, Party::Shared, victim, Barrier::Convention);
    example.resource = resource.path.clone();
    example.fix = claim.fix.to_owned();
    example.pairs = 0;
    example.action = fault(&unkept.fault);
    if let Some(place) = model.place(unkept.span) {
        let says = example.action.clone();
        example.evidence.push(Evidence { says, allows: true, place });
    }
    example
}

fn fault(fault: &Fault) -> String {
    match fault {
        Fault::AllActionsBut => "allows every action but some".to_owned(),
        Fault::Allows(action) => format!("allows `{action}`"),
        Fault::NamedWithout { name, suffix } => {
            format!("is named `{name}`, which does not end in `-{suffix}`")
        }
        Fault::NotSet(path) => format!("does not set `{}`", path.join(".")),
        Fault::Without(path) => format!("has no `{}`", path.join(".")),
        Fault::NoTag(tag) => format!("has no tag `{tag}`"),
        Fault::KeptForEver => "keeps its events for ever".to_owned(),
        Fault::KeptFor { days, wanted } => {
            format!("keeps its events for {days} days, not {wanted}")
        }
        Fault::Outlives { attribute, policy } => format!("has `{attribute}: {policy}`"),
        Fault::SnapshotByDefault => {
            "has no `DeletionPolicy`, which means `Snapshot` for its type".to_owned()
        }
        Fault::Protected(property) => format!("sets `{property}`"),
    }
}

/// What is not known of a convention.
pub(super) fn reason(
    facts: &Facts<'_, '_>,
    claim: ClaimId,
    (part, value): (Part, Option<&str>),
    resource: ResourceId,
    span: Span,
) -> Reason {
    let what = match part {
        Part::Action => "an action",
        Part::Name => "the name",
        Part::NameEnd => "the name's end",
        Part::Encrypted => "whether it is encrypted",
        Part::Key => "the key",
        Part::Retention => "the retention",
        Part::Deletable => "whether it can be deleted",
        Part::Tags => "the tags",
        Part::Tag => "a tag",
    };
    Reason {
        unknown: match value {
            Some(value) => format!("{what}: `{value}`"),
            None => format!("{what}, which depends on a condition"),
        },
        matters: format!("{}: {}", facts.path(resource), claim.title),
        help: "give the parameter a value".to_owned(),
        place: facts.reader.model.place(span),
    }
}
