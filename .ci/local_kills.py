"""Kills the local platform's emulator at random points under a load of writes, and looks for every write that it had acknowledged.

Usage: PYTHON_WITH_BOTOCORE .ci/local_kills.py PATH_OF_TENANTRY [KILLS], in the folder of a platform that is up. SEED in the environment
repeats a run. It starts the emulator again by the very command that tenantry started it with, and at the end by `tenantry start`.
It leaves the platform as it was, but for the users that it signed up through the tenants' APIs and takes away again.
"""

import functools
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from checks import check, finish, run
from local_platform import REGION, secrets

TENANTRY = str(pathlib.Path(sys.argv[1]).resolve())
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 30
SEED = int(os.environ.get('SEED', time.time_ns() % 10**9))
TABLE = QUEUE = STACK = BUCKET = f'local-kills-{SEED}'
QUEUES = 120
GONE = (BotoCoreError, ClientError, OSError, ValueError)


@functools.cache
def client(service):
    known = secrets()
    session = botocore.session.get_session()
    session.set_credentials(known['key']['id'], known['key']['secret'])
    config = Config(retries={'max_attempts': 0}, connect_timeout=5, read_timeout=20, signature_version='s3v4' if service == 's3' else None)
    return session.create_client(service, region_name=REGION, endpoint_url=f'http://127.0.0.1:{known["port"]}', config=config)


class Emulator:
    """The process, and how it was started."""

    def __init__(self):
        self.pid = json.loads(pathlib.Path('.tenantry/emulator.json').read_text())['pid']
        process = pathlib.Path(f'/proc/{self.pid}')
        split = lambda name: [part.decode() for part in (process / name).read_bytes().split(b'\0')[:-1]]  # noqa: E731
        self.command, self.folder = split('cmdline'), os.readlink(process / 'cwd')
        self.environment = dict(one.split('=', 1) for one in split('environ'))
        self.child = None

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        if self.child:
            self.child.wait()
        while pathlib.Path(f'/proc/{self.pid}').exists() and '\nState:\tZ' not in pathlib.Path(f'/proc/{self.pid}/status').read_text():
            time.sleep(0.005)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def start(self):
        with open('.tenantry/emulator.log', 'ab') as log:
            self.child = subprocess.Popen(self.command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, start_new_session=True)
        self.pid = self.child.pid
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f'http://127.0.0.1:{secrets()["port"]}/_tenantry/instance?challenge=x', timeout=5)
                return
            except OSError:
                if time.monotonic() > deadline or self.child.poll() is not None:
                    sys.exit(f'the emulator does not start again, seed {SEED}; see .tenantry/emulator.log')
                time.sleep(0.02)


class Load:
    """Writers that go on until the emulator is gone, each with what was acknowledged to it. A write without an answer may be there or
    not, so nothing else is written under its name."""

    def __init__(self, pool, api):
        self.pool, (self.endpoint, self.token) = pool, api
        self.items, self.messages, self.objects, self.people, self.users, self.stacks = {}, set(), {}, set(), {}, {}
        self.number, self.acknowledged, self.lock, self.begun = 0, 0, threading.Lock(), threading.Event()

    def next(self):
        with self.lock:
            self.number += 1
            return self.number

    def run(self, with_stack):
        writers = [self.put_items, self.change_items, self.send, self.store, self.enrol, self.call]
        self.begun.clear()
        if with_stack:
            writers.append(self.stack)
        threads = [threading.Thread(target=self.until_it_is_gone, args=(writer,)) for writer in writers]
        for thread in threads:
            thread.start()
        return threads

    def until_it_is_gone(self, writer):
        try:
            write = writer()
            while True:
                write()
                self.acknowledged += 1
        except GONE:
            pass

    def goes_on(self, writes):
        """Waits until so many more were acknowledged."""
        enough, deadline = self.acknowledged + writes, time.monotonic() + 20
        while self.acknowledged < enough and time.monotonic() < deadline:
            time.sleep(0.001)

    def put_items(self):
        dynamodb = client('dynamodb')

        def write():
            names = [f'{self.next()}' for _ in range(5)]
            dynamodb.batch_write_item(RequestItems={TABLE: [
                {'PutRequest': {'Item': {'pk': {'S': name}, 'n': {'N': name}}}} for name in names
            ]})
            self.items.update({name: name for name in names})

        return write

    def change_items(self):
        dynamodb = client('dynamodb')

        def write():
            name, gone = f'{self.next()}', f'{self.next()}'
            for pk in (name, gone):
                dynamodb.put_item(TableName=TABLE, Item={'pk': {'S': pk}, 'n': {'N': '0'}})
                self.items[pk] = '0'
            self.items[name] = self.items[gone] = None
            dynamodb.update_item(TableName=TABLE, Key={'pk': {'S': name}}, UpdateExpression='SET n = n + :one',
                                 ExpressionAttributeValues={':one': {'N': '1'}})
            self.items[name] = '1'
            dynamodb.delete_item(TableName=TABLE, Key={'pk': {'S': gone}})
            self.items[gone] = 'gone'

        return write

    def send(self):
        sqs = client('sqs')
        url = sqs.get_queue_url(QueueName=QUEUE)['QueueUrl']

        def write():
            body = f'{self.next()}'
            sqs.send_message(QueueUrl=url, MessageBody=body)
            self.messages.add(body)

        return write

    def store(self):
        s3 = client('s3')

        def write():
            key = f'{self.next()}'
            s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode() * 100)
            self.objects[key] = key.encode() * 100

        return write

    def enrol(self):
        cognito = client('cognito-idp')

        def write():
            name = f'{STACK}-{self.next()}'
            cognito.admin_create_user(UserPoolId=self.pool, Username=name)
            self.people.add(name)

        return write

    def call(self):
        def write():
            made = call('POST', self.endpoint, self.token, {'email': f'kills-{self.next()}@example.com'})
            self.users[made['userId']] = made['email']

        return write

    def stack(self):
        cloudformation = client('cloudformation')

        def write():
            name = f'{STACK}-{self.next()}'
            template = {'Resources': {f'Q{i}': {'Type': 'AWS::SQS::Queue', 'Properties': {'QueueName': f'{name}-{i}'}} for i in range(QUEUES)}}
            self.stacks[name] = None
            cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
            self.begun.set()
            while (status := stack_status(cloudformation, name)) != 'CREATE_COMPLETE':
                assert status == 'CREATE_IN_PROGRESS', status
            self.stacks[name] = 'CREATE_COMPLETE'

        return write


def stack_status(cloudformation, name):
    try:
        return cloudformation.describe_stacks(StackName=name)['Stacks'][0]['StackStatus']
    except ClientError as error:
        return None if 'does not exist' in str(error) else 'refused'


def call(method, url, token, body=None):
    scheme, rest = url.split('://')
    host, _, path = rest.partition('/')
    request = urllib.request.Request(f'{scheme}://127.0.0.1:{host.split(":")[1]}/{path}', method=method)
    request.add_header('Host', host)
    request.add_header('Authorization', f'Bearer {token}')
    if body is not None:
        request.add_header('Content-Type', 'application/json')
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read() or 'null')


def look(load, token, when):
    """Every acknowledged write of the load is there, and what was deleted is not."""
    dynamodb, s3, sqs, cognito, cloudformation = (client(name) for name in ('dynamodb', 's3', 'sqs', 'cognito-idp', 'cloudformation'))
    pages = dynamodb.get_paginator('scan').paginate(TableName=TABLE)
    found = {item['pk']['S']: item['n']['N'] for page in pages for item in page['Items']}
    wrong = {name: (value, found.get(name, 'gone')) for name, value in load.items.items()
             if value is not None and found.get(name, 'gone') != value}
    check(f'{when}: items {dict(list(wrong.items())[:5])} of {len(load.items)}', not wrong)
    url = sqs.get_queue_url(QueueName=QUEUE)['QueueUrl']
    count = int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['ApproximateNumberOfMessages'])['Attributes']['ApproximateNumberOfMessages'])
    check(f'{when}: {count} messages, {len(load.messages)} acknowledged', count >= len(load.messages))
    pages = s3.get_paginator('list_objects_v2').paginate(Bucket=BUCKET)
    missing = load.objects.keys() - {one['Key'] for page in pages for one in page.get('Contents', [])}
    check(f'{when}: objects {sorted(missing)[:5]} of {len(load.objects)}', not missing)
    pages = cognito.get_paginator('list_users').paginate(UserPoolId=load.pool)
    missing = load.people - {one['Username'] for page in pages for one in page['Users']}
    check(f'{when}: people {sorted(missing)[:5]} of {len(load.people)}', not missing)
    listed, more = set(), ''
    while more is not None:
        page = call('GET', f'{load.endpoint}?limit=100{more}', token)
        listed.update(user['userId'] for user in page['items'])
        more = f'&cursor={page["nextCursor"]}' if page.get('nextCursor') else None
    missing = load.users.keys() - listed
    check(f'{when}: users {sorted(missing)[:5]} of {len(load.users)}', not missing)
    for name, acknowledged in load.stacks.items():
        status = stack_status(cloudformation, name)
        made = sqs.list_queues(QueueNamePrefix=f'{name}-').get('QueueUrls', [])
        check(f'{when}: stack {name} is {status}, was {acknowledged}', status in ([acknowledged] if acknowledged else [None, 'CREATE_COMPLETE']))
        check(f'{when}: stack {name} is {status} with {len(made)} queues', len(made) == (QUEUES if status else 0))


def main():
    generator = random.Random(SEED)
    print(f'seed {SEED}')
    tenantry = lambda *arguments: json.loads(run(TENANTRY, '--format', 'json', *arguments, said=f'tenantry {arguments[0]}').stdout)  # noqa: E731
    tenant = tenantry('status')['tenants'][0]
    token = tenantry('token', tenant['id'])['token']
    dynamodb, sqs, s3, cognito = (client(name) for name in ('dynamodb', 'sqs', 's3', 'cognito-idp'))
    dynamodb.create_table(TableName=TABLE, BillingMode='PAY_PER_REQUEST', KeySchema=[{'AttributeName': 'pk', 'KeyType': 'HASH'}],
                          AttributeDefinitions=[{'AttributeName': 'pk', 'AttributeType': 'S'}])
    sqs.create_queue(QueueName=QUEUE)
    s3.create_bucket(Bucket=BUCKET)
    pool = cognito.create_user_pool(PoolName=STACK)['UserPool']['Id']
    load, emulator, rolled_back = Load(pool, (tenant['endpoint'], token)), Emulator(), 0
    report = pathlib.Path('.tenantry/rolled-back.json')
    began = time.monotonic()
    for number in range(1, KILLS + 1):
        with_stack = generator.random() < 0.4
        threads = load.run(with_stack)
        load.goes_on(generator.randint(1, 60))
        if with_stack:
            load.begun.wait(20)
        if number % 4 == 0:
            # A function's first call takes long.
            before, deadline = len(load.users), time.monotonic() + 20
            while len(load.users) == before and time.monotonic() < deadline:
                time.sleep(0.001)
        # Between two writes, or in the middle of one, or of a stack.
        time.sleep(generator.random() * (0.2 if with_stack else 0.02))
        emulator.kill()
        for thread in threads:
            thread.join()
        emulator.start()
        if report.exists():
            rolled_back += len(json.loads(report.read_text()))
            check(f'only stacks are rolled back: {report.read_text()}', all(f'of stack {STACK}-' in one for one in json.loads(report.read_text())))
            report.unlink()
        if number % 5 == 0 or number == KILLS:
            look(load, token, f'kill {number}')
    print(f'{KILLS} kills in {time.monotonic() - began:.0f} s: {len(load.items)} items, {len(load.messages)} messages, {len(load.objects)} objects, '
          f'{len(load.people)} people, {len(load.users)} users through the API, {len(load.stacks)} stacks, {rolled_back} operations rolled back')
    check('there was a load', load.users and min(len(load.items), len(load.messages), len(load.objects), len(load.people)) > KILLS)
    emulator.kill()
    check('a killed platform is stopped', tenantry('status')['stopped'])
    tenantry('start')
    client.cache_clear()
    token = tenantry('token', tenant['id'])['token']
    look(load, token, 'tenantry start')
    status = tenantry('status')
    check(f'the address stays: {status["tenants"][0]["endpoint"]}', status['tenants'][0]['endpoint'] == tenant['endpoint'])
    clean_up(load, token)
    finish()


def clean_up(load, token):
    cloudformation = client('cloudformation')
    for name in load.stacks:
        cloudformation.delete_stack(StackName=name)
        while stack_status(cloudformation, name) == 'DELETE_IN_PROGRESS':
            time.sleep(0.02)
    # Also those that a kill left without an answer.
    while users := call('GET', f'{load.endpoint}?limit=100', token)['items']:
        for user in users:
            call('DELETE', f'{load.endpoint}/{user["userId"]}', token)
    client('dynamodb').delete_table(TableName=TABLE)
    sqs, s3 = client('sqs'), client('s3')
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=QUEUE)['QueueUrl'])
    for key in load.objects:
        s3.delete_object(Bucket=BUCKET, Key=key)
    for page in s3.get_paginator('list_objects_v2').paginate(Bucket=BUCKET):
        for one in page.get('Contents', []):
            s3.delete_object(Bucket=BUCKET, Key=one['Key'])
    s3.delete_bucket(Bucket=BUCKET)
    client('cognito-idp').delete_user_pool(UserPoolId=load.pool)


if __name__ == '__main__':
    main()
