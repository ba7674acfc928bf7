"""Tenants come, change, go and come back while others work: no request of theirs fails.

Usage: .ci/tenant_life.py PATH_OF_TENANTRY [PORT], with Python's own library alone. In a platform of its own, five tenants are under a
load of some 60 requests a second without retries, each on a connection of its own, throughout: a sixth and a seventh come, one
changes its tier, one is suspended and let in again, removed with an export and a certificate, and brought back with its data. Then
two controls that the load has to see: one of the five suspended, and the emulator stopped and started.
"""

import http.client
import json
import pathlib
import sys
import tempfile
import threading
import time

from checks import check, finish, run

TENANTRY = str(pathlib.Path(sys.argv[1]).resolve())
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 4624
LOADED = [f'tenant-{name}' for name in ('ash', 'birch', 'cedar', 'elm', 'fir')]
SIXTH, SEVENTH = 'tenant-oak', 'tenant-pine'
# Requests a second, of all five.
RATE = 60
PLATFORM = '''# Kept as it is written.
[platform]
name = "life"
environment_suffix = "ci"

[tiers.gold]   # for those who pay
requests_per_second = 90
burst = 200
'''


def tenantry(*arguments, expect=0):
    done = run(
        TENANTRY, '-C', str(FOLDER), '--format', 'json', *arguments,
        said=f'tenantry {" ".join(arguments[:4])}', expect=expect,
    )
    return json.loads(done.stdout) if done.stdout.strip() else {'stderr': done.stderr}


def call(token, method, path, body=None, key=None):
    """The status of one request and its body. Whatever goes wrong with the connection is a status too."""
    connection = http.client.HTTPConnection('127.0.0.1', PORT, timeout=60)
    headers = {'Host': f'life.localhost:{PORT}', 'Authorization': f'Bearer {token}'}
    if body is not None:
        headers['Content-Type'] = 'application/json'
    if key is not None:
        headers['Idempotency-Key'] = key
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError as error:
        return type(error).__name__, b''
    except http.client.HTTPException as error:
        return type(error).__name__, b''
    finally:
        connection.close()


class Load:
    """Writes, reads and lists as each of the five, until it is told to stop. What it writes may be sent twice within the function, whose
    SDK asks again where the emulator is too busy to answer: so it has a key, as clients give it that mean it."""

    def __init__(self, tokens):
        self.tokens, self.stopped, self.lock = tokens, threading.Event(), threading.Lock()
        self.sent, self.failed, self.kept = 0, [], []
        self.began = time.monotonic()
        # Four of each tenant, so that a request that takes long holds up no other.
        workers = [(tenant, half) for tenant in tokens for half in range(4)]
        self.threads = [threading.Thread(target=self.work, args=worker) for worker in workers]
        for thread in self.threads:
            thread.start()

    def work(self, tenant, half):
        every, due, at = len(LOADED) * 4 / RATE, time.monotonic(), 0
        while not self.stopped.is_set():
            key, path = f'{half}-{int(self.began)}-{at}', f'/tenants/{tenant}/users'
            one = None
            for method in ('POST', 'GET', 'LIST'):
                if method == 'POST':
                    good, asked = 201, ('POST', path, {'email': f'{key}@{tenant}.example'}, f'{tenant}-{key}')
                else:
                    good, asked = 200, ('GET', one if method == 'GET' and one else path)
                status, body = call(self.tokens[tenant], *asked)
                with self.lock:
                    self.sent += 1
                    if status != good:
                        self.failed.append((tenant, method, status))
                    elif method == 'POST':
                        one = f'{path}/{json.loads(body)["userId"]}'
                        self.kept.append((tenant, one))
                due += every
                self.stopped.wait(max(0, due - time.monotonic()))
            at += 1

    def stop(self, what):
        self.stopped.set()
        for thread in self.threads:
            thread.join()
        took = time.monotonic() - self.began
        rate = self.sent / took
        kinds = {}
        for tenant, method, status in self.failed:
            kinds[f'{tenant} {method} {status}'] = kinds.get(f'{tenant} {method} {status}', 0) + 1
        print(f'{what}: {self.sent} requests in {took:.1f} s, {rate:.0f} a second, {len(self.failed)} failed {kinds}')
        return rate


def life(tokens):
    load = Load(tokens)
    time.sleep(1)
    text = (FOLDER / 'platform.toml').read_text()
    added = tenantry('tenant', 'add', SIXTH, '--name', 'Oak & Sons', '--yes')
    check('the sixth has an endpoint', [one['id'] for one in added['tenants']] == [SIXTH])
    check('the file is as it was but for the tenant', (FOLDER / 'platform.toml').read_text().startswith(text))
    (FOLDER / 'new.toml').write_text(f'[[tenants]]\nid = "{SEVENTH}"\ntier = "gold"\n')
    tenantry('tenant', 'add', '--from', str(FOLDER / 'new.toml'), '--yes')
    before = (FOLDER / 'platform.toml').read_text()
    again = tenantry('tenant', 'add', SIXTH, '--yes')
    check('to add it again changes nothing', (FOLDER / 'platform.toml').read_text() == before and again['tenants'])
    tenantry('tenant', 'rename', SIXTH, 'Oak and Daughters')
    tenantry('tenant', 'tier', SIXTH, 'gold', '--yes')
    token = tenantry('token', SIXTH)['token']
    for at in range(40):
        check(f'the sixth writes {at}', call(token, 'PUT', f'/tenants/{SIXTH}/data/notes/{at}', {'value': at})[0] == 201)
    users = [call(token, 'POST', f'/tenants/{SIXTH}/users', {'email': f'{at}@oak.example'})[0] for at in range(3)]
    check(f'and makes users {users}', users == [201] * 3)

    tenantry('tenant', 'suspend', SIXTH, '--yes')
    status, body = call(token, 'GET', f'/tenants/{SIXTH}/users')
    check(f'suspended, it is told so: {status} {body}', status == 403 and b'suspended' in body)
    status, body = call(token, 'PUT', f'/tenants/{SIXTH}/data/notes/0', {'value': 'no'})
    check(f'and writes nothing: {status}', status == 403)
    check('a stranger is told nothing', call(tokens[LOADED[0]], 'GET', f'/tenants/{SIXTH}/users')[1].count(b'uspended') == 0)
    tenantry('tenant', 'resume', SIXTH, '--yes')
    status, body = call(token, 'GET', f'/tenants/{SIXTH}/data/notes/0')
    check(f'let in again, it has what it had: {status}', status == 200 and json.loads(body)['value'] == 0)

    refused = tenantry('tenant', 'remove', SIXTH, '--yes', expect=2)
    check(f'it is not removed by --yes alone: {refused}', f'--destroy {SIXTH}' in refused['stderr'])
    check('and is as it was', call(token, 'GET', f'/tenants/{SIXTH}/users')[0] == 200)
    removed = tenantry('tenant', 'remove', SIXTH, '--yes', '--destroy', SIXTH)
    certificate = removed['certificate']
    check(f'{len(certificate["deleted"])} resources are deleted', len(certificate['deleted']) > 15 and certificate['operation'])
    check(f'the key ends: {certificate["keys"]}', [key['state'] for key in certificate['keys']] == ['PendingDeletion'])
    # The demonstration user of `token`.
    check(f'one user is deleted: {certificate["users"]}', certificate['users'] == 1)
    check('its routes are gone', call(token, 'GET', f'/tenants/{SIXTH}/users')[0] in (401, 403))
    check('nothing of it is in the file', SIXTH not in (FOLDER / 'platform.toml').read_text())
    ledger = tenantry('ledger', 'verify', '--head', removed['ledger'])
    check(f'the ledger is whole: {ledger}', ledger['entries'] == 2)

    back = tenantry('tenant', 'add', '--from-export', certificate['export']['folder'], '--yes')
    counts = {store['store']: (store['records'], store['written']) for store in back['imported']['stores']}
    # The demonstration user was made again when the API was tried.
    tables = [one for store, one in counts.items() if store != 'Users']
    check(f'all is written again: {counts}', len(tables) == 2 and all(records == written > 0 for records, written in tables))
    token = tenantry('token', SIXTH)['token']
    read = [call(token, 'GET', f'/tenants/{SIXTH}/data/notes/{at}') for at in range(40)]
    check('and there', [json.loads(body)['value'] for status, body in read if status == 200] == list(range(40)))
    place = {one['id']: (one['cell'], one['slot']) for one in tenantry('tenant', 'list')}[SIXTH]
    check(f'in its old place: {place}', f'cell {place[0]}, slot {place[1]}' == certificate['of']['place'])
    rate = load.stop('ten changes')
    check(f'no request of the five failed: {load.failed[:5]}', load.sent > 0 and not load.failed)
    check(f'{rate:.0f} requests a second, not 50', rate >= 50)
    return load


def controls(tokens):
    """What has to be seen by the load, or it sees nothing."""
    load = Load(tokens)
    tenantry('tenant', 'suspend', LOADED[0], '--yes')
    tenantry('tenant', 'resume', LOADED[0], '--yes')
    load.stop('one of the five suspended')
    hit = {(tenant, status) for tenant, _, status in load.failed}
    check(f'the load sees that tenant refused, and no other: {hit}', hit == {(LOADED[0], 403)})
    load = Load(tokens)
    tenantry_quietly('stop')
    tenantry_quietly('start')
    load.stop('the emulator stopped and started')
    check('the load sees the emulator go', len(load.failed) > 0)


def tenantry_quietly(*arguments):
    run(TENANTRY, '-C', str(FOLDER), *arguments, said=f'tenantry {" ".join(arguments)}')


with tempfile.TemporaryDirectory() as folder:
    FOLDER = pathlib.Path(folder)
    tenants = ''.join(f'\n[[tenants]]\nid = "{tenant}"\n' for tenant in LOADED)
    (FOLDER / 'platform.toml').write_text(PLATFORM + tenants)
    none = tenantry('tenant', 'add', SIXTH, '--yes', expect=2)
    check('a tenant is not added to what does not run', SIXTH not in (FOLDER / 'platform.toml').read_text())
    tenantry('up', '--port', str(PORT))
    try:
        held = {tenant: tenantry('token', tenant)['token'] for tenant in LOADED}
        load = life(held)
        lost = [path for tenant, path in load.kept[::7] if call(held[tenant], 'GET', path)[0] != 200]
        check(f'what was acknowledged is there: {lost[:3]}', not lost)
        controls(held)
    finally:
        down = tenantry('down', '--destroy-all', 'life')
        check(f'nothing is left: {down}', down.get('leftovers') == [])
finish()
