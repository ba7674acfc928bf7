#!/usr/bin/env python3
"""Extracts, from what the pinned Terraform provider says of itself, what it takes for the resources we use.

    terraform providers schema -json | crates/terraform/schema/extract.py

in a folder whose module requires hashicorp/aws 5.100.0 and that was initialised. Writes aws-5.x.json beside this script: for
every type the arguments that can be set, with type and whether they are required or why they are deprecated, and the nested
blocks with how many there may be; for the data sources the attributes that are read.
"""

import json
import sys
from pathlib import Path

VERSION = '5.100.0'
PROVIDER = '/hashicorp/aws'

RESOURCES = """
aws_api_gateway_account
aws_api_gateway_deployment
aws_api_gateway_method_settings
aws_api_gateway_rest_api
aws_api_gateway_stage
aws_cloudtrail
aws_cloudwatch_dashboard
aws_cloudwatch_log_group
aws_cloudwatch_log_metric_filter
aws_cloudwatch_metric_alarm
aws_cognito_user_pool
aws_cognito_user_pool_client
aws_default_security_group
aws_dynamodb_resource_policy
aws_dynamodb_table
aws_flow_log
aws_iam_role
aws_iam_role_policy
aws_iam_role_policy_attachment
aws_internet_gateway
aws_internet_gateway_attachment
aws_kms_alias
aws_kms_key
aws_lambda_function
aws_lambda_permission
aws_network_acl
aws_network_acl_association
aws_network_acl_rule
aws_route
aws_route_table
aws_route_table_association
aws_s3_bucket
aws_s3_bucket_lifecycle_configuration
aws_s3_bucket_ownership_controls
aws_s3_bucket_policy
aws_s3_bucket_public_access_block
aws_s3_bucket_server_side_encryption_configuration
aws_s3_bucket_versioning
aws_security_group
aws_sns_topic
aws_sns_topic_policy
aws_subnet
aws_vpc
aws_vpc_endpoint
""".split()

DATA = ['aws_caller_identity', 'aws_partition', 'aws_region']


def block(schema):
    arguments = {}
    for name, told in sorted(schema.get('attributes', {}).items()):
        if told.get('required') or told.get('optional'):
            argument = {'type': told['type']} if 'type' in told else {'nested': told['nested_type']}
            for key in ('required', 'deprecated'):
                if told.get(key):
                    argument[key] = True
            arguments[name] = argument
    blocks = {}
    for name, told in sorted(schema.get('block_types', {}).items()):
        if name == 'timeouts':
            continue
        nested = {'nesting': told['nesting_mode'], **block(told['block'])}
        for theirs, ours in (('min_items', 'min'), ('max_items', 'max')):
            if told.get(theirs):
                nested[ours] = told[theirs]
        if told['block'].get('deprecated'):
            nested['deprecated'] = True
        blocks[name] = nested
    return {key: value for key, value in (('arguments', arguments), ('blocks', blocks)) if value}


def main():
    (told,) = (each for name, each in json.load(sys.stdin)['provider_schemas'].items() if name.endswith(PROVIDER))
    resources = {
        kind: {
            **block(told['resource_schemas'][kind]['block']),
            'reads': [name for name in ('arn', 'id') if name in told['resource_schemas'][kind]['block']['attributes']],
        }
        for kind in RESOURCES
    }
    data = {kind: sorted(told['data_source_schemas'][kind]['block']['attributes']) for kind in DATA}
    extraction = {'provider': 'hashicorp/aws', 'version': VERSION, 'resources': resources, 'data': data}
    out = Path(__file__).with_name('aws-5.x.json')
    lines = [f' {json.dumps(key)}: {json.dumps(value)}' for key, value in extraction.items() if key != 'resources']
    entries = ',\n'.join(f'  {json.dumps(kind)}: {json.dumps(entry)}' for kind, entry in resources.items())
    out.write_text('{\n' + ',\n'.join([*lines, ' "resources": {\n' + entries + '\n }']) + '\n}\n')
    print(f'{len(resources)} resources -> {out.name}')


main()
