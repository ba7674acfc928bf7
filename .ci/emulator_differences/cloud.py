"""The running emulator: its services as the administrator, and the resources of a stack."""

from botocore.exceptions import ClientError

import local_platform
from local_platform import ACCOUNT, REGION


class Cloud:
    """The services, as the administrator, and what is in the stack."""

    def __init__(self):
        self.clients = {}

    def __call__(self, service):
        if service not in self.clients:
            self.clients[service] = local_platform.administrator(service)
        return self.clients[service]


def absent(act):
    """What a call gives; None where the service says that there is no such thing."""
    try:
        return act()
    except ClientError as error:
        if error.response['ResponseMetadata']['HTTPStatusCode'] in (400, 404):
            return None
        raise


def physical_ids(cloud, stack):
    """The stack's own, and by their tags those of what was made beside it."""
    ids = {}
    for page in cloud('cloudformation').get_paginator('list_stack_resources').paginate(StackName=stack):
        ids |= {one['LogicalResourceId']: one['PhysicalResourceId'] for one in page['StackResourceSummaries']}
    mine = [{'Name': 'tag:tenantry:stack', 'Values': [stack]}]
    beside = [(one['NetworkAclId'], one['Tags']) for one in cloud('ec2').describe_network_acls(Filters=mine)['NetworkAcls']]
    beside += [(one['FlowLogId'], one['Tags']) for one in cloud('ec2').describe_flow_logs(Filters=mine)['FlowLogs']]
    for name in (one['Name'] for one in cloud('cloudtrail').describe_trails()['trailList']):
        arn = f'arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{name}'
        beside.append((name, cloud('cloudtrail').list_tags(ResourceIdList=[arn])['ResourceTagList'][0]['TagsList']))
    for name, tags in beside:
        tags = {tag['Key']: tag['Value'] for tag in tags}
        if tags.get('tenantry:stack') == stack:
            ids[tags['tenantry:resource']] = name
    return ids
