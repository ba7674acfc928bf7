"""The platform that runs in a folder: its port, its administrator's key and its functions' credentials."""

import hashlib
import hmac
import json
import pathlib

import botocore.session
from botocore.config import Config

ACCOUNT, REGION = '000000000000', 'us-east-1'


def secrets(folder='.'):
    return json.loads((pathlib.Path(folder) / '.tenantry/secrets.json').read_text())


def client(service, key, port, token=None, **options):
    session = botocore.session.get_session()
    session.set_credentials(key['id'], key['secret'], token)
    config = Config(signature_version='s3v4') if service == 's3' else None
    return session.create_client(
        service, region_name=REGION, endpoint_url=f'http://127.0.0.1:{port}', config=config, **options,
    )


def administrator(service, folder='.'):
    known = secrets(folder)
    return client(service, known['key'], known['port'])


def function_key(function, role, folder='.'):
    """The credentials that the launcher gives a function: derived from a secret of this start and both ARNs."""
    secret = secrets(folder)['functions'].encode()
    derive = lambda what: hmac.new(secret, f'{what}:{function}:{role}'.encode(), hashlib.sha256).hexdigest()
    return {'id': f'ASIA{derive("id")[:16].upper()}', 'secret': derive('secret'), 'token': derive('token')}


def as_function(tenant, service, folder='.'):
    """A client with the credentials of a tenant's function."""
    function = f'arn:aws:lambda:{REGION}:{ACCOUNT}:function:{tenant}-api-prod'
    role = f'arn:aws:iam::{ACCOUNT}:role/{tenant}-role-prod'
    key = function_key(function, role, folder)
    return client(service, key, secrets(folder)['port'], key['token'])
