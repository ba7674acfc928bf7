#!/usr/bin/env python3
"""Writes tag-properties.txt beside this script: where each CloudFormation type has its tags, and in which shape.

    pip install cfn-lint==1.58.0
    crates/template/tests/data/tag-properties.py

The source is AWS's own schemas of the resource types (the region us-east-1), as the package cfn-lint (MIT-0) carries them:
`tagging.tagProperty`, and the property `Tags` where a schema has one and says nothing of tagging. A line is a path, a shape
(`Key/Value` for a list of such pairs, `map`) and the types that have them there.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html#schema-properties-tagging
"""

import collections
import pathlib
from importlib.metadata import version

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

HEAD = f"""\
# Where each type has its tags, and in which shape.
# Source: AWS's schemas of resource types, us-east-1, as cfn-lint {version("cfn-lint")} (MIT-0) carries them. Made by tag-properties.py.
"""

PAIRS = ("Key", "Value"), ("TagKey", "TagValue"), ("key", "value")


def follow(schema, node):
    for _ in range(20):
        if not isinstance(node, dict) or "$ref" not in node:
            break
        target = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target.get(part, {})
        node = target
    return node if isinstance(node, dict) else {}


def at(schema, path):
    node = schema
    for part in path:
        node = follow(schema, node)
        node = follow(schema, node.get("items", {})) if part == "*" else node.get("properties", {}).get(part, {})
    return follow(schema, node)


def shape(schema, node):
    if "items" in node:
        item = follow(schema, node["items"])
        items = [item, *(follow(schema, each) for each in item.get("oneOf", ()))]
        return next((f"{key}/{value}" for each in items for key, value in PAIRS if key in each.get("properties", {})), None)
    if "Items" in node.get("properties", {}):
        return "Items"
    kinds = node.get("type")
    return "map" if "patternProperties" in node or "object" in (kinds if isinstance(kinds, list) else [kinds]) else None


def main():
    found = collections.defaultdict(list)
    for kind in sorted(PROVIDER_SCHEMA_MANAGER.get_resource_types("us-east-1")):
        if not kind.startswith("AWS::"):
            continue
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
        tagging = schema.get("tagging") or {}
        path = "Tags" if not tagging else tagging.get("taggable", True) and tagging.get("tagProperty", "/properties/Tags")
        if not path:
            continue
        path = [part for part in path.removeprefix("/properties/").split("/") if part != "properties"]
        form = shape(schema, at(schema, path))
        if form:
            found["/".join(path), form].append(kind)
        elif tagging.get("tagProperty"):
            print(f"{kind}: {'/'.join(path)} is of no shape that is known here")
    lines = (" ".join([path, form, *kinds]) + "\n" for (path, form), kinds in sorted(found.items()))
    pathlib.Path(__file__).with_suffix(".txt").write_text(HEAD + "".join(lines))


if __name__ == "__main__":
    main()
