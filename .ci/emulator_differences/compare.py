"""Holds every property of a template against what is read back and what is told."""

import re

from checks import check
from readers import READERS
from template import parts

# Nothing to read back: an instruction to CloudFormation, and a waiting time that shows when the key goes.
NOWHERE = {
    ('AWS::ApiGateway::RestApi', 'FailOnWarnings'), ('AWS::KMS::Key', 'PendingWindowInDays'),
    # Carried out by a function of the platform's own.
    ('Custom::EmptyBucket', 'ServiceToken'), ('Custom::EmptyBucket', 'BucketName'),
}


def account_for(template, cloud, told):
    """Compares every property. `told` is what tenantry tells: (resource, property or None) to reason. Gives complaints and
    how many properties are as the template says."""
    told, complaints, same = dict(told), [], 0
    for name, kind, properties in template.resources():
        if (name, None) in told:
            if name in template.physical:
                complaints.append(f'{name} is told to be missing, and is there')
            continue
        # An entry is a part of its ACL and has no id.
        if name not in template.physical and kind != 'AWS::EC2::NetworkAclEntry':
            complaints.append(f'{name} ({kind}) is neither there nor told')
            continue
        wanted = parts(kind, template.resolve(properties))
        read = READERS.get(kind)
        found = read(cloud, template.physical.get(name), wanted) if read else {}
        for property in wanted:
            reason = told.pop((name, property), None)
            if (kind, property) in NOWHERE:
                if reason:
                    complaints.append(f'{name}: {property} is told, and nothing could be read back')
                continue
            holds = property in found and normal(wanted[property]) == normal(found[property])
            same += holds
            if reason in (None, 'not enforced') and not holds:
                it = f'{found.get(property)!r:.300}, not {wanted[property]!r:.300}'
                complaints.append(f'{name} ({kind}): {property} is {it}, and that is not told')
            if reason not in (None, 'not enforced') and holds:
                complaints.append(f'{name}: {property} is told as {reason}, and is as the template says')
    complaints += [f'{one} is told, and not in the template' for one in told if one[1] is not None]
    return complaints, same


def normal(value):
    """Tags in any order and without those of CloudFormation and of tenantry; a list of one text as that text."""
    if isinstance(value, dict):
        return {name: normal(inner) for name, inner in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(item, dict) and set(item) == {'Key', 'Value'} for item in value):
            own = [tag for tag in value if not tag['Key'].startswith(('aws:', 'tenantry:'))]
            return sorted(own, key=lambda tag: tag['Key'])
        return [normal(item) for item in value]
    return value


def what_is_new(template, cloud, told):
    """A property and a type that nobody has looked at are complained of, one by one."""
    resources = template.body['Resources']
    table = next(name for name, kind, _ in template.resources() if kind == 'AWS::DynamoDB::Table')
    resources[table]['Properties']['TableClass'] = 'STANDARD_INFREQUENT_ACCESS'
    resources['Queue'] = {'Type': 'AWS::SQS::Queue', 'Properties': {'QueueName': 'queue'}}
    template.physical['Queue'] = 'queue'
    resources['Budget'] = {'Type': 'AWS::Budgets::Budget', 'Properties': {}}
    complaints, _ = account_for(template, cloud, told)
    read = [re.match(r'(\w+) \(.*?\)(?:: (\w+))?', complaint) for complaint in complaints]
    seen = [match and match.groups() for match in read]
    check(f'what is new is complained of: {seen}', seen == [
        (table, 'TableClass'), ('Queue', 'QueueName'), ('Budget', None)])
    del resources[table]['Properties']['TableClass'], resources['Queue'], resources['Budget'], template.physical['Queue']
    # What is told and not there is complained of when it is not told.
    less = {one: reason for one, reason in told.items() if reason not in ('not kept', 'not shown')}
    complaints, _ = account_for(template, cloud, less)
    hidden = len(told) - len(less)
    check(f'{len(complaints)} complaints of {hidden} that were hidden', hidden and len(complaints) == hidden)
