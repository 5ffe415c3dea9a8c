"""httpcore's network on asyncio's transports. httpcore.AnyIOBackend starts and stops the reading of a socket, and sets
up a cancel scope, for each piece that comes: a sixth of the CPU of a hundred paced streams."""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain, zip_longest
from typing import Any, cast

import httpcore

from promptyard.providers.network.gathering import Gathering

HEAD_START_SECONDS = 0.25
"""Of each address of a name before the next one is tried beside it (RFC 8305, 5)."""
MOST_UNREAD = 1 << 20
"""Bytes that wait to be read before the peer is made to wait."""
MUCH_UNREAD = 4096
"""Bytes that are handed on at once, however busy the loop is: they are worth it."""

_Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


class AsyncioBackend(httpcore.AsyncNetworkBackend):
    """Of one event loop."""

    def __init__(self) -> None:
        self._gathering: Gathering | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises httpcore's ConnectError, ConnectTimeout."""
        loop = asyncio.get_running_loop()
        self._gathering = gathering = self._gathering or Gathering(loop)
        try:
            async with asyncio.timeout(timeout):
                addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                dialled = await _dial(_by_turns(addresses), local_address)
                for option in socket_options or ():
                    dialled.setsockopt(*option)
                dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _, stream = await loop.create_connection(lambda: TcpStream(gathering), sock=dialled)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return stream


class TcpStream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """A connection: what has come is kept until it is read. Read by one task at a time."""

    def __init__(self, gathering: Gathering) -> None:
        self._transport: asyncio.Transport
        self._loop = asyncio.get_running_loop()
        self._gathering = gathering
        self._may_wait = False
        """What has come may be handed on a moment later."""
        self._is_waiting = False
        self._unread: list[bytes] = []
        self._unread_bytes = 0
        self._ended = False
        self._error: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()

    # --- what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        self._unread.append(bytes(data))
        self._unread_bytes += len(data)
        if self._unread_bytes > MOST_UNREAD:
            self._transport.pause_reading()
        if not self._may_wait or self._unread_bytes >= MUCH_UNREAD:
            self.wake()
        elif not self._is_waiting and self._reader is not None:
            self._is_waiting = True
            self._gathering.wake(self)

    def eof_received(self) -> None:
        self._ended = True
        self.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended, self._error = True, self._error or exc
        self._may_write.set()
        self.wake()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def wake(self) -> None:
        self._is_waiting = False
        if self._reader is not None and not self._reader.done() and (self._unread or self._ended):
            self._reader.set_result(None)

    # --- what httpcore calls

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109
        """All that has come; empty at the end. Raises httpcore's ReadError, ReadTimeout."""
        if not (self._unread or self._ended):
            await self._news(timeout)
        if self._unread:
            data = self._unread[0] if len(self._unread) == 1 else b"".join(self._unread)
            self._unread.clear()
            if self._unread_bytes > MOST_UNREAD and not self._transport.is_closing():
                self._transport.resume_reading()
            self._unread_bytes = 0
            return data
        if self._error is not None:
            raise httpcore.ReadError(str(self._error)) from self._error
        return b""

    async def read_gathered(self, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """The same; where the loop is busy, what comes first may wait for more."""
        self._may_wait = True
        try:
            return await self.read(0, timeout)
        finally:
            self._may_wait = False

    async def _news(self, timeout: float | None) -> None:  # noqa: ASYNC109
        self._reader = reader = self._loop.create_future()
        too_late = None if timeout is None else self._loop.call_later(timeout, self._give_up, reader)
        try:
            await reader
        finally:
            self._reader = None
            if too_late is not None:
                too_late.cancel()

    def _give_up(self, reader: asyncio.Future[None]) -> None:
        if not reader.done():
            if self._unread:
                reader.set_result(None)
            else:
                reader.set_exception(httpcore.ReadTimeout())

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Raises httpcore's WriteError, WriteTimeout."""
        if self._transport.is_closing():
            raise httpcore.WriteError("the connection has ended")
        self._transport.write(buffer)
        if not self._may_write.is_set():
            try:
                async with asyncio.timeout(timeout):
                    await self._may_write.wait()
            except TimeoutError as error:
                raise httpcore.WriteTimeout from error
            if self._error is not None:
                raise httpcore.WriteError(str(self._error)) from self._error

    async def aclose(self) -> None:
        self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """Raises httpcore's ConnectError, ConnectTimeout."""
        try:
            async with asyncio.timeout(timeout):
                transport = await self._loop.start_tls(
                    self._transport, self, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError as error:
            self._transport.abort()
            raise httpcore.ConnectTimeout from error
        except OSError as error:  # ssl.SSLError is one
            self._transport.abort()
            raise httpcore.ConnectError(str(error)) from error
        if transport is None:
            raise httpcore.ConnectError("the connection ended before it was secured")
        self._transport = transport
        return self

    def get_extra_info(self, info: str) -> Any:
        match info:
            case "is_readable":  # asked of a connection that waits for a request: it has nothing to say
                return bool(self._unread or self._ended or self._transport.is_closing())
            case "client_addr":
                return self._transport.get_extra_info("sockname")
            case "server_addr":
                return self._transport.get_extra_info("peername")
        return self._transport.get_extra_info(info)


def _by_turns(addresses: Sequence[_Address]) -> list[_Address]:
    """The addresses of one family and of the others in turn, the system's first choice first (RFC 8305, 4)."""
    first = [address for address in addresses if address[0] == addresses[0][0]]
    others = [address for address in addresses if address[0] != addresses[0][0]]
    return [address for address in chain(*zip_longest(first, others)) if address is not None]


async def _dial(addresses: Sequence[_Address], local_address: str | None) -> socket.socket:
    """Connected to the first that answers; each gets a head start before the next one. Raises OSError, the last one's
    where none answers."""
    dials: set[asyncio.Task[socket.socket]] = set()
    error: BaseException = OSError("the name has no address")
    try:
        for left in range(len(addresses) - 1, -1, -1):
            address = addresses[len(addresses) - 1 - left]
            dials.add(asyncio.create_task(_dial_one(address, local_address)))
            while dials:
                done, dials = await asyncio.wait(
                    dials, timeout=HEAD_START_SECONDS if left else None, return_when=asyncio.FIRST_COMPLETED
                )
                for dial in done:
                    if (failed := dial.exception()) is None:
                        return dial.result()
                    error = failed
                if left:
                    break
        raise error
    finally:
        for dial in dials:
            dial.cancel()
            dial.add_done_callback(_hang_up)


async def _dial_one(address: _Address, local_address: str | None) -> socket.socket:
    family, kind, protocol, _, place = address
    dialled = socket.socket(family, kind, protocol)
    try:
        dialled.setblocking(False)
        if local_address is not None:
            dialled.bind((local_address, 0))
        await asyncio.get_running_loop().sock_connect(dialled, place)
    except BaseException:
        dialled.close()
        raise
    return dialled


def _hang_up(dial: asyncio.Task[socket.socket]) -> None:
    """One that answered after all."""
    with suppress(asyncio.CancelledError, OSError):
        dial.result().close()
