"""After the provider's word that the answer ended, every kind of end is one; before it, none is."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.errors import ProviderError, ProviderMalformed
from promptyard.domain.models.provider_events import Finished, FinishReason, ProviderEvent, TextDelta
from promptyard.providers.protocol import Ending, HttpAdapter, SseEvent
from promptyard.providers.registry import WIRES
from promptyard.providers.wires import anthropic, bedrock, openai_compatible
from tests.support.servers.wire_replay import text_of, usage_of
from tests.unit.providers.wires.test_what_is_optional import Recorded, outcome, recorded_streams

EACH_PIECE_IS_THE_LAST = {"finish_reason_each_time"}
"""Recordings in which every piece says that it ends the answer: a cut between two of them does not show."""

RECORDED = [recorded for recorded in recorded_streams() if recorded.name not in EACH_PIECE_IS_THE_LAST]


class ConverseParser:
    """Bedrock's, of recorded frames."""

    def __init__(self) -> None:
        self._parser = bedrock.ConverseParser()
        self.end = self._parser.end

    @property
    def ending(self) -> Ending:
        return self._parser.ending

    def feed(self, event: SseEvent) -> list[ProviderEvent]:
        return self._parser.feed(json.loads(event.data))


def parser_of(recorded: Recorded) -> Any:
    if recorded.wire == "bedrock":
        return ConverseParser()
    adapter = WIRES[recorded.wire]
    assert isinstance(adapter, HttpAdapter)
    return adapter.new_parser()


@settings(max_examples=2000)
@given(st.sampled_from(RECORDED), st.data())
def test_a_stream_cut_anywhere(recorded: Recorded, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(recorded.frames)))
    whole = feed(parser_of(recorded), recorded.frames)[0]
    parser = parser_of(recorded)
    came, ending = feed(parser, recorded.frames[:length], end=False)

    if ending is Ending.NOT_YET:
        with pytest.raises(ProviderMalformed):
            parser.end()
        return
    came += parser.end()
    assert outcome(came) == outcome(whole)
    told = usage_of(feed(parser_of(recorded), recorded.frames[:length], end=False)[0])
    assert told is None or usage_of(came) is not None


def feed(parser: Any, frames: tuple[tuple[str, str], ...], *, end: bool = True) -> tuple[list[ProviderEvent], Ending]:
    events = [made for event, data in frames for made in parser.feed(SseEvent(data, event))]
    ending = parser.ending
    return events + (parser.end() if end else []), ending


def chunk(content: str = "", finish_reason: Any = None, **more: Any) -> SseEvent:
    return SseEvent(
        json.dumps({"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish_reason}], **more})
    )


def chat(*events: SseEvent) -> list[ProviderEvent]:
    parser = openai_compatible.new_parser()
    return [*(made for event in events for made in parser.feed(event)), *parser.end()]


@pytest.mark.parametrize(
    ("word", "finished"),
    [
        ("stop", Finished(FinishReason.STOP)),
        ({"type": "stop", "matched": 7}, Finished(FinishReason.STOP)),
        ("STOP", Finished(FinishReason.STOP)),
        ("sensitive", Finished(FinishReason.FILTER)),
        ("network_error", Finished(FinishReason.ERROR, "network_error")),
        ("a word of tomorrow", Finished(FinishReason.ERROR, "a word of tomorrow")),
        (7, Finished(FinishReason.ERROR, "7")),
    ],
)
def test_a_word_that_is_not_known_is_never_taken_for_a_good_end(word: Any, finished: Finished) -> None:
    assert chat(chunk("Half", word))[-1] == finished


def test_a_frame_that_cannot_be_read_after_the_end_costs_nothing() -> None:
    assert chat(chunk("All", "stop"), SseEvent('{"usage": {"prom')) == [TextDelta("All"), Finished(FinishReason.STOP)]


def test_until_the_counts_have_come_they_are_due() -> None:
    parser = openai_compatible.new_parser()
    endings = []
    for event in (
        chunk("Hi"),
        chunk("", "stop"),
        SseEvent('{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}'),
    ):
        parser.feed(event)
        endings.append(parser.ending)

    assert endings == [Ending.NOT_YET, Ending.USAGE_DUE, Ending.DUE]


@pytest.mark.parametrize("index", [0, 1, 7])
def test_the_first_choice_seen_is_the_runs_whatever_its_number(index: int) -> None:
    both = {"choices": [{"index": index, "delta": {"content": "A"}}, {"index": index + 1, "delta": {"content": "B"}}]}

    assert text_of(chat(SseEvent(json.dumps(both)), chunk("", "stop", choices=[{"finish_reason": "stop"}]))) == "A"


@pytest.mark.parametrize(
    "answer",
    [
        {"choices": [{"index": 0, "error": {"code": 502, "message": "Idle"}, "finish_reason": "error"}]},
        {"choices": [{"index": 0, "delta": {"error": {"message": "Idle"}}}]},
        {"error": "Idle"},
        {"error": {"error": {"message": "Idle"}}},
        {"detail": [{"msg": "Idle"}]},
        {"message": "Idle", "code": 500},
        {"error": {"metadata": {"raw": '{"error": {"message": "Idle"}}'}}},
    ],
)
def test_an_error_at_any_depth_fails_the_run_with_its_sentence(answer: dict[str, Any]) -> None:
    with pytest.raises(ProviderError, match=r"^Idle$"):
        openai_compatible.new_parser().feed(SseEvent(json.dumps(answer)))
    with pytest.raises(ProviderError, match=r"^Idle$"):
        openai_compatible.new_parser().whole(json.dumps(answer).encode())


def test_what_a_tool_is_given_or_gives_is_no_error_of_the_run() -> None:
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": {"error": {"message": "No"}}}}
    frame = SseEvent(json.dumps({"choices": [{"delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]}))

    assert chat(frame)[-1] == Finished(FinishReason.TOOL)


def test_an_end_by_calls_without_calls_is_a_plain_one() -> None:
    parser = anthropic.new_parser()
    parser.feed(SseEvent('{"type": "message_delta", "delta": {"stop_reason": "tool_use"}}'))

    assert parser.end() == [Finished(FinishReason.STOP)]
