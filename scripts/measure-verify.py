#!/usr/bin/env python3
"""Whole-process time and peak memory of `tenantry verify` on platforms of several sizes (20 tenants a cell, a template a cell), and,
on the same files, of cfn-guard with five simple rules.

    cargo build --release -p tenantry
    cargo install cfn-guard --locked            (left out of the run where it is not on PATH)
    scripts/measure-verify.py [TENANTS...]      (default: 5 100 1000 10000)

`platform` is `tenantry verify` in the platform's folder, which makes the templates as well; `files` reads them from disk, as
cfn-guard does. Medians of RUNS runs, of one run above 1,000 tenants.
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 3
GUARD_UP_TO = 100
ROOT = pathlib.Path(__file__).resolve().parent.parent
TENANTRY = ROOT / "target/release/tenantry"
GUARD = os.environ.get("CFN_GUARD", shutil.which("cfn-guard"))
RULES = """
let tables = Resources.*[ Type == 'AWS::DynamoDB::Table' ]
rule tables_are_encrypted when %tables !empty { %tables.Properties.SSESpecification.SSEEnabled == true }
rule tables_are_recoverable when %tables !empty {
  %tables.Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled == true
}
let keys = Resources.*[ Type == 'AWS::KMS::Key' ]
rule keys_rotate when %keys !empty { %keys.Properties.EnableKeyRotation == true }
let groups = Resources.*[ Type == 'AWS::Logs::LogGroup' ]
rule logs_end when %groups !empty { %groups.Properties.RetentionInDays == 30 }
let functions = Resources.*[ Type == 'AWS::Lambda::Function' ]
rule functions_are_tagged when %functions !empty { %functions.Properties.Tags !empty }
"""


def platform(tenants):
    tables = "".join(f'[[tenants]]\nid = "tenant-{n:05}"\nname = "T{n}"\n' for n in range(1, tenants + 1))
    return f'[platform]\nname = "acme"\n{tables}'


def measured(command, folder, runs):
    """Median seconds and the largest resident memory in MiB."""
    seconds, peak = [], 0
    for _ in range(runs):
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.monotonic() - began)
        peak = max(peak, usage.ru_maxrss)
        if status != 0:
            sys.exit(f"{' '.join(map(str, command[:3]))} ... ended with status {os.waitstatus_to_exitcode(status)}")
    return statistics.median(seconds), peak / 1024


def row(tenants, what, result):
    print(f"| {tenants} | {what} | {result[0]:.2f} | {result[1]:.0f} |", flush=True)


def main():
    sizes = [int(size) for size in sys.argv[1:]] or [5, 100, 1000, 10000]
    print("| tenants | what | seconds | memory, MiB |\n|---|---|---|---|")
    for tenants in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "platform.toml").write_text(platform(tenants))
            subprocess.run(
                [TENANTRY, "synth", "cloudformation", "--out", "out"], cwd=folder, check=True, stderr=subprocess.DEVNULL
            )
            files = sorted((folder / "out").glob("*.json"))
            runs = RUNS if tenants <= 1000 else 1
            row(tenants, "platform", measured([TENANTRY, "verify"], folder, runs))
            row(tenants, "files", measured([TENANTRY, "verify", *files], folder, runs))
            if GUARD and tenants <= GUARD_UP_TO:
                (folder / "rules.guard").write_text(RULES)
                guard = [GUARD, "validate", "--show-summary", "none", "--rules", "rules.guard", "--data", *files]
                row(tenants, "cfn-guard, five rules", measured(guard, folder, runs))
    if not GUARD:
        print("cfn-guard is not on PATH: left out")


if __name__ == "__main__":
    main()
