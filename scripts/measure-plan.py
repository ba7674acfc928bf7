"""What a plan costs, and a tenant more on the local platform.

Usage: scripts/measure-plan.py PATH_OF_TENANTRY plan N... | add PORT N...

`plan`: writes the templates of N tenants, adds a tenant to the file, and runs `plan` against the templates, and `verify` alone, which
is a part of it: wall time, processor time, peak memory. `add`: brings N tenants up on this machine, adds one, and times the `up` that
makes it.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

TENANTRY = str(pathlib.Path(sys.argv[1]).resolve())


def write(folder, tenants):
    text = '[platform]\nname = "measured"\n' + ''.join(f'\n[[tenants]]\nid = "tenant-{one:05}"\n' for one in tenants)
    (pathlib.Path(folder) / 'platform.toml').write_text(text)


def run(folder, *arguments):
    """Wall time and processor time in seconds, peak memory in MiB, and what was printed."""
    began = time.monotonic()
    child = subprocess.Popen(
        [TENANTRY, '-C', folder, '--format', 'json', *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    told = child.stdout.read()
    error = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f'{arguments}: {error.decode()[-2000:]}')
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, told


def plan(sizes):
    print('| tenants | plan | of it verify | processor | peak | the same, nothing there yet |\n| --- | --- | --- | --- | --- | --- |')
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write(folder, range(1, size + 1))
            run(folder, 'synth', 'cloudformation', '--out', 'deployed')
            write(folder, range(1, size + 2))
            wall, processor, peak, told = run(folder, 'plan', '--against', 'deployed')
            assert json.loads(told)['touched'] == [f'tenant-{size + 1:05}']
            verified, *_ = run(folder, 'verify')
            new, _, peak_new, _ = run(folder, 'plan')
            print(f'| {size:,} | {wall:.2f} s | {verified:.2f} s | {processor:.1f} s | {peak:.0f} MiB | {new:.2f} s, {peak_new:.0f} MiB |', flush=True)


def add(port, sizes):
    print('| tenants | up from nothing | one more | peak |\n| --- | --- | --- | --- |')
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            try:
                write(folder, range(1, size + 1))
                first, *_ = run(folder, 'up', '--port', port)
                write(folder, range(1, size + 2))
                more, _, peak, _ = run(folder, 'up', '--yes')
                print(f'| {size:,} | {first:.1f} s | {more:.1f} s | {peak:.0f} MiB |', flush=True)
            finally:
                run(folder, 'down', '--destroy-all', 'measured')


if sys.argv[2] == 'plan':
    plan([int(size) for size in sys.argv[3:]])
else:
    add(sys.argv[3], [int(size) for size in sys.argv[4:]])
