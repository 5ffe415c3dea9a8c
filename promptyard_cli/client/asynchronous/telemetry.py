"""The tenant's own collector of traces."""

from typing import TYPE_CHECKING, Unpack

from promptyard_cli.client.asynchronous.http import AsyncHttp
from promptyard_cli.client.requests import Asked

if TYPE_CHECKING:
    from promptyard_cli.client.wire import CollectorAnswer, CollectorRequest

TELEMETRY = "/api/v1/telemetry"


class AsyncTelemetry:
    """For admins. Each method raises ApiError, NotReachable."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    async def get(self) -> "CollectorAnswer":
        """Of its headers the names."""
        return await self._http.ask(Asked("GET", TELEMETRY))

    async def set(self, **fields: "Unpack[CollectorRequest]") -> "CollectorAnswer":
        """In the place of the one that there is, headers and all."""
        return await self._http.ask(Asked("PUT", TELEMETRY, body=fields))

    async def remove(self) -> None:
        await self._http.ask(Asked("DELETE", TELEMETRY))
