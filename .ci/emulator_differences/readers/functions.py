"""Functions and who may invoke them, as Lambda shows them."""

import json

from readers.tags import tags_of


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


READERS = {
    'AWS::Lambda::Function': function,
    'AWS::Lambda::Permission': permission,
}
