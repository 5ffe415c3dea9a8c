"""Calls of a provider over real HTTP: what is sent, what each way to go wrong comes to, and how soon."""

import asyncio
import gzip
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from promptyard.domain.errors import (
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
    RefusedParameter,
)
from promptyard.domain.events import Finished, FinishReason, TextDelta
from promptyard.domain.usage import Usage
from promptyard.providers.gateway import Gateway
from tests.support.chat_answers import (
    DONE,
    EVENT_STREAM,
    JSON,
    broken_stream,
    chat_json,
    chat_stream,
    dripping,
    failure,
    frame,
    gated_stream,
)
from tests.support.fake_upstream import Answer, End, FakeUpstream, Pause
from tests.support.gateway_calls import LIMITS, chat, events_of, failure_of
from tests.support.provider_calls import KEY, call, known
from tests.support.signals import Signal
from tests.support.wire_replay import text_of, usage_of


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    with FakeUpstream() as server:
        yield server


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway(allow_private_endpoints="loopback", limits=LIMITS)
    yield made
    await made.aclose()


# --- What is sent -----------------------------------------------------------------------------------------------------


async def test_a_request(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hi"))
    await events_of(gateway, chat(upstream, messages="Zwölf 🐻"))
    (request,) = upstream.requests

    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["accept"] == "text/event-stream"
    assert request.headers["content-type"] == "application/json"
    assert request.json["messages"] == [{"role": "user", "content": "Zwölf 🐻"}]
    assert request.json["stream"] is True


async def test_a_model_that_does_not_stream_is_asked_for_one_answer(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(chat_json("Hi there"))
    events = await events_of(gateway, chat(upstream, info=known("openai", "gpt-x", streaming=False)))

    assert text_of(events) == "Hi there"
    assert upstream.requests[0].json["stream"] is False
    assert upstream.requests[0].headers["accept"] == "application/json"


async def test_a_large_prompt(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hi"))
    prompt = "é" * 1_000_000
    await events_of(gateway, chat(upstream, messages=prompt))

    assert upstream.requests[0].json["messages"][0]["content"] == prompt


async def test_calls_one_after_another_share_a_connection(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hi"))
    for _ in range(3):
        await events_of(gateway, chat(upstream))

    assert [request.connection for request in upstream.requests] == [1, 1, 1]


async def test_cookies_are_not_kept(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(Answer([frame({}, "stop"), DONE], headers={**EVENT_STREAM, "set-cookie": "session=1; Path=/"}))
    for _ in range(2):
        await events_of(gateway, chat(upstream))

    assert all("cookie" not in request.headers for request in upstream.requests)


# --- How soon ---------------------------------------------------------------------------------------------------------


async def test_each_event_comes_when_it_is_sent(gateway: Gateway, upstream: FakeUpstream) -> None:
    gates = [Signal(), Signal(), Signal()]
    upstream.answer(gated_stream(["one", " two", " three"], gates))
    async with aclosing(gateway.stream(chat(upstream))) as events:
        for gate, word in zip(gates, ["one", " two", " three"], strict=True):
            gate.set()
            # The next gate is still shut, so nothing but this word can have been sent.
            assert await asyncio.wait_for(anext(events), 5) == TextDelta(word)


async def test_closing_the_events_closes_the_connection_at_once(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(broken_stream("one", End.HANG))
    events = gateway.stream(chat(upstream))
    assert await anext(events) == TextDelta("one")
    closed_at = time.perf_counter()
    await events.aclose()
    (request,) = upstream.requests
    await request.client_left.wait()

    assert request.client_left_at is not None
    assert request.client_left_at - closed_at < 0.5


@pytest.mark.parametrize("script", [broken_stream("", End.HANG), Answer([End.HANG], raw=True)])
async def test_cancelling_the_task_closes_the_connection(
    gateway: Gateway, upstream: FakeUpstream, script: Answer
) -> None:
    arrived = Signal()

    def answer(_: object) -> Answer:
        arrived.set()
        return script

    upstream.answer(answer)
    task = asyncio.create_task(events_of(gateway, chat(upstream)))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await upstream.requests[0].client_left.wait()


async def test_a_broken_off_connection_is_not_used_again(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(broken_stream("one", End.HANG), times=1)
    upstream.answer(chat_stream("two"))
    async with aclosing(gateway.stream(chat(upstream))) as events:
        await anext(events)

    assert text_of(await events_of(gateway, chat(upstream))) == "two"
    assert [request.connection for request in upstream.requests] == [1, 2]


async def test_a_server_that_never_closes_does_not_hold_the_end_up(gateway: Gateway, upstream: FakeUpstream) -> None:
    whole = chat_stream("one two")
    upstream.answer(Answer([*whole.steps, End.HANG], headers=EVENT_STREAM))
    began = time.perf_counter()
    events = await events_of(gateway, chat(upstream))

    assert text_of(events) == "one two"
    assert events[-1] == Finished(FinishReason.STOP)
    assert time.perf_counter() - began < LIMITS.stall_seconds


@pytest.mark.parametrize("ending", [End.CUT, End.RESET, b"no chunk's frame"])
async def test_what_happens_after_the_terminal_event_is_no_failure(
    gateway: Gateway, upstream: FakeUpstream, ending: Any
) -> None:
    upstream.answer(Answer([*chat_stream("one two").steps, Pause(0.05), ending], headers=EVENT_STREAM))

    assert (await events_of(gateway, chat(upstream)))[-1] == Finished(FinishReason.STOP)


async def test_many_at_once_do_not_mix(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(lambda request: chat_stream(f"{request.model} " * 20, tokens_per_second=100))
    calls = [call("openai", f"model-{number}", base_url=upstream.url) for number in range(60)]
    answers = await asyncio.gather(*(events_of(gateway, asked) for asked in calls))

    assert [text_of(events) for events in answers] == [f"model-{number} " * 20 for number in range(60)]
    assert upstream.connections == 60


# --- Answers of other kinds -------------------------------------------------------------------------------------------


async def test_a_slow_drip_of_bytes_is_an_answer(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(dripping(chat_stream("Zwölf 🐻"), 0.0005))
    events = await events_of(gateway, chat(upstream))

    assert text_of(events) == "Zwölf 🐻"
    assert usage_of(events) == Usage(input_tokens=10, output_tokens=2, cached_tokens=0, reasoning_tokens=0)


async def test_one_json_answer_to_a_request_for_a_stream(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(chat_json("Hi there"))
    events = await events_of(gateway, chat(upstream))

    assert text_of(events) == "Hi there"
    assert events[-1] == Finished(FinishReason.STOP)


async def test_a_json_error_with_a_good_status(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(Answer(failure(200, "Too many", code="rate_limit_exceeded").steps, headers=JSON))
    _, error = await failure_of(gateway, chat(upstream))

    assert type(error) is ProviderRateLimited


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}, {"content-type": "application/octet-stream"}])
async def test_a_stream_without_its_type(gateway: Gateway, upstream: FakeUpstream, headers: dict[str, str]) -> None:
    upstream.answer(Answer(chat_stream("Hi there").steps, headers=headers))

    assert text_of(await events_of(gateway, chat(upstream))) == "Hi there"


async def test_a_body_that_only_the_connections_close_ends(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(Answer(chat_stream("Hi there").steps, headers=EVENT_STREAM, chunked=False))

    assert text_of(await events_of(gateway, chat(upstream))) == "Hi there"


# --- Failures ---------------------------------------------------------------------------------------------------------

GZIPPED = gzip.compress(b"\0" * 10_000_000)


@pytest.mark.parametrize(
    ("script", "text", "kind", "retryable", "message"),
    [
        (broken_stream("one two", End.CUT), "one two", ProviderMalformed, True, "before the answer was complete"),
        (broken_stream("one two", End.RESET), "one two", ProviderMalformed, True, "before the answer was complete"),
        (broken_stream("one two"), "one two", ProviderMalformed, True, "before the answer was complete"),
        (broken_stream("one two", End.HANG), "one two", ProviderError, True, "went silent"),
        (broken_stream("one", b"data: {garbage\n\n"), "one", ProviderMalformed, False, "cannot be read"),
        (broken_stream("one", b"data: " + b"a" * 50_000), "one", ProviderMalformed, False, "a line of over 50000"),
        (broken_stream("one", *[b": comment\n" * 1000] * 30), "one", ProviderMalformed, False, "over 200000 bytes"),
        (broken_stream("one", b'{\n "error": {"message": "No more"}\n}'), "one", ProviderError, True, "No more"),
        (Answer([b" " * 10_000] * 30, headers=JSON), "", ProviderMalformed, False, "over 200000 bytes"),
        (Answer([b"{}"], headers=JSON), "", ProviderMalformed, False, "cannot be read"),
        (Answer([End.CUT], raw=True), "", ProviderError, True, "closed the connection before it answered"),
        (Answer([End.RESET], raw=True), "", ProviderError, True, "closed the connection before it answered"),
        (Answer([End.HANG], raw=True), "", ProviderError, True, "went silent"),
        (Answer([b"SSH-2.0-OpenSSH_9.9\r\n"], raw=True), "", ProviderError, True, "closed the connection before"),
        (Answer([b"<html>"], headers={"content-type": "text/html"}), "", ProviderMalformed, False, "a web page"),
        (Answer([GZIPPED], headers={**JSON, "content-encoding": "gzip"}), "", ProviderMalformed, False, "compressed"),
        (Answer([GZIPPED], 500, {**JSON, "content-encoding": "gzip"}), "", ProviderError, True, "status 500"),
        (Answer([b"a" * 10_000] * 20, 502), "", ProviderError, True, "status 502"),
        (Answer([b'{"error"', End.CUT], 503, JSON), "", ProviderOverloaded, True, "status 503"),
        (Answer([], 307, {"location": "/v1/elsewhere"}), "", ProviderError, False, "redirect"),
    ],
    ids=lambda value: value if isinstance(value, str) and value else "",
)
async def test_a_failure(
    gateway: Gateway, upstream: FakeUpstream, script: Answer, text: str, kind: type, retryable: bool, message: str
) -> None:
    upstream.answer(script)
    came, error = await failure_of(gateway, chat(upstream))

    assert came == text
    assert type(error) is kind
    assert error.retryable is retryable
    assert message in error.message
    assert len(upstream.requests) == 1
    shown = "".join(traceback.format_exception(error))
    assert KEY not in shown
    assert str(upstream.port) not in shown
    assert "httpx" not in shown


async def test_a_port_where_nobody_listens(gateway: Gateway) -> None:
    with FakeUpstream() as gone:
        asked = chat(gone)
    _, error = await failure_of(gateway, asked)

    assert error.message == "Openai could not be connected to"
    assert error.retryable


@pytest.mark.parametrize("base_url", ["not a url", "ftp://files.example", "http://[::1", ""])
async def test_a_base_url_that_is_none(gateway: Gateway, base_url: str) -> None:
    _, error = await failure_of(gateway, call("openai", "gpt-x", base_url=base_url))

    assert error.message == "The base URL of Openai is not an http(s) URL"
    assert not error.retryable


async def test_retry_after_as_a_date(gateway: Gateway, upstream: FakeUpstream) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=30)
    upstream.answer(failure(429, code="rate_limit_exceeded", retry_after=format_datetime(moment, usegmt=True)))
    _, error = await failure_of(gateway, chat(upstream))

    assert error.retry_after == pytest.approx(30, abs=3)


async def test_a_refused_parameter_is_the_requests_fault(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(failure(400, "Only 1 is taken.", code="unsupported_value", param="temperature"))

    with pytest.raises(RefusedParameter) as caught:
        await events_of(gateway, chat(upstream, temperature=0.5))
    assert caught.value.loc == ("body", "parameters", "temperature")
    assert "Only 1 is taken." in caught.value.message

    _, error = await failure_of(gateway, chat(upstream))  # not one that the caller gave
    assert error.status == 400
