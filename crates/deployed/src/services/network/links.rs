//! Route tables, their routes, which subnet uses which, and peerings.

use serde_json::{Value, json};

use super::{by, list, member, properties, tag_set, text, within};
use crate::ask::{Input, ReadError};
use crate::calls::{DESCRIBE_PEERINGS, DESCRIBE_ROUTE_TABLES};
use crate::read::{Properties, Reader};

/// Where a route leads: the name in the answer and in a template.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html>
const TARGETS: [(&str, &str); 8] = [
    ("gatewayId", "GatewayId"),
    ("natGatewayId", "NatGatewayId"),
    ("vpcPeeringConnectionId", "VpcPeeringConnectionId"),
    ("transitGatewayId", "TransitGatewayId"),
    ("networkInterfaceId", "NetworkInterfaceId"),
    ("instanceId", "InstanceId"),
    ("egressOnlyInternetGatewayId", "EgressOnlyInternetGatewayId"),
    ("carrierGatewayId", "CarrierGatewayId"),
];

const DESTINATIONS: [(&str, &str); 3] = [
    ("destinationCidrBlock", "DestinationCidrBlock"),
    ("destinationIpv6CidrBlock", "DestinationIpv6CidrBlock"),
    ("destinationPrefixListId", "DestinationPrefixListId"),
];

pub(super) fn read(reader: &mut Reader<'_>, vpc: &str) -> Result<(), ReadError> {
    let all = within(reader, &DESCRIBE_ROUTE_TABLES, "routeTableSet", ("vpc-id", vpc))?;
    for id in reader.of_kind("AWS::EC2::RouteTable") {
        let table = reader.physical(&id).unwrap_or_default();
        let found = by(&all, "routeTableId", &table)
            .map(|said| properties([("VpcId", json!(vpc)), ("Tags", tag_set(said))]));
        reader.note(&id, found);
    }
    routes(reader, &all);
    associations(reader, &all);
    for said in &all {
        let id = text(said, "routeTableId");
        let is_main = list(said, "associationSet").iter().any(|one| text(one, "main") == "true");
        if !reader.is_known(id) && !is_main {
            let found = properties([("VpcId", json!(vpc)), ("Tags", tag_set(said))]);
            reader.stranger("AWS::EC2::RouteTable", id, found);
        }
    }
    peerings(reader, vpc)
}

/// Every route but those that AWS makes: to the VPC itself, and to its gateway endpoints.
fn routes(reader: &mut Reader<'_>, tables: &[Value]) {
    let mut unclaimed: Vec<Properties> = Vec::new();
    for table in tables {
        for route in list(table, "routeSet") {
            let target = text(route, "gatewayId");
            if target == "local" || target.starts_with("vpce-") {
                continue;
            }
            let mut found = properties([("RouteTableId", member(table, "routeTableId"))]);
            for (said, name) in DESTINATIONS.iter().chain(&TARGETS) {
                if let Some(value) = route.get(*said) {
                    found.insert((*name).to_owned(), value.clone());
                }
            }
            unclaimed.push(found);
        }
    }
    let none = Value::Null;
    for id in reader.of_kind("AWS::EC2::Route") {
        let place = unclaimed.iter().position(|found| {
            let names = DESTINATIONS.iter().map(|(_, name)| *name).chain(["RouteTableId"]);
            names
                .into_iter()
                .all(|name| found.get(name).unwrap_or(&none) == reader.wanted(&id, name))
        });
        match place {
            Some(at) => {
                let mut found = unclaimed.remove(at);
                for (_, name) in TARGETS {
                    found.entry(name.to_owned()).or_insert(Value::Null);
                }
                reader.there(&id, found);
            }
            None => reader.gone(&id),
        }
    }
    for found in unclaimed {
        let of = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default();
        let name = format!("{}{}", of("RouteTableId"), of("DestinationCidrBlock"));
        reader.stranger("AWS::EC2::Route", &name, found);
    }
}

fn associations(reader: &mut Reader<'_>, tables: &[Value]) {
    let table_of = |subnet: &str| {
        let using =
            |table: &&Value| by(list(table, "associationSet"), "subnetId", subnet).is_some();
        tables.iter().find(using).map(|table| member(table, "routeTableId"))
    };
    for id in reader.of_kind("AWS::EC2::SubnetRouteTableAssociation") {
        let subnet = reader.text(&id, "SubnetId");
        let found = table_of(&subnet)
            .map(|table| properties([("RouteTableId", table), ("SubnetId", json!(subnet))]));
        reader.note(&id, found);
    }
}

fn peerings(reader: &mut Reader<'_>, vpc: &str) -> Result<(), ReadError> {
    let token = ("nextToken", "NextToken");
    let all =
        reader.all(&DESCRIBE_PEERINGS, "vpcPeeringConnectionSet", token, &Input::fields(&[]))?;
    for said in &all {
        let id = text(said, "vpcPeeringConnectionId");
        let end = |side: &str| said.get(side).map_or("", |end| text(end, "vpcId"));
        let (from, to) = (end("requesterVpcInfo"), end("accepterVpcInfo"));
        let state = said.get("status").map_or("", |status| text(status, "code"));
        let over = ["deleted", "rejected", "expired", "failed"].contains(&state);
        if !over && (from == vpc || to == vpc) && !reader.is_known(id) {
            let found = properties([("VpcId", json!(from)), ("PeerVpcId", json!(to))]);
            reader.stranger("AWS::EC2::VPCPeeringConnection", id, found);
        }
    }
    Ok(())
}
