"""The Chat Completions adapter: what it makes of recorded answers of OpenAI and of others."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.errors import (
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
)
from promptyard.domain.models.provider_events import Finished, FinishReason, TextDelta, ToolCallDelta, UsageReport
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import SseEvent
from promptyard.providers.wires import openai_compatible
from tests.support.servers.wire_replay import (
    FIXTURES,
    every_split,
    replay,
    replay_failing,
    text_of,
    tool_calls_of,
    usage_of,
)

RECORDED = FIXTURES / "openai_compatible"
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
    events = [*parser.feed(chunk({"tool_calls": calls})), *parser.feed(SseEvent("[DONE]"))]

    assert tool_calls_of(events) == {0: ("a", "a", "{}"), 1: ("b", "b", "{}")}


def test_stop_after_tool_calls_means_tool() -> None:
    parser = openai_compatible.new_parser()
    parser.feed(chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "now"}}]}, "stop"))

    assert parser.feed(SseEvent("[DONE]")) == [ToolCallDelta(0, arguments="{}"), Finished(FinishReason.TOOL)]


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
        '{"choices": [{"delta": {"content": 7}}]}',
    ],
)
def test_a_frame_that_cannot_be_read_fails_without_quoting_it(data: str) -> None:
    with pytest.raises(ProviderMalformed) as caught:
        openai_compatible.new_parser().feed(SseEvent(data))
    assert caught.value.message == "The provider's answer cannot be read"


@pytest.mark.parametrize(
    "data",
    [
        "",
        "  ",
        "[]",
        "7",
        "null",
        '{"choices": 7}',
        '{"choices": [7]}',
        '{"choices": [{"delta": null, "index": null}]}',
        '{"choices": [{"delta": {"tool_calls": 7}}]}',
        '{"choices": [], "usage": {"prompt_tokens": "many"}}',
        '{"choices": [], "usage": {"prompt_tokens": -1, "prompt_tokens_details": "none"}}',
        '{"choices": [], "usage": {"prompt_tokens": 1' + "0" * 40 + "}}",
        '{"choices": [], "created": 1' + "0" * 5000 + "}",
    ],
)
def test_a_frame_without_content_is_nothing(data: str) -> None:
    assert openai_compatible.new_parser().feed(SseEvent(data)) == []


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
        openai_compatible.new_parser().whole(answer.encode())
    assert isinstance(openai_compatible.parse_error(422, {}, answer.encode()), ProviderError)


def test_done_before_any_choice_is_the_end_of_a_stream_that_broke_off() -> None:
    parser = openai_compatible.new_parser()
    assert parser.feed(SseEvent('{"usage": {"prompt_tokens": 3, "completion_tokens": 0}}')) != []
    with pytest.raises(ProviderMalformed):
        parser.feed(SseEvent("[DONE]"))


def test_nothing_comes_after_the_end() -> None:
    parser = openai_compatible.new_parser()
    frame = SseEvent('{"choices": [{"index": 0, "delta": {"content": "Hi"}}]}')
    assert [parser.feed(frame) for _ in range(3)] == [[TextDelta("Hi")]] * 3
    assert parser.feed(SseEvent("[DONE]")) == [Finished(FinishReason.STOP)]
    assert parser.feed(frame) == []


def test_a_whole_answer_that_says_no_reason_is_whole() -> None:
    events = openai_compatible.new_parser().whole(b'{"choices": [{"message": {"content": "Hi"}}]}')
    assert events == [TextDelta("Hi"), Finished(FinishReason.STOP)]


def test_a_whole_answer() -> None:
    events = openai_compatible.new_parser().whole((RECORDED / "completion.json").read_bytes())

    assert events == [TextDelta("Zwölf Bären 🐻"), UsageReport(BEARS), Finished(FinishReason.STOP)]


@pytest.mark.parametrize("text", [None, ""])
def test_an_empty_text_hides_no_message(text: str | None) -> None:
    choice = {"text": text, "message": {"content": "Hi"}, "finish_reason": "stop"}
    events = openai_compatible.new_parser().whole(json.dumps({"choices": [choice]}).encode())

    assert events == [TextDelta("Hi"), Finished(FinishReason.STOP)]


def test_a_whole_answer_with_tool_calls() -> None:
    events = openai_compatible.new_parser().whole((RECORDED / "completion_tool_calls.json").read_bytes())

    assert tool_calls_of(events) == {0: ("call_1aZ", "get_weather", '{"location":"Zürich"}')}
    assert events[-1] == Finished(FinishReason.TOOL)


def test_a_whole_answer_that_refuses() -> None:
    events = openai_compatible.new_parser().whole((RECORDED / "completion_refusal.json").read_bytes())

    assert text_of(events) == "I can't help with that."
    assert events[-1] == Finished(FinishReason.FILTER)


def test_an_error_with_a_good_status() -> None:
    with pytest.raises(ProviderRateLimited):
        openai_compatible.new_parser().whole((RECORDED / "error_429_rate.json").read_bytes())


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"choices": []}'])
def test_a_whole_answer_that_is_none(answer: bytes) -> None:
    with pytest.raises(ProviderMalformed):
        openai_compatible.new_parser().whole(answer)


def test_a_refused_field_is_named_as_the_caller_knows_it() -> None:
    refused = {"error": {"message": "No.", "param": "max_completion_tokens", "code": "invalid_value"}}

    assert openai_compatible.parse_error(400, {}, json.dumps(refused).encode()).param == "max_tokens"
