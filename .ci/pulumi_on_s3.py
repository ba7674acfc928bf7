"""Pulumi with its state in S3, as most of its users have it: the emulator's bucket, the real engine, the release build's
language host, and the stand-in for the aws provider.

Usage: PYTHON_WITH_BOTOCORE .ci/pulumi_on_s3.py PORT, at the repository's root, with an emulator on that port. It needs
target/engine and target/debug/examples (engine/build, cargo test); without them it fails in CI and is left out elsewhere.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import botocore.session

PORT = sys.argv[1]
ENGINE, PROVIDER, OURS = (pathlib.Path(folder).resolve() for folder in ('target/engine', 'target/debug/examples', 'target/release'))
BUCKET = 'pulumi-state'
URL = f's3://{BUCKET}?region=us-east-1&endpoint=127.0.0.1:{PORT}&disableSSL=true&s3ForcePathStyle=true'
SECRET = 'a-secret-that-is-nowhere-else-41d8'
QUIET = ('--non-interactive', '--color', 'never')
NOW = ('--yes', '--skip-preview', *QUIET)
passed, failed = 0, []

session = botocore.session.get_session()
session.set_credentials('test', 'test')
s3 = session.create_client('s3', region_name='us-east-1', endpoint_url=f'http://127.0.0.1:{PORT}')


def check(what, holds):
    global passed
    if holds:
        passed += 1
    else:
        failed.append(what)
        print(f'FAILED: {what}')


def keys():
    return [object['Key'] for object in s3.list_objects_v2(Bucket=BUCKET).get('Contents', [])]


def locks():
    return [key for key in keys() if '/locks/' in key]


def wait_for(what, condition):
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > 120:
            sys.exit(f'waited in vain for {what}')
        time.sleep(0.05)


class Project:
    """A folder with a platform of two cells, a home of Pulumi's own, and nobody else's environment."""

    def __init__(self, folder, pulumi_yaml=''):
        self.folder = pathlib.Path(folder)
        tenants = ''.join(f'\n[[tenants]]\nid = "tenant-00{number}"\n' for number in (1, 2))
        (self.folder / 'platform.toml').write_text(f'[platform]\nname = "acme"\n\n[cells]\nsize = 1\n{tenants}')
        plugins = f'plugins:\n  providers:\n  - name: aws\n    path: {PROVIDER}\n'
        (self.folder / 'Pulumi.yaml').write_text(f'name: acme\nruntime: tenantry\n{pulumi_yaml}{plugins}')
        path = os.pathsep.join([str(ENGINE), str(OURS), os.environ['PATH']])
        # No PULUMI_BACKEND_URL: where the state goes is what the user said to Pulumi.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(('PULUMI_', 'AWS_'))} | {
            'PATH': path, 'HOME': str(self.folder / 'home'), 'PULUMI_HOME': str(self.folder / 'home/.pulumi'),
            'PULUMI_CONFIG_PASSPHRASE': 'correct horse battery staple', 'PULUMI_SKIP_UPDATE_CHECK': '1',
            'PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION': '1',
            'AWS_ACCESS_KEY_ID': 'test', 'AWS_SECRET_ACCESS_KEY': 'test',
        }
        (self.folder / 'home').mkdir()

    def start(self, *command, **variables):
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment | variables, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def run(self, *command, expect=0):
        began = time.monotonic()
        running = self.start(*command)
        out, error = running.communicate(timeout=300)
        print(f'$ {" ".join(command[:3])}: exit status {running.returncode}, {time.monotonic() - began:.1f} s')
        check(f'{" ".join(command)} ends with {expect}: {out[-1500:]}{error[-1500:]}', running.returncode == expect)
        return out + error if expect else out


def the_users_own_pulumi(project):
    """`pulumi login s3://...`, and all that its user does then."""
    project.run('pulumi', 'login', URL)
    project.run('pulumi', 'stack', 'init', 'prod', *QUIET)
    project.run('pulumi', 'config', 'set', '--secret', 'aws:secretKey', SECRET, *QUIET)
    project.run('pulumi', 'preview', *QUIET)
    project.run('pulumi', 'up', *NOW)
    check('the state is in the bucket', '.pulumi/stacks/acme/prod.json' in keys())
    bodies = [s3.get_object(Bucket=BUCKET, Key=key)['Body'].read() for key in keys()]
    check('the state is found by a search', any(b'tenant-001-users-prod' in body for body in bodies))
    check('a secret is in clear in no object', not any(SECRET.encode() in body for body in bodies))
    outputs = json.loads(project.run('pulumi', 'stack', 'output', '--json'))
    check('the outputs are there', outputs.get('Tenant001UsersTable') == 'tenant-001-users-prod')
    project.run('pulumi', 'up', *NOW, '--expect-no-changes')
    project.run('pulumi', 'refresh', *NOW, '--expect-no-changes')
    check(f'no lock is left: {locks()}', locks() == [])

    running = project.start('pulumi', 'destroy', *NOW, TENANTRY_PROVIDER_SLOW='500')
    wait_for('a lock', locks)
    running.send_signal(signal.SIGKILL)
    running.wait()
    told = project.run('pulumi', 'up', *NOW, expect=1)
    check(f'a killed engine leaves a lock: {told}', 'currently locked' in told and f's3://{BUCKET}/.pulumi/locks' in told)
    project.run('pulumi', 'cancel', *NOW[:1], *QUIET)
    check(f'`pulumi cancel` takes the lock away: {locks()}', locks() == [])
    project.run('pulumi', 'up', *NOW)
    project.run('pulumi', 'destroy', *NOW)
    state = json.loads(project.run('pulumi', 'stack', 'export'))
    check('nothing is left in the state', not state['deployment'].get('resources'))
    check(f'no lock is left: {locks()}', locks() == [])


def tenantry_on_it(project):
    """`tenantry up --on aws` with the bucket named in Pulumi.yaml: every cell's state goes there, and no lock stays."""
    tenantry = (str(OURS / 'tenantry'), '--format', 'json')

    def results(*command, expect=0):
        return {cell['stack']: cell['result'] for cell in json.loads(project.run(*tenantry, *command, expect=expect))}

    check('every cell is up', results('up', '--on', 'aws') == {'prod': 'done', 'prod-cell-2': 'done'})
    stacks = [f'.pulumi/stacks/acme/{stack}.json' for stack in ('prod', 'prod-cell-2')]
    check('every state is in the bucket', all(stack in keys() for stack in stacks))
    check('no state is in a folder', not list(project.folder.glob('**/stacks')))
    for signals in (1, 2):
        # The second drops what is in flight, which takes longer than anybody waits.
        slow = '500' if signals == 1 else '3600000'
        running = project.start(*tenantry, 'down', '--on', 'aws', TENANTRY_PROVIDER_SLOW=slow)
        wait_for('both locks', lambda: len(locks()) == 2)
        for _ in range(signals):
            time.sleep(1)
            running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=120)
        ended = {cell['result'] for cell in json.loads(out)}
        check(f'Ctrl-C ({signals}) ends it: {out}{error}', ended == {'cancelled'} and running.returncode == 2)
        check(f'Ctrl-C ({signals}) leaves no lock: {locks()}', locks() == [])
    check('every cell goes down after that', set(results('down', '--on', 'aws').values()) == {'done'})
    check(f'no lock is left: {locks()}', locks() == [])


def main():
    missing = [str(file) for file in (ENGINE / 'pulumi', PROVIDER / 'pulumi-resource-aws') if not file.is_file()]
    if missing:
        print(f'LEFT OUT: Pulumi with its state in S3, without {" and ".join(missing)}')
        sys.exit(1 if os.environ.get('CI') else 0)
    s3.create_bucket(Bucket=BUCKET)
    try:
        with tempfile.TemporaryDirectory() as folder:
            the_users_own_pulumi(Project(folder))
        with tempfile.TemporaryDirectory() as folder:
            # Another place in the same bucket.
            tenantry_on_it(Project(folder, f'backend:\n  url: {URL}\n'))
    finally:
        for key in keys():
            s3.delete_object(Bucket=BUCKET, Key=key)
        s3.delete_bucket(Bucket=BUCKET)
    print(f'{passed} passed, {len(failed)} failed')
    sys.exit(1 if failed else 0)


main()
