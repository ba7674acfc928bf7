"""VPCs, their routes, ACLs, groups, endpoints and flow logs."""

import json

from .clients import Clients
from .words import document, lower, tag_list

PEERS = (
    ("PrefixListIds", "PrefixListId", "{}PrefixListId"),
    ("IpRanges", "CidrIp", "CidrIp"),
    ("UserIdGroupPairs", "GroupId", "{}SecurityGroupId"),
)


def permission(rule, side):
    """A rule of a security group as the API wants it; `side` is Source or Destination."""
    ports = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule}
    said = {"Description": rule["Description"]} if "Description" in rule else {}
    peers = {key: [{inner: rule[own.format(side)]} | said] for key, inner, own in PEERS if own.format(side) in rule}
    return ports | peers


class Network(Clients):
    def tags_of(self, kind, properties):
        return [{"ResourceType": kind, "Tags": properties["Tags"]}]

    def make_EC2_VPC(self, properties):
        tags = self.tags_of("vpc", properties)
        id = self.ec2.create_vpc(CidrBlock=properties["CidrBlock"], TagSpecifications=tags)["Vpc"]["VpcId"]
        for name in ("EnableDnsSupport", "EnableDnsHostnames"):
            self.ec2.modify_vpc_attribute(VpcId=id, **{name: {"Value": properties[name]}})
        return id

    def read_EC2_VPC(self, id, _):
        [vpc] = self.ec2.describe_vpcs(VpcIds=[id])["Vpcs"]
        dns = lambda name: self.ec2.describe_vpc_attribute(VpcId=id, Attribute=lower(name))[name]["Value"]
        names = ("EnableDnsHostnames", "EnableDnsSupport")
        return {"CidrBlock": vpc["CidrBlock"], "Tags": tag_list(vpc["Tags"])} | {name: dns(name) for name in names}

    def make_EC2_InternetGateway(self, properties):
        tags = self.tags_of("internet-gateway", properties)
        return self.ec2.create_internet_gateway(TagSpecifications=tags)["InternetGateway"]["InternetGatewayId"]

    def read_EC2_InternetGateway(self, id, _):
        [gateway] = self.ec2.describe_internet_gateways(InternetGatewayIds=[id])["InternetGateways"]
        return {"Tags": tag_list(gateway["Tags"])}

    def read_EC2_VPCGatewayAttachment(self, _, properties):
        id = properties["InternetGatewayId"]
        [gateway] = self.ec2.describe_internet_gateways(InternetGatewayIds=[id])["InternetGateways"]
        return next(({"InternetGatewayId": id, "VpcId": each["VpcId"]} for each in gateway["Attachments"]), None)

    def make_EC2_RouteTable(self, properties):
        tags = self.tags_of("route-table", properties)
        made = self.ec2.create_route_table(VpcId=properties["VpcId"], TagSpecifications=tags)
        return made["RouteTable"]["RouteTableId"]

    def read_EC2_RouteTable(self, id, _):
        [table] = self.ec2.describe_route_tables(RouteTableIds=[id])["RouteTables"]
        return {"VpcId": table["VpcId"], "Tags": tag_list(table["Tags"])}

    def read_EC2_Route(self, _, properties):
        id, destination = properties["RouteTableId"], properties["DestinationCidrBlock"]
        [table] = self.ec2.describe_route_tables(RouteTableIds=[id])["RouteTables"]
        routes = [route for route in table["Routes"] if route.get("DestinationCidrBlock") == destination]
        return next((route | {"RouteTableId": id} for route in routes), None)

    def make_EC2_SubnetRouteTableAssociation(self, properties):
        return self.ec2.associate_route_table(**properties)["AssociationId"]

    def read_EC2_SubnetRouteTableAssociation(self, _, properties):
        [table] = self.ec2.describe_route_tables(RouteTableIds=[properties["RouteTableId"]])["RouteTables"]
        return next((each for each in table["Associations"] if each.get("SubnetId") == properties["SubnetId"]), None)

    def read_EC2_Subnet(self, id, _):
        [subnet] = self.ec2.describe_subnets(SubnetIds=[id])["Subnets"]
        return subnet | {"Tags": tag_list(subnet["Tags"])}

    def make_EC2_NetworkAcl(self, properties):
        tags = self.tags_of("network-acl", properties)
        made = self.ec2.create_network_acl(VpcId=properties["VpcId"], TagSpecifications=tags)
        return made["NetworkAcl"]["NetworkAclId"]

    def acl(self, id):
        [acl] = self.ec2.describe_network_acls(NetworkAclIds=[id])["NetworkAcls"]
        return acl

    def read_EC2_NetworkAcl(self, id, _):
        acl = self.acl(id)
        return {"VpcId": acl["VpcId"], "Tags": tag_list(acl["Tags"])}

    def make_EC2_NetworkAclEntry(self, properties):
        call = properties | {"Protocol": str(properties["Protocol"])}
        if "Icmp" in call:
            call["IcmpTypeCode"] = call.pop("Icmp")
        self.ec2.create_network_acl_entry(**call)
        return f"{properties['NetworkAclId']}-{properties['RuleNumber']}-{properties.get('Egress', False)}"

    def read_EC2_NetworkAclEntry(self, _, properties):
        wanted = (properties["RuleNumber"], properties.get("Egress", False))
        for entry in self.acl(properties["NetworkAclId"])["Entries"]:
            if (entry["RuleNumber"], entry["Egress"]) == wanted:
                there = {"Protocol": int(entry["Protocol"]), "NetworkAclId": properties["NetworkAclId"]}
                return entry | there | {"Icmp": entry.get("IcmpTypeCode")}
        return None

    def make_EC2_SubnetNetworkAclAssociation(self, properties):
        acls = self.ec2.describe_network_acls()["NetworkAcls"]
        [now] = [a for acl in acls for a in acl["Associations"] if a["SubnetId"] == properties["SubnetId"]]
        association = now["NetworkAclAssociationId"]
        made = self.ec2.replace_network_acl_association(
            AssociationId=association, NetworkAclId=properties["NetworkAclId"]
        )
        return made["NewAssociationId"]

    def read_EC2_SubnetNetworkAclAssociation(self, _, properties):
        acls = self.ec2.describe_network_acls()["NetworkAcls"]
        all = [each for acl in acls for each in acl["Associations"] if each["SubnetId"] == properties["SubnetId"]]
        return all[0] if len(all) == 1 else None

    def make_EC2_VPCEndpoint(self, properties):
        tags = self.tags_of("vpc-endpoint", properties)
        policy = json.dumps(properties["PolicyDocument"])
        call = {name: value for name, value in properties.items() if name not in ("Tags", "PolicyDocument")}
        made = self.ec2.create_vpc_endpoint(**call, PolicyDocument=policy, TagSpecifications=tags)
        return made["VpcEndpoint"]["VpcEndpointId"]

    def read_EC2_VPCEndpoint(self, id, _):
        [endpoint] = self.ec2.describe_vpc_endpoints(VpcEndpointIds=[id])["VpcEndpoints"]
        return endpoint | {"PolicyDocument": document(endpoint["PolicyDocument"]), "Tags": tag_list(endpoint["Tags"])}

    def make_EC2_FlowLog(self, properties):
        tags = self.tags_of("vpc-flow-log", properties)
        call = {name: value for name, value in properties.items() if name not in ("Tags", "ResourceId")}
        made = self.ec2.create_flow_logs(**call, ResourceIds=[properties["ResourceId"]], TagSpecifications=tags)
        if made["Unsuccessful"]:
            raise RuntimeError(made["Unsuccessful"])
        return made["FlowLogIds"][0]

    def read_EC2_FlowLog(self, id, _):
        [log] = self.ec2.describe_flow_logs(FlowLogIds=[id])["FlowLogs"]
        kind = {"vpc": "VPC", "sub": "Subnet", "eni": "NetworkInterface"}[log["ResourceId"].split("-")[0][:3]]
        return log | {"Tags": tag_list(log["Tags"]), "ResourceType": kind}

    def make_EC2_SecurityGroup(self, properties):
        id = self.ec2.create_security_group(
            GroupName=properties["GroupName"],
            Description=properties["GroupDescription"],
            VpcId=properties["VpcId"],
            TagSpecifications=self.tags_of("security-group", properties),
        )["GroupId"]
        # Without a rule of its own a group lets everything out; CloudFormation takes that away where the template has rules.
        [group] = self.ec2.describe_security_groups(GroupIds=[id])["SecurityGroups"]
        out = [permission(rule, "Destination") for rule in properties.get("SecurityGroupEgress", ())]
        if out:
            self.ec2.revoke_security_group_egress(GroupId=id, IpPermissions=group["IpPermissionsEgress"])
            self.ec2.authorize_security_group_egress(GroupId=id, IpPermissions=out)
        inward = [permission(rule, "Source") for rule in properties.get("SecurityGroupIngress", ())]
        if inward:
            self.ec2.authorize_security_group_ingress(GroupId=id, IpPermissions=inward)
        return id

    def read_EC2_SecurityGroup(self, id, _):
        [group] = self.ec2.describe_security_groups(GroupIds=[id])["SecurityGroups"]
        there = {"GroupDescription": group["Description"], "Tags": tag_list(group["Tags"])}
        for name, list in (("SecurityGroupIngress", "IpPermissions"), ("SecurityGroupEgress", "IpPermissionsEgress")):
            there[name] = rules = []
            for permission in group[list]:
                ports = {key: permission[key] for key in ("FromPort", "ToPort", "IpProtocol") if key in permission}
                side = "Source" if name.endswith("Ingress") else "Destination"
                for key, inner, own in PEERS:
                    for peer in permission.get(key, ()):
                        said = {"Description": peer["Description"]} if "Description" in peer else {}
                        rules.append(ports | {own.format(side): peer[inner]} | said)
        return group | there
