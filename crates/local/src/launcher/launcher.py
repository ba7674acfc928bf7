"""Starts the emulator (MiniStack) with a guard around it, in one process and without changing a file of it.

Usage: python launcher.py SETTINGS, a JSON file that its owner alone reads:
    port       where it listens on 127.0.0.1
    name       the platform's; its tenants are below http://{name}.localhost:{port}/tenants/
    state      the folder of the journal
    report     the file that says what could not be restored
    instance   random; who knows it can tell this emulator from another
    key        the administrator's key: `id` and `secret`
    functions  random; the functions' credentials are derived from it
    origins    of the local web applications that may call the APIs

It never decides about a request itself (guard.py does), never writes state itself (keeper.py does) and never keeps a secret in its
environment, which functions inherit.
"""

import asyncio
import hashlib
import hmac
import http.server
import ipaddress
import json
import logging
import os
import subprocess
import sys
import time
import uuid

from guard import Guard, Refusal, is_presigned, read
from keeper import HANDED_ON, Keeper

LOG = logging.getLogger('tenantry')
# What a function may see of the emulator's environment: where programs are, where its own files go, where to call AWS.
SHARED = ('PATH', 'LANG', 'TMPDIR', 'AWS_ENDPOINT_URL')


def keep_settings_from_children():
    """Functions run as children and get the emulator's environment, with the folder of its state and whatever else it was told.
    What they set themselves is theirs."""
    private = {name: value for name, value in os.environ.items() if name not in SHARED}

    class Child(subprocess.Popen):
        def __init__(self, *args, env=None, **options):
            given = os.environ if env is None else env
            env = {name: value for name, value in given.items() if private.get(name) != value}
            super().__init__(*args, env=env, **options)

    subprocess.Popen = Child


def listen_on_loopback_alone(port):
    """Some services open ports of their own, on all interfaces. What is not the one guarded port is refused; a port that the
    system chooses on loopback is left, for the Lambda Runtime API of custom runtimes, whose requests are guarded below."""

    def watch(event, details):
        if event != 'socket.bind':
            return
        address = details[1]
        inet = isinstance(address, tuple) and isinstance(address[0], str)
        try:
            local = inet and ipaddress.ip_address(address[0]).is_loopback
        except ValueError:
            local = False
        if not (local and address[1] in (0, port)):
            raise PermissionError(f'the local platform listens on port {port} of 127.0.0.1 alone, not on {address!r}')

    sys.addaudithook(watch)


def guard_small_servers():
    """The Runtime API has no credentials on AWS either, where nobody else can reach it. Here a web page could."""
    parse = http.server.BaseHTTPRequestHandler.parse_request

    def guarded(self):
        if not parse(self):
            return False
        headers = [(name.lower().encode('latin-1'), value.encode('latin-1', 'replace')) for name, value in self.headers.items()]
        path, _, query = self.path.partition('?')
        guard = Guard(self.server.server_address[1])
        request = read({
            'type': 'http', 'method': self.command, 'path': path, 'headers': headers,
            'query_string': query.encode('latin-1', 'replace'), 'client': self.client_address,
        })
        for rule in (guard.client, guard.host, guard.origin, guard.fetch):
            if refusal := rule(request):
                self.send_error(refusal.status, refusal.message)
                return False
        return True

    http.server.BaseHTTPRequestHandler.parse_request = guarded


def one_administrator(key):
    """The emulator takes `test`, every number of an account and no key at all for its administrator, and does not look at their
    signatures. Here there is one key, and its signature is looked at."""
    from ministack.core import iam_evaluator

    resolve = iam_evaluator.resolve_credential

    def is_administrator(access_key_id):
        return hmac.compare_digest(access_key_id.encode(), key['id'].encode())

    def resolve_credential(access_key_id, account_id=None, session_token=iam_evaluator._SESSION_TOKEN_NOT_CHECKED):
        if not is_administrator(access_key_id):
            return resolve(access_key_id, account_id, session_token)
        from ministack.core.responses import get_account_id

        if wrong := iam_evaluator._validate_session_token(None, session_token):
            return wrong
        account_id = account_id or get_account_id()
        return iam_evaluator.ResolvedCredential(
            access_key_id=access_key_id, secret_access_key=key['secret'], account_id=account_id,
            principal_arn=f'arn:aws:iam::{account_id}:root', principal_id=account_id, principal_type='Root',
            source_access_key_id=access_key_id,
        )

    iam_evaluator.is_root_access_key = is_administrator
    # Asked only whether a signature need not be looked at.
    iam_evaluator._is_root_key = lambda access_key_id: False
    iam_evaluator.resolve_credential = resolve_credential


def secret_credentials_of_functions(secret):
    """The emulator derives a function's credentials from its and its role's ARN, which everybody knows."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc, sts

    def derive(what, config):
        text = f'{what}:{config.get("FunctionArn", "")}:{config.get("Role", "")}'
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def execution_credentials(config):
        account_id, _ = lambda_runtime._account_region_from_function_config(config)
        role = config.get('Role', '').rsplit('/', 1)[-1]
        name = config.get('FunctionName', 'function')[:64]
        credentials = {
            'AWS_ACCESS_KEY_ID': f'ASIA{derive("id", config)[:16].upper()}',
            'AWS_SECRET_ACCESS_KEY': derive('secret', config),
            'AWS_SESSION_TOKEN': derive('token', config),
        }
        sts.register_session(credentials['AWS_ACCESS_KEY_ID'], {
            'Arn': f'arn:aws:sts::{account_id}:assumed-role/{role}/{name}',
            'UserId': f'{role}:{name}',
            'SecretAccessKey': credentials['AWS_SECRET_ACCESS_KEY'],
            'SessionToken': credentials['AWS_SESSION_TOKEN'],
        })
        return credentials

    for module in (lambda_runtime, lambda_svc):
        module.execution_credentials = execution_credentials


def keep_ids_of_apis():
    """On AWS an API keeps its id when its body changes; the emulator makes a new API. The new one's routes and authorizers are
    given to the old one. What stands beside the body (stages, deployments, models, gateway responses) stays."""
    from ministack.services import apigateway_v1 as apis
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS['AWS::ApiGateway::RestApi']
    create, update = handlers['create'], handlers['update']

    def update_in_place(physical_id, old, new, stack_name, logical_id=None):
        if new.get('Body') == old.get('Body') or physical_id not in apis._rest_apis:
            return update(physical_id, old, new, stack_name, logical_id)
        made, _ = create(logical_id or physical_id, new, stack_name)
        created = apis._rest_apis[physical_id]['createdDate']
        apis._rest_apis[physical_id] = {**apis._rest_apis[made], 'id': physical_id, 'createdDate': created}
        apis._resources[physical_id] = apis._resources[made]
        authorizers = apis._authorizers_v1.get(made, {})
        names = {authorizer.get('name') for authorizer in authorizers.values()}
        kept = apis._authorizers_v1.get(physical_id, {}).items()
        apis._authorizers_v1[physical_id] = {
            **{one: authorizer for one, authorizer in kept if authorizer.get('name') not in names}, **authorizers,
        }
        apis._v1_tags[apis._rest_api_arn(physical_id)] = apis._v1_tags.get(apis._rest_api_arn(made), {})
        apis._delete_rest_api(made)
        return physical_id, provisioners._apigw_rest_api_attrs(physical_id)

    handlers['update'] = update_in_place


def keep_mock_answers():
    """Of a definition's integrations the emulator takes type, method and address, so that a mock would answer 200 and nothing."""
    from ministack.services import apigateway_v1 as apis

    take = apis._import_operation

    def take_all(api_id, resource_id, http_method, operation, *more, **named):
        take(api_id, resource_id, http_method, operation, *more, **named)
        integration = (operation or {}).get('x-amazon-apigateway-integration') or {}
        if str(integration.get('type')).upper() != 'MOCK':
            return
        apis._put_integration(api_id, resource_id, http_method, {
            'type': 'MOCK', 'httpMethod': None, 'uri': None,
            'requestTemplates': integration.get('requestTemplates', {}),
            'passthroughBehavior': str(integration.get('passthroughBehavior', 'when_no_match')).upper(),
        })
        for pattern, response in integration.get('responses', {}).items():
            apis._put_integration_response(api_id, resource_id, http_method, str(response.get('statusCode', '200')), {
                'selectionPattern': '' if pattern == 'default' else pattern,
                'responseParameters': response.get('responseParameters', {}),
                'responseTemplates': response.get('responseTemplates', {}),
            })

    apis._import_operation = take_all


class Guarded:
    """The emulator's application behind the guard."""

    def __init__(self, emulator, settings, keeper):
        from ministack.core import iam_actions

        self.emulator = emulator
        self.keeper = keeper
        self.app = emulator.app
        self.instance = settings['instance'].encode()
        unsigned = iam_actions.unsigned_operations('cognito-idp')
        self.guard = Guard(settings['port'], settings['origins'], self.is_deployed, unsigned, settings['name'])
        self.cells = Cells(emulator)

    async def __call__(self, scope, receive, send):
        if scope['type'] == 'lifespan':
            await self.app(scope, receive, self.when_started(send))
            return
        request = read(scope)
        send = self.answers(request, send)
        found = self.guard.decide(request)
        if isinstance(found, Refusal):
            await refuse(scope, receive, send, found)
        elif found == 'identity':
            await self.identify(request, send)
        elif (headers := self.guard.preflight(request)) is not None:
            await answer(send, 204, headers, b'')
        elif found == 'signed':
            await self.signed(scope, receive, send, request)
        else:
            # What a function calls comes as a request of its own.
            services = {'api': HANDED_ON, 'unsigned': frozenset({'cognito'})}.get(found, frozenset())
            if found == 'api' and request.first('host').partition(':')[0] == self.guard.platform:
                scope = self.cells.readdressed(scope, self.guard.port)
            await self.app(scope, receive, self.kept(send, services))

    def kept(self, send, services, must_hold=False):
        """Sends an answer when what it acknowledges is written, or says that it is not. Reads are answered all the same, unless they
        `must_hold`."""
        refused = False

        async def written(message):
            nonlocal refused
            if message['type'] == 'http.response.start':
                try:
                    self.keeper.keep(services)
                except Exception as error:
                    LOG.exception('the journal cannot be written')
                    refused = bool(services) or must_hold
                    if refused:
                        await refuse({'type': 'http'}, None, send, Refusal(
                            'InternalFailure', f'The local platform cannot keep this: its journal cannot be written ({error}).', 500,
                        ))
            if not refused:
                await send(message)

        return written

    def when_started(self, send):
        """What is to happen when the saved state has been loaded and before anybody is answered."""

        async def started(message):
            if message['type'] == 'lifespan.startup.complete':
                from ministack.services import sts

                # Sessions are for hours; those of an earlier start need not be known any more, and once were no secret.
                sts._sessions.clear()
                self.keeper.started()
                self.sweeping = asyncio.get_running_loop().create_task(self.keeper.sweep())
            await send(message)

        return started

    def answers(self, request, send):
        async def guarded(message):
            if message['type'] in ('http.response.start', 'websocket.accept', 'websocket.http.response.start'):
                message = {**message, 'headers': self.guard.answer_headers(request, message.get('headers', []))}
            await send(message)

        return guarded

    async def identify(self, request, send):
        """Proves that this is the instance, to whoever knows it already, and tells nobody else. 503 until it is ready."""
        ready = self.emulator._ready_scripts_state['status'] == 'completed'
        challenge = ''.join(request.query.get('challenge', ['']))
        proof = hmac.new(self.instance, challenge.encode(), hashlib.sha256).hexdigest()
        body = json.dumps({'tenantry': proof}).encode()
        await answer(send, 200 if ready else 503, [(b'content-type', b'application/json')], body)

    def is_deployed(self, host, path):
        if host == self.guard.platform:
            return self.cells.of(path) is not None
        called = self.emulator._parse_execute_api_url(host, path) or self.emulator._resolve_custom_domain_request(host, path)
        if called is None:
            return False
        api, stage, rest = called
        stages = {**self.emulator._get_module('apigateway_v1').stages_for_api(api),
                  **self.emulator._get_module('apigateway').stages_for_api(api)}
        # A custom domain may leave the stage to the path.
        return '$default' in stages or (stage or rest.strip('/').split('/')[0]) in stages

    async def signed(self, scope, receive, send, request):
        body = await whole(receive)
        if body is None:
            return
        wrong = check_signature(request, body)
        headers = dict(request.headers)
        service = self.emulator.detect_service(request.method, request.path, headers, request.query)
        if wrong is None:
            services = self.keeper.touched(service, request.method, request.first('x-amz-target'), body, request.query)
            send = self.kept(send, services, must_hold=service == 'cloudformation')
            await self.app(scope, replay(body, receive), send)
            return
        status, named, text = self.emulator._credential_failure(service, '', str(uuid.uuid4()), wrong, headers)
        text = text if isinstance(text, bytes) else str(text).encode()
        await answer(send, status, [(name.lower().encode(), str(value).encode()) for name, value in named.items()], text)


class Cells:
    """Whose API serves a tenant: the platform's own name is the same for all of them, and outlives each."""

    def __init__(self, emulator):
        self.emulator = emulator
        self.served, self.found = [], {}

    def of(self, path):
        """The API and the stage that serve `/tenants/{tenant}/...`, or None. While one cell takes another's place both are there: the
        newer serves once it has a stage."""
        _, first, tenant, *_ = (*path.split('/', 3), '', '')
        if first != 'tenants' or not tenant:
            return None
        apis = self.emulator._get_module('apigateway_v1')
        resources, stages, known = apis._resources._data, apis._stages_v1._data, apis._rest_apis._data
        served = [key for key in list(resources) if stages.get(key)]
        if served != self.served:
            self.served, self.found = served, {}
        wanted = f'/tenants/{tenant}'
        key, resource = self.found.get(wanted, (None, None))
        if resources.get(key, {}).get(resource, {}).get('path') != wanted:
            by_age = sorted(served, key=lambda key: known.get(key, {}).get('createdDate', 0))[::-1]
            found = ((key, one) for key in by_age for one, of in list(resources[key].items()) if of.get('path') == wanted)
            key, resource = next(found, (None, None))
            if key is None:
                return None
            self.found[wanted] = key, resource
        return key[2], next(iter(stages[key]))

    def readdressed(self, scope, port):
        """The same call by the API's own address."""
        api, stage = self.of(scope['path'])
        headers = [(name, value) for name, value in scope['headers'] if name.lower() != b'host']
        headers.insert(0, (b'host', f'{api}.execute-api.localhost:{port}'.encode()))
        raw = scope.get('raw_path') or scope['path'].encode()
        return {**scope, 'headers': headers, 'path': f'/{stage}{scope["path"]}', 'raw_path': f'/{stage}'.encode() + raw}


def check_signature(request, body):
    """Why the signature does not hold, or None. Signature Version 4, over the body as it came
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)."""
    from ministack.core import iam_evaluator, responses, sigv4

    headers = {}
    for name, value in request.headers:
        headers[name] = f'{headers[name]},{value}' if name in headers else value
    presigned = is_presigned(request)
    failed = iam_evaluator.AuthError
    parsed = sigv4.parse_query_signature(request.query) if presigned else sigv4.parse_header_signature(headers)
    if isinstance(parsed, tuple):
        return failed(*parsed)
    if 'host' not in parsed.signed_headers.split(';'):
        return failed('SignatureDoesNotMatch', 'The Host header is not among the signed headers.')
    if presigned:
        if wrong := expired(parsed.amz_date, request.query):
            return failed(*wrong)
    elif wrong := sigv4.request_time_failure(parsed):
        return failed(*wrong)
    declared = headers.get('x-amz-content-sha256', '')
    if len(declared) == 64 and declared != hashlib.sha256(body).hexdigest():
        return failed('XAmzContentSHA256Mismatch', 'The body is not the one that was signed.')
    responses.set_request_account_id(parsed.access_key_id)
    token = request.query.get('X-Amz-Security-Token', [''])[0] if presigned else headers.get('x-amz-security-token', '')
    try:
        owner = iam_evaluator.find_iam_access_key_account(parsed.access_key_id)
    except iam_evaluator.AmbiguousAccessKeyError:
        owner = None
    known = iam_evaluator.resolve_credential(parsed.access_key_id, owner or responses.get_account_id(), token)
    if isinstance(known, iam_evaluator.CredentialResolutionError):
        return failed(known.code, known.message)
    wrong = sigv4.header_signature_failure(
        parsed, known.secret_access_key, request.method, request.target, request.query, headers, body, presigned=presigned,
    )
    return failed(*wrong) if wrong else None


def expired(signed_at, query):
    """A presigned request says itself how long it is good for: seven days at most."""
    from ministack.core import sigv4

    seconds = ''.join(query.get('X-Amz-Expires', []))
    if not seconds.isascii() or not seconds.isdigit() or not 1 <= int(seconds) <= 604_800:
        return 'AuthorizationQueryParametersError', 'X-Amz-Expires must be a number of seconds from 1 to 604800.'
    try:
        too_late = sigv4.presigned_request_is_expired(signed_at, seconds)
        too_early = time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(time.time() + 900)) < signed_at
    except ValueError:
        return 'AuthorizationQueryParametersError', 'X-Amz-Date must be a time such as 20260101T000000Z.'
    return ('AccessDenied', 'Request has expired') if too_late or too_early else None


async def whole(receive):
    """A request's whole body; None when its sender went away."""
    parts = []
    while True:
        message = await receive()
        if message['type'] != 'http.request':
            return None
        parts.append(message.get('body', b''))
        if not message.get('more_body'):
            return b''.join(parts)


def replay(body, receive):
    """Gives the emulator the body that was read, then whatever comes after it."""
    given = False

    async def again():
        nonlocal given
        if given:
            return await receive()
        given = True
        return {'type': 'http.request', 'body': body, 'more_body': False}

    return again


async def answer(send, status, headers, body, kind='http'):
    length = (b'content-length', str(len(body)).encode())
    headers = [length, *((name, value) for name, value in headers if name != b'content-length')]
    await send({'type': f'{kind}.response.start', 'status': status, 'headers': headers})
    await send({'type': f'{kind}.response.body', 'body': body, 'more_body': False})


async def refuse(scope, receive, send, refusal):
    body = json.dumps({'__type': refusal.code, 'message': refusal.message}).encode()
    kind = 'http'
    if scope['type'] == 'websocket':
        await receive()
        kind = 'websocket.http'
    await answer(send, refusal.status, [(b'content-type', b'application/json')], body, kind)


def main():
    os.umask(0o077)
    with open(sys.argv[1], encoding='utf-8') as file:
        settings = json.load(file)
    keep_settings_from_children()
    listen_on_loopback_alone(settings['port'])
    guard_small_servers()
    one_administrator(settings['key'])
    import ministack.app as emulator

    keeper = Keeper(emulator, settings['state'], settings['report'])
    keeper.restore()
    secret_credentials_of_functions(settings['functions'])
    keep_ids_of_apis()
    keep_mock_answers()
    # `main` looks the application up when it is called, and reads its arguments.
    emulator.app = Guarded(emulator, settings, keeper)
    sys.argv = ['ministack']
    emulator.main()


if __name__ == '__main__':
    main()
