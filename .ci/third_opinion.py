#!/usr/bin/env python3
"""What the emulator's own IAM evaluator decides: reads one request with its policies a line, as JSON (the `Case` of
crates/policy/tests/support/random.rs), and prints `allow` or `deny` a line. Runs with a Python that has ministack; the test
crates/policy/tests/third_opinion starts it.
"""

import json
import sys

from ministack.core import iam_evaluator as emulator

TYPES = {'session': 'AssumedRole', 'user': 'User', 'service': 'Service', 'anonymous': 'Anonymous'}


def context(case):
    """The request as the emulator's own services describe it to its evaluator."""
    caller = case['caller']
    held = {key.lower(): value for key, value in case['context'].items()}
    tagged = {f'aws:principaltag/{key.lower()}': value for key, value in case['principal_tags'].items()}
    tagged |= {key: value for key, value in held.items() if key.startswith('aws:principaltag/')}
    held |= {
        f'aws:resourcetag/{key.lower()}': value
        for key, value in case['resource_tags'].items() if f'aws:resourcetag/{key.lower()}' not in held
    }
    return emulator.EvalContext(
        principal_arn=caller.get('arn', '*'), principal_type=TYPES[caller['kind']], principal_account=case['account'],
        action=case['action'], resource_arn=case['resource'], region='us-east-1',
        source_ip=held.get('aws:sourceip'), principal_keys=tagged, service_context={'aws:tagkeys': None} | held,
    )


def decision(case):
    request, policy = context(case), case['resource_policy'] or {}
    if case['caller']['kind'] in ('service', 'anonymous'):
        return emulator.evaluate_resource_policy(policy, request, service=case['caller'].get('name')).decision
    own = [emulator.parse_policy_document(case['identity'])]
    limits = [[emulator.parse_policy_document(each)] for each in (case['boundary'], case['session']) if each]
    return emulator.combine_resource_policy(
        emulator.evaluate(request, own, *limits), request, policy, case['resource_account'],
        required=case['gatekeeper'], limits=limits,
    ).decision


def main():
    for line in sys.stdin:
        print('allow' if decision(json.loads(line)) == 'Allow' else 'deny')


if __name__ == '__main__':
    main()
