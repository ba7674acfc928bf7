"""The real AWS provider of Terraform and the emulator that it talks to, for what tries a platform on both."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

from checks import check

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROVIDER = 'hashicorp/aws/5.100.0'
NOT_RUN = 77
SERVICES = 'apigateway cloudtrail cloudwatch cloudwatchlogs cognitoidp dynamodb ec2 iam kms lambda s3 sns sts'.split()
# What the emulator has after a `destroy` has to be what it had before.
LOOK = '''
import json, sys
import botocore.session
session = botocore.session.get_session()
session.set_credentials('test', 'test')
def client(service):
    return session.create_client(service, region_name='us-east-1', endpoint_url=sys.argv[1])
found = {}
for service, call, key, name in [
    ('apigateway', 'get_rest_apis', 'items', 'name'), ('cloudtrail', 'describe_trails', 'trailList', 'Name'),
    ('cloudwatch', 'describe_alarms', 'MetricAlarms', 'AlarmName'), ('cloudwatch', 'list_dashboards', 'DashboardEntries', 'DashboardName'),
    ('dynamodb', 'list_tables', 'TableNames', None), ('ec2', 'describe_vpcs', 'Vpcs', 'VpcId'),
    ('ec2', 'describe_subnets', 'Subnets', 'SubnetId'), ('ec2', 'describe_security_groups', 'SecurityGroups', 'GroupId'),
    ('ec2', 'describe_network_acls', 'NetworkAcls', 'NetworkAclId'), ('ec2', 'describe_route_tables', 'RouteTables', 'RouteTableId'),
    ('ec2', 'describe_flow_logs', 'FlowLogs', 'FlowLogId'), ('ec2', 'describe_internet_gateways', 'InternetGateways', 'InternetGatewayId'),
    ('iam', 'list_roles', 'Roles', 'RoleName'), ('kms', 'list_aliases', 'Aliases', 'AliasName'),
    ('lambda', 'list_functions', 'Functions', 'FunctionName'), ('logs', 'describe_log_groups', 'logGroups', 'logGroupName'),
    ('s3', 'list_buckets', 'Buckets', 'Name'), ('sns', 'list_topics', 'Topics', 'TopicArn'),
]:
    items = getattr(client(service), call)()[key]
    found[f'{service} {key}'] = sorted(item[name] if name else item for item in items)
pools = client('cognito-idp').list_user_pools(MaxResults=60)['UserPools']
found['cognito-idp UserPools'] = sorted(pool['Name'] for pool in pools)
endpoints = client('ec2').describe_vpc_endpoints()['VpcEndpoints']
found['ec2 VpcEndpoints'] = sorted(e['VpcEndpointId'] for e in endpoints if e.get('State') != 'deleted')
keys = [client('kms').describe_key(KeyId=key['KeyId'])['KeyMetadata'] for key in client('kms').list_keys()['Keys']]
found['kms Keys'] = sorted(key['KeyId'] for key in keys if key['KeyState'] != 'PendingDeletion')
print(json.dumps(found))
'''


def plugins():
    """The folder of Terraform plugins that holds the provider: HOST/NAMESPACE/TYPE/VERSION/PLATFORM/ is below it."""
    told = os.environ.get('TENANTRY_TERRAFORM_PLUGINS')
    where = ('find', told or '/', '-xdev', '(', '-path', '/proc', '-o', '-path', '/sys', '-o', '-name', 'node_modules', ')', '-prune', '-o')
    found = subprocess.run((*where, '-name', 'terraform-provider-aws*', '-print'), capture_output=True, text=True).stdout
    for file in map(pathlib.Path, found.splitlines()):
        if PROVIDER in str(file.parent) and '.terraform' not in file.parts:
            return file.parents[5]
    return None


class Differences:
    """A file beside a script: what the emulator cannot make, with the error and a reason, and what it does not give back as it was sent."""

    CANNOT, DIFFERENT = 'the emulator cannot make', 'the emulator does not give back as sent'

    def __init__(self, file):
        self.file = file
        self.known = json.loads(file.read_text()) if file.exists() else {}

    def found(self, cannot, different):
        """What happened, in the file's form: by type the error, with the reason that is known."""
        reasons = {kind: each.get('reason', '') for kind, each in self.known.get(self.CANNOT, {}).items()}
        cannot = {kind: {'error': error, 'reason': reasons.get(kind, '')} for kind, error in sorted(cannot.items())}
        return {self.CANNOT: cannot, self.DIFFERENT: different}

    def hold(self, found, update):
        """Checks that the file says what happened, or writes it anew."""
        if update:
            self.file.write_text(json.dumps(found, indent=1) + '\n')
            return
        check(f'{self.file.name} is what happened: {json.dumps(found, indent=1)}', found == self.known)
        check('each type in it has its reason', all(each['reason'] for each in self.known.get(self.CANNOT, {}).values()))


class Emulator:
    """MiniStack in an environment of its own, on a port of 127.0.0.1."""

    def __init__(self, folder, port):
        self.url = f'http://127.0.0.1:{port}'
        self.python = ROOT / 'target/ci/terraform/bin/python'
        if not self.python.exists():
            subprocess.run((sys.executable, '-m', 'venv', self.python.parents[1]), check=True)
        requirements = ('--require-hashes', '--requirement', ROOT / 'crates/local/requirements.txt')
        subprocess.run((self.python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', *requirements), check=True)
        environment = {
            'PATH': os.environ['PATH'], 'HOME': str(folder), 'TMPDIR': str(folder), 'LANG': 'C.UTF-8', 'BIND_HOST': '127.0.0.1',
            'GATEWAY_PORT': str(port), 'AUTH': 'true', 'AWS_ENDPOINT_URL': self.url, 'MINISTACK_ACCOUNT_ID': '000000000000',
            'MINISTACK_REGION': 'us-east-1', 'IOT_MTLS_ENABLED': '0', 'SFTP_ENABLED': '0',
        }
        self.log = open(folder / 'emulator.log', 'w')
        command = (self.python, '-m', 'ministack')
        self.process = subprocess.Popen(command, env=environment, cwd=folder, stdout=self.log, stderr=self.log)
        for _ in range(600):
            if self.process.poll() is not None:
                sys.exit(f'the emulator ended: {(folder / "emulator.log").read_text()[-1000:]}')
            try:
                with urllib.request.urlopen(f'{self.url}/_ministack/ready', timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        self.end()
        sys.exit('the emulator is not ready')

    def has(self):
        looked = subprocess.run((self.python, '-c', LOOK, self.url), capture_output=True, text=True, cwd='/')
        if looked.returncode:
            sys.exit(f'cannot look at what the emulator has: {looked.stderr[-1000:]}')
        return json.loads(looked.stdout)

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def settled(text):
    """An error without what is another in each run or for each tenant."""
    text = re.sub(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'UUID', text)
    text = re.sub(r'\b([a-z]+)-[0-9a-f]{17}\b', r'\1-ID', text)
    text = re.sub(r'\b[0-9a-f]{8}\b', 'ID', text)
    return ' '.join(re.sub(r'tenant-\d+', 'tenant-N', text).split())
