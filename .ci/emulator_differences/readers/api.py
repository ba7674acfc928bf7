"""A REST API, its deployments and stages, as API Gateway shows them."""

import json

from readers.tags import tags_of
from template import INTEGRATION


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


READERS = {
    'AWS::ApiGateway::Account': account,
    'AWS::ApiGateway::Deployment': deployment,
    'AWS::ApiGateway::RestApi': rest_api,
    'AWS::ApiGateway::Stage': stage,
}
