"""As much of an HTTP/1.1 client as the Runtime API needs: one request a connection, on loopback."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

NO_CONTENT = 204


class RuntimeApiError(Exception):
    """The Runtime API could not be reached, or did not answer as its specification says."""


@dataclass(frozen=True)
class HttpResponse:
    """`headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """One connection, closed after the answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, address: str) -> "Connection":
        """Connect to `host:port`. Raises OSError."""
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    def write_head(self, method: str, path: str, address: str, headers: Mapping[str, str]) -> None:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {address}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait while the other side reads more slowly than we write. Raises OSError once the connection is lost."""
        await self._writer.drain()

    async def read_response(self) -> HttpResponse:
        """Raises RuntimeApiError."""
        try:
            return await _read_response(self._reader)
        except (OSError, EOFError, ValueError, IndexError, asyncio.LimitOverrunError) as error:
            raise RuntimeApiError(f"The Runtime API's answer broke off or is malformed: {error!r}") from error

    def abort(self) -> None:
        """Close at once; what is not sent yet is not sent."""
        self._writer.transport.abort()

    def close(self) -> None:
        self._writer.close()


async def request(
    address: str, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> HttpResponse:
    """Send one request and read its whole answer. There is no timeout: the next invocation may be hours away.

    Raises RuntimeApiError.
    """
    try:
        connection = await Connection.open(address)
    except OSError as error:
        raise RuntimeApiError(f"The Runtime API cannot be reached: {error!r}") from error
    try:
        length = {} if body is None else {"Content-Length": str(len(body))}
        connection.write_head(method, path, address, {**(headers or {}), **length})
        if body is not None:
            connection.write(body)
        return await connection.read_response()
    finally:
        connection.close()


async def _read_response(reader: asyncio.StreamReader) -> HttpResponse:
    status_line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status = int(status_line.split(" ", 2)[1])
    return HttpResponse(status, headers, b"" if status == NO_CONTENT else await _read_body(reader, headers))


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    """By RFC 9112, 6.3: chunked, of a given length, or up to the connection's end."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader)
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    return await reader.read()


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    chunks = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        chunks.append(await reader.readexactly(size))
        await reader.readexactly(2)
    return b"".join(chunks)  # there may be trailers; nothing else comes on this connection
