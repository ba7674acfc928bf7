#!/usr/bin/env python3
"""Turns references of one tenant to another tenant's things, one at a time, and counts what `tenantry verify` says.

Usage: swap-references.py TENANTRY FOLDER... [--most N] [--copies] [--explained FILE] [--verbose]

Each template of the folders that is proven as it is counts. With two tenants in it (by the tag `tenant_id`), it is taken as
it is; with none and --copies, each resource is written twice, once a tenant, tagged and with names of its own. A swap turns
one `Ref`, `Fn::GetAtt` or `${...}` of a tenant's resource to the thing of the same type that the other tenant has. It ought
to be breached or undecided; one that stays proven is harmless by a reason, or a way that nobody saw. Those are listed by
type, property and target, which is what an explanation or a mend is about. Those with a line in the file of explanations,
`TYPE PROPERTY -> TYPE: reason`, are counted apart. Exit 1 if there is one without, or a line that explains nothing.

Needs PyYAML. What is fetched for it stays out of the repository.
"""
import argparse
import collections
import concurrent.futures
import copy
import json
import pathlib
import re
import subprocess
import tempfile

import yaml

TAG = "tenant_id"
TENANTS = ("acme", "globex")
ENDS = (".yaml", ".yml", ".json", ".template")


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def short_form(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


Loader.add_multi_constructor("!", short_form)
Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


def tenant(resource):
    """The tenant that a resource's tags name; none of what says that it is shared."""
    named = tagged(resource)
    return None if named == "shared" else named


def tagged(resource):
    """The tag's value."""
    properties = resource.get("Properties") or {}
    for name, tags in properties.items():
        if not name.endswith("Tags"):
            continue
        if isinstance(tags, dict) and TAG in tags:
            return tags[TAG]
        for each in tags if isinstance(tags, list) else []:
            if isinstance(each, dict) and each.get("Key") == TAG:
                return each.get("Value")
    return None


def references(value, path=""):
    """Each reference in a value: the node that holds it, the key, where in a text it is, its path, and what it names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref" and isinstance(inner, str):
                yield value, key, None, path, inner
            elif key == "Fn::GetAtt" and isinstance(inner, list) and inner and isinstance(inner[0], str):
                yield inner, 0, None, path, inner[0]
            elif key == "Fn::Sub":
                holder, at = (inner, 0) if isinstance(inner, list) else (value, key)
                if isinstance(holder[at], str):
                    for match in re.finditer(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}", holder[at]):
                        yield holder, at, match.span(1), path, match.group(1)
                if isinstance(inner, list) and len(inner) > 1:
                    yield from references(inner[1], path)
            elif key.startswith("Fn::"):
                yield from references(inner, path)
            else:
                yield from references(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner, path + "[]" if path and not path.endswith("[]") else path)


def turn(holder, key, span, to):
    if span is None:
        holder[key] = to
    else:
        holder[key] = holder[key][: span[0]] + to + holder[key][span[1] :]


def renamed(resource, known, end):
    """A resource whose references to the template's own resources get an end."""
    made = copy.deepcopy(resource)
    # From the back, so that places in one text stay right.
    for holder, key, span, _, name in reversed(list(references(made.get("Properties") or {}))):
        if name in known:
            turn(holder, key, span, name + end)
    depends = made.get("DependsOn")
    if isinstance(depends, str):
        made["DependsOn"] = depends + end
    elif isinstance(depends, list):
        made["DependsOn"] = [each + end for each in depends]
    return made


def copies(template):
    """A template with everything twice, once a tenant."""
    known = template["Resources"]
    resources = {}
    for who, end in zip(TENANTS, ("A", "B")):
        for name, resource in known.items():
            made = renamed(resource, known, end)
            properties = made.setdefault("Properties", {})
            if not isinstance(properties, dict):
                return None
            for key, value in properties.items():
                if key.endswith("Name") and isinstance(value, str):
                    properties[key] = f"{value}-{who}"
            tags = properties.get("Tags")
            if isinstance(tags, dict):
                tags[TAG] = who
            else:
                properties["Tags"] = (tags if isinstance(tags, list) else []) + [{"Key": TAG, "Value": who}]
            resources[name + end] = made
    made = {key: value for key, value in template.items() if key not in ("Resources", "Outputs")}
    made["Resources"] = resources
    return made


def swaps(template):
    """Each template with one reference turned, with the type, the property and the target's type."""
    resources = template["Resources"]
    owners = {name: tenant(each) for name, each in resources.items()}
    # What has no tag and speaks of one tenant's things alone is that tenant's.
    for name, each in resources.items():
        of = {owners.get(to) for *_, to in references(each.get("Properties") or {})} - {None}
        if owners[name] is None and len(of) == 1:
            owners[name] = of.pop()
    for name, each in resources.items():
        found = list(references(each.get("Properties") or {}))
        for nth, (*_, path, to) in enumerate(found):
            if owners[name] is None or owners.get(to) != owners[name]:
                continue
            kind = resources[to]["Type"]
            others = (
                other
                for other, one in resources.items()
                if one["Type"] == kind and owners[other] not in (None, owners[name])
            )
            other = next(others, None)
            if other is None:
                continue
            made = copy.deepcopy(template)
            holder, key, span, _, _ = list(references(made["Resources"][name].get("Properties") or {}))[nth]
            turn(holder, key, span, other)
            yield (each["Type"], path, kind), made


def answer(binary, template):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(template, file, default=str)
        file.flush()
        run = subprocess.run([binary, "verify", "--format", "json", file.name], capture_output=True, text=True, timeout=120)
    try:
        claims = json.loads(run.stdout)["claims"]
    except (ValueError, KeyError):
        return "refused"
    outcomes = {each["outcome"] for each in claims if not each["claim"].startswith("hygiene/")}
    return next((each for each in ("breached", "undecided", "weak") if each in outcomes), "proven")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tenantry")
    parser.add_argument("folders", type=pathlib.Path, nargs="+")
    parser.add_argument("--most", type=int, default=3, help="swaps of one kind that are tried")
    parser.add_argument("--copies", action="store_true", help="write templates without tenants twice")
    parser.add_argument("--explained", type=pathlib.Path, help="why some stay proven, a line each")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    tried, counts = collections.Counter(), collections.Counter()
    quiet, bases, work = collections.defaultdict(list), 0, []
    files = [each for folder in arguments.folders for each in sorted(folder.rglob("*")) if each.suffix in ENDS]
    for path in files:
        try:
            template = yaml.load(path.read_text(errors="replace"), Loader)
            resources = template["Resources"]
            tenants = {tenant(each) for each in resources.values()} - {None}
            if len(tenants) < 2:
                template = copies(template) if arguments.copies and not tenants else None
        except (yaml.YAMLError, AttributeError, KeyError, TypeError, IndexError):
            continue
        if template is None or answer(arguments.tenantry, template) != "proven":
            continue
        bases += 1
        for kind, made in swaps(template):
            if tried[kind] < arguments.most:
                tried[kind] += 1
                work.append((kind, path, made))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for (kind, path, _), got in zip(work, pool.map(lambda each: answer(arguments.tenantry, each[2]), work)):
            counts[got] += 1
            if got == "proven":
                quiet[kind].append(path.name)
            if arguments.verbose:
                print(f"{got:10} {' '.join(kind)} {path.name}")
    explained = explanations(arguments.explained)
    open_kinds = 0
    for kind, files in sorted(quiet.items()):
        line = f"{kind[0]} {kind[1]} -> {kind[2]}"
        if explained.pop(line, None) is None:
            open_kinds += 1
            print(f"proven: {line} ({', '.join(sorted(set(files)))})")
    for line in explained:
        print(f"explained, and no swap stays proven: {line}")
    print(
        f"{bases} templates, {len(tried)} kinds of references, {sum(counts.values())} swaps: {dict(counts)}; "
        f"{len(quiet) - open_kinds} kinds explained"
    )
    raise SystemExit(1 if open_kinds or explained else 0)


def explanations(path):
    """The reasons by which swaps stay proven, by kind."""
    lines = path.read_text().splitlines() if path else []
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


if __name__ == "__main__":
    main()
