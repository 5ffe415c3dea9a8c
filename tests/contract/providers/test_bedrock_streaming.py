"""Bedrock over real HTTP: boto3's client, in its thread, against a server that does what the test says."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from promptyard.domain.errors import (
    InvalidRequest,
    MissingKey,
    PromptyardError,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
    ProviderUnreachable,
)
from promptyard.domain.models.provider_events import Finished, FinishReason, ProviderEvent, TextDelta, UsageReport
from promptyard.domain.models.usage import Usage
from promptyard.providers.gateway import Gateway
from promptyard.providers.network.limits import TransportLimits
from promptyard.providers.wires import bedrock_client
from promptyard.providers.wires.bedrock_stream import BedrockConnection
from tests.support.doubles.event_batches import one_by_one
from tests.support.samples.provider_calls import call, known
from tests.support.servers.certificates import tls_contexts
from tests.support.servers.fake_bedrock import (
    bedrock_answer,
    bedrock_error,
    bedrock_stream,
    ending,
    environment,
    exception_frame,
    frame,
    text,
)
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream, Received, Step
from tests.support.servers.signals import PATIENCE_SECONDS, Signal
from tests.support.servers.wire_replay import text_of

SOON = PATIENCE_SECONDS
MODEL = "us.anthropic.claude-sonnet-5-5"
CALL = call("bedrock", MODEL, api_key=None)
SILENCE = Answer([End.HANG], raw=True)


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeUpstream]:
    with FakeUpstream() as server:
        enter(server.url, monkeypatch)
        yield server


@pytest.fixture
async def connection(upstream: FakeUpstream) -> AsyncIterator[BedrockConnection]:
    made = BedrockConnection(limits=TransportLimits(linger_seconds=0.2))
    yield made
    made.close()


def enter(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment(url).items():
        monkeypatch.setenv(name, value)


def bedrock_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "bedrock call"]


async def no_threads_left() -> None:
    """The thread's last act is to say that it ends, so it may be there for a moment more."""
    for thread in bedrock_threads():
        await asyncio.to_thread(thread.join, SOON)
    assert bedrock_threads() == []


async def events_of(connection: BedrockConnection) -> list[ProviderEvent]:
    async with asyncio.timeout(SOON), aclosing(one_by_one(connection.prepare(CALL).stream())) as stream:
        return [event async for event in stream]


async def failure_of(connection: BedrockConnection) -> tuple[str, PromptyardError]:
    """The text that came, and the error."""
    events: list[ProviderEvent] = []
    try:
        async with asyncio.timeout(SOON), aclosing(one_by_one(connection.prepare(CALL).stream())) as stream:
            async for event in stream:
                events.append(event)
    except PromptyardError as error:
        return text_of(events), error
    raise AssertionError("the call did not fail")


async def test_each_token_comes_before_the_next_is_sent(upstream: FakeUpstream, connection: BedrockConnection) -> None:
    read = [Signal() for _ in range(5)]
    steps: list[Step] = []
    for number, signal in enumerate(read):
        steps += [text(f"{number} "), signal]
    upstream.answer(bedrock_stream(*steps, *ending(cacheReadInputTokens=100)))
    events = []

    async with asyncio.timeout(SOON), aclosing(one_by_one(connection.prepare(CALL).stream())) as stream:
        async for event in stream:
            events.append(event)
            if isinstance(event, TextDelta):
                read[int(event.text)].set()

    assert events == [
        *(TextDelta(f"{number} ") for number in range(5)),
        UsageReport(Usage(input_tokens=112, output_tokens=5, cached_tokens=100)),
        Finished(FinishReason.STOP),
    ]
    await no_threads_left()


async def test_what_is_asked_is_signed_and_goes_where_the_environment_says(
    upstream: FakeUpstream, connection: BedrockConnection
) -> None:
    upstream.answer(bedrock_stream(text("Hi"), *ending()))

    assert text_of(await events_of(connection)) == "Hi"

    (request,) = upstream.requests
    assert request.path == f"/model/{MODEL}/converse-stream"
    assert request.json == {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
    assert "/eu-central-1/bedrock/aws4_request" in request.headers["authorization"]


async def test_a_connection_serves_one_call_after_the_other(
    upstream: FakeUpstream, connection: BedrockConnection
) -> None:
    upstream.answer(bedrock_stream(text("Hi"), *ending()))

    for _ in range(3):
        assert text_of(await events_of(connection)) == "Hi"

    assert [request.connection for request in upstream.requests] == [1, 1, 1]


async def test_calls_do_not_wait_for_each_other(upstream: FakeUpstream, connection: BedrockConnection) -> None:
    go_on = Signal()
    upstream.answer(bedrock_stream(text("Hi"), go_on, *ending()))
    streams = [one_by_one(connection.prepare(CALL).stream()) for _ in range(20)]

    async with asyncio.timeout(SOON):
        assert await asyncio.gather(*(anext(stream) for stream in streams)) == [TextDelta("Hi")] * 20
        go_on.set()
        for stream in streams:
            assert [event async for event in stream][-1] == Finished(FinishReason.STOP)


async def test_closing_ends_the_thread_and_the_connection(
    upstream: FakeUpstream, connection: BedrockConnection
) -> None:
    upstream.answer(bedrock_stream(text("Hi"), End.HANG))
    stream = one_by_one(connection.prepare(CALL).stream())
    assert await asyncio.wait_for(anext(stream), SOON) == TextDelta("Hi")

    await asyncio.wait_for(stream.aclose(), SOON)

    await upstream.requests[0].client_left.wait()
    await no_threads_left()


@pytest.mark.parametrize("script", [SILENCE, bedrock_stream(End.HANG)])
async def test_cancelling_before_the_first_token_does_so_too(
    upstream: FakeUpstream, connection: BedrockConnection, script: Answer
) -> None:
    arrived = Signal()

    def answer(_: Received) -> Answer:
        arrived.set()
        return script

    upstream.answer(answer)
    waiting = asyncio.create_task(events_of(connection))
    await arrived.wait()

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, SOON)

    await upstream.requests[0].client_left.wait()
    await no_threads_left()


async def test_closing_over_tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server_context, client_context = tls_contexts(["127.0.0.1"])
    bundle = tmp_path / "ca.pem"
    bundle.write_text(ssl.DER_cert_to_PEM_cert(client_context.get_ca_certs(binary_form=True)[0]))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    connection = BedrockConnection()
    with FakeUpstream(server_context) as upstream:
        enter(upstream.url, monkeypatch)
        upstream.answer(bedrock_stream(text("Hi"), End.HANG))
        stream = one_by_one(connection.prepare(CALL).stream())
        assert await asyncio.wait_for(anext(stream), SOON) == TextDelta("Hi")

        await asyncio.wait_for(stream.aclose(), SOON)

        await upstream.requests[0].client_left.wait()
        await no_threads_left()
    connection.close()


async def test_cancelling_while_tls_is_agreed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a server that speaks none, and waits for more."""
    greeted, left = asyncio.Event(), asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            greeted.set()
        left.set()
        writer.close()

    connection = BedrockConnection(limits=TransportLimits(connect_seconds=100 * SOON))
    async with asyncio.timeout(SOON), await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        enter(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", monkeypatch)
        waiting = asyncio.create_task(events_of(connection))
        await greeted.wait()

        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

        await left.wait()
        await no_threads_left()
    connection.close()


async def test_what_cannot_be_ended_is_not_waited_for(
    connection: BedrockConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a look-up of names or of credentials."""
    looking_up, found = Signal(), Signal()

    def slow_client(*_: object) -> None:
        looking_up.set()
        found.wait_blocking()
        raise ProviderError("not found")

    monkeypatch.setattr(bedrock_client, "make_client", slow_client)
    waiting = asyncio.create_task(events_of(connection))
    await looking_up.wait()
    began = time.monotonic()

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert time.monotonic() - began < 1
    assert [thread.daemon for thread in bedrock_threads()] == [True]  # nor by a process that ends
    found.set()
    await no_threads_left()


async def test_ending_one_call_leaves_the_others(upstream: FakeUpstream, connection: BedrockConnection) -> None:
    go_on = Signal()
    upstream.answer(bedrock_stream(text("Hi"), go_on, *ending()))
    ended, other = one_by_one(connection.prepare(CALL).stream()), one_by_one(connection.prepare(CALL).stream())
    async with asyncio.timeout(SOON):
        await asyncio.gather(anext(ended), anext(other))

        await ended.aclose()
        go_on.set()

        assert [event async for event in other][-1] == Finished(FinishReason.STOP)


@pytest.mark.parametrize("after", [End.HANG, End.CUT])
async def test_what_happens_after_the_last_event_is_no_failure(
    upstream: FakeUpstream, connection: BedrockConnection, after: End
) -> None:
    upstream.answer(bedrock_stream(text("Hi"), *ending(), after))

    assert (await events_of(connection))[-1] == Finished(FinishReason.STOP)

    await no_threads_left()


async def test_what_said_why_it_ends_and_falls_silent_has_ended(upstream: FakeUpstream) -> None:
    *said, _ = ending()
    upstream.answer(bedrock_stream(text("Hi"), *said, End.HANG))
    connection = BedrockConnection(limits=TransportLimits(usage_linger_seconds=0.05))

    assert await events_of(connection) == [TextDelta("Hi"), Finished(FinishReason.STOP)]

    await no_threads_left()
    connection.close()


async def test_a_model_that_does_not_stream_is_asked_for_a_whole_answer(
    upstream: FakeUpstream, connection: BedrockConnection
) -> None:
    upstream.answer(bedrock_answer("Hi"))
    asked = call("bedrock", "some.model", api_key=None, info=known("bedrock", "some.model", streaming=False))

    async with aclosing(one_by_one(connection.prepare(asked).stream())) as stream:
        assert [event async for event in stream] == [
            TextDelta("Hi"),
            UsageReport(Usage(input_tokens=12, output_tokens=5)),
            Finished(FinishReason.STOP),
        ]
    assert upstream.requests[0].path == "/model/some.model/converse"


HALF = text("Half an")


@pytest.mark.parametrize(
    ("script", "error", "status", "retryable", "text_before"),
    [
        (bedrock_error(429, "ThrottlingException"), ProviderRateLimited, 429, True, ""),
        (bedrock_error(503, "ServiceUnavailableException"), ProviderOverloaded, 503, True, ""),
        (bedrock_error(403, "ExpiredTokenException"), ProviderAuth, 403, False, ""),
        (bedrock_error(400, "ValidationException"), ProviderError, 400, False, ""),
        (bedrock_error(418, "TeapotException"), ProviderError, 418, False, ""),
        (Answer([End.CUT], raw=True), ProviderError, None, True, ""),
        (Answer([b"no HTTP at all\r\n\r\n"], raw=True), ProviderError, None, True, ""),
        (bedrock_stream(HALF, exception_frame("throttlingException")), ProviderRateLimited, 429, True, "Half an"),
        (bedrock_stream(HALF, exception_frame("internalServerException")), ProviderError, 500, True, "Half an"),
        (bedrock_stream(HALF, End.CUT), ProviderMalformed, None, True, "Half an"),
        (bedrock_stream(HALF, End.RESET), ProviderMalformed, None, True, "Half an"),
        (bedrock_stream(HALF), ProviderMalformed, None, True, "Half an"),
        (bedrock_stream(HALF, text("other")[:20], End.CUT), ProviderMalformed, None, True, "Half an"),
        (bedrock_stream(HALF, b"no frame at all " * 4), ProviderMalformed, None, False, "Half an"),
        (bedrock_stream(HALF, frame("contentBlockDelta", {"delta": 5})), ProviderMalformed, None, False, "Half an"),
        (bedrock_stream(HALF, frame("messageStop", {})), ProviderMalformed, None, True, "Half an"),
    ],
)
async def test_failures(
    upstream: FakeUpstream,
    connection: BedrockConnection,
    script: Answer,
    error: type[ProviderError],
    status: int | None,
    retryable: bool,
    text_before: str,
) -> None:
    upstream.answer(script)

    came, failure = await failure_of(connection)

    assert type(failure) is error
    assert isinstance(failure, ProviderError)
    assert (failure.status, failure.retryable) == (status, retryable)
    assert came == text_before
    assert len(upstream.requests) == 1, "whether to ask again is not decided here"
    await no_threads_left()


async def test_when_to_come_back(upstream: FakeUpstream, connection: BedrockConnection) -> None:
    upstream.answer(bedrock_error(429, "ThrottlingException", {"Retry-After": "7"}))

    assert (await failure_of(connection))[1].retry_after == 7.0


@pytest.mark.parametrize(("script", "text_before"), [(SILENCE, ""), (bedrock_stream(HALF, End.HANG), "Half an")])
async def test_silence_has_an_end(upstream: FakeUpstream, script: Answer, text_before: str) -> None:
    upstream.answer(script)
    connection = BedrockConnection(limits=TransportLimits(stall_seconds=0.05))

    came, failure = await failure_of(connection)

    assert (came, failure.message, failure.retryable) == (text_before, "Bedrock went silent", True)
    connection.close()


async def test_a_port_where_nobody_listens(connection: BedrockConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", f"http://127.0.0.1:{unused.getsockname()[1]}")
        failure = (await failure_of(connection))[1]

    assert (type(failure), failure.message) == (ProviderUnreachable, "Bedrock could not be connected to")


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], "No AWS credentials for Bedrock"),
        (["AWS_REGION"], "No AWS region for Bedrock"),
    ],
)
async def test_what_the_environment_lacks_is_said(
    upstream: FakeUpstream,
    connection: BedrockConnection,
    monkeypatch: pytest.MonkeyPatch,
    missing: list[str],
    message: str,
) -> None:
    for name in missing:
        monkeypatch.delenv(name)

    failure = (await failure_of(connection))[1]

    assert isinstance(failure, MissingKey)
    assert failure.message.startswith(message)
    assert upstream.requests == []


async def test_what_botocore_refuses_is_named_without_its_value(
    upstream: FakeUpstream, connection: BedrockConnection
) -> None:
    asked = call("bedrock", MODEL, api_key=None, extra={"requestMetadata": "the caller's words"})

    with pytest.raises(InvalidRequest) as caught:
        await anext(one_by_one(connection.prepare(asked).stream()))

    assert "requestMetadata" in caught.value.message
    assert "the caller's words" not in caught.value.message
    assert upstream.requests == []


async def test_the_gateway_calls_it(upstream: FakeUpstream) -> None:
    upstream.answer(bedrock_stream(text("Hi"), *ending()))
    gateway = Gateway()

    gateway.prepare(CALL)
    async with aclosing(one_by_one(gateway.prepare(CALL).stream())) as stream:
        assert text_of([event async for event in stream]) == "Hi"
    await gateway.aclose()
