"""Pulumi with its state in S3, as most of its users have it: the emulator's bucket, the real engine, the release build's
language host, and the stand-in for the aws provider.

Usage: PYTHON_WITH_BOTOCORE .ci/pulumi_on_s3.py PORT, at the repository's root, with the platform up on that port. It needs
target/engine and target/debug/examples (engine/build, cargo test); without them it fails in CI and is left out elsewhere.
"""

import json
import signal
import sys
import tempfile
import time

from checks import check, finish
from local_platform import administrator, secrets
from pulumi_project import NOW, OURS, QUIET, Project, leave_out_without_engine

PORT = sys.argv[1]
BUCKET = 'pulumi-state'
URL = f's3://{BUCKET}?region=us-east-1&endpoint=127.0.0.1:{PORT}&disableSSL=true&s3ForcePathStyle=true'
SECRET = 'a-secret-that-is-nowhere-else-41d8'
KEY = secrets()['key']
# The emulator's, for the state.
CREDENTIALS = {'AWS_ACCESS_KEY_ID': KEY['id'], 'AWS_SECRET_ACCESS_KEY': KEY['secret']}

s3 = administrator('s3')


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

    cells = ('prod', 'prod-cell-2', 'prod-cell-3')
    check('every cell is up', results('up', '--on', 'aws', '--yes') == dict.fromkeys(cells, 'done'))
    stacks = [f'.pulumi/stacks/acme/{stack}.json' for stack in cells]
    check('every state is in the bucket', all(stack in keys() for stack in stacks))
    check('no state is in a folder', not list(project.folder.glob('**/stacks')))
    for signals in (1, 2):
        # The second drops what is in flight, which takes longer than anybody waits.
        slow = '500' if signals == 1 else '3600000'
        running = project.start(*tenantry, 'down', '--on', 'aws', '--destroy-all', 'acme', TENANTRY_PROVIDER_SLOW=slow)
        # The first cell goes when the others have gone.
        wait_for('the locks of the second and third cell', lambda: len(locks()) == 2)
        for _ in range(signals):
            time.sleep(1)
            running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=120)
        ended = {cell['result'] for cell in json.loads(out)}
        check(f'Ctrl-C ({signals}) ends it: {out}{error}', ended == {'cancelled'} and running.returncode == 2)
        check(f'Ctrl-C ({signals}) leaves no lock: {locks()}', locks() == [])
    check('every cell goes down after that', set(results('down', '--on', 'aws', '--destroy-all', 'acme').values()) == {'done'})
    check(f'no lock is left: {locks()}', locks() == [])


def main():
    leave_out_without_engine('Pulumi with its state in S3')
    s3.create_bucket(Bucket=BUCKET)
    try:
        with tempfile.TemporaryDirectory() as folder:
            the_users_own_pulumi(Project(folder, **CREDENTIALS))
        with tempfile.TemporaryDirectory() as folder:
            # Another place in the same bucket.
            cells, backend = '[cells]\nsize = 1\n', f'backend:\n  url: {URL}\n'
            tenantry_on_it(Project(folder, cells, backend, tenants=3, **CREDENTIALS))
    finally:
        for key in keys():
            s3.delete_object(Bucket=BUCKET, Key=key)
        s3.delete_bucket(Bucket=BUCKET)
    finish()


main()
