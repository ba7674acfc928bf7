"""Deploys examples/orders with two tenants, uses it over HTTP with real tokens, attacks it, changes it, takes it down.

Usage: .ci/application.py PATH_OF_TENANTRY [PORT]. It says how many checks passed.
"""

import itertools
import json
import pathlib
import shutil
import sys
import tempfile
import urllib.error
import urllib.request

from checks import check, finish, run

TENANTRY = str(pathlib.Path(sys.argv[1]).resolve())
PORT = sys.argv[2] if len(sys.argv) > 2 else '4630'
EXAMPLE = pathlib.Path(__file__).parent.parent / 'examples' / 'orders'
ROUTES = ('orders', 'orders/none', 'customers/ada/orders', 'summary')


def tenantry(folder, *arguments, expect=0):
    command = (TENANTRY, '-C', str(folder), '--format', 'json', *arguments)
    said = run(*command, said=f'tenantry {" ".join(arguments)}', expect=expect)
    return json.loads(said.stdout)


def call(url, token=None, body=None):
    """A status and a body. The host's name need not resolve here: it goes into the Host header."""
    host, _, path = url.removeprefix('http://').partition('/')
    request = urllib.request.Request(f'http://127.0.0.1:{host.split(":")[1]}/{path}')
    request.add_header('Host', host)
    if token:
        request.add_header('Authorization', f'Bearer {token}')
    if body is not None:
        request.add_header('Content-Type', 'application/json')
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or 'null')
    except urllib.error.HTTPError as error:
        return error.code, None


def the_services(folder, up):
    tenants = {tenant['id']: tenant['endpoint'] for tenant in up['tenants']}
    tokens = {tenant: tenantry(folder, 'token', tenant)['token'] for tenant in tenants}
    for place, (tenant, endpoint) in enumerate(tenants.items(), start=1):
        token = tokens[tenant]
        check(f'{tenant} without a token is refused', call(f'{endpoint}/orders')[0] == 401)
        for total in range(place):
            status, made = call(f'{endpoint}/orders', token, {'customer': 'ada', 'total': 10 + total})
            check(f'{tenant} makes an order', status == 201)
        status, read = call(f'{endpoint}/orders/{made["orderId"]}', token)
        check(f'{tenant} reads it', status == 200 and read == made)
        check(f'{tenant} has no other order', call(f'{endpoint}/orders/none', token)[0] == 404)
        status, listed = call(f'{endpoint}/orders', token)
        check(f'{tenant} lists its own alone', status == 200 and len(listed['items']) == place)
        status, listed = call(f'{endpoint}/customers/ada/orders', token)
        totals = [order['total'] for order in listed['items']]
        check(f'{tenant} finds them by the index, in order: {totals}', totals == [10 + total for total in range(place)])
        status, summary = call(f'{endpoint}/summary', token)
        check(f'the second service reads the same table: {summary}', summary == {'count': place, 'total': sum(totals)})
        check(f'{tenant} has no other route', call(f'{endpoint}/users', token)[0] == 404)
    for tenant, other in itertools.permutations(tenants, 2):
        for route in ROUTES:
            check(f'{tenant} is refused on {other}/{route}', call(f'{tenants[other]}/{route}', tokens[tenant])[0] == 403)


def the_probe(folder):
    probed = tenantry(folder, 'probe')
    attacks = [attack for attack in probed['attacks'] if attack['verdict'] != 'not made']
    print(f'{len(attacks)} attacks over {probed["pairs_attacked"]} pairs')
    check('every pair is attacked', probed['pairs_attacked'] == 2 and len(attacks) > 150)
    check('every attack is refused', all(attack['verdict'] == 'refused' for attack in attacks))
    check('each tenant can do what it must', all(use['works'] for use in probed['own_use']) and probed['own_use'])
    for route in ROUTES:
        # A probe fills parameters in its own way.
        path = route.replace('ada', 'probe-none').replace('orders/none', 'orders/probe-none')
        tried = [attack for attack in attacks if attack['what'] == f'GET /tenants/{attack["victim"]}/{path} with its own token']
        check(f'{path} is attacked for every pair', len(tried) == 2)


def a_careless_service(folder):
    """A service that ignores whom it is called for is found, although nothing of the platform lets anybody through."""
    index = folder / 'services' / 'summary' / 'index.mjs'
    text = index.read_text()
    careless = text.replace("import { forTenant } from './tenant.mjs';", (
        'const forTenant = (run) => async () => {\n'
        '  const { status, body } = await run();\n'
        '  return { statusCode: status, body: JSON.stringify(body) };\n'
        '};'
    ))
    check('the check is taken out', careless != text)
    index.write_text(careless)
    plan = tenantry(folder, 'plan', expect=1)
    changed = sorted(change['id'] for cell in plan['cells'] for change in cell['changes'])
    check(f'only the service that changed is touched: {changed}', changed == ['TenantAcmeSummaryFunction', 'TenantBlueSummaryFunction'])
    tenantry(folder, 'up', '--yes')
    through = {
        attack['what'].split(' of ')[1].split(',')[0]
        for attack in tenantry(folder, 'probe', expect=1)['attacks'] if attack['verdict'] == 'got through'
    }
    check(f'and the probe names it: {through}', through == {'tenant-acme-summary-demo', 'tenant-blue-summary-demo'})
    index.write_text(text)
    up = tenantry(folder, 'up', '--yes')
    check('back again', [cell['change'] for cell in up['cells']] == ['updated'])
    tenantry(folder, 'probe')


def main():
    check('both services have the same check', len({path.read_text() for path in EXAMPLE.glob('services/*/tenant.mjs')}) == 1)
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place) / 'orders'
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns('.tenantry'))
        tenantry(folder, 'verify')
        up = tenantry(folder, 'up', '--yes', '--port', PORT)
        check('all calls go as they must', all(call['ok'] for call in up['calls']) and len(up['calls']) == 8)
        try:
            again = tenantry(folder, 'up')
            check('a second up changes nothing', [cell['change'] for cell in again['cells']] == ['unchanged'])
            the_services(folder, up)
            the_probe(folder)
            a_careless_service(folder)
        finally:
            down = tenantry(folder, 'down', '--destroy-all', 'orders')
        check(f'nothing is left: {down["leftovers"]}', down['leftovers'] == [])
    finish()


main()
