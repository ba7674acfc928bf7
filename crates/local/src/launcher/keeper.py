"""Keeps the emulator's state in a journal, so that what was answered is there after the emulator was killed.

The state itself is written, not the requests: replaying a request would make other ids and other times. Before an answer goes out,
the services that its request may have changed are compared, entry by entry, with what the journal has, and what differs is one
record of it. Tables' items are not compared but noted as they are stored. While a stack is created, changed or deleted, nothing of
what that does is written: when it is over all of it is, in one record, before anybody is told. So an operation that was cut off
never was; its begin is written down, and the next start names it.

It decides nothing about requests and never changes a file of the emulator's. Objects of buckets are not its business: the emulator
writes each at once.
"""

import asyncio
import copy
import json
import logging
import os
import threading
import time
from collections import defaultdict
from urllib.parse import parse_qs

import journal
from entries import OPERATIONS, PARTS, SCOPED, described, digest, flat, item_key, items_group, scoped, tables_of, unscoped
from operations import Operations

LOG = logging.getLogger('tenantry')
# What every service has changed, perhaps.
EVERYTHING = frozenset({'*'})
# Operations that change nothing, by the beginning of their names, of services whose operations these are known to be. What is not
# known counts as changing.
_READS = ('BatchGet', 'Describe', 'Filter', 'Get', 'Head', 'List', 'Query', 'Scan', 'Simulate', 'TransactGet')
_READS_OF_KMS = ('Decrypt', 'Encrypt', 'Generate', 'ReEncrypt', 'Sign', 'Verify')
_NO_READS = frozenset({'GetTokensFromRefreshToken', 'GetUserAttributeVerificationCode'})
_KNOWN = frozenset({
    'cloudformation', 'cognito-idp', 'dynamodb', 'ec2', 'iam', 'kms', 'logs', 'monitoring', 'sns', 'sqs', 'sts', 'tagging',
})
_BY_METHOD = frozenset({'apigateway', 'lambda', 's3'})
# Operations that change nothing but items, which are noted as they are stored; a table may hand changes on to a stream of Kinesis.
_ITEMS = frozenset({
    'BatchExecuteStatement', 'BatchWriteItem', 'DeleteItem', 'ExecuteStatement', 'ExecuteTransaction', 'PutItem',
    'TransactWriteItems', 'UpdateItem',
})
# Services whose operations change their own state alone.
_ALONE = frozenset({
    'apigateway', 'cloudformation', 'cognito-idp', 'ec2', 'iam', 'kms', 'monitoring', 'secretsmanager', 'ssm', 'sts',
})
# Services whose operations may hand something on to those below. Of all others, everything may be changed.
_HANDING_ON = frozenset({'dynamodb', 'events', 'kinesis', 'lambda', 'logs', 's3', 'sns', 'sqs'})
HANDED_ON = frozenset({'eventbridge', 'firehose', 'kinesis', 'pipes', 'scheduler', 'sns', 'sqs', 'stepfunctions'})
# Services that give their state as copies of what they have and of nothing else, and of whom much may be asked. The copies are as good
# as what they are copied from, since they are made into text at once.
_COPYING = frozenset({'cloudformation', 'cloudwatch_logs', 'cognito', 'iam', 'sns', 'sqs'})
# Functions' log lines, and whatever else changes without a request, are written so often, in seconds; seldom enough that it takes
# no more than a fiftieth of the time.
SWEEP_EVERY = 2
_SWEEP_SHARE = 50


class Copying(threading.local):
    """Whether copies are left out, in one thread."""

    left_out = False


copying = Copying()
_copy = copy.deepcopy


def copied(value, memo=None):
    return value if copying.left_out else _copy(value, memo)


class Keeper:
    """The state of one emulator, in memory and in its journal."""

    def __init__(self, emulator, folder, report):
        """`folder` has the journal; `report` is the file that says what a start did not bring back, for who starts it to tell."""
        self.emulator = emulator
        self.folder = folder
        self.path = os.path.join(folder, 'journal')
        self.report = report
        self.journal = None
        self.groups = {}
        # By group and key, a digest of the value that the journal has.
        self.kept = {}
        # State keys whose services are to be compared.
        self.pending = frozenset()
        # The stacks that are being worked on, with their status.
        self.under_way = {}
        self.operations = Operations()
        # By table, the dict of its items if the journal has what is in it; and what was stored since.
        self.items = {}
        self.stored = {}
        self.lock = threading.Lock()
        self.changed = False
        self.unwritable = set()

    # The start

    def restore(self):
        """Reads the journal, and makes the emulator take from it what it would take from files of its own. Without a journal those
        are read: an older version's, or none."""
        found = journal.read(self.path)
        lost = []
        if found.unreadable:
            aside = os.path.basename(journal.set_aside(self.path))
            lost = [f'what came after a damaged record of the journal, {found.unreadable} bytes of which cannot be read '
                    f'(state/{aside} has it)', *described(found.lost)]
        operations = found.groups.pop(OPERATIONS, {})
        self.tell([*lost, *operations.values()])
        self.journal = journal.Journal(self.path, found)
        if operations:
            self.journal.append([journal.change(OPERATIONS)])
        self.groups = found.groups
        for group, values in found.groups.items():
            if not group.startswith('items '):
                self.kept[group] = {key: digest(json.dumps(value)) for key, value in values.items()}
        self.watch_items()
        self.operations.watch()
        copy.deepcopy = copied
        self.emulator._load_persisted_state = self.load
        self.emulator.save_all = lambda services: self.keep_all()

    def tell(self, lost):
        """Adds to what is to be told: it stays until somebody has told it."""
        if not lost:
            return
        try:
            with open(self.report, encoding='utf-8') as file:
                lost = [*json.load(file), *lost]
        except (OSError, ValueError):
            pass
        partial = f'{self.report}.partial'
        file = journal.private(partial, os.O_TRUNC)
        try:
            journal.write_all(file, json.dumps(list(dict.fromkeys(lost)), indent=2).encode())
        finally:
            os.close(file)
        os.replace(partial, self.report)

    def cannot_write(self, what, error):
        """Something that the emulator itself could not save either: it is told once, and keeps nothing else from being written."""
        if what not in self.unwritable:
            self.unwritable.add(what)
            LOG.error('%s cannot be written: %r', what, error)
            self.tell([f'{what}, from the next start on: it cannot be written ({error})'])

    def load(self):
        """Gives each service its state. One that does not take it begins empty, as the emulator has it; that is told, and the
        journal kept beside the one that goes on."""
        failed = []
        for key, module in self.emulator._state_map.items():
            state = self.state(key) if self.groups else self.emulator.load_state(key)
            if not state:
                continue
            try:
                self.emulator._get_module(module).load_persisted_state(state)
            except Exception:
                LOG.exception('the state of %s cannot be restored', key)
                failed.append(key)
        if failed:
            journal.set_aside(self.path)
            self.tell([f'the state of {key}, which the emulator does not take (emulator.log says why)' for key in failed])

    def state(self, service):
        """The state of a service as the journal has it."""
        from ministack.core import persistence, responses

        state, parts = {}, {}
        for group, values in self.groups.items():
            kind, of, store = group.split(' ', 2)
            if of != service or kind == 'items':
                continue
            # One by one: a user may be called what is a mark to the emulator's reader.
            values = {key: json.loads(json.dumps(value), object_hook=persistence._json_object_hook) for key, value in values.items()}
            if kind == 'part':
                parts[store] = values
                continue
            whole = values.pop('', None)
            if kind == 'value':
                state[store] = whole
                continue
            state[store] = responses.AccountRegionScopedDict() if kind == 'regional' else responses.AccountScopedDict()
            state[store]._data.update({unscoped(key): value for key, value in values.items()})
        for store, values in parts.items():
            store, key = store.split(' ', 1)
            if unscoped(key) in state[store]._data:
                state[store]._data[unscoped(key)][PARTS[service, store]] = values
        if service == 'dynamodb':
            for key, table in state['tables']._data.items() if 'tables' in state else ():
                self.give_items(table, self.groups.get(items_group(key), {}))
        return state

    def give_items(self, table, values):
        items = defaultdict(dict)
        for key, item in values.items():
            partition, sort = json.loads(key)
            items[partition][sort] = item
        table.update({'items': items, 'ItemCount': len(values), 'TableSizeBytes': len(values) * 200})

    def watch_items(self):
        """The two functions of the emulator's that store and remove an item note which one."""
        from ministack.services import dynamodb

        def noting(store):
            def noted(table, partition, sort, *item):
                result = store(table, partition, sort, *item)
                _, _, _, region, account, name = table['TableArn'].split(':', 5)
                with self.lock:
                    self.stored[(account, region, name.removeprefix('table/')), partition, sort] = None
                return result

            return noted

        dynamodb._set_item = noting(dynamodb._set_item)
        dynamodb._remove_item = noting(dynamodb._remove_item)

    def started(self):
        """When the emulator has its state: from now on the journal has what is in memory, and older files of state go."""
        from ministack.services import dynamodb, lambda_svc

        if self.groups:
            self.items = {key: table['items'] for key, table in dynamodb._tables.all_items()}
        # Code that no function has is taken away now; later the journal may still name what the memory does not.
        prune, unused = lambda_svc._prune_orphan_code_blobs, []
        lambda_svc._prune_orphan_code_blobs = lambda referenced: unused.append(set(referenced))
        self.keep(EVERYTHING)
        if unused:
            prune(unused[-1])
        lambda_svc._prune_orphan_code_blobs = lambda referenced: None
        self.groups = {}
        for key in self.emulator._state_map:
            path = os.path.join(self.folder, f'{key}.json')
            if os.path.exists(path):
                os.remove(path)

    # A request

    def touched(self, service, method, target, body, query):
        """The state keys of the services whose state a signed request may change, or `EVERYTHING`."""
        if reads(service, method, target, body, query):
            return frozenset()
        if service == 'dynamodb' and target.rsplit('.', 1)[-1] in _ITEMS:
            return frozenset({'kinesis'})
        config = self.emulator.SERVICE_REGISTRY.get(service, {})
        if not config or service not in _ALONE | _HANDING_ON:
            return EVERYTHING
        own = frozenset({config.get('state_key', config['module']), *config.get('sub_modules', ())})
        return own if service in _ALONE else own | HANDED_ON

    def keep(self, services=frozenset()):
        """Writes what differs: of these services, of items that were stored, of stacks that are done. Raises OSError when it
        cannot be written; it is tried again with the next call."""
        self.changed = True
        going = self.stacks_under_way()
        ended = self.under_way.keys() - going.keys()
        if ended or 'cloudformation' in services:
            services = EVERYTHING
        self.pending |= services
        begun = going.keys() - self.under_way.keys()
        if not (self.pending or self.stored or begun):
            return
        with self.lock:
            stored, self.stored = self.stored, {}
        try:
            changes = [journal.change(OPERATIONS, name, json.dumps(operation(name, going[name]))) for name in sorted(begun)]
            changes += [journal.change(OPERATIONS, name) for name in sorted(ended)]
            found = Differences(self, going)
            found.stored(stored)
            for key in self.to_compare(going, found):
                found.service(key)
            changes += found.changes
            if changes:
                self.journal.append(changes)
        except BaseException:
            with self.lock:
                self.stored = {**stored, **self.stored}
            raise
        found.accept()
        self.pending = frozenset()
        self.under_way = going
        self.operations.forget_all_but(going.keys())
        self.journal.compact()

    def to_compare(self, going, found):
        pending = self.pending
        if found.new_table and not going:
            pending |= {'dynamodb'}
        return [key for key in self.emulator._build_persistence_save_dict() if key in pending or '*' in pending]

    def keep_all(self):
        """Whatever changed without a request. What a stack is at is left out until it is done."""
        try:
            self.keep(frozenset() if self.stacks_under_way() else EVERYTHING)
        except (OSError, RuntimeError) as error:
            LOG.error('the state cannot be written: %s', error)
        self.changed = False

    async def sweep(self):
        pause = SWEEP_EVERY
        while True:
            await asyncio.sleep(pause)
            if self.changed:
                began = time.monotonic()
                self.keep_all()
                pause = max(SWEEP_EVERY, _SWEEP_SHARE * (time.monotonic() - began))

    def stacks_under_way(self):
        module = self.emulator._loaded_modules.get('cloudformation')
        stacks = module._stacks.all_values() if module is not None else ()
        status = {stack.get('StackName', ''): stack.get('StackStatus', '') for stack in stacks}
        return {name: one for name, one in status.items() if one.endswith('_IN_PROGRESS') and not one.startswith('REVIEW')}


class Differences:
    """What of the emulator's state is not as the journal has it."""

    def __init__(self, keeper, going):
        self.keeper = keeper
        self.going = going
        self.touched = keeper.operations.touched(going)
        self.changes = []
        self.new_table = False
        self.digests = []
        self.items = []

    def accept(self):
        """The journal has them now."""
        for group, key, value in self.digests:
            if key is None:
                self.keeper.kept.pop(group, None)
            elif value is None:
                self.keeper.kept[group].pop(key, None)
            else:
                self.keeper.kept.setdefault(group, {})[key] = value
        for table, items in self.items:
            if items is None:
                self.keeper.items.pop(table, None)
            else:
                self.keeper.items[table] = items

    def stored(self, stored):
        """Single items of tables that the journal has."""
        from ministack.services import dynamodb

        for table, partition, sort in stored:
            items = dynamodb._tables.get_scoped(*table, {}).get('items')
            if items is None or self.keeper.items.get(table) is not items:
                self.new_table |= items is not None
                continue
            item = items.get(partition, {}).get(sort)
            value = () if item is None else (json.dumps(item),)
            self.changes.append(journal.change(items_group(table), item_key(partition, sort), *value))

    def service(self, key):
        groups, tables = self.read(key)
        if groups is not None:
            self.compare(key, groups)
        if tables is not None:
            self.tables(tables)

    def read(self, key):
        for attempt in range(10):
            try:
                state, tables = tables_of() if key == 'dynamodb' else (self.state_of(key), None)
                return (None if state is None else flat(key, state, self.keeper.cannot_write)), tables
            except OSError:
                raise
            except Exception as error:
                # Another thread of the emulator's stores something while it is read.
                if not isinstance(error, RuntimeError):
                    self.keeper.cannot_write(f'the state of {key}', error)
                    return None, None
                if attempt == 9:
                    raise

    def state_of(self, key):
        copying.left_out = key in _COPYING
        try:
            return self.keeper.emulator._build_persistence_save_dict()[key]()
        finally:
            copying.left_out = False

    def compare(self, service, groups):
        kept = self.keeper.kept
        for group in [group for group in kept if group.split(' ', 2)[1] == service and group not in groups]:
            if self.is_taken_away(group):
                continue
            self.changes.append(journal.change(group))
            self.digests.append((group, None, None))
        for group, texts in groups.items():
            before = kept.get(group, {})
            for key, text in texts.items():
                if before.get(key) != (now := digest(text)) and not self.is_made(group, key):
                    self.changes.append(journal.change(group, key, text))
                    self.digests.append((group, key, now))
            for key in before.keys() - texts.keys():
                if not self.is_taken_away(group, key):
                    self.changes.append(journal.change(group, key))
                    self.digests.append((group, key, None))

    def is_made(self, group, key):
        """Whether an entry, or what it is a part of, came with the work on a stack."""
        _, service, store = group.split(' ', 2)
        store, _, whole = store.partition(' ')
        key = whole or key
        return self.is_a_stack_under_way(service, key) or (
            key in self.touched and not any(key in self.keeper.kept.get(f'{kind} {service} {store}', ()) for kind in SCOPED)
        )

    def is_taken_away(self, group, key=None):
        """Whether an entry, or with a group of parts what they are the parts of, went with the work on a stack."""
        kind, service, store = group.split(' ', 2)
        if key is None:
            key = store.partition(' ')[2]
        elif kind not in SCOPED:
            return False
        return key in self.touched or self.is_a_stack_under_way(service, key)

    def is_a_stack_under_way(self, service, key):
        """Whether it is the record of a stack that is worked on: the journal has it as it was before, or not at all."""
        return service == 'cloudformation' and any(
            key.endswith(f'\0{name!r}') or f':stack/{name}/' in key for name in self.going
        )

    def tables(self, tables):
        """The items of tables that are new, or whose items were replaced as a whole; and tables that are gone."""
        for table, items in tables.items():
            if self.keeper.items.get(table) is not items and (table in self.keeper.items or scoped(table) not in self.touched):
                group = items_group(table)
                self.changes.append(journal.change(group))
                self.changes += [journal.change(group, item_key(partition, sort), json.dumps(item))
                                 for partition, of in list(items.items()) for sort, item in list(of.items())]
                self.items.append((table, items))
        for table in self.keeper.items.keys() - tables.keys():
            if scoped(table) in self.touched:
                continue
            self.changes.append(journal.change(items_group(table)))
            self.items.append((table, None))


def reads(service, method, target, body, query):
    """Whether a request changes nothing."""
    if service in _BY_METHOD:
        return method in ('GET', 'HEAD')
    action = target.rsplit('.', 1)[-1] or ''.join(query.get('Action', []))
    if not action:
        action = ''.join(parse_qs(body.decode('latin-1')).get('Action', []))
    if service == 'kms' and action.startswith(_READS_OF_KMS):
        return True
    return service in _KNOWN and action.startswith(_READS) and action not in _NO_READS


def operation(name, status):
    """What is said of an operation that never came to its end."""
    what = {'CREATE': 'creation', 'UPDATE': 'change', 'DELETE': 'deletion'}.get(status.split('_', 1)[0], 'operation')
    return f'the {what} of stack {name}, which was under way'
