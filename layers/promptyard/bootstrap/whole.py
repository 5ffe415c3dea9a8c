"""Every part at once: the local server, the command line, tests."""

from collections.abc import Mapping

from promptyard.aws.clients import Clients
from promptyard.bootstrap.parts import KINDS, Parts
from promptyard.settings import Settings

WHOLE = tuple(KINDS)


def whole(settings: Settings, environment: Mapping[str, str], clients: Clients | None = None) -> Parts:
    return Parts(WHOLE, settings, environment, clients)
