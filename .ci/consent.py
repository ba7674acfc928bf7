"""Every command that changes what is deployed, by every way to say yes, on a pseudo-terminal and off it.

Usage: .ci/consent.py PATH_OF_TENANTRY [PORT], with Python's own library alone. In a platform of its own it asks for changes, for the
end of a tenant's data, for the end of all; says no, nothing, the wrong name, and at last the right one; and after each no it looks
whether anything has changed. Then it loses platform.lock, and keeps a plan until the world has moved.
"""

import json
import os
import pathlib
import pty
import select
import subprocess
import sys
import tempfile
import time

from checks import check, finish

TENANTRY = str(pathlib.Path(sys.argv[1]).resolve())
PORT = sys.argv[2] if len(sys.argv) > 2 else '4622'
PLATFORM = '[platform]\nname = "asks"\nenvironment_suffix = "{suffix}"\n[tiers.standard]\nrequests_per_second = {rate}\n'
ENVIRONMENT = os.environ | {'NO_COLOR': '1'}


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)

    def write(self, *tenants, rate=50, suffix='ci'):
        text = PLATFORM.format(rate=rate, suffix=suffix)
        text += ''.join(f'\n[[tenants]]\nid = "tenant-{tenant}"\n' for tenant in tenants)
        (self.path / 'platform.toml').write_text(text)

    def off(self, *arguments):
        """Without a terminal: the status, standard output, standard error."""
        done = subprocess.run(
            [TENANTRY, '-C', self.path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENVIRONMENT,
        )
        return done.returncode, done.stdout, done.stderr

    def on(self, lines, *arguments):
        """On a pseudo-terminal, where each line is typed when a question has come: the status, and what was to be seen.
        A line that is nothing is the end of what is typed (Ctrl-D), `^C` an interrupt."""
        child, terminal = pty.fork()
        if child == 0:
            os.execve(TENANTRY, [TENANTRY, '-C', str(self.path), *arguments], ENVIRONMENT)
        seen, lines, until = b'', list(lines), time.monotonic() + 120
        while time.monotonic() < until:
            if not select.select([terminal], [], [], 0.2)[0]:
                continue
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
            if seen.rstrip(b' ').endswith((b'Type yes:', b'to agree:')):
                line = lines.pop(0) if lines else None
                seen += b'|'
                os.write(terminal, {None: b'\x04', '^C': b'\x03'}.get(line, f'{line}\n'.encode()))
        _, status = os.waitpid(child, 0)
        os.close(terminal)
        return os.waitstatus_to_exitcode(status), seen.decode()

    def plan(self, *arguments):
        status, out, error = self.off('plan', '--format', 'json', *arguments)
        check(f'plan ends with 0 or 1: {status} {error}', status in (0, 1))
        return json.loads(out)

    def files(self):
        """What of the project is in version control."""
        return {name: (self.path / name).read_text() for name in ('platform.toml', 'platform.lock') if (self.path / name).exists()}


def table(folder, what, command, noes, yes):
    """Each way to say no, on a terminal (a list of lines) and off it (nothing), with its flags; then the way to say yes."""
    before, files = folder.plan(), folder.files()
    for lines, flags in noes:
        where = 'off a terminal' if lines is None else f'at a terminal, typing {lines}'
        status, *seen = folder.off(*command, *flags) if lines is None else folder.on(lines, *command, *flags)
        check(f'{what}: {" ".join(command + flags)} {where} is refused: {status} {seen}', status == 2)
        check(f'{what}: it says that nothing was changed: {seen}', 'nothing was changed' in seen[-1] or 'nothing half-made' in seen[-1])
        after = folder.plan()
        check(f'{what}: nothing has changed', after == before and folder.files() == files)
    lines, flags = yes
    status, *seen = folder.off(*command, *flags) if lines is None else folder.on(lines, *command, *flags)
    check(f'{what}: {" ".join(command + flags)} {lines} is done: {status} {seen}', status == 0)


def ids(cell):
    return [change['id'] for change in cell['changes']]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(name)
        folder.write('a', 'b')
        plan = folder.plan()
        check('a new platform is all created', set(plan['counts']) == {'create'} and plan['at_stake'] == {})
        check('looking writes nothing', sorted(path.name for path in folder.path.iterdir()) == ['platform.toml'])
        status, out, error = folder.off('up', '--port', PORT)
        check(f'what only creates is no question: {status} {error}', status == 0)
        check('then nothing is left to do', folder.off('plan')[0] == 0)

        folder.write('a', 'b', rate=60)
        noes = [
            (None, []), (None, ['--destroy', 'tenant-a']), ([None], []), (['no'], []), (['y'], []), (['tenant-a'], []), (['^C'], []),
        ]
        table(folder, 'a change', ['up'], noes, (['yes'], []))
        folder.write('a', 'b', rate=70)
        table(folder, 'a change', ['up'], [], (None, ['--yes']))

        folder.write('a', rate=70)
        plan = folder.plan()
        check(f'the end of a tenant is at stake by its name: {plan["at_stake"]}', list(plan['at_stake']) == ['tenant-b'])
        check(f'nobody else is touched: {plan["untouched"]}', plan['untouched'] == ['tenant-a'])
        noes = [
            (None, []), (None, ['--yes']), (None, ['--destroy', 'tenant-a']), (None, ['--yes', '--destroy', 'tenant-']),
            ([None], ['--yes']), (['yes'], []), (['yes'], ['--yes']), (['tenant-a'], []), (['^C'], ['--yes']),
        ]
        table(folder, "a tenant's data", ['up'], noes, (['tenant-b'], []))
        folder.write('a', 'b', rate=70)
        table(folder, 'it comes back', ['up'], [(None, [])], (None, ['--yes']))
        folder.write('a', rate=70)
        table(folder, "a tenant's data", ['up'], [], (None, ['--yes', '--destroy', 'tenant-b']))

        folder.write('a', rate=70, suffix='new')
        plan = folder.plan()
        check(f'another suffix ends the old stack: {plan["at_stake"]}', list(plan['at_stake']) == ['asks-cell-1-ci', 'tenant-a'])
        noes = [(None, ['--yes', '--destroy', 'tenant-a']), (['tenant-a', 'asks-cell-1-ci'], []), (['asks-cell-1-ci', 'yes'], [])]
        noes[1] = (['tenant-a'], [])
        table(folder, 'what tenants share', ['up'], noes, (['asks-cell-1-ci', 'tenant-a'], []))

        lost_lock(folder)
        kept_plan(folder)

        noes = [
            (None, []), (None, ['--destroy-all', 'acme']), ([None], []), (['yes'], []), (['acme'], []), (['^C'], []),
        ]
        table(folder, 'the end of all', ['down'], noes, (['asks'], []))
        status, out, _ = folder.off('down')
        check(f'where nothing runs nothing is asked: {status} {out}', status == 0 and 'Nothing was running' in out)
    finish()


def lost_lock(folder):
    lock = folder.path / 'platform.lock'
    right = lock.read_text()
    before = folder.plan()
    for what, text in {
        'missing': None,
        'edited': right.replace('"tenant-a", cell = 1, slot = 1', '"tenant-a", cell = 1, slot = 9'),
        'older': right.replace('  { id = "tenant-a", cell = 1, slot = 1 },\n', ''),
    }.items():
        check(f'the lock is {what}', text != right)
        lock.unlink() if text is None else lock.write_text(text)
        files = folder.files()
        for command in (['plan'], ['up', '--yes', '--destroy', 'tenant-a']):
            status, _, error = folder.off(*command)
            check(f'a lock that is {what} is refused: {status} {error}', status == 2 and 'lock recover' in error)
            check(f'both are shown: {error}', 'tenant-a' in error and 'cell 1, slot 1' in error)
            check('and nothing is written', folder.files() == files)
        status, _, error = folder.off('lock', 'recover')
        check(f'it is recovered: {status} {error}', status == 0)
        recovered = lock.read_text()
        # A tenant that is gone is known from the old lock alone.
        check(f'as it was: {recovered}', recovered == right if what == 'edited' else '"tenant-a", cell = 1, slot = 1' in recovered)
        check('and the plan is the same again', folder.plan() == before)
        lock.write_text(right)


def kept_plan(folder):
    file = folder.path / 'kept.json'
    folder.write('a', rate=80, suffix='new')
    check('a plan is kept', folder.off('plan', '--out', str(file))[0] == 1)
    folder.write('a', rate=90, suffix='new')
    status, _, error = folder.off('up', str(file))
    check(f'another wish is not it: {status} {error}', status == 2 and 'what is wanted of asks-cell-1-new has changed' in error)
    check('another plan is carried out', folder.off('up', '--yes')[0] == 0)
    folder.write('a', rate=80, suffix='new')
    status, _, error = folder.off('up', str(file))
    check(f'what runs has moved: {status} {error}', status == 2 and 'what runs of asks-cell-1-new has changed' in error)
    check('a plan is kept', folder.off('plan', '--out', str(file))[0] == 1)
    status, _, error = folder.off('up', str(file))
    check(f'and carried out without a question: {status} {error}', status == 0)
    check('then nothing is left to do', folder.off('plan')[0] == 0)
    file.unlink()


main()
