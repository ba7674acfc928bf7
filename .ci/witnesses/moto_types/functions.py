"""Functions and who may invoke them."""

import hashlib
import json

from .clients import Clients
from .words import as_map, document, tag_map


class Functions(Clients):
    def make_Lambda_Function(self, properties):
        call = dict(properties)
        limit = call.pop("ReservedConcurrentExecutions", None)
        name = self.awslambda.create_function(**call | {"Tags": as_map(call["Tags"])})["FunctionName"]
        if limit is not None:
            self.awslambda.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=limit)
        return name

    def read_Lambda_Function(self, id, properties):
        function = self.awslambda.get_function(FunctionName=id)
        there = function["Configuration"] | {"Tags": tag_map(function.get("Tags"))}
        limit = function.get("Concurrency", {}).get("ReservedConcurrentExecutions")
        vpc = there.get("VpcConfig", {})
        vpc = {name: vpc.get(name) for name in ("SecurityGroupIds", "SubnetIds")}
        # Where the code came from is not told, only its hash.
        return there | {"Code": properties["Code"], "VpcConfig": vpc, "ReservedConcurrentExecutions": limit}

    def make_Lambda_Permission(self, properties):
        text = json.dumps(properties, sort_keys=True)
        id = f"permission-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        self.awslambda.add_permission(StatementId=id, **properties)
        return id

    def read_Lambda_Permission(self, _, properties):
        policy = document(self.awslambda.get_policy(FunctionName=properties["FunctionName"])["Policy"])
        for statement in policy["Statement"]:
            asked = statement.get("Condition", {})
            there = {
                "Action": statement["Action"],
                "FunctionName": statement["Resource"],
                "Principal": statement["Principal"].get("Service"),
                "SourceArn": asked.get("ArnLike", {}).get("AWS:SourceArn"),
                "SourceAccount": asked.get("StringEquals", {}).get("AWS:SourceAccount"),
            }
            if there["SourceArn"] == properties.get("SourceArn"):
                return there
        return None
