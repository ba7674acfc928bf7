"""The journal: what was written is read, whatever happened to its end, its middle or the disk; and which requests are written.

Usage: python records.py FOLDER_OF_JOURNAL
"""

import json
import os
import random
import resource
import signal
import stat
import sys
import tempfile
import time
import unittest
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv.pop(1))

import entries  # noqa: E402
import journal  # noqa: E402
import keeper  # noqa: E402

SEED = int(os.environ.get('SEED', time.time()))


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, 'journal')
        self.addCleanup(self.folder.cleanup)

    def open(self):
        return journal.Journal(self.path, journal.read(self.path))

    def written(self, *values):
        """A journal with a record for each value, and where each begins."""
        file, begins = self.open(), []
        for value in values:
            begins.append(file.size)
            file.append([journal.change('group', str(value), json.dumps(value))])
        return file, begins

    def bytes(self):
        with open(self.path, 'rb') as file:
            return file.read()

    def put(self, data):
        with open(self.path, 'wb') as file:
            file.write(data)


def groups(*values):
    return {'group': {str(value): value for value in values}} if values else {}


class Written(Case):
    def test_what_was_written_is_read(self):
        file = self.open()
        file.append([journal.change('a', 'one', '{"x": [1, "\\u00e9\\n"]}'), journal.change('a', 'two', '2'), journal.change('b', '', 'null')])
        file.append([journal.change('a', 'two'), journal.change('b'), journal.change('a', 'one', '3')])
        found = journal.read(self.path)
        self.assertEqual(found.groups, {'a': {'one': 3}})
        self.assertEqual((found.size, found.torn, found.unreadable), (len(self.bytes()), False, 0))

    def test_replaying_it_twice_changes_nothing(self):
        self.written(1, 2, 3)
        self.put(self.bytes() * 2)
        self.assertEqual(journal.read(self.path).groups, groups(1, 2, 3))

    def test_without_a_journal_there_is_nothing(self):
        self.assertEqual(journal.read(self.path).groups, {})

    def test_its_owner_alone_reads_it(self):
        before = os.umask(0)
        try:
            file, _ = self.written(1)
            journal.fold({'a': {'b': 1}}, f'{self.path}.compact')
            copy = journal.set_aside(self.path)
        finally:
            os.umask(before)
        for path in (self.path, f'{self.path}.compact', copy):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)


class Torn(Case):
    def test_a_last_record_cut_off_anywhere_was_never_there(self):
        _, begins = self.written(1, 2, 'the last')
        whole = self.bytes()
        for end in range(begins[-1] + 1, len(whole)):
            self.put(whole[:end])
            found = journal.read(self.path)
            self.assertEqual((found.groups, found.size, found.torn, found.unreadable), (groups(1, 2), begins[-1], True, 0))

    def test_what_is_written_after_a_torn_record_is_read(self):
        self.written(1, 2)
        self.put(self.bytes()[:-3])
        self.written(3)
        found = journal.read(self.path)
        self.assertEqual((found.groups, found.unreadable), (groups(1, 3), 0))


class Damaged(Case):
    def test_a_record_with_another_byte_in_it_ends_what_is_read_and_what_follows_is_named(self):
        _, begins = self.written(1, 2, 3)
        whole = self.bytes()
        for at in range(begins[1], begins[2]):
            for byte in (0, ord('\n'), whole[at] ^ 1):
                if byte != whole[at]:
                    self.put(whole[:at] + bytes([byte]) + whole[at + 1:])
                    found = journal.read(self.path)
                    self.assertEqual((found.groups, found.size), (groups(1), begins[1]))
                    self.assertGreater(found.unreadable, 0)
                    # With its line end gone, the record behind it cannot be told from it.
                    if at != begins[2] - 1:
                        self.assertEqual(found.lost, [['group', '3', 3]])

    def test_a_copy_is_kept_beside_the_one_that_goes_on(self):
        _, begins = self.written(1, 2, 3)
        damaged = bytearray(self.bytes())
        damaged[begins[1] + 20] ^= 1
        self.put(bytes(damaged))
        copies = [journal.set_aside(self.path), journal.set_aside(self.path)]
        self.written(4)
        self.assertEqual(journal.read(self.path).groups, groups(1, 4))
        for copy in copies:
            with open(copy, 'rb') as file:
                self.assertEqual(file.read(), bytes(damaged))

    def test_what_was_lost_is_told_by_name(self):
        table = entries.items_group(('000000000000', 'us-east-1', 'tenant-001-users'))
        stacks = 'regional cloudformation stacks'
        lost = [
            [table, '["a", "b"]', {}], [table, '["c", "d"]'], ['value sqs queue_name_to_url', '', {}], ['operations under way', 'x', ''],
            *([stacks, entries.scoped(('000000000000', 'us-east-1', f'stack-{number}')), {}] for number in (1, 1, 2, 3, 4, 5, 6, 7)),
            [stacks, '', None],
        ]
        self.assertEqual(entries.described(lost), [
            'changes to items of table tenant-001-users: 2',
            'changes to queue_name_to_url of sqs',
            'changes to stacks of cloudformation: stack-1, stack-2, stack-3, stack-4, stack-5 and 2 more',
        ])


class FullDisk(Case):
    def test_a_record_that_does_not_fit_is_refused_and_leaves_nothing(self):
        file, _ = self.written(1, 2)
        size = file.size
        before = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            # The system itself writes the beginning and then refuses, as on a full disk.
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 30, before[0][1]))
            with self.assertRaises(OSError):
                file.append([journal.change('group', 'x', json.dumps('x' * 100))])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before[0])
            signal.signal(signal.SIGXFSZ, before[1])
        self.assertEqual(len(self.bytes()), size)
        file.append([journal.change('group', '3', '3')])
        self.assertEqual(journal.read(self.path).groups, groups(1, 2, 3))

    def test_what_could_not_be_cut_off_is_cut_off_before_the_next_record(self):
        file, _ = self.written(1)

        def half(descriptor, data):
            real(descriptor, bytes(data)[:5])
            raise OSError('no space')

        real = os.write
        with mock.patch('os.write', half), mock.patch('os.ftruncate', side_effect=OSError('not now')), self.assertRaises(OSError):
            file.append([journal.change('group', '2', '2')])
        self.assertEqual(journal.read(self.path).groups, groups(1))
        file.append([journal.change('group', '3', '3')])
        found = journal.read(self.path)
        self.assertEqual((found.groups, found.torn, found.unreadable), (groups(1, 3), False, 0))


class Compacted(Case):
    def grown(self):
        """A journal that is to be folded: many records, few values."""
        file = self.open()
        for value in range(300):
            file.append([journal.change('group', str(value % 7), json.dumps(value)), journal.change('gone', 'x', '1')])
        file.append([journal.change('gone')])
        file.compact_at = 0
        return file

    def finish(self, file):
        deadline = time.monotonic() + 30
        while file.compacting and time.monotonic() < deadline:
            file.compact()
            time.sleep(0.01)
        self.assertIsNone(file.compacting)

    def test_it_holds_the_same_in_less_and_what_came_meanwhile(self):
        file = self.grown()
        before, held = file.size, journal.read(self.path).groups['group']
        file.compact()
        file.append([journal.change('group', 'meanwhile', '1'), journal.change('group', '0')])
        self.finish(file)
        file.append([journal.change('group', 'after', '2')])
        found = journal.read(self.path)
        del held['0']
        self.assertEqual(found.groups, {'group': {**held, 'meanwhile': 1, 'after': 2}})
        self.assertLess(file.size, before / 10)
        self.assertEqual(found.size, file.size)

    def test_a_fold_that_is_killed_leaves_the_old_one(self):
        generator = random.Random(SEED)
        for _ in range(8):
            file = self.grown()
            held = journal.read(self.path).groups
            file.compact()
            time.sleep(generator.random() * 0.1)
            file.compacting[0].kill()
            self.finish(file)
            file.append([journal.change('group', 'after', '1')])
            held['group']['after'] = 1
            self.assertEqual(journal.read(self.path).groups, held, f'seed {SEED}')

    def test_a_process_that_ends_before_it_takes_over_leaves_the_old_one(self):
        file = self.grown()
        file.compact()
        file.compacting[0].wait()
        self.assertTrue(os.path.exists(f'{self.path}.compact'))
        file.append([journal.change('group', 'after', '1')])
        again = self.open()
        self.assertEqual(journal.read(self.path).groups['group']['after'], 1)
        again.compact_at = 0
        again.compact()
        self.finish(again)
        self.assertEqual(journal.read(self.path).groups['group']['after'], 1)

    def test_a_disk_that_is_full_when_it_takes_over_leaves_the_old_one(self):
        file = self.grown()
        file.compact()
        file.append([journal.change('group', 'after', '1')])
        file.compacting[0].wait()
        with mock.patch('os.replace', side_effect=OSError('no space')):
            file.compact()
        file.append([journal.change('group', 'later', '2')])
        found = journal.read(self.path).groups['group']
        self.assertEqual((found['after'], found['later']), (1, 2))


class Requests(unittest.TestCase):
    def test_what_is_not_known_to_change_nothing_counts_as_changing(self):
        changing = (
            ('dynamodb', 'POST', 'DynamoDB_20120810.PutItem', b''), ('dynamodb', 'POST', 'DynamoDB_20120810.New', b''),
            ('cognito-idp', 'POST', 'AWSCognitoIdentityProviderService.InitiateAuth', b''),
            ('cognito-idp', 'POST', 'AWSCognitoIdentityProviderService.GetTokensFromRefreshToken', b''),
            ('sqs', 'POST', 'AmazonSQS.ReceiveMessage', b''), ('iam', 'POST', '', b'Version=1&Action=CreateUser'),
            ('iam', 'POST', '', b''), ('s3', 'PUT', '', b''), ('s3', 'DELETE', '', b''), ('lambda', 'POST', '', b''),
            ('a-service-of-tomorrow', 'GET', 'X.GetThing', b''),
        )
        for service, method, target, body in changing:
            self.assertFalse(keeper.reads(service, method, target, body, {}), (service, target, body))

    def test_what_is_known_to_change_nothing_is_not_written(self):
        reading = (
            ('dynamodb', 'POST', 'DynamoDB_20120810.GetItem', b'', {}), ('dynamodb', 'POST', 'DynamoDB_20120810.Query', b'', {}),
            ('cloudformation', 'POST', '', b'Action=DescribeStacks&Version=1', {}), ('iam', 'GET', '', b'', {'Action': ['ListUsers']}),
            ('s3', 'GET', '', b'', {}), ('s3', 'HEAD', '', b'', {}), ('kms', 'POST', 'TrentService.Decrypt', b'', {}),
        )
        for request in reading:
            self.assertTrue(keeper.reads(*request), request)


if __name__ == '__main__':
    unittest.main()
