#!/usr/bin/env python3
"""Policy packs of Pulumi's on our language host: the real engine, the official Python package for packs, the release build's host
and the stand-in for the aws provider. A pack that holds lets a preview and an update pass; one that forbids a resource stops them.

Usage: PYTHON .ci/policy_packs.py, at the repository's root; PYTHON has the package pulumi-policy. It needs target/engine and
target/debug/examples (engine/build, cargo test); without them it fails in CI and is left out elsewhere.
"""

import os
import pathlib
import sys
import tempfile

from checks import check, finish
from pulumi_project import NOW, QUIET, Project, leave_out_without_engine

# Both see every resource with its inputs; the second sees the tree as well.
PACK = '''
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy, StackValidationPolicy

def own_key(args, report):
    if args.resource_type == 'aws:dynamodb/table:Table' and not args.props.get('serverSideEncryption', {}).get('kmsKeyArn'):
        report('a table needs a key of its own')

def whole(args, report):
    kinds = [each.resource_type for each in args.resources]
    tables = [each for each in args.resources if each.resource_type == 'aws:dynamodb/table:Table']
    if kinds.count('tenantry:index:Tenant') != 2 or len(tables) != 4:
        report(f'two tenants and four tables are wanted: {kinds}')
    if not all(each.parent and each.parent.resource_type == 'tenantry:index:Tenant' and each.dependencies for each in tables):
        report('a table belongs to its tenant and depends on its key')

def forbidden(args, report):
    if args.resource_type == 'aws:lambda/function:Function':
        report(f'no functions here: {args.props.get("memorySize")}')

PolicyPack('PACK', [
    ResourceValidationPolicy('own-key', 'Tables have keys.', own_key, EnforcementLevel.MANDATORY),
    StackValidationPolicy('whole', 'All is seen.', whole, EnforcementLevel.MANDATORY),
    MORE
])
'''
FORBIDDEN = "ResourceValidationPolicy('forbidden', 'No functions.', forbidden, EnforcementLevel.MANDATORY),"


def pack(folder, name, more):
    folder.mkdir()
    (folder / 'PulumiPolicy.yaml').write_text('runtime: python\n')
    (folder / '__main__.py').write_text(PACK.replace('PACK', name).replace('MORE', more))
    return str(folder)


def main():
    leave_out_without_engine('policy packs')
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for below in ('state', 'bin'):
            (folder / below).mkdir()
        # What Pulumi's own distribution has beside its Python language host.
        analyzer = folder / 'bin/pulumi-analyzer-policy-python'
        analyzer.write_text(f'#!/bin/sh\nexec "{sys.executable}" -u -m pulumi.policy "$@"\n')
        analyzer.chmod(0o755)
        project = Project(folder, PULUMI_BACKEND_URL=f'file://{folder}/state')
        project.environment['PATH'] = os.pathsep.join([str(folder / 'bin'), project.environment['PATH']])
        holds, forbids = pack(folder / 'holds', 'holds', ''), pack(folder / 'forbids', 'forbids', FORBIDDEN)

        project.run('pulumi', 'stack', 'init', 'prod', *QUIET)
        told = project.run('pulumi', 'preview', '--policy-pack', forbids, *QUIET, expect=1)
        check(f'a preview says what is forbidden: {told}', 'no functions here: 256' in told)
        told = project.run('pulumi', 'up', '--policy-pack', forbids, *NOW, expect=1)
        check(f'so does an update: {told}', '[mandatory]' in told)
        project.run('pulumi', 'preview', '--policy-pack', holds, *QUIET)
        project.run('pulumi', 'up', '--policy-pack', holds, *NOW)
        project.run('pulumi', 'destroy', *NOW)

        # tenantry passes the environment on, so that every flag of the engine's can be set.
        up = ('tenantry', 'up', '--on', 'aws', '--yes')
        told = project.run(*up, expect=2, PULUMI_OPTION_POLICY_PACK=f'{holds},{forbids}')
        check(f'so does tenantry: {told}', 'no functions here: 256' in told)
        project.run(*up, PULUMI_OPTION_POLICY_PACK='../holds')
        project.run('tenantry', 'down', '--on', 'aws', '--destroy-all', 'acme')
    finish()


main()
