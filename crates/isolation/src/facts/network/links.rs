//! Route tables, gateways, peering connections, transit gateways.

use tenantry_reachability::{Peering, Route, RouteTable, Subnet, Target, Transit, TransitId};
use tenantry_template::{Resource, Value};

use super::{Property, Reader, Thing, certain};

impl<'a> Reader<'_, 'a> {
    pub(super) fn wires(&mut self) {
        self.gateways();
        self.peerings();
        self.transits();
        for (at, resource) in self.of_kind("AWS::EC2::RouteTable") {
            let table = RouteTable { name: resource.path.clone(), routes: Vec::new() };
            self.tables.insert(at, self.read.network.route_tables.push(table));
        }
        for (_, resource) in self.of_kind("AWS::EC2::Route") {
            let properties = &resource.properties;
            let value = properties.get("RouteTableId");
            let Some(table) = self.lookup(&self.tables, "AWS::EC2::RouteTable", value) else {
                continue;
            };
            self.note_condition(Thing::RouteTable(table), resource);
            let destinations = ["DestinationCidrBlock", "DestinationIpv6CidrBlock"];
            let value = destinations.iter().find_map(|key| properties.get(key));
            let destination = value.and_then(|value| self.block(value));
            if let (Some(value), None) = (value, destination) {
                self.note(Thing::RouteTable(table), Property::RouteDestination, value);
            }
            let target = self.target(properties);
            let mark = self.mark(resource.span);
            let route = Route { destination, target, certain: certain(resource), mark };
            self.read.network.route_tables[table].routes.push(route);
        }
    }

    fn target(&mut self, route: &Value<'a>) -> Target {
        if let Some(value) = route.get("VpcPeeringConnectionId") {
            let known = self.lookup(&self.peerings, "AWS::EC2::VPCPeeringConnection", Some(value));
            return known.map_or(Target::Elsewhere, Target::Peering);
        }
        if let Some(value) = route.get("TransitGatewayId") {
            return self.transit(value).map_or(Target::Appliance, Target::Transit);
        }
        if route.get("NatGatewayId").is_some() {
            return Target::Nat;
        }
        if route.get("EgressOnlyInternetGatewayId").is_some() {
            return Target::InternetGateway;
        }
        if let Some(value) = route.get("GatewayId") {
            if value.as_str() == Some("local") {
                return Target::Local;
            }
            let vpn = value
                .to_text()
                .is_some_and(|text| self.model.find("AWS::EC2::VPNGateway", &text).is_some());
            return if vpn { Target::Elsewhere } else { Target::InternetGateway };
        }
        for key in ["NetworkInterfaceId", "InstanceId", "VpcEndpointId"] {
            if route.get(key).is_some() {
                return Target::Appliance;
            }
        }
        Target::Elsewhere
    }

    fn gateways(&mut self) {
        for (_, resource) in self.of_kind("AWS::EC2::VPCGatewayAttachment") {
            let vpc = self.vpc(resource.properties.get("VpcId"));
            if let Some(vpc) = vpc
                && resource.properties.get("InternetGatewayId").is_some()
            {
                self.read.network.vpcs[vpc].internet_gateway = true;
            }
        }
    }

    fn peerings(&mut self) {
        for (at, resource) in self.of_kind("AWS::EC2::VPCPeeringConnection") {
            let vpcs = ["VpcId", "PeerVpcId"].map(|key| self.vpc(resource.properties.get(key)));
            self.note_condition(Thing::Joint, resource);
            let (name, certain) = (resource.path.clone(), certain(resource));
            let peering = Peering { name, vpcs, certain };
            self.peerings.insert(at, self.read.network.peerings.push(peering));
        }
    }

    fn transits(&mut self) {
        for (at, resource) in self.of_kind("AWS::EC2::TransitGateway") {
            let enabled = |key| {
                let value = resource.properties.get(key).map(Value::as_str);
                value.is_none_or(|value| value == Some("enable"))
            };
            let default_routes =
                enabled("DefaultRouteTableAssociation") && enabled("DefaultRouteTablePropagation");
            let transit = Transit { name: resource.path.clone(), vpcs: Vec::new(), default_routes };
            self.transits.insert(at, self.read.network.transits.push(transit));
        }
        for kind in ["AWS::EC2::TransitGatewayAttachment", "AWS::EC2::TransitGatewayVpcAttachment"]
        {
            for (_, resource) in self.of_kind(kind) {
                let Some(vpc) = self.vpc(resource.properties.get("VpcId")) else { continue };
                let Some(value) = resource.properties.get("TransitGatewayId") else { continue };
                self.note_condition(Thing::Joint, resource);
                if let Some(transit) = self.transit(value) {
                    let transit = &mut self.read.network.transits[transit];
                    transit.vpcs.push(vpc);
                    transit.default_routes &= certain(resource);
                }
            }
        }
    }

    /// A transit gateway, which may be from elsewhere.
    fn transit(&mut self, value: &Value<'a>) -> Option<TransitId> {
        if let Some(known) = self.lookup(&self.transits, "AWS::EC2::TransitGateway", Some(value)) {
            return Some(known);
        }
        let text = value.to_text()?;
        if let Some(known) = self.elsewhere.transits.get(&text) {
            return Some(*known);
        }
        let name = self.model.symbols.readable(&text);
        let transit = Transit { name, vpcs: Vec::new(), default_routes: false };
        let id = self.read.network.transits.push(transit);
        self.note(Thing::Joint, Property::TransitGateway, value);
        self.elsewhere.transits.insert(text, id);
        Some(id)
    }

    /// Changes the subnet that an association names.
    pub(super) fn associate(
        &mut self,
        association: &Resource<'a>,
        other: &str,
        change: impl Fn(&mut Subnet),
    ) {
        let value = association.properties.get("SubnetId");
        let subnet = self.lookup(&self.subnets, "AWS::EC2::Subnet", value);
        let Some(subnet) = subnet else { return };
        self.note_condition(Thing::Subnet(subnet), association);
        if let Some(value) = association.properties.get(other)
            && value.to_text().is_none_or(|text| self.model.named(&text).next().is_none())
        {
            self.note(Thing::Subnet(subnet), Property::Association, value);
        }
        change(&mut self.read.network.subnets[subnet]);
    }
}
