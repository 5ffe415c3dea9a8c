"""The Chat Completions adapter: what it sends, and what it makes of recorded answers of OpenAI and of others."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.catalogue import ProviderInfo
from promptyard.domain.errors import (
    InvalidRequest,
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
    RefusedParameter,
)
from promptyard.domain.events import Finished, FinishReason, TextDelta, UsageReport
from promptyard.domain.usage import Usage
from promptyard.providers import openai_compatible
from promptyard.providers.protocol import SseEvent
from promptyard.providers.registry import PROVIDERS
from tests.support.provider_calls import KEY, call, known
from tests.support.wire_replay import (
    FIXTURES,
    every_split,
    replay,
    replay_failing,
    text_of,
    tool_calls_of,
    usage_of,
)

RECORDED = FIXTURES / "openai"
ROWS = {row.id: row for row in PROVIDERS}
REASONING = known("openai", "gpt-6-sol", sampling=False, reasoning="effort", images=True)
PLAIN = known("openai", "gpt-3.5-turbo", reasoning=False, images=False, tools=False, json_schema=False)
TOOL = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}, "strict": True}}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}


def body(provider: str = "openai", *, stream: bool = True, **given: Any) -> dict[str, Any]:
    asked = call("openai", "gpt-6-sol", row=ROWS[provider], **given)
    return openai_compatible.build_request(asked, stream=stream).body


# --- Requests --------------------------------------------------------------------------------------------------------


def test_a_plain_prompt() -> None:
    request = openai_compatible.build_request(call("openai", "gpt-6-sol", row=ROWS["openai"]), stream=False)

    assert request.url == "https://provider.example/chat/completions"
    assert request.headers == {"authorization": f"Bearer {KEY}"}
    assert request.body == {
        "model": "gpt-6-sol",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": False,
    }


def test_the_key_is_in_no_repr() -> None:
    assert KEY not in repr(openai_compatible.build_request(call("openai", "gpt-6-sol"), stream=True))


def test_without_a_key_none_is_sent() -> None:
    assert openai_compatible.build_request(call("openai", "m", api_key=None), stream=True).headers == {}


def test_every_parameter() -> None:
    given = {
        "temperature": 0.0,
        "top_p": 0.5,
        "stop": ["END", "###"],
        "seed": 7,
        "reasoning_effort": "low",
        "response_format": SCHEMA,
        "tools": [TOOL],
    }
    sent = body(max_tokens=50, extra={"frequency_penalty": 0.5}, **given)

    assert {name: sent[name] for name in given} == given
    assert sent["max_completion_tokens"] == 50
    assert sent["frequency_penalty"] == 0.5
    assert "max_tokens" not in sent


def test_what_was_not_given_is_not_sent() -> None:
    assert set(body()) == {"model", "messages", "stream", "stream_options"}


@pytest.mark.parametrize(
    ("provider", "field"),
    [("openai", "max_completion_tokens"), ("azure", "max_completion_tokens"), ("custom", "max_tokens")],
)
def test_the_field_for_max_tokens_is_the_providers(provider: str, field: str) -> None:
    sent = body(provider, max_tokens=50)

    assert sent[field] == 50
    assert len({"max_tokens", "max_completion_tokens"} & set(sent)) == 1


def test_mistral_has_its_own_name_for_the_seed() -> None:
    sent = body("mistral", seed=7)

    assert sent["random_seed"] == 7
    assert "seed" not in sent


def test_usage_is_asked_for_where_a_stream_does_not_bring_it() -> None:
    assert body("openai")["stream_options"] == {"include_usage": True}
    assert "stream_options" not in body("openai", stream=False)
    assert "stream_options" not in body("mistral")


@pytest.mark.parametrize(("provider", "role"), [("openai", "developer"), ("custom", "system")])
def test_developer_messages_go_where_they_are_known(provider: str, role: str) -> None:
    assert body(provider, messages=[{"role": "developer", "content": "Be brief"}])["messages"][0]["role"] == role


def test_a_conversation_goes_as_it_is() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Which?"}, PICTURE], "name": "ann"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "now", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "a", "content": "12:00"},
    ]

    assert body(messages=messages)["messages"] == messages


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("temperature", {"temperature": 0.7, "info": REASONING}),
        ("temperature", {"temperature": 0.0, "info": REASONING, "reasoning_effort": "low"}),
        ("top_p", {"top_p": 0.9, "info": REASONING}),
        ("reasoning_effort", {"reasoning_effort": "low", "info": PLAIN}),
        ("tools", {"tools": [TOOL], "info": PLAIN}),
        ("response_format", {"response_format": SCHEMA, "info": PLAIN}),
    ],
)
def test_what_the_model_does_not_take_is_refused_by_name(name: str, given: dict[str, Any]) -> None:
    with pytest.raises(RefusedParameter) as caught:
        body(**given)
    assert caught.value.name == name


@pytest.mark.parametrize(
    "given",
    [
        {"temperature": 0.7, "reasoning_effort": "none", "info": REASONING},
        {"response_format": {"type": "json_object"}, "info": PLAIN},
        {"tools": [], "info": PLAIN},
        {"temperature": 0.7, "reasoning_effort": "low", "tools": [TOOL], "response_format": SCHEMA},
    ],
)
def test_what_it_takes_or_is_not_known_to_refuse_is_sent(given: dict[str, Any]) -> None:
    assert body(**given)["model"] == "gpt-6-sol"


def test_images_are_refused_where_they_stand() -> None:
    with pytest.raises(InvalidRequest) as caught:
        body(messages=[{"role": "user", "content": [PICTURE]}], info=PLAIN)
    assert caught.value.loc == ("body", "messages", 0, "content", 0)


@pytest.mark.parametrize("field", ["model", "messages", "stream", "stream_options", "max_completion_tokens"])
def test_extra_replaces_nothing(field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        body(max_tokens=50, extra={field: "other"})
    assert caught.value.loc == ("body", "parameters", "extra", field)


# --- Answers ---------------------------------------------------------------------------------------------------------

BEARS = Usage(input_tokens=2257, output_tokens=81, cached_tokens=2048, reasoning_tokens=64)
STREAMS = {
    "text_cached": ("Zwölf Bären 🐻 essen\u2028Honig\u0085… immer.", FinishReason.STOP, BEARS),
    "tool_calls": (
        "",
        FinishReason.TOOL,
        Usage(input_tokens=93, output_tokens=41, cached_tokens=0, reasoning_tokens=0),
    ),
    "refusal": (
        "I'm sorry, I can't help with that.",
        FinishReason.FILTER,
        Usage(input_tokens=21, output_tokens=10, cached_tokens=0, reasoning_tokens=0),
    ),
    "azure_content_filter": (
        "Well",
        FinishReason.FILTER,
        Usage(input_tokens=30, output_tokens=1, cached_tokens=0, reasoning_tokens=0),
    ),
    "length": (
        "One two",
        FinishReason.LENGTH,
        Usage(input_tokens=9, output_tokens=2, cached_tokens=0, reasoning_tokens=0),
    ),
    "transformers_no_done": ("Hello there.", FinishReason.STOP, None),
    "deepseek_reasoning": (
        "12,231",
        FinishReason.STOP,
        Usage(input_tokens=20, output_tokens=33, cached_tokens=16, reasoning_tokens=28),
    ),
    "xai_reasoning_apart": (
        "101.",
        FinishReason.STOP,
        Usage(input_tokens=32, output_tokens=96, cached_tokens=6, reasoning_tokens=94),
    ),
    "moonshot_usage_in_choice": ("Hello.", FinishReason.STOP, Usage(input_tokens=8, output_tokens=3)),
    "mistral_thinking": (
        "It is 4.",
        FinishReason.TOOL,
        Usage(input_tokens=14, output_tokens=30, cached_tokens=0),
    ),
    "two_choices": ("First", FinishReason.STOP, None),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_recorded_stream_however_it_is_cut(name: str) -> None:
    text, reason, usage = STREAMS[name]
    recorded = (RECORDED / f"{name}.sse").read_bytes()
    whole = replay(openai_compatible.new_parser, [recorded])

    assert text_of(whole) == text
    assert usage_of(whole) == usage
    assert [event for event in whole if isinstance(event, Finished)] == [Finished(reason)]
    assert whole[-1] == Finished(reason)
    for chunks in every_split(recorded):
        assert replay(openai_compatible.new_parser, chunks) == whole


def test_tool_calls_are_put_together() -> None:
    events = replay(openai_compatible.new_parser, [(RECORDED / "tool_calls.sse").read_bytes()])

    assert tool_calls_of(events) == {
        0: ("call_1aZ", "get_weather", '{"location":"Zürich"}'),
        1: ("call_2bY", "get_time", "{}"),
    }


def test_tool_calls_with_one_index_and_ids_of_their_own_are_two() -> None:
    events = replay(openai_compatible.new_parser, [(RECORDED / "mistral_thinking.sse").read_bytes()])

    assert tool_calls_of(events) == {0: ("D681PevKs", "note", '{"n": 4}'), 1: ("Xp2zMn0aB", "note", '{"n": 5}')}


def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> SseEvent:
    return SseEvent(json.dumps({"choices": [{"delta": delta, "finish_reason": finish_reason}]}))


def test_tool_calls_without_an_index_are_told_apart_by_their_place() -> None:
    parser = openai_compatible.new_parser()
    calls = [{"id": name, "function": {"name": name, "arguments": "{}"}} for name in ("a", "b")]

    assert tool_calls_of(parser.feed(chunk({"tool_calls": calls}))) == {0: ("a", "a", "{}"), 1: ("b", "b", "{}")}


def test_stop_after_tool_calls_means_tool() -> None:
    parser = openai_compatible.new_parser()
    parser.feed(chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "now"}}]}, "stop"))

    assert parser.feed(SseEvent("[DONE]")) == [Finished(FinishReason.TOOL)]


def test_done_without_a_finish_reason_is_an_end() -> None:
    parser = openai_compatible.new_parser()

    assert parser.feed(chunk({"content": "Hi"})) == [TextDelta("Hi")]
    assert parser.feed(SseEvent("[DONE]")) == [Finished(FinishReason.STOP)]
    assert parser.feed(SseEvent("what follows the end")) == []
    assert parser.end() == []


@pytest.mark.parametrize(
    ("name", "kind", "retryable", "message"),
    [
        ("error_midway", ProviderError, True, "The server had an error"),
        ("error_as_json", ProviderOverloaded, True, "Upstream is overloaded"),
        ("openrouter_error", ProviderError, True, "Provider returned error"),
        ("groq_error", ProviderRateLimited, True, "Rate limit reached"),
        ("truncated", ProviderMalformed, True, "before the answer was complete"),
    ],
)
def test_a_stream_that_fails_midway_keeps_what_came(name: str, kind: type, retryable: bool, message: str) -> None:
    recorded = (RECORDED / f"{name}.sse").read_bytes()

    for chunks in every_split(recorded):
        events, error = replay_failing(openai_compatible.new_parser, chunks)
        assert text_of(events) == "Half an"
        assert type(error) is kind
        assert (error.retryable, error.status) == (retryable, None)
        assert message in error.message


@pytest.mark.parametrize("name", sorted(STREAMS))
def test_a_stream_cut_off_anywhere_before_its_end_has_failed(name: str) -> None:
    frames = (RECORDED / f"{name}.sse").read_bytes().replace(b"\r\n", b"\n").split(b"\n\n")
    finish = next(i for i, frame in enumerate(frames) if b'"finish_reason":"' in frame or b"[DONE]" in frame)

    for count in range(finish):
        _, error = replay_failing(openai_compatible.new_parser, [b"\n\n".join([*frames[:count], b""])])
        assert isinstance(error, ProviderMalformed)


@pytest.mark.parametrize(
    "data",
    [
        "not JSON",
        '{"choices": [{"delta": {"content": "cut',
        "[]",
        "7",
        '{"choices": 7}',
        '{"choices": [7]}',
        '{"choices": [{"delta": {"content": 7}}]}',
        '{"choices": [{"delta": {"content": "\\ud800"}}]}',
        '{"choices": [{"delta": {"tool_calls": [{"function": 7}]}}]}',
        '{"choices": [], "usage": {"prompt_tokens": "many"}}',
    ],
)
def test_a_frame_that_cannot_be_read_fails_without_quoting_it(data: str) -> None:
    with pytest.raises(ProviderMalformed) as caught:
        openai_compatible.new_parser().feed(SseEvent(data))
    assert caught.value.message == "The provider's answer cannot be read"


KEYS = [
    "choices",
    "delta",
    "message",
    "content",
    "tool_calls",
    "function",
    "index",
    "usage",
    "error",
    "finish_reason",
    "detail",
    "loc",
    "code",
    "object",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "error", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
)


@given(JSON)
def test_whatever_json_comes_raises_a_providers_error_or_none(value: Any) -> None:
    answer = json.dumps(value)
    with suppress(ProviderError):
        openai_compatible.new_parser().feed(SseEvent(answer))
    with suppress(ProviderError):
        openai_compatible.parse_answer(answer.encode())
    assert isinstance(openai_compatible.parse_error(422, {}, answer.encode()), ProviderError)


def test_a_whole_answer() -> None:
    events = openai_compatible.parse_answer((RECORDED / "completion.json").read_bytes())

    assert events == [TextDelta("Zwölf Bären 🐻"), UsageReport(BEARS), Finished(FinishReason.STOP)]


def test_a_whole_answer_with_tool_calls() -> None:
    events = openai_compatible.parse_answer((RECORDED / "completion_tool_calls.json").read_bytes())

    assert tool_calls_of(events) == {0: ("call_1aZ", "get_weather", '{"location":"Zürich"}')}
    assert events[-1] == Finished(FinishReason.TOOL)


def test_a_whole_answer_that_refuses() -> None:
    events = openai_compatible.parse_answer((RECORDED / "completion_refusal.json").read_bytes())

    assert text_of(events) == "I can't help with that."
    assert events[-1] == Finished(FinishReason.FILTER)


def test_an_error_with_a_good_status() -> None:
    with pytest.raises(ProviderRateLimited):
        openai_compatible.parse_answer((RECORDED / "error_429_rate.json").read_bytes())


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"choices": []}'])
def test_a_whole_answer_that_is_none(answer: bytes) -> None:
    with pytest.raises(ProviderMalformed):
        openai_compatible.parse_answer(answer)


def test_a_refused_field_is_named_as_the_caller_knows_it() -> None:
    refused = {"error": {"message": "No.", "param": "max_completion_tokens", "code": "invalid_value"}}

    assert openai_compatible.parse_error(400, {}, json.dumps(refused).encode()).param == "max_tokens"


def test_rows_are_all_that_tells_providers_apart() -> None:
    unknown = ProviderInfo(id="new", name="New", protocol="openai", base_url="https://new.example/v1")
    sent = openai_compatible.build_request(call("openai", "m", row=unknown, max_tokens=5, seed=1), stream=True).body

    assert (sent["max_tokens"], sent["seed"], sent["stream_options"]) == (5, 1, {"include_usage": True})
