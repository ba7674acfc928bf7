"""What the emulator has acknowledged, as a file that only grows: written before an answer goes out, read at the next start.

It knows nothing of the emulator: values of JSON under a group and a key. A record is a line,
    CRC-32 in hexadecimal, length in bytes, {"at": ms since 1970, "changes": [[group, key, value] | [group, key] | [group], ...]}
which sets a value, takes a key away, or a whole group. A record is taken whole or not at all, and replaying one twice changes
nothing. What is written is the system's when `write` returns, so it outlives this process; nothing is forced to the disk, so the
machine's own end (power, a panic of the kernel) may take the last seconds.

Usage: python journal.py FILE BYTES, which folds so many bytes of the file into FILE.compact: a record for each group.
"""

import json
import os
import subprocess
import sys
import time
import zlib

# Below this nothing is worth folding.
SMALLEST = 16 << 20


class Found:
    """What a journal holds: `groups` by name, each a dict of values by key, as far as its records are whole.

    `size` is where the whole records end, `torn` whether a record follows that was not finished, and so was never
    acknowledged, and `lost` what stands after a damaged record: the changes that can be read, and how many bytes cannot."""

    def __init__(self):
        self.groups = {}
        self.size = 0
        self.torn = False
        self.lost = []
        self.unreadable = 0

    def apply(self, changes):
        for group, *rest in changes:
            if len(rest) == 2:
                self.groups.setdefault(group, {})[rest[0]] = rest[1]
            elif rest:
                self.groups.get(group, {}).pop(rest[0], None)
            else:
                self.groups.pop(group, None)


def read(path, end=None):
    """What a journal holds; an empty one when there is none."""
    found = Found()
    try:
        with open(path, 'rb') as file:
            lines = file if end is None else file.read(end).splitlines(keepends=True)
            for line in lines:
                changes = parse(line)
                if found.unreadable:
                    found.lost += changes or []
                    found.unreadable += 0 if changes is not None else len(line)
                elif changes is not None:
                    found.apply(changes)
                    found.size += len(line)
                elif line.endswith(b'\n'):
                    found.unreadable = len(line)
                else:
                    found.torn = True
    except FileNotFoundError:
        pass
    return found


def parse(line):
    """A record's changes, or None when it is not whole."""
    try:
        crc, length, payload = line.rstrip(b'\n').split(b' ', 2)
        if not line.endswith(b'\n') or int(length) != len(payload) or int(crc, 16) != zlib.crc32(payload):
            return None
        return json.loads(payload)['changes']
    except (ValueError, KeyError):
        return None


def change(group, *rest):
    """A change as text: `change(group, key, text)` with a value that is JSON already, `change(group, key)`, `change(group)`."""
    named = [json.dumps(group), *(json.dumps(key) for key in rest[:1]), *rest[1:]]
    return f'[{",".join(named)}]'


def record(changes):
    payload = f'{{"at":{int(time.time() * 1000)},"changes":[{",".join(changes)}]}}'.encode()
    return b'%08x %d %s\n' % (zlib.crc32(payload), len(payload), payload)


def private(path, flags):
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flags, 0o600)


def write_all(file, data):
    view = memoryview(data)
    while view:
        view = view[os.write(file, view):]


def fold(groups, path):
    """Writes groups as a journal, under another name until it is whole."""
    partial = f'{path}.partial'
    file = private(partial, os.O_TRUNC)
    try:
        for group, values in groups.items():
            changes = [change(group, key, json.dumps(value)) for key, value in values.items()]
            if changes:
                write_all(file, record(changes))
    finally:
        os.close(file)
    os.replace(partial, path)


class Journal:
    """A journal that is written to. One process writes it, and one thread of that."""

    def __init__(self, path, found):
        """`found` is what `read` found. What is damaged or torn is cut off: `set_aside` it first."""
        self.path = path
        self.file = private(path, os.O_APPEND)
        os.ftruncate(self.file, found.size)
        self.size = found.size
        self.compact_at = max(SMALLEST, 2 * self.size)
        self.compacting = None

    def append(self, changes):
        """Writes one record. Raises OSError when it cannot; then none of it is there."""
        data = record(changes)
        try:
            # What an earlier failure left, if cutting it off failed as well.
            if os.fstat(self.file).st_size != self.size:
                os.ftruncate(self.file, self.size)
            write_all(self.file, data)
        except OSError:
            try:
                os.ftruncate(self.file, self.size)
            except OSError:
                pass
            raise
        self.size += len(data)

    def compact(self):
        """Folds the journal when it has grown: another process reads what is there and writes it anew, and what came since is
        put behind it. Killed at any moment, the journal is the old one or the new one. Cheap to call often."""
        if self.compacting is None:
            if self.size > self.compact_at:
                # However it ends, the next one waits until twice as much is there.
                self.compact_at = 2 * self.size
                program = [sys.executable, '-B', os.path.abspath(__file__), self.path, str(self.size)]
                self.compacting = subprocess.Popen(program, stdin=subprocess.DEVNULL), self.size
            return
        child, end = self.compacting
        status = child.poll()
        if status is None:
            return
        self.compacting = None
        if status == 0:
            self.take_over(f'{self.path}.compact', end)

    def take_over(self, compact, end):
        with open(self.path, 'rb') as old:
            old.seek(end)
            tail = old.read(self.size - end)
        file = private(compact, os.O_APPEND)
        try:
            write_all(file, tail)
            os.replace(compact, self.path)
        except OSError:
            # The old one is whole and stays.
            os.close(file)
            return
        os.close(self.file)
        self.file = file
        self.size = os.fstat(file).st_size
        self.compact_at = max(SMALLEST, 2 * self.size)


def set_aside(path):
    """Keeps a damaged journal as it is, beside the one that goes on from its whole records. Returns the copy's path."""
    number = 1
    while os.path.exists(aside := f'{path}.damaged-{number}'):
        number += 1
    with open(path, 'rb') as old:
        file = private(aside, os.O_TRUNC)
        try:
            while part := old.read(1 << 20):
                write_all(file, part)
        finally:
            os.close(file)
    return aside


def main():
    path, end = sys.argv[1], int(sys.argv[2])
    found = read(path, end)
    if found.size != end:
        sys.exit('the journal is not whole')
    fold(found.groups, f'{path}.compact')


if __name__ == '__main__':
    main()
