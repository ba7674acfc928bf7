"""What a script checks, counted, and what it runs, timed."""

import subprocess
import sys
import time

passed, failed = 0, []


def check(what, holds):
    global passed
    if holds:
        passed += 1
    else:
        failed.append(what)
        print(f'FAILED: {what}')


def run(*command, said=None, expect=0, **options):
    """Runs a command that has to end with the exit status `expect`, or with any if that is None. It is shown as `said`, or by its first words."""
    began = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, **options)
    print(f'$ {said or " ".join(command[:3])}: exit status {done.returncode}, {time.monotonic() - began:.1f} s')
    said = f'{said or " ".join(command)} ends with {expect}: {done.stdout[-1500:]}{done.stderr[-1500:]}'
    check(said, expect is None or done.returncode == expect)
    return done


def finish():
    print(f'{passed} passed, {len(failed)} failed')
    sys.exit(1 if failed else 0)
