"""Logs, alarms, the dashboard, topics and the trail, as their services show them."""

import json

from readers.tags import tags_of


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


def alarm(cloud, name, wanted):
    said = cloud('cloudwatch').describe_alarms(AlarmNames=[name])['MetricAlarms'][0]
    tags = cloud('cloudwatch').list_tags_for_resource(ResourceARN=said['AlarmArn'])['Tags']
    return {name: said.get(name) for name in wanted} | {'Tags': tags}


def dashboard(cloud, name, wanted):
    return {'DashboardName': name, 'DashboardBody': cloud('cloudwatch').get_dashboard(DashboardName=name)['DashboardBody']}


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
    'AWS::CloudTrail::Trail': trail,
    'AWS::CloudWatch::Alarm': alarm,
    'AWS::CloudWatch::Dashboard': dashboard,
    'AWS::Logs::LogGroup': log_group,
    'AWS::Logs::MetricFilter': metric_filter,
    'AWS::SNS::Topic': topic,
    'AWS::SNS::TopicPolicy': topic_policy,
}
