"""A REST API, its deployments and stages."""

import copy
import json

from .clients import Clients
from .words import as_map, lower, tag_map


def understood(paths):
    """The paths of an API's document without what moto cannot import: a greedy parameter, `{proxy+}`, whose name is `proxy+` to
    its reader of OpenAPI and `proxy` to AWS; and an integration that calls nothing and so has no address."""
    paths = copy.deepcopy(paths)
    for methods in paths.values():
        for method in methods.values():
            integration = method["x-amazon-apigateway-integration"]
            integration.setdefault("uri", integration["type"])
            integration.setdefault("httpMethod", "POST")
    return {path.replace("+}", "}"): methods for path, methods in paths.items()}


class Api(Clients):
    def make_ApiGateway_RestApi(self, properties):
        paths = understood(properties["Body"]["paths"])
        body, tags = json.dumps(properties["Body"] | {"paths": paths}), as_map(properties["Tags"])
        name = properties["Body"]["info"]["title"]
        types = {"types": properties["EndpointConfiguration"]["Types"]} if "EndpointConfiguration" in properties else {}
        said = {"description": properties["Description"]} if "Description" in properties else {}
        id = self.api.create_rest_api(name=name, tags=tags, endpointConfiguration=types, **said)["id"]
        self.api.put_rest_api(
            restApiId=id, mode="overwrite", failOnWarnings=properties.get("FailOnWarnings", False), body=body
        )
        return id

    def narrow_ApiGateway_RestApi(self, properties):
        """The body as far as moto tells it again: paths, methods and what they call."""
        paths = understood(properties["Body"]["paths"])
        called = lambda method: method["x-amazon-apigateway-integration"]["uri"]
        body = {path: {name.upper(): called(it) for name, it in methods.items()} for path, methods in paths.items()}
        return properties | {"Body": body}

    def read_ApiGateway_RestApi(self, id, _):
        api = self.api.get_rest_api(restApiId=id)
        there = {name[0].upper() + name[1:]: value for name, value in api.items()} | {"Tags": tag_map(api.get("tags"))}
        there["EndpointConfiguration"] = {"Types": api.get("endpointConfiguration", {}).get("types")}
        there["Body"] = {}
        for resource in self.api.get_resources(restApiId=id, limit=500)["items"]:
            methods = resource.get("resourceMethods", {})
            called = {name: it.get("methodIntegration", {}).get("uri") for name, it in methods.items()}
            there["Body"][resource["path"]] = called
        return there

    def make_ApiGateway_Deployment(self, properties):
        call = {lower(name): value for name, value in properties.items()}
        return self.api.create_deployment(**call)["id"]

    def read_ApiGateway_Deployment(self, id, properties):
        there = self.api.get_deployment(restApiId=properties["RestApiId"], deploymentId=id)
        return {"Description": there.get("description"), "RestApiId": properties["RestApiId"]}

    def make_ApiGateway_Account(self, properties):
        change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": properties["CloudWatchRoleArn"]}
        self.api.update_account(patchOperations=[change])
        return "account"

    def read_ApiGateway_Account(self, _, __):
        return {"CloudWatchRoleArn": self.api.get_account().get("cloudwatchRoleArn")}

    def make_ApiGateway_Stage(self, properties):
        api, stage = properties["RestApiId"], properties["StageName"]
        tags = as_map(properties["Tags"])
        self.api.create_stage(restApiId=api, stageName=stage, deploymentId=properties["DeploymentId"], tags=tags)
        changes = []
        for name, value in properties.get("AccessLogSetting", {}).items():
            changes.append((f"/accessLogSettings/{lower(name)}", value))
        paths = {
            "MetricsEnabled": "metrics/enabled",
            "LoggingLevel": "logging/loglevel",
            "DataTraceEnabled": "logging/dataTrace",
            "ThrottlingBurstLimit": "throttling/burstLimit",
            "ThrottlingRateLimit": "throttling/rateLimit",
        }
        for setting in properties.get("MethodSettings", ()):
            path = f"/{setting['ResourcePath'].strip('/').replace('/', '~1') or '*'}/{setting['HttpMethod']}"
            for name, value in setting.items():
                if name in paths:
                    changes.append((f"{path}/{paths[name]}", str(value).lower() if isinstance(value, bool) else str(value)))
        operations = [{"op": "replace", "path": path, "value": value} for path, value in changes]
        self.api.update_stage(restApiId=api, stageName=stage, patchOperations=operations)
        return stage

    def read_ApiGateway_Stage(self, id, properties):
        stage = self.api.get_stage(restApiId=properties["RestApiId"], stageName=id)
        upper = lambda each: {name[0].upper() + name[1:]: value for name, value in each.items()}
        settings = []
        for path, setting in stage.get("methodSettings", {}).items():
            resource, _, method = path.rpartition("/")
            where = {"ResourcePath": "/" + resource.strip("/"), "HttpMethod": method}
            settings.append(upper(setting) | where)
        there = {"AccessLogSetting": upper(stage.get("accessLogSettings", {})), "MethodSettings": settings}
        return upper(stage) | there | {"RestApiId": properties["RestApiId"], "Tags": tag_map(stage.get("tags"))}
