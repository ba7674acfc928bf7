//! Network ACLs and security groups.

use serde_json::{Value, json};

use super::super::{number, present};
use super::{by, list, member, properties, tag_set, text, within};
use crate::ask::ReadError;
use crate::calls::{DESCRIBE_NETWORK_ACLS, DESCRIBE_SECURITY_GROUPS};
use crate::merge::canonical;
use crate::read::{Properties, Reader};

/// The number of the rule that denies what no other decides; nobody can change it.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>
const LAST_RULE: &str = "32767";

pub(super) fn read(reader: &mut Reader<'_>, vpc: &str) -> Result<(), ReadError> {
    network_acls(reader, vpc)?;
    security_groups(reader, vpc)
}

fn network_acls(reader: &mut Reader<'_>, vpc: &str) -> Result<(), ReadError> {
    let all = within(reader, &DESCRIBE_NETWORK_ACLS, "networkAclSet", ("vpc-id", vpc))?;
    let mut unclaimed: Vec<Properties> = Vec::new();
    for id in reader.of_kind("AWS::EC2::NetworkAcl") {
        let acl = reader.physical(&id).unwrap_or_default();
        let said = by(&all, "networkAclId", &acl);
        unclaimed.extend(said.into_iter().flat_map(|said| {
            let entries = list(said, "entrySet").iter();
            let own = entries.filter(|entry| !text(entry, "ruleNumber").starts_with(LAST_RULE));
            own.map(|entry| acl_entry(&acl, entry)).collect::<Vec<_>>()
        }));
        let found = said.map(|said| properties([("VpcId", json!(vpc)), ("Tags", tag_set(said))]));
        reader.note(&id, found);
    }
    for id in reader.of_kind("AWS::EC2::NetworkAclEntry") {
        let none = Value::Null;
        let place = unclaimed.iter().position(|found| {
            ["NetworkAclId", "RuleNumber"].iter().all(|name| {
                canonical(found.get(*name).unwrap_or(&none)) == canonical(reader.wanted(&id, name))
            }) && found.get("Egress") == Some(&json!(reader.wanted(&id, "Egress") == &json!(true)))
        });
        let found = place.map(|at| unclaimed.remove(at));
        reader.note(&id, found);
    }
    for mut found in unclaimed {
        found.retain(|_, value| !value.is_null());
        let of = |name: &str| found.get(name).map(Value::to_string).unwrap_or_default();
        let name = format!("{}{}{}", of("NetworkAclId"), of("RuleNumber"), of("Egress"));
        reader.stranger("AWS::EC2::NetworkAclEntry", &name, found);
    }
    for id in reader.of_kind("AWS::EC2::SubnetNetworkAclAssociation") {
        let subnet = reader.text(&id, "SubnetId");
        let using = |acl: &&Value| by(list(acl, "associationSet"), "subnetId", &subnet).is_some();
        let found = all.iter().find(using).map(|acl| {
            properties([("NetworkAclId", member(acl, "networkAclId")), ("SubnetId", json!(subnet))])
        });
        reader.note(&id, found);
    }
    Ok(())
}

fn acl_entry(acl: &str, said: &Value) -> Properties {
    let ports = said.get("portRange").filter(|ports| ports.is_object()).map(
        |ports| json!({ "From": number(text(ports, "from")), "To": number(text(ports, "to")) }),
    );
    let icmp = said.get("icmpTypeCode").filter(|kind| kind.is_object()).map(
        |kind| json!({ "Type": number(text(kind, "type")), "Code": number(text(kind, "code")) }),
    );
    properties([
        ("NetworkAclId", json!(acl)),
        ("RuleNumber", number(text(said, "ruleNumber"))),
        ("Egress", json!(text(said, "egress") == "true")),
        ("Protocol", number(text(said, "protocol"))),
        ("RuleAction", member(said, "ruleAction")),
        ("CidrBlock", member(said, "cidrBlock")),
        ("Ipv6CidrBlock", member(said, "ipv6CidrBlock")),
        ("PortRange", ports.unwrap_or_default()),
        ("Icmp", icmp.unwrap_or_default()),
    ])
}

fn security_groups(reader: &mut Reader<'_>, vpc: &str) -> Result<(), ReadError> {
    let all = within(reader, &DESCRIBE_SECURITY_GROUPS, "securityGroupInfo", ("vpc-id", vpc))?;
    for id in reader.of_kind("AWS::EC2::SecurityGroup") {
        let group = reader.physical(&id).unwrap_or_default();
        let found = by(&all, "groupId", &group).map(|said| security_group(vpc, said));
        reader.note(&id, found);
    }
    for said in &all {
        let (id, name) = (text(said, "groupId"), text(said, "groupName"));
        // Every VPC has one that is called so.
        if !reader.is_known(id) && name != "default" {
            reader.stranger("AWS::EC2::SecurityGroup", id, security_group(vpc, said));
        }
    }
    Ok(())
}

fn security_group(vpc: &str, said: &Value) -> Properties {
    properties([
        ("GroupDescription", member(said, "groupDescription")),
        ("GroupName", member(said, "groupName")),
        ("VpcId", json!(vpc)),
        ("SecurityGroupIngress", rules(list(said, "ipPermissions"), "Source")),
        ("SecurityGroupEgress", rules(list(said, "ipPermissionsEgress"), "Destination")),
        ("Tags", tag_set(said)),
    ])
}

/// EC2 puts the ends of one protocol and port together; a template has a rule for each.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>
fn rules(permissions: &[Value], end: &str) -> Value {
    let (list_id, group_id) = (format!("{end}PrefixListId"), format!("{end}SecurityGroupId"));
    let ends = [
        ("ipRanges", "cidrIp", "CidrIp"),
        ("ipv6Ranges", "cidrIpv6", "CidrIpv6"),
        ("prefixListIds", "prefixListId", list_id.as_str()),
        ("groups", "groupId", group_id.as_str()),
    ];
    let mut found = Vec::new();
    for permission in permissions {
        for (set, said, name) in ends {
            for one in list(permission, set) {
                found.push(present([
                    (
                        "Description",
                        one.get("description")
                            .filter(|text| *text != "")
                            .cloned()
                            .unwrap_or_default(),
                    ),
                    (name, member(one, said)),
                    ("IpProtocol", member(permission, "ipProtocol")),
                    ("FromPort", number(text(permission, "fromPort"))),
                    ("ToPort", number(text(permission, "toPort"))),
                ]));
            }
        }
    }
    Value::Array(found)
}
