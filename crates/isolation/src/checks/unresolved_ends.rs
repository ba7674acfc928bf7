//! What joins two things of which one cannot be known: it may be another tenant's.
//!
//! Each of these is looked at where both ends are known. Where an end is a parameter without a
//! value, or is made by a template that is not here, the check that follows the joint has nothing
//! to ask, and without this its claim would read as proven.

use tenantry_template::{Owner, Resource, ResourceId, Symbols, Text, Value};

use self::data::STREAM;
use self::escalation::{ASSUME, FEED};
use self::log::WRITTEN_BY_OWNER;
use self::network::PACKET;
use self::route::{FUNCTION_URL, INTEGRATION, TENANT_CHECK};
use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::facts::Facts;
use crate::findings::unknown::{EndStake, Unknown};

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
    stake: EndStake,
}

const ENDS: &[End] = &[
    End {
        kind: "AWS::ApiGateway::Method",
        path: &["RestApiId"],
        claims: &[TENANT_CHECK, INTEGRATION],
        stake: EndStake::Method,
    },
    End {
        kind: "AWS::ApiGatewayV2::Route",
        path: &["ApiId"],
        claims: &[TENANT_CHECK, INTEGRATION],
        stake: EndStake::Route,
    },
    End {
        kind: "AWS::Lambda::Url",
        path: &["TargetFunctionArn"],
        claims: &[FUNCTION_URL],
        stake: EndStake::FunctionUrl,
    },
    End {
        kind: "AWS::Lambda::EventSourceMapping",
        path: &["EventSourceArn"],
        claims: &[STREAM, FEED],
        stake: EndStake::EventSource,
    },
    End {
        kind: "AWS::Lambda::EventSourceMapping",
        path: &["FunctionName"],
        claims: &[STREAM, FEED],
        stake: EndStake::EventTarget,
    },
    End {
        kind: "AWS::Lambda::Function",
        path: &["LoggingConfig", "LogGroup"],
        claims: &[WRITTEN_BY_OWNER],
        stake: EndStake::LogGroup,
    },
    End {
        kind: "AWS::Cognito::UserPoolGroup",
        path: &["RoleArn"],
        claims: &[ASSUME],
        stake: EndStake::RoleOfGroup,
    },
    End {
        kind: "AWS::Cognito::IdentityPoolRoleAttachment",
        path: &["Roles"],
        claims: &[ASSUME],
        stake: EndStake::RoleOfPool,
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
    End { kind, path, claims: &[PACKET], stake: EndStake::Packets }
}

/// Joints with an end that is not known.
pub(crate) struct UnresolvedEnds;

impl Check for UnresolvedEnds {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        for (at, resource) in facts.reader.model.resources.entries() {
            for end in ENDS.iter().filter(|end| end.kind == resource.kind) {
                decide(facts, (at, resource), end, &mut found);
            }
        }
        found
    }
}

fn decide<'a>(
    facts: &Facts<'_, 'a>,
    (at, resource): (ResourceId, &Resource<'a>),
    end: &End,
    found: &mut Findings,
) {
    // What is nobody's own logs where it likes.
    let logs = end.claims.iter().any(|claim| **claim == *WRITTEN_BY_OWNER);
    if logs && !matches!(resource.owner, Owner::Tenant(_)) {
        return;
    }
    let Some(value) = resource.properties.at(end.path) else { return };
    let each = value.entries().iter().map(|(_, value)| value);
    let values: Vec<_> = if value.entries().is_empty() { vec![value] } else { each.collect() };
    values.into_iter().for_each(|value| decide_value(facts, at, end, value, found));
}

fn decide_value<'a>(
    facts: &Facts<'_, 'a>,
    resource: ResourceId,
    end: &End,
    value: &Value<'a>,
    found: &mut Findings,
) {
    let text = value.to_text();
    if text.as_ref().is_some_and(|text| is_known(facts, text)) {
        return;
    }
    let symbols = &facts.reader.model.symbols;
    let text = text.map(|text| symbols.readable(&text));
    for claim in end.claims {
        let (value, stake, span) = (text.clone(), end.stake, value.span);
        found.undecided(*claim, Unknown::End { value, resource, stake, span });
    }
}

/// Whether a text is, or holds, something of a template here, or names something elsewhere whole:
/// what no template here makes is no tenant's here.
fn is_known<'a>(facts: &Facts<'_, 'a>, text: &Text<'a>) -> bool {
    text.symbols().all(Symbols::everywhere) || !facts.owners.resources(text).is_empty()
}
