"""The emulator's state as entries of the journal, and back: what is scoped by account and region, parts of entries, tables and items.

A group is `KIND SERVICE STORE`, with the kinds `regional` and `account` (an entry for each key of a store with that scope), `value` (a
store as it is), `part` (an entry for each user of a pool, for each stream of a log group; the store is followed by the key of what it
is a part of) and `items` (of a table). It writes no file and decides nothing.
"""

import ast
import hashlib
import json

OPERATIONS = 'operations under way'
# The kinds of groups with an entry for each thing.
SCOPED = ('regional', 'account')
# What of an entry is written one by one: there are many of them, and each request changes one.
PARTS = {('cognito', 'user_pools'): '_users', ('cloudwatch_logs', 'log_groups'): 'streams'}
# Counted anew from the items.
_COUNTS = ('ItemCount', 'TableSizeBytes')


def flat(service, state, cannot_write):
    """A service's state as groups of texts by key. What is scoped by account, or by account and region, is a group; what is not,
    one value."""
    from ministack.core import persistence, responses

    groups = {}
    for store, value in state.items():
        if isinstance(value, responses.AccountRegionScopedDict):
            kind, entries = 'regional', {scoped(key): one for key, one in list(value._data.items())}
        elif isinstance(value, responses.AccountScopedDict):
            kind, entries = 'account', {scoped(key): one for key, one in list(value._data.items())}
        else:
            kind, entries = 'value', {'': value}
        # So that a store without entries is one after the restart as well.
        texts = {} if kind == 'value' else {'': 'null'}
        part = PARTS.get((service, store))
        for key, one in entries.items():
            try:
                if part and isinstance(one.get(part), dict):
                    each = {name: json.dumps(value, default=persistence._json_default) for name, value in list(one[part].items())}
                    groups[f'part {service} {store} {key}'] = each
                    one = {name: value if name != part else {} for name, value in one.items()}
                texts[key] = json.dumps(one, default=persistence._json_default)
            except (TypeError, ValueError) as error:
                cannot_write(f'{store} of {service}', error)
        groups[f'{kind} {service} {store}'] = texts
    return groups


def tables_of():
    """DynamoDB's state without items, and each table's items as they are. The emulator's own function copies every item."""
    from ministack.services import dynamodb

    state = {name: getattr(dynamodb, f'_{name}') for name in (
        'tags', 'ttl_settings', 'pitr_settings', 'kinesis_destinations', 'contributor_insights', 'backups', 'resource_policies',
        'exports', 'imports',
    )}
    tables = dynamodb._tables.all_items()
    bare = type(dynamodb._tables)()
    left_out = ('items', dynamodb._INDEX_MEMBERS, *_COUNTS)
    bare._data.update({key: {name: value for name, value in table.items() if name not in left_out} for key, table in tables})
    return {'tables': bare, **state}, {key: table['items'] for key, table in tables}


def scoped(key):
    """A key with its account and region, as text."""
    *scope, name = key
    return '\0'.join([*scope, repr(name)])


def unscoped(text):
    *scope, name = text.split('\0')
    return (*scope, ast.literal_eval(name))


def items_group(table):
    return f'items dynamodb {scoped(table)}'


def item_key(partition, sort):
    return json.dumps([partition, sort])


def digest(text):
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def described(changes):
    """Changes for people: what they are of, and whose."""
    named = {}
    for group, *rest in changes:
        kind, service, store = group.split(' ', 2)
        if group == OPERATIONS or (kind != 'value' and rest[:1] == ['']):
            continue
        if kind == 'items':
            named.setdefault(f'items of table {unscoped(store)[-1]}', []).append(None)
            continue
        names = named.setdefault(f'{store.split(" ")[0]} of {service}', [])
        if kind != 'value' and rest:
            names.append(rest[0] if kind == 'part' else str(unscoped(rest[0])[-1]))
    return [f'changes to {what}{of(names)}' for what, names in sorted(named.items())]


def of(names):
    if None in names:
        return f': {len(names)}'
    first = list(dict.fromkeys(names))
    return (': ' if first else '') + ', '.join(first[:5]) + (f' and {len(first) - 5} more' if len(first) > 5 else '')
