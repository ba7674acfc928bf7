"""`plan`, `up` and `down` with `--on aws`, by every way to say yes without a terminal: the real engine, a stand-in for its aws provider.

Usage: .ci/consent_on_aws.py, at the repository's root.
"""

import json
import pathlib
import tempfile

import checks
from checks import check, finish
from pulumi_project import Project, leave_out_without_engine

AWS = ('--on', 'aws')


def main():
    leave_out_without_engine('consent on AWS')
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / 'state').mkdir()
        project = Project(folder, PULUMI_BACKEND_URL=f'file://{folder}/state')
        file, lock = project.folder / 'platform.toml', project.folder / 'platform.lock'
        first = file.read_text()

        def plan(expect):
            # Data alone, whatever the status.
            done = checks.run('tenantry', '--format', 'json', 'plan', *AWS, expect=expect, cwd=project.folder, env=project.environment)
            return json.loads(done.stdout)

        def refused(what, *command, said=()):
            told = project.run('tenantry', *command, *AWS, expect=2)
            check(f'{what}: {told}', all(text in told for text in said))

        def states():
            return sorted(path.name for path in (folder / 'state').glob('**/*.json'))

        new = plan(1)
        check(f'a new platform is all created: {new["counts"]}', set(new['counts']) == {'create'})
        check(f'looking makes no stack and no lock: {states()}', not any('prod' in name for name in states()) and not lock.exists())
        refused('what is only made is asked about as well', 'up', said=['--yes', 'nothing was changed'])
        check('and no lock is written', not lock.exists())
        project.run('tenantry', 'up', *AWS, '--yes')
        check('then nothing is left to do', plan(0)['counts'] == {})

        file.write_text(first + '\n[tiers.standard]\nrequests_per_second = 60\n')
        told = plan(1)
        check(f'a tier is changed in place: {told["counts"]}', set(told['counts']) == {'update'} and told['at_stake'] == {})
        refused('without a yes', 'up', said=['--yes'])
        kept = folder / 'kept.json'
        project.run('tenantry', 'plan', *AWS, '--out', str(kept), expect=1)
        file.write_text(first + '\n[tiers.standard]\nrequests_per_second = 70\n')
        refused('a plan of something else', 'up', str(kept), said=['what is wanted of prod has changed'])
        file.write_text(first + '\n[tiers.standard]\nrequests_per_second = 60\n')
        project.run('tenantry', 'up', *AWS, str(kept))
        refused('a plan that was carried out', 'up', str(kept), said=['what runs of prod has changed'])

        file.write_text(file.read_text().replace('[[tenants]]\nid = "tenant-002"\n', ''))
        told = plan(1)
        check(f'the end of a tenant is at stake by its name: {told["at_stake"]}', list(told['at_stake']) == ['tenant-002'])
        check(f'and nobody else is touched: {told["untouched"]}', told['untouched'] == ['tenant-001'])
        refused('--yes is no yes to data', 'up', '--yes', said=['tenant-002', '--destroy tenant-002'])
        refused('nor is another name', 'up', '--yes', '--destroy', 'tenant-001', said=['--destroy tenant-002'])

        right = lock.read_text()
        lock.write_text(right.replace('"tenant-001", cell = 1, slot = 1', '"tenant-001", cell = 1, slot = 9'))
        refused('an edited lock', 'up', '--yes', '--destroy', 'tenant-002', said=['cell 1, slot 1', 'cell 1, slot 9'])
        lock.unlink()
        refused('a lost lock', 'plan', said=['there is no platform.lock', 'tenant-002', 'cell 1, slot 2'])
        project.run('tenantry', 'lock', 'recover', *AWS)
        check(f'a lost lock is recovered: {lock.read_text()}', 'tenant-002", cell = 1, slot = 2' in lock.read_text())
        lock.write_text(right)

        project.run('tenantry', 'up', *AWS, '--destroy', 'tenant-002')
        check('then nothing is left to do', plan(0)['counts'] == {})

        refused('all is not ended without its name', 'down', said=['--destroy-all acme', 'tenant-001'])
        refused('nor by another', 'down', '--destroy-all', 'prod', said=['--destroy-all prod is not this platform'])
        check('and nothing has gone', plan(0)['counts'] == {})

        file.write_text('[protection]\ndeletion = "on"\n' + file.read_text())
        told = plan(1)
        check(f'protection changes and loses nothing: {told["at_stake"]}', told['at_stake'] == {} and 'delete' not in told['counts'])
        project.run('tenantry', 'up', *AWS, '--yes')
        refused('what is protected', 'down', '--destroy-all', 'acme', said=['protected against deletion'])
        file.write_text(file.read_text().replace('"on"', '"off"'))
        project.run('tenantry', 'up', *AWS, '--yes')
        project.run('tenantry', 'down', *AWS, '--destroy-all', 'acme')
    finish()


main()
