import json
import subprocess


def test_no_tenant_reaches_another():
    template = open('template.yaml', 'rb').read()  # or: json.dumps(app.synth()...).encode()
    done = subprocess.run(['tenantry', 'verify', '--format', 'json', '-'], input=template, capture_output=True)
    verdict = json.loads(done.stdout)
    assert 'error' not in verdict, verdict['error']['message']
    ways = [way for claim in verdict['claims'] for way in claim['counterexamples']]
    assert verdict['outcome'] == 'proven', [(way['principal'], way['action'], way['resource']) for way in ways]
