#!/usr/bin/env python3
"""Extracts, from the pinned Python package of the Pulumi aws provider, what the provider takes for the resources we use.

    python3 -m venv /tmp/pulumi-aws && /tmp/pulumi-aws/bin/pip install --no-deps pulumi-aws==7.51.1
    crates/pulumi/schema/extract.py /tmp/pulumi-aws/lib/python3*/site-packages

Reads the sources as syntax trees and imports nothing. Writes aws-7.x.json beside this script: for every token its input
properties with type, whether they are required and why they are deprecated, the nested types that they use, and the
outputs that are plain.
"""

import ast
import json
import re
import sys
from pathlib import Path

VERSION = "7.51.1"

TOKENS = """
aws:apigateway/account:Account
aws:apigateway/deployment:Deployment
aws:apigateway/methodSettings:MethodSettings
aws:apigateway/restApi:RestApi
aws:apigateway/stage:Stage
aws:cloudtrail/trail:Trail
aws:cloudwatch/dashboard:Dashboard
aws:cloudwatch/logGroup:LogGroup
aws:cloudwatch/logMetricFilter:LogMetricFilter
aws:cloudwatch/metricAlarm:MetricAlarm
aws:cognito/userPool:UserPool
aws:cognito/userPoolClient:UserPoolClient
aws:dynamodb/resourcePolicy:ResourcePolicy
aws:dynamodb/table:Table
aws:ec2/defaultSecurityGroup:DefaultSecurityGroup
aws:ec2/flowLog:FlowLog
aws:ec2/internetGateway:InternetGateway
aws:ec2/internetGatewayAttachment:InternetGatewayAttachment
aws:ec2/networkAcl:NetworkAcl
aws:ec2/networkAclAssociation:NetworkAclAssociation
aws:ec2/networkAclRule:NetworkAclRule
aws:ec2/route:Route
aws:ec2/routeTable:RouteTable
aws:ec2/routeTableAssociation:RouteTableAssociation
aws:ec2/securityGroup:SecurityGroup
aws:ec2/subnet:Subnet
aws:ec2/vpc:Vpc
aws:ec2/vpcEndpoint:VpcEndpoint
aws:iam/role:Role
aws:iam/rolePolicy:RolePolicy
aws:iam/rolePolicyAttachment:RolePolicyAttachment
aws:kms/alias:Alias
aws:kms/key:Key
aws:lambda/function:Function
aws:lambda/permission:Permission
aws:s3/bucket:Bucket
aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration
aws:s3/bucketOwnershipControls:BucketOwnershipControls
aws:s3/bucketPolicy:BucketPolicy
aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock
aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration
aws:s3/bucketVersioning:BucketVersioning
aws:sns/topic:Topic
aws:sns/topicPolicy:TopicPolicy
pulumi:providers:aws
""".split()

FUNCTIONS = ["aws:index/getCallerIdentity:getCallerIdentity", "aws:index/getPartition:getPartition"]

PLAIN = {"str": "string", "bool": "boolean", "int": "integer", "float": "number"}


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Package:
    def __init__(self, root):
        self.root = root
        self.trees = {}
        self.types = {}

    def classes(self, path):
        if path not in self.trees:
            tree = ast.parse((self.root / path).read_text())
            self.trees[path] = {n.name: n for n in tree.body if isinstance(n, ast.ClassDef)}
        return self.trees[path]

    def resource(self, token):
        package, middle, name = token.split(":")
        if package == "pulumi":
            module, file, name = "", "provider", "Provider"
        else:
            module, middle = middle.split("/")
            module, file = ("lambda_/" if module == "lambda" else module + "/"), snake(middle)
        path = f"{module}{file}.py"
        classes = self.classes(path)
        quoted = "'pulumi_aws'" if package == "pulumi" else f"'{token}'"
        if package != "pulumi" and quoted not in (self.root / path).read_text():
            sys.exit(f"{path} does not register {token}")
        # A nested type of another resource may have taken the name.
        arguments = f"{name}Args" if f"{name}Args" in classes else f"{name}InitArgs"
        inputs = self.properties(module, classes[arguments])
        outputs = {}
        for prop in getters(classes[name]):
            kind = self.type(module, prop["returns"], nested=False)
            if kind:
                outputs[prop["wire"]] = kind
        return {"inputs": inputs, "outputs": outputs}

    def properties(self, module, node):
        """Input properties of an `Args` class: types and requiredness from its constructor, names from its getters."""
        wires = {p["name"]: p for p in getters(node)}
        init = next(n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__")
        result = {}
        for arg, default in zip(init.args.kwonlyargs, init.args.kw_defaults):
            # A type that lives in another module's inputs is not followed: a policy document as an object.
            entry = {"type": self.type(module, arg.annotation) or "any"}
            if default is None:
                entry["required"] = True
            if wires[arg.arg]["deprecated"]:
                entry["deprecated"] = wires[arg.arg]["deprecated"]
            result[wires[arg.arg]["wire"]] = entry
        return dict(sorted(result.items()))

    def type(self, module, node, nested=True):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.named(module, node.value) if nested else None
        if isinstance(node, ast.Attribute):
            if node.attr in PLAIN:
                return PLAIN[node.attr]
            if node.attr in ("Archive", "Asset"):
                return node.attr.lower()
            if node.attr == "Any":
                return "any"
        if isinstance(node, ast.Name):
            if node.id in PLAIN:
                return PLAIN[node.id]
            if node.id == "Any":
                return "any"
        if isinstance(node, ast.Subscript):
            base = node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id
            if base in ("Input", "Output", "Optional"):
                return self.type(module, node.slice, nested)
            if base in ("Sequence", "List"):
                item = self.type(module, node.slice, nested)
                return item and {"array": item}
            if base == "Mapping":
                item = self.type(module, node.slice.elts[1], nested)
                return item and {"map": item}
            if base == "Union":
                members = [self.type(module, n, nested) for n in node.slice.elts]
                members = [m for i, m in enumerate(members) if m and m not in members[:i]]
                return members[0] if len(members) == 1 else {"oneOf": members} if members else None
        if not nested:
            return None
        sys.exit(f"unknown type: {ast.unparse(node)}")

    def named(self, module, name):
        """A nested `Args` class, or an enumeration, which travels as text."""
        path = f"{module}_inputs.py"
        if name.endswith("Args") and name in self.classes(path):
            key = f"{module}{name.removesuffix('Args')}"
            if key not in self.types:
                self.types[key] = None
                self.types[key] = self.properties(module, self.classes(path)[name])
            return {"object": key}
        if name.endswith("Args"):
            return None
        return "string"


def getters(node):
    """The `@pulumi.getter` properties of a class: Python's name, the protocol's name, type, deprecation."""
    for method in node.body:
        if not isinstance(method, ast.FunctionDef):
            continue
        wire, deprecated = None, None
        for decorator in method.decorator_list:
            text = ast.unparse(decorator)
            if text == "pulumi.getter":
                wire = method.name
            elif text.startswith("pulumi.getter("):
                wire = decorator.keywords[0].value.value
            elif text.startswith("_utilities.deprecated("):
                deprecated = decorator.args[0].value
        if wire:
            yield {"name": method.name, "wire": wire, "returns": method.returns, "deprecated": deprecated}


def function(package, token):
    name = token.split(":")[2]
    classes = package.classes(f"{snake(name)}.py")
    result = classes[name[0].upper() + name[1:] + "Result"]
    outputs = {p["wire"]: package.type("", p["returns"], nested=False) for p in getters(result)}
    return {"outputs": {key: kind for key, kind in outputs.items() if kind}}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    site = Path(sys.argv[1])
    metadata = site / f"pulumi_aws-{VERSION}.dist-info"
    if not metadata.is_dir():
        sys.exit(f"{site} does not hold pulumi-aws {VERSION}")
    package = Package(site / "pulumi_aws")
    extraction = {
        "package": "pulumi-aws",
        "version": VERSION,
        "resources": {token: package.resource(token) for token in TOKENS},
        "functions": {token: function(package, token) for token in FUNCTIONS},
        "types": dict(sorted(package.types.items())),
    }
    out = Path(__file__).with_name("aws-7.x.json")
    out.write_text(json.dumps(extraction, indent=1) + "\n")
    print(f"{len(TOKENS)} resources, {len(package.types)} types -> {out.name}")


main()
