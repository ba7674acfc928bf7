//! Parts of a network that are joined to something which no template here makes, and what hangs on
//! a condition that is not known.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use tenantry_isolation::{VerifyOptions, verify};
use tenantry_template::{NoLoader, ReadOptions, Source};
use tenantry_verdict::Outcome;
use tenantry_verdict::claims::{ClaimId, Plane, escalation, identity};

/// Two tenants in one VPC each, closed to each other; `P` is a parameter without a value.
const BASE: &str = "
Parameters:
  P: { Type: String }
Resources:
  VpcA: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }
  VpcB: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.1.0.0/16 } }
  AclA: { Type: AWS::EC2::NetworkAcl, Properties: { VpcId: !Ref VpcA } }
  GatewayA: { Type: AWS::EC2::InternetGateway }
  TransitA: { Type: AWS::EC2::TransitGateway }
  TableA: { Type: AWS::EC2::RouteTable, Properties: { VpcId: !Ref VpcA } }
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref VpcA, CidrBlock: 10.0.1.0/24, Tags: [{ Key: tenant_id, Value: a }] }
  SubnetB:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref VpcB, CidrBlock: 10.1.1.0/24, Tags: [{ Key: tenant_id, Value: b }] }
  InstanceA:
    Type: AWS::EC2::Instance
    Properties: { SubnetId: !Ref SubnetA, Tags: [{ Key: tenant_id, Value: a }] }
  InstanceB:
    Type: AWS::EC2::Instance
    Properties: { SubnetId: !Ref SubnetB, Tags: [{ Key: tenant_id, Value: b }] }
";

fn network(joint: &str) -> Outcome {
    let text = match joint {
        "" => BASE.to_owned(),
        joint => format!("{BASE}  Joint: {{ Type: AWS::EC2::{joint} }}\n"),
    };
    let source = Source { name: "network.yaml", bytes: text.as_bytes() };
    let options = ReadOptions {
        account: Some("111122223333".to_owned()),
        region: Some("us-east-1".to_owned()),
        ..ReadOptions::default()
    };
    let verdict = verify(&[source], &options, &NoLoader, &VerifyOptions::default()).unwrap();
    verdict.plane(Plane::Network).unwrap()
}

#[test]
fn a_part_of_a_network_with_an_unknown_end_leaves_it_undecided_what_arrives() {
    assert_eq!(network(""), Outcome::Proven);
    for joint in [
        "SecurityGroupIngress, Properties: { GroupId: !Ref P, IpProtocol: -1, CidrIp: 0.0.0.0/0 }",
        "SecurityGroupEgress, Properties: { GroupId: !Ref P, IpProtocol: -1, CidrIp: 0.0.0.0/0 }",
        "NetworkAclEntry, Properties: { NetworkAclId: !Ref P, RuleNumber: 1, Protocol: -1, \
         RuleAction: allow, CidrBlock: 0.0.0.0/0 }",
        "SubnetNetworkAclAssociation, Properties: { SubnetId: !Ref P, NetworkAclId: !Ref AclA }",
        "SubnetRouteTableAssociation, Properties: { SubnetId: !Ref P, RouteTableId: !Ref TableA }",
        "Route, Properties: { RouteTableId: !Ref P, DestinationCidrBlock: 10.0.0.0/8, \
         TransitGatewayId: !Ref TransitA }",
        "VPCGatewayAttachment, Properties: { VpcId: !Ref P, InternetGatewayId: !Ref GatewayA }",
        "VPCPeeringConnection, Properties: { VpcId: !Ref VpcA, PeerVpcId: !Ref P }",
        "VPCPeeringConnection, Properties: { VpcId: !Ref P, PeerVpcId: !Ref VpcB }",
        "TransitGatewayAttachment, Properties: { VpcId: !Ref P, TransitGatewayId: !Ref TransitA }",
    ] {
        assert_eq!(network(joint), Outcome::Undecided, "{joint}");
        // By its whole id it is something that no template here makes, and so no tenant's here.
        assert_eq!(network(&joint.replace("!Ref P", "id-12345678")), Outcome::Proven, "{joint}");
    }
}

/// A role and a table or a pool of two tenants; whether `C` holds is not known.
const CONDITIONAL: &str = "
Parameters: { P: { Type: String } }
Conditions: { C: !Equals [!Ref P, x] }
Resources:
  RoleA:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }
      Tags: [{ Key: tenant_id, Value: a }]
  PoolB:
    Type: AWS::Cognito::UserPool
    Properties: { UserPoolTags: { tenant_id: b } }
  PoolsB:
    Type: AWS::Cognito::IdentityPool
    Properties: { AllowUnauthenticatedIdentities: false, Tags: [{ Key: tenant_id, Value: b }] }
";

const STATEMENT: &str = "{ Version: '2012-10-17', Statement: [{ Effect: Allow, \
    Principal: { AWS: !GetAtt RoleA.Arn }, Action: dynamodb:GetItem, Resource: '*' }] }";

/// What is said of a claim where a resource stands beside these.
fn conditional(resource: &str, claim: ClaimId) -> Outcome {
    let text = format!("{CONDITIONAL}{resource}\n");
    let source = Source { name: "condition.yaml", bytes: text.as_bytes() };
    let options = ReadOptions {
        account: Some("111122223333".to_owned()),
        region: Some("us-east-1".to_owned()),
        ..ReadOptions::default()
    };
    let verdict = verify(&[source], &options, &NoLoader, &VerifyOptions::default()).unwrap();
    verdict.claims.iter().find(|answer| answer.claim == claim).unwrap().outcome()
}

#[test]
fn a_policy_that_hangs_on_a_condition_leaves_it_undecided_whom_it_lets_in() {
    let policy = format!("{{ PolicyDocument: {STATEMENT} }}");
    let table = |properties: &str| {
        format!(
            "  TableB: {{ Type: AWS::DynamoDB::Table, Properties: {{ {properties}, \
             Tags: [{{ Key: tenant_id, Value: b }}] }} }}"
        )
    };
    let none = "!Ref AWS::NoValue";
    for (written, hidden) in [
        (
            table(&format!("ResourcePolicy: {policy}")),
            table(&format!("ResourcePolicy: !If [C, {policy}, {none}]")),
        ),
        (
            table(&format!("StreamSpecification: {{ ResourcePolicy: {policy} }}")),
            table(&format!("StreamSpecification: {{ ResourcePolicy: !If [C, {policy}, {none}] }}")),
        ),
    ] {
        let told = conditional(&hidden, identity::OTHER_TENANTS_ASSET);
        assert_eq!(told, Outcome::Undecided, "{hidden}");
        assert_ne!(conditional(&written, identity::OTHER_TENANTS_ASSET), Outcome::Undecided);
    }
}

#[test]
fn rules_that_hang_on_a_condition_leave_it_undecided_who_gets_a_tenants_role() {
    let rules = "{ Type: Rules, IdentityProvider: p, RulesConfiguration: { Rules: [{ Claim: sub, \
                 MatchType: Equals, Value: x, RoleARN: !GetAtt RoleA.Arn }] } }";
    let attachment = |mappings: &str| {
        format!(
            "  Attachment: {{ Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {{ \
             IdentityPoolId: !Ref PoolsB, RoleMappings: {mappings} }} }}"
        )
    };
    for mappings in [
        format!("!If [C, {{ p: {rules} }}, !Ref AWS::NoValue]"),
        format!("{{ p: !If [C, {rules}, !Ref AWS::NoValue] }}"),
    ] {
        let told = conditional(&attachment(&mappings), escalation::ASSUME);
        assert_eq!(told, Outcome::Undecided, "{mappings}");
    }
    let own = rules.replace("!GetAtt RoleA.Arn", "arn:aws:iam::111122223333:role/other");
    let mappings = format!("!If [C, {{ p: {own} }}, !Ref AWS::NoValue]");
    assert_ne!(conditional(&attachment(&mappings), escalation::ASSUME), Outcome::Undecided);
}
