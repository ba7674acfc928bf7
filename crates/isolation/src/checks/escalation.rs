//! What a tenant's principal can change of what keeps tenants apart: policies of its own and of
//! shared principals, the network, what feeds functions, users and their attributes.

use foldhash::{HashMap, HashMapExt as _};
use tenantry_policy as policy;
use tenantry_policy::{Context, Value};
use tenantry_template::{Owner, TenantIndex};
use tenantry_verdict::claims::Barrier;

use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::facts::assets::Asset;
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::{Facts, names};
use crate::findings::breach::{Granted, Pairs, Side};
use crate::findings::unknown::{Then, Unknown};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        escalation { POLICY, NETWORK, FEED }
        token { SESSION_TAG, CLAIM_WRITABLE }
    }
);

pub(crate) type Findings = crate::findings::Findings<Claims>;

/// Actions that widen what a principal may do, with the type on which each acts.
const WIDEN: &[(&str, &str)] = &[
    ("iam:AttachRolePolicy", "AWS::IAM::Role"),
    ("iam:PutRolePolicy", "AWS::IAM::Role"),
    ("iam:DetachRolePolicy", "AWS::IAM::Role"),
    ("iam:DeleteRolePolicy", "AWS::IAM::Role"),
    ("iam:DeleteRolePermissionsBoundary", "AWS::IAM::Role"),
    ("iam:PutRolePermissionsBoundary", "AWS::IAM::Role"),
    ("iam:UpdateAssumeRolePolicy", "AWS::IAM::Role"),
    ("iam:TagRole", "AWS::IAM::Role"),
    ("iam:AttachUserPolicy", "AWS::IAM::User"),
    ("iam:PutUserPolicy", "AWS::IAM::User"),
    ("iam:DetachUserPolicy", "AWS::IAM::User"),
    ("iam:DeleteUserPolicy", "AWS::IAM::User"),
    ("iam:DeleteUserPermissionsBoundary", "AWS::IAM::User"),
    ("iam:PutUserPermissionsBoundary", "AWS::IAM::User"),
    ("iam:TagUser", "AWS::IAM::User"),
    ("iam:AddUserToGroup", "AWS::IAM::Group"),
    ("iam:AttachGroupPolicy", "AWS::IAM::Group"),
    ("iam:PutGroupPolicy", "AWS::IAM::Group"),
    ("iam:CreatePolicyVersion", "AWS::IAM::ManagedPolicy"),
    ("iam:SetDefaultPolicyVersion", "AWS::IAM::ManagedPolicy"),
];

/// What an ARN of IAM holds for a type.
const IAM: &[(&str, &str)] = &[
    ("AWS::IAM::Role", ":role/"),
    ("AWS::IAM::User", ":user/"),
    ("AWS::IAM::Group", ":group/"),
    ("AWS::IAM::ManagedPolicy", ":policy/"),
];

/// Actions on the network, with the end of the ARN that each is asked on.
const NETWORK: &[(&str, &str)] = &[
    ("ec2:AuthorizeSecurityGroupIngress", "security-group/<any>"),
    ("ec2:AuthorizeSecurityGroupEgress", "security-group/<any>"),
    ("ec2:ModifySecurityGroupRules", "security-group/<any>"),
    ("ec2:RevokeSecurityGroupIngress", "security-group/<any>"),
    ("ec2:RevokeSecurityGroupEgress", "security-group/<any>"),
    ("ec2:ModifyManagedPrefixList", "prefix-list/<any>"),
    ("ec2:CreateRoute", "route-table/<any>"),
    ("ec2:ReplaceRoute", "route-table/<any>"),
    ("ec2:DeleteRoute", "route-table/<any>"),
    ("ec2:AssociateRouteTable", "route-table/<any>"),
    ("ec2:DisassociateRouteTable", "route-table/<any>"),
    ("ec2:ReplaceRouteTableAssociation", "route-table/<any>"),
    ("ec2:CreateNetworkAclEntry", "network-acl/<any>"),
    ("ec2:DeleteNetworkAclEntry", "network-acl/<any>"),
    ("ec2:ReplaceNetworkAclEntry", "network-acl/<any>"),
    ("ec2:ReplaceNetworkAclAssociation", "network-acl/<any>"),
    ("ec2:ModifyNetworkInterfaceAttribute", "network-interface/<any>"),
    ("ec2:AttachNetworkInterface", "network-interface/<any>"),
    ("ec2:CreateNetworkInterfacePermission", "network-interface/<any>"),
    ("ec2:RunInstances", "subnet/<any>"),
    ("ec2:ModifyInstanceAttribute", "instance/<any>"),
    ("ec2:CreateVpcPeeringConnection", "vpc/<any>"),
    ("ec2:AcceptVpcPeeringConnection", "vpc-peering-connection/<any>"),
    ("ec2:CreateTransitGatewayVpcAttachment", "vpc/<any>"),
    ("ec2:CreateTransitGatewayRoute", "transit-gateway-route-table/<any>"),
    ("ec2:CreateVpcEndpoint", "vpc/<any>"),
    ("ec2:ModifyVpcEndpoint", "vpc-endpoint/<any>"),
    ("ec2:DeleteVpcEndpoints", "vpc-endpoint/<any>"),
    // What puts code of the caller's into a subnet and a security group that it names.
    ("lambda:UpdateFunctionConfiguration", "function:<any>"),
    ("lambda:CreateFunction", "function:<any>"),
    ("ecs:RunTask", "task-definition/<any>:1"),
    ("ecs:CreateService", "service/<any>/<any>"),
    ("ecs:UpdateService", "service/<any>/<any>"),
];

/// Keys that say into which network something is put.
const PLACES: &[&str] = &["lambda:SubnetIds", "lambda:SecurityGroupIds", "ecs:subnet"];

/// What tenants' principals may change that holds them apart.
pub(crate) struct Escalation;

impl Check for Escalation {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        self.run_for(facts, usize::MAX)
    }
}

impl Escalation {
    /// The same of so many of the tenants' principals, the first ones.
    pub(crate) fn run_for(&self, facts: &Facts<'_, '_>, most: usize) -> Findings {
        let mut found = Findings::new();
        decide(facts, most, &mut found);
        found
    }
}

/// Decides `escalation/network`, and the parts of the claims of escalation and of tokens that are
/// about a principal itself or about what tenants share.
fn decide(facts: &Facts<'_, '_>, most: usize, found: &mut Findings) {
    let model = facts.reader.model;
    let account = crate::facts::assets::account(model);
    let region = tenantry_template::Text::symbol(tenantry_template::Symbols::REGION);
    let region = names::text(model, &region);
    let pools: Vec<&Asset> =
        facts.assets.iter().filter(|asset| &*asset.kind == "AWS::Cognito::UserPool").collect();
    let has_network = model.of_kind("AWS::EC2::Subnet").next().is_some();
    let own = by_owner(facts);
    let theirs = facts.principals.entries().filter_map(|(id, principal)| match principal.owner {
        Owner::Tenant(tenant) => Some((tenant, id, principal)),
        _ => None,
    });
    for (tenant, id, principal) in theirs.take(most) {
        found.ask(escalation::POLICY);
        found.ask(escalation::NETWORK);
        found.ask(escalation::FEED);
        let asker = Asker { facts, id, principal, account: &account, region: &region };
        asker.widens(tenant, &own, found);
        asker.changes_network(has_network, found);
        asker.feeds(tenant, found);
        asker.writes_users(&pools, found);
        for reason in &principal.unknown_rights {
            for claim in [escalation::POLICY, escalation::NETWORK, escalation::FEED] {
                found.undecided(claim, reason);
            }
        }
    }
}

/// By owner and type: ARNs.
type ByOwner<'f> = HashMap<(Owner, &'static str), Vec<&'f policy::Text>>;

/// By owner and type: the ARNs of what IAM has.
fn by_owner<'f>(facts: &'f Facts<'_, '_>) -> ByOwner<'f> {
    let mut own = ByOwner::new();
    for asset in &facts.assets {
        if let Some((kind, _)) = IAM.iter().find(|(kind, _)| *kind == &*asset.kind) {
            own.entry((asset.owner, *kind)).or_default().push(&asset.target.arn);
        }
    }
    own
}

/// Whether a statement of the principal lists this action, or a pattern.
fn may_do(principal: &Principal, action: &str) -> bool {
    let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
    let mut allows = statements.filter(|each| each.effect == policy::Effect::Allow);
    allows.any(|statement| {
        statement.actions.negated
            || statement.actions.items.iter().any(|item| {
                let name = item.template.source().as_str();
                name.is_none_or(|name| {
                    name.contains(['*', '?']) || name.eq_ignore_ascii_case(action)
                })
            })
    })
}

struct Asker<'f, 'm, 'a> {
    facts: &'f Facts<'m, 'a>,
    id: PrincipalId,
    principal: &'f Principal,
    account: &'f policy::Text,
    region: &'f policy::Text,
}

impl Asker<'_, '_, '_> {
    fn arn(&self, service: &str, end: &str) -> policy::Text {
        let mut arn = policy::Text::from(format!("arn:aws:{service}:").as_str());
        arn.push(self.region);
        arn.push_str(":");
        arn.push(self.account);
        arn.push_str(&format!(":{end}"));
        arn
    }

    /// Whether the principal can widen what somebody may do.
    fn widens(&self, tenant: TenantIndex, own: &ByOwner<'_>, found: &mut Findings) {
        for (action, kind) in WIDEN.iter().filter(|(action, _)| may_do(self.principal, action)) {
            let claim = match *action {
                "iam:TagRole" | "iam:TagUser" => token::SESSION_TAG,
                _ => escalation::POLICY,
            };
            let held = |owner| own.get(&(owner, *kind)).into_iter().flatten().copied();
            let mut targets: Vec<policy::Text> =
                held(Owner::Tenant(tenant)).chain(held(Owner::Shared)).cloned().collect();
            let holds = IAM.iter().find(|(each, _)| each == kind).map_or("", |(_, holds)| holds);
            let mut other = policy::Text::from("arn:aws:iam::");
            other.push(self.account);
            other.push_str(&format!("{holds}<any>"));
            targets.push(other);
            targets.extend(self.principal.named("iam", holds));
            self.first(claim, action, targets, &Context::hostile(), found);
        }
    }

    /// Whether the principal can change the network, or put something into it.
    fn changes_network(&self, has_network: bool, found: &mut Findings) {
        for (action, end) in NETWORK.iter().filter(|(action, _)| may_do(self.principal, action)) {
            let service = action.split_once(':').map_or("ec2", |(service, _)| service);
            if service != "ec2" && !has_network {
                continue;
            }
            let mut targets = vec![self.arn(service, end)];
            let holds = end.split_once("<any>").map_or("", |(holds, _)| holds);
            targets.extend(self.principal.named(service, &format!(":{holds}")));
            let mut context = Context::hostile();
            for key in PLACES.iter().filter(|key| key.starts_with(service)) {
                context = context.having(key, "<another tenant's>");
            }
            self.first(escalation::NETWORK, action, targets, &context, found);
        }
    }

    /// Whether the principal can write who users are.
    fn writes_users(&self, pools: &[&Asset], found: &mut Findings) {
        if !self.principal.names("cognito-idp") {
            return;
        }
        for pool in pools {
            for action in ["cognito-idp:AdminCreateUser", "cognito-idp:AdminUpdateUserAttributes"] {
                let pool = vec![pool.target.arn.clone()];
                self.first(token::CLAIM_WRITABLE, action, pool, &Context::hostile(), found);
            }
        }
    }

    /// Whether the principal can make a source of its choice feed a function that is not its
    /// tenant's. The mapping's function is in the request's context alone.
    fn feeds(&self, tenant: TenantIndex, found: &mut Findings) {
        const FUNCTION: &str = "lambda:FunctionArn";
        let model = self.facts.reader.model;
        for action in ["lambda:CreateEventSourceMapping", "lambda:UpdateEventSourceMapping"] {
            if !may_do(self.principal, action) {
                continue;
            }
            let mut functions = vec![self.arn("lambda", "function:<another tenant's>")];
            let statements = self.principal.policies.iter().flat_map(|policy| &policy.statements);
            let tests = statements.flat_map(|statement| &statement.conditions);
            for test in tests.filter(|test| test.key.eq_ignore_ascii_case(FUNCTION)) {
                for item in &test.values {
                    let source = item.template.source();
                    let own = self.facts.assets.iter().any(|asset| {
                        asset.owner == Owner::Tenant(tenant) && asset.target.arn == *source
                    });
                    if !own {
                        functions.push(source.clone());
                    }
                }
            }
            let resource = match action {
                "lambda:CreateEventSourceMapping" => policy::Text::from("*"),
                _ => self.arn("lambda", "event-source-mapping:<any>"),
            };
            let exists = model.of_kind("AWS::Lambda::Function").next().is_some();
            for function in functions.into_iter().filter(|_| exists) {
                let context =
                    Context::hostile().with(FUNCTION, Value::Present(vec![function.clone()]));
                let target = vec![resource.clone()];
                if self.first(escalation::FEED, action, target, &context, found) {
                    break;
                }
            }
        }
    }

    /// Asks of each resource until the action is allowed on one; whether it was.
    fn first(
        &self,
        claim: Listed<Claims>,
        action: &str,
        resources: Vec<policy::Text>,
        context: &Context,
        found: &mut Findings,
    ) -> bool {
        resources.into_iter().any(|arn| self.ask(claim, action, arn, context, found))
    }

    fn ask(
        &self,
        claim: Listed<Claims>,
        action: &str,
        arn: policy::Text,
        context: &Context,
        found: &mut Findings,
    ) -> bool {
        let principal = self.principal;
        match principal.may(action, arn.clone(), self.account.clone(), context.clone()) {
            Ok(Some(way)) => {
                let barrier = Barrier::IdentityPolicy;
                let victim = Side::AnyOtherTenant;
                let granted = Granted {
                    pairs: Pairs::AllOthers,
                    joins: true,
                    ..Granted::on_arn(barrier, (self.id, principal), victim, arn, way)
                };
                found.record(claim, principal.doubt(), granted);
                true
            }
            Err(reasons) => {
                let then = Then::Does { by: principal.at, action: action.to_owned() };
                for unknown in Unknown::each(reasons, then, principal.at) {
                    found.undecided(claim, unknown);
                }
                false
            }
            Ok(None) => false,
        }
    }
}
