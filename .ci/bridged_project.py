"""A Pulumi project of ours whose `aws` provider is the real Terraform provider behind Pulumi's dynamic bridge (bridged_aws/)."""

import collections
import json
import pathlib
import subprocess
import sys

from pulumi_project import ENGINE, QUIET, Project
from real_provider import PROVIDER, ROOT, SERVICES, plugins, settled

BRIDGE = 'pulumi-resource-terraform-provider'
# The names that Pulumi publishes for its `aws` provider, in the bridge's own module.
PUBLISHED = 'pkg/pf/tests/internal/testprovider/cmd/pulumi-resource-aws/bridge-metadata.json'


class Bridged(Project):
    """`folder` is new; `emulator` is where AWS is."""

    def __init__(self, folder, emulator, platform=''):
        tools = folder / 'bin'
        tools.mkdir()
        plugin = tools / 'pulumi-resource-aws'
        self.settings = tools / 'settings.json'
        plugin.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/.ci/bridged_aws/plugin.py" "{self.settings}" "$@"\n')
        plugin.chmod(0o755)
        super().__init__(folder, platform, provider=tools, PULUMI_BACKEND_URL=f'file://{folder}', PULUMI_DEBUG_COMMANDS='true')
        namespace, version = PROVIDER.rsplit('/', 1)
        module = subprocess.run(
            ('go', 'list', '-m', '-f', '{{.Dir}}', 'github.com/pulumi/pulumi-terraform-bridge/v3'), check=True, capture_output=True, text=True,
            cwd=ROOT / 'engine' / BRIDGE)
        archives = folder / 'archives'
        archives.mkdir()
        self.told = {
            'archives': str(archives), 'published': str(pathlib.Path(module.stdout.strip()) / PUBLISHED), 'extract': str(ROOT / 'crates/pulumi/schema/aws-7.x.json'),
            'bridge': str(ENGINE / BRIDGE), 'plugins': str(plugins()), 'provider': f'registry.terraform.io/{namespace}', 'version': version,
        }
        self.tell()
        self.run('pulumi', 'stack', 'init', 'prod', *QUIET)
        configuration = {
            'accessKey': 'test', 'secretKey': 'test', 'skipCredentialsValidation': 'true', 'skipMetadataApiCheck': 'true', 's3UsePathStyle': 'true',
            **{f'endpoints[0].{service}': emulator.url for service in SERVICES},
        }
        pairs = [word for key, value in configuration.items() for word in ('--plaintext', f'aws:{key}={value}')]
        self.run('pulumi', 'config', 'set-all', '--path', *pairs, *QUIET, said='pulumi config set-all')

    def tell(self, aside=None, planted=None):
        """What the plugin sets aside, and what it puts in the place of what the program says, from the next command on."""
        self.settings.write_text(json.dumps({**self.told, 'aside': aside or {}, 'planted': planted or {}}))

    def events(self, *command, expect=0):
        """Runs a command of the engine's. Returns its errors by type, and its steps: the type, the name, what is done, and to what."""
        log = self.folder.parent / 'events'
        log.unlink(missing_ok=True)
        self.run('pulumi', *command, '--event-log', str(log), expect=expect)
        errors, steps = collections.defaultdict(set), {}
        for line in log.read_text().splitlines():
            event = json.loads(line)
            told, step = event.get('diagnosticEvent', {}), event.get('resOutputsEvent', event.get('resourcePreEvent', {})).get('metadata')
            if told.get('severity') == 'error' and told.get('urn'):
                kind = told['urn'].split('::')[2].split('$')[-1]
                # What the bridge logs has the bridge's own names, and is said again in the answer.
                if not kind.startswith('aws:index/'):
                    errors[kind].add(settled(told['message']).rstrip(':'))
            if step and step['type'].startswith('aws:'):
                name = step['urn'].rsplit('::', 1)[1]
                paths = {path.split('.')[0].split('[')[0] for path in step.get('detailedDiff') or step.get('diffs') or ()}
                before = steps.get((step['type'], name), (None, set()))[1]
                steps[step['type'], name] = step['op'], paths | before
        return errors, steps

    def in_state(self):
        """Types and names of all that the stack's state has of the provider."""
        state = json.loads(self.run('pulumi', 'stack', 'export', *QUIET))
        resources = state['deployment'].get('resources') or []
        return {(each['type'], each['urn'].rsplit('::', 1)[1]) for each in resources if each['type'].startswith('aws:')}
