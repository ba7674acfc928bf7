"""Runs the step `verify` of action.yml as GitHub's runner would: inputs as variables, files for outputs and summary.

Usage: action.py ACTION TEMPLATE, with tenantry on the PATH; the template must be breached."""

import os
import pathlib
import subprocess
import sys
import tempfile

import ruamel.yaml

action = ruamel.yaml.YAML(typ='safe').load(pathlib.Path(sys.argv[1]))
[step] = [step for step in action['runs']['steps'] if step.get('id') == 'verify']
with tempfile.TemporaryDirectory() as folder:
    output, summary = pathlib.Path(folder, 'output'), pathlib.Path(folder, 'summary')
    given = {'TEMPLATES': sys.argv[2], 'ARGUMENTS': '--strict', 'SARIF': str(pathlib.Path(folder, 'found.sarif'))}
    environment = {**os.environ, **given, 'GITHUB_OUTPUT': str(output), 'GITHUB_STEP_SUMMARY': str(summary)}
    assert set(step['env']) == set(given), step['env']
    done = subprocess.run(['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', step['run']], env=environment, capture_output=True, text=True)
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert '::error title=breached' in done.stdout, done.stdout
    assert output.read_text() == f'sarif={given["SARIF"]}\n', output.read_text()
    assert '"version": "2.1.0"' in pathlib.Path(given['SARIF']).read_text()
    assert summary.read_text().startswith('## ❌ Isolation of tenants: breached'), summary.read_text()
print('the action ends with 1 and leaves annotations, SARIF and a summary')
