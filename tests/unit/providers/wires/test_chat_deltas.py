"""What servers put into a delta of OpenAI's chat form, beside its text."""

from typing import Any

import pytest

from promptyard.domain.models.provider_events import (
    Citation,
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
)
from promptyard.domain.models.usage import Usage
from promptyard.providers.wires import openai_compatible
from tests.support.servers.wire_replay import fed, tool_calls_of, usage_of


def streamed(*deltas: dict[str, Any], reason: str | None = None) -> list[ProviderEvent]:
    """To the end where there is a reason for one."""
    parser = openai_compatible.new_parser()
    frames: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    if reason is None:
        return fed(parser, frames)
    frames.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    return [*fed(parser, frames), *parser.end()]


def called(*deltas: dict[str, Any]) -> dict[int, tuple[str | None, str | None, str]]:
    return tool_calls_of(streamed(*deltas, reason="tool_calls"))


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "thinking", "reasoning_text"])
@pytest.mark.parametrize("text", ["", "Hi", None])
def test_thoughts_beside_a_text(name: str, text: str | None) -> None:
    told = [TextDelta("Hi")] if text else []
    assert streamed({"content": text, name: "Hm"}) == [ReasoningDelta("Hm"), *told]
    assert streamed({name: "Hm", "content": text, "role": "assistant"}) == [ReasoningDelta("Hm"), *told]


def test_half_a_character_at_the_end_is_replaced() -> None:
    events = streamed({"content": None, "reasoning": "a\ud83d"}, {"content": "b\ud83d"}, reason="stop")
    assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == "a\ufffd"
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "b\ufffd"


def test_thoughts_told_under_two_names_are_told_once() -> None:
    detail = {"type": "reasoning.text", "text": "Hm"}
    events = streamed({"content": "", "reasoning": "Hm", "reasoning_content": "Hm", "reasoning_details": [detail]})
    assert events == [ReasoningDelta("Hm"), ReplayPart({"reasoning_details": [detail]})]
    assert streamed({"content": "", "reasoning_details": [detail]}) == events


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "thinking", "thinking": [{"type": "text", "text": "H"}, {"type": "text", "text": "m"}]}],
        [{"type": "thinking", "thinking": "Hm"}],
        [{"type": "reasoning", "text": "Hm"}],
        [{"type": "reasoning", "summary": "Hm"}],
    ],
)
def test_thoughts_in_a_content_of_parts(content: list[Any]) -> None:
    assert streamed({"content": [*content, {"type": "text", "text": "Hi"}]}) == [ReasoningDelta("Hm"), TextDelta("Hi")]


@pytest.mark.parametrize("wrapped", [True, False])
def test_sources(wrapped: bool) -> None:
    source = {"url": "https://a.example", "title": "A"}
    annotation = {"type": "url_citation", "url_citation": source} if wrapped else {"type": "url_citation", **source}
    assert streamed({"content": "Hi", "annotations": [annotation]}) == [
        TextDelta("Hi"),
        Citation("https://a.example", "A"),
    ]


def test_sources_beside_the_choices() -> None:
    frame = {
        "choices": [],
        "citations": ["https://a.example"],
        "search_results": [{"url": "https://b.example", "title": "B"}],
    }
    told = [Citation("https://b.example", "B"), Citation("https://a.example")]
    assert fed(openai_compatible.new_parser(), [frame]) == told


def test_a_tier_that_does_not_cost_the_list_price_is_told() -> None:
    for place in ("beside the counts", "before"):
        text = {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}
        counts: dict[str, Any] = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
        (counts if place == "beside the counts" else text)["service_tier"] = "flex"
        assert usage_of(fed(openai_compatible.new_parser(), [text, counts])) == Usage(
            input_tokens=3, output_tokens=4, service_tier="flex"
        )


def test_a_refusal_is_a_text_that_was_filtered() -> None:
    assert streamed({"refusal": "No."}, reason="stop") == [TextDelta("No."), Finished(FinishReason.FILTER)]
    assert streamed({"refusal": {"because": "No."}}) == []


def function(name: str | None, arguments: str, **more: Any) -> dict[str, Any]:
    named = {"name": name} if name else {}
    return {**more, "function": {**named, "arguments": arguments}}


def test_calls_without_an_index_stand_at_their_place() -> None:
    first = {"tool_calls": [function("f", '{"a"', id="1"), function("g", "{", id="2")]}
    then = {"tool_calls": [function(None, ": 1}"), function(None, "}")]}
    assert called(first, then) == {0: ("1", "f", '{"a": 1}'), 1: ("2", "g", "{}")}


def test_a_piece_alone_without_an_index_goes_on_with_the_last_call() -> None:
    begun = {"tool_calls": [function("f", "{}", id="1", index=0), function("g", '{"a"', id="2", index=1)]}
    assert called(begun, {"tool_calls": [function(None, ": 1}")]}) == {0: ("1", "f", "{}"), 1: ("2", "g", '{"a": 1}')}


def test_a_call_in_any_form() -> None:
    assert called({"tool_calls": [{"index": 0, "id": "1", "custom": {"name": "f", "input": "free text"}}]}) == {
        0: ("1", "f", "free text")
    }
    assert called({"tool_calls": [{"index": 0, "id": "1", "name": "f", "arguments": '{"a": 1}'}]}) == {
        0: ("1", "f", '{"a": 1}')
    }


def test_a_function_call_from_before_there_were_several() -> None:
    deltas = [{"function_call": {"name": "f", "arguments": '{"a"'}}, {"function_call": {"arguments": ": 1}"}}]
    [(_, name, arguments)] = called(*deltas).values()
    assert (name, arguments) == ("f", '{"a": 1}')
