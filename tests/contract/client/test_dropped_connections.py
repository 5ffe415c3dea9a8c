"""The client's streams, whose connections are dropped at random points: before the answer's head, in a frame, between
two, with an error or without a word. What is read is whole, and is run once."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from promptyard import AsyncClient, Client
from promptyard_cli.client import Done, Failed, StreamLost, Text
from promptyard_cli.client.asynchronous import streams as asynchronous_streams
from promptyard_cli.client.synchronous import streams as synchronous_streams
from tests.support.servers.server import RunningServer

STREAMS = [12, pytest.param(100, marks=pytest.mark.hard)]
AT_ONCE = 10


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (asynchronous_streams, synchronous_streams):
        monkeypatch.setattr(module, "pause_seconds", lambda _attempt: 0.001)


class Fate:
    """When the connections of one client are dropped; it counts how often."""

    def __init__(self, seed: float) -> None:
        self._dice = random.Random(seed)
        self.drops = 0

    def before_head(self) -> None:
        if self._dice.random() < 0.1:
            self.drops += 1
            raise httpx.ReadError("dropped before the head")

    def bytes_left(self) -> int:
        return self._dice.randint(0, self._dice.choice([100, 1000, 1000, 20_000]))

    def cut(self) -> None:
        self.drops += 1
        if self._dice.random() < 0.7:
            raise self._dice.choice([httpx.ReadError, httpx.RemoteProtocolError, httpx.ReadTimeout])("dropped")


class DroppedBody(httpx.SyncByteStream):
    def __init__(self, body: httpx.SyncByteStream, fate: Fate) -> None:
        self._body, self._fate = body, fate

    def __iter__(self) -> Iterator[bytes]:
        left = self._fate.bytes_left()
        for piece in self._body:
            yield piece[:left]
            left -= len(piece)
            if left < 0:
                self._fate.cut()
                return

    def close(self) -> None:
        self._body.close()


class Dropping(httpx.HTTPTransport):
    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self._fate = fate

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        try:
            self._fate.before_head()
        except httpx.ReadError:
            response.close()
            raise
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = DroppedBody(response.stream, self._fate)
        return response


class AsyncDroppedBody(httpx.AsyncByteStream):
    def __init__(self, body: httpx.AsyncByteStream, fate: Fate) -> None:
        self._body, self._fate = body, fate

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._fate.bytes_left()
        async for piece in self._body:
            yield piece[:left]
            left -= len(piece)
            if left < 0:
                self._fate.cut()
                return

    async def aclose(self) -> None:
        await self._body.aclose()


class AsyncDropping(httpx.AsyncHTTPTransport):
    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self._fate = fate

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        try:
            self._fate.before_head()
        except httpx.ReadError:
            await response.aclose()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = AsyncDroppedBody(response.stream, self._fate)
        return response


def prompt(number: int) -> str:
    return f"Explain stream {number}: " + " ".join(f"word{place}" for place in range(60))


def delay(number: int) -> dict[str, object]:
    return {"extra": {"delay_ms": number % 4}}


@pytest.mark.parametrize("count", STREAMS)
def test_dropped_streams_are_whole_and_run_once(server: RunningServer, count: int) -> None:
    dice = random.Random(20_261_129)
    fates = [Fate(dice.random()) for _ in range(count)]

    def read(number: int) -> str:
        with Client(server.url, transport=Dropping(fates[number])) as client:
            with client.stream(
                model="demo/echo", prompt_text=prompt(number), parameters={"extra": {"delay_ms": number % 4}}
            ) as stream:
                text = "".join(stream.texts())
            assert stream.result is not None
            assert stream.result["message"] is not None
            assert stream.result["message"]["content"] == text
            return text

    with ThreadPoolExecutor(AT_ONCE) as pool:
        texts = list(pool.map(read, range(count)))

    assert texts == [prompt(number) for number in range(count)]
    assert sum(fate.drops for fate in fates) > count
    assert server.client.get("/api/v1/playground/history").json()["total"] == count


async def test_dropped_comparisons_are_whole_for_asyncio_too(server: RunningServer) -> None:
    dice = random.Random(20_261_130)

    async def read(number: int) -> None:
        texts = {0: "", 1: ""}
        async with AsyncClient(server.url, transport=AsyncDropping(Fate(dice.random()))) as client:
            targets = [{"model": "demo/echo"}, {"model": "demo/echo"}, {"model": "nobody"}]
            stream = client.stream_comparison(prompt_text=prompt(number), targets=targets, parameters=delay(number))
            async with stream:
                async for event in stream:
                    if isinstance(event, Text):
                        texts[event.index] += event.text
        assert texts == {0: prompt(number), 1: prompt(number)}
        assert [type(stream.results[index]) for index in range(3)] == [Done, Done, Failed]

    await asyncio.gather(*(read(number) for number in range(5)))
    assert server.client.get("/api/v1/playground/history").json()["total"] == 15


def test_a_stream_that_is_not_kept_any_more_is_said_to_be_lost(server: RunningServer) -> None:
    class Forgotten(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                response = super().handle_request(request)
                assert isinstance(response.stream, httpx.SyncByteStream)
                response.stream = DroppedBody(response.stream, _At(120))
                return response
            return httpx.Response(404, json={"detail": "not kept", "error": {"code": "not_found"}})

    class _At(Fate):
        def __init__(self, count: int) -> None:
            super().__init__(0)
            self._count = count

        def bytes_left(self) -> int:
            return self._count

    with (
        Client(server.url, transport=Forgotten()) as client,
        client.stream(model="demo/echo", prompt_text=prompt(1)) as stream,
        pytest.raises(StreamLost, match="not kept"),
    ):
        list(stream)
