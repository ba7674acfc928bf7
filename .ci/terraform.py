#!/usr/bin/env python3
"""The platform by the real Terraform and the real AWS provider: validated, planned, and applied to the emulator as far as that goes.

    .ci/terraform.py [--port PORT] [--tenantry PROGRAM] [--update]

Needs PROGRAM (by default target/release/tenantry), `terraform` on the PATH and hashicorp/aws 5.100.0 in some folder of Terraform plugins, which is
looked for by its name, or under TENANTRY_TERRAFORM_PLUGINS; without them it ends with 77, which counts as not run.

Platforms of 5 and of 21 tenants (two cells): `init`, `validate` and `plan` of each cell, all of it to be made. The one of 5:
`apply` on the emulator of all that can be made there, a second plan that is empty, a sixth tenant, `destroy` to nothing. What
the emulator cannot make, and what it does not give back as it was sent, is the list .ci/terraform.json. A type enters it with
the error of the call alone, and leaves it by being made: the script fails where the list is not what happened, and `--update`
writes it anew.
"""

import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from checks import check, finish
from real_provider import NOT_RUN, PROVIDER, ROOT, SERVICES, Differences, Emulator, plugins, settled

DIFFERENCES = Differences(ROOT / '.ci/terraform.json')
# Where a call that the emulator does not have is about one argument, the type is made without that argument.
ALONE = {'aws_api_gateway_rest_api': 'body'}


class Module:
    """A root module as tenantry wrote it, and Terraform in its folder."""

    def __init__(self, folder, plugins, emulator):
        self.folder, self.file = folder, folder / 'main.tf.json'
        self.written = json.loads(self.file.read_text())
        # What is the test's own: never in what tenantry writes.
        settings = {
            'access_key': 'test', 'secret_key': 'test', 'skip_credentials_validation': True, 'skip_metadata_api_check': True,
            's3_use_path_style': True, 'endpoints': [dict.fromkeys(SERVICES, emulator.url)],
        }
        (folder / 'test_override.tf.json').write_text(json.dumps({'provider': {'aws': settings}}))
        configuration = folder / 'cli.tfrc'
        configuration.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = {json.dumps(str(plugins))} }}\n}}\ndisable_checkpoint = true\n')
        clean = {key: value for key, value in os.environ.items() if not key.startswith(('TF_', 'AWS_'))}
        self.environment = {**clean, 'TF_CLI_CONFIG_FILE': str(configuration), 'TF_IN_AUTOMATION': '1', 'CHECKPOINT_DISABLE': '1'}

    def terraform(self, *arguments, expect=(0,)):
        began = time.monotonic()
        command = ('terraform', *arguments)
        done = subprocess.run(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        said = f'{self.folder.name}: terraform {arguments[0]}'
        print(f'$ {said}: exit status {done.returncode}, {time.monotonic() - began:.1f} s')
        check(f'{said} ends with {expect}: {done.stdout[-3000:]}{done.stderr[-1500:]}', done.returncode in expect)
        return done.stdout

    def resources(self):
        of_kinds = json.loads(self.file.read_text())['resource'].items()
        return {f'{kind}.{label}': kind for kind, of_kind in of_kinds for label in of_kind}

    def plan(self, name='plan'):
        """What a plan changes: actions, before and after, by address."""
        self.terraform('plan', '-input=false', '-no-color', f'-out={name}.bin')
        shown = json.loads(self.terraform('show', '-json', f'{name}.bin'))
        changes = {each['address']: each['change'] for each in shown.get('resource_changes', []) if each['mode'] == 'managed'}
        return {address: change for address, change in changes.items() if change['actions'] != ['no-op']}

    def apply(self):
        """The errors of an apply by type: the least of each, without what is another each time; and all that was told."""
        told = self.terraform('apply', '-json', '-input=false', '-auto-approve', expect=(0, 1))
        told = [json.loads(line) for line in told.splitlines() if line.startswith('{')]
        errors = collections.defaultdict(set)
        for line in told:
            diagnostic = line.get('diagnostic', {})
            if diagnostic.get('severity') == 'error':
                kind = diagnostic.get('address', 'nothing').split('.')[0]
                errors[kind].add(settled(f'{diagnostic["summary"]} {diagnostic["detail"]}'.strip()))
        return {kind: min(of_kind) for kind, of_kind in errors.items()}, told

    def leave_out(self, kinds):
        """Makes the file what tenantry wrote without these types, or without the argument that the emulator cannot take."""
        module = json.loads(json.dumps(self.written))
        for kind in kinds:
            if kind in ALONE:
                for body in module['resource'][kind].values():
                    body.pop(ALONE[kind])
            else:
                gone = {f'{kind}.{label}' for label in module['resource'].pop(kind)}
                for body in (body for of_kind in module['resource'].values() for body in of_kind.values()):
                    if gone & set(body.get('depends_on', ())):
                        body['depends_on'] = [each for each in body['depends_on'] if each not in gone]
        self.file.write_text(json.dumps(module, indent=2))


def synthesize(program, folder, tenants):
    folder.mkdir(exist_ok=True)
    entries = ''.join(f'\n[[tenants]]\nid = "tenant-{number:03}"\nname = "Customer {number}"\n' for number in range(1, tenants + 1))
    (folder / 'platform.toml').write_text(f'[platform]\nname = "acme"\nenvironment_suffix = "prod"\n{entries}')
    command = (program, '-C', folder, 'synth', 'terraform', '--out', folder / 'terraform')
    done = subprocess.run(command, capture_output=True, text=True)
    check(f'synth terraform of {tenants} tenants: {done.stderr[-1000:]}', done.returncode == 0)
    return sorted(path for path in (folder / 'terraform').iterdir() if path.is_dir())


def whole_plan(module):
    """Valid without a warning; a plan makes all of it, and everything that takes tags gets the three."""
    module.terraform('init', '-input=false', '-no-color')
    valid = json.loads(module.terraform('validate', '-json'))
    check(f'valid without a warning: {valid["diagnostics"]}', valid['valid'] and not valid['diagnostics'])
    planned, written = module.plan(), module.resources()
    check('the plan makes what is written', planned.keys() == written.keys())
    check('and nothing else', all(change['actions'] == ['create'] for change in planned.values()))
    untagged = [
        address for address, change in planned.items()
        if 'tags_all' in change['after'] and not {'tenant_id', 'environment', 'cost_center'} <= (change['after']['tags_all'] or {}).keys()
    ]
    check(f'all that takes tags has them: {untagged}', not untagged)
    print(f'{module.folder.name}: a plan of {len(planned)} resources')


def differences(changes):
    """The arguments that a plan would change, by type."""
    found = collections.defaultdict(set)
    for address, change in changes.items():
        before, after, unknown = change['before'] or {}, change['after'] or {}, change['after_unknown'] or {}
        differs = {key for key in before.keys() | after.keys() if not unknown.get(key) and before.get(key) != after.get(key)}
        found[address.split('.')[0]] |= differs or {'+'.join(change['actions'])}
    return {kind: sorted(keys) for kind, keys in sorted(found.items())}


def lifecycle(module, program, folder, emulator):
    """Applied, planned again, changed, destroyed. Returns what the list has to say."""
    before = emulator.has()
    cannot = {}
    for _ in range(5):
        errors, _ = module.apply()
        if not errors:
            break
        check(f'no type fails twice: {errors}', not errors.keys() & cannot.keys())
        cannot.update(errors)
        module.leave_out(cannot)
    in_state = set(module.terraform('state', 'list').split())
    made = {address for address in module.resources() if address in in_state}
    check('all that is left is made', made == module.resources().keys())
    print(f'made: {len(made)} resources of {len(set(module.resources().values()))} types; not made: {", ".join(sorted(cannot)) or "nothing"}')
    again = module.plan()
    different = differences(again)

    # A sixth tenant: what it has is new, and of what was there only the API changes.
    (cell,) = synthesize(program, folder, 6)
    module.written = json.loads(module.file.read_text())
    module.leave_out(cannot)
    changes = {address: change for address, change in module.plan().items() if address.split('.')[0] not in different}
    of_api = {address: change['actions'] for address, change in changes.items() if 'tenant006' not in address and 'tenant-006' not in address}
    deployment = 'aws_api_gateway_deployment.'
    actions = sorted((address.split('.')[0] if address.startswith(deployment) else address, *each) for address, each in of_api.items())
    expected = [('aws_api_gateway_deployment', 'create'), ('aws_api_gateway_deployment', 'delete'), ('aws_api_gateway_stage.api_stage', 'update')]
    if ALONE.keys() - cannot.keys():
        expected.append(('aws_api_gateway_rest_api.api', 'update'))
    check(f'a tenant more changes only the API: {actions}', actions == sorted(expected))
    check('and adds what is its own', all(change['actions'] == ['create'] for address, change in changes.items() if address not in of_api))
    errors, told = module.apply()
    check(f'a tenant more is made: {errors}', not errors)
    order = [(line['type'], line['hook']['resource']['addr'].split('.')[0], line['hook']['action']) for line in told if 'hook' in line and 'action' in line['hook']]
    moved = ('apply_complete', 'aws_api_gateway_stage', 'update')
    gone = ('apply_start', 'aws_api_gateway_deployment', 'delete')
    check('the stage leaves a deployment before that goes', moved in order and gone in order and order.index(moved) < order.index(gone))
    module.terraform('destroy', '-auto-approve', '-no-color')
    check('the state is empty', not module.terraform('state', 'list').strip())
    after = emulator.has()
    left = {kind: sorted(set(after[kind]) - set(before[kind])) for kind in after if set(after[kind]) - set(before[kind])}
    check(f'nothing is left on the emulator: {left}', not left)
    return DIFFERENCES.found(cannot, different)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--port', type=int, default=4755)
    arguments.add_argument('--tenantry', type=pathlib.Path, default=ROOT / 'target/release/tenantry')
    arguments.add_argument('--update', action='store_true')
    arguments = arguments.parse_args()
    program = arguments.tenantry.resolve()
    folder_of_plugins = shutil.which('terraform') and plugins()
    if not folder_of_plugins:
        print(f'NOT RUN: needs terraform on the PATH and the provider {PROVIDER} in a folder of Terraform plugins')
        sys.exit(NOT_RUN)
    version = subprocess.run(('terraform', 'version', '-json'), capture_output=True, text=True, env={'PATH': os.environ['PATH'], 'CHECKPOINT_DISABLE': '1'})
    print(f'Terraform {json.loads(version.stdout)["terraform_version"]}, {PROVIDER}')
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        emulator = Emulator(work, arguments.port)
        try:
            folder = work / '5-tenants'
            (five,) = synthesize(program, folder, 5)
            cells = synthesize(program, work / '21-tenants', 21)
            check('21 tenants are two cells', len(cells) == 2)
            five = Module(five, folder_of_plugins, emulator)
            for module in (five, *(Module(cell, folder_of_plugins, emulator) for cell in cells)):
                whole_plan(module)
            found = lifecycle(five, program, folder, emulator)
        finally:
            emulator.end()
    DIFFERENCES.hold(found, arguments.update)
    finish()


main()
