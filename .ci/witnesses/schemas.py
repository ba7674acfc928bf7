#!/usr/bin/env python3
"""Every property of every resource that the platform's templates have, held against AWS's own schema of the resource's type
(those that cfn-lint carries): required, read-only, deprecated, enum, pattern, type, length, unknown properties, what an
attribute is called, and tags. A resource that can be tagged and lacks one of the three tags is a finding.

First it plants a fault of each kind in a template of its own, and each has to be found."""

import copy
import sys

import regex
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from jsonschema import Draft7Validator, ValidationError, validators

from emitted import ACCOUNT, Unknown, judged, resolve, templates

TAGS = {"tenant_id", "environment", "cost_center"}
# CloudFormation's own, without a schema of a service's.
CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")


def schema(kind):
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema


def known_only(keyword):
    """A keyword that says nothing about a text that only the deployment knows."""
    check = Draft7Validator.VALIDATORS[keyword]
    return lambda validator, argument, instance, schema: (
        () if isinstance(instance, Unknown) else check(validator, argument, instance, schema)
    )


# The schemas' patterns are Java's or ECMAScript's, which Python's own module does not read (`\p{L}`).
def pattern(_, argument, instance, __):
    if isinstance(instance, str) and not isinstance(instance, Unknown) and not regex.search(argument, instance):
        yield ValidationError(f"{instance!r} does not match {argument!r}")


def pattern_properties(validator, argument, instance, _):
    for form, schema in argument.items():
        for name in instance if isinstance(instance, dict) else ():
            if regex.search(form, name):
                yield from validator.descend(instance[name], schema, path=name)


def additional_properties(validator, argument, instance, schema):
    for name in instance if isinstance(instance, dict) else ():
        if name in schema.get("properties", ()) or any(regex.search(form, name) for form in schema.get("patternProperties", ())):
            continue
        if argument is False:
            yield ValidationError(f"{name!r} was unexpected")
        elif isinstance(argument, dict):
            yield from validator.descend(instance[name], argument, path=name)


def required_xor(_, groups, instance, __):
    for group in groups if groups and isinstance(groups[0], list) else [groups]:
        count = sum(name in instance for name in group)
        if count != 1:
            yield ValidationError(f"exactly one of {group} is required, here are {count}")


def required_or(_, group, instance, __):
    if not any(name in instance for name in group):
        yield ValidationError(f"one of {group} is required")


def excluded(_, argument, instance, __):
    for name, others in argument.items():
        for other in others:
            if isinstance(instance, dict) and name in instance and other in instance:
                yield ValidationError(f"{name!r} and {other!r} exclude each other")


def required_with(_, argument, instance, __):
    for name, others in argument.items():
        for other in others:
            if isinstance(instance, dict) and name in instance and other not in instance:
                yield ValidationError(f"{name!r} requires {other!r}")


Validator = validators.extend(
    Draft7Validator,
    {keyword: known_only(keyword) for keyword in ("enum", "const", "minLength", "maxLength", "format")}
    | {
        "pattern": pattern,
        "patternProperties": pattern_properties,
        "additionalProperties": additional_properties,
        "requiredXor": required_xor,
        "requiredOr": required_or,
        "dependentExcluded": excluded,
        "dependentRequired": required_with,
    },
)


def places(instance, path, whole=""):
    """Where a schema's pointer leads in an instance; `*` stands for every element."""
    if not path:
        yield whole
    elif path[0] == "*":
        for at, each in enumerate(instance if isinstance(instance, list) else []):
            yield from places(each, path[1:], f"{whole}/{at}")
    elif isinstance(instance, dict) and path[0] in instance:
        yield from places(instance[path[0]], path[1:], f"{whole}/{path[0]}")


def pointer(text):
    return [part for part in text.removeprefix("/properties/").split("/") if part != "properties"]


def listed(properties, schema, keyword):
    """The places of a resource that its schema lists under a keyword."""
    for each in schema.get(keyword, ()):
        yield from places(properties, pointer(each))


def attributes(kind):
    """What Fn::GetAtt may be asked of a type."""
    return set(PROVIDER_SCHEMA_MANAGER.get_type_getatts(kind, "us-east-1"))


def tags(properties, schema):
    """The tags of a resource, or None if it takes none."""
    tagging = schema.get("tagging", {})
    if not tagging.get("taggable", "Tags" in schema.get("properties", {})):
        return None
    value = properties
    for name in pointer(tagging.get("tagProperty", "/properties/Tags")):
        value = value.get(name, {})
    return value if isinstance(value, dict) else {tag.get("Key"): tag.get("Value") for tag in value}


def count(value):
    if isinstance(value, dict):
        return sum(1 + count(each) for each in value.values())
    return sum(map(count, value)) if isinstance(value, list) else 0


def examine(template, findings):
    """Adds what is wrong in a template; how many resources, properties and tagged resources it looked at."""
    resources = template["Resources"]
    looked = [0, 0, 0]
    for name, resource in resources.items():
        kind = resource["Type"]

        def ref(target):
            if target in ACCOUNT:
                return ACCOUNT[target]
            if target not in resources and target not in template.get("Parameters", {}):
                findings.append(f"{name}: Ref to {target}, which is not there")
            return Unknown(target)

        def attribute(target, what):
            of = resources.get(target, {}).get("Type")
            if of is None:
                findings.append(f"{name}: Fn::GetAtt of {target}, which is not there")
            elif not of.startswith(CUSTOM) and what not in attributes(of):
                findings.append(f"{name}: {of} has no attribute {what}")
            return Unknown(f"{target}.{what}")

        properties = resolve(resource.get("Properties", {}), ref, attribute)
        looked[0] += 1
        looked[1] += count(properties)
        if kind.startswith(CUSTOM):
            continue
        try:
            rules = schema(kind)
        except Exception:
            findings.append(f"{name}: {kind} has no schema in us-east-1")
            continue
        for fault in Validator(rules).iter_errors(properties):
            findings.append(f"{name} ({kind}): /{'/'.join(map(str, fault.path))}: {fault.message[:300]}")
        for keyword, says in (("readOnlyProperties", "is read-only"), ("deprecatedProperties", "is deprecated")):
            findings += [f"{name} ({kind}): {place} {says}" for place in listed(properties, rules, keyword)]
        there = tags(properties, rules)
        if there is not None:
            looked[2] += 1
            if missing := TAGS - there.keys():
                findings.append(f"{name} ({kind}): can be tagged and lacks {', '.join(sorted(missing))}")
    return looked


def planted(template):
    """Faults that have to be found: what is changed, and a word of the finding."""
    first = {resource["Type"]: name for name, resource in reversed(template["Resources"].items())}

    def fault(kind, change, word):
        changed = copy.deepcopy(template)
        change(changed["Resources"][first[kind]]["Properties"])
        return f"{kind}, {word}", changed, word

    table, key, log, role = "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::IAM::Role"
    yield fault(table, lambda each: each.update(Colour="red"), "'Colour' was unexpected")
    yield fault(table, lambda each: each.pop("KeySchema"), "'KeySchema' is a required property")
    yield fault(table, lambda each: each.update(Arn="arn:aws:dynamodb:::table/x"), "is read-only")
    yield fault(table, lambda each: each.update(BillingMode="FREE"), "is not one of")
    yield fault(table, lambda each: each.pop("Tags"), "can be tagged and lacks cost_center, environment, tenant_id")
    yield fault(key, lambda each: each.update(EnableKeyRotation=[]), "is not of type")
    yield fault(log, lambda each: each.update(RetentionInDays=31), "is not one of")
    yield fault(log, lambda each: each.update(LogGroupName="a b"), "does not match")
    yield fault(log, lambda each: each.update(KmsKeyId={"Fn::GetAtt": ["SharedKey", "Colour"]}), "no attribute Colour")
    yield fault(role, lambda each: each["Tags"].pop(), "can be tagged and lacks")
    yield fault("AWS::EC2::VPC", lambda each: each.pop("CidrBlock"), "exactly one of")
    yield fault("AWS::Cognito::UserPool", lambda each: each.pop("UserPoolTags"), "can be tagged and lacks")


def main():
    emitted = templates()
    unseen = []
    found_all = 0
    for what, template, word in planted(next(iter(emitted.values()))):
        found = []
        examine(template, found)
        found_all += 1
        if not any(word in each for each in found):
            unseen.append(f"a planted fault was not found: {what}; findings: {found}")
    with judged("schemas") as findings:
        findings += unseen
        total = [0, 0, 0]
        for file, template in emitted.items():
            here = []
            total = [a + b for a, b in zip(total, examine(template, here))]
            findings += [f"{file}: {each}" for each in here]
        resources, properties, taggable = total
        print(
            f"{len(emitted)} templates, {resources} resources, {properties} properties, {taggable} resources that can be "
            f"tagged: {len(findings)} findings; {found_all} planted faults"
        )


if __name__ == "__main__":
    sys.exit(main())
