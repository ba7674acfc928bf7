"""The guard's decisions, one by one: who is let in for what, and who is refused for what.

Usage: python decisions.py FOLDER_OF_GUARD
"""

import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv.pop(1))

from guard import Guard, Refusal, plain_path, read  # noqa: E402

PORT = 4610
APP = 'http://localhost:5173'
API = 'abcdef01.execute-api.localhost:4610'
ACME = 'acme.localhost:4610'
SIGNED = ('Authorization', 'AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=00')
PRESIGNED = 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=K&X-Amz-SignedHeaders=host&X-Amz-Signature=00'
SIGN_IN = ('X-Amz-Target', 'AWSCognitoIdentityProviderService.InitiateAuth')
ANSWER = '/_ministack/cfn-response/0f8fad5b-d9cb-469f-a165-70867728950e'
POOL = '/us-east-1_abc/.well-known/jwks.json'


def is_deployed(host, path):
    name, _, rest = path.removeprefix('/_aws/execute-api/').partition('/')
    if host == 'abcdef01.execute-api.localhost':
        name, rest = 'abcdef01', path.lstrip('/')
    elif host == 'shop.localhost':
        return True
    elif host == 'acme.localhost':
        return path.startswith('/tenants/a/')
    return name == 'abcdef01' and rest.split('/')[0] == 'prod'


def guard():
    return Guard(PORT, [APP], is_deployed, frozenset({'InitiateAuth', 'SignUp'}), 'acme')


def request(target='/', *headers, method='GET', kind='http', host='127.0.0.1:4610', client='127.0.0.1', path=None):
    from urllib.parse import unquote

    raw, _, query = target.partition('?')
    hosts = [('Host', one) for one in ([host] if isinstance(host, str) else host)]
    return read({
        'type': kind, 'method': method, 'raw_path': raw.encode('latin-1'), 'path': unquote(raw) if path is None else path,
        'query_string': query.encode(), 'client': (client, 1),
        'headers': [(name.encode(), value.encode('latin-1')) for name, value in [*hosts, *headers]],
    })


def decided(made, by=None):
    found = (by or guard()).decide(made)
    return found.code if isinstance(found, Refusal) else found


ORIGIN = lambda value: ('Origin', value)  # noqa: E731
SITE = lambda value: ('Sec-Fetch-Site', value)  # noqa: E731

CASES = {
    'a signed call': (request('/', SIGNED, method='POST'), 'signed'),
    'a signed call by name': (request('/', SIGNED, method='POST', host='localhost:4610'), 'signed'),
    'a signed call of a bucket by name': (request('/key', SIGNED, host='bucket.s3.localhost:4610'), 'signed'),
    'a host without its port': (request('/', SIGNED, host='localhost'), 'signed'),
    'a host in upper case': (request('/', SIGNED, host='LOCALHOST:4610'), 'signed'),
    'a presigned call': (request(f'/b/k?{PRESIGNED}'), 'signed'),
    'a presigned call with a session': (request(f'/b/k?{PRESIGNED}&X-Amz-Security-Token=t&X-Amz-Expires=60'), 'signed'),
    'a user who signs in': (request('/', SIGN_IN, method='POST'), 'unsigned'),
    'the keys of a pool': (request(POOL), 'keys'),
    'an API by name': (request('/prod/tenants/a/users', host=API), 'api'),
    'an API by path': (request('/_aws/execute-api/abcdef01/prod/tenants/a'), 'api'),
    'an API by its own name': (request('/tenants/a', host='shop.localhost:4610'), 'api'),
    'a tenant by the platform\'s name': (request('/tenants/a/users', host=ACME), 'api'),
    'a tenant by the platform\'s name, from its own page': (request('/tenants/a/users', ORIGIN(f'http://{ACME}'), host=ACME), 'api'),
    'a tenant by the platform\'s name, from an admitted page': (request('/tenants/a/users', ORIGIN(APP), host=ACME), 'api'),
    'an API on a WebSocket': (request('/prod', kind='websocket', host=API), 'api'),
    'an API from a browser\'s address bar': (request('/prod/a', SITE('none'), host=API), 'api'),
    'an API from its own page': (request('/prod/a', ORIGIN(f'http://{API}'), SITE('same-origin'), host=API), 'api'),
    'an API from an admitted page': (request('/prod/a', ORIGIN(APP), SITE('cross-site'), host=API), 'api'),
    'an API from an admitted page, by path': (request('/_aws/execute-api/abcdef01/prod', ORIGIN(APP), SITE('same-site')), 'api'),
    'a preflight of an admitted page': (request('/prod/a', ORIGIN(APP), method='OPTIONS', host=API), 'api'),
    'the answer of a custom resource': (request(ANSWER, method='PUT'), 'answer'),
    'the answer of a custom resource, to localhost': (request(ANSWER, method='PUT', host='localhost:4610'), 'answer'),
    'the instance': (request('/_tenantry/instance?challenge=1'), 'identity'),

    'another machine': (request('/', SIGNED, client='192.168.1.7'), 'NotLocal'),
    'another machine that looks alike': (request('/', SIGNED, client='127.0.0.1.example'), 'NotLocal'),
    'nobody': (request('/', SIGNED, client=''), 'NotLocal'),
    'the address of somewhere else': (request('http://evil.example/', SIGNED), 'BadTarget'),
    'all of the server': (request('*', SIGNED, method='OPTIONS'), 'BadTarget'),
    'a line break in a path': (request('/prod/%0d%0ax', host=API), 'BadTarget'),
    'NUL in a path': (request('/prod/%00', host=API), 'BadTarget'),

    'a stranger\'s name': (request('/', SIGNED, host='evil.example'), 'ForeignHost'),
    'a stranger\'s name with the port': (request('/', SIGNED, host='evil.example:4610'), 'ForeignHost'),
    'a stranger\'s name for an API': (request('/prod', host='abcdef01.execute-api.evil.example:4610'), 'ForeignHost'),
    'a name that begins like ours': (request('/', SIGNED, host='localhost.evil.example:4610'), 'ForeignHost'),
    'a name that ends like ours': (request('/', SIGNED, host='evillocalhost:4610'), 'ForeignHost'),
    'a name with a user': (request('/', SIGNED, host='evil.example@localhost:4610'), 'ForeignHost'),
    'a name with a dot behind': (request('/', SIGNED, host='localhost.:4610'), 'ForeignHost'),
    'a name with an empty part': (request('/', SIGNED, host='.localhost:4610'), 'ForeignHost'),
    'a name in full width': (request('/', SIGNED, host='\u00efocalhost:4610'), 'ForeignHost'),
    'another port': (request('/', SIGNED, host='localhost:80'), 'ForeignHost'),
    'a port twice': (request('/', SIGNED, host='localhost:4610:4610'), 'ForeignHost'),
    'the address of all interfaces': (request('/', SIGNED, host='0.0.0.0:4610'), 'ForeignHost'),
    'an address as a number': (request('/', SIGNED, host='2130706433:4610'), 'ForeignHost'),
    'IPv6, where nothing listens': (request('/', SIGNED, host='[::1]:4610'), 'ForeignHost'),
    'AWS\'s own name': (request('/', SIGNED, host='iam.amazonaws.com'), 'ForeignHost'),
    'an empty name': (request('/', SIGNED, host=''), 'ForeignHost'),
    'no name': (request('/', SIGNED, host=[]), 'ForeignHost'),
    'two names': (request('/', SIGNED, host=['localhost:4610', 'evil.example']), 'ForeignHost'),
    'two names in one': (request('/', SIGNED, host='localhost:4610, evil.example'), 'ForeignHost'),

    'a stranger\'s page with a signature': (request('/', SIGNED, ORIGIN('http://evil.example'), method='POST'), 'ForeignOrigin'),
    'a page of no origin': (request('/', SIGNED, ORIGIN('null'), method='POST'), 'ForeignOrigin'),
    'a page of an empty origin': (request('/', SIGNED, ORIGIN('')), 'ForeignOrigin'),
    'a page on another port': (request('/prod', ORIGIN('http://localhost:3000'), host=API), 'ForeignOrigin'),
    'a page on the same port by TLS': (request('/prod', ORIGIN(f'https://{API}'), host=API), 'ForeignOrigin'),
    'a page below localhost': (request('/', SIGNED, ORIGIN('http://evil.localhost:4610')), 'ForeignOrigin'),
    'a page with two origins': (request('/prod', ORIGIN(APP), ORIGIN('http://evil.example'), host=API), 'ForeignOrigin'),
    'a page with the admitted origin in another case': (request('/prod', ORIGIN('http://LOCALHOST:5173'), host=API), 'ForeignOrigin'),
    'a page whose origin begins like the admitted one': (request('/prod', ORIGIN(f'{APP}.evil.example'), host=API), 'ForeignOrigin'),
    'an admitted page on AWS\'s APIs': (request('/', SIGNED, ORIGIN(APP), method='POST'), 'ForeignOrigin'),
    'an admitted page that signs in': (request('/', SIGN_IN, ORIGIN(APP), method='POST'), 'ForeignOrigin'),
    'an admitted page on the keys of a pool': (request(POOL, ORIGIN(APP)), 'ForeignOrigin'),
    'an admitted page on an answer': (request(ANSWER, ORIGIN(APP), method='PUT'), 'ForeignOrigin'),
    'an admitted page on the administration': (request('/_ministack/reset', ORIGIN(APP), method='POST'), 'ForeignOrigin'),
    'an admitted page on the administration by an API\'s name':
        (request('/_ministack/reset', ORIGIN(APP), method='POST', host=API), 'ForeignOrigin'),
    'a stranger\'s WebSocket': (request('/prod', ORIGIN('http://evil.example'), kind='websocket', host=API), 'ForeignOrigin'),
    'a stranger\'s preflight': (request('/prod', ORIGIN('http://evil.example'), method='OPTIONS', host=API), 'ForeignOrigin'),

    'an image of another site': (request('/prod', SITE('cross-site'), host=API), 'ForeignPage'),
    'an image of another port': (request(POOL, SITE('same-site')), 'ForeignPage'),
    'an image on an admitted page, which sends no origin': (request('/prod', SITE('cross-site'), host=API), 'ForeignPage'),
    'a form of another site with a presigned address': (request(f'/b/k?{PRESIGNED}', SITE('cross-site')), 'ForeignPage'),
    'a site that nobody has heard of': (request('/prod', SITE('elsewhere'), host=API), 'ForeignPage'),
    'two sites': (request('/prod', SITE('none'), SITE('cross-site'), host=API), 'ForeignPage'),
    'another site on an answer': (request(ANSWER, SITE('cross-site'), method='PUT'), 'ForeignPage'),

    'the reset': (request('/_ministack/reset', method='POST'), 'Closed'),
    'the reset, signed': (request('/_ministack/reset', SIGNED, method='POST'), 'Closed'),
    'the reset, presigned': (request(f'/_ministack/reset?{PRESIGNED}', method='POST'), 'Closed'),
    'the reset by an API\'s name': (request('/_ministack/reset', method='POST', host=API), 'Closed'),
    'the reset by a custom name': (request('/_ministack/reset', method='POST', host='shop.localhost:4610'), 'Closed'),
    'the reset by the platform\'s name': (request('/_ministack/reset', SIGNED, method='POST', host=ACME), 'Closed'),
    'the reset behind a tenant and dots': (request('/tenants/../_ministack/reset', method='POST', host=ACME), 'Closed'),
    'a stranger\'s page on a tenant by the platform\'s name':
        (request('/tenants/a/users', ORIGIN('http://evil.example'), host=ACME), 'ForeignOrigin'),
    'the platform\'s name below another': (request('/tenants/a/users', SIGNED, host='acme.evil.example:4610'), 'ForeignHost'),
    'the reset, encoded': (request('/%5fministack/reset', SIGNED, method='POST'), 'Closed'),
    'the reset, encoded twice': (request('/%255fministack/reset', SIGNED, method='POST'), 'Closed'),
    'the reset in upper case': (request('/_MINISTACK/RESET', SIGNED, method='POST'), 'Closed'),
    'the reset behind two slashes': (request('//_ministack//reset', SIGNED, method='POST'), 'Closed'),
    'the reset behind dots': (request('/b/../_ministack/reset', SIGNED, method='POST'), 'Closed'),
    'the reset behind encoded dots': (request('/b/%2e%2e%2f_ministack/reset', SIGNED, method='POST'), 'Closed'),
    'the reset behind a stage and dots': (request('/prod/../_ministack/reset', method='POST', host=API), 'Closed'),
    'the reset behind a backslash': (request('/%5c_ministack/reset', SIGNED, method='POST'), 'Closed'),
    'the code of a function': (request('/_ministack/lambda-code/a/b/f'), 'Closed'),
    'an administration that is not there yet': (request('/_anything/new', SIGNED), 'Closed'),
    'the health': (request('/health'), 'Closed'),
    'the health by an API\'s name': (request('/health', host=API), 'Closed'),
    'the metadata of an instance': (request('/latest/meta-data/iam/security-credentials/', SIGNED), 'Closed'),
    'the metadata of an instance, presigned': (request(f'/latest/meta-data/?{PRESIGNED}'), 'Closed'),
    'the credentials of a container': (request('/v2/credentials/x', SIGNED), 'Closed'),
    'the metadata of a container': (request('/v4/abcdefghij/task', SIGNED), 'Closed'),
    'the hosted pages': (request('/oauth2/authorize'), 'Closed'),
    'the hosted pages by an API\'s name': (request('/login', method='POST', host=API), 'Closed'),
    'a function\'s own address': (request('/_aws/lambda-url/x/'), 'Closed'),
    'an answer that is read': (request(ANSWER), 'Closed'),
    'an answer without a name': (request('/_ministack/cfn-response/', method='PUT'), 'Closed'),
    'an answer with more behind it': (request(f'{ANSWER}/x', method='PUT'), 'Closed'),
    'an answer, encoded': (request(ANSWER.replace('_', '%5f'), method='PUT'), 'Closed'),
    'an API that is not there, by path': (request('/_aws/execute-api/00000000/prod/x'), 'Closed'),
    'a stage that is not there, by path': (request('/_aws/execute-api/abcdef01/test/x'), 'Closed'),

    'a WebSocket for nothing': (request('/', kind='websocket'), 'NoWebSocket'),
    'a WebSocket for devices': (request('/mqtt', SIGNED, kind='websocket', host='iot.us-east-1.localhost:4610'), 'NoWebSocket'),
    'a signed WebSocket': (request(f'/?{PRESIGNED}', kind='websocket'), 'NoWebSocket'),

    'an API that is not there': (request('/prod', host='00000000.execute-api.localhost:4610'), 'ForbiddenException'),
    'a stage that is not there': (request('/test/x', SIGNED, host=API), 'ForbiddenException'),
    'an API in upper case': (request('/prod', host=API.upper()), 'ForbiddenException'),

    'a tenant that is not there': (request('/tenants/b/users', host=ACME), 'ForbiddenException'),
    'a tenant that is not there, signed': (request('/tenants/b/users', SIGNED, host=ACME), 'ForbiddenException'),
    'something else by the platform\'s name': (request('/', SIGNED, method='POST', host=ACME), 'ForbiddenException'),
    'a user who signs in by the platform\'s name': (request('/', SIGN_IN, method='POST', host=ACME), 'ForbiddenException'),
    'a tenant by the platform\'s name in upper case': (request('/tenants/a/users', host=ACME.upper()), 'ForbiddenException'),

    'no signature': (request('/', method='POST'), 'MissingAuthenticationToken'),
    'no signature on a function': (request('/2015-03-31/functions', method='POST'), 'MissingAuthenticationToken'),
    'no signature on a bucket': (request('/b/k', host='b.s3.localhost:4610'), 'MissingAuthenticationToken'),
    'a token of another kind': (request('/', ('Authorization', 'Bearer x')), 'MissingAuthenticationToken'),
    'a signature of version 2': (request('/', ('Authorization', 'AWS test:sig')), 'MissingAuthenticationToken'),
    'a signature of version 4a': (request('/', ('Authorization', SIGNED[1].replace('AWS4-HMAC', 'AWS4-ECDSA-P256'))),
                                  'MissingAuthenticationToken'),
    'a query of version 2': (request('/?AWSAccessKeyId=test&Signature=x&Action=ListUsers'), 'MissingAuthenticationToken'),
    'a key alone in a query': (request('/?AWSAccessKeyId=test&Action=ListUsers'), 'MissingAuthenticationToken'),
    'a credential alone in a query': (request('/?X-Amz-Credential=test'), 'MissingAuthenticationToken'),
    'two signatures in headers': (request('/', SIGNED, SIGNED), 'MissingAuthenticationToken'),
    'a signature in the header and one in the query': (request(f'/?{PRESIGNED}', SIGNED), 'MissingAuthenticationToken'),
    'another key in the query': (request('/?AWSAccessKeyId=test', SIGNED), 'MissingAuthenticationToken'),
    'a credential twice': (request(f'/?{PRESIGNED}&X-Amz-Credential=test'), 'MissingAuthenticationToken'),
    'a credential in two cases': (request(f'/?{PRESIGNED}&x-amz-credential=test'), 'MissingAuthenticationToken'),
    'a user who signs in, and a key': (request('/?AWSAccessKeyId=test', SIGN_IN, method='POST'), 'MissingAuthenticationToken'),
    'a user who signs in, read': (request('/', SIGN_IN), 'MissingAuthenticationToken'),
    'a user who signs in, to a path': (request('/2015-03-31/functions', SIGN_IN, method='POST'), 'MissingAuthenticationToken'),
    'an administrator of users': (request('/', ('X-Amz-Target', 'AWSCognitoIdentityProviderService.AdminCreateUser'), method='POST'),
                                  'MissingAuthenticationToken'),
    'another service\'s operation': (request('/', ('X-Amz-Target', 'Other.InitiateAuth'), method='POST'), 'MissingAuthenticationToken'),
    'two operations': (request('/', SIGN_IN, ('X-Amz-Target', 'DynamoDB_20120810.ListTables'), method='POST'),
                       'MissingAuthenticationToken'),
    'the keys of a pool, written': (request(POOL, method='PUT'), 'MissingAuthenticationToken'),
    'the keys of a pool, encoded': (request('/us-east-1_abc/.well%2Dknown/jwks.json'), 'MissingAuthenticationToken'),
    'keys deeper in a bucket': (request('/b/k/.well-known/jwks.json'), 'MissingAuthenticationToken'),
}


class Decisions(unittest.TestCase):
    def test_each_request_is_let_in_or_refused_as_the_table_says(self):
        for what, (made, expected) in CASES.items():
            with self.subTest(what):
                self.assertEqual(decided(made), expected)

    def test_each_rule_refuses_something_that_nothing_else_refuses(self):
        for number, rule in enumerate(guard().rules):
            without = guard()
            without.rules = without.rules[:number] + without.rules[number + 1:]
            let_in = [what for what, (made, expected) in CASES.items()
                      if expected[0].isupper() and not decided(made, without)[0].isupper()]
            with self.subTest(rule.__name__):
                self.assertNotEqual(let_in, [])

    def test_without_origins_no_page_is_let_in(self):
        nobody = Guard(PORT, [], is_deployed)
        for what, (made, expected) in CASES.items():
            if made.all('origin') and 'own page' not in what:
                with self.subTest(what):
                    self.assertEqual(decided(made, nobody), 'ForeignOrigin')

    def test_every_refusal_says_what_to_do_or_what_is_answered(self):
        for what, (made, expected) in CASES.items():
            found = guard().decide(made)
            if isinstance(found, Refusal):
                with self.subTest(what):
                    self.assertIn(found.status, (400, 403))
                    self.assertGreater(len(found.message), 8)


class Answers(unittest.TestCase):
    def test_nobody_may_read_an_answer_whatever_the_emulator_says(self):
        said = [(b'Access-Control-Allow-Origin', b'*'), (b'access-control-expose-headers', b'*'), (b'content-type', b'x')]
        for made in (request('/', SIGNED), request('/prod', host=API), request('/prod', ORIGIN('http://evil.example'), host=API)):
            self.assertEqual(guard().answer_headers(made, said), [(b'content-type', b'x')])

    def test_an_admitted_page_may_read_an_apis_answers_and_no_others(self):
        headers = dict(guard().answer_headers(request('/prod', ORIGIN(APP), host=API), [(b'Access-Control-Allow-Origin', b'*')]))
        self.assertEqual(headers[b'access-control-allow-origin'], APP.encode())
        self.assertEqual(headers[b'vary'], b'Origin')
        self.assertNotIn(b'access-control-allow-credentials', headers)
        self.assertEqual(guard().answer_headers(request('/', SIGNED, ORIGIN(APP)), []), [])

    def test_a_preflight_of_an_admitted_page_names_what_it_asked_for(self):
        asked = (ORIGIN(APP), ('Access-Control-Request-Method', 'PUT'), ('Access-Control-Request-Headers', 'authorization,x-y'))
        headers = dict(guard().preflight(request('/prod', *asked, method='OPTIONS', host=API)))
        self.assertEqual(headers[b'access-control-allow-headers'], b'authorization,x-y')
        self.assertIn(b'PUT', headers[b'access-control-allow-methods'])

    def test_what_is_no_preflight_of_an_admitted_page_has_no_answer(self):
        method = ('Access-Control-Request-Method', 'PUT')
        for made in (
            request('/prod', ORIGIN(APP), method='OPTIONS', host=API),
            request('/prod', ORIGIN(APP), method, host=API),
            request('/prod', ORIGIN('http://evil.example'), method, method='OPTIONS', host=API),
            request('/', ORIGIN(APP), method, method='OPTIONS'),
        ):
            self.assertIsNone(guard().preflight(made))

    def test_a_header_cannot_be_smuggled_into_a_preflights_answer(self):
        asked = (ORIGIN(APP), ('Access-Control-Request-Method', 'PUT'), ('Access-Control-Request-Headers', 'a\r\nset-cookie: b'))
        headers = dict(guard().preflight(request('/prod', *asked, method='OPTIONS', host=API)))
        self.assertNotIn(b'access-control-allow-headers', headers)


class Paths(unittest.TestCase):
    def test_all_spellings_of_a_path_are_one(self):
        for path in ('/_a/b', '//_a//b', '/./_a/b/', '/x/../_A/B', '/%5Fa/b', '/%255Fa%2fb', '/\\_a\\b', '/_a./b', '/ _a/b'):
            self.assertEqual(plain_path(path), '_a/b', path)


if __name__ == '__main__':
    unittest.main()
