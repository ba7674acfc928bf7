"""Calls a running platform as its tenants, through API Gateway and with the credentials of their functions.

Usage: PYTHON_WITH_BOTOCORE .ci/end_to_end.py PATH_OF_TENANTRY, in the folder of a platform that is up. It ends with the
platform down and says how many checks passed.
"""

import itertools
import json
import pathlib
import socket
import sys
import tempfile
import urllib.error
import urllib.request

from botocore.exceptions import ClientError

from checks import check, finish, run
from local_platform import ACCOUNT, REGION, administrator, as_function

TENANTRY = sys.argv[1]


def tenantry(*arguments, folder='.', expect=0):
    command = (TENANTRY, '-C', str(folder), '--format', 'json', *arguments)
    return json.loads(run(*command, said=f'tenantry {" ".join(arguments)}', expect=expect).stdout)


def call(url, token=None, method='GET', body=None):
    """An HTTP status and a body. The host's name need not resolve here: it goes into the Host header."""
    scheme, rest = url.split('://')
    host, _, path = rest.partition('/')
    request = urllib.request.Request(f'{scheme}://127.0.0.1:{host.split(":")[1]}/{path}', method=method)
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


def outcome(act):
    try:
        act()
        return 'allowed'
    except ClientError as error:
        code = error.response['Error']['Code']
        return 'denied' if 'AccessDenied' in code or 'NotAuthorized' in code else code


def the_api(up):
    """Every ordered pair of tenants: a token opens its own tenant's routes and no other's."""
    endpoints = {tenant['id']: tenant['endpoint'] for tenant in up['tenants']}
    tokens = {tenant: tenantry('token', tenant)['token'] for tenant in endpoints}
    for tenant, endpoint in endpoints.items():
        check(f'{tenant} without a token is refused', call(endpoint)[0] == 401)
        check(f'{tenant} with half a token is refused', call(endpoint, tokens[tenant][:-40])[0] == 401)
        status, made = call(endpoint, tokens[tenant], 'POST', {'email': f'first@{tenant}.example'})
        check(f'{tenant} creates a user', status == 201)
        status, read = call(f'{endpoint}/{made["userId"]}', tokens[tenant])
        check(f'{tenant} reads its user', status == 200 and read['email'] == f'first@{tenant}.example')
        status, listed = call(endpoint, tokens[tenant])
        users = [user['email'] for user in listed['items']]
        check(f'{tenant} lists its users and no other', users == [f'first@{tenant}.example'])
        notes = endpoint.replace('/users', '/data/notes/one')
        check(f'{tenant} stores a note', call(notes, tokens[tenant], 'PUT', {'value': {'by': tenant}})[0] in (200, 201))
    for tenant, other in itertools.permutations(endpoints, 2):
        for path in ('users', 'data/notes', 'data/notes/one'):
            url = endpoints[other].replace('users', path)
            check(f'{tenant} is refused on {other}/{path}', call(url, tokens[tenant])[0] == 403)


def the_credentials(tenants):
    """Every ordered pair again, behind the API: a function's own credentials on the other's table, key and log group."""
    kms = administrator('kms')
    keys = {}
    for tenant in tenants:
        alias = f'alias/tenant/{tenant.removeprefix("tenant-")}/data-key-prod'
        keys[tenant] = kms.describe_key(KeyId=alias)['KeyMetadata']['KeyId']
    item = {'pk': {'S': 'USER'}, 'sk': {'S': 'x'}}
    for tenant in tenants:
        clients = {name: as_function(tenant, name) for name in ('dynamodb', 'kms', 'logs', 'lambda', 'iam')}
        for other in tenants:
            expected = 'allowed' if other == tenant else 'denied'
            for table in (f'{other}-users-prod', f'{other}-data-prod'):
                came = outcome(lambda: clients['dynamodb'].get_item(TableName=table, Key=item))
                check(f"{tenant}'s function on {table}: {came}, not {expected}", came == expected)
            group = f'/aws/lambda/{other}-prod'
            came = outcome(lambda: clients['logs'].create_log_stream(logGroupName=group, logStreamName=f'by-{tenant}'))
            check(f"{tenant}'s function on {group}: {came}, not {expected}", came == expected)
            if other == tenant:
                continue
            for what, act in {
                'encrypts with the key': lambda: clients['kms'].encrypt(KeyId=keys[other], Plaintext=b'x'),
                'grants itself the key': lambda: clients['kms'].create_grant(
                    KeyId=keys[other], GranteePrincipal=f'arn:aws:iam::{ACCOUNT}:role/{tenant}-role-prod',
                    Operations=['Decrypt'],
                ),
                'scans the table': lambda: clients['dynamodb'].scan(TableName=f'{other}-users-prod'),
                'deletes the table': lambda: clients['dynamodb'].delete_table(TableName=f'{other}-users-prod'),
                'calls the function': lambda: clients['lambda'].invoke(FunctionName=f'{other}-api-prod'),
                'reads the role': lambda: clients['iam'].get_role(RoleName=f'{other}-role-prod'),
            }.items():
                came = outcome(act)
                check(f"{tenant}'s function {what} of {other}: {came}, not denied", came == 'denied')


def the_probe():
    """tenantry's own attacks: all refused as deployed, and with a barrier taken away exactly what that one held back."""
    probed = tenantry('probe')
    pairs = probed['pairs_attacked']
    attacks = [attack for attack in probed['attacks'] if attack['verdict'] != 'not made']
    print(f'{len(attacks)} attacks over {pairs} pairs, {probed["requests"]} requests, {probed["milliseconds"] / 1000} s')
    check('every pair is attacked', pairs == 20 and len(attacks) >= 1000)
    check('every attack is refused', all(attack['verdict'] == 'refused' for attack in attacks))
    check('each tenant can do what it must', all(use['works'] for use in probed['own_use']) and probed['own_use'])
    iam = administrator('iam')
    table = f'arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/tenant-002-'
    grants = [
        {'Effect': 'Allow', 'Action': 'dynamodb:GetItem', 'Resource': f'{table}users-prod'},
        {'Effect': 'Allow', 'Action': 'dynamodb:DeleteTable', 'Resource': f'{table}data-prod'},
    ]
    wide = {'RoleName': 'tenant-001-role-prod', 'PolicyName': 'too-wide'}
    iam.put_role_policy(**wide, PolicyDocument=json.dumps({'Version': '2012-10-17', 'Statement': grants}))
    seen = [
        (attack['attacker'], attack['victim'], attack['what'].split(' with')[0])
        for attack in tenantry('probe', expect=1)['attacks'] if attack['verdict'] == 'got through'
    ]
    # The deletion is told and not made: the table works in the next probe.
    expected = [
        ('tenant-001', 'tenant-002', f'{what}-prod') for what in ('GetItem on tenant-002-users', 'DeleteTable on tenant-002-data')
    ]
    check(f'grants too wide are seen: {seen}', seen == expected)
    iam.delete_role_policy(**wide)
    # Without its own rights a tenant's refusals show nothing, so nothing is attacked.
    policy = iam.get_role_policy(RoleName='tenant-003-role-prod', PolicyName='tenant-003-policy-prod')
    iam.delete_role_policy(RoleName='tenant-003-role-prod', PolicyName='tenant-003-policy-prod')
    probed = tenantry('probe', expect=2)
    broken = {use['tenant'] for use in probed['own_use'] if not use['works']}
    check(f'a tenant that cannot work is named: {broken}', broken == {'tenant-003'} and probed['attacks'] == [])
    iam.put_role_policy(
        RoleName='tenant-003-role-prod', PolicyName='tenant-003-policy-prod',
        PolicyDocument=json.dumps(policy['PolicyDocument']),
    )
    probed = tenantry('probe', '--time-limit', '0', expect=2)
    check('a probe that was cut short is no proof', probed['pairs_attacked'] == 0)
    check('each tenant can do what it must again', all(use['works'] for use in probed['own_use']) and probed['own_use'])
    pools = administrator('cognito-idp')
    left = [pool['Name'] for pool in pools.list_user_pools(MaxResults=60)['UserPools']]
    check(f'the probe leaves no user pool: {left}', left == ['user-pool-prod'])


def physical_ids(stack, folder):
    pages = administrator('cloudformation', folder).get_paginator('list_stack_resources').paginate(StackName=stack)
    return {one['LogicalResourceId']: one['PhysicalResourceId'] for page in pages for one in page['StackResourceSummaries']}


def happened(before, after):
    """What became of the resources, as a plan says it; one that was changed in place keeps its id."""
    either = before.keys() | after.keys()
    gone = {name: 'delete' for name in either - after.keys()}
    come = {name: 'create' for name in either - before.keys()}
    return gone | come | {name: 'replace' for name in before.keys() & after.keys() if before[name] != after[name]}


def a_new_tenant():
    """In a platform of its own: a third tenant comes, and the first two keep addresses and data."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / 'platform.toml'
        text = '[platform]\nname = "grows"\nenvironment_suffix = "ci"\n'
        tenant = '\n[[tenants]]\nid = "tenant-{}"\n'
        file.write_text(text + tenant.format('b') + tenant.format('d'))
        before = tenantry('up', '--port', '4620', folder=folder)
        token = tenantry('token', 'tenant-b', folder=folder)['token']
        endpoint = before['tenants'][0]['endpoint']
        check('tenant-b creates a user', call(endpoint, token, 'POST', {'email': 'stays@b.example'})[0] == 201)
        # In front of the others: the order in the file moves nobody.
        file.write_text(text + tenant.format('a') + tenant.format('b') + tenant.format('d'))
        plan = tenantry('plan', folder=folder, expect=1)
        ids = physical_ids('grows-cell-1-ci', folder)
        after = tenantry('up', '--yes', folder=folder)
        changes = plan['cells'][0]['changes']
        # The emulator's CloudFormation makes no such thing.
        said = {change['id']: change['action'] for change in changes if change['type'] != 'AWS::EC2::SubnetNetworkAclAssociation'}
        was = happened(ids, physical_ids('grows-cell-1-ci', folder))
        check(f'what the plan said is what happened: {said} {was}', {id: what for id, what in said.items() if what != 'update'} == was)
        check(f'and nobody else is touched: {plan["touched"]}', plan['touched'] == ['tenant-a'] and plan['at_stake'] == {})
        check('the stack is updated', [cell['change'] for cell in after['cells']] == ['updated'])
        addresses = lambda up: {
            tenant['id']: (tenant['endpoint'], tenant['api_endpoint']) for tenant in up['tenants'] if tenant['id'] != 'tenant-a'
        }
        check('the first two keep their addresses', addresses(before) == addresses(after))
        subnets = lambda up: {tenant['id']: tenant['subnets'] for tenant in up['tenants']}
        kept = {tenant: ids for tenant, ids in subnets(after).items() if tenant != 'tenant-a'}
        check('the first two keep their subnets', kept == subnets(before))
        token = tenantry('token', 'tenant-b', folder=folder)['token']
        endpoint = {tenant['id']: tenant['endpoint'] for tenant in after['tenants']}['tenant-b']
        status, listed = call(endpoint, token)
        check('and their data', status == 200 and [user['email'] for user in listed['items']] == ['stays@b.example'])
        down = tenantry('down', '--destroy-all', 'grows', folder=folder)
        check('nothing of it is left', down['leftovers'] == [])


def main():
    up = tenantry('up')
    check('a second up changes nothing', [cell['change'] for cell in up['cells']] == ['unchanged'])
    check('five tenants are up', len(up['tenants']) == 5)
    check('all calls go as they must', all(call['ok'] for call in up['calls']) and len(up['calls']) >= 25)
    port = tenantry('status')['port']
    the_api(up)
    the_credentials([tenant['id'] for tenant in up['tenants']])
    the_probe()
    down = tenantry('down', '--destroy-all', 'acme')
    check('one stack goes', len(down['deleted']) == 1)
    check(f'nothing is left: {down["leftovers"]}', down['leftovers'] == [])
    with socket.socket() as probe:
        check('nothing listens any more', probe.connect_ex(('127.0.0.1', port)) != 0)
    check('status says that nothing runs', tenantry('status')['running'] is False)
    left = {path.name.split('-')[0] for path in pathlib.Path('.tenantry').iterdir()}
    check(f'nothing but the installation is left: {left}', left <= {'.gitignore', 'emulator', 'packages'})
    a_new_tenant()
    finish()


main()
