"""Calls of a provider over real HTTP: what is sent, how soon events come, and which forms of an answer are taken."""

import asyncio
import time
from contextlib import aclosing
from typing import Any

import pytest

from promptyard.domain.errors import (
    ProviderRateLimited,
)
from promptyard.domain.models.provider_events import Finished, FinishReason, TextDelta
from promptyard.domain.models.usage import Usage
from promptyard.providers.gateway import Gateway
from tests.support.aws.gateway_calls import LIMITS, chat, events_of, failure_of
from tests.support.doubles.event_batches import one_by_one
from tests.support.samples.chat_answers import (
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
from tests.support.samples.provider_calls import KEY, call, known
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream, Pause
from tests.support.servers.signals import Signal
from tests.support.servers.wire_replay import text_of, usage_of

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
    async with aclosing(one_by_one(gateway.prepare(chat(upstream)).stream())) as events:
        for gate, word in zip(gates, ["one", " two", " three"], strict=True):
            gate.set()
            # The next gate is still shut, so nothing but this word can have been sent.
            assert await asyncio.wait_for(anext(events), 5) == TextDelta(word)


async def test_closing_the_events_closes_the_connection_at_once(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(broken_stream("one", End.HANG))
    events = one_by_one(gateway.prepare(chat(upstream)).stream())
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
    async with aclosing(one_by_one(gateway.prepare(chat(upstream)).stream())) as events:
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
