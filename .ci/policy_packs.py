#!/usr/bin/env python3
"""Policy packs of Pulumi's on our language host: the real engine, the official Python package for packs, the release build's host
and the stand-in for the aws provider. A pack that holds lets a preview and an update pass; one that forbids a resource stops them.

Usage: PYTHON .ci/policy_packs.py, at the repository's root; PYTHON has the package pulumi-policy. It needs target/engine and
target/debug/examples (engine/build, cargo test); without them it fails in CI and is left out elsewhere.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

ENGINE, PROVIDER, OURS = (pathlib.Path(folder).resolve() for folder in ('target/engine', 'target/debug/examples', 'target/release'))
QUIET = ('--non-interactive', '--color', 'never')
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
    missing = [str(file) for file in (ENGINE / 'pulumi', PROVIDER / 'pulumi-resource-aws') if not file.is_file()]
    if missing:
        print(f'LEFT OUT: policy packs, without {" and ".join(missing)}')
        sys.exit(1 if os.environ.get('CI') else 0)
    failed = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for below in ('project', 'state', 'bin'):
            (folder / below).mkdir()
        project = folder / 'project'
        tenants = ''.join(f'\n[[tenants]]\nid = "tenant-00{number}"\n' for number in (1, 2))
        (project / 'platform.toml').write_text(f'[platform]\nname = "acme"\n{tenants}')
        plugins = f'plugins:\n  providers:\n  - name: aws\n    path: {PROVIDER}\n'
        (project / 'Pulumi.yaml').write_text(f'name: acme\nruntime: tenantry\n{plugins}')
        # What Pulumi's own distribution has beside its Python language host.
        analyzer = folder / 'bin/pulumi-analyzer-policy-python'
        analyzer.write_text(f'#!/bin/sh\nexec "{sys.executable}" -u -m pulumi.policy "$@"\n')
        analyzer.chmod(0o755)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(('PULUMI_', 'AWS_'))} | {
            'PATH': os.pathsep.join([str(folder / 'bin'), str(ENGINE), str(OURS), os.environ['PATH']]),
            'PULUMI_HOME': str(folder / 'home'), 'PULUMI_BACKEND_URL': f'file://{folder}/state',
            'PULUMI_CONFIG_PASSPHRASE': 'correct horse battery staple', 'PULUMI_SKIP_UPDATE_CHECK': '1',
            'PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION': '1',
        }

        def pulumi(*arguments, expect, told=''):
            ran = subprocess.run(
                ['pulumi', *arguments, *QUIET], cwd=project, env=environment, capture_output=True, text=True, timeout=300
            )
            text = ran.stdout + ran.stderr
            fits = (ran.returncode == 0) == expect and told in text
            print(f'$ pulumi {" ".join(arguments[:2])}: exit status {ran.returncode}{"" if fits else ": NOT AS IT MUST BE"}')
            if not fits:
                failed.append(text)

        holds, forbids = pack(folder / 'holds', 'holds', ''), pack(folder / 'forbids', 'forbids', FORBIDDEN)
        pulumi('stack', 'init', 'prod', expect=True)
        pulumi('preview', '--policy-pack', forbids, expect=False, told='no functions here: 256')
        pulumi('up', '--yes', '--skip-preview', '--policy-pack', forbids, expect=False, told='[mandatory]')
        pulumi('preview', '--policy-pack', holds, expect=True)
        pulumi('up', '--yes', '--skip-preview', '--policy-pack', holds, expect=True)
        pulumi('destroy', '--yes', '--skip-preview', expect=True)
    print(*failed, sep='\n', end='\n' if failed else '')
    sys.exit(1 if failed else 0)


main()
