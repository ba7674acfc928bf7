//! Network ACLs and flow logs, which the emulator's CloudFormation does not know: made beside the stack, and known again
//! by their tags. The emulator keeps no ports of an entry and no association with a subnet.

use super::resolve::Resource;
use super::{Kind, Maker, Properties};
use crate::client::{Client, ClientError, Xml, xml_all};
use roxmltree::Node;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The stack beside which something was made.
pub(super) const STACK_TAG: &str = "tenantry:stack";
/// Its logical id in the stack's template.
pub(super) const RESOURCE_TAG: &str = "tenantry:resource";

pub(super) const NETWORK_ACL: Kind = Kind {
    name: "AWS::EC2::NetworkAcl",
    read: read_acl,
    write: &[("Tags", tag)],
    maker: Some(Maker { find: find_acl, make: make_acl }),
};

pub(super) const NETWORK_ACL_ENTRY: Kind = Kind {
    name: "AWS::EC2::NetworkAclEntry",
    read: read_entry,
    write: &[
        ("CidrBlock", replace_entry),
        ("Protocol", replace_entry),
        ("RuleAction", replace_entry),
    ],
    maker: Some(Maker { find: find_entry, make: make_entry }),
};

pub(super) const FLOW_LOG: Kind = Kind {
    name: "AWS::EC2::FlowLog",
    read: read_flow_log,
    write: &[("Tags", tag)],
    maker: Some(Maker { find: find_flow_log, make: make_flow_log }),
};

fn call(client: &Client, operation: &str, fields: &[(&str, &str)]) -> Result<Xml, ClientError> {
    client.query("ec2", "2016-11-15", operation, fields)
}

fn describe(client: &Client, operation: &str, filter: (&str, &str)) -> Result<Xml, ClientError> {
    call(client, operation, &[("Filter.1.Name", filter.0), ("Filter.1.Value.1", filter.1)])
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.tag_name().name() == name)
}

fn text(node: Node<'_, '_>, name: &str) -> String {
    child(node, name).and_then(|child| child.text()).unwrap_or_default().to_owned()
}

fn items<'a, 'i>(node: Node<'a, 'i>, set: &str) -> Vec<Node<'a, 'i>> {
    child(node, set)
        .map(|set| set.children().filter(Node::is_element).collect())
        .unwrap_or_default()
}

fn tags(node: Node<'_, '_>) -> Value {
    let tag = |tag| json!({ "Key": text(tag, "key"), "Value": text(tag, "value") });
    items(node, "tagSet").into_iter().map(tag).collect()
}

fn property(name: &str, value: Value) -> (String, Value) {
    (name.to_owned(), value)
}

/// Something with tags of ours: its id, and the logical id in the stack's template.
struct Beside {
    id: String,
    logical_id: String,
    tags: Vec<String>,
}

fn beside(
    client: &Client,
    stack: &str,
    operation: &str,
    set: &str,
    id: &str,
) -> Result<Vec<Beside>, ClientError> {
    let answer = describe(client, operation, (&format!("tag:{STACK_TAG}"), stack))?;
    answer.read(|root| {
        let own = items(root, set).into_iter().map(|node| {
            let tags = items(node, "tagSet").into_iter();
            let tags: Vec<_> = tags.map(|tag| (text(tag, "key"), text(tag, "value"))).collect();
            let logical = tags.iter().find(|(key, _)| key == RESOURCE_TAG);
            Beside {
                id: text(node, id),
                logical_id: logical.map(|(_, id)| id.clone()).unwrap_or_default(),
                tags: tags.into_iter().map(|(key, _)| key).collect(),
            }
        });
        own.collect()
    })
}

fn acls(client: &Client, stack: &str) -> Result<Vec<Beside>, ClientError> {
    beside(client, stack, "DescribeNetworkAcls", "networkAclSet", "networkAclId")
}

fn flow_logs(client: &Client, stack: &str) -> Result<Vec<Beside>, ClientError> {
    beside(client, stack, "DescribeFlowLogs", "flowLogSet", "flowLogId")
}

/// The physical ids of what was made beside a stack, by its logical ids.
pub(crate) fn made_beside(
    client: &Client,
    stack: &str,
) -> Result<BTreeMap<String, String>, ClientError> {
    let all = acls(client, stack)?.into_iter().chain(flow_logs(client, stack)?);
    Ok(all.map(|one| (one.logical_id, one.id)).collect())
}

fn one_of(found: Vec<Beside>, resource: &Resource) -> Option<String> {
    found.into_iter().find(|one| one.logical_id == resource.logical_id).map(|one| one.id)
}

fn find_acl(client: &Client, stack: &str, acl: &Resource) -> Result<Option<String>, ClientError> {
    Ok(one_of(acls(client, stack)?, acl))
}

fn find_flow_log(
    client: &Client,
    stack: &str,
    log: &Resource,
) -> Result<Option<String>, ClientError> {
    Ok(one_of(flow_logs(client, stack)?, log))
}

fn mark(client: &Client, stack: &str, id: &str, logical_id: &str) -> Result<(), ClientError> {
    let fields = [
        ("ResourceId.1", id),
        ("Tag.1.Key", STACK_TAG),
        ("Tag.1.Value", stack),
        ("Tag.2.Key", RESOURCE_TAG),
        ("Tag.2.Value", logical_id),
    ];
    call(client, "CreateTags", &fields).map(drop)
}

fn tag(client: &Client, resource: &Resource) -> Result<(), ClientError> {
    let mut fields = vec![("ResourceId.1".to_owned(), resource.physical_id.clone())];
    let tags = resource.property("Tags").as_array().into_iter().flatten();
    for (index, tag) in tags.enumerate() {
        for member in ["Key", "Value"] {
            let value = tag.get(member).and_then(Value::as_str).unwrap_or_default();
            fields.push((format!("Tag.{}.{member}", index + 1), value.to_owned()));
        }
    }
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    call(client, "CreateTags", &fields).map(drop)
}

fn first(answer: &Xml, name: &str, operation: &str) -> Result<String, ClientError> {
    let found = answer.texts(name)?.into_iter().next();
    found.ok_or_else(|| ClientError::unexpected("ec2", operation, &answer.text))
}

fn make_acl(client: &Client, stack: &str, acl: &Resource) -> Result<String, ClientError> {
    let operation = "CreateNetworkAcl";
    let answer = call(client, operation, &[("VpcId", acl.text("VpcId"))])?;
    let id = first(&answer, "networkAclId", operation)?;
    mark(client, stack, &id, &acl.logical_id)?;
    Ok(id)
}

fn read_acl(client: &Client, acl: &Resource) -> Result<Properties, ClientError> {
    let answer = call(client, "DescribeNetworkAcls", &[("NetworkAclId.1", &acl.physical_id)])?;
    answer.read(|root| {
        let said = items(root, "networkAclSet").into_iter().next();
        said.map_or_else(Properties::new, |said| {
            Properties::from_iter([
                property("VpcId", json!(text(said, "vpcId"))),
                property("Tags", tags(said)),
            ])
        })
    })
}

/// An entry has no id of its own: it is the ACL's with this number and direction.
fn entry_id(entry: &Resource) -> String {
    let direction =
        if entry.property("Egress") == &Value::Bool(true) { "egress" } else { "ingress" };
    format!("{}|{direction}|{}", entry.text("NetworkAclId"), entry.property("RuleNumber"))
}

fn is_egress(entry: &Resource) -> bool {
    entry.property("Egress") == &Value::Bool(true)
}

/// The properties of an entry as the service shows it; none when it is not there.
fn read_entry(client: &Client, entry: &Resource) -> Result<Properties, ClientError> {
    let acl = entry.text("NetworkAclId");
    let answer = call(client, "DescribeNetworkAcls", &[("NetworkAclId.1", acl)])?;
    let (number, egress) = (entry.property("RuleNumber").to_string(), is_egress(entry).to_string());
    answer.read(|root| {
        let entries =
            xml_all(root, "entrySet").flat_map(|set| set.children().filter(Node::is_element));
        let mut entries = entries
            .filter(|said| text(*said, "ruleNumber") == number && text(*said, "egress") == egress);
        entries.next().map_or_else(Properties::new, |said| {
            let ports = child(said, "portRange").map_or(Value::Null, |range| {
                let port =
                    |name| text(range, name).parse::<u16>().map_or(Value::Null, |port| json!(port));
                json!({ "From": port("from"), "To": port("to") })
            });
            let protocol = text(said, "protocol").parse::<i16>();
            Properties::from_iter([
                property("NetworkAclId", json!(acl)),
                property("RuleNumber", entry.property("RuleNumber").clone()),
                property("Egress", json!(is_egress(entry))),
                property("CidrBlock", json!(text(said, "cidrBlock"))),
                property("Protocol", protocol.map_or(Value::Null, |number| json!(number))),
                property("RuleAction", json!(text(said, "ruleAction"))),
                property("PortRange", ports),
            ])
        })
    })
}

fn find_entry(client: &Client, _: &str, entry: &Resource) -> Result<Option<String>, ClientError> {
    let found = read_entry(client, entry)?;
    Ok((!found.is_empty()).then(|| entry_id(entry)))
}

fn write_entry(client: &Client, operation: &str, entry: &Resource) -> Result<(), ClientError> {
    let number = entry.property("RuleNumber").to_string();
    let protocol = entry.property("Protocol").to_string();
    let ports = entry.property("PortRange");
    let port = |name: &str| ports.get(name).map(Value::to_string);
    let (from, to) = (port("From"), port("To"));
    let egress = is_egress(entry).to_string();
    let mut fields = vec![
        ("NetworkAclId", entry.text("NetworkAclId")),
        ("RuleNumber", &number),
        ("Protocol", &protocol),
        ("RuleAction", entry.text("RuleAction")),
        ("Egress", &egress),
        ("CidrBlock", entry.text("CidrBlock")),
    ];
    if let (Some(from), Some(to)) = (&from, &to) {
        fields.extend([("PortRange.From", from.as_str()), ("PortRange.To", to.as_str())]);
    }
    call(client, operation, &fields).map(drop)
}

fn make_entry(client: &Client, _: &str, entry: &Resource) -> Result<String, ClientError> {
    write_entry(client, "CreateNetworkAclEntry", entry)?;
    Ok(entry_id(entry))
}

fn replace_entry(client: &Client, entry: &Resource) -> Result<(), ClientError> {
    write_entry(client, "ReplaceNetworkAclEntry", entry)
}

fn make_flow_log(client: &Client, stack: &str, log: &Resource) -> Result<String, ClientError> {
    let operation = "CreateFlowLogs";
    let fields = [
        ("ResourceId.1", log.text("ResourceId")),
        ("ResourceType", log.text("ResourceType")),
        ("TrafficType", log.text("TrafficType")),
        ("LogDestinationType", log.text("LogDestinationType")),
        ("LogGroupName", log.text("LogGroupName")),
        ("DeliverLogsPermissionArn", log.text("DeliverLogsPermissionArn")),
    ];
    let answer = call(client, operation, &fields)?;
    let id = answer.read(|root| {
        xml_all(root, "flowLogIdSet")
            .next()
            .and_then(|set| set.children().find(Node::is_element)?.text().map(ToOwned::to_owned))
    })?;
    let id = id.ok_or_else(|| ClientError::unexpected("ec2", operation, &answer.text))?;
    mark(client, stack, &id, &log.logical_id)?;
    Ok(id)
}

fn read_flow_log(client: &Client, log: &Resource) -> Result<Properties, ClientError> {
    let answer = call(client, "DescribeFlowLogs", &[("FlowLogId.1", &log.physical_id)])?;
    answer.read(|root| {
        let said = items(root, "flowLogSet").into_iter().next();
        said.map_or_else(Properties::new, |said| {
            Properties::from_iter([
                property("ResourceId", json!(text(said, "resourceId"))),
                property("TrafficType", json!(text(said, "trafficType"))),
                property("LogDestinationType", json!(text(said, "logDestinationType"))),
                // AWS shows a log group under logGroupName, the emulator as the destination.
                property(
                    "LogGroupName",
                    json!(match text(said, "logGroupName") {
                        empty if empty.is_empty() => text(said, "logDestination"),
                        name => name,
                    }),
                ),
                property("Tags", tags(said)),
            ])
        })
    })
}

/// Deletes what was made beside a stack and is not in its template: network ACLs, their entries, flow logs.
pub(super) fn remove_unwanted(
    client: &Client,
    stack: &str,
    wanted: &BTreeMap<String, Value>,
) -> Result<(), ClientError> {
    for log in flow_logs(client, stack)?.iter().filter(|log| !wanted.contains_key(&log.logical_id))
    {
        call(client, "DeleteFlowLogs", &[("FlowLogId.1", &log.id)])?;
    }
    for acl in acls(client, stack)? {
        if wanted.contains_key(&acl.logical_id) {
            remove_entries(client, &acl, wanted)?;
            continue;
        }
        // The emulator keeps the tags of a deleted ACL.
        let tags = acl.tags.iter().enumerate();
        let tags: Vec<_> =
            tags.map(|(index, key)| (format!("Tag.{}.Key", index + 1), key.as_str())).collect();
        let mut fields = vec![("ResourceId.1", acl.id.as_str())];
        fields.extend(tags.iter().map(|(name, key)| (name.as_str(), *key)));
        call(client, "DeleteTags", &fields)?;
        call(client, "DeleteNetworkAcl", &[("NetworkAclId", &acl.id)])?;
    }
    Ok(())
}

/// Deletes the entries of an ACL that no resource of the template is.
fn remove_entries(
    client: &Client,
    acl: &Beside,
    wanted: &BTreeMap<String, Value>,
) -> Result<(), ClientError> {
    let of_acl = wanted.values().filter_map(|body| {
        let properties = body.get("Properties")?;
        (properties.pointer("/NetworkAclId/Ref")?.as_str()? == acl.logical_id).then(|| {
            let number = properties.get("RuleNumber").unwrap_or(&Value::Null).to_string();
            (number, properties.get("Egress") == Some(&Value::Bool(true)))
        })
    });
    let stay: BTreeSet<(String, bool)> = of_acl.collect();
    let answer = call(client, "DescribeNetworkAcls", &[("NetworkAclId.1", &acl.id)])?;
    let there: Vec<(String, bool)> = answer.read(|root| {
        let entries =
            xml_all(root, "entrySet").flat_map(|set| set.children().filter(Node::is_element));
        entries.map(|said| (text(said, "ruleNumber"), text(said, "egress") == "true")).collect()
    })?;
    // AWS puts the last rule of each direction, 32767, there by itself.
    let gone = there.iter().filter(|entry| !stay.contains(entry) && entry.0 != "32767");
    for (number, egress) in gone {
        let egress = egress.to_string();
        let fields =
            [("NetworkAclId", acl.id.as_str()), ("RuleNumber", number), ("Egress", &egress)];
        call(client, "DeleteNetworkAclEntry", &fields)?;
    }
    Ok(())
}

/// The ids of all flow logs and of the network ACLs that somebody made.
pub(crate) fn left_over(client: &Client) -> Result<(Vec<String>, Vec<String>), ClientError> {
    let logs = call(client, "DescribeFlowLogs", &[])?.texts("flowLogId")?;
    let acls = describe(client, "DescribeNetworkAcls", ("default", "false"))?;
    let acls = acls.read(|root| {
        items(root, "networkAclSet").into_iter().map(|acl| text(acl, "networkAclId")).collect()
    })?;
    Ok((logs, acls))
}
