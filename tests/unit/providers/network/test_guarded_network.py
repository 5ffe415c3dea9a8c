"""How the guarded backend opens a connection, and how its pool behaves."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Sequence

import httpcore
import httpx
import pytest

from promptyard.domain.errors import EndpointRefused
from promptyard.providers.network.guarded_network import GuardedBackend, Resolver, guarded_pool, resolve_host
from promptyard.providers.network.url_policy import EndpointPolicy
from tests.support.samples.guarded_endpoints import Listener, RecordingBackend, listening
from tests.support.servers.httpx_over_pool import PoolTransport

CLOSED = EndpointPolicy()
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
URL = "http://models.example.com/v1"


def answering(*addresses: str) -> Resolver:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


def failing(error: Exception) -> Resolver:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise error

    return resolve


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as listener:
        yield listener


async def connect(backend: RecordingBackend, resolve: Resolver, *, timeout: float | None = 8) -> None:
    guarded = GuardedBackend(CLOSED, resolve, backend)
    stream = await guarded.connect_tcp("models.example.com", 443, timeout)
    await stream.aclose()


def client_for(backend: RecordingBackend, resolve: Resolver, *, timeout: float = 8) -> httpx.AsyncClient:
    pool = guarded_pool(CLOSED, resolve=resolve, backend=backend, ssl_context=NO_TLS)
    return httpx.AsyncClient(transport=PoolTransport(pool), timeout=timeout)


@pytest.mark.parametrize("internal_at", [0, 1, 7])
async def test_one_internal_address_among_many_refuses_all(listener: Listener, internal_at: int) -> None:
    addresses = [f"1.1.1.{number}" for number in range(1, 8)]
    addresses.insert(internal_at, "10.0.0.1")
    backend = RecordingBackend(listener.port)
    with pytest.raises(EndpointRefused, match="must lead to public addresses only"):
        await connect(backend, answering(*addresses))
    assert backend.dialled == []


async def test_the_addresses_are_tried_in_order(listener: Listener) -> None:
    backend = RecordingBackend(listener.port, dead={"1.1.1.1", "2606:4700::1"})
    await connect(backend, answering("1.1.1.1", "2606:4700::1", "8.8.8.8", "9.9.9.9"))
    assert backend.dialled == [("1.1.1.1", 443), ("2606:4700::1", 443), ("8.8.8.8", 443)]


async def test_the_time_to_connect_is_shared_out_over_the_addresses(listener: Listener) -> None:
    backend = RecordingBackend(listener.port, dead={"1.1.1.1", "8.8.8.8"})
    await connect(backend, answering("1.1.1.1", "8.8.8.8", "9.9.9.9", "9.9.9.10"), timeout=8)
    assert backend.timeouts == [pytest.approx(2, abs=0.5), pytest.approx(8 / 3, abs=0.5), pytest.approx(4, abs=0.5)]


async def test_without_a_timeout_there_is_none(listener: Listener) -> None:
    backend = RecordingBackend(listener.port)
    await connect(backend, answering("1.1.1.1", "8.8.8.8"), timeout=None)
    assert backend.timeouts == [None]


async def test_the_last_error_is_raised_when_no_address_answers(listener: Listener) -> None:
    backend = RecordingBackend(listener.port, dead={"1.1.1.1", "8.8.8.8"})
    with pytest.raises(httpcore.ConnectError):
        await connect(backend, answering("1.1.1.1", "8.8.8.8"))
    assert len(backend.dialled) == 2


async def test_a_name_with_many_addresses_cannot_make_us_dial_them_all(listener: Listener) -> None:
    addresses = [f"1.1.{high}.{low}" for high in range(4) for low in range(250)]
    backend = RecordingBackend(listener.port, dead=set(addresses))
    with pytest.raises(httpcore.ConnectError):
        await connect(backend, answering(*addresses))
    assert len(backend.dialled) == 6


async def test_an_unknown_name_is_refused_in_the_words_of_an_internal_one(listener: Listener) -> None:
    messages = set()
    unknown = failing(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    no_address = failing(socket.gaierror(socket.EAI_NODATA, "No address associated with hostname"))
    for resolve in (unknown, no_address, answering(), answering("10.0.0.1"), answering("169.254.169.254")):
        with pytest.raises(EndpointRefused) as refusal:
            await connect(RecordingBackend(listener.port), resolve)
        messages.add(refusal.value.message)
    assert len(messages) == 1


async def test_a_look_up_that_fails_for_a_while_is_a_connect_error(listener: Listener) -> None:
    resolve = failing(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    async with client_for(RecordingBackend(listener.port), resolve) as client:
        with pytest.raises(httpx.ConnectError, match="look-up of the host failed"):
            await client.get(URL)


async def test_a_look_up_that_hangs_ends_at_the_connect_timeout(listener: Listener) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        raise AssertionError

    async with asyncio.timeout(5), client_for(RecordingBackend(listener.port), resolve, timeout=0.05) as client:
        with pytest.raises(httpx.ConnectTimeout, match="look-up of the host took too long"):
            await client.get(URL)


async def test_a_kept_connection_is_used_again_without_a_look_up() -> None:
    look_ups = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        look_ups.append((host, port))
        return ["1.1.1.1"]

    async with raw_server([b"HTTP/1.1 204 No Content\r\n\r\n"] * 2) as port:
        backend = RecordingBackend(port)
        async with client_for(backend, resolve) as client:
            for _ in range(2):
                assert (await client.get(URL)).status_code == 204
    assert look_ups == [("models.example.com", 80)]
    assert len(backend.dialled) == 1


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ([], httpx.RemoteProtocolError),
        ([b"nonsense\r\n\r\n"], httpx.RemoteProtocolError),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"], httpx.RemoteProtocolError),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", None], httpx.ReadTimeout),
    ],
)
async def test_failures_are_the_http_library_s_own_errors(
    parts: list[bytes | None], error: type[httpx.HTTPError]
) -> None:
    async with (
        raw_server(parts) as port,
        client_for(RecordingBackend(port), answering("1.1.1.1"), timeout=0.2) as client,
    ):
        with pytest.raises(error) as raised:
            await client.get(URL)
    assert raised.value.request.url == URL


async def test_closing_an_answer_early_closes_its_connection() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n"
    async with (
        raw_server([head, None]) as port,
        client_for(RecordingBackend(port), answering("1.1.1.1")) as client,
        client.stream("POST", URL) as answer,
    ):
        assert await anext(answer.aiter_bytes()) == b"data: 1\n\n"
    # leaving `raw_server` waits for the connection to end


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://models.example.com:22/", "must use port"),
        ("http://0x7f000001/", "four decimal numbers"),
        ("wss://models.example.com/", "must be http or https"),
    ],
)
async def test_the_transport_checks_the_form_of_every_request(listener: Listener, url: str, rule: str) -> None:
    async with client_for(RecordingBackend(listener.port), answering("1.1.1.1")) as client:
        with pytest.raises(EndpointRefused, match=rule):
            await client.get(url)


async def test_the_system_s_look_up_gives_each_address_once() -> None:
    assert await resolve_host("127.0.0.1", 80) == ["127.0.0.1"]
    assert await resolve_host("::1", 80) == ["::1"]
    addresses = await resolve_host("localhost", 80)
    assert set(addresses) <= {"127.0.0.1", "::1"}
    assert len(addresses) == len(set(addresses)) > 0


async def test_the_system_s_look_up_keeps_off_the_event_loop_s_own_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def look_up(*_: object, **__: object) -> list[tuple[object, ...]]:
        threads.append(threading.current_thread().name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert await resolve_host("models.example.com", 80) == ["1.1.1.1"]
    assert [name.partition("_")[0] for name in threads] == ["name-lookup"]


@contextlib.asynccontextmanager
async def raw_server(parts: Sequence[bytes | None]) -> AsyncIterator[int]:
    """A server of one connection: a part is written for each request that comes; None waits for the caller to leave.

    Leaving the context waits until the connection has ended.
    """
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                await reader.readuntil(b"\r\n\r\n")
                for number, part in enumerate(parts):
                    if part is None:
                        await reader.read()
                        break
                    if number:
                        await reader.readuntil(b"\r\n\r\n")
                    writer.write(part)
            writer.close()
        finally:
            ended.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait_for(ended.wait(), 5)
