#!/usr/bin/env python3
"""Previews of a platform's empty stacks (20 tenants a cell, a stack a cell, one after another), side by side: tenantry's
language host and an equivalent Python program, under the same engine and with the same stand-in for the aws provider.

    engine/build
    cargo build --release -p tenantry-pulumi --examples
    python3 -m venv VENV && VENV/bin/pip install pulumi==3.255.0 pulumi-aws==7.51.1
    VENV/bin/python scripts/measure-pulumi.py [TENANTS...]          (default: 5 50 200)

The Python program is made of the same plan: one class of pulumi_aws a resource, one Output.concat a text with references. The
Python language host is no package of its own, so the program runs inside this process through Pulumi's Automation API; its
preview is preview() alone, without the interpreter's start and the imports; tenantry's is the whole command. Memory is the
peak of the process that runs the program. Medians of RUNS runs; seconds and resources are sums over the stacks.
"""

import json
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

RUNS = 3
CELL = 20
ROOT = pathlib.Path(__file__).resolve().parent.parent
ENGINE = pathlib.Path(os.environ.get("TENANTRY_PULUMI", ROOT / "target/engine")).resolve()
EXAMPLES = pathlib.Path(os.environ.get("TENANTRY_EXAMPLES", ROOT / "target/release/examples")).resolve()
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


def platform(tenants):
    tables = "".join(f'[[tenants]]\nid = "tenant-{n:03}"\nname = "T{n}"\n' for n in range(1, tenants + 1))
    return f'[platform]\nname = "acme"\n{tables}'


class Bench:
    """A project in a folder of its own, with the empty stack of one cell."""

    def __init__(self, tenants, cell, folder):
        self.folder = pathlib.Path(folder)
        project = self.folder / "project"
        (project / ".tenantry/packages").mkdir(parents=True)
        (self.folder / "state").mkdir()
        (project / "platform.toml").write_text(platform(tenants))
        yaml = subprocess.run([EXAMPLES / "synth-yaml", project / "platform.toml", str(cell)], check=True, capture_output=True, text=True)
        self.program = yaml.stdout
        for archive in set(re.findall(r'fn::fileArchive: "([^"]+)"', self.program)):
            (project / archive).write_bytes(EMPTY_ZIP)
        plugins = "plugins:\n  providers:\n  - {name: aws, path: %s}\n  languages:\n  - {name: tenantry, path: %s}\n"
        (project / "Pulumi.yaml").write_text("name: acme\nruntime: tenantry\n" + plugins % (EXAMPLES, EXAMPLES))
        self.project = project
        self.environment = {
            "PATH": f"{ENGINE}:{os.environ['PATH']}",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "measured",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
        }
        subprocess.run(
            [ENGINE / "pulumi", "stack", "init", f"prod-cell-{cell}", "--non-interactive"],
            cwd=project, env={**os.environ, **self.environment}, check=True, capture_output=True,
        )

    def native(self):
        """Seconds of the command, peak MiB of the language host, resources, seconds of the command again."""
        started = time.monotonic()
        command = [ENGINE / "pulumi", "preview", "--non-interactive", "--json"]
        child = subprocess.Popen(
            command, cwd=self.project, env={**os.environ, **self.environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        peak = 0
        done = threading.Event()

        def watch():
            nonlocal peak
            while not done.wait(0.005):
                peak = max(peak, peak_of_children("pulumi-language"))

        watcher = threading.Thread(target=watch)
        watcher.start()
        out, err = child.communicate()
        seconds = time.monotonic() - started
        done.set()
        watcher.join()
        if child.returncode != 0:
            sys.exit(out + err)
        return seconds, peak / 1024, json.loads(out)["changeSummary"]["create"], seconds

    def python(self):
        """The same of the Python program, in a process of its own."""
        (self.folder / "program.yaml").write_text(self.program)
        started = time.monotonic()
        child = subprocess.run(
            [sys.executable, __file__, "--program", str(self.folder)],
            env={**os.environ, **self.environment}, capture_output=True, text=True, cwd=self.project,
        )
        if child.returncode != 0:
            sys.exit(child.stdout + child.stderr)
        seconds, peak, resources = json.loads(child.stdout.splitlines()[-1])
        return seconds, peak, resources, time.monotonic() - started


def peak_of_children(name):
    """The highest resident memory so far, in KiB, of any process whose name begins with `name`."""
    peak = 0
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if not (process / "comm").read_text().startswith(name[:15]):
                continue
            status = (process / "status").read_text()
        except OSError:
            continue
        found = re.search(r"VmHWM:\s+(\d+)", status)
        peak = max(peak, int(found.group(1)) if found else 0)
    return peak


def run_python_program(folder):
    """Registers what the YAML program says by pulumi_aws's classes, and previews that."""
    import pulumi
    import pulumi_aws
    import yaml
    from pulumi import automation

    folder = pathlib.Path(folder)
    program = yaml.safe_load((folder / "program.yaml").read_text())
    project = folder / "project"

    def snake(name):
        return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()

    def describe():
        made, known = {}, {}
        aws = pulumi_aws.Provider("aws", region="us-east-1")
        options = pulumi.InvokeOptions(provider=aws)
        known["callerIdentity"] = pulumi_aws.get_caller_identity(opts=options)
        known["partition"] = pulumi_aws.get_partition(opts=options)

        def text(raw):
            parts = re.split(r"(\$\$\{|\$\{[A-Za-z0-9_]+\.[A-Za-z]+\})", raw)
            values = []
            for part in parts:
                if part == "$${":
                    values.append("${")
                elif part.startswith("${"):
                    name, attribute = part[2:-1].split(".")
                    values.append(getattr(made.get(name) or known[name], snake(attribute)))
                elif part:
                    values.append(part)
            return values[0] if len(values) == 1 else pulumi.Output.concat(*values) if values else ""

        def value(raw):
            if isinstance(raw, str):
                return text(raw)
            if isinstance(raw, list):
                return [value(item) for item in raw]
            if isinstance(raw, dict):
                if "fn::fileArchive" in raw:
                    return pulumi.FileArchive(str(project / raw["fn::fileArchive"]))
                return {key: value(item) for key, item in raw.items()}
            return raw

        for name, resource_ in program["resources"].items():
            if name == "aws":
                continue
            module, kind = resource_["type"].split(":")[1:]
            module = module.split("/")[0]
            cls = getattr(getattr(pulumi_aws, "lambda_" if module == "lambda" else module), kind)
            needed = [made[n[2:-1]] for n in resource_["options"].get("dependsOn", [])]
            arguments = {snake(key): value(item) for key, item in resource_["properties"].items()}
            made[name] = cls(name, opts=pulumi.ResourceOptions(provider=aws, depends_on=needed), **arguments)
        for name, raw in program["outputs"].items():
            pulumi.export(name, text(raw))

    shutil.rmtree(folder / "python", ignore_errors=True)
    work = folder / "python"
    work.mkdir()
    (work / "Pulumi.yaml").write_text(
        "name: acme\nruntime: python\nplugins:\n  providers:\n  - {name: aws, path: %s}\n" % EXAMPLES
    )
    stack = automation.create_or_select_stack(
        stack_name="python", project_name="acme", program=describe,
        opts=automation.LocalWorkspaceOptions(work_dir=str(work)),
    )
    started = time.monotonic()
    preview = stack.preview()
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    created = {str(key.value if hasattr(key, "value") else key): n for key, n in preview.change_summary.items()}
    print(json.dumps([seconds, peak, created["create"]]))


def platform_run(tenants, measure):
    """Every cell once: seconds and resources in all, the highest peak."""
    results = []
    for cell in range(1, -(-tenants // CELL) + 1):
        with tempfile.TemporaryDirectory() as folder:
            results.append(measure(Bench(tenants, cell, folder)))
    seconds, peaks, resources, wall = zip(*results)
    return sum(seconds), max(peaks), sum(resources), sum(wall)


def main():
    if sys.argv[1:2] == ["--program"]:
        return run_python_program(sys.argv[2])
    print("| tenants | program | resources | preview, s | whole process, s | memory, MiB |")
    print("|---|---|---|---|---|---|")
    for tenants in [int(argument) for argument in sys.argv[1:]] or [5, 50, 200]:
        for name, measure in [("tenantry", Bench.native), ("Python", Bench.python)]:
            runs = [platform_run(tenants, measure) for _ in range(RUNS)]
            seconds, peak, _, wall = (statistics.median(run[i] for run in runs) for i in range(4))
            print(f"| {tenants} | {name} | {runs[0][2]} | {seconds:.2f} | {wall:.2f} | {peak:.0f} |", flush=True)
    return None


main()
