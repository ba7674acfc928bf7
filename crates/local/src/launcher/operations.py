"""Which entries of the emulator's state the stacks that are worked on have made or taken away.

Each write to a store goes through its container, and what works on a stack is a task of its own with a context of its own: so a write
is known to be the stack's, and not that of a request that comes meanwhile. What is changed inside of an entry is not seen. It writes
nothing and decides nothing about requests.
"""

import contextvars

from entries import scoped

_STACK = contextvars.ContextVar('stack', default=None)


class Operations:
    """By stack, the keys of what its operation has set or removed."""

    def __init__(self):
        self._touched = {}

    def watch(self):
        from ministack.core import responses
        from ministack.services.cloudformation import changesets, handlers, stacks

        begin = stacks._create_stack_task_in_region

        def begun(work, stack, stack_id=None):
            # The task takes a copy of the context along, and so do the threads that it starts.
            token = _STACK.set(stack['StackName'] if stack else stack_id.split(':stack/')[1].split('/')[0])
            try:
                begin(work, stack, stack_id)
            finally:
                _STACK.reset(token)

        for module in (changesets, handlers, stacks):
            module._create_stack_task_in_region = begun
        for container, parts in ((responses.AccountScopedDict, (0, 2)), (responses.AccountRegionScopedDict, (0, 1, 2))):
            for name in ('__setitem__', '__delitem__', 'pop', 'setdefault'):
                setattr(container, name, self._noting(getattr(container, name), container._scoped))
            for name in ('set_scoped', 'pop_scoped'):
                setattr(container, name, self._noting_scoped(getattr(container, name), parts))

    def _noting(self, write, scope):
        def noted(store, key, *rest):
            if (stack := _STACK.get()) is not None:
                self._note(stack, scope(store, key))
            return write(store, key, *rest)

        return noted

    def _noting_scoped(self, write, parts):
        def noted(store, *key_and_rest):
            if (stack := _STACK.get()) is not None:
                self._note(stack, tuple(key_and_rest[part] for part in parts))
            return write(store, *key_and_rest)

        return noted

    def _note(self, stack, key):
        self._touched.setdefault(stack, set()).add(key)

    def touched(self, stacks):
        """The keys, as the journal writes them, of what these stacks have set or removed."""
        return {scoped(key) for stack in stacks for key in list(self._touched.get(stack, ()))}

    def forget_all_but(self, stacks):
        for stack in self._touched.keys() - stacks:
            del self._touched[stack]
