//! Policies whose subject cannot be known: whatever they allow, they may allow it to a tenant's
//! principal, or on a tenant's asset.

use tenantry_template::Value;

use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::facts::Facts;
use crate::facts::assets::APART;
use crate::findings::unknown::Unknown;

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        identity { OTHER_TENANTS_ASSET, OUTSIDE }
        data { RESOURCE_POLICY }
        route { INVOKE }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// A type, the property that names its subjects, and the subjects' type.
const IDENTITY: &[(&str, &str, &str)] = &[
    ("AWS::IAM::Policy", "Roles", "AWS::IAM::Role"),
    ("AWS::IAM::Policy", "Users", "AWS::IAM::User"),
    ("AWS::IAM::Policy", "Groups", "AWS::IAM::Group"),
    ("AWS::IAM::ManagedPolicy", "Roles", "AWS::IAM::Role"),
    ("AWS::IAM::ManagedPolicy", "Users", "AWS::IAM::User"),
    ("AWS::IAM::ManagedPolicy", "Groups", "AWS::IAM::Group"),
    ("AWS::IAM::RolePolicy", "RoleName", "AWS::IAM::Role"),
    ("AWS::IAM::UserPolicy", "UserName", "AWS::IAM::User"),
    ("AWS::IAM::GroupPolicy", "GroupName", "AWS::IAM::Group"),
    ("AWS::IAM::UserToGroupAddition", "Users", "AWS::IAM::User"),
    ("AWS::IAM::UserToGroupAddition", "GroupName", "AWS::IAM::Group"),
];

/// Policies and permissions of which it is not known what they are attached to.
pub(crate) struct UnresolvedAttachments;

impl Check for UnresolvedAttachments {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &mut found);
        found
    }
}

/// Leaves open what a policy without a known subject may break. One that names a subject by a
/// text that no resource has speaks of something outside these templates.
fn decide(facts: &Facts<'_, '_>, found: &mut Findings) {
    let model = facts.reader.model;
    for (at, resource) in model.resources.entries() {
        let mut ask = |property: &str, kind: &str, claims: &[Listed<Claims>]| {
            let subjects = resource.properties.get(property).map(Value::items).unwrap_or_default();
            for value in subjects {
                let text = value.to_text();
                let known = text.as_ref().is_some_and(|text| {
                    text.as_literal().is_some()
                        || model.find(kind, text).is_some()
                        || (kind == FUNCTION && model.function(text).is_some())
                });
                if known {
                    continue;
                }
                let subject = text.map(|text| model.symbols.readable(&text));
                let span = value.span;
                for claim in claims {
                    let subject = subject.clone();
                    found.undecided(*claim, Unknown::Attachment { subject, resource: at, span });
                }
            }
        };
        let kind = resource.kind.as_str();
        for (_, property, subject) in IDENTITY.iter().filter(|(each, ..)| *each == kind) {
            ask(property, subject, &[identity::OTHER_TENANTS_ASSET]);
        }
        for (_, property, subject, _) in APART.iter().filter(|(each, ..)| *each == kind) {
            ask(property, subject, &[data::RESOURCE_POLICY, identity::OUTSIDE]);
        }
        if kind == "AWS::Lambda::Permission" {
            ask("FunctionName", FUNCTION, &[route::INVOKE, identity::OUTSIDE]);
        }
    }
}

const FUNCTION: &str = "AWS::Lambda::Function";
