"""The four wires over HTTP, as llmock speaks and breaks them."""

import json
from typing import Any

import pytest
from llmock.pytest_plugin import LLMock

from promptyard.domain.errors import (
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
)
from promptyard.domain.models.provider_events import Finished, FinishReason, TextDelta
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.gateway import Gateway
from tests.support.aws.gateway_calls import events_of, failure_of
from tests.support.samples.provider_calls import call, known
from tests.support.servers.wire_replay import text_of, tool_calls_of, usage_of

WIRES = ["openai", "responses", "anthropic", "google"]


def wire_call(llmock: LLMock, wire: str, *, streaming: bool = True, **given: Any) -> ProviderCall:
    provider = "openai" if wire == "responses" else wire
    info = known(provider, "m", streaming=streaming, responses_only=wire == "responses", reasoning="level")
    base_url = llmock.base_url("gemini" if wire == "google" else provider)
    return call(provider, "m", base_url=base_url, info=info, **given)


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("wire", WIRES)
async def test_an_answer(gateway: Gateway, llmock: LLMock, wire: str, streaming: bool) -> None:
    llmock.reply("Zwölf Bären 🐻\n\nessen.")
    events = await events_of(gateway, wire_call(llmock, wire, streaming=streaming))

    assert text_of(events) == "Zwölf Bären 🐻\n\nessen."
    assert (sum(isinstance(event, TextDelta) for event in events) > 1) is streaming
    assert [event for event in events if isinstance(event, Finished)] == [Finished(FinishReason.STOP)]
    counted = usage_of(events)
    assert counted is not None
    assert counted.total_tokens is not None


@pytest.mark.parametrize("wire", WIRES)
async def test_a_tool_call(gateway: Gateway, llmock: LLMock, wire: str) -> None:
    llmock.call_tool("get_weather", {"city": "Zürich"})
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
    events = await events_of(gateway, wire_call(llmock, wire, tools=[tool]))
    ((_, name, arguments),) = tool_calls_of(events).values()

    assert name == "get_weather"
    assert json.loads(arguments) == {"city": "Zürich"}
    assert Finished(FinishReason.TOOL) in events


@pytest.mark.parametrize("wire", WIRES)
async def test_a_rate_limit_says_when_to_come_back(gateway: Gateway, llmock: LLMock, wire: str) -> None:
    llmock.rate_limit(retry_after=2)
    _, error = await failure_of(gateway, wire_call(llmock, wire))

    assert type(error) is ProviderRateLimited
    assert (error.status, error.retryable, error.retry_after) == (429, True, 2)


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (401, ProviderAuth, False),
        (404, ProviderError, False),
        (500, ProviderError, True),
        (503, ProviderOverloaded, True),
    ],
)
@pytest.mark.parametrize("wire", WIRES)
async def test_an_errors_status(
    gateway: Gateway, llmock: LLMock, wire: str, status: int, kind: type, retryable: bool
) -> None:
    llmock.fail(status, message="As it happens")
    _, error = await failure_of(gateway, wire_call(llmock, wire))

    assert type(error) is kind
    assert (error.status, error.retryable, error.message) == (status, retryable, "As it happens")


@pytest.mark.parametrize("fault", ["disconnect", "truncate", "corrupt", "stall"])
@pytest.mark.parametrize("wire", WIRES)
async def test_a_stream_that_breaks_off_has_failed(gateway: Gateway, llmock: LLMock, wire: str, fault: str) -> None:
    # After seven chunks all wires are in the middle of the text; some begin with events that hold none.
    llmock.reply("one two three four five six seven eight nine ten")
    getattr(llmock, fault)(after_chunks=7)
    text, error = await failure_of(gateway, wire_call(llmock, wire))

    assert text.startswith("one")
    assert "ten" not in text
    assert isinstance(error, ProviderMalformed) is (fault != "stall")
    assert error.retryable is (fault != "corrupt")
