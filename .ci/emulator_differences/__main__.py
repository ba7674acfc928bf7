"""Holds a running platform against its template, property by property, and against what `tenantry up` tells of it.

Usage: PYTHON_WITH_BOTOCORE .ci/emulator_differences PATH_OF_TENANTRY, in the folder of a platform that is up. Every property
of every resource is either read back here, by botocore, and as the template says, or told by name; and what is told
to be missing is missing. A type or a property that is new in the template fails until it is one of the two.
"""

import json
import pathlib
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

from checks import check, finish, run  # noqa: E402
from cloud import Cloud, physical_ids  # noqa: E402
from compare import account_for, what_is_new  # noqa: E402
from template import Template  # noqa: E402

TENANTRY = sys.argv[1]


def tenantry(*arguments, expect=0):
    command = (TENANTRY, '--format', 'json', *arguments)
    return json.loads(run(*command, said=f'tenantry {" ".join(arguments)}', expect=expect).stdout)


def refusal(endpoint):
    """The gateway's own answer to a call without a token: a status, its type and whether it may be kept."""
    address = urllib.parse.urlparse(endpoint)
    request = urllib.request.Request(f'http://127.0.0.1:{address.port}{address.path}', headers={'Host': address.netloc})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, None, None
    except urllib.error.HTTPError as error:
        return error.code, error.headers['Content-Type'], error.headers['Cache-Control']


def main():
    up = tenantry('up')
    status = tenantry('status')
    cloud = Cloud()
    for tenant in up['tenants']:
        for address in ('endpoint', 'api_endpoint'):
            answer = refusal(tenant[address])
            said = f'the gateway answers {tenant["id"]} at its {address} as the template says: {answer}'
            check(said, answer == (401, 'application/problem+json', 'no-store'))
    with tempfile.TemporaryDirectory() as folder:
        run(TENANTRY, 'synth', 'cloudformation', '--out', folder, said='tenantry synth')
        for cell in up['cells']:
            stack = cell['stack']
            cloud.stage = urllib.parse.urlparse(up['tenants'][0]['api_endpoint']).path.split('/')[1]
            again = f'{stack}: a second up changes nothing: {cell["change"]}, {cell["written"]} written'
            check(again, (cell['change'], cell['written']) == ('unchanged', 0))
            shown = next(one['differences'] for one in status['stacks'] if one['stack'] == stack)
            check(f'{stack}: status tells the same', shown == cell['differences'])
            text = (pathlib.Path(folder) / f'{stack}.template.json').read_text()
            template = Template(text, stack, physical_ids(cloud, stack), cloud)
            told = {(one['resource'], one['property']): one['reason'] for one in cell['differences']}
            complaints, same = account_for(template, cloud, told)
            for complaint in complaints:
                check(complaint, False)
            check(f'{stack}: {same} properties are as the template says', same > 100)
            print(f'{stack}: {same} properties are as the template says, {len(told)} differences are told')
            what_is_new(template, cloud, told)
    finish()


if __name__ == '__main__':
    main()
