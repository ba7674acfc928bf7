//! What a tenant's principal can change of what keeps tenants apart: its own policies, the
//! network, users and their attributes.

use tenantry_policy as policy;
use tenantry_policy::{Context, Outcome, Request, ResourceKind, Way, evaluate};

use super::access::{Facts, Found};
use super::assets::Asset;
use super::explain;
use super::principals::Principal;
use crate::claims::{Barrier, ClaimId, escalation, token};
use crate::model::Owner;
use crate::verdict::{Counterexample, Party};

/// Actions that widen what a principal itself may do.
const WIDEN: &[&str] = &[
    "iam:AttachRolePolicy",
    "iam:PutRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:UpdateAssumeRolePolicy",
    "iam:TagRole",
    "iam:AttachUserPolicy",
    "iam:PutUserPolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
];

/// Actions on the network, with the type of resource that each is asked on.
const NETWORK: &[(&str, &str)] = &[
    ("ec2:AuthorizeSecurityGroupIngress", "security-group"),
    ("ec2:AuthorizeSecurityGroupEgress", "security-group"),
    ("ec2:ModifySecurityGroupRules", "security-group"),
    ("ec2:RevokeSecurityGroupIngress", "security-group"),
    ("ec2:RevokeSecurityGroupEgress", "security-group"),
    ("ec2:CreateRoute", "route-table"),
    ("ec2:ReplaceRoute", "route-table"),
    ("ec2:AssociateRouteTable", "route-table"),
    ("ec2:CreateNetworkAclEntry", "network-acl"),
    ("ec2:DeleteNetworkAclEntry", "network-acl"),
    ("ec2:ReplaceNetworkAclEntry", "network-acl"),
    ("ec2:ReplaceNetworkAclAssociation", "network-acl"),
    ("ec2:ModifyNetworkInterfaceAttribute", "network-interface"),
    ("ec2:AttachNetworkInterface", "network-interface"),
    ("ec2:CreateVpcPeeringConnection", "vpc"),
    ("ec2:ModifyVpcEndpoint", "vpc-endpoint"),
    ("ec2:DeleteVpcEndpoints", "vpc-endpoint"),
];

/// Decides `escalation/network`, and the parts of `escalation/policy` and of the tokens' claims
/// that are about a principal itself or about what tenants share.
pub(crate) fn decide(facts: &Facts<'_, '_>, found: &mut Found) {
    for claim in [escalation::POLICY, escalation::NETWORK] {
        found.claim(claim);
    }
    let model = facts.reader.model;
    let account = super::assets::account(model);
    let region = crate::value::Text::symbol(crate::value::Symbols::REGION);
    let region = super::names::text(model, &region);
    let pools: Vec<&Asset> =
        facts.assets.iter().filter(|asset| &*asset.kind == "AWS::Cognito::UserPool").collect();
    for principal in &facts.principals {
        if !matches!(principal.owner, Owner::Tenant(_)) {
            continue;
        }
        found.ask(escalation::POLICY);
        found.ask(escalation::NETWORK);
        let asker = Asker { facts, principal, account: &account };
        if principal.names("iam") {
            for action in WIDEN {
                let claim = match *action {
                    "iam:TagRole" => token::SESSION_TAG,
                    _ => escalation::POLICY,
                };
                asker.ask(claim, action, principal.arn.clone(), found);
            }
        }
        if principal.names("ec2") {
            for (action, kind) in NETWORK {
                let mut arn = policy::Text::from("arn:aws:ec2:");
                arn.push(&region);
                arn.push_str(":");
                arn.push(&account);
                arn.push_str(&format!(":{kind}/<any>"));
                asker.ask(escalation::NETWORK, action, arn, found);
            }
        }
        if principal.names("cognito-idp") {
            for pool in &pools {
                for action in
                    ["cognito-idp:AdminUpdateUserAttributes", "cognito-idp:AdminCreateUser"]
                {
                    asker.ask(token::CLAIM_WRITABLE, action, pool.target.arn.clone(), found);
                }
            }
        }
        for reason in &principal.open {
            for claim in [escalation::POLICY, escalation::NETWORK] {
                found.undecided(claim, reason.clone());
            }
        }
    }
}

struct Asker<'f, 'm, 'a> {
    facts: &'f Facts<'m, 'a>,
    principal: &'f Principal,
    account: &'f policy::Text,
}

impl Asker<'_, '_, '_> {
    fn ask(&self, claim: ClaimId, action: &str, arn: policy::Text, found: &mut Found) {
        let (facts, principal) = (self.facts, self.principal);
        let set = policy::PolicySet {
            identity: principal.policies.iter().collect(),
            boundary: principal.boundary.as_ref(),
            resource_kind: ResourceKind::Ordinary,
            ..policy::PolicySet::default()
        };
        let request = Request {
            caller: principal.caller.clone(),
            action: action.to_owned(),
            resource: arn,
            resource_account: self.account.clone(),
            resource_tags: None,
            context: Context::hostile(),
        };
        let decision = evaluate(&request, &set);
        match &decision.outcome {
            Outcome::Allow => {
                let barrier = match claim == token::CLAIM_WRITABLE {
                    true => Barrier::UserPool,
                    false => Barrier::IdentityPolicy,
                };
                let attacker = explain::party(facts, principal.owner);
                let mut example =
                    Counterexample::new(claim, attacker, Party::AnyOtherTenant, barrier);
                example.principal = facts.path(principal.at);
                let resource = request.resource.clone();
                explain::told(facts, &Way { request, decision }, &resource, None, &mut example);
                let others = facts.reader.model.tenants.len().saturating_sub(1);
                example.pairs = u64::try_from(others).unwrap_or(u64::MAX);
                example.fix = claim.fix.to_owned();
                found.claim(claim).counterexamples.push(example);
            }
            Outcome::Undecided(reasons) => {
                let matters = format!("`{}` may then do {action}", facts.path(principal.at));
                for reason in reasons {
                    let reason = explain::reason(facts, reason, &matters, principal.at);
                    found.undecided(claim, reason);
                }
            }
            Outcome::ExplicitDeny | Outcome::ImplicitDeny => {}
        }
    }
}
