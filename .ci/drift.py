"""What somebody changed behind tenantry's back on the platform that runs here, and what `tenantry drift` says of it.

Usage: drift.py PATH_OF_TENANTRY, in the folder of a platform with tenants tenant-001 to tenant-005 that is up, with a Python that
has botocore. Every kind of barrier is changed by the services' own calls, all at once, each on another resource; each has to
be told with the right word. Then all is put back, and there has to be no drift.
"""

import io
import json
import os
import pathlib
import subprocess
import sys
import zipfile

from checks import check, finish
from local_platform import ACCOUNT, REGION, administrator

TENANTRY = str(pathlib.Path(sys.argv[1]).resolve())

CROSSES, OPEN, BARRIER, CONVENTION, HARMLESS = 'isolation', 'undecided', 'barrier', 'convention', 'harmless'


def tenantry(*arguments):
    """The status and what is printed."""
    done = subprocess.run(
        [TENANTRY, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        env=os.environ | {'NO_COLOR': '1'},
    )
    if done.returncode == 2:
        print(done.stdout, done.stderr, file=sys.stderr)
    return done.returncode, done.stdout


def equal(what, found, wanted):
    check(f'{what}: {found!r}, ought to be {wanted!r}', found == wanted)


def arn(service, resource):
    return f'arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}'


def statement(action, resource, **more):
    return {'Effect': 'Allow', 'Action': action, 'Resource': resource} | more


def document(*statements):
    return json.dumps({'Version': '2012-10-17', 'Statement': statements})


class Change:
    """Something that was done by hand: what it is called, which resources drift has to tell with which words, and how it is
    put back."""

    def __init__(self, name, resources, undo):
        self.name, self.resources, self.undo = name, resources, undo


iam, kms, ec2, dynamodb = (administrator(name) for name in ('iam', 'kms', 'ec2', 'dynamodb'))
functions, logs, users, api = (administrator(name) for name in ('lambda', 'logs', 'cognito-idp', 'apigateway'))
topics, buckets = administrator('sns'), administrator('s3')

stacks = administrator('cloudformation')
stack = stacks.describe_stacks()['Stacks'][0]['StackName']
resources = {}
for page in stacks.get_paginator('list_stack_resources').paginate(StackName=stack):
    resources |= {one['LogicalResourceId']: one['PhysicalResourceId'] for one in page['StackResourceSummaries']}


def role_policy_widened():
    role, policy = 'tenant-001-role-prod', 'tenant-001-policy-prod'
    before = iam.get_role_policy(RoleName=role, PolicyName=policy)['PolicyDocument']
    wider = before | {'Statement': [*before['Statement'], statement('dynamodb:GetItem', arn('dynamodb', 'table/tenant-002-data-prod'))]}
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(wider))
    # The other table's own policy still refuses.
    return {'Tenant001RolePolicy': BARRIER}, lambda: iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(before))


def inline_policy_added():
    role, policy = 'tenant-002-role-prod', 'extra'
    grant = statement(['kms:Decrypt', 'kms:PutKeyPolicy'], '*')
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=document(grant))
    return {'FoundRolePolicyTenant002Roleextra': CROSSES}, lambda: iam.delete_role_policy(RoleName=role, PolicyName=policy)


def managed_policy_attached():
    role, policy = 'tenant-003-role-prod', 'arn:aws:iam::aws:policy/AdministratorAccess'
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    return {'Tenant003Role': CROSSES}, lambda: iam.detach_role_policy(RoleName=role, PolicyArn=policy)


def trust_opened():
    role = 'tenant-004-role-prod'
    before = iam.get_role(RoleName=role)['Role']['AssumeRolePolicyDocument']
    trust = {'Effect': 'Allow', 'Principal': {'AWS': f'arn:aws:iam::{ACCOUNT}:role/tenant-005-role-prod'}, 'Action': 'sts:AssumeRole'}
    after = before | {'Statement': [*before['Statement'], trust]}
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(after))
    return {'Tenant004Role': CROSSES}, lambda: iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(before))


def table_policy_removed():
    table = arn('dynamodb', 'table/tenant-001-users-prod')
    before = dynamodb.get_resource_policy(ResourceArn=table)['Policy']
    dynamodb.delete_resource_policy(ResourceArn=table)
    return {'Tenant001UsersTable': BARRIER}, lambda: dynamodb.put_resource_policy(ResourceArn=table, Policy=before)


def table_policy_opened():
    table = arn('dynamodb', 'table/tenant-002-users-prod')
    before = dynamodb.get_resource_policy(ResourceArn=table)['Policy']
    grant = statement('dynamodb:*', table, Principal={'AWS': f'arn:aws:iam::{ACCOUNT}:role/tenant-003-role-prod'})
    dynamodb.put_resource_policy(ResourceArn=table, Policy=document(grant))
    return {'Tenant002UsersTable': CROSSES}, lambda: dynamodb.put_resource_policy(ResourceArn=table, Policy=before)


def key_policy_opened():
    key = resources['Tenant001Key']
    before = kms.get_key_policy(KeyId=key, PolicyName='default')['Policy']
    parsed = json.loads(before)
    grant = statement('kms:Decrypt', '*', Principal={'AWS': f'arn:aws:iam::{ACCOUNT}:role/tenant-002-role-prod'})
    after = parsed | {'Statement': [*parsed['Statement'], grant]}
    kms.put_key_policy(KeyId=key, PolicyName='default', Policy=json.dumps(after))
    return {'Tenant001Key': CROSSES}, lambda: kms.put_key_policy(KeyId=key, PolicyName='default', Policy=before)


def key_granted():
    key = resources['Tenant003Key']
    grantee = f'arn:aws:iam::{ACCOUNT}:role/tenant-004-role-prod'
    grant = kms.create_grant(KeyId=key, GranteePrincipal=grantee, Operations=['Decrypt'])['GrantId']
    return {'Tenant003Key': CROSSES}, lambda: kms.revoke_grant(KeyId=key, GrantId=grant)


def rotation_stopped():
    key = resources['Tenant004Key']
    kms.disable_key_rotation(KeyId=key)
    return {'Tenant004Key': HARMLESS}, lambda: kms.enable_key_rotation(KeyId=key)


def invocation_allowed():
    function = 'tenant-001-api-prod'
    functions.add_permission(
        FunctionName=function, StatementId='extra', Action='lambda:InvokeFunction',
        Principal=f'arn:aws:iam::{ACCOUNT}:role/tenant-002-role-prod',
    )
    return {'FoundPermissiontenant001apiprod0': CROSSES}, lambda: functions.remove_permission(FunctionName=function, StatementId='extra')


def function_of_another_tenant():
    function = 'tenant-002-api-prod'
    before = functions.get_function_configuration(FunctionName=function)['Environment']
    after = {'Variables': before['Variables'] | {'TENANT_ID': 'tenant-003', 'DATA_TABLE': 'tenant-003-data-prod'}}
    functions.update_function_configuration(FunctionName=function, Environment=after)
    return {'Tenant002Function': CROSSES}, lambda: functions.update_function_configuration(FunctionName=function, Environment=before)


def other_code():
    function = 'tenant-005-api-prod'
    # What it runs is kept in the bucket of the platform's code under the key that the template has.
    template = json.loads(tenantry('synth', 'cloudformation')[1])
    key = template['Resources']['Tenant005Function']['Properties']['Code']['S3Key']
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, 'w') as zipped:
        zipped.writestr('index.mjs', 'export const handler = async () => ({ statusCode: 200 })')
    functions.update_function_code(FunctionName=function, ZipFile=archive.getvalue())
    return {'Tenant005Function': OPEN}, lambda: functions.update_function_code(FunctionName=function, S3Bucket='tenantry-code', S3Key=key)


def authorizer_taken_off():
    rest = resources['Api']
    every = {one['path']: one['id'] for one in api.get_resources(restApiId=rest, limit=500)['items']}
    where = {'restApiId': rest, 'resourceId': every['/tenants/tenant-001/users'], 'httpMethod': 'GET'}
    before = api.get_method(**where)
    change = lambda kind: [{'op': 'replace', 'path': '/authorizationType', 'value': kind}]
    api.update_method(**where, patchOperations=change('NONE'))
    return {'Api': CROSSES}, lambda: api.update_method(**where, patchOperations=change(before['authorizationType']))


def security_group_opened():
    group = resources['Tenant001SecurityGroup']
    rule = {'GroupId': group, 'IpPermissions': [
        {'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, 'IpRanges': [{'CidrIp': '10.0.0.0/16'}]},
    ]}
    ec2.authorize_security_group_ingress(**rule)
    return {'Tenant001SecurityGroup': BARRIER}, lambda: ec2.revoke_security_group_ingress(**rule)


def network_acl_opened():
    found = ec2.describe_network_acls(Filters=[{'Name': 'default', 'Values': ['false']}])['NetworkAcls'][0]
    acl = found['NetworkAclId']
    entry = {'NetworkAclId': acl, 'RuleNumber': 50, 'Egress': False}
    ec2.create_network_acl_entry(**entry, Protocol='-1', RuleAction='allow', CidrBlock='10.0.0.0/16')
    name = 'FoundNetworkAclEntry' + ''.join(letter for letter in f'{acl}50false' if letter.isalnum())
    return {name: BARRIER}, lambda: ec2.delete_network_acl_entry(**entry)


def route_added():
    route = {'RouteTableId': resources['TenantRouteTable'], 'DestinationCidrBlock': '0.0.0.0/0'}
    ec2.create_route(**route, GatewayId=resources['InternetGateway'])
    name = 'FoundRoute' + ''.join(letter for letter in f'{route["RouteTableId"]}0.0.0.0/0' if letter.isalnum())
    return {name: BARRIER}, lambda: ec2.delete_route(**route)


def tag_changed():
    subnet = resources['Tenant005SubnetA']
    tag = lambda value: ec2.create_tags(Resources=[subnet], Tags=[{'Key': 'cost_center', 'Value': value}])
    before = {one['Key']: one['Value'] for one in ec2.describe_subnets(SubnetIds=[subnet])['Subnets'][0]['Tags']}['cost_center']
    tag('somebody-else')
    return {'Tenant005SubnetA': HARMLESS}, lambda: tag(before)


def tag_taken_away():
    subnet = resources['Tenant005SubnetB']
    tags = {one['Key']: one['Value'] for one in ec2.describe_subnets(SubnetIds=[subnet])['Subnets'][0]['Tags']}
    tag = [{'Key': 'cost_center', 'Value': tags['cost_center']}]
    ec2.delete_tags(Resources=[subnet], Tags=tag)
    return {'Tenant005SubnetB': CONVENTION}, lambda: ec2.create_tags(Resources=[subnet], Tags=tag)


def log_kept_for_ever():
    group = resources['Tenant001LogGroup']
    logs.delete_retention_policy(logGroupName=group)
    return {'Tenant001LogGroup': CONVENTION}, lambda: logs.put_retention_policy(logGroupName=group, retentionInDays=30)


def trigger_added():
    pool = resources['UserPool']
    trigger = {'PreTokenGeneration': arn('lambda', 'function:tenant-001-api-prod')}
    users.update_user_pool(UserPoolId=pool, LambdaConfig=trigger)
    return {'UserPool': OPEN}, lambda: users.update_user_pool(UserPoolId=pool, LambdaConfig={})


def client_changed():
    pool, client = resources['UserPool'], resources['UserPoolClient']
    before = users.describe_user_pool_client(UserPoolId=pool, ClientId=client)['UserPoolClient']['WriteAttributes']
    users.update_user_pool_client(UserPoolId=pool, ClientId=client, WriteAttributes=[*before, 'custom:tenant_id'])
    return {'UserPoolClient': BARRIER}, lambda: users.update_user_pool_client(UserPoolId=pool, ClientId=client, WriteAttributes=before)


def client_added():
    pool = resources['UserPool']
    client = users.create_user_pool_client(UserPoolId=pool, ClientName='extra')['UserPoolClient']['ClientId']
    name = 'FoundUserPoolClient' + ''.join(letter for letter in client if letter.isalnum())
    return {name: BARRIER}, lambda: users.delete_user_pool_client(UserPoolId=pool, ClientId=client)


def table_added():
    name = 'tenant-001-copy'
    dynamodb.create_table(
        TableName=name, BillingMode='PAY_PER_REQUEST', KeySchema=[{'AttributeName': 'pk', 'KeyType': 'HASH'}],
        AttributeDefinitions=[{'AttributeName': 'pk', 'AttributeType': 'S'}],
    )
    return {'FoundTabletenant001copy': CONVENTION}, lambda: dynamodb.delete_table(TableName=name)


def bucket_public():
    bucket = resources['AuditBucket']
    before = buckets.get_public_access_block(Bucket=bucket)['PublicAccessBlockConfiguration']
    buckets.delete_public_access_block(Bucket=bucket)
    undo = lambda: buckets.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=before)
    return {'AuditBucket': BARRIER}, undo


def topic_opened():
    topic = resources['AlarmTopic']
    before = topics.get_topic_attributes(TopicArn=topic)['Attributes']['Policy']
    after = document(statement('sns:Publish', topic, Principal='*'))
    change = lambda policy: topics.set_topic_attributes(TopicArn=topic, AttributeName='Policy', AttributeValue=policy)
    change(after)
    return {'AlarmTopicPolicy': BARRIER}, lambda: change(before)


CHANGES = [
    role_policy_widened, inline_policy_added, managed_policy_attached, trust_opened, table_policy_removed, table_policy_opened,
    key_policy_opened, key_granted, rotation_stopped, invocation_allowed, function_of_another_tenant, other_code,
    authorizer_taken_off, security_group_opened, network_acl_opened, route_added, tag_changed, tag_taken_away,
    log_kept_for_ever, trigger_added, client_changed, client_added, table_added, bucket_public, topic_opened,
]


def as_auditor(*arguments, without=None):
    """tenantry's status where it calls as a user who may make the calls of `drift --policy` and no other."""
    policy = json.loads(tenantry('drift', '--policy')[1])
    actions = policy['Statement'][0]['Action']
    policy['Statement'][0]['Action'] = [action for action in actions if action != without]
    # On this machine the archives of the functions' code are hashed where they lie.
    policy['Statement'].append({'Effect': 'Allow', 'Action': 's3:GetObject', 'Resource': 'arn:aws:s3:::tenantry-code/*'})
    user = {'UserName': 'somebody-who-looks'}
    iam.create_user(**user)
    iam.put_user_policy(**user, PolicyName='look', PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(**user)['AccessKey']
    secrets = pathlib.Path('.tenantry/secrets.json')
    before = secrets.read_text()
    try:
        its = {'id': key['AccessKeyId'], 'secret': key['SecretAccessKey']}
        secrets.write_text(json.dumps(json.loads(before) | {'key': its}))
        return subprocess.run([TENANTRY, *arguments], capture_output=True).returncode
    finally:
        secrets.write_text(before)
        iam.delete_access_key(**user, AccessKeyId=key['AccessKeyId'])
        iam.delete_user_policy(**user, PolicyName='look')
        iam.delete_user(**user)


def the_policy_is_enough():
    # The bucket's policy refuses what comes without TLS, as everything does on this machine.
    bucket = resources['AuditBucket']
    before = buckets.get_bucket_policy(Bucket=bucket)['Policy']
    buckets.delete_bucket_policy(Bucket=bucket)
    try:
        equal('the printed policy is enough, and tells that the bucket has none', as_auditor('drift'), 1)
        equal('with one action less it is not', as_auditor('drift', without='kms:GetKeyPolicy'), 2)
    finally:
        buckets.put_bucket_policy(Bucket=bucket, Policy=before)


def main():
    status, text = tenantry('drift')
    equal('a platform that nobody changed has no drift', (status, 'no drift' in text), (0, True))
    equal('and is proven as it is deployed', tenantry('verify', '--deployed')[0], 0)
    the_policy_is_enough()
    done = []
    try:
        for change in CHANGES:
            try:
                told, undo = change()
                done.append(Change(change.__name__, told, undo))
            except Exception as error:
                equal(f'{change.__name__} can be made', f'{type(error).__name__}: {error}', '')
        status, text = tenantry('drift', '--format', 'json')
        pathlib.Path(os.environ.get('DRIFT_OUT', '/dev/null')).write_text(text)
        equal('changes are drift', status, 1)
        drift = json.loads(text)
        found = {one['resource']['id']: one for one in drift['cells'][0]['differences']}
        for change in done:
            for name, word in change.resources.items():
                equal(f'{change.name.replace("_", " ")}: {name}', found.pop(name, {}).get('meaning'), word)
        equal('and nothing else is told', sorted(found), [])
        status, _ = tenantry('verify', '--deployed')
        equal('what is deployed is breached', (drift['isolation'], status), ('breached', 1))
    finally:
        for change in reversed(done):
            change.undo()
    status, text = tenantry('drift')
    equal('what was put back is no drift', (status, 'no drift' in text), (0, True))
    finish()


main()
