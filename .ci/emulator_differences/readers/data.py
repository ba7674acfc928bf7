"""Tables, buckets and keys, as their services show them."""

import json

from cloud import absent


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


READERS = {
    'AWS::DynamoDB::Table': table,
    'AWS::KMS::Alias': key_alias,
    'AWS::KMS::Key': key,
    'AWS::S3::Bucket': bucket,
    'AWS::S3::BucketPolicy': bucket_policy,
}
