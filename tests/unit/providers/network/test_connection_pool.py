"""Requests to the providers' own addresses, through the environment's proxies where it names some."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

import httpx
import pytest

from promptyard.providers.network import connection_pool
from promptyard.providers.network.connection_pool import BadUrl, ConnectionPool
from tests.support.samples.guarded_endpoints import Listener, RecordingBackend, listening

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ELSEWHERE = "http://models.example.com:8000/v1?a=b"


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as listener:
        yield listener


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
async def backend() -> AsyncIterator[RecordingBackend]:
    """It leads to a server that keeps its connections open."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n{}")
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield RecordingBackend(server.sockets[0].getsockname()[1])


async def asked(pool: ConnectionPool, *urls: str, close: bool = True) -> None:
    for url in urls:
        answer = await pool.request("POST", url, {}, b"{}", {})
        assert answer.status == 200
        assert [part async for part in answer.chunks()]
        await answer.aclose()
    if close:
        await pool.aclose()


@pytest.mark.parametrize(("variable", "proxy"), [("http_proxy", "http://{}"), ("all_proxy", "user:p%40ss@{}")])
async def test_the_environment_s_proxies_are_gone_through(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    monkeypatch.setenv(variable, proxy.format(f"127.0.0.1:{listener.port}"))
    await asked(ConnectionPool(NO_TLS, by_proxies=True), ELSEWHERE)
    assert [(seen.target, seen.host) for seen in listener.requests] == [(ELSEWHERE, "models.example.com:8000")]


async def test_but_not_to_where_it_says_so(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{listener.port}")
    monkeypatch.setenv("no_proxy", "example.org,127.0.0.1")
    await asked(ConnectionPool(NO_TLS, by_proxies=True), f"http://127.0.0.1:{listener.port}/v1", ELSEWHERE)
    assert [seen.target for seen in listener.requests] == ["/v1", ELSEWHERE]


async def test_they_are_looked_for_only_where_that_is_asked_for(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    await asked(ConnectionPool(NO_TLS, backend=RecordingBackend(listener.port)), ELSEWHERE)
    assert [seen.target for seen in listener.requests] == ["/v1?a=b"]


@pytest.mark.parametrize("url", ["", "models.example.com/v1", "ftp://models.example.com/", "http://", "http://[::1/"])
async def test_what_is_no_url_is_not_asked(url: str) -> None:
    with pytest.raises(BadUrl):
        await ConnectionPool(NO_TLS).request("POST", url, {}, b"", {})


async def asked_together(pool: ConnectionPool, number: int) -> None:
    answers = [await pool.request("POST", ELSEWHERE, {}, b"{}", {}) for _ in range(number)]
    for answer in answers:
        assert b"".join([part async for part in answer.chunks()]) == b"{}"
        await answer.aclose()


async def test_connections_are_used_again(backend: RecordingBackend) -> None:
    async with aclosing(ConnectionPool(NO_TLS, backend=backend)) as pool:
        for together in (1, 3, 3, 2):
            await asked_together(pool, together)
    assert len(backend.dialled) == 3


async def test_only_so_many_wait(backend: RecordingBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_pool, "KEPT_CONNECTIONS", 2)
    async with aclosing(ConnectionPool(NO_TLS, backend=backend)) as pool:
        for connected in (4, 6):
            await asked_together(pool, 4)
            assert len(backend.dialled) == connected


async def test_for_so_long(backend: RecordingBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_pool, "KEPT_SECONDS", 0.0)
    async with aclosing(ConnectionPool(NO_TLS, backend=backend)) as pool:
        for connected in (1, 2):
            await asked_together(pool, 1)
            assert len(backend.dialled) == connected


async def test_an_origin_that_is_asked_no_more_leaves_nothing(
    backend: RecordingBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_pool, "KEPT_SECONDS", 0.0)
    async with aclosing(ConnectionPool(NO_TLS, backend=backend)) as pool:
        for number in range(5):
            answer = await pool.request("POST", f"http://models-{number}.example.com/", {}, b"{}", {})
            assert [part async for part in answer.chunks()]
            await answer.aclose()
        assert pool._idle == {}


async def test_one_that_was_left_half_read_is_not_used_again(backend: RecordingBackend) -> None:
    async with aclosing(ConnectionPool(NO_TLS, backend=backend)) as pool:
        left = await pool.request("POST", ELSEWHERE, {}, b"{}", {})
        await left.aclose()
        await asked_together(pool, 1)
    assert len(backend.dialled) == 2


async def test_nor_is_one_that_the_server_has_ended(listener: Listener) -> None:
    """This one ends them after each answer."""
    backend = RecordingBackend(listener.port)
    async with aclosing(ConnectionPool(NO_TLS, backend=backend)) as pool:
        for _ in range(3):
            answer = await pool.request("POST", ELSEWHERE, {}, b"{}", {})
            assert [part async for part in answer.chunks()]
            await answer.aclose()
    assert len(backend.dialled) == 3


async def test_nor_is_one_on_which_something_came_unasked() -> None:
    """A proxy's `408 Request Timeout` before it closes: it would be taken for the next request's answer."""
    connections: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n{}")
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with aclosing(ConnectionPool(NO_TLS)) as pool:
            await asked(pool, url, close=False)
            [waiting] = pool._idle[url.removesuffix("/v1")]
            connections[0].write(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n")
            stream = waiting._connection._network_stream._inner  # type: ignore[union-attr]
            async with asyncio.timeout(5):
                while not stream._unread:
                    await asyncio.sleep(0)
            assert waiting.has_expired()
            await asked(pool, url, close=False)
            assert len(connections) == 2
        for writer in connections:
            writer.close()


@asynccontextmanager
async def counted_connections(answer: bytes = b"") -> AsyncIterator[tuple[str, set[object]]]:
    """The URL of a server that says this to each request and no more, and the connections that it has."""
    there: set[object] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there.add(reader)
        with suppress(ConnectionError):
            while await reader.read(1000):
                writer.write(answer)
        writer.close()
        there.discard(reader)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", there
    server.close()


async def all_closed(url: str, there: set[object]) -> None:
    _, last = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)  # after all before it were taken
    last.close()
    async with asyncio.timeout(5):
        while there:
            await asyncio.sleep(0.01)


async def stopped_after(ticks: int, task: "asyncio.Task[object]") -> None:
    for _ in range(ticks):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("ticks", range(30))
async def test_a_request_that_is_stopped_at_any_moment_leaves_no_connection(ticks: int) -> None:
    async with counted_connections() as (url, there):
        await stopped_after(ticks, asyncio.create_task(ConnectionPool(NO_TLS).request("POST", url, {}, b"{}", {})))
        await all_closed(url, there)


@pytest.mark.parametrize("ticks", range(1, 10))
async def test_an_answer_whose_closing_is_stopped_at_any_moment_leaves_no_connection(ticks: int) -> None:
    async with counted_connections(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nyes\r\n") as (
        url,
        there,
    ):
        answer = await ConnectionPool(NO_TLS).request("POST", url, {}, b"{}", {})
        async with aclosing(answer.chunks()) as chunks:
            assert await anext(chunks) == b"yes"
        await stopped_after(ticks, asyncio.create_task(answer.aclose()))
        await all_closed(url, there)
