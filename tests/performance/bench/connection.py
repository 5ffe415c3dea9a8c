"""A client's kept connection that takes down what comes and when, and looks no closer while the clock runs: checking a
token costs as much as relaying one."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"


@dataclass(slots=True)
class Call:
    """One request and the bytes of its answer, each piece with its time (`time.perf_counter()`)."""

    sent: float
    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    failure: str | None = None


class Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._call: Call | None = None
        self._done: asyncio.Future[None] | None = None
        self._head: bytes | None = b""
        self._left: int | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    async def call(self, request: bytes, seconds: float) -> Call:
        """Send it and wait for the whole answer. What goes wrong is in the call's `failure`, and the connection is
        closed then."""
        self._head, self._left, self._tail = b"", None, b""
        self._done = asyncio.get_running_loop().create_future()
        call = self._call = Call(time.perf_counter())
        self._transport.write(request)
        try:
            async with asyncio.timeout(seconds):
                await self._done
        except TimeoutError:
            call.failure = f"no end after {seconds:.0f} s"
        except ConnectionError as error:
            call.failure = str(error)
        self._call = None
        if call.failure is not None:
            self.close()
        return call

    def data_received(self, data: bytes) -> None:
        if self._call is None or self._done is None or self._done.done():
            return
        self._call.pieces.append((time.perf_counter(), data))
        if self._head is not None:
            self._head += data
            head, separator, data = self._head.partition(b"\r\n\r\n")
            if not separator:
                return
            self._head = None
            length = _LENGTH.search(head)
            self._left = int(length[1]) if length else None
            if length is None and not _CHUNKED.search(head):
                self._done.set_exception(ConnectionError("the answer does not say where it ends"))
                return
        if self._left is None:
            self._tail = (self._tail + data)[-len(_LAST_CHUNK) :]
            whole = self._tail == _LAST_CHUNK
        else:
            self._left -= len(data)
            whole = self._left <= 0
        if whole:
            self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(ConnectionError("the connection was closed before the end"))

    def close(self) -> None:
        self._transport.abort()


async def connect(address: str) -> Connection:
    """Raises OSError."""
    parts = urlsplit(address)
    assert parts.hostname is not None
    assert parts.port is not None
    _, connection = await asyncio.get_running_loop().create_connection(Connection, parts.hostname, parts.port)
    return connection


def http_request(address: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"host: {urlsplit(address).netloc}", "content-type: application/json"]
    lines += [f"content-length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
