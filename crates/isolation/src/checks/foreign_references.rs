//! What one owner's resource says of another's: every such reference is one that an entry
//! explains, or leaves open what it could matter to.
//!
//! This knows no service and no property. It walks all there is, so that what nobody thought of is
//! said by name and never passed over; what is understood stands in `explained`, with a reason.

pub(crate) mod device_policies;
mod explained;
pub(crate) mod grantees;
pub(crate) mod unread_policies;

use std::collections::BTreeMap;

use tenantry_template::{Model, Owner, Resource, ResourceId, Span, Value};

pub use self::explained::explained_references;
use self::explained::{Direction, explained};
use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::facts::paths::Path;
use crate::facts::references::References;
use crate::facts::runs_as::runs_as;
use crate::facts::{Facts, event_bus_policies, paths};
use crate::findings::unknown::{Reference, Unknown};

claim_set!(
    /// What a reference that nothing explains could matter to.
    pub(crate) Claims {
        environment { REFERENCES }
        escalation { ASSUME, FEED }
        key { ASSIGNMENT }
        log { READ_BY_OWNER }
        token { CLAIM_WRITABLE }
        data { COPY }
        identity { OTHER_TENANTS_ASSET }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// One kind of reference that nothing explains.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct Kind {
    from: String,
    path: String,
    direction: Direction,
    to: String,
    told: bool,
}

/// Where it was met.
struct Met {
    /// The first, what it speaks of, and where.
    resource: ResourceId,
    of: ResourceId,
    span: Span,
    places: usize,
}

/// References between owners.
pub(crate) struct ForeignReferences;

impl Check for ForeignReferences {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &mut found);
        found
    }
}

/// Leaves open what the references that no entry explains could matter to.
fn decide(facts: &Facts<'_, '_>, found: &mut Findings) {
    let model = facts.reader.model;
    for (kind, met) in unexplained(model) {
        let reference = Reference {
            resource: met.resource,
            path: kind.path.clone(),
            of: met.of,
            told: kind.told,
            more: met.places - 1,
            span: met.span,
        };
        found.undecided(matters_to(&kind), Unknown::Reference(Box::new(reference)));
    }
}

/// By kind: the references between owners that no entry explains.
fn unexplained(model: &Model<'_>) -> BTreeMap<Kind, Met> {
    let references = References::new(model);
    let mut all: BTreeMap<Kind, Met> = BTreeMap::new();
    for (at, resource) in model.resources.entries() {
        if resource.owner == Owner::Undecided {
            continue;
        }
        paths::texts(&resource.properties, &mut |path, value| {
            edges(model, &references, (at, resource), path, value, &mut all);
        });
    }
    all
}

fn edges<'m, 'a>(
    model: &'m Model<'a>,
    references: &References<'m, 'a>,
    (at, resource): (ResourceId, &Resource<'a>),
    path: &Path<'_>,
    value: &'m Value<'a>,
    all: &mut BTreeMap<Kind, Met>,
) {
    let spoken_of = references.foreign(value, resource.owner);
    if spoken_of.is_empty() {
        return;
    }
    let path = &path.to_string();
    for spoken in spoken_of {
        let of = &model.resources[spoken.at];
        let direction = match (resource.owner, of.owner) {
            (Owner::Tenant(_), Owner::Tenant(_)) => Direction::TenantToOther,
            (Owner::Tenant(_), Owner::Shared) => Direction::TenantToShared,
            (Owner::Shared, Owner::Tenant(_)) => Direction::SharedToTenant,
            _ => continue,
        };
        // Every principal is asked what such a policy allows it.
        let read = event_bus_policies::bus(model, resource).is_some();
        if !spoken.told && (read || explained(&resource.kind, path, &of.kind, direction)) {
            continue;
        }
        let kind = Kind {
            from: resource.kind.clone(),
            path: path.to_owned(),
            direction,
            to: of.kind.clone(),
            told: spoken.told,
        };
        let met = all.entry(kind).or_insert(Met {
            resource: at,
            of: spoken.at,
            span: value.span,
            places: 0,
        });
        met.places += 1;
    }
}

/// The claim that a reference which nothing explains could matter to.
fn matters_to(kind: &Kind) -> Listed<Claims> {
    if kind.told {
        return environment::REFERENCES;
    }
    match kind.to.as_str() {
        "AWS::IAM::Role" | "AWS::IAM::InstanceProfile" if runs_as(&kind.from, &kind.path) => {
            escalation::ASSUME
        }
        "AWS::KMS::Key" | "AWS::KMS::Alias" => key::ASSIGNMENT,
        "AWS::Logs::LogGroup" => log::READ_BY_OWNER,
        "AWS::Lambda::Function" | "AWS::StepFunctions::StateMachine"
            if kind.from == "AWS::Cognito::UserPool" =>
        {
            token::CLAIM_WRITABLE
        }
        "AWS::Lambda::Function" | "AWS::StepFunctions::StateMachine" => escalation::FEED,
        "AWS::Cognito::UserPool" => token::CLAIM_WRITABLE,
        "AWS::DynamoDB::Table"
        | "AWS::DynamoDB::GlobalTable"
        | "AWS::S3::Bucket"
        | "AWS::SQS::Queue"
        | "AWS::SNS::Topic"
        | "AWS::Kinesis::Stream" => data::COPY,
        _ => identity::OTHER_TENANTS_ASSET,
    }
}
