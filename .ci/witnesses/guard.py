#!/usr/bin/env python3
"""cfn-guard with other people's rules on the platform's templates. docs/scanners.md has the answer to each rule that fails: a
failure without an answer is a finding, and so is an answer to what no longer fails.

Usage: guard.py CFN_GUARD RULES HEADING     HEADING is the section of docs/scanners.md that answers these rules"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from emitted import ROOT, judged, templates


def answers(heading):
    """The rules in the table below a heading of the document."""
    text = (ROOT / "docs/scanners.md").read_text()
    section = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.M | re.S)
    if not section:
        raise SystemExit(f"docs/scanners.md has no section {heading}")
    return set(re.findall(r"^\| `([^`]+)`", section[1], re.M))


def validate(program, rules, file):
    command = [program, "validate", "--rules", rules, "--data", file, "--structured", "--output-format", "json", "--show-summary", "none"]
    ran = subprocess.run(command, capture_output=True, text=True)
    # 0: all pass; 19: some fail; the rest did not run. <https://github.com/aws-cloudformation/cloudformation-guard>
    if ran.returncode not in (0, 19):
        raise SystemExit(f"cfn-guard: status {ran.returncode}: {ran.stderr[:2000]}")
    return json.loads(ran.stdout)


def main(program, rules, heading):
    answered, failed, passed = answers(heading), {}, set()
    with judged("cfn-guard") as findings, tempfile.TemporaryDirectory() as folder:
        for name, template in templates(2, 20).items():
            file = pathlib.Path(folder, name)
            file.write_text(json.dumps(template))
            for report in validate(program, rules, file):
                passed |= set(report["compliant"])
                for each in report["not_compliant"]:
                    rule = each["Rule"]["name"]
                    where = re.findall(r"/Resources/([A-Za-z0-9]+)", json.dumps(each))
                    failed.setdefault(rule, set()).update(where)
        for rule in sorted(failed.keys() - answered):
            findings.append(f"{rule} fails and docs/scanners.md does not answer it: {', '.join(sorted(failed[rule])[:5])}")
        findings += [f"{rule} no longer fails: take its answer out of docs/scanners.md" for rule in sorted(answered - failed.keys())]
        if not passed:
            findings.append("no rule passes: the rules do not see the templates")
        print(f"{heading}: {len(passed - failed.keys())} rules pass, {len(failed)} fail, all other rules are for what is not there")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
