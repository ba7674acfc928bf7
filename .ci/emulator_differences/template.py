"""A template with its functions resolved, and its resources' properties in the parts that are compared."""

import json
import re

from local_platform import ACCOUNT, REGION

CONSTANTS = {
    'AWS::AccountId': ACCOUNT, 'AWS::Region': REGION, 'AWS::Partition': 'aws', 'AWS::URLSuffix': 'amazonaws.com',
}
INTEGRATION = 'x-amazon-apigateway-integration'


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
