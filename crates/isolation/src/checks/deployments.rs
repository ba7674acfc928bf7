//! Who may have CodeDeploy deploy as a role that tenants share.
//!
//! A deployment names functions itself, in text that no template has, and CodeDeploy moves their
//! aliases as the role of the deployment group. So whoever may start one, or set up a group, may do
//! with CodeDeploy what the role may do.
//! <https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html>

use foldhash::{HashSet, HashSetExt as _};
use tenantry_policy as policy;
use tenantry_policy::{Effect, PrincipalKind};
use tenantry_template::{Owner, ResourceId};

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::assets::Asset;
use crate::facts::principals::Principal;
use crate::facts::{Facts, doors, runs_as};
use crate::findings::unknown::Unknown;

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        identity { SHARED_GRANT }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// What makes CodeDeploy act as the role of a deployment group.
const DEPLOYS: [&str; 3] = [
    "codedeploy:CreateDeployment",
    "codedeploy:CreateDeploymentGroup",
    "codedeploy:UpdateDeploymentGroup",
];

/// Tenants' deployments as shared roles.
pub(crate) struct Deployments;

impl Check for Deployments {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        if !any(facts) {
            return found;
        }
        let called = called(facts);
        let theirs = facts
            .principals
            .iter()
            .filter(|each| matches!(each.owner, Owner::Tenant(_)) || called.contains(&each.at));
        let deployer = theirs.into_iter().find_map(|each| Some((each, deploys(each)?)));
        let Some((deployer, action)) = deployer else { return found };
        for role in roles(facts) {
            let (deployer, role) = (deployer.at, role.at);
            found.undecided(identity::SHARED_GRANT, Unknown::Deploys { deployer, action, role });
        }
        found
    }
}

/// The roles as which something runs that whoever is outside makes act.
fn called(facts: &Facts<'_, '_>) -> HashSet<ResourceId> {
    let model = facts.reader.model;
    let mut found = HashSet::new();
    for at in doors::open(facts).into_keys() {
        let resource = &model.resources[at];
        runs_as::each(&resource.kind, &resource.properties, &mut |value| {
            found.extend(facts.owners.of(value).map(|(role, _)| role));
        });
    }
    found
}

/// Whether CodeDeploy may act as a role that tenants share.
pub(crate) fn any(facts: &Facts<'_, '_>) -> bool {
    roles(facts).next().is_some()
}

/// The shared roles that CodeDeploy may take.
fn roles<'f>(facts: &'f Facts<'_, '_>) -> impl Iterator<Item = &'f Asset> {
    facts.assets.iter().filter(|asset| {
        let statements = asset.policy.iter().flat_map(|policy| &policy.statements);
        let allows = statements.filter(|each| each.effect == Effect::Allow);
        let mut trusted =
            allows.filter_map(|each| each.principals.as_ref()).flat_map(|all| &all.items);
        &*asset.kind == "AWS::IAM::Role"
            && asset.owner == Owner::Shared
            && trusted.any(|item| {
                item.kind == PrincipalKind::Service
                    && item.text.as_str() == Some("codedeploy.amazonaws.com")
            })
    })
}

/// The first action by which a principal may have CodeDeploy deploy.
fn deploys(principal: &Principal) -> Option<&'static str> {
    let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
    let allows: Vec<_> = statements.filter(|each| each.effect == Effect::Allow).collect();
    let lists = |action: &&str| allows.iter().any(|each| policy::lists(&each.actions, action));
    DEPLOYS.into_iter().find(lists)
}
