"""Random small networks as CloudFormation templates: one VPC, three tenants with a function each, in subnets of their own or of
others, network ACLs, security groups, an internet gateway. Blocks are whole /24s and more, ports stand at a few borders, so that
one address a subnet and one port between two borders tell all that the rules can say."""

BLOCKS = ("10.0.0.0/16", "10.0.0.0/8", "0.0.0.0/0", "10.0.0.0/22", "10.0.0.0/23", "10.0.2.0/23", "192.168.0.0/16", *(f"10.0.{n}.0/24" for n in range(5)))
WIDE = ("10.0.0.0/16", "0.0.0.0/0", "10.0.0.0/22")
BORDERS = ((0, 65535), (22, 22), (443, 443), (22, 443), (1024, 65535), (8080, 8099), (0, 1023), (444, 1023))
TENANTS = ("a", "b", "c")


def tagged(owner):
    return [{"Key": "tenant_id", "Value": owner}]


def traffic(chance):
    """A protocol and ports, as a rule of a security group says them."""
    protocol = chance.choice(("tcp", "tcp", "udp", "icmp", "-1"))
    low, high = chance.choice(BORDERS) if protocol in ("tcp", "udp") else (-1, -1)
    return {"IpProtocol": protocol} | ({} if protocol == "-1" else {"FromPort": low, "ToPort": high})


def entry(chance, acl, number, egress):
    protocol = chance.choice((-1, -1, 6, 6, 17, 1))
    low, high = chance.choice(BORDERS)
    properties = {
        "NetworkAclId": {"Ref": acl},
        "RuleNumber": number,
        "Egress": egress,
        "Protocol": protocol,
        "RuleAction": chance.choice(("allow", "allow", "deny")),
        "CidrBlock": chance.choice(BLOCKS if chance.random() < 0.6 else WIDE),
    }
    if protocol in (6, 17):
        properties["PortRange"] = {"From": low, "To": high}
    if protocol == 1:
        properties["Icmp"] = {"Type": -1, "Code": -1}
    return {"Type": "AWS::EC2::NetworkAclEntry", "Properties": properties}


def template(chance):
    resources = {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}}

    def add(name, kind, **properties):
        resources[name] = {"Type": f"AWS::EC2::{kind}", "Properties": properties}

    vpc = {"Ref": "Vpc"}
    # Where both kinds of barrier are strict, neither decides; so often only one is there.
    strict = chance.choice(("acls", "acls", "groups", "both"))
    acls = [f"Acl{n}" for n in range(0 if strict == "groups" else chance.randint(1, 3))]
    for acl in acls:
        add(acl, "NetworkAcl", VpcId=vpc)
        for egress in (False, True):
            for number in chance.sample(range(1, 200), chance.randint(1, 5)):
                resources[f"{acl}{'Out' if egress else 'In'}{number}"] = entry(chance, acl, number, egress)
    if chance.random() < 0.3:
        add("Gateway", "InternetGateway")
        add("Attachment", "VPCGatewayAttachment", VpcId=vpc, InternetGatewayId={"Ref": "Gateway"})
        add("Table", "RouteTable", VpcId=vpc)
        add("Default", "Route", RouteTableId={"Ref": "Table"}, DestinationCidrBlock="0.0.0.0/0", GatewayId={"Ref": "Gateway"})
    subnets = [f"Subnet{n}" for n in range(chance.randint(2, 4))]
    for at, subnet in enumerate(subnets):
        add(subnet, "Subnet", VpcId=vpc, CidrBlock=f"10.0.{at}.0/24")
        if acls and chance.random() < 0.85:
            add(f"{subnet}Acl", "SubnetNetworkAclAssociation", SubnetId={"Ref": subnet}, NetworkAclId={"Ref": chance.choice(acls)})
        if "Table" in resources and chance.random() < 0.5:
            add(f"{subnet}Table", "SubnetRouteTableAssociation", SubnetId={"Ref": subnet}, RouteTableId={"Ref": "Table"})
    groups = [f"Group{n}" for n in range(chance.randint(1, 4))]

    def rule(side, among):
        if among and chance.random() < 0.35:
            return traffic(chance) | {f"{side}SecurityGroupId": {"Fn::GetAtt": [chance.choice(among), "GroupId"]}}
        return traffic(chance) | {"CidrIp": chance.choice(BLOCKS)}

    # In a group itself stand rules that name groups before it, since CloudFormation makes no circles; others stand alone.
    for at, group in enumerate(groups):
        if strict == "acls":
            add(group, "SecurityGroup", VpcId=vpc, GroupDescription="chance", SecurityGroupIngress=[{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}])
            continue
        inline = {}
        for key, side, most in (("SecurityGroupIngress", "Source", 1), ("SecurityGroupEgress", "Destination", 2)):
            rules = [rule(side, groups[:at]) for _ in range(chance.randint(0, most))]
            inline |= {key: rules} if rules else {}
        add(group, "SecurityGroup", VpcId=vpc, GroupDescription="chance", **inline)
        for number in range(chance.randint(0, 2)):
            add(f"{group}In{number}", "SecurityGroupIngress", GroupId={"Fn::GetAtt": [group, "GroupId"]}, **rule("Source", groups))
        # Whether a rule that stands alone takes the place of the one that lets everything out, AWS does not say.
        if "SecurityGroupEgress" in inline and chance.random() < 0.5:
            add(f"{group}Out", "SecurityGroupEgress", GroupId={"Fn::GetAtt": [group, "GroupId"]}, **rule("Destination", groups))
    for tenant in TENANTS:
        config = {"SubnetIds": [{"Ref": subnet} for subnet in chance.sample(subnets, chance.randint(1, min(2, len(subnets))))]}
        if chance.random() < 0.9:
            picked = chance.sample(groups, chance.randint(1, min(2, len(groups))))
            config["SecurityGroupIds"] = [{"Fn::GetAtt": [group, "GroupId"]} for group in picked]
        resources[f"Function{tenant.upper()}"] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": ""},
                "Role": f"arn:aws:iam::123456789012:role/{tenant}",
                "VpcConfig": config,
                "Tags": tagged(tenant),
            },
        }
    return {"Resources": resources}
