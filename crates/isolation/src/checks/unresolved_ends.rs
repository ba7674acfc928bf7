//! What joins two things of which one cannot be known: it may be another tenant's.
//!
//! Each of these is looked at where both ends are known. Where an end is a parameter without a
//! value, or is made by a template that is not here, the check that follows the joint has nothing
//! to ask, and without this its claim would read as proven.

use tenantry_template::{Owner, Resource, Symbols, Text, Value};
use tenantry_verdict::Reason;

use self::data::STREAM;
use self::escalation::{ASSUME, FEED};
use self::log::WRITTEN_BY_OWNER;
use self::network::PACKET;
use self::route::{FUNCTION_URL, INTEGRATION, TENANT_CHECK};
use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::facts::Facts;

claim_set!(
    /// What a joint with an unknown end could matter to.
    pub(crate) Claims {
        data { STREAM }
        escalation { ASSUME, FEED }
        log { WRITTEN_BY_OWNER }
        network { PACKET }
        route { FUNCTION_URL, INTEGRATION, TENANT_CHECK }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// A type, the property that names the end, and what hangs on whose that is.
struct End {
    kind: &'static str,
    path: &'static [&'static str],
    claims: &'static [Listed<Claims>],
    matters: &'static str,
}

const ENDS: &[End] = &[
    End {
        kind: "AWS::ApiGateway::Method",
        path: &["RestApiId"],
        claims: &[TENANT_CHECK, INTEGRATION],
        matters: "the method may be open, or land in another tenant's function",
    },
    End {
        kind: "AWS::ApiGatewayV2::Route",
        path: &["ApiId"],
        claims: &[TENANT_CHECK, INTEGRATION],
        matters: "the route may be open, or land in another tenant's function",
    },
    End {
        kind: "AWS::Lambda::Url",
        path: &["TargetFunctionArn"],
        claims: &[FUNCTION_URL],
        matters: "anybody may call it, if it is a tenant's function",
    },
    End {
        kind: "AWS::Lambda::EventSourceMapping",
        path: &["EventSourceArn"],
        claims: &[STREAM, FEED],
        matters: "it may be another tenant's, which is then read and feeds the function",
    },
    End {
        kind: "AWS::Lambda::EventSourceMapping",
        path: &["FunctionName"],
        claims: &[STREAM, FEED],
        matters: "it may be another tenant's, which is then fed and reads the source",
    },
    End {
        kind: "AWS::Lambda::Function",
        path: &["LoggingConfig", "LogGroup"],
        claims: &[WRITTEN_BY_OWNER],
        matters: "the function may write to another tenant's group",
    },
    End {
        kind: "AWS::Cognito::UserPoolGroup",
        path: &["RoleArn"],
        claims: &[ASSUME],
        matters: "the group's users may get another tenant's role",
    },
    End {
        kind: "AWS::Cognito::IdentityPoolRoleAttachment",
        path: &["Roles"],
        claims: &[ASSUME],
        matters: "whoever signs in may get a tenant's role",
    },
    packets("AWS::EC2::SecurityGroupIngress", &["GroupId"]),
    packets("AWS::EC2::SecurityGroupEgress", &["GroupId"]),
    packets("AWS::EC2::NetworkAclEntry", &["NetworkAclId"]),
    packets("AWS::EC2::SubnetNetworkAclAssociation", &["SubnetId"]),
    packets("AWS::EC2::SubnetRouteTableAssociation", &["SubnetId"]),
    packets("AWS::EC2::Route", &["RouteTableId"]),
    packets("AWS::EC2::VPCGatewayAttachment", &["VpcId"]),
    packets("AWS::EC2::VPCPeeringConnection", &["VpcId"]),
    packets("AWS::EC2::VPCPeeringConnection", &["PeerVpcId"]),
    packets("AWS::EC2::TransitGatewayAttachment", &["VpcId"]),
    packets("AWS::EC2::TransitGatewayVpcAttachment", &["VpcId"]),
];

/// A part of the network that changes what reaches the end.
const fn packets(kind: &'static str, path: &'static [&'static str]) -> End {
    let matters = "it may be a tenant's, and more may then reach it than what is seen here";
    End { kind, path, claims: &[PACKET], matters }
}

/// Joints with an end that is not known.
pub(crate) struct UnresolvedEnds;

impl Check for UnresolvedEnds {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        for resource in &facts.reader.model.resources {
            for end in ENDS.iter().filter(|end| end.kind == resource.kind) {
                decide(facts, resource, end, &mut found);
            }
        }
        found
    }
}

fn decide<'a>(facts: &Facts<'_, 'a>, resource: &Resource<'a>, end: &End, found: &mut Findings) {
    // What is nobody's own logs where it likes.
    let logs = end.claims.iter().any(|claim| **claim == *WRITTEN_BY_OWNER);
    if logs && !matches!(resource.owner, Owner::Tenant(_)) {
        return;
    }
    let Some(value) = resource.properties.at(end.path) else { return };
    let each = value.entries().iter().map(|(_, value)| value);
    let values: Vec<_> = if value.entries().is_empty() { vec![value] } else { each.collect() };
    values.into_iter().for_each(|value| decide_value(facts, resource, end, value, found));
}

fn decide_value<'a>(
    facts: &Facts<'_, 'a>,
    resource: &Resource<'a>,
    end: &End,
    value: &Value<'a>,
    found: &mut Findings,
) {
    let text = value.to_text();
    if text.as_ref().is_some_and(|text| is_known(facts, text)) {
        return;
    }
    let model = facts.reader.model;
    let what = text.map_or_else(
        || "what hangs on a condition".to_owned(),
        |text| format!("`{}`", model.symbols.readable(&text)),
    );
    for claim in end.claims {
        let reason = Reason {
            unknown: format!("whose {what} is, which `{}` names", resource.path),
            matters: end.matters.to_owned(),
            help: "name it by reference, or give the parameter: --parameter NAME=VALUE".to_owned(),
            place: model.place(value.span),
        };
        found.undecided(*claim, reason);
    }
}

/// Whether a text is, or holds, something of a template here, or names something elsewhere whole:
/// what no template here makes is no tenant's here.
fn is_known<'a>(facts: &Facts<'_, 'a>, text: &Text<'a>) -> bool {
    text.symbols().all(Symbols::everywhere) || !facts.owners.resources(text).is_empty()
}
