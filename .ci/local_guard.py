"""Attacks on the local platform from outside, as another page, another program or a function of a tenant would make them: on every
port that any process of it listens on, read from the system, and on every path that the emulator's own source names.

Usage: PYTHON_WITH_BOTOCORE .ci/local_guard.py PATH_OF_TENANTRY [PORT], in the folder of a platform that is up. PORT is for a platform
of its own that the script brings up and takes down. It leaves the first one as it was.
"""

import importlib.util
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
import zipfile

import botocore.session

from checks import check, finish, run
from local_platform import ACCOUNT, REGION, administrator, client, function_key, secrets

TENANTRY = str(pathlib.Path(sys.argv[1]).resolve())
OWN_PORT = sys.argv[2] if len(sys.argv) > 2 else '4622'
EVIL = 'http://evil.example'


# What runs, and where it listens

def descendants(pid):
    children = {}
    for entry in pathlib.Path('/proc').iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / 'stat').read_text().rsplit(')', 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, more = [], [pid]
    while more:
        one = more.pop()
        found.append(one)
        more += children.get(one, [])
    return found


def is_alive(pid):
    """Whether there is such a process. One that has ended and was not yet asked for its status is none."""
    try:
        return pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


def sockets_of(pids):
    inodes = set()
    for pid in pids:
        try:
            for file in pathlib.Path(f'/proc/{pid}/fd').iterdir():
                target = os.readlink(file)
                if target.startswith('socket:['):
                    inodes.add(target[8:-1])
        except OSError:
            continue
    return inodes


def listening(pid):
    """(address, port) of all that a process and its descendants listen on, for TCP and UDP; and the names of Unix sockets."""
    inodes = sockets_of(descendants(pid))
    ports, names = set(), set()
    for table, state in (('tcp', '0A'), ('tcp6', '0A'), ('udp', '07'), ('udp6', '07')):
        for line in pathlib.Path(f'/proc/net/{table}').read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == state and fields[9] in inodes:
                address, port = fields[1].split(':')
                raw = bytes.fromhex(address)
                words = b''.join(raw[at:at + 4][::-1] for at in range(0, len(raw), 4))
                ports.add((socket.inet_ntop(socket.AF_INET if len(words) == 4 else socket.AF_INET6, words), int(port, 16)))
    for line in pathlib.Path('/proc/net/unix').read_text().splitlines()[1:]:
        fields = line.split()
        # The flag of a socket that accepts connections.
        if int(fields[3], 16) & 0x10000 and fields[6] in inodes:
            names.add(fields[7] if len(fields) > 7 else 'without a name')
    return ports, names


def record(folder='.'):
    return json.loads((pathlib.Path(folder) / '.tenantry/emulator.json').read_text())


# Requests as they are, without a client that would mend them

def send(port, method, target, headers, body=b''):
    """The status, the headers and the body of the answer; a status of 0 when there is none."""
    lines = [f'{method} {target} HTTP/1.1', *(f'{name}: {value}' for name, value in headers), f'Content-Length: {len(body)}',
             'Connection: close' if not any(name == 'Upgrade' for name, _ in headers) else 'Connection: Upgrade', '', '']
    with socket.create_connection(('127.0.0.1', port), timeout=20) as connection:
        connection.settimeout(20)
        connection.sendall('\r\n'.join(lines).encode('latin-1') + body)
        answer = b''
        try:
            while part := connection.recv(65536):
                answer += part
                if answer.startswith(b'HTTP/1.1 101'):
                    break
        except OSError:
            pass
    head, _, rest = answer.partition(b'\r\n\r\n')
    if not head:
        return 0, {}, b''
    first, *named = head.decode('latin-1').split('\r\n')
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in (line.partition(':') for line in named)}, rest


def handshake(port, target, headers):
    upgrade = [('Upgrade', 'websocket'), ('Sec-WebSocket-Version', '13'), ('Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==')]
    return send(port, 'GET', target, [*headers, *upgrade])


def hosts(port):
    """Names that a request may come with: ours, and those of strangers that resolve to 127.0.0.1."""
    ours = [f'127.0.0.1:{port}', f'localhost:{port}', 'localhost', f'LOCALHOST:{port}', f'x.localhost:{port}']
    others = ['evil.example', f'evil.example:{port}', f'localhost.evil.example:{port}', f'evillocalhost:{port}', 'iam.amazonaws.com',
              f's3.amazonaws.com:{port}', f'0.0.0.0:{port}', f'[::1]:{port}', f'localhost.:{port}', f'a@localhost:{port}', '127.0.0.1:1']
    return ours, others


PAGES = [
    [('Origin', EVIL)], [('Origin', 'null')], [('Origin', 'http://localhost:5173')], [('Origin', 'https://localhost')],
    [('Origin', f'{EVIL}'), ('Sec-Fetch-Site', 'cross-site')], [('Sec-Fetch-Site', 'cross-site'), ('Sec-Fetch-Mode', 'no-cors')],
    [('Sec-Fetch-Site', 'same-site')], [('Origin', '')], [('Origin', 'http://localhost'), ('Origin', EVIL)],
]


def refused(what, answer):
    status, headers, body = answer
    check(f'{what}: {status} {body[:120]}', status in (400, 403))
    readable = [name for name in headers if name.startswith('access-control-')]
    check(f'{what}: nobody may read the answer: {readable}', not readable)


def from_pages(port, what, method, target, headers=(), body=b''):
    """From a page: with each form of Host and of Origin. Then without either, as a program would."""
    ours, others = hosts(port)
    for host in others:
        refused(f'{what} as {host}', send(port, method, target, [('Host', host), *headers], body))
    for page in PAGES:
        for host in ours[:2]:
            refused(f'{what} from {page}', send(port, method, target, [('Host', host), *page, *headers], body))
    for host in ours:
        refused(f'{what} by a program as {host}', send(port, method, target, [('Host', host), *headers], body))
    refused(f'{what} without a host', send(port, method, target, list(headers), body))
    refused(f'{what} with two hosts', send(port, method, target, [('Host', ours[0]), ('Host', others[0]), *headers], body))


def authorization(service, key='test'):
    return ('Authorization', f'AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, '
                             'SignedHeaders=host, Signature=00')


def presigned(service, key='test'):
    return ('X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00'
            f'&X-Amz-Credential={key}%2F20260101%2Fus-east-1%2F{service}%2Faws4_request')


def the_attempts(port, api):
    """What was done to the platform before it had a guard, and what is like it."""
    text = ('Content-Type', 'text/plain')
    function = json.dumps({'FunctionName': 'evil', 'Runtime': 'nodejs20.x', 'Role': 'arn:aws:iam::000000000000:role/r',
                           'Handler': 'index.handler', 'Code': {'ZipFile': 'UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=='}}).encode()
    list_users = b'Action=ListUsers&Version=2010-05-08'
    for key in ('test', '000000000000', '123456789012', '', 'AKIAIOSFODNN7EXAMPLE', secrets()['key']['id']):
        signed = authorization('lambda', key)
        from_pages(port, f'a function made by {key or "nobody"}', 'POST', '/2015-03-31/functions', [text, signed], function)
        from_pages(port, f'users listed by {key or "nobody"}, presigned', 'POST', f'/?{presigned("iam", key)}', [text], list_users)
    from_pages(port, 'a function called', 'POST', '/2015-03-31/functions/tenant-001-api-prod/invocations',
               [text, authorization('lambda')], b'{}')
    from_pages(port, 'a function made without a signature', 'POST', '/2015-03-31/functions', [text], function)
    from_pages(port, 'a query of version 2', 'GET', '/?AWSAccessKeyId=test&Action=ListUsers&Version=2010-05-08')
    from_pages(port, 'a signed query of version 2', 'GET', '/?AWSAccessKeyId=test&Signature=x&Action=ListUsers&Version=2010-05-08')
    from_pages(port, 'a header of version 2', 'GET', '/tenantry-code', [('Authorization', 'AWS test:x')])
    from_pages(port, 'the buckets', 'GET', '/')
    from_pages(port, 'an object', 'PUT', '/tenantry-code/evil', [text], b'x')
    from_pages(port, 'a form on an object', 'POST', '/tenantry-code', [('Content-Type', 'multipart/form-data; boundary=x')],
               b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nevil\r\n--x--\r\n')
    from_pages(port, 'tables by their target', 'POST', '/', [text, ('X-Amz-Target', 'DynamoDB_20120810.ListTables')], b'{}')
    from_pages(port, 'users of a pool', 'POST', '/', [text, ('X-Amz-Target', 'AWSCognitoIdentityProviderService.ListUserPools')], b'{}')
    from_pages(port, 'a preflight', 'OPTIONS', '/2015-03-31/functions', [('Access-Control-Request-Method', 'POST')])
    from_pages(port, 'the code of a function', 'GET', f'/_ministack/lambda-code/{ACCOUNT}/{REGION}/tenant-001-api-prod')
    from_pages(port, 'the role of an instance', 'GET', '/latest/meta-data/iam/security-credentials/')
    from_pages(port, 'a container\'s credentials', 'GET', '/v2/credentials/x')
    from_pages(port, 'the address of somewhere else', 'GET', f'http://127.0.0.1:{port}/_ministack/health')
    name = f'{api}.execute-api.localhost:{port}'
    for method, path in (('POST', '/_ministack/reset'), ('GET', '/health'), ('POST', '/login'), ('GET', '/nosuch/x')):
        refused(f'{method} {path} by an API\'s name', send(port, method, path, [('Host', name)]))
    platform = f'{secrets()["name"]}.localhost:{port}'
    for method, path in (('POST', '/_ministack/reset'), ('GET', '/health'), ('POST', '/login'), ('GET', '/'), ('GET', '/tenants/nobody/users'),
                         ('POST', '/tenants/../_ministack/reset'), ('GET', '/tenants//'), ('GET', '/prod/tenants/tenant-001/users')):
        refused(f'{method} {path} by the platform\'s name', send(port, method, path, [('Host', platform)]))
        refused(f'{method} {path} by the platform\'s name, presigned', send(port, method, f'{path}?{presigned("s3")}', [('Host', platform)]))
    for page in PAGES:
        refused(f'a tenant by the platform\'s name from {page}', send(port, 'GET', '/tenants/tenant-001/users', [('Host', platform), *page]))
    status, _, _ = send(port, 'GET', '/tenants/tenant-001/users', [('Host', platform)])
    check(f'a tenant by the platform\'s name, without a token: {status}', status == 401)
    for host in (f'{api}.execute-api.evil.example:{port}', f'{api}.execute-api.localhost:1', f'{api}.execute-api.localhost.:{port}'):
        refused(f'the API as {host}', send(port, 'GET', '/prod/tenants/tenant-001/users', [('Host', host)]))
    for page in PAGES:
        refused(f'the API from {page}', send(port, 'GET', '/prod/tenants/tenant-001/users', [('Host', name), *page]))
        path = f'/_aws/execute-api/{api}/prod/tenants/tenant-001/users'
        refused(f'the API by path from {page}', send(port, 'GET', path, [('Host', f'127.0.0.1:{port}'), *page]))
    status, _, _ = send(port, 'GET', '/prod/tenants/tenant-001/users', [('Host', name)])
    check(f'the API by its name, without a token: {status}', status == 401)


def the_websockets(port, api):
    targets = ['/', '/mqtt', '/prod', f'/_aws/execute-api/{api}/prod', f'/_aws/execute-api/{api}/prod/p', '/_ministack/rds/iam-auth',
               f'/?{presigned("iotdevicegateway")}', '/event/realtime']
    ours, others = hosts(port)
    names = [f'{api}.execute-api.localhost:{port}', f'iot.us-east-1.localhost:{port}', f'x.appsync-realtime-api.localhost:{port}']
    for target in targets:
        for host in others:
            refused(f'a WebSocket on {target} as {host}', handshake(port, target, [('Host', host)]))
        for host in [*ours[:2], *names]:
            for page in PAGES:
                refused(f'a WebSocket on {target} as {host} from {page}', handshake(port, target, [('Host', host), *page]))
    for host in [*ours, *names[1:]]:
        for protocol in ([], [('Sec-WebSocket-Protocol', 'mqtt')]):
            refused(f'a WebSocket as {host}', handshake(port, '/mqtt', [('Host', host), *protocol]))


# The emulator's own paths

def emulators_paths():
    """Every path below a name of its own that the emulator's source has in a string."""
    source = pathlib.Path(importlib.util.find_spec('ministack').origin).parent
    paths = set()
    for file in source.rglob('*.py'):
        found = re.findall(r'''["'](/(?:_[a-z]+|health|latest|v4|oauth2|saml2|oidc)(?:/[^"'\s{}()\\]*)?)["'{]''', file.read_text())
        paths.update(found)
    return sorted(paths)


def the_paths(port):
    paths = emulators_paths()
    check(f'the emulator\'s source names its paths: {len(paths)}', len(paths) > 25)
    for path in ('/_ministack/reset', '/_ministack/config', '/_ministack/health', '/health', '/_ministack/cfn-response/'):
        check(f'{path} is among them', path in paths)
    here = ('Host', f'127.0.0.1:{port}')
    for path in [*paths, '/_ministack/not-there-yet', '/_tenantry/other']:
        plain = path.rstrip('/') or path
        spelt = {path, f'{plain}/x', plain.upper(), f'/{plain}', f'/.{plain}', f'/x/..{plain}', plain.replace('_', '%5f', 1),
                 plain.replace('_', '%5F', 1), f'/x/%2e%2e{plain}', plain.replace('/', '%2f').replace('%2f', '/', 1)}
        for target in spelt:
            for method in ('GET', 'POST', 'PUT', 'DELETE'):
                refused(f'{method} {target}', send(port, method, target, [here]))
        # With a key that is good: a function has one, and the administration is not for functions.
        for target in (path, f'{plain}/x'):
            if plain.startswith(('/_', '/health', '/latest', '/v4', '/oauth2', '/saml2', '/oidc')):
                check(f'{target}, signed', signed_status(port, target) == 403)


def signed_status(port, target):
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials

    key = secrets()['key']
    request = botocore.awsrequest.AWSRequest('POST', f'http://127.0.0.1:{port}{target}', data=b'')
    credentials = botocore.credentials.Credentials(key['id'], key['secret'])
    botocore.auth.SigV4Auth(credentials, 's3', REGION).add_auth(request)
    headers = [('Host', f'127.0.0.1:{port}'), *request.headers.items()]
    status, _, body = send(port, 'POST', target, headers)
    return status if b'Closed' in body else f'{status} {body[:80]}'


def state():
    """What the attempts would have changed."""
    functions = [one['FunctionName'] for one in administrator('lambda').list_functions()['Functions']]
    stacks = [one['StackName'] for one in administrator('cloudformation').describe_stacks()['Stacks']]
    objects = [one['Key'] for one in administrator('s3').list_objects_v2(Bucket='tenantry-code').get('Contents', [])]
    users = [one['UserName'] for one in administrator('iam').list_users()['Users']]
    return sorted(functions), sorted(stacks), sorted(objects), sorted(users)


# Tools with the key

def the_tools(folder):
    """The SDKs and the AWS CLI take the key and the address from the files that `up` names."""
    files = {'AWS_CONFIG_FILE': f'{folder}/.tenantry/config', 'AWS_SHARED_CREDENTIALS_FILE': f'{folder}/.tenantry/credentials'}
    environment = {name: value for name, value in os.environ.items() if not name.startswith('AWS_')} | files
    code = "import botocore.session as s; print(s.get_session().create_client('sts').get_caller_identity()['Account'])"
    done = run(sys.executable, '-c', code, said='botocore with the files', env=environment)
    check(f'botocore is the administrator: {done.stdout}', done.stdout.strip() == ACCOUNT)
    aws = os.environ.get('TENANTRY_AWS_CLI') or shutil.which('aws')
    if aws is None:
        print('the AWS CLI is not installed: left out')
        return
    for command in (('sts', 'get-caller-identity'), ('dynamodb', 'list-tables'), ('lambda', 'list-functions'), ('s3', 'ls'),
                    ('s3', 'cp', sys.argv[0], 's3://tenantry-code/by-the-cli'), ('s3', 'rm', 's3://tenantry-code/by-the-cli')):
        run(aws, *command, said=f'aws {" ".join(command[:2])}', env=environment)
    denied = run(aws, 's3', 'ls', said='aws s3 ls as test', expect=None,
                 env=environment | {'AWS_ACCESS_KEY_ID': 'test', 'AWS_SECRET_ACCESS_KEY': 'test'})
    check(f'`test` is nobody: {denied.stderr[-200:]}', denied.returncode != 0 and 'InvalidAccessKeyId' in denied.stderr)


def the_keys(port):
    key = secrets()['key']
    wrong = [{'id': 'test', 'secret': 'test'}, {'id': ACCOUNT, 'secret': 'x'}, {**key, 'secret': key['secret'][::-1]}]
    for one in wrong:
        for service, operation in (('sts', 'get_caller_identity'), ('s3', 'list_buckets'), ('lambda', 'list_functions'),
                                   ('cloudformation', 'list_stacks'), ('kms', 'list_keys'), ('iam', 'list_users')):
            check(f'{one["id"]} calls {service}', code_of(lambda: getattr(client(service, one, port), operation)()) in (
                'InvalidClientTokenId', 'InvalidAccessKeyId', 'UnrecognizedClientException', 'SignatureDoesNotMatch',
                'InvalidSignatureException'))
    s3 = administrator('s3')
    s3.put_object(Bucket='tenantry-code', Key='guard', Body=b'guarded')
    url = s3.generate_presigned_url('get_object', Params={'Bucket': 'tenantry-code', 'Key': 'guard'}, ExpiresIn=60)
    target, here = url.split(f':{port}', 1)[1], [('Host', f'127.0.0.1:{port}')]
    check('a presigned address opens what it is for', send(port, 'GET', target, here)[2] == b'guarded')
    for what, changed in {
        'another object': target.replace('/guard?', '/other?'), 'another date': re.sub(r'Date=\d{4}', 'Date=2031', target),
        'longer': target.replace('Expires=60', 'Expires=600'), 'another signature': target[:-1] + ('0' if target[-1] != '0' else '1'),
    }.items():
        refused(f'a presigned address for {what}', send(port, 'GET', changed, here))
    refused('a presigned address from a page', send(port, 'GET', target, [*here, ('Sec-Fetch-Site', 'cross-site')]))
    s3.delete_object(Bucket='tenantry-code', Key='guard')


def code_of(act):
    try:
        act()
        return 'allowed'
    except Exception as error:
        return getattr(error, 'response', {}).get('Error', {}).get('Code', repr(error))


# Functions

SEES = '''
exports.handler = async () => {
  const tries = {};
  for (const [method, path] of [['POST', '/_ministack/reset'], ['POST', '/_ministack/config'], ['GET', '/latest/meta-data/'],
    ['GET', '/_ministack/lambda-code/000000000000/us-east-1/tenant-001-api-prod'], ['GET', '/']]) {
    tries[path] = (await fetch(process.env.AWS_ENDPOINT_URL + path, { method })).status;
  }
  return { environment: process.env, tries };
};
'''
# A custom runtime: it asks the Lambda Runtime API for events, which the emulator serves on a port of its own.
CUSTOM = '''#!/usr/bin/env python3
import os, urllib.request
base = 'http://' + os.environ['AWS_LAMBDA_RUNTIME_API'] + '/2018-06-01/runtime/invocation/'
while True:
    event = urllib.request.urlopen(base + 'next')
    answer = urllib.request.Request(base + event.headers['Lambda-Runtime-Aws-Request-Id'] + '/response', b'"done"', method='POST')
    urllib.request.urlopen(answer)
'''


def archive(name, text):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w') as file:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o755 << 16
        file.writestr(entry, text)
    return packed.getvalue()


def the_functions(port, api):
    iam, functions = administrator('iam'), administrator('lambda')
    trust = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': {'Service': 'lambda.amazonaws.com'},
                                                     'Action': 'sts:AssumeRole'}]}
    role = iam.create_role(RoleName='guard', AssumeRolePolicyDocument=json.dumps(trust))['Role']['Arn']
    made = {'guard-sees': ('nodejs20.x', 'index.handler', archive('index.js', SEES)),
            'guard-custom': ('provided.al2023', 'bootstrap', archive('bootstrap', CUSTOM))}
    try:
        arns = {}
        for name, (runtime, handler, code) in made.items():
            arns[name] = functions.create_function(FunctionName=name, Runtime=runtime, Role=role, Handler=handler, Timeout=20,
                                                   Code={'ZipFile': code}, Environment={'Variables': {'OWN': 'x'}})['FunctionArn']
        seen = json.loads(functions.invoke(FunctionName='guard-sees')['Payload'].read())
        environment = seen['environment']
        known = secrets()
        told = ' '.join(environment.values())
        for what, secret in {'key': known['key']['secret'], 'functions': known['functions'], 'instance': known['instance']}.items():
            check(f'a function is not told the {what}', secret not in told)
        settings = {name for name in environment if re.match('STATE_DIR|HOME|GATEWAY_|BIND_|S3_|PERSIST|MINISTACK|AUTH$', name)}
        check(f'a function does not get the emulator\'s settings: {settings}', not settings)
        check('a function gets its own', environment['OWN'] == 'x')
        check(f'a function is refused like everybody: {seen["tries"]}', set(seen['tries'].values()) == {403})
        key = function_key(arns['guard-sees'], role)
        given = [environment[name] for name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN')]
        check('its credentials are derived from the secret', given == [key['id'], key['secret'], key['token']])
        caller = client('sts', key, port, key['token']).get_caller_identity()['Arn']
        check(f'and work: {caller}', caller.endswith('assumed-role/guard/guard-sees'))
        check('and not without their token', code_of(lambda: client('sts', key, port).get_caller_identity()) != 'allowed')
        refused('the code of a function where GetFunction says that it is', send(
            port, 'GET', functions.get_function(FunctionName='guard-sees')['Code']['Location'].split(f':{port}', 1)[1],
            [('Host', f'localhost:{port}')]))
        check('a custom runtime works', functions.invoke(FunctionName='guard-custom')['Payload'].read() == b'"done"')
        ports, names = listening(record()['pid'])
        runtime = {one for one in ports if one[1] != port}
        check(f'a custom runtime has a port of its own on loopback: {ports}', len(runtime) == 1 and {a for a, _ in ports} == {'127.0.0.1'})
        check(f'no Unix socket is listened on: {names}', not names)
        for _, own in runtime:
            path = '/2018-06-01/runtime/invocation/next'
            for host in hosts(own)[1]:
                refused(f'a custom runtime\'s events as {host}', send(own, 'GET', path, [('Host', host)]))
            for page in PAGES:
                refused(f'a custom runtime\'s events from {page}', send(own, 'GET', path, [('Host', f'127.0.0.1:{own}'), *page]))
        check('and goes on working', functions.invoke(FunctionName='guard-custom')['Payload'].read() == b'"done"')
        # A service that would listen on all interfaces.
        code_of(lambda: administrator('rds').create_db_cluster(DBClusterIdentifier='guard', Engine='aurora-postgresql',
                                                               MasterUsername='a', MasterUserPassword='password1'))
        code_of(lambda: administrator('dsql').create_cluster())
        code_of(lambda: administrator('transfer').create_server(Protocols=['SFTP'], IdentityProviderType='SERVICE_MANAGED'))
        code_of(lambda: administrator('rds').delete_db_cluster(DBClusterIdentifier='guard', SkipFinalSnapshot=True))
        after, _ = listening(record()['pid'])
        check(f'no service opens a port: {after - ports}', after <= ports)
    finally:
        for name in made:
            code_of(lambda: functions.delete_function(FunctionName=name))
            # What it logged stays otherwise, and `down` would find it.
            code_of(lambda: administrator('logs').delete_log_group(logGroupName=f'/aws/lambda/{name}'))
        iam.delete_role(RoleName='guard')


# Files

def open_to_others(folder):
    root = pathlib.Path(folder) / '.tenantry'
    paths = [root, *root.rglob('*')]
    return [str(path) for path in paths if not path.is_symlink() and stat.S_IMODE(path.lstat().st_mode) & 0o077]


# A platform of its own

def tenantry(folder, *arguments, expect=0, **options):
    done = run(TENANTRY, '-C', str(folder), '--format', 'json', *arguments, said=f'tenantry {arguments[0]}', expect=expect, **options)
    return json.loads(done.stdout or 'null'), done


def an_admitted_application():
    """In a platform of its own, brought up with a umask that hides nothing: a web application on another port is let in to the
    APIs, and to nothing else; then it is let in no longer, and what is deployed stays."""
    app = 'http://localhost:5173'
    text = '[platform]\nname = "admits"\nenvironment_suffix = "ci"\n{}[[tenants]]\nid = "tenant-a"\n'
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / 'platform.toml'
        file.write_text(text.format(f'[local]\norigins = ["{app}"]\n'))
        up, _ = tenantry(folder, 'up', '--port', OWN_PORT, preexec_fn=lambda: os.umask(0))
        check(f'whatever the umask, nobody else reads a file: {open_to_others(folder)[:3]}', not open_to_others(folder))
        port, pid = int(OWN_PORT), record(folder)['pid']
        endpoint = up['tenants'][0]['endpoint']
        host, path = re.fullmatch(r'http://([^/]+)(/.*)', endpoint).groups()
        asks = [('Host', host), ('Origin', app), ('Sec-Fetch-Site', 'cross-site')]
        status, headers, _ = send(port, 'OPTIONS', path, [*asks, ('Access-Control-Request-Method', 'POST'),
                                                          ('Access-Control-Request-Headers', 'authorization,content-type')])
        check(f'its preflight is answered: {status}', status == 204 and headers.get('access-control-allow-origin') == app)
        token = tenantry(folder, 'token', 'tenant-a')[0]['token']
        status, headers, _ = send(port, 'GET', path, [*asks, ('Authorization', f'Bearer {token}')])
        check(f'it reads an API: {status}', status == 200 and headers.get('access-control-allow-origin') == app)
        status, headers, _ = send(port, 'GET', path, asks)
        check(f'and what the API refuses: {status}', status == 401 and headers.get('access-control-allow-origin') == app)
        here = [('Host', f'localhost:{port}'), *asks[1:]]
        refused('it calls AWS', send(port, 'GET', '/', [*here, authorization('s3')]))
        refused('it resets the emulator', send(port, 'POST', '/_ministack/reset', here))
        refused('it resets the emulator by the API\'s name', send(port, 'POST', '/_ministack/reset', asks))
        refused('another one calls the API', send(port, 'GET', path, [('Host', host), ('Origin', 'http://localhost:5174')]))

        # An emulator that another version started is not used, and not lost.
        kept = json.loads((pathlib.Path(folder) / '.tenantry/emulator.json').read_text())
        (pathlib.Path(folder) / '.tenantry/emulator.json').write_text(json.dumps(kept | {'launcher': 'older'}))
        for opened in ('.tenantry/state', '.tenantry'):
            (pathlib.Path(folder) / opened).chmod(0o755)
        _, done = tenantry(folder, 'status', expect=2)
        check(f'status says what to do: {done.stderr}', 'another version' in done.stderr and 'tenantry up' in done.stderr)
        again, _ = tenantry(folder, 'up', preexec_fn=lambda: os.umask(0))
        check('up starts it anew and keeps what is deployed', [cell['change'] for cell in again['cells']] == ['unchanged'])
        check('and its address', [tenant['endpoint'] for tenant in again['tenants']] == [endpoint])
        check(f'and closes what was open: {open_to_others(folder)[:3]}', not open_to_others(folder))
        check('the old process is gone', not is_alive(pid))
        old = secrets(folder)['key']

        file.write_text(text.format(''))
        tenantry(folder, 'up')
        refused('it calls the API when it is not admitted any more', send(port, 'GET', path, asks))
        check('each start has a key of its own', secrets(folder)['key'] != old)
        check('which ends the one before', code_of(lambda: client('sts', old, port).get_caller_identity()) == 'InvalidClientTokenId')
        pids = descendants(record(folder)['pid'])
        tenantry(folder, 'down', '--destroy-all', 'admits')
        until = time.monotonic() + 10
        while (alive := [one for one in pids if is_alive(one)]) and time.monotonic() < until:
            time.sleep(0.1)
        check(f'no process is left: {alive}', not alive)
        left = sorted(one.name for one in (pathlib.Path(folder) / '.tenantry').iterdir())
        check(f'no file but the installation is left: {left}',
              all(name in ('.gitignore', 'packages') or name.startswith('emulator-') for name in left))
        temporary = list((pathlib.Path(folder) / '.tenantry').glob('packages/**/tmp'))
        check(f'nor a temporary folder: {temporary}', not temporary)
        with socket.socket() as free:
            check('nothing listens any more', free.connect_ex(('127.0.0.1', port)) != 0)


def main():
    signal.alarm(1500)
    running = record()
    port = running['port']
    api = administrator('apigateway').get_rest_apis()['items'][0]['id']
    before = state()
    ports, names = listening(running['pid'])
    check(f'one port, on loopback: {ports}', ports == {('127.0.0.1', port)})
    check(f'no Unix socket is listened on: {names}', not names)
    for _, one in ports:
        the_attempts(one, api)
        the_websockets(one, api)
        the_paths(one)
    check('nothing has happened', state() == before)
    check(f'nobody else reads a file: {open_to_others(".")[:3]}', not open_to_others('.'))
    the_keys(port)
    the_tools(pathlib.Path('.').resolve())
    the_functions(port, api)
    check('everything is as it was', state() == before)
    an_admitted_application()
    finish()


main()
