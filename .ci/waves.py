"""Cells in waves, two commands at once, and locks that git merges.

Usage: PYTHON .ci/waves.py PATH_OF_TENANTRY [PORT], with the emulator's Python, which has botocore. In a platform of its own with four
cells: it brings them up in waves; gives a tenant's role another one's table behind tenantry's back, so that the next wave must not
begin; brings up cells side by side; runs a command while another one is at work; and lets git merge branches.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import botocore.session
from checks import check, finish, run

TENANTRY = str(pathlib.Path(sys.argv[1]).resolve())
PORT = sys.argv[2] if len(sys.argv) > 2 else '4626'
PLATFORM = '[platform]\nname = "waves"\n[cells]\nsize = 2\n[tiers.standard]\nrequests_per_second = {rate}\n'


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)

    def write(self, tenants, rate=50):
        text = PLATFORM.format(rate=rate)
        (self.path / 'platform.toml').write_text(text + ''.join(f'\n[[tenants]]\nid = "tenant-{one:03}"\n' for one in tenants))

    def run(self, *arguments, expect=0):
        said = 'tenantry ' + ' '.join(arguments)
        return run(TENANTRY, '-C', str(self.path), '--format', 'json', *arguments, said=said, expect=expect)

    def client(self, service):
        known = json.loads((self.path / '.tenantry/secrets.json').read_text())
        session = botocore.session.get_session()
        session.set_credentials(known['key']['id'], known['key']['secret'])
        return session.create_client(service, region_name='us-east-1', endpoint_url=f'http://127.0.0.1:{PORT}')


def cells(done):
    """What became of each cell: up, failed, not begun."""
    told = json.loads(done.stdout)
    number = lambda one: int(one['stack'].split('-')[2])
    return tuple(sorted(map(number, told[part])) for part in ('cells', 'failed', 'not_begun'))


def in_waves(folder):
    folder.write(range(1, 4))
    done = folder.run('up', '--port', PORT, '--waves', '1,rest', '--jobs', '2')
    check(f'two cells are up: {cells(done)}', cells(done) == ([1, 2], [], []))
    for what in ('verify what runs', 'probe the wave'):
        check(f'{what} after each of two waves: {done.stderr}', done.stderr.count(what) == 2)
    done = folder.run('up')
    check('nothing is left to do', {one['change'] for one in json.loads(done.stdout)['cells']} == {'unchanged'})


def a_wave_that_is_not_clean(folder):
    """Somebody lets a tenant of the first cell read another one's table."""
    iam = folder.client('iam')
    statement = {'Effect': 'Allow', 'Action': ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem'], 'Resource': '*'}
    policy = json.dumps({'Version': '2012-10-17', 'Statement': [statement]})
    names = [one['RoleName'] for one in iam.list_roles()['Roles'] if one['RoleName'].startswith('tenant-001')]
    for role in names:
        iam.put_role_policy(RoleName=role, PolicyName='by-hand', PolicyDocument=policy)
    folder.write(range(1, 4), rate=60)
    done = folder.run('up', '--yes', '--waves', '1,rest', expect=1)
    check(f'the first cell alone: {cells(done)}', cells(done) == ([1], [], [2]))
    check(f'it is said why: {done.stderr}', 'the wave before is not clean: an attack got through' in done.stderr)
    for role in names:
        iam.delete_role_policy(RoleName=role, PolicyName='by-hand')
    done = folder.run('up', '--yes')
    check(f'once it is mended, all: {cells(done)}', cells(done) == ([1, 2], [], []))


def cells_side_by_side(folder):
    """Two cells come while another one changes."""
    folder.write(range(1, 8), rate=60)
    done = folder.run('up', '--yes', '--jobs', '3')
    check(f'all are up: {cells(done)}', cells(done) == ([1, 2, 3, 4], [], []))
    changes = [one['change'] for one in json.loads(done.stdout)['cells']]
    check(f'what is as it should be is left alone: {changes}', changes == ['unchanged', 'updated', 'created', 'created'])


def two_at_once(folder):
    folder.write(range(1, 8), rate=70)
    first = subprocess.Popen(
        [TENANTRY, '-C', folder.path, 'up', '--yes'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    refused, lock = 0, folder.path / '.tenantry/lock'
    # It holds the lock once its number is in the file.
    while first.poll() is None and lock.read_text().strip() != str(first.pid):
        time.sleep(0.01)
    while first.poll() is None:
        for command in (('up', '--yes'), ('down', '--destroy-all', 'waves')):
            done = subprocess.run([TENANTRY, '-C', folder.path, *command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if first.poll() is not None:
                break
            held = done.returncode == 2 and 'another tenantry is at work here' in done.stderr
            check(f'{command} is refused while another one works: {done.returncode} {done.stderr[-300:]}', held)
            refused += held
    first.communicate()
    check(f'the first one came to its end: {first.returncode}', first.returncode == 0)
    check('others were refused meanwhile', refused > 0)


def git(folder, *arguments, expect=0):
    environment = os.environ | {'GIT_CONFIG_GLOBAL': '/dev/null', 'GIT_CONFIG_NOSYSTEM': '1'}
    name = ('-c', 'user.name=ci', '-c', 'user.email=ci@example.com')
    return run('git', *name, *arguments, said='git ' + ' '.join(arguments), expect=expect, cwd=folder, env=environment)


def merged_by_git(folder):
    """Two branches change the tenants apart, with the driver as docs/operations.md sets it up."""
    project = Folder(folder)
    entries = lambda: (project.path / 'platform.lock').read_text()

    def branch(name, tenants):
        git(folder, 'checkout', '-q', '-b', name, 'main')
        project.write(tenants)
        project.run('synth', 'cloudformation', '--out', str(project.path / 'templates'))
        git(folder, 'commit', '-qam', name)

    git(folder, 'init', '-q', '-b', 'main')
    git(folder, 'config', 'merge.tenantry.driver', f"'{TENANTRY}' lock merge %O %A %B")
    (project.path / '.gitattributes').write_text('platform.lock merge=tenantry\nplatform.toml merge=union\n')
    (project.path / '.gitignore').write_text('templates\n')
    project.write((1, 2, 3))
    project.run('synth', 'cloudformation', '--out', str(project.path / 'templates'))
    git(folder, 'add', '-A')
    git(folder, 'commit', '-qm', 'base')
    branch('adds', (1, 2, 3, 4))
    branch('removes', (1, 3))
    branch('adds-too', (1, 2, 3, 5))
    git(folder, 'checkout', '-q', 'adds')
    git(folder, 'merge', '-q', '-m', 'both', 'removes')
    check(f'what was added lives: {entries()}', '"tenant-004", cell = 2, slot = 2' in entries().split('retired')[0])
    check(f'what was removed is retired: {entries()}', '"tenant-002", cell = 1, slot = 2' in entries().split('retired')[1])
    before = entries()
    done = git(folder, 'merge', 'adds-too', expect=1)
    both = "cell 2, slot 2 is tenant-004's in ours, tenant-005's in theirs"
    check(f'a place of two is told with both: {done.stdout}{done.stderr}', both in done.stdout + done.stderr)
    check('ours stays as it is', entries() == before)


def main():
    with tempfile.TemporaryDirectory() as path:
        merged_by_git(path)
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(path)
        try:
            in_waves(folder)
            a_wave_that_is_not_clean(folder)
            cells_side_by_side(folder)
            two_at_once(folder)
        finally:
            done = folder.run('down', '--destroy-all', 'waves')
            deleted = json.loads(done.stdout)['deleted']
            check(f'the first cell went last: {deleted}', deleted[-1:] == ['waves-cell-1-prod'])
    finish()


main()
