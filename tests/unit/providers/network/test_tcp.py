"""Connections on asyncio's own loop and on uvloop, to servers that behave in every way."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpcore
import pytest

from promptyard.providers.network import tcp
from promptyard.providers.network.tcp import AsyncioBackend
from tests.support.servers.certificates import tls_contexts

uvloop = pytest.importorskip("uvloop")

LARGE = b"x" * (4 * tcp.MOST_UNREAD)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]
Scenario = Callable[[httpcore.AsyncNetworkStream], Awaitable[Any]]


@pytest.fixture(params=[None, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loops(request: pytest.FixtureRequest) -> Any:
    return request.param


def connected(loops: Any, serve: Serve, scenario: Scenario, tls: ssl.SSLContext | None = None) -> Any:
    """What the scenario makes of a connection to that server."""

    async def main() -> Any:
        async def serve_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                with suppress(ConnectionError, asyncio.IncompleteReadError):
                    await serve(reader, writer)
            finally:
                writer.close()

        # Closed without waiting for its connections, as `async with` does from Python 3.12 on: one here never ends.
        server = await asyncio.start_server(serve_and_close, "127.0.0.1", 0, ssl=tls)
        try:
            stream = await AsyncioBackend().connect_tcp("127.0.0.1", server.sockets[0].getsockname()[1], 5)
            try:
                async with asyncio.timeout(10):
                    return await scenario(stream)
            finally:
                await stream.aclose()
        finally:
            server.close()

    with asyncio.Runner(loop_factory=loops) as runner:
        return runner.run(main())


async def all_of(stream: httpcore.AsyncNetworkStream) -> bytes:
    return b"".join([part async for part in parts_of(stream)])


async def parts_of(stream: httpcore.AsyncNetworkStream) -> Any:
    while part := await stream.read(1):
        yield part


def test_what_comes_together_is_read_together_and_the_end_is_empty(loops: Any) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"one")
        await reader.readexactly(2)
        writer.write(b"two")

    async def scenario(stream: httpcore.AsyncNetworkStream) -> list[bytes]:
        first = await stream.read(1)
        await stream.write(b"ok")
        return [first, await stream.read(1), await stream.read(1), await stream.read(1)]

    assert connected(loops, serve, scenario) == [b"one", b"two", b"", b""]


def test_who_is_not_read_from_has_to_wait(loops: Any) -> None:
    sent = 0

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.transport.set_write_buffer_limits(0)
        for at in range(0, len(LARGE), 65536):
            writer.write(LARGE[at : at + 65536])
            await writer.drain()
            sent = at

    async def scenario(stream: httpcore.AsyncNetworkStream) -> bytes:
        before = -1
        while sent != before:  # until nothing more leaves
            before = sent
            await asyncio.sleep(0.2)
        assert stream._unread_bytes < len(LARGE) / 2  # type: ignore[attr-defined]
        return await all_of(stream)

    assert connected(loops, serve, scenario) == LARGE


def test_silence_and_a_reset_are_httpcore_s_errors(loops: Any) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    async def scenario(stream: httpcore.AsyncNetworkStream) -> None:
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(1, 0.01)
        assert not stream.get_extra_info("is_readable")
        await stream.write(b"x")
        with pytest.raises(httpcore.ReadError):
            await stream.read(1, 5)
        assert stream.get_extra_info("is_readable")
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"x")

    connected(loops, serve, scenario)


def test_a_server_that_does_not_read_is_given_up(loops: Any) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        try:
            await asyncio.Event().wait()
        finally:
            writer.transport.abort()

    async def scenario(stream: httpcore.AsyncNetworkStream) -> None:
        with pytest.raises(httpcore.WriteTimeout):
            await stream.write(LARGE * 4, 0.1)

    connected(loops, serve, scenario)


def test_a_connection_is_secured(loops: Any) -> None:
    server, client = tls_contexts(["models.example.com"])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(5))

    async def scenario(stream: httpcore.AsyncNetworkStream) -> bytes:
        secured = await stream.start_tls(client, "models.example.com", 5)
        assert secured.get_extra_info("ssl_object").version()
        await secured.write(b"hello")
        return await all_of(secured)

    assert connected(loops, serve, scenario, server) == b"hello"


@pytest.mark.parametrize(("name", "error"), [("other.example.com", "CERTIFICATE_VERIFY_FAILED"), (None, None)])
def test_a_connection_that_cannot_be_secured_is_none(loops: Any, name: str | None, error: str | None) -> None:
    server, client = tls_contexts(["models.example.com"])

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"no TLS at all")

    async def scenario(stream: httpcore.AsyncNetworkStream) -> None:
        with pytest.raises(httpcore.ConnectError, match=error):
            await stream.start_tls(client, name or "models.example.com", 5)

    connected(loops, serve, scenario, server if name else None)


async def test_nobody_there_is_a_connect_error() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(httpcore.ConnectError):
            await AsyncioBackend().connect_tcp("127.0.0.1", nobody.getsockname()[1], 5)
    with pytest.raises(httpcore.ConnectError):
        await AsyncioBackend().connect_tcp("nobody.invalid", 80, 5)


Place = tuple[str, int]
SILENT, DEAD, GOOD, LATE = (("192.0.2.1", 1), ("192.0.2.2", 1), ("192.0.2.3", 1), ("192.0.2.4", 1))


@pytest.mark.parametrize(
    ("places", "dialled"),
    [
        ([GOOD, DEAD], [GOOD]),
        ([DEAD, GOOD], [DEAD, GOOD]),
        ([SILENT, GOOD], [SILENT, GOOD]),
        ([SILENT, DEAD, GOOD, SILENT], [SILENT, DEAD, GOOD]),
        ([LATE, SILENT], [LATE, SILENT]),
    ],
)
async def test_each_address_gets_a_head_start(
    monkeypatch: pytest.MonkeyPatch, places: list[Place], dialled: list[Place]
) -> None:
    seen, made = [], []
    begun = asyncio.Event()

    async def dial(address: Any, _: object) -> socket.socket:
        seen.append(address[4])
        match address[4]:
            case place if place == DEAD:
                raise ConnectionRefusedError("refused")
            case place if place == SILENT:
                begun.set()
                await asyncio.Event().wait()
            case place if place == LATE:
                await begun.wait()
        made.append(socket.socket())
        return made[-1]

    monkeypatch.setattr(tcp, "_dial_one", dial)
    monkeypatch.setattr(tcp, "HEAD_START_SECONDS", 0.01)
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place) for place in places]
    async with asyncio.timeout(5):
        with await tcp._dial(addresses, None):
            assert seen == dialled
    assert len(made) == 1


async def test_where_none_answers_the_last_one_s_error_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def dial(address: Any, _: object) -> socket.socket:
        raise ConnectionRefusedError(address[4][0])

    monkeypatch.setattr(tcp, "_dial_one", dial)
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place) for place in (DEAD, SILENT)]
    with pytest.raises(ConnectionRefusedError, match=SILENT[0]):
        await tcp._dial(addresses, None)


async def test_one_that_answers_too_late_is_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    late = socket.socket()

    async def dial(address: Any, _: object) -> socket.socket:
        if address[4] == GOOD:
            return socket.socket()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return late

    monkeypatch.setattr(tcp, "_dial_one", dial)
    monkeypatch.setattr(tcp, "HEAD_START_SECONDS", 0.0)
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place) for place in (LATE, GOOD)]
    (await tcp._dial(addresses, None)).close()
    for _ in range(3):
        await asyncio.sleep(0)
    assert late.fileno() == -1


def test_the_families_take_turns() -> None:
    six, four = socket.AF_INET6, socket.AF_INET
    addresses = [
        (family, socket.SOCK_STREAM, 0, "", number) for number, family in enumerate([six, six, six, four, four])
    ]
    assert [address[4] for address in tcp._by_turns(addresses)] == [0, 3, 1, 4, 2]
    assert [address[4] for address in tcp._by_turns(addresses[3:])] == [3, 4]
    assert tcp._by_turns([]) == []


class Later:
    """A gathering that wakes when the test says so."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self._waiting: list[Any] = []

    def wake(self, one: Any) -> None:
        self._waiting.append(one)
        self.asked.set()

    def wake_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.wake()


def gathered(loops: Any, scenario: Callable[[tcp.TcpStream, asyncio.StreamWriter, Later], Awaitable[Any]]) -> Any:
    """What the scenario makes of a connection whose reads may wait, and of the server's end of it."""
    ends: list[asyncio.StreamWriter] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)
        await reader.read()

    async def with_both(stream: Any) -> Any:
        later = stream._gathering = Later()
        await stream.write(b"hello")
        while not ends:
            await asyncio.sleep(0)
        return await scenario(stream, ends[0], later)

    return connected(loops, keep, with_both)


async def reading_from(stream: tcp.TcpStream, timeout: float) -> asyncio.Task[bytes]:
    """One that waits already."""
    reading = asyncio.create_task(stream.read_gathered(timeout))
    await asyncio.sleep(0)
    return reading


def test_what_may_wait_is_handed_on_together(loops: Any) -> None:
    async def scenario(stream: tcp.TcpStream, server: asyncio.StreamWriter, later: Later) -> bytes:
        reading = await reading_from(stream, 5)
        server.write(b"one ")
        await later.asked.wait()
        server.write(b"two")
        while len(stream._unread) < 2:
            await asyncio.sleep(0)
        assert not reading.done()
        later.wake_all()
        return await reading

    assert gathered(loops, scenario) == b"one two"


def test_much_does_not_wait(loops: Any) -> None:
    async def scenario(stream: tcp.TcpStream, server: asyncio.StreamWriter, _: Later) -> int:
        server.write(b"x" * tcp.MUCH_UNREAD)
        size = 0
        while size < tcp.MUCH_UNREAD:
            size += len(await stream.read_gathered(5))
        return size

    assert gathered(loops, scenario) == tcp.MUCH_UNREAD


def test_a_read_that_does_not_gather_does_not_wait(loops: Any) -> None:
    async def scenario(stream: tcp.TcpStream, server: asyncio.StreamWriter, later: Later) -> bytes:
        server.write(b"one")
        assert await stream.read(10, 5) == b"one"
        assert not later.asked.is_set()
        server.write(b"two")
        return await stream.read(10, 5)

    assert gathered(loops, scenario) == b"two"


def test_the_end_does_not_wait(loops: Any) -> None:
    async def scenario(stream: tcp.TcpStream, server: asyncio.StreamWriter, later: Later) -> list[bytes]:
        reading = await reading_from(stream, 5)
        server.write(b"one")
        await later.asked.wait()
        server.close()
        return [await reading, await stream.read_gathered(5)]

    assert gathered(loops, scenario) == [b"one", b""]


def test_what_has_come_in_time_is_no_silence(loops: Any) -> None:
    """Even where it still waits when the time is over."""

    async def scenario(stream: tcp.TcpStream, server: asyncio.StreamWriter, later: Later) -> bytes:
        reading = await reading_from(stream, 5)
        server.write(b"one")
        await later.asked.wait()
        assert stream._reader is not None
        stream._give_up(stream._reader)
        return await reading

    assert gathered(loops, scenario) == b"one"


def test_who_was_woken_for_nothing_reads_on(loops: Any) -> None:
    """One that is woken because much has come is still among those that a gathering wakes."""

    async def scenario(stream: tcp.TcpStream, server: asyncio.StreamWriter, later: Later) -> bytes:
        reading = await reading_from(stream, 5)
        server.write(b"one")
        await later.asked.wait()
        stream.wake()
        assert await reading == b"one"
        reading = await reading_from(stream, 5)
        later.wake_all()
        await asyncio.sleep(0)
        later.asked.clear()
        server.write(b"two")
        await later.asked.wait()
        later.wake_all()
        return await reading

    assert gathered(loops, scenario) == b"two"
