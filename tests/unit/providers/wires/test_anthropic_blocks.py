"""The blocks of an answer of Anthropic's, streamed and whole: what is shown of them, what goes back, and the end."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from promptyard.domain.errors import ProviderError
from promptyard.domain.models.provider_events import (
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
)
from promptyard.providers.protocol import SseEvent
from promptyard.providers.wires import anthropic
from tests.support.servers.wire_replay import fed, tool_calls_of

STOP = {"type": "message_stop"}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}


def ended(reason: Any = "end_turn", **more: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason, **more}}


def block(content: dict[str, Any], *deltas: dict[str, Any], index: int = 0) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": content},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def streamed(frames: Sequence[dict[str, Any]]) -> list[ProviderEvent]:
    return fed(anthropic.new_parser(), frames)


def whole(content: Any, **more: Any) -> list[ProviderEvent]:
    answer = {"type": "message", "content": content, "stop_reason": "end_turn", **more}
    return anthropic.new_parser().whole(json.dumps(answer).encode())


def test_the_end_is_told_when_it_comes() -> None:
    assert streamed([*block({"type": "text", "text": "Hi"}), ended(), STOP])[-1] == Finished(FinishReason.STOP)
    assert streamed([*block({"type": "text", "text": "Hi"}), ended()]) == [TextDelta("Hi")]


def test_an_end_without_a_reason_is_no_good_one() -> None:
    assert streamed([*block({"type": "text", "text": "Hi"}), STOP]) == [
        TextDelta("Hi"),
        Finished(FinishReason.ERROR, "message_stop without a stop_reason"),
    ]


def test_what_a_reason_that_is_not_known_means_is_said() -> None:
    said = {"explanation": "It was late"}
    finished = Finished(FinishReason.ERROR, "tired: It was late")
    assert streamed([ended("tired", stop_details=said), STOP]) == [finished]
    assert whole([], stop_reason="tired", stop_details=said) == [finished]
    assert streamed([ended("tired"), STOP]) == [Finished(FinishReason.ERROR, "tired")]


def test_an_answer_that_is_a_bare_text() -> None:
    assert whole("Hi") == [TextDelta("Hi"), Finished(FinishReason.STOP)]


THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
HIDDEN = {"type": "redacted_thinking", "data": "aGlkZGVu"}


@pytest.mark.parametrize(
    "frames",
    [
        block(THOUGHT),
        block(
            {"type": "thinking", "thinking": ""},
            {"type": "thinking_delta", "thinking": "H"},
            {"type": "thinking_delta", "thinking": "m."},
            {"type": "signature_delta", "signature": "c2"},
            {"type": "signature_delta", "signature": "ln"},
        ),
    ],
    ids=["at once", "in pieces"],
)
def test_what_was_thought_goes_back_signed(frames: list[dict[str, Any]]) -> None:
    events = streamed(frames)
    assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == "Hm."
    assert events[-1] == ReplayPart(THOUGHT)


def test_what_was_thought_without_a_signature_does_not_go_back() -> None:
    assert streamed(block({"type": "thinking", "thinking": "Hm."})) == [ReasoningDelta("Hm.")]


def test_thoughts_are_paragraphs() -> None:
    events = streamed([*block(THOUGHT), *block(THOUGHT, index=1)])
    assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == "Hm.\n\nHm."
    assert [event for event in events if isinstance(event, ReplayPart)] == [ReplayPart(THOUGHT)] * 2
    assert whole([THOUGHT, THOUGHT])[:-1] == events


def test_what_is_hidden_of_a_thought_goes_back_as_it_came() -> None:
    assert streamed(block(HIDDEN)) == [ReplayPart(HIDDEN)]
    assert whole([HIDDEN]) == [ReplayPart(HIDDEN), Finished(FinishReason.STOP)]


@pytest.mark.parametrize(
    ("pieces", "asked"),
    [(['{"query": ', '"sun"}'], {"query": "sun"}), ([], {}), (["", ""], {}), (['{"query": '], {})],
)
def test_what_the_providers_own_tool_was_asked_goes_back(pieces: list[str], asked: dict[str, Any]) -> None:
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    assert streamed(block(SEARCH, *deltas)) == [ReplayPart({**SEARCH, "input": asked})]


def test_a_piece_without_a_number_is_of_the_block_that_began_last() -> None:
    frames = [
        *block({"type": "tool_use", "id": "1", "name": "f"}, {"type": "input_json_delta", "partial_json": "{"}),
        {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "2", "name": "g"}},
        {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": '{"a": 1}'}},
        {"type": "content_block_stop"},
    ]
    assert tool_calls_of(streamed(frames))[1] == ("2", "g", '{"a": 1}')


@pytest.mark.parametrize("data", ['{"type": "overloaded", "message": "Busy"}', '{"message": "Busy"}'])
def test_what_comes_as_an_error_is_one_whatever_it_is_called(data: str) -> None:
    with pytest.raises(ProviderError, match="Busy"):
        anthropic.new_parser().feed(SseEvent(data, "error"))
    assert anthropic.new_parser().feed(SseEvent('{"type": "overloaded", "message": "Busy"}', "note")) == []
