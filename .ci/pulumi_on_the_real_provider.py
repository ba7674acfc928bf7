#!/usr/bin/env python3
"""Our Pulumi program on Terraform's real AWS provider, through Pulumi's own dynamic bridge: checked, made on the emulator, destroyed.

    PYTHON .ci/pulumi_on_the_real_provider.py [--port PORT] [--update]

PYTHON has the package pulumi. Needs target/engine and target/release (engine/build, cargo build), Go, and hashicorp/aws 5.100.0 in
some folder of Terraform plugins, as .ci/terraform.py does; without Go or the provider it ends with 77, which counts as not run.
The bridge is built here.

The program registers what Pulumi's `aws` provider 7 has; that provider is not to be had here, the one that it is made from is. A
plugin (bridged_aws/) stands between the engine and the bridge and changes names alone. The platform of two tenants: a wrong input is
refused; a preview takes every input; `up` makes all that the emulator can; a refresh and a preview find nothing but what the
emulator does not give back; a tenant more; `tenantry down --on aws` to nothing. What the emulator cannot make, or does not give
back as sent, is the list .ci/pulumi_on_the_real_provider.json: a type enters it with the error of the call alone, and leaves it by
being made. Types in it are checked and planned by the provider all the same. `--update` writes it anew.
"""

import argparse
import collections
import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from bridged_project import Bridged
from checks import check, finish
from pulumi_project import ENGINE, NOW, OURS, QUIET
from real_provider import NOT_RUN, PROVIDER, ROOT, Differences, Emulator, plugins

DIFFERENCES = Differences(ROOT / '.ci/pulumi_on_the_real_provider.json')
# Where a call that the emulator does not have is about one input, the type is made without that input.
ALONE = {'aws:apigateway/restApi:RestApi': ['body']}
POOL = 'aws:cognito/userPool:UserPool'
API, DEPLOYMENT, STAGE = 'aws:apigateway/restApi:RestApi', 'aws:apigateway/deployment:Deployment', 'aws:apigateway/stage:Stage'
TENANT = '\n[[tenants]]\nid = "tenant-003"\n'


def refused(project):
    """The provider's own rules are what is asked, and a name that only version 7 has is no silence."""
    project.tell(planted={POOL: {'passwordPolicy': {'minimumLength': 3}, 'region': 'us-east-1'}})
    errors, _ = project.events('preview', *QUIET, expect=1)
    told = ' '.join(errors.get(POOL, ()))
    check(f'a length that the provider does not allow is refused: {errors}', 'minimum_length to be in the range (6 - 99), got 3' in told)
    check(f'an input that it does not have is refused: {errors}', 'has no region' in told)
    project.tell()


def made(project):
    """Makes all that can be made. Returns the error of each type that cannot, and how many resources there are."""
    errors, steps = project.events('preview', *QUIET)
    check(f'every input is taken: {errors}', not errors)
    check('all of it is to be made', {op for op, _ in steps.values()} == {'create'})
    cannot = {}
    for _ in range(5):
        errors, _ = project.events('up', *NOW, '--continue-on-error', expect=None)
        if not errors:
            break
        check(f'no type fails twice: {errors}', not errors.keys() & cannot.keys())
        cannot.update({kind: min(of_kind) for kind, of_kind in errors.items()})
        project.tell(aside={kind: ALONE.get(kind, 'everything') for kind in cannot})
    check('all that is left is made', project.in_state() == steps.keys())
    kinds = {kind for kind, _ in steps}
    whole = [kind for kind, _ in steps if kind not in cannot or kind in ALONE]
    print(f'made: {len(whole)} of {len(steps)} resources, {len(set(whole))} of {len(kinds)} types; {", ".join(sorted(cannot))} not, or not whole')
    return cannot


def differences(project):
    """What a refresh finds changed, by type; a preview behind it finds no other type."""
    found = {}
    errors, steps = project.events('refresh', *NOW)
    check(f'all is found: {errors}', not errors and not any(op == 'delete' for op, _ in steps.values()))
    for (kind, _), (op, paths) in steps.items():
        if op != 'same':
            found.setdefault(kind, set()).update(paths)
    _, steps = project.events('preview', *QUIET)
    others = {(kind, name, op) for (kind, name), (op, _) in steps.items() if op != 'same' and kind not in found}
    check(f'a preview after it changes nothing else: {others}', not others)
    return {kind: sorted(paths) for kind, paths in sorted(found.items())}


def a_tenant_more(project, different):
    platform = project.folder / 'platform.toml'
    platform.write_text(platform.read_text() + TENANT)
    errors, steps = project.events('up', *NOW)
    check(f'a tenant more is made: {errors}', not errors)
    new = {place: op for place, (op, _) in steps.items() if 'Tenant003' in place[1] or 'Tenant_003' in place[1]}
    check(f'what a tenant has is new: {new}', new and set(new.values()) == {'create'})
    others = {(kind, op) for (kind, name), (op, _) in steps.items() if op != 'same' and (kind, name) not in new and kind not in different}
    # A deployment is never changed: the name of the next one is another.
    expected = {(API, 'update'), (DEPLOYMENT, 'create'), (DEPLOYMENT, 'delete'), (STAGE, 'update')}
    check(f'and else the API, its deployment and its stage change: {sorted(others)}', others == expected)


def lifecycle(project, emulator):
    before = emulator.has()
    cannot = made(project)
    different = differences(project)
    a_tenant_more(project, different)
    down = json.loads(project.run(str(OURS / 'tenantry'), '--format', 'json', 'down', '--on', 'aws', '--destroy-all', 'acme'))
    check(f'the cell is down: {down}', [cell['result'] for cell in down] == ['done'])
    check('the state is empty', not project.in_state())
    after = emulator.has()
    left = {kind: collections.Counter(after[kind]) - collections.Counter(before[kind]) for kind in after}
    left = {kind: sorted(more.elements()) for kind, more in left.items() if more}
    # The bridge keeps nothing of what it could not make whole: the API of the call that failed is in no state.
    expected = {'apigateway items': ['api-prod']} if API in cannot else {}
    check(f'nothing is left on the emulator: {left}', left == expected)
    return DIFFERENCES.found(cannot, different)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--port', type=int, default=4756)
    arguments.add_argument('--update', action='store_true')
    arguments = arguments.parse_args()
    if not importlib.util.find_spec('pulumi'):
        sys.exit(f'{sys.executable} has no package pulumi')
    if not (shutil.which('go') and plugins()):
        print(f'NOT RUN: needs Go, and the provider {PROVIDER} in a folder of Terraform plugins')
        sys.exit(NOT_RUN)
    subprocess.run((ROOT / 'engine/build', ENGINE, '--bridge'), check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        emulator = Emulator(folder, arguments.port)
        try:
            project = Bridged(folder, emulator)
            refused(project)
            found = lifecycle(project, emulator)
        finally:
            emulator.end()
    DIFFERENCES.hold(found, arguments.update)
    finish()


main()
