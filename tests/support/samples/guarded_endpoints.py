"""What the guard's tests stand on: scripted name look-ups, a recorder of connections, and a server that sees them."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import httpcore


class ScriptedNames:
    """A resolver. A name's answers are given one look-up after another, the last one for ever after.

    A host that is a number in any of inet_aton's spellings is answered by the system, which needs no network for it.
    """

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._answers = {name: list(script) for name, script in answers.items()}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        script = self._answers.get(host)
        if script is None:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
            return [str(sockaddr[0]) for *_, sockaddr in found]
        return script.pop(0) if len(script) > 1 else script[0]


@dataclass
class RecordingBackend(httpcore.AsyncNetworkBackend):
    """Writes down every connection asked for, and makes it to a port of this machine instead."""

    local_port: int
    tls_port: int | None = None
    """Where connections to a port that ends in 443 are made to."""
    dead: Collection[str] = ()
    """Addresses that refuse."""
    dialled: list[tuple[str, int]] = field(default_factory=list)
    timeouts: list[float | None] = field(default_factory=list)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append((host, port))
        self.timeouts.append(timeout)
        if host in self.dead:
            raise httpcore.ConnectError("refused")
        local_port = self.tls_port if self.tls_port and str(port).endswith("443") else self.local_port
        return await httpcore.AnyIOBackend().connect_tcp(
            "127.0.0.1", local_port, timeout, local_address, socket_options
        )


@dataclass
class SeenRequest:
    target: str
    host: str
    server_name: str | None
    """TLS's server name indication, None without TLS."""


@dataclass
class Listener:
    """An HTTP/1.1 server's port and everything that arrived there."""

    port: int
    connections: int = 0
    requests: list[SeenRequest] = field(default_factory=list)
    redirects: dict[str, tuple[int, str]] = field(default_factory=dict)
    """What it answers instead of 200: path -> status and Location."""


@contextlib.asynccontextmanager
async def listening(
    *, addresses: Sequence[str] = ("127.0.0.1",), tls: ssl.SSLContext | None = None
) -> AsyncIterator[Listener]:
    """Serve `{"ok": true}` at one free port of all `addresses`."""
    listener = Listener(port=0)
    server_names: dict[ssl.SSLObject | ssl.SSLSocket, str | None] = {}
    if tls is not None:
        tls.sni_callback = lambda connection, name, _: server_names.update({connection: name})

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listener.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            target = head[0].split(" ")[1]
            host = next(line[6:] for line in head if line.lower().startswith("host: "))
            server_name = server_names.get(writer.get_extra_info("ssl_object"))
            listener.requests.append(SeenRequest(target, host, server_name))
            status, location = listener.redirects.get(target, (200, ""))
            extra = f"location: {location}\r\n" if location else ""
            body = '{"ok": true}'
            writer.write(
                f"HTTP/1.1 {status} X\r\n{extra}content-length: {len(body)}\r\nconnection: close\r\n\r\n{body}".encode()
            )
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            writer.close()
            await writer.wait_closed()

    first = await asyncio.start_server(serve, addresses[0], 0, ssl=tls)
    listener.port = first.sockets[0].getsockname()[1]
    async with contextlib.AsyncExitStack() as servers:
        await servers.enter_async_context(first)
        for address in addresses[1:]:
            await servers.enter_async_context(await asyncio.start_server(serve, address, listener.port, ssl=tls))
        yield listener
