"""Bedrock over real HTTP: boto3's client, in its thread, against a server that does what the test says."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator
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
)
from promptyard.domain.events import Finished, FinishReason, ProviderEvent, TextDelta, UsageReport
from promptyard.domain.usage import Usage
from promptyard.providers.bedrock_stream import BedrockCaller
from promptyard.providers.limits import TransportLimits
from tests.support.certificates import tls_contexts
from tests.support.fake_bedrock import (
    CUT,
    HANG,
    START,
    FakeBedrock,
    Refuse,
    Steps,
    Wait,
    Whole,
    ending,
    exception_frame,
    fake_bedrock,
    frame,
    text,
    whole_answer,
)
from tests.support.provider_calls import call, known

SOON = 5.0
MODEL = "us.anthropic.claude-sonnet-5-5"
CALL = call("bedrock", MODEL, api_key=None)


@pytest.fixture
async def server() -> AsyncIterator[FakeBedrock]:
    async with fake_bedrock() as running:
        yield running


@pytest.fixture
async def caller(server: FakeBedrock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BedrockCaller]:
    enter(server, monkeypatch)
    made = BedrockCaller()
    yield made
    await made.aclose()


def enter(server: FakeBedrock, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    # No profile of whoever runs the tests.
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)


def bedrock_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "bedrock call"]


async def no_threads_left() -> None:
    """The thread's last act is to say that it ends, so it may be there for a moment more."""
    for thread in bedrock_threads():
        await asyncio.to_thread(thread.join, SOON)
    assert bedrock_threads() == []


async def failure_of(caller: BedrockCaller) -> tuple[list[ProviderEvent], PromptyardError]:
    events: list[ProviderEvent] = []
    try:
        async with asyncio.timeout(SOON), aclosing(caller.stream(CALL)) as stream:
            async for event in stream:
                events.append(event)
    except PromptyardError as error:
        return events, error
    raise AssertionError("the call did not fail")


async def test_each_token_comes_before_the_next_is_sent(server: FakeBedrock, caller: BedrockCaller) -> None:
    seen = [asyncio.Event() for _ in range(5)]
    script: list[Steps] = [START]
    for number, read_by_caller in enumerate(seen):
        script += [text(f"{number} "), Wait(read_by_caller)]
    server.answer(*script, *ending(cacheReadInputTokens=100))
    read = []

    async with asyncio.timeout(SOON), aclosing(caller.stream(CALL)) as stream:
        async for event in stream:
            read.append(event)
            if isinstance(event, TextDelta):
                seen[int(event.text)].set()

    assert read == [
        *(TextDelta(f"{number} ") for number in range(5)),
        UsageReport(Usage(input_tokens=112, output_tokens=5, cached_tokens=100)),
        Finished(FinishReason.STOP),
    ]
    await no_threads_left()


async def test_what_is_asked_is_signed_and_goes_where_the_environment_says(
    server: FakeBedrock, caller: BedrockCaller
) -> None:
    server.answer(*whole_answer("Hi"))

    async with aclosing(caller.stream(CALL)) as stream:
        assert await anext(stream) == TextDelta("Hi")

    assert server.asked[0].path == f"/model/{MODEL}/converse-stream"
    assert server.asked[0].body == {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
    assert "/eu-central-1/bedrock/aws4_request" in server.asked[0].headers["authorization"]


async def test_a_connection_serves_one_call_after_the_other(server: FakeBedrock, caller: BedrockCaller) -> None:
    server.answer(*whole_answer("Hi"))

    for _ in range(3):
        async with aclosing(caller.stream(CALL)) as stream:
            assert [event async for event in stream][-1] == Finished(FinishReason.STOP)

    assert (len(server.asked), server.connections) == (3, 1)


async def test_calls_do_not_wait_for_each_other(server: FakeBedrock, caller: BedrockCaller) -> None:
    go_on = asyncio.Event()
    server.answer(START, text("Hi"), Wait(go_on), *ending())
    streams = [caller.stream(CALL) for _ in range(20)]

    async with asyncio.timeout(SOON):
        assert await asyncio.gather(*(anext(stream) for stream in streams)) == [TextDelta("Hi")] * 20
        go_on.set()
        for stream in streams:
            assert [event async for event in stream][-1] == Finished(FinishReason.STOP)


async def test_closing_ends_the_thread_and_the_connection(server: FakeBedrock, caller: BedrockCaller) -> None:
    server.answer(START, text("Hi"), HANG)
    stream = caller.stream(CALL)
    async with asyncio.timeout(SOON):
        assert await anext(stream) == TextDelta("Hi")

        await stream.aclose()
        await server.asked[0].client_gone.wait()

    await no_threads_left()


async def test_cancelling_before_the_answers_start_does_so_too(server: FakeBedrock, caller: BedrockCaller) -> None:
    server.answer(HANG)
    waiting = asyncio.create_task(anext(caller.stream(CALL)))
    async with asyncio.timeout(SOON):
        await server.got_request.wait()

        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await server.asked[0].client_gone.wait()

    await no_threads_left()


async def test_closing_over_tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server_context, client_context = tls_contexts(["127.0.0.1"])
    bundle = tmp_path / "ca.pem"
    bundle.write_text(ssl.DER_cert_to_PEM_cert(client_context.get_ca_certs(binary_form=True)[0]))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    async with fake_bedrock(server_context) as server, asyncio.timeout(SOON):
        enter(server, monkeypatch)
        server.answer(START, text("Hi"), HANG)
        caller = BedrockCaller()
        stream = caller.stream(CALL)
        assert await anext(stream) == TextDelta("Hi")

        await stream.aclose()
        await server.asked[0].client_gone.wait()

        await no_threads_left()
        await caller.aclose()


async def test_ending_one_call_leaves_the_others(server: FakeBedrock, caller: BedrockCaller) -> None:
    go_on = asyncio.Event()
    server.answer(START, text("Hi"), Wait(go_on), *ending())
    ended, other = caller.stream(CALL), caller.stream(CALL)
    async with asyncio.timeout(SOON):
        await asyncio.gather(anext(ended), anext(other))

        await ended.aclose()
        go_on.set()

        assert [event async for event in other][-1] == Finished(FinishReason.STOP)


async def test_a_stream_that_does_not_close_after_its_end(server: FakeBedrock, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(server, monkeypatch)
    caller = BedrockCaller(limits=TransportLimits(linger_seconds=0.05))
    server.answer(*whole_answer("Hi"), HANG)

    async with asyncio.timeout(SOON), aclosing(caller.stream(CALL)) as stream:
        assert [event async for event in stream][-1] == Finished(FinishReason.STOP)

    await no_threads_left()
    await caller.aclose()


async def test_a_model_that_does_not_stream_is_asked_for_a_whole_answer(
    server: FakeBedrock, caller: BedrockCaller
) -> None:
    server.answer(
        Whole(
            {
                "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
                "stopReason": "end_turn",
                "usage": {"inputTokens": 3, "outputTokens": 1, "totalTokens": 4},
                "metrics": {"latencyMs": 5},
            }
        )
    )
    asked = call("bedrock", "some.model", api_key=None, info=known("bedrock", "some.model", streaming=False))

    async with aclosing(caller.stream(asked)) as stream:
        assert [event async for event in stream] == [
            TextDelta("Hi"),
            UsageReport(Usage(input_tokens=3, output_tokens=1)),
            Finished(FinishReason.STOP),
        ]
    assert server.asked[0].path == "/model/some.model/converse"


@pytest.mark.parametrize(
    ("script", "error", "status", "retryable", "text_before"),
    [
        ([Refuse(429, "ThrottlingException")], ProviderRateLimited, 429, True, ""),
        ([Refuse(503, "ServiceUnavailableException")], ProviderOverloaded, 503, True, ""),
        ([Refuse(403, "ExpiredTokenException")], ProviderAuth, 403, False, ""),
        ([Refuse(400, "ValidationException")], ProviderError, 400, False, ""),
        ([Refuse(418, "TeapotException")], ProviderError, 418, False, ""),
        ([CUT], ProviderError, None, True, ""),
        ([START, text("Half an"), exception_frame("throttlingException")], ProviderRateLimited, 429, True, "Half an"),
        ([START, text("Half an"), exception_frame("internalServerException")], ProviderError, 500, True, "Half an"),
        ([START, text("Half an"), CUT], ProviderMalformed, None, True, "Half an"),
        ([START, text("Half an")], ProviderMalformed, None, True, "Half an"),
        ([START, text("Half an"), text("other")[:20], CUT], ProviderMalformed, None, True, "Half an"),
        ([START, text("Half an"), b"no frame at all " * 4], ProviderMalformed, None, False, "Half an"),
        ([START, text("Half an"), frame("contentBlockDelta", {"delta": 5})], ProviderMalformed, None, False, "Half an"),
    ],
)
async def test_failures(
    server: FakeBedrock,
    caller: BedrockCaller,
    script: list[Steps],
    error: type[ProviderError],
    status: int | None,
    retryable: bool,
    text_before: str,
) -> None:
    server.answer(*script)

    events, failure = await failure_of(caller)

    assert type(failure) is error
    assert isinstance(failure, ProviderError)
    assert (failure.status, failure.retryable) == (status, retryable)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text_before
    assert len(server.asked) == 1, "whether to ask again is not decided here"
    await no_threads_left()


async def test_when_to_come_back(server: FakeBedrock, caller: BedrockCaller) -> None:
    server.answer(Refuse(429, "ThrottlingException", headers={"Retry-After": "7"}))

    assert (await failure_of(caller))[1].retry_after == 7.0


async def test_silence_has_an_end(server: FakeBedrock, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(server, monkeypatch)
    server.answer(HANG)
    server.answer(START, text("Half an"), HANG)
    caller = BedrockCaller(limits=TransportLimits(stall_seconds=0.05))

    for text_before in ([], [TextDelta("Half an")]):
        events, failure = await failure_of(caller)
        assert events == text_before
        assert failure.message == "Bedrock went silent"
        assert failure.retryable
    await caller.aclose()


async def test_nobody_listens(server: FakeBedrock, caller: BedrockCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", f"http://127.0.0.1:{unused.getsockname()[1]}")
        failure = (await failure_of(caller))[1]

    assert (type(failure), failure.message) == (ProviderError, "Bedrock could not be connected to")


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], "No AWS credentials for Bedrock"),
        (["AWS_REGION"], "No AWS region for Bedrock"),
    ],
)
async def test_what_the_environment_lacks_is_said(
    server: FakeBedrock, caller: BedrockCaller, monkeypatch: pytest.MonkeyPatch, missing: list[str], message: str
) -> None:
    for name in missing:
        monkeypatch.delenv(name)

    failure = (await failure_of(caller))[1]

    assert isinstance(failure, MissingKey)
    assert failure.message.startswith(message)
    assert server.asked == []


async def test_what_botocore_refuses_is_named_without_its_value(server: FakeBedrock, caller: BedrockCaller) -> None:
    asked = call("bedrock", MODEL, api_key=None, extra={"requestMetadata": "the caller's words"})

    with pytest.raises(InvalidRequest) as caught:
        await anext(caller.stream(asked))

    assert "requestMetadata" in caught.value.message
    assert "the caller's words" not in caught.value.message
    assert server.asked == []
