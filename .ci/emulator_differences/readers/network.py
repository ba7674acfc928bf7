"""The network, as EC2 shows it."""

def ec2(operation, field, identifier, more=lambda cloud, said: {}):
    """A reader of what EC2 describes by id."""
    def read(cloud, name, wanted):
        said, = getattr(cloud('ec2'), f'describe_{operation}')(**{identifier: [name]})[field]
        return {name: said.get(name) for name in wanted} | more(cloud, said)
    return read


def dns(cloud, said):
    of = lambda name: cloud('ec2').describe_vpc_attribute(VpcId=said['VpcId'], Attribute=name)
    return {
        'EnableDnsSupport': of('enableDnsSupport')['EnableDnsSupport']['Value'],
        'EnableDnsHostnames': of('enableDnsHostnames')['EnableDnsHostnames']['Value'],
    }


def group(cloud, said):
    egress = [
        {'Description': target.get('Description'), 'DestinationPrefixListId': target['PrefixListId'],
         'FromPort': rule['FromPort'], 'IpProtocol': rule['IpProtocol'], 'ToPort': rule['ToPort']}
        for rule in said['IpPermissionsEgress'] for target in rule['PrefixListIds']
    ]
    ranges = [rule for rule in said['IpPermissionsEgress'] if rule.get('IpRanges')] + said['IpPermissions']
    return {'GroupDescription': said['Description'], 'SecurityGroupEgress': ranges or egress}


def route(cloud, _, wanted):
    said, = cloud('ec2').describe_route_tables(RouteTableIds=[wanted['RouteTableId']])['RouteTables']
    routes = [{name: one.get(name) for name in ('DestinationCidrBlock', 'GatewayId')} for one in said['Routes']]
    return next(one for one in routes if one['DestinationCidrBlock'] == wanted['DestinationCidrBlock']) | {
        'RouteTableId': said['RouteTableId']}


def route_table_association(cloud, name, wanted):
    said, = cloud('ec2').describe_route_tables(RouteTableIds=[wanted['RouteTableId']])['RouteTables']
    return next(one for one in said['Associations'] if one['RouteTableAssociationId'] == name)


def attachment(cloud, _, wanted):
    said, = cloud('ec2').describe_internet_gateways(InternetGatewayIds=[wanted['InternetGatewayId']])['InternetGateways']
    return {'InternetGatewayId': said['InternetGatewayId'], 'VpcId': said['Attachments'][0]['VpcId']}


def entry(cloud, _, wanted):
    said, = cloud('ec2').describe_network_acls(NetworkAclIds=[wanted['NetworkAclId']])['NetworkAcls']
    is_it = lambda one: (one['RuleNumber'], one['Egress']) == (wanted['RuleNumber'], wanted['Egress'])
    said = next(one for one in said['Entries'] if is_it(one))
    return said | {'Protocol': int(said['Protocol']), 'NetworkAclId': wanted['NetworkAclId']}


def flow_log(cloud, name, wanted):
    said, = cloud('ec2').describe_flow_logs(FlowLogIds=[name])['FlowLogs']
    return said | {'LogGroupName': said.get('LogGroupName') or said.get('LogDestination')}


READERS = {
    'AWS::EC2::FlowLog': flow_log,
    'AWS::EC2::InternetGateway': ec2('internet_gateways', 'InternetGateways', 'InternetGatewayIds'),
    'AWS::EC2::NetworkAcl': ec2('network_acls', 'NetworkAcls', 'NetworkAclIds'),
    'AWS::EC2::NetworkAclEntry': entry,
    'AWS::EC2::Route': route,
    'AWS::EC2::RouteTable': ec2('route_tables', 'RouteTables', 'RouteTableIds'),
    'AWS::EC2::SecurityGroup': ec2('security_groups', 'SecurityGroups', 'GroupIds', group),
    'AWS::EC2::Subnet': ec2('subnets', 'Subnets', 'SubnetIds'),
    'AWS::EC2::SubnetRouteTableAssociation': route_table_association,
    'AWS::EC2::VPC': ec2('vpcs', 'Vpcs', 'VpcIds', dns),
    'AWS::EC2::VPCEndpoint': ec2('vpc_endpoints', 'VpcEndpoints', 'VpcEndpointIds'),
    'AWS::EC2::VPCGatewayAttachment': attachment,
}
