#!/usr/bin/env python3
"""The verdict on every template of the corpus, held against the schemas of its formats: SARIF 2.1.0 against the official schema, JSON
against the published one. Runs target/release/tenantry; needs the package jsonschema."""

import json
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from jsonschema import validators

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "crates/isolation/corpus"
SCHEMAS = {"sarif": "sarif-2.1.0.schema.json", "json": "verdict.schema.json"}


def validator(file):
    schema = json.loads((ROOT / "crates/verdict/schema" / file).read_text())
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


def main():
    templates = sorted(file for file in CORPUS.iterdir() if file.suffix in (".yaml", ".json"))
    found = []
    for form, file in SCHEMAS.items():
        schema = validator(file)
        with ThreadPoolExecutor(max_workers=2) as pool:
            for each in pool.map(lambda template: faults(template, form, schema), templates):
                found += each
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(templates)} verdicts in {len(SCHEMAS)} formats: {len(found)} faults")
    sys.exit(1 if found or not templates else 0)


if __name__ == "__main__":
    main()
