"""Connections whose requests leave in one piece, and whose chunked answers come in larger chunks than the server sent.

Providers send a chunk (RFC 9112, 7.1) for each token, and what reads HTTP for us takes longer for a chunk than for all
that is in it. What has come together is handed on as one chunk; nothing waits for more.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from ssl import SSLContext
from typing import Any

import httpcore

from promptyard.providers.network.tcp import TcpStream

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_CHUNKED = re.compile(rb"\ntransfer-encoding:[^\n]*chunked[ \t\r]*\n", re.IGNORECASE)
_INTERIM = re.compile(rb"HTTP/1\.[01] 1")
"""The head of an answer that is yet to come."""
_SIZE = re.compile(rb"(?:\r\n)?([0-9a-fA-F]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
"""A chunk's first line, after the line end of the chunk before."""
MAX_LINE_BYTES = 4096
MAX_HEAD_BYTES = 256 * 1024
READ_BYTES = 64 * 1024
READ_AT_ONCE = 3
"""Reads of an answer's chunks that do not wait for more, however busy the loop is: its first token is among them."""
SENT_AT_ONCE = 64 * 1024
"""Bytes of a request that are not held back until its answer is read."""


class MergingBackend(httpcore.AsyncNetworkBackend):
    """Opens connections through `inner`."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return MergingStream(stream)


class MergingStream(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._merger = ChunkMerger()
        self._unsent = b""
        self._reads = 0
        """Of the answer's chunks."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._unsent:
            with suppress(httpcore.WriteError):  # as httpcore does: a server may answer before it has read all
                await self._send(timeout)
        if merged := self._merger.feed(b""):
            return merged
        while received := await self._inner.read(max_bytes, timeout):
            if merged := self._merger.feed(received):
                return merged
        return b""

    async def data(self, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """What has come of an answer's chunks, past h11; empty where the rest is for `read`."""
        received = b""
        while self._merger.in_chunks:
            if data := self._merger.data(received):
                return data
            if not self._merger.in_chunks:
                break
            received = await self._more(timeout)
            if not received:
                break
        return b""

    async def _more(self, timeout: float | None) -> bytes:  # noqa: ASYNC109
        self._reads += 1
        if self._reads > READ_AT_ONCE and isinstance(self._inner, TcpStream):
            return await self._inner.read_gathered(timeout)
        return await self._inner.read(READ_BYTES, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._reads = 0
        self._merger = ChunkMerger()  # requests are not pipelined: what comes next begins with a head
        self._unsent += buffer
        if len(self._unsent) >= SENT_AT_ONCE:
            await self._send(timeout)

    async def _send(self, timeout: float | None) -> None:  # noqa: ASYNC109
        unsent, self._unsent = self._unsent, b""
        await self._inner.write(unsent, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        return MergingStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class ChunkMerger:
    """Takes the bytes of one HTTP/1.1 answer, cut anywhere, and gives them back with the same body in fewer chunks.

    What is not understood is given back as it is, for whoever reads HTTP to judge.
    """

    def __init__(self) -> None:
        self._kept = b""
        """The beginning of a head or of a line."""
        self._take = ChunkMerger._head
        self._left = 0
        """Bytes of the chunk at hand that have not come."""

    @property
    def in_chunks(self) -> bool:
        """Whether the next bytes are of a body that comes in chunks, or of its end."""
        return self._take is ChunkMerger._chunks

    def feed(self, received: bytes) -> bytes:
        """What can be handed on; empty where that is nothing yet."""
        received, self._kept = self._kept + received, b""
        return self._take(self, received)

    def data(self, received: bytes) -> bytes:
        """Of a body that comes in chunks, what they hold. What follows them is left to `feed`."""
        received, self._kept = self._kept + received, b""
        data, self._kept = self._data(received)
        return data

    def _head(self, received: bytes) -> bytes:
        end = _END_OF_HEAD.search(received)
        if end is None:
            if len(received) > MAX_HEAD_BYTES:
                return self._as_it_is(received)
            self._kept = received
            return b""
        head, rest = received[: end.end()], received[end.end() :]
        if _INTERIM.match(head):
            return head + self._head(rest) if rest else head
        if _CHUNKED.search(head):
            self._take, self._kept = ChunkMerger._chunks, rest
            return head
        self._take = ChunkMerger._as_it_is
        return received

    def _chunks(self, received: bytes) -> bytes:
        """One chunk of all their data, the last one's as far as it has come; and what follows the last chunk."""
        body, rest = self._data(received)
        if self._take is ChunkMerger._chunks:
            self._kept, rest = rest, b""
        return b"%x\r\n%b\r\n%b" % (len(body), body, rest) if body else rest

    def _data(self, received: bytes) -> tuple[bytes, bytes]:
        """What the chunks hold, and the bytes that are not taken: the beginning of a line or, no more in chunks, what
        follows the last one or is none."""
        data: list[bytes] = []
        at, rest = 0, b""
        while True:
            if self._left:
                data.append(received[at : at + self._left])
                at += len(data[-1])
                self._left -= len(data[-1])
            if at == len(received):
                break
            line = _SIZE.match(received, at)
            if line is None:
                rest = self._odd(received[at:])
                break
            self._left = int(line[1], 16)
            if not self._left:
                rest = received[line.start(1) :]
                self._take = ChunkMerger._as_it_is
                break
            at = line.end()
        return b"".join(data), rest

    def _odd(self, line: bytes) -> bytes:
        """No chunk's first line: its beginning, or none at all."""
        if b"\n" not in line[2:] and len(line) <= MAX_LINE_BYTES:
            return line
        self._take = ChunkMerger._as_it_is
        return line.removeprefix(b"\r\n")

    def _as_it_is(self, received: bytes) -> bytes:
        self._take = ChunkMerger._as_it_is
        return received
