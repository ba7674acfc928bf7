"""The platform that the witnesses look at, as the program emits it, and CloudFormation's functions with sample values."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("TENANTRY", ROOT / "target/release/tenantry")
ACCOUNT = {
    "AWS::AccountId": "123456789012",
    "AWS::Region": "us-east-1",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "acme-cell-1-prod",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/acme-cell-1-prod/0",
}


@contextlib.contextmanager
def project(tenants, size):
    """A folder with the platform.toml of `tenants` tenants in cells of `size`."""
    with tempfile.TemporaryDirectory() as folder:
        text = f'[platform]\nname = "acme"\nenvironment_suffix = "prod"\n[cells]\nsize = {size}\n'
        for number in range(1, tenants + 1):
            text += f'[[tenants]]\nid = "tenant-{number:03}"\nname = "Customer {number}"\n'
        (pathlib.Path(folder) / "platform.toml").write_text(text)
        yield pathlib.Path(folder)


def templates(tenants=5, size=3):
    """The templates by file name: `tenants` tenants in cells of `size`."""
    with project(tenants, size) as folder:
        out = folder / "templates"
        subprocess.run([PROGRAM, "-C", folder, "synth", "cloudformation", "--out", out], check=True, capture_output=True)
        found = {file.name: json.loads(file.read_text()) for file in sorted(out.glob("*.template.json"))}
    if not found:
        raise SystemExit("the program emitted no template")
    return found


def resolve(value, ref, attribute):
    """A value of a template with its functions replaced: `ref(name)` and `attribute(name, attribute)` say by what."""
    again = lambda each: resolve(each, ref, attribute)
    if isinstance(value, list):
        return [again(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(name, argument)] = value.items()
        if name == "Ref":
            return ref(argument)
        if name == "Fn::GetAtt":
            return attribute(*(argument.split(".", 1) if isinstance(argument, str) else argument))
        if name == "Fn::Sub":
            return substitute(argument, ref, attribute)
        if name == "Fn::Join":
            parts = again(argument[1])
            return kept(parts, argument[0].join(map(str, parts)))
        if name.startswith("Fn::"):
            raise SystemExit(f"{name} is a function that the witnesses do not know")
    return {name: again(each) for name, each in value.items()}


def substitute(argument, ref, attribute):
    text, names = argument if isinstance(argument, list) else (argument, {})
    parts = []

    def put(match):
        name = match[1]
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in names:
            part = resolve(names[name], ref, attribute)
        else:
            part = attribute(*name.split(".", 1)) if "." in name else ref(name)
        parts.append(part)
        return str(part)

    return kept(parts, re.sub(r"\$\{([^}]*)\}", put, text))


class Unknown(str):
    """A text of which only the deployment knows the value."""


def kept(parts, text):
    return Unknown(text) if any(isinstance(part, Unknown) for part in parts) else text


@contextlib.contextmanager
def judged(name):
    """Collects findings; at the end prints them and leaves with 1 if there are any."""
    findings = []
    yield findings
    for each in findings:
        print(f"{name}: {each}")
    if findings:
        raise SystemExit(1)
