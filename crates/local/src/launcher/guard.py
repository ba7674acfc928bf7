"""What the local platform answers, and to whom: decisions about requests, and nothing else.

It never opens a socket, never reads a file and knows nothing of the emulator: the launcher tells it which APIs are deployed and
checks the signatures that it asks for. Whatever no rule here names is refused.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

# RFC 6761, 6.3: names below localhost are this machine's own, in every browser; a name of somebody else's that resolves to
# 127.0.0.1 (DNS rebinding) arrives with that name in its Host header.
_OWN_NAME = re.compile(r'127\.0\.0\.1|(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*localhost', re.ASCII)
_API_NAME = re.compile(r'([0-9a-f]{8})\.execute-api\.localhost', re.ASCII)
# An API's address where names below localhost do not resolve.
_API_PATH = re.compile(r'/_aws/execute-api/[^/]+/[^/]+|/restapis/[^/]+/[^/]+/_user_request_(?:/|$)')
_TOKEN = r'[0-9A-Za-z-]{16,64}'
_UNSIGNED_SERVICE = 'AWSCognitoIdentityProviderService.'
# First parts of paths that the emulator answers by the path alone, whoever asks: its administration (every name that begins with
# an underscore), the metadata of instances and containers, which hands out credentials, and the hosted sign-in pages.
_CLOSED = frozenset({'health', 'latest', 'login', 'logout', 'oauth2', 'oidc', 'saml2', 'v4'})
_CLOSED_PREFIXES = ('v2/credentials',)
# What the platform itself calls below a closed name: the answers of custom resources and wait conditions, each with a random name
# that only who has to answer was told.
_ANSWERS = re.compile(rf'/_ministack/(?:cfn-response|cfn-signal)/{_TOKEN}', re.ASCII)
# The public keys of a user pool, which its tokens are verified with.
_KEYS = re.compile(r'/[0-9A-Za-z_-]+/\.well-known/(?:jwks\.json|openid-configuration)', re.ASCII)
IDENTITY = '/_tenantry/instance'
# The query parameters that make a request a presigned one (Signature Version 4), and those of Signature Version 2, which nothing here
# checks.
_PRESIGNED = frozenset({'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature'})
_CREDENTIALS = frozenset({*(name.lower() for name in _PRESIGNED), 'x-amz-security-token'})
_OLD_CREDENTIALS = frozenset({'awsaccesskeyid', 'signature'})
# Whose answers a page may read is the guard's to say; the emulator says `*`.
_CORS_ANSWERS = b'access-control-'


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused, and what to do about it."""

    code: str
    message: str
    status: int = 403


@dataclass(frozen=True)
class Request:
    """The beginning of an HTTP request or of a WebSocket handshake, as the server has read it.

    `target` is the path as it was sent, `path` is the path as the emulator's router sees it: percent-decoded once.
    """

    kind: str
    method: str
    target: str
    path: str
    query: dict
    headers: tuple
    client: str

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def first(self, name):
        return next(iter(self.all(name)), '')


def read(scope):
    """An ASGI scope as a `Request`. The query's names keep all their values."""
    raw = scope.get('raw_path')
    headers = tuple((name.decode('latin-1').lower(), value.decode('latin-1')) for name, value in scope.get('headers', []))
    return Request(
        kind=scope['type'],
        method=scope.get('method', 'GET'),
        target=raw.decode('latin-1') if raw is not None else scope['path'],
        path=scope['path'],
        query=parse_qs(scope.get('query_string', b'').decode('latin-1'), keep_blank_values=True),
        headers=headers,
        client=(scope.get('client') or ('',))[0],
    )


class Guard:
    """Decides for one platform: its port, the origins of local web applications, and which APIs are deployed.

    `is_deployed(host, path)` says whether a call of an API addressed by its host, or by the path that the emulator knows for hosts
    that do not resolve, reaches a stage. `unsigned_operations` are those of Cognito's that AWS takes without a signature. `platform`
    is the name that the platform's tenants are below, if it has one: nothing else is.
    """

    def __init__(self, port, origins=(), is_deployed=lambda host, path: False, unsigned_operations=frozenset(), platform=None):
        self.port = port
        self.platform = f'{platform}.localhost' if platform else None
        self.origins = frozenset(origins)
        self.is_deployed = is_deployed
        self.unsigned_operations = unsigned_operations
        self.rules = (self.client, self.target, self.host, self.origin, self.fetch, self.closed, self.upgrade)

    def decide(self, request):
        """A `Refusal`, or what the request is let in for: `api`, `identity`, `answer`, `keys`, `unsigned` (Cognito's), or `signed`,
        which is let in if its signature holds."""
        for rule in self.rules:
            if refusal := rule(request):
                return refusal
        return self.way(request)

    def client(self, request):
        """Only this machine calls. The socket is bound to loopback; this holds should that ever change."""
        if request.client == '::1' or re.fullmatch(r'(?:::ffff:)?127\.\d+\.\d+\.\d+', request.client, re.ASCII):
            return None
        return Refusal('NotLocal', 'The local platform answers calls from this machine alone.')

    def target(self, request):
        """A path, not the address of somewhere else, and nothing in it that one reader takes for something else."""
        if request.target.startswith('/') and not re.search(r'[\x00-\x1f\x7f]', request.path):
            return None
        return Refusal('BadTarget', 'The request names no path of the local platform.', 400)

    def host(self, request):
        """One Host header, with one of the platform's own names."""
        hosts = request.all('host')
        if len(hosts) == 1 and self.name(hosts[0]):
            return None
        return Refusal(
            'ForeignHost',
            'The local platform is called by its own names alone: 127.0.0.1, localhost and names below localhost, with its port.',
        )

    def name(self, host):
        """The name in a Host header, in lower case, if it is one of the platform's own."""
        name, colon, port = host.lower().partition(':')
        if colon and port != str(self.port):
            return None
        return name if _OWN_NAME.fullmatch(name) else None

    def origin(self, request):
        """A page may call when it came from the same address, or when `platform.toml` admits its origin to the APIs."""
        origins = request.all('origin')
        if not origins or (len(origins) == 1 and (self.is_own(origins[0], request) or self.is_admitted(request))):
            return None
        return Refusal(
            'ForeignOrigin',
            'A web page of another origin called the local platform. To admit a local web application to the APIs, add its origin '
            'to platform.toml ([local] origins = ["http://localhost:5173"]) and run `tenantry up`.',
        )

    def is_own(self, origin, request):
        return origin.lower() == f'http://{request.first("host").lower()}'

    def is_admitted(self, request):
        """Whether it comes from an origin that `platform.toml` names, to an API."""
        origins = request.all('origin')
        return len(origins) == 1 and origins[0] in self.origins and self.is_api(request)

    def fetch(self, request):
        """Fetch Metadata (https://www.w3.org/TR/fetch-metadata/): what a browser says even where it sends no Origin, as for
        images, scripts, frames and forms. Another port of localhost is `same-site`."""
        sites = request.all('sec-fetch-site')
        if all(site in ('none', 'same-origin') for site in sites) or self.is_admitted(request):
            return None
        return Refusal(
            'ForeignPage',
            'A web page of another site or port called the local platform. Call it from a program, or admit the page\'s origin to '
            'the APIs in platform.toml ([local] origins).',
        )

    def closed(self, request):
        """The emulator's administration and whatever else it answers by the path alone."""
        plain = plain_path(request.path)
        head = plain.split('/', 1)[0]
        administers = head.startswith('_') or head in _CLOSED or plain.startswith(_CLOSED_PREFIXES)
        if not administers or self.is_open(request) or self.is_api(request):
            return None
        return Refusal('Closed', 'The emulator\'s own paths are closed on the local platform. Use the services\' APIs.')

    def is_open(self, request):
        """What below a closed name the platform itself calls, spelt exactly so."""
        if request.target != request.path:
            return False
        return request.path == IDENTITY or (request.method == 'PUT' and bool(_ANSWERS.fullmatch(request.path)))

    def is_api(self, request):
        """Whether a deployed stage of an API is called. An API may have a stage with a name that is closed elsewhere only if the
        emulator looks for the API first, which it does by path."""
        host = request.first('host')
        name = self.name(host)
        # The emulator takes an API's name in lower case alone.
        if name is None or host != host.lower():
            return False
        if name.endswith('.localhost'):
            head = plain_path(request.path).split('/', 1)[0]
            if head.startswith('_') or head in _CLOSED:
                return False
        elif not _API_PATH.match(request.path):
            return False
        return self.is_deployed(name, request.path)

    def upgrade(self, request):
        """WebSockets are for APIs."""
        if request.kind != 'websocket' or self.is_api(request):
            return None
        return Refusal('NoWebSocket', 'Nothing on the local platform takes a WebSocket here.')

    def way(self, request):
        """What it is for. What is for nothing in particular has to be signed."""
        if self.is_api(request):
            return 'api'
        if request.path == IDENTITY:
            return 'identity'
        if self.is_open(request):
            return 'answer'
        if request.method == 'GET' and request.target == request.path and _KEYS.fullmatch(request.path):
            return 'keys'
        name = self.name(request.first('host')) or ''
        if name == self.platform or _API_NAME.fullmatch(name):
            # API Gateway's answer for an API or a stage that is not there.
            return Refusal('ForbiddenException', 'Forbidden')
        if is_signed(request):
            return 'signed'
        if self.is_unsigned_operation(request):
            return 'unsigned'
        return Refusal(
            'MissingAuthenticationToken',
            'The request is not signed with Signature Version 4. The administrator\'s key is in .tenantry/credentials: set '
            'AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE as `tenantry up` prints them.',
        )

    def is_unsigned_operation(self, request):
        """Whether it is an operation of Cognito's that signs a user in, up or out, and so cannot be signed."""
        target = request.first('x-amz-target')
        carries_credentials = request.all('authorization') or credentials(request)
        called = request.method == 'POST' and request.path == '/' and len(request.all('x-amz-target')) == 1
        return (
            called and not carries_credentials and target.startswith(_UNSIGNED_SERVICE)
            and target.removeprefix(_UNSIGNED_SERVICE) in self.unsigned_operations
        )

    def preflight(self, request):
        """The headers that answer a CORS preflight of an admitted application (https://fetch.spec.whatwg.org/#http-cors-protocol),
        or None when it is no preflight."""
        if request.method != 'OPTIONS' or not request.all('access-control-request-method') or not self.is_admitted(request):
            return None
        asked = request.first('access-control-request-headers')
        headers = [(b'access-control-allow-methods', b'DELETE, GET, HEAD, PATCH, POST, PUT')]
        if re.fullmatch(r'[0-9A-Za-z!#$&*+.^_`|~\', -]*', asked, re.ASCII) and asked:
            headers.append((b'access-control-allow-headers', asked.encode('latin-1')))
        if request.first('access-control-request-private-network') == 'true':
            headers.append((b'access-control-allow-private-network', b'true'))
        return [*self.cors(request), *headers]

    def cors(self, request):
        """What an answer says about who may read it: nobody but an admitted application."""
        if not self.is_admitted(request):
            return []
        return [
            (b'access-control-allow-origin', request.first('origin').encode('latin-1')),
            (b'access-control-expose-headers', b'*'),
            (b'vary', b'Origin'),
        ]

    def answer_headers(self, request, headers):
        """An answer's headers, with the guard's word on who may read it instead of the emulator's."""
        kept = [(name, value) for name, value in headers if not name.lower().startswith(_CORS_ANSWERS)]
        return [*kept, *self.cors(request)]


def credentials(request):
    """The names of the query parameters that say who calls."""
    return {name for name in request.query if name.lower() in _CREDENTIALS | _OLD_CREDENTIALS}


def is_presigned(request):
    return 'X-Amz-Signature' in request.query


def is_signed(request):
    """Whether it has one signature of Version 4, in its header or in its query. Two would let two readers see two callers."""
    headers = request.all('authorization')
    named = credentials(request)
    if headers:
        return len(headers) == 1 and headers[0].startswith('AWS4-HMAC-SHA256 ') and not named
    once = all(len(request.query[name]) == 1 for name in named)
    return once and _PRESIGNED <= named <= _PRESIGNED | {'X-Amz-Security-Token'}


def plain_path(path):
    """A path as the most generous reader would take it: decoded until nothing changes, lower case, without empty parts and dots."""
    for _ in range(8):
        decoded = unquote(path)
        if decoded == path:
            break
        path = decoded
    parts = []
    for part in path.replace('\\', '/').lower().split('/'):
        part = part.strip().rstrip('.') if part.strip('.') else part
        if part == '..':
            parts = parts[:-1]
        elif part not in ('', '.'):
            parts.append(part)
    return '/'.join(parts)
