"""Words that CloudFormation and the services' APIs spell differently."""

import json
import urllib.parse


def lower(name):
    return name[0].lower() + name[1:]


def tag_list(tags):
    return [{"Key": tag["Key"], "Value": tag["Value"]} for tag in tags if not tag["Key"].startswith("aws:")]


def tag_map(tags):
    return tag_list({"Key": key, "Value": value} for key, value in (tags or {}).items())


def as_map(tags):
    return {tag["Key"]: tag["Value"] for tag in tags}


def document(text):
    return json.loads(urllib.parse.unquote(text) if text.startswith("%7B") else text) if isinstance(text, str) else text
