//! Whom a resource lets in by naming principals in a property of its own, and not by a policy:
//! shares, permissions, access entries, assignments.

use tenantry_template::{Owner, PartRef, Resource, ResourceId, Symbols, Text, Value};

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::Facts;
use crate::facts::paths::{self, Under};
use crate::findings::unknown::{Unexplained, Unknown};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        identity { OTHER_TENANTS_ASSET, OUTSIDE }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// Principals that resources name.
pub(crate) struct Grantees;

impl Check for Grantees {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        if !facts.reader.model.tenants.is_empty() {
            let all = facts.reader.model.resources.entries();
            all.for_each(|(at, each)| decide(facts, (at, each), &mut found));
        }
        found
    }
}

/// What such a property is called, whatever the type.
const NAMES: &[&str] = &[
    "AllowedPrincipals",
    "GranteeIdentifier",
    "Principal",
    "PrincipalARN",
    "PrincipalArn",
    "PrincipalId",
    "Principals",
];

/// Types, and the ends of properties that name whom they let in under a name of their own.
const BY_TYPE: &[(&str, &str)] = &[
    ("AWS::DLM::LifecyclePolicy", "ShareRules[].TargetAccounts[]"),
    ("AWS::EC2::NetworkInterfacePermission", "AwsAccountId"),
    ("AWS::ImageBuilder::DistributionConfiguration", "LaunchPermissionConfiguration.UserIds[]"),
    ("AWS::Redshift::EndpointAuthorization", "Account"),
    ("AWS::ServiceCatalog::PortfolioShare", "AccountId"),
];

/// Types of which another check reads whom they name, and types whose principals say for whom a
/// thing is and let nobody in.
const BESIDES: &[(&str, &str)] = &[
    ("AWS::EKS::PodIdentityAssociation", "it names a role that pods run as"),
    ("AWS::Events::EventBusPolicy", "it is read with its bus"),
    ("AWS::IAM::", "policies are read"),
    ("AWS::Lambda::Permission", "it is read with its function"),
    ("AWS::S3::BucketPolicy", "it is read with its bucket"),
    ("AWS::Serverless::", "its translation is read"),
];

/// Whether a property names principals that a resource lets in.
fn names_grantees(kind: &str, path: &str) -> bool {
    if BY_TYPE.iter().any(|(of, end)| kind == *of && path.ends_with(end)) {
        return true;
    }
    let besides = BESIDES.iter().any(|(of, _)| match of.ends_with("::") {
        true => kind.starts_with(of),
        false => kind == *of,
    });
    let mut segments = path.split('.').map(|segment| segment.trim_end_matches("[]"));
    // In a statement it is part of a policy, which is looked at as one.
    !besides && segments.any(|segment| NAMES.contains(&segment)) && !is_in_a_policy(path)
}

/// What a key says of whether the texts under it name such principals.
fn under(kind: &str) -> impl Fn(&str) -> Under {
    let by_type = BY_TYPE.iter().any(|(of, _)| kind == *of);
    move |key| {
        if by_type {
            Under::Yes
        } else if is_in_a_policy(key) {
            Under::No
        } else if key.split('.').any(|name| NAMES.contains(&name.trim_end_matches("[]"))) {
            Under::Yes
        } else {
            Under::Perhaps
        }
    }
}

fn is_in_a_policy(path: &str) -> bool {
    path.contains("Statement") || path.contains("Policy")
}

fn decide(
    facts: &Facts<'_, '_>,
    (at, resource): (ResourceId, &Resource<'_>),
    found: &mut Findings,
) {
    if resource.owner == Owner::Undecided {
        return;
    }
    let model = facts.reader.model;
    let mut named: Vec<(String, &Value<'_>)> = Vec::new();
    paths::texts_under(&resource.properties, &under(&resource.kind), &mut |path, value| {
        let path = path.to_string();
        if names_grantees(&resource.kind, &path) {
            named.push((path, value));
        }
    });
    if named.is_empty() {
        return;
    }
    // What it lets somebody into, as far as it is here: all that it speaks of but them.
    let mut about_own = false;
    paths::texts(&resource.properties, &mut |path, value| {
        let named = names_grantees(&resource.kind, &path.to_string());
        let Some(text) = value.to_text().filter(|_| !named) else { return };
        let owners = facts.owners.resources(&text);
        about_own |= owners.iter().any(|at| model.resources[*at].owner == resource.owner);
    });
    let own = matches!(resource.owner, Owner::Tenant(_));
    let harmless = |value: &Value<'_>| {
        let Some(text) = value.to_text() else { return false };
        let resources = facts.owners.resources(&text);
        let its_own = !resources.is_empty()
            && resources.iter().all(|at| model.resources[*at].owner == resource.owner);
        (its_own && own && about_own) || is_service(&text)
    };
    let Some((path, value)) = named.into_iter().find(|(_, value)| !harmless(value)) else {
        return;
    };
    let unknown =
        Unknown::Unexplained(Unexplained::Grantees { resource: at, path, span: value.span });
    for claim in [identity::OTHER_TENANTS_ASSET, identity::OUTSIDE] {
        found.undecided(claim, unknown.clone());
    }
}

/// Whether a principal is a service of AWS, or the account itself.
fn is_service(text: &Text<'_>) -> bool {
    let last = text.parts().last();
    let service = matches!(last, Some(PartRef::Literal(end)) if end.ends_with(".amazonaws.com"));
    service || text.parts().eq([PartRef::Symbol(Symbols::ACCOUNT)])
}

#[cfg(test)]
mod tests {
    use super::names_grantees;

    #[test]
    fn a_property_that_names_principals_lets_them_in_unless_it_is_in_a_policy() {
        for (kind, path) in [
            ("AWS::RAM::ResourceShare", "Principals[]"),
            ("AWS::S3::AccessGrant", "Grantee.GranteeIdentifier"),
            ("AWS::EC2::VPCEndpointServicePermissions", "AllowedPrincipals[]"),
            ("AWS::ServiceCatalog::PortfolioShare", "AccountId"),
        ] {
            assert!(names_grantees(kind, path), "{kind} {path}");
        }
        for (kind, path) in [
            ("AWS::Lambda::Permission", "Principal"),
            ("AWS::Backup::BackupVault", "AccessPolicy.Statement[].Principal.AWS"),
            ("AWS::S3::Bucket", "BucketName"),
        ] {
            assert!(!names_grantees(kind, path), "{kind} {path}");
        }
    }
}
