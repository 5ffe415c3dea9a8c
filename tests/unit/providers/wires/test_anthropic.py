"""The Anthropic adapter: what it sends, and what it makes of answers (bytes after the documentation, not recorded)."""

import json
from dataclasses import replace
from typing import Any

import pytest

from promptyard.domain.errors import (
    InvalidRequest,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
    RefusedParameter,
)
from promptyard.domain.models.provider_events import Citation, Finished, FinishReason, UsageReport
from promptyard.domain.models.targets import ProtocolBody
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import SseEvent
from promptyard.providers.registry import WIRES
from promptyard.providers.wires import anthropic
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

ANSWERS = FIXTURES / "anthropic"
NEW = known("anthropic", "claude-sonnet-5-5", sampling=False, reasoning="adaptive", max_output_tokens=128_000)
OLD = known("anthropic", "claude-haiku-4-5", reasoning="budget", images=False, tools=False, json_schema=False)
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}


def body(**given: Any) -> dict[str, Any]:
    return anthropic.build_request(call("anthropic", "claude-sonnet-5-5", **given), stream=True).body


def headers(**given: Any) -> dict[str, str]:
    return dict(anthropic.build_request(call("anthropic", "claude-sonnet-5-5", **given), stream=True).headers)


def refusal(**given: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        body(**given)
    return caught.value


def test_a_plain_prompt() -> None:
    request = anthropic.build_request(call("anthropic", "claude-sonnet-5-5", max_tokens=50), stream=False)

    assert request.url == "https://provider.example/v1/messages"
    assert request.headers == {"x-api-key": KEY, "anthropic-version": "2026-10-21"}
    assert request.body == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        "stream": False,
    }


def test_the_key_is_in_no_repr() -> None:
    asked = call("anthropic", "claude-sonnet-5-5")

    assert KEY not in repr(asked)
    assert KEY not in repr(anthropic.build_request(asked, stream=True))


FILE = {"type": "file", "file": {"file_id": "file_1"}}


@pytest.mark.parametrize(
    ("given", "content", "sent"),
    [
        ({}, "Hi", None),
        ({"anthropic-beta": "a-1,b-2"}, "Hi", "a-1,b-2"),
        ({"anthropic-beta": "a-1", "anthropic-version": "2026-01-01"}, "Hi", "a-1"),
        ({}, [FILE], anthropic.FILES_BETA),
        ({"anthropic-beta": "a-1"}, [FILE], f"a-1,{anthropic.FILES_BETA}"),
        ({"anthropic-beta": anthropic.FILES_BETA}, [FILE], anthropic.FILES_BETA),
    ],
)
def test_what_a_client_asked_for_goes_along_once(given: dict[str, str], content: Any, sent: str | None) -> None:
    messages = [{"role": "user", "content": content}]
    asked = call("anthropic", "claude-sonnet-5-5", messages=messages)
    came = ProtocolBody("messages", {"messages": [{"role": "user", "content": "Hi"}]}, 1, headers=given)
    made = anthropic.build_request(replace(asked, body=came), stream=True).headers
    assert made.get("anthropic-beta") == sent
    assert made["anthropic-version"] == given.get("anthropic-version", anthropic.VERSION)
    assert made["x-api-key"] == KEY


def test_without_a_key_none_is_sent() -> None:
    assert headers(api_key=None) == {"anthropic-version": "2026-10-21"}


@pytest.mark.parametrize("sampling", [{"temperature": 0.0}, {"top_p": 0.5}, {"extra": {"top_k": 5}}])
def test_sampling_is_sent_in_the_api_version_that_has_it(sampling: dict[str, Any]) -> None:
    assert headers(**sampling)["anthropic-version"] == "2023-06-01"


def test_sampling_parameters_are_only_those_given() -> None:
    assert body(temperature=0.2)["temperature"] == 0.2
    assert "top_p" not in body(temperature=0.2)
    assert "temperature" not in body()


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("temperature", {"temperature": 0.7, "info": NEW}),
        ("top_p", {"top_p": 0.9, "info": NEW}),
        ("temperature", {"temperature": 1.5}),
        ("seed", {"seed": 7}),
        ("response_format", {"response_format": {"type": "json_object"}}),
        ("tools", {"tools": [WEATHER], "info": OLD}),
        ("response_format", {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}, "info": OLD}),
        ("reasoning_effort", {"reasoning_effort": "minimal", "info": NEW}),
        ("reasoning_effort", {"reasoning_effort": "max", "info": OLD}),
        ("reasoning_effort", {"reasoning_effort": "low", "info": known("anthropic", "claude-3", reasoning=False)}),
        ("reasoning_effort", {"reasoning_effort": "high", "info": OLD, "max_tokens": 16_384}),
    ],
)
def test_what_the_model_does_not_take_is_refused_by_name(name: str, given: dict[str, Any]) -> None:
    error = refusal(**given)

    assert isinstance(error, RefusedParameter)
    assert error.name == name
    assert error.loc == ("body", "parameters", name)


@pytest.mark.parametrize(
    ("given", "max_tokens"),
    [
        ({}, 8192),
        ({"info": known("anthropic", "m", max_output_tokens=4096)}, 4096),
        ({"info": known("anthropic", "m", max_output_tokens=128_000)}, 32_000),
        ({"info": known("anthropic", "m", max_output_tokens=128_000), "max_tokens": 100_000}, 100_000),
    ],
)
def test_max_tokens_is_always_sent(given: dict[str, Any], max_tokens: int) -> None:
    assert body(**given)["max_tokens"] == max_tokens


@pytest.mark.parametrize(
    ("effort", "info", "fields"),
    [
        ("none", NEW, {"thinking": {"type": "disabled"}}),
        ("low", NEW, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
        ("max", NEW, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}),
        ("high", None, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}),
        ("none", OLD, {"thinking": {"type": "disabled"}}),
        ("minimal", OLD, {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        ("xhigh", OLD, {"thinking": {"type": "enabled", "budget_tokens": 24_576}}),
    ],
)
def test_reasoning_effort_by_the_models_style(effort: str, info: Any, fields: dict[str, Any]) -> None:
    sent = body(reasoning_effort=effort, info=info, max_tokens=32_000)

    assert {name: sent[name] for name in ("thinking", "output_config") if name in sent} == fields


def test_an_answer_schema_stands_beside_the_effort() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    answer = {"type": "json_schema", "json_schema": {"name": "city", "schema": schema}}

    assert body(response_format=answer, reasoning_effort="low")["output_config"] == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": schema},
    }


def test_a_text_response_format_is_the_default() -> None:
    assert "output_config" not in body(response_format={"type": "text"})


@pytest.mark.parametrize("stop", ["END", ["END"]])
def test_stop(stop: Any) -> None:
    assert body(stop=stop)["stop_sequences"] == ["END"]


def test_tools() -> None:
    strict = {"type": "function", "function": {"name": "now", "strict": True}}

    assert body(tools=[WEATHER, strict])["tools"] == [
        {
            "name": "get_weather",
            "description": "The weather of a place",
            "input_schema": {"type": "object", "properties": {"location": {"type": "string"}}},
        },
        {"name": "now", "input_schema": {"type": "object", "properties": {}}, "strict": True},
    ]


@pytest.mark.parametrize(
    ("given", "loc"),
    [
        ({"tools": [WEATHER, {"type": "web_search"}]}, ("body", "parameters", "tools", 1)),
        ({"tools": [{"function": {}}]}, ("body", "parameters", "tools", 0, "function", "name")),
        ({"response_format": {"type": "json_schema"}}, ("body", "parameters", "response_format")),
        ({"extra": {"model": "claude-opus-5-5"}}, ("body", "parameters", "extra", "model")),
        ({"extra": {"max_tokens": 10**6}}, ("body", "parameters", "extra", "max_tokens")),
        (
            {"reasoning_effort": "low", "extra": {"output_config": {"effort": "max"}}},
            ("body", "parameters", "extra", "output_config", "effort"),
        ),
        ({"messages": [{"role": "system", "content": "Be brief"}]}, ("body", "messages")),
        ({"messages": [{"role": "user", "content": ""}]}, ("body", "messages")),
        ({"messages": [{"role": "tool", "content": "4"}]}, ("body", "messages", 0, "tool_call_id")),
        (
            {"messages": [{"role": "system", "content": [{"type": "image_url", "image_url": {"url": "https://a.b"}}]}]},
            ("body", "messages", 0, "content", 0),
        ),
        (
            {
                "info": OLD,
                "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.b"}}]}],
            },
            ("body", "messages", 0, "content", 0),
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png,raw"}}]}
                ]
            },
            ("body", "messages", 0, "content", 0, "image_url", "url"),
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_stands(given: dict[str, Any], loc: tuple[str | int, ...]) -> None:
    assert refusal(**given).loc == loc


def test_extra_adds_fields_and_merges_objects() -> None:
    sent = body(reasoning_effort="low", extra={"service_tier": "auto", "thinking": {"display": "omitted"}})

    assert sent["service_tier"] == "auto"
    assert sent["thinking"] == {"type": "adaptive", "display": "omitted"}


def test_system_texts_go_to_their_own_field() -> None:
    sent = body(
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        ]
    )

    assert sent["system"] == "Be brief.\n\nBe kind."
    assert sent["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]


def test_images_by_url_and_inline() -> None:
    sent = body(
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Which one?"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                    {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9j/4AAQ"}},
                ],
            }
        ]
    )

    assert sent["messages"][0]["content"][1:] == [
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "/9j/4AAQ"}},
    ]


def test_tool_calls_and_their_results_take_turns() -> None:
    sent = body(
        messages=[
            {"role": "user", "content": "Weather and time?"},
            {
                "role": "assistant",
                "content": "I'll look.",
                "tool_calls": [
                    {"id": "a", "function": {"name": "get_weather", "arguments": '{"location": "Zürich"}'}},
                    {"id": "b", "function": {"name": "get_time", "arguments": ""}},
                ],
            },
            {"role": "tool", "tool_call_id": "a", "content": "Sunny"},
            {"role": "tool", "tool_call_id": "b", "content": "12:00"},
            {"role": "user", "content": "Well?"},
        ]
    )

    assert sent["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Weather and time?"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I'll look."},
                {"type": "tool_use", "id": "a", "name": "get_weather", "input": {"location": "Zürich"}},
                {"type": "tool_use", "id": "b", "name": "get_time", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "Sunny"}]},
                {"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "12:00"}]},
                {"type": "text", "text": "Well?"},
            ],
        },
    ]


def test_a_prefilled_answer_is_left_to_the_provider() -> None:
    sent = body(messages=[{"role": "user", "content": "Sun?"}, {"role": "assistant", "content": "The answer is ("}])

    assert sent["messages"][-1]["role"] == "assistant"


# --- Answers ---------------------------------------------------------------------------------------------------------

STREAMS = {
    "text_cached": (
        "Zwölf Bären 🐻 essen\u2028Honig\u2028\u0085… immer.",
        FinishReason.STOP,
        Usage(input_tokens=2257, output_tokens=17, cached_tokens=2048, cache_write_tokens=188),
    ),
    "thinking": (
        "27 × 453 = 12,231",
        FinishReason.LENGTH,
        Usage(input_tokens=44, output_tokens=96, cached_tokens=0, cache_write_tokens=0, reasoning_tokens=81),
    ),
    "tool_use": ("I'll look at both cities.", FinishReason.TOOL, Usage(input_tokens=472, output_tokens=89)),
    "server_tool": (
        "Sunny.",
        FinishReason.STOP,
        Usage(input_tokens=10682, output_tokens=510, cached_tokens=0, cache_write_tokens=0, searches=1),
    ),
    "refusal": ("", FinishReason.FILTER, Usage(input_tokens=33, output_tokens=1)),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_reads_the_same_however_it_is_cut(name: str) -> None:
    text, reason, usage = STREAMS[name]
    data = (ANSWERS / f"{name}.sse").read_bytes()
    whole = replay(anthropic.new_parser, [data])

    assert text_of(whole) == text
    assert whole[-1] == Finished(reason)
    assert usage_of(whole) == usage
    assert all(replay(anthropic.new_parser, chunks) == whole for chunks in every_split(data))


def test_tool_calls_are_numbered_and_have_whole_arguments() -> None:
    events = replay(anthropic.new_parser, [(ANSWERS / "tool_use.sse").read_bytes()])

    assert tool_calls_of(events) == {
        0: ("toolu_01T1x1fJ34qAmk2tNTrN7Up6", "get_weather", '{"location": "Zürich"}'),
        1: ("toolu_01A09q90qw90lq917835lq9", "get_time", "{}"),
    }


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"url": "https://a.example", "title": "A", "cited_text": "a"}, Citation("https://a.example", "A", "a")),
        ({"document_title": "Report", "cited_text": "a"}, Citation(None, "Report", "a")),
        ({"title": "A", "document_title": "Report"}, Citation(None, "A")),
    ],
)
def test_a_source_is_a_page_or_a_document(sent: dict[str, Any], told: Citation) -> None:
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "citations": [sent]}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": sent}}
    for frame in (start, delta):
        assert anthropic.new_parser().feed(SseEvent(json.dumps(frame))) == [told]


def test_what_the_provider_adds_to_tools_is_known() -> None:
    """Claude 3 Opus: 530 tokens, the most of any model, also where Bedrock serves it."""
    assert {name: adapter.wire.tools_prompt_tokens for name, adapter in WIRES.items()} == {
        **dict.fromkeys(WIRES, 0),
        "anthropic": 530,
        "bedrock": 530,
    }


def test_the_providers_own_tools_are_not_the_callers() -> None:
    assert tool_calls_of(replay(anthropic.new_parser, [(ANSWERS / "server_tool.sse").read_bytes()])) == {}


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [("overloaded", ProviderOverloaded, "Half an"), ("truncated", ProviderMalformed, STREAMS["text_cached"][0])],
)
def test_a_broken_stream_fails_after_what_came(name: str, error: type[ProviderError], text: str) -> None:
    data = (ANSWERS / f"{name}.sse").read_bytes()
    for chunks in every_split(data):
        events, failure = replay_failing(anthropic.new_parser, chunks)
        assert type(failure) is error
        assert failure.retryable
        assert text_of(events) == text


def test_a_stream_cut_short_before_it_says_why_it_ends_has_failed() -> None:
    data = (ANSWERS / "text_cached.sse").read_bytes()
    # Up to where message_delta is whole.
    for length in range(data.index(b"\n\nevent: message_stop")):
        with pytest.raises(ProviderMalformed):
            replay(anthropic.new_parser, [data[:length]])


@pytest.mark.parametrize(
    "data",
    ["{", '{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": 5}}', "[" * 100_000],
)
def test_a_frame_whose_text_cannot_be_had_is_malformed(data: str) -> None:
    with pytest.raises(ProviderMalformed):
        anthropic.new_parser().feed(SseEvent(data, "content_block_delta"))


@pytest.mark.parametrize(
    "data",
    [
        "",
        "[]",
        "null",
        '{"type": "message_start"}',
        '{"type": "message_start", "message": {"usage": 5}}',
        '{"type": "message_start", "message": {"usage": {"input_tokens": "many"}}}',
        '{"type": "message_start", "message": {"usage": {"input_tokens": -1}}}',
        '{"type": "content_block_start", "index": 0}',
        '{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta"}}',
        '{"type": "message_delta", "delta": null}',
        '{"type": "something_new", "error": null}',
    ],
)
def test_a_frame_without_content_is_nothing(data: str) -> None:
    assert anthropic.new_parser().feed(SseEvent(data)) == []


def test_a_whole_answer() -> None:
    events = anthropic.new_parser().whole((ANSWERS / "message.json").read_bytes())

    assert text_of(events) == "Let me look."
    assert tool_calls_of(events) == {
        0: ("toolu_01T1x1fJ34qAmk2tNTrN7Up6", "get_weather", '{"location": "Zürich"}'),
        1: ("toolu_01A09q90qw90lq917835lq9", "get_time", "{}"),
    }
    assert events[-2:] == [
        UsageReport(
            Usage(input_tokens=530, output_tokens=61, cached_tokens=400, cache_write_tokens=30, reasoning_tokens=5)
        ),
        Finished(FinishReason.TOOL),
    ]


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"content": 7, "stop_reason": "end_turn"}'])
def test_an_answer_of_another_shape_is_malformed(answer: bytes) -> None:
    with pytest.raises(ProviderMalformed):
        anthropic.new_parser().whole(answer)


def test_an_error_that_came_with_a_good_status() -> None:
    with pytest.raises(ProviderOverloaded):
        anthropic.new_parser().whole(
            b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'
        )


@pytest.mark.parametrize(
    ("status", "kind", "retry_after", "error", "retryable"),
    [
        (400, "invalid_request_error", None, ProviderError, False),
        (401, "authentication_error", None, ProviderAuth, False),
        (402, "billing_error", None, ProviderError, False),
        (403, "permission_error", None, ProviderAuth, False),
        (404, "not_found_error", None, ProviderError, False),
        (413, "request_too_large", None, ProviderError, False),
        (429, "rate_limit_error", "12", ProviderRateLimited, True),
        (429, "rate_limit_error", None, ProviderRateLimited, False),
        (500, "api_error", None, ProviderError, True),
        (504, "timeout_error", None, ProviderError, True),
        (529, "overloaded_error", None, ProviderOverloaded, True),
        (529, "overloaded_error", "3", ProviderOverloaded, True),
    ],
)
def test_errors(status: int, kind: str, retry_after: str | None, error: type[ProviderError], retryable: bool) -> None:
    given = {"type": "error", "error": {"type": kind, "message": "Because."}, "request_id": "req_1"}
    made = anthropic.parse_error(
        status, {"retry-after": retry_after} if retry_after else {}, json.dumps(given).encode()
    )

    assert type(made) is error
    assert (made.message, made.status, made.retryable) == ("Because.", status, retryable)
    assert made.retry_after == (float(retry_after) if retry_after else None)


@pytest.mark.parametrize("answer", [b"", b"<html>Bad gateway</html>", b'{"error": null}', b'{"error": {"message": 5}}'])
def test_an_error_without_a_message_names_its_status(answer: bytes) -> None:
    assert anthropic.parse_error(502, {}, answer).message == "The provider answered with status 502"
