//! EC2: everything that lies in the stack's VPCs.

mod links;
mod rules;

use serde_json::{Value, json};

use super::{document, list, member, properties, tags, text};
use crate::ask::{Input, ReadError};
use crate::calls::{
    Call, DESCRIBE_FLOW_LOGS, DESCRIBE_INSTANCES, DESCRIBE_INTERNET_GATEWAYS, DESCRIBE_SUBNETS,
    DESCRIBE_VPC_ATTRIBUTE, DESCRIBE_VPC_ENDPOINTS, DESCRIBE_VPCS,
};
use crate::read::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    for id in reader.of_kind("AWS::EC2::VPC") {
        let vpc = reader.physical(&id).unwrap_or_default();
        vpc_itself(reader, &id, &vpc)?;
        subnets(reader, &vpc)?;
        links::read(reader, &vpc)?;
        rules::read(reader, &vpc)?;
        endpoints(reader, &vpc)?;
        instances(reader, &vpc)?;
    }
    gateways(reader)?;
    flow_logs(reader)
}

/// A list of what lies in a VPC.
fn within(
    reader: &Reader<'_>,
    call: &'static Call,
    set: &str,
    (filter, vpc): (&str, &str),
) -> Result<Vec<Value>, ReadError> {
    let input = Input::fields(&[("Filter.1.Name", filter), ("Filter.1.Value.1", vpc)]);
    reader.all(call, set, ("nextToken", "NextToken"), &input)
}

fn tag_set(of: &Value) -> Value {
    tags(list(of, "tagSet"), "key", "value")
}

/// The entry with this id.
fn by<'v>(all: &'v [Value], name: &str, id: &str) -> Option<&'v Value> {
    all.iter().find(|one| text(one, name) == id)
}

fn flag(of: &Value, name: &str) -> Value {
    match text(of, name) {
        "true" => json!(true),
        "false" => json!(false),
        _ => Value::Null,
    }
}

fn vpc_itself(reader: &mut Reader<'_>, id: &str, vpc: &str) -> Result<(), ReadError> {
    let all = within(reader, &DESCRIBE_VPCS, "vpcSet", ("vpc-id", vpc))?;
    let Some(said) = by(&all, "vpcId", vpc) else {
        reader.gone(id);
        return Ok(());
    };
    let attribute = |name: &str| {
        let input = Input::fields(&[("VpcId", vpc), ("Attribute", name)]);
        let said = reader.once(&DESCRIBE_VPC_ATTRIBUTE, &input)?.unwrap_or_default();
        Ok(said.get(name).map_or(Value::Null, |set| flag(set, "value")))
    };
    let found = properties([
        ("CidrBlock", member(said, "cidrBlock")),
        ("EnableDnsHostnames", attribute("enableDnsHostnames")?),
        ("EnableDnsSupport", attribute("enableDnsSupport")?),
        ("Tags", tag_set(said)),
    ]);
    reader.there(id, found);
    let first = text(said, "cidrBlock");
    for block in list(said, "cidrBlockAssociationSet") {
        let block = text(block, "cidrBlock");
        if block != first && !block.is_empty() {
            let found = properties([("VpcId", json!(vpc)), ("CidrBlock", json!(block))]);
            reader.stranger("AWS::EC2::VPCCidrBlock", block, found);
        }
    }
    Ok(())
}

fn subnets(reader: &mut Reader<'_>, vpc: &str) -> Result<(), ReadError> {
    let all = within(reader, &DESCRIBE_SUBNETS, "subnetSet", ("vpc-id", vpc))?;
    let one = |said: &Value| {
        properties([
            ("AvailabilityZone", member(said, "availabilityZone")),
            ("AvailabilityZoneId", Value::Null),
            ("CidrBlock", member(said, "cidrBlock")),
            ("MapPublicIpOnLaunch", flag(said, "mapPublicIpOnLaunch")),
            ("VpcId", json!(vpc)),
            ("Tags", tag_set(said)),
        ])
    };
    for id in reader.of_kind("AWS::EC2::Subnet") {
        let subnet = reader.physical(&id).unwrap_or_default();
        let found = by(&all, "subnetId", &subnet).map(|said| {
            let mut found = one(said);
            let zone = reader.wanted(&id, "AvailabilityZoneId");
            if !zone.is_null() {
                found.insert("AvailabilityZoneId".to_owned(), member(said, "availabilityZoneId"));
                found.remove("AvailabilityZone");
            }
            found
        });
        reader.note(&id, found);
    }
    for said in
        all.iter().filter(|said| !reader.is_known(text(said, "subnetId"))).collect::<Vec<_>>()
    {
        let mut found = one(said);
        found.retain(|_, value| !value.is_null());
        reader.stranger("AWS::EC2::Subnet", text(said, "subnetId"), found);
    }
    Ok(())
}

fn endpoints(reader: &mut Reader<'_>, vpc: &str) -> Result<(), ReadError> {
    let all = within(reader, &DESCRIBE_VPC_ENDPOINTS, "vpcEndpointSet", ("vpc-id", vpc))?;
    let one = |said: &Value| {
        let mut found = properties([
            ("ServiceName", member(said, "serviceName")),
            ("VpcEndpointType", member(said, "vpcEndpointType")),
            ("VpcId", json!(vpc)),
            ("RouteTableIds", json!(list(said, "routeTableIdSet"))),
            ("SubnetIds", json!(list(said, "subnetIdSet"))),
            ("Tags", tag_set(said)),
        ]);
        if let Some(policy) = said.get("policyDocument").and_then(Value::as_str) {
            found.insert("PolicyDocument".to_owned(), document(policy));
        }
        found
    };
    for id in reader.of_kind("AWS::EC2::VPCEndpoint") {
        let endpoint = reader.physical(&id).unwrap_or_default();
        let found = by(&all, "vpcEndpointId", &endpoint);
        let found = found.filter(|said| !text(said, "state").starts_with("delet")).map(one);
        reader.note(&id, found);
    }
    for said in &all {
        let id = text(said, "vpcEndpointId");
        if !reader.is_known(id) && !text(said, "state").starts_with("delet") {
            reader.stranger("AWS::EC2::VPCEndpoint", id, one(said));
        }
    }
    Ok(())
}

fn instances(reader: &mut Reader<'_>, vpc: &str) -> Result<(), ReadError> {
    let all = within(reader, &DESCRIBE_INSTANCES, "reservationSet", ("vpc-id", vpc))?;
    for said in all.iter().flat_map(|reservation| list(reservation, "instancesSet")) {
        let id = text(said, "instanceId");
        let state = said.get("instanceState").map_or("", |state| text(state, "name"));
        if reader.is_known(id) || state == "terminated" {
            continue;
        }
        let groups: Value =
            list(said, "groupSet").iter().map(|group| member(group, "groupId")).collect();
        let found = properties([
            ("SubnetId", member(said, "subnetId")),
            ("SecurityGroupIds", groups),
            ("Tags", tag_set(said)),
        ]);
        reader.stranger("AWS::EC2::Instance", id, found);
    }
    Ok(())
}

fn gateways(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    let token = ("nextToken", "NextToken");
    let all = reader.all(
        &DESCRIBE_INTERNET_GATEWAYS,
        "internetGatewaySet",
        token,
        &Input::fields(&[]),
    )?;
    for id in reader.of_kind("AWS::EC2::InternetGateway") {
        let gateway = reader.physical(&id).unwrap_or_default();
        let found = by(&all, "internetGatewayId", &gateway);
        let found = found.map(|said| properties([("Tags", tag_set(said))]));
        reader.note(&id, found);
    }
    for id in reader.of_kind("AWS::EC2::VPCGatewayAttachment") {
        let (gateway, vpc) = (reader.text(&id, "InternetGatewayId"), reader.text(&id, "VpcId"));
        let attached = by(&all, "internetGatewayId", &gateway)
            .is_some_and(|said| by(list(said, "attachmentSet"), "vpcId", &vpc).is_some());
        let found = attached
            .then(|| properties([("InternetGatewayId", json!(gateway)), ("VpcId", json!(vpc))]));
        reader.note(&id, found);
    }
    Ok(())
}

fn flow_logs(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    let wanted = reader.of_kind("AWS::EC2::FlowLog");
    if wanted.is_empty() {
        return Ok(());
    }
    let token = ("nextToken", "NextToken");
    let all = reader.all(&DESCRIBE_FLOW_LOGS, "flowLogSet", token, &Input::fields(&[]))?;
    for id in wanted {
        let log = reader.physical(&id).unwrap_or_default();
        let found = by(&all, "flowLogId", &log).map(|said| {
            let group = ["logGroupName", "logDestination"].iter().find_map(|name| said.get(*name));
            let mut found = properties([
                ("ResourceId", member(said, "resourceId")),
                ("TrafficType", member(said, "trafficType")),
                ("LogDestinationType", member(said, "logDestinationType")),
                ("LogGroupName", group.cloned().unwrap_or_default()),
                ("Tags", tag_set(said)),
            ]);
            if text(said, "resourceId").starts_with("vpc-") {
                found.insert("ResourceType".to_owned(), json!("VPC"));
            }
            if let Some(role) = said.get("deliverLogsPermissionArn") {
                found.insert("DeliverLogsPermissionArn".to_owned(), role.clone());
            }
            found
        });
        reader.note(&id, found);
    }
    Ok(())
}
