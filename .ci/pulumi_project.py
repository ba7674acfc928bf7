"""A Pulumi project as a user has it: the real engine, the release build's language host, and the stand-in for the aws provider.

It needs target/engine and target/debug/examples (engine/build, cargo test) at the repository's root.
"""

import os
import pathlib
import subprocess
import sys

import checks

ENGINE, PROVIDER, OURS = (pathlib.Path(folder).resolve() for folder in ('target/engine', 'target/debug/examples', 'target/release'))
QUIET = ('--non-interactive', '--color', 'never')
NOW = ('--yes', '--skip-preview', *QUIET)


def leave_out_without_engine(what):
    """Ends the script where it cannot run: in CI that is a failure."""
    missing = [str(file) for file in (ENGINE / 'pulumi', PROVIDER / 'pulumi-resource-aws') if not file.is_file()]
    if missing:
        print(f'LEFT OUT: {what}, without {" and ".join(missing)}')
        sys.exit(1 if os.environ.get('CI') else 0)


class Project:
    """A platform of so many tenants in a new folder, a home of Pulumi's own, and nobody else's environment.

    `platform` goes into platform.toml, `pulumi_yaml` into Pulumi.yaml, `variables` into the environment. Where the state goes
    is for them or for `pulumi login` to say. `provider` is the folder of the provider's plugin.
    """

    def __init__(self, folder, platform='', pulumi_yaml='', tenants=2, provider=PROVIDER, **variables):
        self.folder, home = pathlib.Path(folder) / 'project', pathlib.Path(folder) / 'home'
        for below in (self.folder, home):
            below.mkdir()
        listed = ''.join(f'\n[[tenants]]\nid = "tenant-00{number}"\n' for number in range(1, tenants + 1))
        (self.folder / 'platform.toml').write_text(f'[platform]\nname = "acme"\n\n{platform}{listed}')
        plugins = f'plugins:\n  providers:\n  - name: aws\n    path: {provider}\n'
        (self.folder / 'Pulumi.yaml').write_text(f'name: acme\nruntime: tenantry\n{pulumi_yaml}{plugins}')
        theirs = {name: value for name, value in os.environ.items() if not name.startswith(('PULUMI_', 'AWS_'))}
        self.environment = theirs | {
            'PATH': os.pathsep.join([str(ENGINE), str(OURS), os.environ['PATH']]),
            'HOME': str(home), 'PULUMI_HOME': str(home / '.pulumi'),
            'PULUMI_CONFIG_PASSPHRASE': 'correct horse battery staple', 'PULUMI_SKIP_UPDATE_CHECK': '1',
            'PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION': '1',
        } | variables

    def start(self, *command, **variables):
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment | variables, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def run(self, *command, expect=0, said=None, **variables):
        """What the command says: its data, or all of it where it is to fail."""
        done = checks.run(*command, expect=expect, said=said, cwd=self.folder, env=self.environment | variables)
        return done.stdout if expect == 0 else done.stdout + done.stderr
