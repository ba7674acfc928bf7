"""What a CloudFormation template says of its network, read from AWS's documentation and from nothing else here.

The rules, each with its page:
- a subnet without an association has its VPC's main route table, which has the local route alone
  <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html>
- a subnet without an association has its VPC's default network ACL, which lets everything through; an ACL that a template makes
  lets nothing through but what its entries say, the lowest number first
  <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>
- a security group lets in what its rules say; it lets everything out unless it has rules for that
  <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroup.html>
- an interface without a group is in the VPC's default group, whose members reach each other
  <https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>
- a gateway endpoint is a route for its service's prefix list
  <https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html>

What is not understood is refused by name: a network that is only half read is no witness."""

import dataclasses
import ipaddress

ANYWHERE = "0.0.0.0/0"
PROTOCOLS = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "tcp": "tcp", "udp": "udp", "icmp": "icmp"}
# One of the ranges that DynamoDB's prefix list of us-east-1 holds stands for all.
PREFIX_LIST = "52.94.0.0/22"
NOT_UNDERSTOOD = (
    "AWS::EC2::VPCCidrBlock", "AWS::EC2::VPCPeeringConnection", "AWS::EC2::TransitGateway", "AWS::EC2::NatGateway",
    "AWS::EC2::EgressOnlyInternetGateway", "AWS::EC2::SubnetCidrBlock", "AWS::EC2::VPNGateway", "AWS::EC2::Instance",
    "AWS::EC2::NetworkInterface", "AWS::ElasticLoadBalancing", "AWS::RDS::", "AWS::ECS::",
)
DEFAULT_GROUP = "the default group"


@dataclasses.dataclass(frozen=True)
class Rule:
    """Traffic to or from a block of addresses or a group's members. Ports are the receiver's."""

    protocol: str
    ports: tuple
    block: str = None
    group: str = None
    allow: bool = True


@dataclasses.dataclass
class Interface:
    """Where a function, or a stand-in, is on the network."""

    name: str
    owner: str
    subnet: str
    groups: list
    public: bool = False


@dataclasses.dataclass
class Network:
    """One VPC. Routes are destination block to `internet` or `endpoint`; the local route is in every table."""

    block: str = None
    subnets: dict = dataclasses.field(default_factory=dict)
    routes: dict = dataclasses.field(default_factory=dict)
    acl_of: dict = dataclasses.field(default_factory=dict)
    acls: dict = dataclasses.field(default_factory=dict)
    ingress: dict = dataclasses.field(default_factory=dict)
    egress: dict = dataclasses.field(default_factory=dict)
    interfaces: list = dataclasses.field(default_factory=list)


def name_of(value):
    """The logical id that a reference points at, or the text itself."""
    if isinstance(value, dict):
        target = value.get("Ref") or value.get("Fn::GetAtt")
        return target[0] if isinstance(target, list) else target.split(".")[0]
    return value


def protocol(value):
    try:
        return PROTOCOLS[str(value).lower()]
    except KeyError:
        raise SystemExit(f"protocol {value} is not understood") from None


def ports(low, high, kind):
    if kind not in ("tcp", "udp") or low in (None, -1):
        return (0, 65535)
    return (int(low), int(high))


def group_rule(rule, side):
    kind = protocol(rule["IpProtocol"])
    span = ports(rule.get("FromPort"), rule.get("ToPort"), kind)
    if "CidrIp" in rule:
        return Rule(kind, span, block=rule["CidrIp"])
    if f"{side}SecurityGroupId" in rule:
        return Rule(kind, span, group=name_of(rule[f"{side}SecurityGroupId"]))
    if f"{side}PrefixListId" in rule:
        return Rule(kind, span, block=PREFIX_LIST)
    raise SystemExit(f"a rule of a security group is not understood: {rule}")


def tenant(resource):
    tags = resource.get("Properties", {}).get("Tags", [])
    return next((tag["Value"] for tag in tags if tag["Key"] == "tenant_id"), "shared")


def read(template):
    resources = template["Resources"]
    for name, resource in resources.items():
        if resource["Type"].startswith(NOT_UNDERSTOOD) or "Ipv6" in str(resource.get("Properties", {})):
            raise SystemExit(f"{name}: {resource['Type']} is not understood by this witness")

    def of(kind):
        return [(name, each["Properties"], each) for name, each in resources.items() if each["Type"] == kind]

    network = Network()
    vpcs = of("AWS::EC2::VPC")
    if len(vpcs) != 1:
        raise SystemExit(f"{len(vpcs)} VPCs: this witness understands one a template")
    network.block = vpcs[0][1]["CidrBlock"]
    for name, subnet, _ in of("AWS::EC2::Subnet"):
        network.subnets[name], network.routes[name] = subnet["CidrBlock"], {}
    table_of = {name_of(a["SubnetId"]): name_of(a["RouteTableId"]) for _, a, _ in of("AWS::EC2::SubnetRouteTableAssociation")}
    gateways = {name for name, _, _ in of("AWS::EC2::InternetGateway")}
    tables = {}
    for name, route, _ in of("AWS::EC2::Route"):
        if name_of(route.get("GatewayId")) not in gateways:
            raise SystemExit(f"{name}: the route's target is not understood")
        tables.setdefault(name_of(route["RouteTableId"]), {})[route["DestinationCidrBlock"]] = "internet"
    for name, endpoint, _ in of("AWS::EC2::VPCEndpoint"):
        if endpoint.get("VpcEndpointType", "Gateway") != "Gateway":
            raise SystemExit(f"{name}: an interface endpoint is not understood")
        for table in endpoint.get("RouteTableIds", []):
            tables.setdefault(name_of(table), {})[PREFIX_LIST] = "endpoint"
    for subnet, table in table_of.items():
        network.routes[subnet] = tables.get(table, {})
    for name, _, _ in of("AWS::EC2::NetworkAcl"):
        network.acls[name] = {"in": [], "out": []}
    for _, entry, _ in sorted(of("AWS::EC2::NetworkAclEntry"), key=lambda each: int(each[1]["RuleNumber"])):
        kind = protocol(entry["Protocol"])
        span = entry.get("PortRange", {})
        rule = Rule(
            kind, ports(span.get("From"), span.get("To"), kind), entry["CidrBlock"], None, entry["RuleAction"] == "allow"
        )
        network.acls[name_of(entry["NetworkAclId"])]["out" if entry.get("Egress") else "in"].append(rule)
    for _, association, _ in of("AWS::EC2::SubnetNetworkAclAssociation"):
        network.acl_of[name_of(association["SubnetId"])] = name_of(association["NetworkAclId"])
    everything = Rule("all", (0, 65535), block=ANYWHERE)
    network.ingress[DEFAULT_GROUP] = [Rule("all", (0, 65535), group=DEFAULT_GROUP)]
    network.egress[DEFAULT_GROUP] = [everything]
    own = {name: [group_rule(r, "Destination") for r in g.get("SecurityGroupEgress", [])] for name, g, _ in of("AWS::EC2::SecurityGroup")}
    for name, group, _ in of("AWS::EC2::SecurityGroup"):
        network.ingress[name] = [group_rule(rule, "Source") for rule in group.get("SecurityGroupIngress", [])]
    for _, rule, _ in of("AWS::EC2::SecurityGroupIngress"):
        network.ingress[name_of(rule["GroupId"])].append(group_rule(rule, "Source"))
    for name, rule, _ in of("AWS::EC2::SecurityGroupEgress"):
        if not own[name_of(rule["GroupId"])]:
            raise SystemExit(f"{name}: AWS does not say whether it takes the place of its group's rule that lets everything out")
        own[name_of(rule["GroupId"])].append(group_rule(rule, "Destination"))
    for name, rules in own.items():
        network.egress[name] = rules or [everything]
    for name, function, resource in of("AWS::Lambda::Function"):
        config = function.get("VpcConfig", {})
        groups = [name_of(group) for group in config.get("SecurityGroupIds", [])] or [DEFAULT_GROUP]
        for subnet in config.get("SubnetIds", []):
            network.interfaces.append(Interface(name, tenant(resource), name_of(subnet), groups))
    return network


def address(network, interface):
    """The address of an interface: the first four of a subnet are AWS's own."""
    place = [each for each in network.interfaces if each.subnet == interface.subnet].index(interface)
    return str(ipaddress.ip_network(network.subnets[interface.subnet])[10 + place])
