"""Cells in waves, and two operators, with `--on aws`: the real engine, a stand-in for its aws provider.

Usage: .ci/waves_on_aws.py, at the repository's root.
"""

import json
import os
import pathlib
import pty
import shutil
import tempfile

import checks
from checks import check, finish
from pulumi_project import Project, leave_out_without_engine

AWS = ('--on', 'aws')


def on_a_terminal(project, meanwhile, *command):
    """Runs a command at a pseudo-terminal; when it asks, `meanwhile` happens, and then yes is typed. Its status, and what was seen."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(project.folder)
        os.execvpe(command[0], command, project.environment | {'NO_COLOR': '1'})
    seen = b''
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if seen.rstrip(b' ').endswith(b'Type yes:'):
            seen += b'|'
            meanwhile()
            os.write(terminal, b'yes\n')
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), seen.decode()


def main():
    leave_out_without_engine('waves on AWS')
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / 'state').mkdir()
        backend = {'PULUMI_BACKEND_URL': f'file://{folder}/state'}
        project = Project(folder, platform='[cells]\nsize = 1\n', tenants=3, **backend)

        def up(*arguments, expect=0, **variables):
            command = ('tenantry', '--format', 'json', 'up', *AWS, *arguments)
            done = checks.run(*command, expect=expect, cwd=project.folder, env=project.environment | variables)
            return {one['cell']: one['result'] for one in json.loads(done.stdout)}, done.stderr

        results, _ = up('--yes', '--waves', '1,rest')
        check(f'all waves are done: {results}', results == {1: 'done', 2: 'done', 3: 'done'})

        # A fourth and a fifth cell, and the provider refuses to make a thing of either: nobody else is stopped.
        three = (project.folder / 'platform.toml').read_text()
        more = '\n[[tenants]]\nid = "tenant-004"\n\n[[tenants]]\nid = "tenant-005"\n'
        (project.folder / 'platform.toml').write_text(three + more)
        results, told = up('--yes', '--waves', '4,rest', expect=2, TENANTRY_PROVIDER_FAIL='9')
        check(f'one failed, and no wave begins after it: {results}', results == {1: 'done', 2: 'done', 3: 'done', 4: 'failed', 5: 'waiting'})
        check(f'it is said what to do: {told}', '2 of 5 cells are not done: the same command again' in told)
        results, _ = up('--yes', '--waves', '4,rest')
        check(f'again, and all are done: {results}', set(results.values()) == {'done'} and len(results) == 5)

        # The other operator has a folder of his own, and the same state.
        other = shutil.copytree(project.folder, folder / 'other')
        theirs = other / 'platform.toml'
        theirs.write_text(theirs.read_text() + '\n[tiers.standard]\nrequests_per_second = 60\n')
        ours = project.folder / 'platform.toml'
        before = ours.read_text()
        ours.write_text(before + '\n[tiers.standard]\nrequests_per_second = 70\n')

        def meanwhile():
            checks.run('tenantry', 'up', *AWS, '--yes', cwd=other, env=project.environment)

        status, seen = on_a_terminal(project, meanwhile, 'tenantry', 'up', *AWS)
        check(f'what was agreed to is not done any more: {status} {seen[-600:]}', status == 2)
        for stack in ('prod', 'prod-cell-2', 'prod-cell-3'):
            check(f'{stack} is named: {seen[-600:]}', stack in seen.split('somebody else has changed')[-1])
        ours.write_text(theirs.read_text())
        results, _ = up('--yes')
        check(f'what they deployed is what there is: {results}', set(results.values()) == {'done'})

        # Two commands in one folder.
        def second():
            done = checks.run('tenantry', 'up', *AWS, '--yes', expect=2, cwd=project.folder, env=project.environment)
            check(f'one works in a folder: {done.stderr}', 'another tenantry is at work here' in done.stderr)

        ours.write_text(before + '\n[tiers.standard]\nrequests_per_second = 80\n')
        status, seen = on_a_terminal(project, second, 'tenantry', 'up', *AWS)
        check(f'and the first comes to its end: {status} {seen[-600:]}', status == 0)
        project.run('tenantry', 'down', *AWS, '--destroy-all', 'acme')
    finish()


main()
