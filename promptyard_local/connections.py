"""Connections of the local server that do not stay open for a request that never comes."""

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

REQUEST_SECONDS = 60.0
"""How long a request may take to come in whole, from the connection's opening or the end of the answer before."""
BYTES_A_SECOND = 10_000
"""A large body has as much longer."""
LOOKS = 12
"""How often the connection is looked at in that time."""

if TYPE_CHECKING:
    _Protocol = asyncio.Protocol
else:
    _Protocol = AutoHTTPProtocol


class PatientConnection(_Protocol):
    """uvicorn's connection, which waits for ever for the first byte and for the rest of a request. Once too little came
    for too long, it is closed; what reads the body hears that the caller has gone."""

    transport: asyncio.Transport
    cycle: Any
    timeout_keep_alive_task: asyncio.TimerHandle | None
    request_seconds = REQUEST_SECONDS

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._came = 0
        self._answered: Any = None
        self._waiting_since: float | None = None
        self._look()

    def data_received(self, data: bytes) -> None:
        self._came += len(data)
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._next_look.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not self._waits():
            self._waiting_since = None
        elif self._waiting_since is None or self.cycle is not self._answered:
            self._waiting_since, self._came = now, 0
        elif now - self._waiting_since >= self.request_seconds + self._came / BYTES_A_SECOND:
            self.transport.abort()
        self._answered = self.cycle
        self._next_look = loop.call_later(self.request_seconds / LOOKS, self._look)

    def _waits(self) -> bool:
        """For a first request, for the rest of a body, or for the rest of another request's head: where none of that
        has begun, uvicorn's own patience with an idle connection counts."""
        if self.cycle is None or self.cycle.more_body:
            return True
        return self.cycle.response_complete and self.timeout_keep_alive_task is None
