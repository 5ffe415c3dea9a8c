"""The benchmark's provider and its client: every token is checked, and a measurement ends whatever a server does."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.performance.bench.answers import (
    Outcome,
    comparison_stream,
    openai_stream,
    openai_whole,
    outcome,
    run_stream,
)
from tests.performance.bench.connection import Call, connect, http_request
from tests.performance.bench.pace import Order, Pace
from tests.performance.bench.provider import HOST, Provider

PACE = Pace(30)


@asynccontextmanager
async def listening(protocol: Callable[[], asyncio.Protocol]) -> AsyncIterator[str]:
    server = await asyncio.get_running_loop().create_server(protocol, HOST, 0)
    async with server:
        yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}"


def chat(order: Order, *, stream: bool, model: str = "m") -> bytes:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": order.prompt}],
        "stream": stream,
        "stream_options": {"include_usage": True},
    }
    return http_request("http://x:1", "/v1/chat/completions", json.dumps(body).encode(), {"a": "b"})


async def asked(order: Order, *, stream: bool, model: str = "m") -> Call:
    async with listening(Provider) as address:
        connection = await connect(address)
        call = await connection.call(chat(order, stream=stream, model=model), 10)
        connection.close()
    return call


async def test_the_provider_streams_what_the_prompt_asks_for_at_its_pace() -> None:
    pace = Pace(5, interval_ms=10, first_ms=20)
    found = outcome(await asked(Order(pace), stream=True), {0: pace}, openai_stream)
    assert found.failure is None
    assert found.first is not None
    assert found.last is not None
    assert found.first >= 0.02
    assert found.last >= pace.seconds


async def test_it_answers_whole_and_by_model() -> None:
    order = Order(PACE, by_model=(("other", Pace(3)),))
    assert outcome(await asked(order, stream=False), {0: PACE}, None, openai_whole).failure is None
    call = await asked(order, stream=False, model="other")
    assert outcome(call, {0: Pace(3)}, None, openai_whole).failure is None
    assert outcome(call, {0: PACE}, None, openai_whole).failure is not None


async def test_a_prompt_without_a_pace_is_refused() -> None:
    async with listening(Provider) as address:
        connection = await connect(address)
        request = http_request(address, "/v1/chat/completions", b'{"messages": [{"content": "Hi"}]}', {})
        call = await connection.call(request, 10)
        connection.close()
    assert (outcome(call, {0: PACE}, openai_stream).failure or "").startswith("status 400")


@pytest.fixture(scope="module")
def streamed() -> bytes:
    return b"".join(data for _, data in asyncio.run(asked(Order(PACE), stream=True)).pieces)


def pieces(raw: bytes, cuts: list[int]) -> Call:
    """The answer, cut there, a second between two pieces."""
    edges = [0, *sorted(cut % len(raw) for cut in cuts), len(raw)]
    return Call(0.0, [(float(i), raw[a:b]) for i, (a, b) in enumerate(pairwise(edges), 1)])


@given(cuts=st.lists(st.integers(0, 10**6), max_size=8))
def test_however_the_bytes_come_the_tokens_are_the_same(streamed: bytes, cuts: list[int]) -> None:
    call = pieces(streamed, cuts)
    found = outcome(call, {0: PACE}, openai_stream)
    assert found.failure is None
    first = streamed.index(b'{"content":" 000"')
    come = [sum(len(data) for _, data in call.pieces[: index + 1]) for index in range(len(call.pieces))]
    assert found.first == 1 + sum(end <= streamed.index(b"\n\n", first) + 1 for end in come)
    assert found.ended == len(call.pieces)


@given(at=st.integers(0, 10**6), by=st.integers(1, 255))
def test_an_answer_with_another_byte_in_a_token_is_none(streamed: bytes, at: int, by: int) -> None:
    places = [place for place in range(len(streamed)) if streamed.startswith(b'{"content":" ', place)]
    place = places[at % len(places)] + 14
    changed = bytearray(streamed)
    changed[place] = (changed[place] + by) % 256
    assert outcome(pieces(bytes(changed), []), {0: PACE}, openai_stream).failure is not None


@given(length=st.integers(0, 10**6))
def test_an_answer_that_is_cut_is_none(streamed: bytes, length: int) -> None:
    raw = streamed[: length % len(streamed)]
    call = Call(0.0, [(1.0, raw)]) if raw else Call(0.0)
    assert outcome(call, {0: PACE}, openai_stream).failure is not None


def sse(*events: tuple[str, object]) -> Call:
    body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    return Call(0.0, [(1.0, head + body)])


DONE = {"finish_reason": "stop", "stats": {"tokens_out": 2}}
TWO = Pace(2)


def test_promptyards_streams() -> None:
    whole = [("message", {"content": TWO.text[:4]}), ("message", {"content": TWO.text[4:]})]
    assert outcome(sse(*whole, ("done", DONE)), {0: TWO}, run_stream) == Outcome(1.0, 1.0, 1.0)
    assert outcome(sse(*whole), {0: TWO}, run_stream).failure is not None
    assert outcome(sse(*whole[:1], ("done", DONE)), {0: TWO}, run_stream).failure is not None
    assert outcome(sse(*whole, ("error", {})), {0: TWO}, run_stream).failure is not None
    compared = [("chunk:1", {"content": TWO.text}), ("chunk:0", {"content": TWO.text}), ("done:1", DONE)]
    both = {0: TWO, 1: TWO}
    assert outcome(sse(*compared, ("done:0", DONE), ("end", {})), both, comparison_stream).failure is None
    assert outcome(sse(*compared, ("error:0", {}), ("end", {})), both, comparison_stream).failure is not None
    assert outcome(sse(*compared[:1], ("done:1", DONE), ("end", {})), both, comparison_stream).failure is not None


class Silent(asyncio.Protocol):
    """Takes requests and says nothing."""


class Closing(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.close()


@pytest.mark.parametrize(("protocol", "says"), [(Silent, "no end"), (Closing, "closed")])
async def test_a_server_that_does_not_answer_is_a_failure(protocol: type[asyncio.Protocol], says: str) -> None:
    async with listening(protocol) as address:
        connection = await connect(address)
        call = await connection.call(b"GET / HTTP/1.1\r\n\r\n", 0.05)
    assert says in (call.failure or "")
    assert outcome(call, {0: PACE}, openai_stream) == Outcome(failure=call.failure)


@given(
    st.builds(Pace, st.integers(1, 500), st.just(0.0) | st.floats(0.01, 50), st.floats(0, 500)),
    st.lists(st.floats(0, 60), min_size=2).map(sorted),
)
def test_tokens_fall_due_one_after_another(pace: Pace, moments: list[float]) -> None:
    due = [pace.due(moment) for moment in moments]
    assert due == sorted(due)
    assert pace.due(pace.seconds + 0.001) == pace.tokens
    assert all(0 <= number <= pace.tokens for number in due)
    assert Order.of(Order(pace, (("m", pace),)).prompt) == Order(pace, (("m", pace),))
