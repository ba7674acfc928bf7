"""Writes types.txt and access-properties.txt from the schemas of CloudFormation's types that cfn-lint carries.

    pip download --no-deps cfn-lint==1.58.0 && unzip -d SCHEMAS cfn_lint-1.58.0-py3-none-any.whl
    python3 types.py SCHEMAS

cfn-lint (MIT-0) carries the schemas that AWS publishes, with formats of its own.

types.txt: a namespace and its types a line; `!` ends one whose `Ref` is its ARN, as far as its primary
identifier says it. access-properties.txt: of each type the properties that by
their name or format can carry access, one a line: the type, the path (`[]` for an item of a list, `{}`
for any key of a map), and its shape.
"""

import json
import pathlib
import re
import sys

VERSION = "1.58.0"
SOURCE = f"# From the schemas that cfn-lint {VERSION} (MIT-0) carries, by data/types.py; 2026-11-29.\n"

# A shape: how the last part of a path is called, or its format. The first that fits counts.
SHAPES = [
    ("policy", r"(Policy|Policies)(Document|Text|Json|Statements?|Content)?$|^(Assume|Access|Key|Resource|Auth)\w*Polic", None),
    ("role", r"Role(Arn|ARN|Name|Id)?s?$|InstanceProfile|^Credentials?Arn$", r"AWS::IAM::(Role|InstanceProfile)"),
    ("principal", r"^(Allowed)?Principals?(Arn|ARN|Id|Identifier)?s?$|Grantee|^(Target)?(Aws)?Account(Id)?s?$|^UserIds$|UserArns?$|^(Allowed|Share|Trusted)\w*Accounts?$", r"AWS::IAM::User"),
    ("subnet", r"Subnet(Id|Ids|s|Mapping)?$", r"AWS::EC2::Subnet"),
    ("security group", r"SecurityGroup(Id|Ids|s|Name)?s?$", r"AWS::EC2::SecurityGroup"),
    ("tag", r"Tags$|^TagSpecifications$", None),
    ("arn", r"(Arn|ARN)s?$", r"Arn$"),
]


def shape(name, schema):
    formats = [schema.get("format", "")] + [schema.get("items", {}).get("format", "")]
    for kind, names, of_format in SHAPES:
        if re.search(names, name) or of_format and any(re.search(of_format, each) for each in formats if each):
            return kind
    return None


def walk(root, schema, path, seen, found):
    """The properties below a schema, each with its shape; a definition that holds itself ends there."""
    while "$ref" in schema:
        at = schema["$ref"]
        if at in seen:
            return
        seen = seen | {at}
        resolved = root
        for part in at.lstrip("#/").split("/"):
            resolved = resolved.get(part, {})
        schema = {**resolved, **{key: value for key, value in schema.items() if key != "$ref"}}
    for part in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(part, []):
            walk(root, each, path, seen, found)
    for name, value in schema.get("properties", {}).items():
        inner = f"{path}.{name}" if path else name
        kind = shape(name, value)
        if kind:
            found.setdefault(inner, kind)
        if kind not in ("policy", "tag"):
            walk(root, value, inner, seen, found)
    if isinstance(schema.get("items"), dict):
        walk(root, schema["items"], f"{path}[]", seen, found)
    for each in schema.get("patternProperties", {}).values():
        walk(root, each, f"{path}{{}}", seen, found)


def main():
    folder = pathlib.Path(sys.argv[1]) / "cfnlint/data/schemas/resources"
    here = pathlib.Path(__file__).parent
    namespaces, lines = {}, []
    for file in sorted(folder.glob("*.json")):
        root = json.loads(file.read_text())
        kind = root["typeName"]
        namespace, _, name = kind.rpartition("::")
        identifiers = root.get("primaryIdentifier", [])
        is_arn = len(identifiers) == 1 and re.search(r"(Arn|ARN)$", identifiers[0])
        namespaces.setdefault(namespace, []).append(name + "!" * bool(is_arn))
        found = {}
        walk(root, {"properties": root.get("properties", {})}, "", frozenset(), found)
        only_read = {path.removeprefix("/properties/").replace("/", ".") for path in root.get("readOnlyProperties", [])}
        lines += [f"{kind} {path} {found[path]}" for path in sorted(found) if path not in only_read]
    text = "".join(f"{each} {' '.join(sorted(set(namespaces[each])))}\n" for each in sorted(namespaces))
    (here / "types.txt").write_text(SOURCE + text)
    (here / "access-properties.txt").write_text(SOURCE + "\n".join(sorted(set(lines))) + "\n")
    print(len(namespaces), "namespaces,", sum(map(len, namespaces.values())), "types,", len(set(lines)), "properties")


main()
