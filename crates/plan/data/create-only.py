#!/usr/bin/env python3
"""Writes create-only.txt beside this script: for each CloudFormation type, the properties whose change replaces the resource.

    pip install cfn-lint==1.51.0
    crates/plan/data/create-only.py

The source is AWS's own schemas of the resource types (the region us-east-1), as the package cfn-lint (MIT-0) carries them:
`createOnlyProperties`, and with a `?` behind it `conditionalCreateOnlyProperties`, where it depends on the value.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

import pathlib
from importlib.metadata import version

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

HEAD = f"""\
# The properties whose change replaces a resource, by type; with a ? behind it, depending on the value.
# Source: AWS's schemas of resource types, us-east-1, as cfn-lint {version("cfn-lint")} (MIT-0) carries them. Made by create-only.py.
"""


def properties(schema):
    for key, mark in ("createOnlyProperties", ""), ("conditionalCreateOnlyProperties", "?"):
        for pointer in schema.get(key) or ():
            yield pointer.removeprefix("/properties/").replace("/properties/", "/") + mark


def main():
    lines = []
    for kind in sorted(PROVIDER_SCHEMA_MANAGER.get_resource_types("us-east-1")):
        if not kind.startswith("AWS::"):
            continue
        found = sorted(properties(PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema))
        lines.append(" ".join([kind, *found]) + "\n")
    text = HEAD + "".join(lines)
    pathlib.Path(__file__).with_suffix(".txt").write_text(text)


if __name__ == "__main__":
    main()
