//! Network interfaces: whatever names a subnet and is no part of the network itself.

use std::collections::BTreeSet;

use tenantry_reachability::{Choice, GroupId, Interface, InterfaceId, Subnet, SubnetId};
use tenantry_template::{Owner, Resource, ResourceId, Text, Value, ValueKind};

use super::{Gap, GapValue, Note, Property, Reader, Thing, certain, items};

/// Types of EC2 that have network interfaces; its other types make up the network.
const EC2: [&str; 4] = [
    "AWS::EC2::Instance",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::NetworkInterface",
    "AWS::EC2::VPCEndpoint",
];

/// Services whose resources have no network interface in a customer's VPC.
const NOWHERE: [&str; 12] = [
    "AWS::ApiGateway::",
    "AWS::CloudFormation::",
    "AWS::CloudTrail::",
    "AWS::CloudWatch::",
    "AWS::Cognito::",
    "AWS::DynamoDB::",
    "AWS::IAM::",
    "AWS::KMS::",
    "AWS::Logs::",
    "AWS::S3::",
    "AWS::SNS::",
    "AWS::SQS::",
];

impl<'m, 'a> Reader<'m, 'a> {
    pub(super) fn interfaces(&mut self) {
        let mut housed = BTreeSet::new();
        let model = self.model;
        for resource in &model.resources {
            let network =
                resource.kind.starts_with("AWS::EC2::") && !EC2.contains(&resource.kind.as_str());
            let nowhere = NOWHERE.iter().any(|service| resource.kind.starts_with(service));
            if network || nowhere || resource.kind.ends_with("SubnetGroup") {
                continue;
            }
            let endpoint = resource.properties.get("VpcEndpointType").and_then(Value::as_str);
            if resource.kind == "AWS::EC2::VPCEndpoint" && endpoint.is_none_or(|k| k == "Gateway") {
                continue;
            }
            if self.of_resource(resource)
                && let Owner::Tenant(owner) = resource.owner
            {
                housed.insert(owner);
            }
        }
        // A tenant's subnet in which nothing is seen is for something from elsewhere, which is in
        // the default group unless it says otherwise.
        for (at, resource) in self.of_kind("AWS::EC2::Subnet") {
            let Owner::Tenant(owner) = resource.owner else { continue };
            let Some(subnet) = self.subnets.get(&at).copied() else { continue };
            if !housed.contains(&owner) {
                let group = self.default_group(self.read.network.subnets[subnet].vpc);
                self.add(resource, subnet, vec![group], false, certain(resource));
            }
        }
    }

    /// Adds the interfaces of a resource; says whether it has any.
    fn of_resource(&mut self, resource: &'m Resource<'a>) -> bool {
        // A function's environment may name subnets too.
        let properties = match resource.kind.as_str() {
            "AWS::Lambda::Function" => match resource.properties.get("VpcConfig") {
                Some(config) => config,
                None => return false,
            },
            _ => &resource.properties,
        };
        let mut found = Found::default();
        self.search(resource, properties, "", true, &mut found);
        for group in found.subnet_groups.clone() {
            self.search(resource, &self.model.resources[group].properties, "", true, &mut found);
        }
        if resource.kind == "AWS::EC2::Instance" && !found.attached && found.subnets.is_empty() {
            // EC2 puts it in the account's default VPC, which no template makes.
            let text = Text::literal("the default VPC's subnet");
            let at = Value { kind: ValueKind::Null, span: resource.span };
            found.subnets.insert((self.unknown_subnet(resource, &at, text), true));
        }
        // The internet calls a load balancer that faces it, whoever else does; it answers, and
        // opens connections to its targets alone.
        // <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html>
        let load_balancer = resource.kind.starts_with("AWS::ElasticLoadBalancing");
        let public = resource.kind != "AWS::Lambda::Function" && !load_balancer && found.public;
        // A function has IPv6 only where it asks for it.
        let dual = properties.get("Ipv6AllowedForDualStack").map(Value::as_bool);
        let v4_only =
            resource.kind == "AWS::Lambda::Function" && matches!(dual, None | Some(Some(false)));
        let sure = certain(resource);
        for (subnet, subnet_sure) in &found.subnets {
            let mut groups: Vec<GroupId> = found.groups.iter().copied().collect();
            if groups.is_empty() && !found.unknown_group {
                groups.push(self.default_group(self.read.network.subnets[*subnet].vpc));
            }
            let public = public
                || (resource.kind.starts_with("AWS::EC2::") && self.mapped_public.contains(subnet));
            let index = self.add(resource, *subnet, groups, public, sure && *subnet_sure);
            let interface = &mut self.read.network.interfaces[index];
            interface.unknown_group = found.unknown_group;
            interface.v4_only = v4_only;
            self.note_condition(Thing::Interface(index), resource);
        }
        !found.subnets.is_empty()
    }

    fn add(
        &mut self,
        resource: &Resource<'a>,
        subnet: SubnetId,
        groups: Vec<GroupId>,
        public: bool,
        certain: bool,
    ) -> InterfaceId {
        let owner = match resource.owner {
            Owner::Tenant(tenant) => Some(self.owner(tenant)),
            Owner::Shared | Owner::Undecided => None,
        };
        let mark = self.mark(resource.span);
        let name = resource.path.clone();
        let interface = Interface {
            name,
            owner,
            subnet,
            groups,
            unknown_group: false,
            public,
            v4_only: false,
            certain,
            mark,
        };
        self.read.network.interfaces.push(interface)
    }

    /// Looks for subnets, groups and signs of a public address in a value.
    fn search(
        &mut self,
        resource: &Resource<'a>,
        value: &Value<'a>,
        key: &str,
        sure: bool,
        found: &mut Found,
    ) {
        for (item, sure) in items(Some(value), sure) {
            if !item.entries().is_empty() {
                for (key, value) in item.entries() {
                    self.search(resource, value, &key.text, sure, found);
                }
                continue;
            }
            let Some(text) = item.to_text() else { continue };
            self.named(resource, item, text, key, sure, found);
        }
    }

    fn named(
        &mut self,
        resource: &Resource<'a>,
        value: &Value<'a>,
        text: Text<'a>,
        key: &str,
        sure: bool,
        found: &mut Found,
    ) {
        let known = text.as_literal();
        match key {
            "AssociatePublicIpAddress" | "PubliclyAccessible" => {
                found.public |= known.is_none_or(|text| text.eq_ignore_ascii_case("true"));
            }
            "AssignPublicIp" => found.public |= known != Some("DISABLED"),
            "NetworkInterfaceId" => found.attached = true,
            "Scheme" => found.public |= known == Some("internet-facing"),
            _ => {}
        }
        if let Some(subnet) = self.model.find("AWS::EC2::Subnet", &text)
            && let Some(subnet) = self.subnets.get(&subnet)
            // A subnet's zone or range is no place in it.
            && matches!(self.attribute(Some(value)), None | Some((_, "SubnetId")))
        {
            found.subnets.insert((*subnet, sure));
            return;
        }
        let is_group = |at: &ResourceId| self.model.resources[*at].kind.ends_with("SubnetGroup");
        let parent = self.model.named(&text).find(is_group);
        if let Some(parent) = parent {
            found.subnet_groups.push(parent);
            return;
        }
        let group_key = key.to_ascii_lowercase().contains("securitygroup") || key == "GroupSet";
        if group_key || self.model.find("AWS::EC2::SecurityGroup", &text).is_some() {
            match self.group(Some(value)) {
                Some(group) if sure => {
                    found.groups.insert(group);
                }
                _ => found.unknown_group = true,
            }
            return;
        }
        if matches!(key, "SubnetId" | "SubnetIds" | "Subnets") {
            found.subnets.insert((self.unknown_subnet(resource, value, text), sure));
        }
    }

    /// A subnet that no template here makes. The same name is the same subnet.
    fn unknown_subnet(
        &mut self,
        resource: &Resource<'a>,
        value: &Value<'a>,
        text: Text<'a>,
    ) -> SubnetId {
        if let Some(known) = self.elsewhere.subnets.get(&text) {
            return *known;
        }
        let name = self.model.symbols.readable(&text);
        let vpc = self.any_vpc(resource, None);
        let mark = self.mark(value.span);
        let named = GapValue::Text(name.clone());
        let gap = Gap::Value { property: Property::Subnet, value: named };
        let id = self.read.network.subnets.push(Subnet {
            name,
            vpc,
            blocks: Vec::new(),
            route_table: Choice::Unknown,
            acl: Choice::Unknown,
            mark,
        });
        let note = Note { gap, span: value.span };
        self.read.notes.entry(Thing::Subnet(id)).or_default().push(note);
        self.elsewhere.subnets.insert(text, id);
        id
    }
}

#[derive(Default)]
struct Found {
    subnets: BTreeSet<(SubnetId, bool)>,
    groups: BTreeSet<GroupId>,
    subnet_groups: Vec<ResourceId>,
    unknown_group: bool,
    public: bool,
    /// Whether it names an interface that is made apart.
    attached: bool,
}
