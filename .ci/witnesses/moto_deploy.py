#!/usr/bin/env python3
"""The platform's templates made in moto, an imitation of AWS that shares no code with this project: what moto's CloudFormation
takes as stacks, a resource each, the rest by the calls of AWS's API that its properties stand for. Then everything is read back by the service's
own API, property by property, since moto's CloudFormation also says CREATE_COMPLETE of what it does not make.

What is not made, and each property that is not read back equal, is a line of moto.snapshot, with the error. A difference from
that list, either way, is a finding. `--update` writes it anew.

Usage: moto_deploy.py MOTO_SERVER [--update]"""

import io
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile

import boto3
from botocore.config import Config

from emitted import ACCOUNT, judged, resolve, templates
from moto_types import Types

SNAPSHOT = pathlib.Path(__file__).parent / "moto.snapshot"
BUCKET = "code"
# moto runs what stands behind a custom resource in a container.
NOT_TRIED = {"Custom::EmptyBucket": "not tried: a custom resource is a call of the function, which moto makes in a container"}


class Unmade(Exception):
    """A resource stands on one that is not made."""


def start(server):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"MOTO_ACCOUNT_ID": ACCOUNT["AWS::AccountId"], "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    process = subprocess.Popen(
        [server, "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/moto-api/data.json").close()
            return process, address
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise SystemExit("moto does not answer")


def references(value):
    """The names that a value's functions point at."""
    names = set()

    def see(name, *_):
        names.add(name)
        return name

    resolve(value, see, see)
    return names


class Deployment:
    def __init__(self, template, address):
        options = {"region_name": ACCOUNT["AWS::Region"], "aws_access_key_id": "none", "aws_secret_access_key": "none"}
        config = Config(retries={"max_attempts": 0})
        client = lambda service: boto3.client(service, endpoint_url=address, config=config, **options)
        self.resources = template["Resources"]
        self.types = Types(client)
        self.stacks = client("cloudformation")
        self.ids, self.arns, self.errors = {}, {}, {}
        self.upload(client("s3"))

    def upload(self, s3):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.writestr("index.mjs", "")
        if BUCKET not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
            s3.create_bucket(Bucket=BUCKET)
        for resource in self.resources.values():
            code = resource.get("Properties", {}).get("Code", {})
            if "S3Key" in code:
                s3.put_object(Bucket=BUCKET, Key=code["S3Key"], Body=archive.getvalue())

    def ref(self, name):
        if name in ACCOUNT:
            return ACCOUNT[name]
        if name not in self.resources:
            return BUCKET
        if name not in self.ids:
            raise Unmade(f"stands on {self.resources[name]['Type']}, which is not made")
        return self.ids[name]

    def attribute(self, name, what):
        id = self.ref(name)
        if what == "Arn" and name in self.arns:
            return self.arns[name]
        raise Unmade(f"{self.resources[name]['Type']}.{what} is not known; it is {id}")

    def call(self, verb, name, *arguments):
        kind = self.resources[name]["Type"].removeprefix("AWS::").replace("::", "_")
        method = getattr(self.types, f"{verb}_{kind}", None)
        return method(*arguments) if method else None

    def properties(self, name):
        return resolve(self.resources[name].get("Properties", {}), self.ref, self.attribute)

    def there(self, name):
        found = self.call("read", name, self.ids[name], self.properties(name))
        if not found:
            raise LookupError("CREATE_COMPLETE, and the service's own API does not have it")
        return found

    def keep(self, name, id):
        """Notes a resource as made, if the service's own API has it."""
        self.ids[name] = id
        try:
            there = self.there(name)
        except Exception:
            del self.ids[name]
            raise
        arn = next((there[key] for key in ("Arn", "FunctionArn", "TableArn", "TopicArn", "TrailARN") if key in there), None)
        arn = arn or (f"arn:aws:s3:::{id}" if self.resources[name]["Type"] == "AWS::S3::Bucket" else None)
        if arn:
            self.arns[name] = arn

    def deploy(self):
        waits = {
            name: (references(resource.get("Properties", {})) | set(resource.get("DependsOn", []))) & self.resources.keys()
            for name, resource in self.resources.items()
        }
        rest = dict.fromkeys(self.resources)
        while rest:
            ready = [name for name in rest if not waits[name] & rest.keys()]
            if not ready:
                raise SystemExit(f"the template goes in circles: {sorted(rest)}")
            for name in ready:
                self.make(name)
                del rest[name]

    def make(self, name):
        kind = self.resources[name]["Type"]
        if kind in NOT_TRIED:
            self.errors[name] = NOT_TRIED[kind]
            return
        try:
            properties = self.properties(name)
            self.keep(name, self.call("make", name, properties) or self.stack(name, kind, properties))
        except Exception as error:
            self.errors[name] = error

    def stack(self, name, kind, properties):
        """What moto's CloudFormation takes, each as a stack of its own, so that an error is one resource's."""
        stack = f"only-{name}"
        text = json.dumps({"Resources": {name: {"Type": kind, "Properties": properties}}})
        self.stacks.create_stack(StackName=stack, TemplateBody=text)
        made = self.stacks.describe_stack_resources(StackName=stack)["StackResources"]
        if not made:
            raise LookupError("the stack is there, and has no such resource")
        return made[0]["PhysicalResourceId"]


def equal(wanted, there):
    """Whether all that is wanted is there. Lists are compared without their order."""
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(equal(value, there.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        if not isinstance(there, list) or len(wanted) != len(there):
            return False
        rest = list(there)
        for each in wanted:
            hit = next((at for at, other in enumerate(rest) if equal(each, other)), None)
            if hit is None:
                return False
            rest.pop(hit)
        return True
    if isinstance(wanted, bool) and isinstance(there, str):
        return str(wanted).lower() == there.lower()
    return wanted == there


def changed(value):
    """The value with its last part made another one."""
    if isinstance(value, dict) and value:
        last = list(value)[-1]
        return value | {last: changed(value[last])}
    if isinstance(value, list) and value:
        return value[:-1] + [changed(value[-1])]
    return f"not {value}"


def lines(deployment):
    """What is not as the template has it, and how many properties are; a line a type or property."""
    found, same, blind = {}, 0, []
    for name, resource in deployment.resources.items():
        kind = resource["Type"]
        if name in deployment.errors:
            found.setdefault(f"{kind}: not made: {told(deployment.errors[name], deployment)}", []).append(name)
            continue
        wanted = deployment.properties(name)
        narrow = deployment.call("narrow", name, wanted)
        there = deployment.there(name)
        for key, value in (narrow or wanted).items():
            if equal(value, there.get(key)):
                same += 1
                if equal(changed(value), there.get(key)):
                    blind.append(f"{name}.{key}: a changed value passes as equal")
            else:
                what = "not returned" if there.get(key) is None else "returned otherwise"
                found.setdefault(f"{kind}.{key}: {what}", []).append(name)
    return found, same, blind


def told(error, deployment):
    """An error without what changes from run to run."""
    text = re.sub(r"\s+", " ", f"{type(error).__name__}: {error}" if isinstance(error, Exception) else error)
    for name, id in sorted(deployment.ids.items(), key=lambda each: -len(str(each[1]))):
        text = text.replace(str(id), f"<{deployment.resources[name]['Type']}>")
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[a-z]+-[0-9a-f]{8,17}\b", "<id>", text)[:300]


def main(server, update):
    now = {}
    with judged("moto") as findings:
        for file, template in templates(3, 2).items():
            process, address = start(server)
            try:
                deployment = Deployment(template, address)
                deployment.deploy()
                found, same, blind = lines(deployment)
            finally:
                process.kill()
                process.wait()
            findings += [f"{file}: {each}" for each in blind]
            for line, names in found.items():
                now.setdefault(line, []).extend(names)
            made, all = len(deployment.ids), len(deployment.resources)
            print(f"{file}: {made} of {all} resources made, {same} properties read back equal")
        text = "".join(f"{line}\n" for line in sorted(now))
        if update:
            SNAPSHOT.write_text(text)
        before = set(SNAPSHOT.read_text().splitlines()) if SNAPSHOT.exists() else set()
        for line in sorted(now.keys() - before):
            findings.append(f"new: {line} ({', '.join(now[line][:3])})")
        findings += [f"no longer so, take it off the list: {line}" for line in sorted(before - now.keys())]


if __name__ == "__main__":
    main(sys.argv[1], "--update" in sys.argv)
