"""The Responses adapter: what it sends, and what it makes of recorded answers."""

import json
from typing import Any

import pytest

from promptyard.domain.errors import (
    InvalidRequest,
    ProviderError,
    ProviderMalformed,
    ProviderRateLimited,
    RefusedParameter,
)
from promptyard.domain.models.provider_events import Finished, FinishReason, UsageReport
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import SseEvent
from promptyard.providers.wires import openai_responses
from tests.support.samples.provider_calls import KEY, call, known
from tests.support.servers.wire_replay import (
    FIXTURES,
    every_split,
    replay,
    replay_failing,
    text_of,
    tool_calls_of,
    usage_of,
)

RECORDED = FIXTURES / "openai_responses"
PRO = known("openai", "gpt-5.5-pro", sampling=False, reasoning="effort", images=True, responses_only=True)
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


def body(**given: Any) -> dict[str, Any]:
    return openai_responses.build_request(call("openai", "gpt-5.5-pro", **given), stream=True).body


# --- Requests --------------------------------------------------------------------------------------------------------


def test_a_plain_prompt_that_is_not_kept() -> None:
    request = openai_responses.build_request(call("openai", "gpt-5.5-pro"), stream=False)

    assert request.url == "https://provider.example/responses"
    assert request.headers == {"authorization": f"Bearer {KEY}"}
    assert request.body == {
        "model": "gpt-5.5-pro",
        "input": [{"role": "user", "content": "Hello"}],
        "stream": False,
        "store": False,
    }


def test_every_parameter() -> None:
    tool = {"name": "now", "description": "The time", "parameters": {"type": "object"}}
    sent = body(
        temperature=0.2,
        top_p=0.5,
        max_tokens=50,
        reasoning_effort="high",
        response_format={"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}}},
        tools=[{"type": "function", "function": tool}, {"type": "function", "function": {"name": "f", "strict": True}}],
        extra={"service_tier": "flex", "reasoning": {"summary": "auto"}},
    )

    assert (sent["temperature"], sent["top_p"], sent["max_output_tokens"]) == (0.2, 0.5, 50)
    assert sent["reasoning"] == {"effort": "high", "summary": "auto"}
    assert sent["text"] == {"format": {"type": "json_schema", "name": "city", "schema": {"type": "object"}}}
    assert sent["tools"] == [
        {"type": "function", **tool, "strict": False},
        {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": True},
    ]
    assert sent["service_tier"] == "flex"


def test_any_json() -> None:
    assert body(response_format={"type": "json_object"})["text"] == {"format": {"type": "json_object"}}


@pytest.mark.parametrize(
    ("name", "given"),
    [("stop", {"stop": "END"}), ("seed", {"seed": 0}), ("temperature", {"temperature": 1.0, "info": PRO})],
)
def test_what_it_does_not_take_is_refused_by_name(name: str, given: dict[str, Any]) -> None:
    with pytest.raises(RefusedParameter) as caught:
        body(**given)
    assert caught.value.name == name


def test_a_schema_of_another_form_is_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        body(response_format={"type": "json_schema", "schema": {}})
    assert caught.value.loc == ("body", "parameters", "response_format")


def test_extra_cannot_have_the_conversation_kept() -> None:
    with pytest.raises(InvalidRequest):
        body(extra={"store": True})


def test_a_conversation_becomes_items() -> None:
    sent = body(
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Which?"}, PICTURE]},
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "I'll look."}],
                "tool_calls": [{"id": "a", "function": {"name": "now", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "a", "content": "12:00"},
        ]
    )

    assert sent["input"] == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Which?"},
                {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "auto"},
            ],
        },
        {"role": "assistant", "content": "I'll look."},
        {"type": "function_call", "call_id": "a", "name": "now", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "12:00"},
    ]


# --- Answers ---------------------------------------------------------------------------------------------------------


def usage(read: int, written: int, cached: int = 0, reasoning: int = 0) -> Usage:
    return Usage(
        input_tokens=read,
        output_tokens=written,
        cached_tokens=cached,
        cache_write_tokens=0,
        reasoning_tokens=reasoning,
    )


STREAMS = {
    "text_cached": ("Zwölf Bären 🐻 essen\u2028Honig", FinishReason.STOP, usage(2257, 81, 2048, 64)),
    "tool_calls": ("", FinishReason.TOOL, usage(93, 41)),
    "refusal": ("I can't help with that.", FinishReason.FILTER, usage(21, 10)),
    "incomplete": ("One two", FinishReason.LENGTH, usage(9, 2)),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_recorded_stream_however_it_is_cut(name: str) -> None:
    text, reason, counted = STREAMS[name]
    recorded = (RECORDED / f"{name}.sse").read_bytes()
    whole = replay(openai_responses.new_parser, [recorded])

    assert text_of(whole) == text
    assert usage_of(whole) == counted
    assert [event for event in whole if isinstance(event, Finished)] == [Finished(reason)]
    for chunks in every_split(recorded):
        assert replay(openai_responses.new_parser, chunks) == whole


def test_tool_calls_are_put_together() -> None:
    events = replay(openai_responses.new_parser, [(RECORDED / "tool_calls.sse").read_bytes()])

    assert tool_calls_of(events) == {
        0: ("call_1aZ", "get_weather", '{"location":"Zürich"}'),
        1: ("call_2bY", "get_time", "{}"),
    }


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("failed", ProviderError, "The model failed"),
        ("error_event", ProviderRateLimited, "Rate limit reached"),
        ("truncated", ProviderMalformed, "before the answer was complete"),
    ],
)
def test_a_stream_that_fails_midway_keeps_what_came(name: str, kind: type, message: str) -> None:
    recorded = (RECORDED / f"{name}.sse").read_bytes()

    for chunks in every_split(recorded):
        events, error = replay_failing(openai_responses.new_parser, chunks)
        assert text_of(events) == "Half an"
        assert type(error) is kind
        assert error.retryable
        assert message in error.message


def test_a_whole_answer() -> None:
    events = openai_responses.new_parser().whole((RECORDED / "response.json").read_bytes())

    assert text_of(events) == "Zwölf Bären 🐻"
    assert tool_calls_of(events) == {0: ("call_1aZ", "get_weather", '{"location":"Zürich"}')}
    assert events[-2:] == [UsageReport(usage(2257, 81, 2048, 64)), Finished(FinishReason.TOOL)]


def test_a_whole_answer_that_failed() -> None:
    with pytest.raises(ProviderError, match="The model failed"):
        openai_responses.new_parser().whole((RECORDED / "failed.json").read_bytes())


@pytest.mark.parametrize(
    "frame",
    [
        "not JSON",
        '{"type": "response.output_text.delta", "delta": 7}',
    ],
)
def test_a_frame_that_cannot_be_read(frame: str) -> None:
    with pytest.raises(ProviderMalformed):
        openai_responses.new_parser().feed(SseEvent(frame))


def test_events_of_types_to_come_are_skipped() -> None:
    assert openai_responses.new_parser().feed(SseEvent('{"type": "response.new", "delta": 7}')) == []


def test_a_refused_field_is_named_as_the_caller_knows_it() -> None:
    refused = {"error": {"message": "No.", "param": "reasoning.effort", "code": "unsupported_value"}}

    assert openai_responses.parse_error(400, {}, json.dumps(refused).encode()).param == "reasoning_effort"
