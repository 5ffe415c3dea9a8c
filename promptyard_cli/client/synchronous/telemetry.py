"""The tenant's own collector of traces."""

from typing import TYPE_CHECKING, Unpack

from promptyard_cli.client.requests import Asked
from promptyard_cli.client.synchronous.http import Http

if TYPE_CHECKING:
    from promptyard_cli.client.wire import CollectorAnswer, CollectorRequest

TELEMETRY = "/api/v1/telemetry"


class Telemetry:
    """For admins. Each method raises ApiError, NotReachable."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def get(self) -> "CollectorAnswer":
        """Of its headers the names."""
        return self._http.ask(Asked("GET", TELEMETRY))

    def set(self, **fields: "Unpack[CollectorRequest]") -> "CollectorAnswer":
        """In the place of the one that there is, headers and all."""
        return self._http.ask(Asked("PUT", TELEMETRY, body=fields))

    def remove(self) -> None:
        self._http.ask(Asked("DELETE", TELEMETRY))
