"""For each type of resource: the calls of AWS's API that make one from a template's properties where moto's CloudFormation does
not, and the calls that read one back, in the template's own names. Both go through boto3, which holds every parameter against
AWS's model of the service."""

from .api import Api
from .data import Data
from .functions import Functions
from .identity import Identity
from .network import Network
from .observability import Observability


class Types(Api, Data, Functions, Identity, Network, Observability):
    """`make_X(properties)` gives the physical id; `read_X(id, properties)` what is there, `None` if nothing is."""
