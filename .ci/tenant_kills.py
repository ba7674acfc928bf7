"""SIGKILL of tenantry at random moments while it adds, removes, exports and imports a tenant: the same command again ends it.

Usage: .ci/tenant_kills.py PATH_OF_TENANTRY [COUNT [SEED [PORT]]], with Python's own library alone; 30 kills of each by default. After
each the command is run again until it is done. Then what was asked for is there and nothing half-made: plan finds nothing to do, the
ledger's chain is whole, and every record that was acknowledged is in the tenant or in its export.
"""

import http.client
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from checks import check, finish

TENANTRY = str(pathlib.Path(sys.argv[1]).resolve())
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 30
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
PORT = int(sys.argv[4]) if len(sys.argv) > 4 else 4626
CHANCE = random.Random(SEED)
ID, RECORDS = 'tenant-guest', 120
PLATFORM = '[platform]\nname = "kills"\nenvironment_suffix = "ci"\n\n[[tenants]]\nid = "tenant-host"\n'


def command(*arguments):
    return [TENANTRY, '-C', str(FOLDER), '--format', 'json', *map(str, arguments)]


def tenantry(*arguments, expect=0):
    done = subprocess.run(command(*arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    check(f'{arguments} ends with {done.returncode}, not {expect}: {done.stderr[-800:]}', done.returncode == expect)
    return json.loads(done.stdout) if done.stdout.strip() else {}


def killed(longest, *arguments):
    """Runs a command and kills it within its usual time; whether it was still at work."""
    process = subprocess.Popen(
        command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    time.sleep(CHANCE.uniform(0, longest))
    at_work = process.poll() is None
    process.kill()
    process.wait()
    return at_work


def again(*arguments, done=lambda: False):
    """Runs a command until it is done: an operation of the emulator's own may have to end first."""
    for _ in range(5):
        ran = subprocess.run(command(*arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        if ran.returncode == 0:
            return json.loads(ran.stdout)
        if done():
            return None
    check(f'{arguments} again ends with {ran.returncode}: {ran.stderr[-800:]}', False)
    return None


def timed(*arguments):
    began = time.monotonic()
    answer = tenantry(*arguments)
    return time.monotonic() - began, answer


def put(token, at):
    connection = http.client.HTTPConnection('127.0.0.1', PORT, timeout=60)
    headers = {
        'Host': f'kills.localhost:{PORT}', 'Authorization': f'Bearer {token}', 'Content-Type': 'application/json',
    }
    connection.request('PUT', f'/tenants/{ID}/data/notes/{at}', json.dumps({'value': at}), headers)
    status = connection.getresponse().status
    connection.close()
    check(f'record {at} is acknowledged: {status}', status in (200, 201))


def counts(folder):
    manifest = json.loads((pathlib.Path(folder) / 'manifest.json').read_text())
    return {store['name'] if store['kind'] != 'users' else 'users': store['records'] for store in manifest['stores']}


def is_settled(what):
    plan = tenantry('plan')
    check(f'{what}: nothing is left to do', all(not cell['changes'] for cell in plan['cells']))
    check(f'{what}: the chain is whole', tenantry('ledger', 'verify')['torn'] is False)


def last_of_ledger():
    return tenantry('ledger', 'list')[-1]


def main():
    print(f'seed {SEED}, {COUNT} kills of each')
    (FOLDER / 'platform.toml').write_text(PLATFORM)
    tenantry('up', '--port', PORT)
    add = ('tenant', 'add', ID, '--name', 'Guest', '--yes')
    remove = ('tenant', 'remove', ID, '--yes', '--destroy', ID)
    took_add, _ = timed(*add)
    at_work = {what: 0 for what in ('add', 'remove', 'export', 'import')}
    took_remove, _ = timed(*remove, '--no-export')
    for at in range(COUNT):
        at_work['add'] += killed(took_add, *add)
        again(*add)
        ids = [one['id'] for one in tenantry('tenant', 'list')]
        check(f'add {at}: it is there once: {ids}', ids.count(ID) == 1)
        is_settled(f'add {at}')
        if at + 1 < COUNT:
            tenantry(*remove, '--no-export')
    token = tenantry('token', ID)['token']
    for at in range(RECORDS):
        put(token, at)
    wanted = {f'{ID}-data-ci': RECORDS, 'users': 1}

    took_export, _ = timed('tenant', 'export', ID, '--out', FOLDER / 'out-whole')
    for at in range(COUNT):
        out = FOLDER / f'out-{at}'
        at_work['export'] += killed(took_export, 'tenant', 'export', ID, '--out', out)
        again('tenant', 'export', ID, '--out', out, done=(out / 'manifest.json').exists)
        found = counts(out)
        check(f'export {at} has all: {found}', wanted.items() <= found.items())
        check(f'export {at} leaves nothing half-made', not (out / 'progress.json').exists())
        shutil.rmtree(out)

    took_import = took_export
    for at in range(COUNT):
        at_work['remove'] += killed(took_remove + took_export, *remove)
        answer = again(*remove, done=lambda: last_of_ledger()['kind'] == 'erased' and last_of_ledger()['tenant'] == ID)
        entry = last_of_ledger()
        check(f'remove {at}: it is certified: {entry["number"]} {entry["kind"]}', entry['kind'] == 'erased')
        check(f'remove {at}: it is out of the file', ID not in (FOLDER / 'platform.toml').read_text())
        export = entry['body']['export']['folder']
        check(f'remove {at}: the export has all: {counts(export)}', wanted.items() <= counts(export).items())
        is_settled(f'remove {at}')
        tenantry(*add)
        at_work['import'] += killed(took_import, 'tenant', 'import', export)
        began = time.monotonic()
        answer = again('tenant', 'import', export)
        took_import = max(took_import, time.monotonic() - began)
        stores = {store['store']: store['written'] + store['there_before'] - store['records'] for store in answer['stores']}
        check(f'import {at}: all is there: {stores}', set(stores.values()) == {0})
    print('still at work when killed:', ', '.join(f'{what} {hit} of {COUNT}' for what, hit in at_work.items()))


with tempfile.TemporaryDirectory() as folder:
    FOLDER = pathlib.Path(folder)
    try:
        main()
    finally:
        tenantry('down', '--destroy-all', 'kills')
finish()
