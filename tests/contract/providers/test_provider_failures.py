"""Calls of a provider over real HTTP that go wrong: each way has its error, and none leaks or lingers."""

import gzip
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from promptyard.domain.errors import (
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    RefusedParameter,
)
from promptyard.providers.gateway import Gateway
from tests.support.aws.gateway_calls import chat, events_of, failure_of
from tests.support.samples.chat_answers import (
    JSON,
    broken_stream,
    failure,
)
from tests.support.samples.provider_calls import KEY, call
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream

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


@pytest.mark.parametrize(
    "script",
    [
        Answer([End.HANG], 307),
        Answer([b"<html>", End.HANG], headers={"content-type": "text/html"}),
        Answer([GZIPPED, End.HANG], headers={**JSON, "content-encoding": "gzip"}),
        Answer([b"a" * 100_000, End.HANG], 500),
    ],
)
async def test_an_answer_that_is_not_read_to_its_end_is_hung_up_on(
    gateway: Gateway, upstream: FakeUpstream, script: Answer
) -> None:
    upstream.answer(script)
    await failure_of(gateway, chat(upstream))

    await upstream.requests[0].client_left.wait()


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
