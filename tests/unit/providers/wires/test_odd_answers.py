"""Answers as providers and servers give them beside the documented ones, recorded."""

import json
from typing import Any

import pytest

from promptyard.domain.models.provider_events import (
    Citation,
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
)
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import SseEvent
from promptyard.providers.reading import faults
from promptyard.providers.wires import anthropic, google, openai_compatible
from tests.support.servers.wire_replay import FIXTURES, every_split, replay, text_of, tool_calls_of, usage_of


def read(module: Any, name: str) -> list[ProviderEvent]:
    folder = module.__name__.rpartition(".")[2]
    recorded = (FIXTURES / folder / f"{name}.sse").read_bytes()
    whole = replay(module.new_parser, [recorded])
    assert all(replay(module.new_parser, chunks) == whole for chunks in every_split(recorded))
    return whole


def of(kind: type, events: list[ProviderEvent]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_sources_beside_the_text() -> None:
    events = read(openai_compatible, "perplexity_sources")

    assert of(Citation, events) == [Citation("https://example.org/bears", "Bears")]
    assert usage_of(events) == Usage(input_tokens=7, output_tokens=5)


def test_halves_of_a_character_are_joined_and_a_lone_one_is_replaced() -> None:
    assert text_of(read(openai_compatible, "halves_of_a_character")) == "A bear 🐻 and half a one \ufffd"


def test_keep_alives_and_empty_counts_say_nothing() -> None:
    events = read(openai_compatible, "keep_alives")

    assert text_of(events) == "Hello"
    assert usage_of(events) == Usage(input_tokens=7, output_tokens=5)
    assert events[-1] == Finished(FinishReason.STOP)


def test_a_call_starts_where_a_name_comes() -> None:
    events = read(openai_compatible, "tool_ids_that_change")

    assert tool_calls_of(events) == {0: ("a", "note", '{"n": 4}'), 1: (None, "note", '{"n": 5}')}
    assert events[-1] == Finished(FinishReason.TOOL)


@pytest.mark.parametrize("word", [["stop"], {"type": ["stop"]}, 7, True, {"a": 1}])
def test_a_finish_reason_of_an_odd_form_does_not_cost_the_text(word: object) -> None:
    frame = {"choices": [{"delta": {"content": "a"}, "finish_reason": word}]}
    parser = openai_compatible.new_parser()
    assert text_of([*parser.feed(SseEvent(json.dumps(frame))), *parser.feed(SseEvent("[DONE]"))]) == "a"


def test_a_finish_reason_with_every_piece_ends_nothing() -> None:
    events = read(google, "finish_reason_each_time")

    assert text_of(events) == "It is 42."
    assert of(Citation, events) == [Citation("https://example.org/42", "42")]
    assert of(ReplayPart, events) == [
        ReplayPart({"executableCode": {"language": "PYTHON", "code": "6*7"}}),
        ReplayPart({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "42"}}),
        ReplayPart({"text": "42.", "thoughtSignature": "c2ln"}),
    ]


def test_thinking_is_told_and_its_signature_kept() -> None:
    events = read(anthropic, "thinking")

    thought = "".join(event.text for event in of(ReasoningDelta, events))
    kept = [event.part for event in of(ReplayPart, events) if event.part["type"] == "thinking"]
    assert thought
    assert [part["thinking"] for part in kept] == [thought]
    assert all(part["signature"] for part in kept)


@pytest.mark.parametrize("name", ["deepseek_reasoning", "mistral_thinking"])
def test_reasoning_is_an_event_of_its_own(name: str) -> None:
    assert of(ReasoningDelta, read(openai_compatible, name))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"message": "Forbidden: usage plan"}', "Forbidden: usage plan"),
        (b'{"detail": [{"loc": ["body", "top_k"], "msg": "No such field"}]}', "top_k: No such field"),
        (b'{"object": "error", "message": {"detail": [{"loc": ["body", "n"], "msg": "No"}]}}', "n: No"),
        (b'{"error": {"message": "Upstream error", "metadata": {"raw": "too busy"}}}', "Upstream error: too busy"),
        (b'{"error": {"error": {"message": "Inside"}}}', "Inside"),
        (b'["One", {"msg": "two"}]', "One; two"),
        (b'[{"error": {"message": "In a list"}}]', "In a list"),
        (b"no such model: try another", "no such model: try another"),
        (b"<html>Oh</html>", "The provider answered with status 418"),
    ],
)
def test_the_providers_sentence_is_found(body: bytes, sentence: str) -> None:
    assert faults.error_message(faults.error_body(body), 418) == sentence
