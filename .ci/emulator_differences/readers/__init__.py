"""What each service shows of a resource, in the template's words: a function a type, a module for types that belong together.

A reader takes the services, the physical id and what the template wants, and gives the properties that it found.
"""

from readers import api, data, functions, identity, network, observability

READERS = {}
for module in (api, data, functions, identity, network, observability):
    READERS |= module.READERS
