#!/usr/bin/env python3
"""The verdict on every template of the corpus, and plans of it all coming and going, held against the schemas of its formats: SARIF 2.1.0 against the official schema, JSON
against the published one. Runs target/release/tenantry; needs the package jsonschema."""

import json
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from jsonschema import validators

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "crates/isolation/corpus"
SCHEMAS = {"sarif": "verdict/schema/sarif-2.1.0.schema.json", "json": "verdict/schema/verdict.schema.json"}


def validator(file):
    schema = json.loads((ROOT / "crates" / file).read_text())
    kind = validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def faults(template, form, validator):
    command = [ROOT / "target/release/tenantry", "--format", form, "verify", "--barriers", template.name]
    ran = subprocess.run(command, cwd=CORPUS, capture_output=True, text=True)
    if ran.returncode not in (0, 1, 2) or not ran.stdout:
        return [f"{template.name}: {form}: status {ran.returncode}: {ran.stderr.strip()}"]
    told = validator.iter_errors(json.loads(ran.stdout))
    return [f"{template.name}: {form}: {'/'.join(map(str, each.path))}: {each.message[:200]}" for each in told]


def plans(validator):
    """What `plan` prints of a platform that comes, that changes, and that loses a tenant."""
    command = [ROOT / "target/release/tenantry", "--format", "json"]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "platform.toml"
        run = lambda *arguments: subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True)
        run("init")
        run("synth", "cloudformation", "--out", "deployed")
        text = file.read_text()
        for wanted in (text, text.replace("= 50", "= 60"), text.replace('[[tenants]]\nid = "tenant-005"\nname = "Ravenna"\n', "")):
            file.write_text(wanted)
            for arguments in (("plan",), ("plan", "--against", "deployed")):
                ran = run(*arguments)
                if ran.returncode not in (0, 1):
                    yield f"{arguments}: status {ran.returncode}: {ran.stderr.strip()}"
                    continue
                for each in validator.iter_errors(json.loads(ran.stdout)):
                    yield f"{arguments}: {'/'.join(map(str, each.path))}: {each.message[:200]}"


def main():
    templates = sorted(file for file in CORPUS.iterdir() if file.suffix in (".yaml", ".json"))
    found = []
    for form, file in SCHEMAS.items():
        schema = validator(file)
        with ThreadPoolExecutor(max_workers=2) as pool:
            for each in pool.map(lambda template: faults(template, form, schema), templates):
                found += each
    found += plans(validator("plan/schema/plan.schema.json"))
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(templates)} verdicts in {len(SCHEMAS)} formats: {len(found)} faults")
    sys.exit(1 if found or not templates else 0)


if __name__ == "__main__":
    main()
