"""Holds a running platform against its template, property by property, and against what `tenantry up` tells of it.

Usage: PYTHON_WITH_BOTOCORE .ci/emulator_differences.py PATH_OF_TENANTRY, in the folder of a platform that is up. Every property
of every resource is either read back here, by botocore, and as the template says, or told by name; and what is told
to be missing is missing. A type or a property that is new in the template fails until it is one of the two.
"""

import json
import pathlib
import re
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from botocore.exceptions import ClientError

import local_platform
from checks import check, finish, run

TENANTRY = sys.argv[1]
ACCOUNT, REGION = '000000000000', 'us-east-1'
CONSTANTS = {
    'AWS::AccountId': ACCOUNT, 'AWS::Region': REGION, 'AWS::Partition': 'aws', 'AWS::URLSuffix': 'amazonaws.com',
}
INTEGRATION = 'x-amazon-apigateway-integration'
# Nothing to read back: an instruction to CloudFormation, and a waiting time that shows when the key goes.
NOWHERE = {
    ('AWS::ApiGateway::RestApi', 'FailOnWarnings'), ('AWS::KMS::Key', 'PendingWindowInDays'),
    # Carried out by a function of the platform's own.
    ('Custom::EmptyBucket', 'ServiceToken'), ('Custom::EmptyBucket', 'BucketName'),
}


def tenantry(*arguments, expect=0):
    command = (TENANTRY, '--format', 'json', *arguments)
    return json.loads(run(*command, said=f'tenantry {" ".join(arguments)}', expect=expect).stdout)


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


class Template:
    """The whole template, with its functions resolved from what the services say."""

    def __init__(self, text, stack, physical, cloud):
        self.body, self.stack, self.physical, self.cloud = json.loads(text), stack, physical, cloud
        self.values = CONSTANTS | {'AWS::StackName': stack, 'CodeBucket': 'tenantry-code'}

    def resources(self):
        for name, resource in self.body['Resources'].items():
            yield name, resource['Type'], resource.get('Properties', {})

    def kind(self, name):
        return self.body['Resources'][name]['Type']

    def attribute(self, name, attribute):
        kind, physical = self.kind(name), self.physical[name]
        cloud = self.cloud
        if attribute == 'Arn':
            if kind == 'AWS::IAM::Role':
                return cloud('iam').get_role(RoleName=physical)['Role']['Arn']
            if kind == 'AWS::KMS::Key':
                return cloud('kms').describe_key(KeyId=physical)['KeyMetadata']['Arn']
            if kind == 'AWS::DynamoDB::Table':
                return cloud('dynamodb').describe_table(TableName=physical)['Table']['TableArn']
            if kind == 'AWS::Lambda::Function':
                return cloud('lambda').get_function_configuration(FunctionName=physical)['FunctionArn']
            if kind == 'AWS::Logs::LogGroup':
                groups = cloud('logs').describe_log_groups(logGroupNamePrefix=physical)['logGroups']
                arn = next(group['arn'] for group in groups if group['logGroupName'] == physical)
                return arn if arn.endswith(':*') else f'{arn}:*'
        raise KeyError(f'{attribute} of {name} ({kind})')

    def resolve(self, value):
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), = value.items()
            if function == 'Ref':
                return self.values.get(argument) or self.physical[argument]
            if function == 'Fn::GetAtt':
                return self.attribute(*argument)
            if function == 'Fn::Sub':
                return re.sub(r'\$\{(!?)([^}]+)\}', self.substituted, argument)
        return {name: self.resolve(inner) for name, inner in value.items()}

    def substituted(self, match):
        literal, name = match.groups()
        if literal:
            return '${' + name + '}'
        return self.attribute(*name.split('.')) if '.' in name else self.resolve({'Ref': name})


# --- What each service shows, in the template's words -----------------------------------------------------------------

def tags_of(pairs):
    return [{'Key': key, 'Value': value} for key, value in pairs.items()]


def table(cloud, name, wanted):
    client = cloud('dynamodb')
    said = client.describe_table(TableName=name)['Table']
    arn = said['TableArn']
    backups = client.describe_continuous_backups(TableName=name)['ContinuousBackupsDescription']
    ttl = client.describe_time_to_live(TableName=name)['TimeToLiveDescription']
    policy = absent(lambda: client.get_resource_policy(ResourceArn=arn)['Policy'])
    sse = said.get('SSEDescription', {})
    return {
        'AttributeDefinitions': said['AttributeDefinitions'], 'KeySchema': said['KeySchema'],
        'BillingMode': said['BillingModeSummary']['BillingMode'], 'TableName': said['TableName'],
        'DeletionProtectionEnabled': said['DeletionProtectionEnabled'],
        'PointInTimeRecoverySpecification': {'PointInTimeRecoveryEnabled':
            backups['PointInTimeRecoveryDescription']['PointInTimeRecoveryStatus'] == 'ENABLED'},
        'TimeToLiveSpecification': {
            'Enabled': ttl['TimeToLiveStatus'] == 'ENABLED', 'AttributeName': ttl.get('AttributeName')},
        'SSESpecification': {'SSEEnabled': sse.get('Status') == 'ENABLED', 'SSEType': sse.get('SSEType'),
            'KMSMasterKeyId': sse.get('KMSMasterKeyArn')},
        'ResourcePolicy': policy and {'PolicyDocument': json.loads(policy)},
        'Tags': client.list_tags_of_resource(ResourceArn=arn)['Tags'],
    }


def bucket(cloud, name, wanted):
    client = cloud('s3')
    get = lambda what, **more: absent(lambda: getattr(client, f'get_bucket_{what}')(Bucket=name, **more))
    rules = get('encryption')['ServerSideEncryptionConfiguration']['Rules']
    encryption = [
        {'BucketKeyEnabled': rule['BucketKeyEnabled'],
         'ServerSideEncryptionByDefault': rule['ApplyServerSideEncryptionByDefault']} for rule in rules
    ]
    lifecycle = get('lifecycle_configuration')
    rules = [
        {'AbortIncompleteMultipartUpload': rule.get('AbortIncompleteMultipartUpload'), 'Id': rule['ID'],
         'ExpirationInDays': rule.get('Expiration', {}).get('Days'), 'Status': rule['Status'],
         'NoncurrentVersionExpiration': rule.get('NoncurrentVersionExpiration')}
        for rule in (lifecycle or {}).get('Rules', [])
    ]
    block = client.get_public_access_block(Bucket=name)['PublicAccessBlockConfiguration']
    return {
        'BucketName': name, 'BucketEncryption': {'ServerSideEncryptionConfiguration': encryption},
        'LifecycleConfiguration': {'Rules': rules}, 'PublicAccessBlockConfiguration': block,
        'OwnershipControls': get('ownership_controls')['OwnershipControls'],
        'VersioningConfiguration': {'Status': get('versioning').get('Status')},
        'Tags': (get('tagging') or {}).get('TagSet'),
    }


def bucket_policy(cloud, _, wanted):
    said = cloud('s3').get_bucket_policy(Bucket=wanted['Bucket'])['Policy']
    return {'Bucket': wanted['Bucket'], 'PolicyDocument': json.loads(said)}


def function(cloud, name, wanted):
    client = cloud('lambda')
    said = client.get_function(FunctionName=name)
    settings = said['Configuration']
    network = settings.get('VpcConfig', {})
    # Where this machine serves the user pool's keys: an addition of tenantry's own.
    settings.get('Environment', {}).get('Variables', {}).pop('JWKS_URI', None)
    key = wanted['Code']['S3Key']
    stored = cloud('s3').head_object(Bucket=wanted['Code']['S3Bucket'], Key=key)
    return {
        **{name: settings.get(name) for name in wanted},
        'VpcConfig': {name: network.get(name) for name in ('SecurityGroupIds', 'SubnetIds')},
        'Tags': tags_of(said['Tags']),
        'Code': wanted['Code'] if settings['CodeSize'] == stored['ContentLength'] else settings['CodeSize'],
    }


def permission(cloud, _, wanted):
    policy = json.loads(cloud('lambda').get_policy(FunctionName=wanted['FunctionName'])['Policy'])
    shown = []
    for statement in policy['Statement']:
        condition = {
            name.lower(): value for test in statement.get('Condition', {}).values() for name, value in test.items()
        }
        shown.append({
            'Action': statement['Action'], 'FunctionName': statement['Resource'],
            'Principal': statement['Principal'].get('Service'), 'SourceArn': condition.get('aws:sourcearn'),
            'SourceAccount': condition.get('aws:sourceaccount'),
        })
    shown = [{name: value for name, value in one.items() if value is not None} for one in shown]
    return next((one for one in shown if one == wanted), {'statements': shown})


def topic(cloud, arn, wanted):
    client = cloud('sns')
    said = client.get_topic_attributes(TopicArn=arn)['Attributes']
    return {
        'TopicName': arn.rsplit(':', 1)[1], 'KmsMasterKeyId': said.get('KmsMasterKeyId'),
        'Tags': client.list_tags_for_resource(ResourceArn=arn)['Tags'],
    }


def topic_policy(cloud, _, wanted):
    policies = [
        json.loads(cloud('sns').get_topic_attributes(TopicArn=arn)['Attributes']['Policy']) for arn in wanted['Topics']
    ]
    return {'PolicyDocument': policies[0], 'Topics': wanted['Topics'] if len(policies) == 1 else None}


def rest_api(cloud, api, wanted):
    client = cloud('apigateway')
    said = client.get_rest_api(restApiId=api)
    exported = client.get_export(
        restApiId=api, stageName=cloud.stage, exportType='oas30', parameters={'extensions': 'apigateway'}, accepts='application/json')
    shown = json.loads(exported['body'].read())
    paths = {}
    for path, methods in wanted['Body.paths'].items():
        there = shown['paths'].get(path, {})
        paths[path] = {
            method: {name: there.get(method, {}).get(name) for name in operation} for method, operation in methods.items()
        }
        for method, operation in methods.items():
            # The export says more of an integration.
            if paths[path][method].get(INTEGRATION):
                paths[path][method][INTEGRATION] = {
                    name: paths[path][method][INTEGRATION].get(name) for name in operation[INTEGRATION]}
    for path, methods in shown['paths'].items():
        more = set(methods) - set(wanted['Body.paths'].get(path, {})) - {'parameters'}
        if more:
            paths.setdefault(path, {}).update({method: 'not in the template' for method in more})
    authorizer = client.get_authorizers(restApiId=api)['items'][0]
    scheme, = wanted['Body.components']['securitySchemes']
    definition = wanted['Body.components']['securitySchemes'][scheme]
    components = {'securitySchemes': {scheme: {
        **{name: definition[name] for name in ('type', 'in', 'x-amazon-apigateway-authtype')},
        'name': authorizer['identitySource'].removeprefix('method.request.header.'),
        'x-amazon-apigateway-authorizer': {
            'type': authorizer['type'].lower(), 'authorizerUri': authorizer['authorizerUri'],
            'authorizerResultTtlInSeconds': authorizer['authorizerResultTtlInSeconds'],
            'identityValidationExpression': authorizer['identityValidationExpression'],
        },
    }}}
    responses = {}
    for kind, response in wanted.get('Body.x-amazon-apigateway-gateway-responses', {}).items():
        there = client.get_gateway_response(restApiId=api, responseType=kind)
        responses[kind] = {name: there.get(name) for name in response}
    return {
        'Name': said['name'], 'Description': said.get('description'), 'Tags': tags_of(said['tags']),
        'EndpointConfiguration': {'Types': said['endpointConfiguration'].get('types')},
        'Body.openapi': shown['openapi'], 'Body.info': {
            'title': shown['info'].get('title'), 'version': wanted['Body.info'].get('version')},
        'Body.paths': paths, 'Body.components': components,
        'Body.x-amazon-apigateway-gateway-responses': responses,
        'Body.paths.*.parameters': {
            f'{method} {path}': shown['paths'].get(path, {}).get(method, {}).get('parameters')
            for path, methods in wanted['Body.paths'].items() for method in methods},
        'Body.paths.*.responses': None,
    } | {
        name: None for name in wanted if name.startswith('Body.components.')
    } | {
        name: {
            operation: of_integration(shown, operation, name.rsplit('.', 1)[1]) for operation in value
        } for name, value in wanted.items() if name.startswith(f'Body.paths.*.{INTEGRATION}.')
    }


def of_integration(shown, operation, name):
    method, path = operation.split(' ', 1)
    return shown['paths'].get(path, {}).get(method, {}).get(INTEGRATION, {}).get(name)


def deployment(cloud, name, wanted):
    said = cloud('apigateway').get_deployment(restApiId=wanted['RestApiId'], deploymentId=name)
    return {'RestApiId': wanted['RestApiId'], 'Description': said.get('description')}


def stage(cloud, name, wanted):
    said = cloud('apigateway').get_stage(restApiId=wanted['RestApiId'], stageName=name)
    settings = []
    for one in wanted['MethodSettings']:
        # All paths are `/*` in a template and `*` in what is shown.
        path = '*' if one['ResourcePath'] == '/*' else one['ResourcePath']
        there = said['methodSettings'].get(f'{path}/{one["HttpMethod"]}', {})
        settings.append({
            'HttpMethod': one['HttpMethod'], 'ResourcePath': one['ResourcePath'],
            'ThrottlingBurstLimit': there.get('throttlingBurstLimit'),
            'ThrottlingRateLimit': there.get('throttlingRateLimit')})
    log = said.get('accessLogSettings', {})
    return {
        'RestApiId': wanted['RestApiId'], 'StageName': said['stageName'], 'DeploymentId': said['deploymentId'],
        'MethodSettings': settings, 'Tags': tags_of(said['tags']),
        'AccessLogSetting': {'DestinationArn': log.get('destinationArn'), 'Format': log.get('format')},
    }


def account(cloud, _, wanted):
    return {'CloudWatchRoleArn': cloud('apigateway').get_account()['cloudwatchRoleArn']}


def alarm(cloud, name, wanted):
    said = cloud('cloudwatch').describe_alarms(AlarmNames=[name])['MetricAlarms'][0]
    tags = cloud('cloudwatch').list_tags_for_resource(ResourceARN=said['AlarmArn'])['Tags']
    return {name: said.get(name) for name in wanted} | {'Tags': tags}


def dashboard(cloud, name, wanted):
    return {'DashboardName': name, 'DashboardBody': cloud('cloudwatch').get_dashboard(DashboardName=name)['DashboardBody']}


def user_pool(cloud, pool, wanted):
    said = cloud('cognito-idp').describe_user_pool(UserPoolId=pool)['UserPool']
    mfa = cloud('cognito-idp').get_user_pool_mfa_config(UserPoolId=pool)
    own = [attribute for attribute in said['SchemaAttributes'] if attribute['Name'].startswith('custom:')]
    schema = [
        {name: attribute.get(name) for name in wanted['Schema'][0]} | {'Name': attribute['Name'].removeprefix('custom:')}
        for attribute in own
    ]
    devices = ['SOFTWARE_TOKEN_MFA'] if mfa.get('SoftwareTokenMfaConfiguration', {}).get('Enabled') else []
    tags = {name: value for name, value in said['UserPoolTags'].items() if not name.startswith('aws:')}
    return {name: said.get(name) for name in wanted} | {
        'UserPoolName': said['Name'], 'UserPoolTags': tags, 'Schema': schema, 'EnabledMfas': devices,
        'MfaConfiguration': mfa['MfaConfiguration'],
        'Policies': {'PasswordPolicy': {
            name: said['Policies']['PasswordPolicy'].get(name) for name in wanted['Policies']['PasswordPolicy']}},
        'AdminCreateUserConfig': {name: said['AdminCreateUserConfig'].get(name) for name in wanted['AdminCreateUserConfig']},
    }


def user_pool_client(cloud, name, wanted):
    said = cloud('cognito-idp').describe_user_pool_client(UserPoolId=wanted['UserPoolId'], ClientId=name)
    said = said['UserPoolClient']
    return {name: said.get(name) for name in wanted} | {'GenerateSecret': 'ClientSecret' in said}


def role(cloud, name, wanted):
    said = cloud('iam').get_role(RoleName=name)['Role']
    attached = cloud('iam').list_attached_role_policies(RoleName=name)['AttachedPolicies']
    return {
        'RoleName': said['RoleName'], 'Description': said.get('Description'), 'Tags': said.get('Tags'),
        'AssumeRolePolicyDocument': said['AssumeRolePolicyDocument'],
        'ManagedPolicyArns': [policy['PolicyArn'] for policy in attached],
    }


def role_policy(cloud, _, wanted):
    said = [
        cloud('iam').get_role_policy(RoleName=role, PolicyName=wanted['PolicyName']) for role in wanted['Roles']]
    return {
        'PolicyName': said[0]['PolicyName'], 'PolicyDocument': said[0]['PolicyDocument'],
        'Roles': [one['RoleName'] for one in said],
    }


def key(cloud, name, wanted):
    client = cloud('kms')
    tags = client.list_resource_tags(KeyId=name)['Tags']
    return {
        'Description': client.describe_key(KeyId=name)['KeyMetadata']['Description'],
        'EnableKeyRotation': client.get_key_rotation_status(KeyId=name)['KeyRotationEnabled'],
        'KeyPolicy': json.loads(client.get_key_policy(KeyId=name, PolicyName='default')['Policy']),
        'Tags': [{'Key': tag['TagKey'], 'Value': tag['TagValue']} for tag in tags],
    }


def key_alias(cloud, name, wanted):
    said = next(alias for alias in cloud('kms').list_aliases()['Aliases'] if alias['AliasName'] == name)
    return {'AliasName': said['AliasName'], 'TargetKeyId': said['TargetKeyId']}


def log_group(cloud, name, wanted):
    client = cloud('logs')
    groups = client.describe_log_groups(logGroupNamePrefix=name)['logGroups']
    said = next(group for group in groups if group['logGroupName'] == name)
    return {
        'LogGroupName': name, 'KmsKeyId': said.get('kmsKeyId'), 'RetentionInDays': said.get('retentionInDays'),
        'Tags': tags_of(client.list_tags_log_group(logGroupName=name)['tags']),
    }


def metric_filter(cloud, name, wanted):
    said = cloud('logs').describe_metric_filters(logGroupName=wanted['LogGroupName'])['metricFilters']
    said = next(one for one in said if one['filterName'] == name)
    transformations = [
        {name[0].upper() + name[1:]: tags_of(value) if name.lower() == 'dimensions' else value for name, value in one.items()}
        for one in said['metricTransformations']]
    return {
        'FilterName': said['filterName'], 'FilterPattern': said['filterPattern'], 'LogGroupName': said['logGroupName'],
        'MetricTransformations': transformations,
    }


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


def trail(cloud, name, wanted):
    client = cloud('cloudtrail')
    said, = client.describe_trails(trailNameList=[name])['trailList']
    return said | {
        'TrailName': said['Name'], 'KMSKeyId': said.get('KmsKeyId'),
        'EnableLogFileValidation': said['LogFileValidationEnabled'],
        'IsLogging': client.get_trail_status(Name=name)['IsLogging'],
        'AdvancedEventSelectors': client.get_event_selectors(TrailName=name).get('AdvancedEventSelectors'),
        'Tags': client.list_tags(ResourceIdList=[said['TrailARN']])['ResourceTagList'][0]['TagsList'],
    }


READERS = {
    'AWS::ApiGateway::Account': account,
    'AWS::ApiGateway::Deployment': deployment,
    'AWS::ApiGateway::RestApi': rest_api,
    'AWS::ApiGateway::Stage': stage,
    'AWS::CloudTrail::Trail': trail,
    'AWS::CloudWatch::Alarm': alarm,
    'AWS::CloudWatch::Dashboard': dashboard,
    'AWS::Cognito::UserPool': user_pool,
    'AWS::Cognito::UserPoolClient': user_pool_client,
    'AWS::DynamoDB::Table': table,
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
    'AWS::IAM::Policy': role_policy,
    'AWS::IAM::Role': role,
    'AWS::KMS::Alias': key_alias,
    'AWS::KMS::Key': key,
    'AWS::Lambda::Function': function,
    'AWS::Lambda::Permission': permission,
    'AWS::Logs::LogGroup': log_group,
    'AWS::Logs::MetricFilter': metric_filter,
    'AWS::S3::Bucket': bucket,
    'AWS::S3::BucketPolicy': bucket_policy,
    'AWS::SNS::Topic': topic,
    'AWS::SNS::TopicPolicy': topic_policy,
}


def normal(value):
    """Tags in any order and without those of CloudFormation and of tenantry; a list of one text as that text."""
    if isinstance(value, dict):
        return {name: normal(inner) for name, inner in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(item, dict) and set(item) == {'Key', 'Value'} for item in value):
            own = [tag for tag in value if not tag['Key'].startswith(('aws:', 'tenantry:'))]
            return sorted(own, key=lambda tag: tag['Key'])
        return [normal(item) for item in value]
    return value


def parts(kind, properties):
    """The properties, with an API's definition split into its members, and what every method says apart."""
    if kind != 'AWS::ApiGateway::RestApi':
        return properties
    properties = dict(properties)
    definition = json.loads(json.dumps(properties.pop('Body')))
    for path, methods in definition['paths'].items():
        for method, operation in methods.items():
            apart = {part: operation.pop(part) for part in ('parameters', 'responses') if part in operation}
            integration = operation[INTEGRATION]
            for name in set(integration) - {'type', 'httpMethod', 'uri'}:
                apart[f'{INTEGRATION}.{name}'] = integration.pop(name)
            for part, value in apart.items():
                properties.setdefault(f'Body.paths.*.{part}', {})[f'{method} {path}'] = value
    components = definition.get('components', {})
    for name in set(components) - {'securitySchemes'}:
        properties[f'Body.components.{name}'] = components.pop(name)
    return properties | {f'Body.{name}': value for name, value in definition.items()}


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


def account_for(template, cloud, told):
    """Compares every property. `told` is what tenantry tells: (resource, property or None) to reason. Gives complaints and
    how many properties are as the template says."""
    told, complaints, same = dict(told), [], 0
    for name, kind, properties in template.resources():
        if (name, None) in told:
            if name in template.physical:
                complaints.append(f'{name} is told to be missing, and is there')
            continue
        # An entry is a part of its ACL and has no id.
        if name not in template.physical and kind != 'AWS::EC2::NetworkAclEntry':
            complaints.append(f'{name} ({kind}) is neither there nor told')
            continue
        wanted = parts(kind, template.resolve(properties))
        read = READERS.get(kind)
        found = read(cloud, template.physical.get(name), wanted) if read else {}
        for property in wanted:
            reason = told.pop((name, property), None)
            if (kind, property) in NOWHERE:
                if reason:
                    complaints.append(f'{name}: {property} is told, and nothing could be read back')
                continue
            holds = property in found and normal(wanted[property]) == normal(found[property])
            same += holds
            if reason in (None, 'not enforced') and not holds:
                it = f'{found.get(property)!r:.300}, not {wanted[property]!r:.300}'
                complaints.append(f'{name} ({kind}): {property} is {it}, and that is not told')
            if reason not in (None, 'not enforced') and holds:
                complaints.append(f'{name}: {property} is told as {reason}, and is as the template says')
    complaints += [f'{one} is told, and not in the template' for one in told if one[1] is not None]
    return complaints, same


def what_is_new(template, cloud, told):
    """A property and a type that nobody has looked at are complained of, one by one."""
    resources = template.body['Resources']
    table = next(name for name, kind, _ in template.resources() if kind == 'AWS::DynamoDB::Table')
    resources[table]['Properties']['TableClass'] = 'STANDARD_INFREQUENT_ACCESS'
    resources['Queue'] = {'Type': 'AWS::SQS::Queue', 'Properties': {'QueueName': 'queue'}}
    template.physical['Queue'] = 'queue'
    resources['Budget'] = {'Type': 'AWS::Budgets::Budget', 'Properties': {}}
    complaints, _ = account_for(template, cloud, told)
    read = [re.match(r'(\w+) \(.*?\)(?:: (\w+))?', complaint) for complaint in complaints]
    seen = [match and match.groups() for match in read]
    check(f'what is new is complained of: {seen}', seen == [
        (table, 'TableClass'), ('Queue', 'QueueName'), ('Budget', None)])
    del resources[table]['Properties']['TableClass'], resources['Queue'], resources['Budget'], template.physical['Queue']
    # What is told and not there is complained of when it is not told.
    less = {one: reason for one, reason in told.items() if reason not in ('not kept', 'not shown')}
    complaints, _ = account_for(template, cloud, less)
    hidden = len(told) - len(less)
    check(f'{len(complaints)} complaints of {hidden} that were hidden', hidden and len(complaints) == hidden)


def refusal(endpoint):
    """The gateway's own answer to a call without a token: a status, its type and whether it may be kept."""
    address = urllib.parse.urlparse(endpoint)
    request = urllib.request.Request(f'http://127.0.0.1:{address.port}{address.path}', headers={'Host': address.netloc})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, None, None
    except urllib.error.HTTPError as error:
        return error.code, error.headers['Content-Type'], error.headers['Cache-Control']


def main():
    up = tenantry('up')
    status = tenantry('status')
    cloud = Cloud()
    for tenant in up['tenants']:
        for address in ('endpoint', 'api_endpoint'):
            answer = refusal(tenant[address])
            said = f'the gateway answers {tenant["id"]} at its {address} as the template says: {answer}'
            check(said, answer == (401, 'application/problem+json', 'no-store'))
    with tempfile.TemporaryDirectory() as folder:
        run(TENANTRY, 'synth', 'cloudformation', '--out', folder, said='tenantry synth')
        for cell in up['cells']:
            stack = cell['stack']
            cloud.stage = urllib.parse.urlparse(up['tenants'][0]['api_endpoint']).path.split('/')[1]
            again = f'{stack}: a second up changes nothing: {cell["change"]}, {cell["written"]} written'
            check(again, (cell['change'], cell['written']) == ('unchanged', 0))
            shown = next(one['differences'] for one in status['stacks'] if one['stack'] == stack)
            check(f'{stack}: status tells the same', shown == cell['differences'])
            text = (pathlib.Path(folder) / f'{stack}.template.json').read_text()
            template = Template(text, stack, physical_ids(cloud, stack), cloud)
            told = {(one['resource'], one['property']): one['reason'] for one in cell['differences']}
            complaints, same = account_for(template, cloud, told)
            for complaint in complaints:
                check(complaint, False)
            check(f'{stack}: {same} properties are as the template says', same > 100)
            print(f'{stack}: {same} properties are as the template says, {len(told)} differences are told')
            what_is_new(template, cloud, told)
    finish()


if __name__ == '__main__':
    main()
