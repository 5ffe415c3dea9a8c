"""An answer's pieces are told as they come, and those of a very long answer several in one."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.messages import ToolCall, ToolFunction
from promptyard.domain.models.provider_events import (
    AnswerPiece,
    Citation,
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from promptyard.domain.models.usage import Usage
from promptyard.services.runs import pieces
from promptyard.services.runs.answer import Answer
from promptyard.services.runs.pieces import BURST, PieceGatherer, joined, whole_pieces, without_bursts
from tests.support.samples.sample_runs import new_run

texts = st.text(max_size=3)
some_pieces = st.lists(
    st.one_of(
        st.builds(TextDelta, texts),
        st.builds(ReasoningDelta, texts, st.none() | st.sampled_from(["rs_1", "rs_2"])),
        st.builds(
            ToolCallDelta,
            st.integers(0, 2),
            st.none() | st.just("id"),
            st.none() | st.just("name"),
            texts,
            extra_content=st.none() | st.builds(lambda sign: {"google": {"thought_signature": sign}}, texts),
        ),
    ),
    max_size=40,
)


def parts(told: Iterable[AnswerPiece]) -> dict[object, Any]:
    """What the pieces come to, part by part."""
    found: dict[object, Any] = defaultdict(str)
    thoughts: list[Any] = [[None, ""]]
    for piece in told:
        if isinstance(piece, ReasoningDelta):  # one for each id that a thought begins with
            thoughts += [[piece.item, ""]] if piece.item is not None else []
            thoughts[-1][1] += piece.text
        if isinstance(piece, ToolCallDelta):
            found[piece.index] += piece.arguments
            found[piece.index, "id"] = found[piece.index, "id"] or piece.id or ""
            found[piece.index, "name"] = found[piece.index, "name"] or piece.name or ""
            found[piece.index, "extra"] = piece.extra_content or found[piece.index, "extra"]
        else:
            found[type(piece)] += piece.text
    found["thoughts"] = thoughts
    return found


@given(some_pieces)
def test_what_is_joined_comes_to_the_same(came: list[AnswerPiece]) -> None:
    together = joined(came)
    assert parts(together) == parts(came)
    begun = sum(getattr(piece, "item", None) is not None for piece in came)
    anonymous = next((piece.item is None for piece in came if isinstance(piece, ReasoningDelta)), False)
    kinds = {(type(piece), getattr(piece, "index", None)) for piece in came if not isinstance(piece, ReasoningDelta)}
    assert len(together) == len(kinds) + begun + anonymous


an_event = st.one_of(
    some_pieces.filter(bool).map(lambda pieces: pieces[0]),
    st.builds(TextDelta, texts),  # so that several follow one another
    st.builds(ReasoningDelta, texts),
    st.builds(Citation, texts),
    st.builds(lambda text: ReplayPart({"thinking": text}), texts),
    st.builds(UsageReport, st.builds(Usage, output_tokens=st.integers(0, 9))),
    st.builds(Finished, st.sampled_from(FinishReason)),
)


@given(st.lists(an_event, max_size=BURST) | st.lists(an_event, min_size=BURST + 1, max_size=2 * BURST))
def test_a_burst_is_the_same_answer_in_the_same_order_in_fewer_events(came: list[ProviderEvent]) -> None:
    fewer = without_bursts(came)
    if len(came) <= BURST:
        assert fewer == came
    whole, in_burst = Answer(), Answer()
    for answer, events in ((whole, came), (in_burst, fewer)):
        answer.attempt_started(1.0)
        for event in events:
            answer.add(event, 2.0)
    run = new_run()
    record, whole_record = (
        answer.settle(run, None, None, at=run.created_at, ended=3.0) for answer in (in_burst, whole)
    )
    assert record == whole_record
    assert list(spelled(fewer)) == list(spelled(came))


def spelled(events: Iterable[ProviderEvent]) -> Iterator[object]:
    """Each character of a text with what it is of; what is more than a text as it is."""
    for event in events:
        match event:
            case TextDelta(text):
                yield from (("text", character) for character in text)
            case ReasoningDelta(text, None):
                yield from (("reasoning", character) for character in text)
            case ToolCallDelta(index, None, None, arguments, False, None):
                yield from ((index, character) for character in arguments)
            case _:
                yield event


def test_texts_that_came_in_one_burst_are_one() -> None:
    words = [TextDelta(f" {number}") for number in range(BURST)]
    end = Finished(FinishReason.STOP)
    assert without_bursts(words) == words, "a stream is told as it comes"
    assert without_bursts([*words, end]) == [TextDelta("".join(word.text for word in words)), end]
    thought = ReasoningDelta("so", "rs_1")
    assert without_bursts([*words[:1], thought, *words[1:]]) == [
        words[0], thought, TextDelta("".join(word.text for word in words[1:])),
    ]  # fmt: skip


@given(came=some_pieces, together=st.integers(1, 4), single=st.integers(0, 10), at_most=st.integers(1, 10))
def test_however_much_is_gathered_the_answer_is_the_same(
    came: list[AnswerPiece], together: int, single: int, at_most: int
) -> None:
    async def play() -> list[AnswerPiece]:
        told: list[AnswerPiece] = []
        gatherer = PieceGatherer(told.extend)
        for start in range(0, len(came), together):
            gatherer.add(came[start : start + together])
        gatherer.flush()
        return told

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pieces, "SINGLE", single)
        patched.setattr(pieces, "GATHERED", at_most)
        told = asyncio.run(play())
    assert told[:single] == came[:single]
    assert parts(told) == parts(came)


async def test_what_is_gathered_is_told_when_there_is_enough_or_its_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pieces, "SINGLE", 2)
    monkeypatch.setattr(pieces, "GATHERED", 3)
    monkeypatch.setattr(pieces, "GATHER_SECONDS", 0.001)
    told: asyncio.Queue[Sequence[AnswerPiece]] = asyncio.Queue()
    gatherer = PieceGatherer(told.put_nowait)
    for letters in ("a", "bcd", "e", "f"):
        gatherer.add([TextDelta(letter) for letter in letters])
    assert [told.get_nowait() for _ in range(3)] == [[TextDelta("a")], [TextDelta("b")], [TextDelta("cde")]]
    assert told.empty(), "the last one waits"
    assert await asyncio.wait_for(told.get(), 5) == [TextDelta("f")]
    gatherer.flush()
    assert told.empty()


def test_a_whole_answer_has_a_piece_a_part() -> None:
    signed = {"google": {"thought_signature": "c2ln"}}
    calls = [
        ToolCall(id="a", function=ToolFunction(name="a", arguments="{}")),
        ToolCall(id="b", function=ToolFunction(name="b", arguments="{}"), extra_content=signed),
    ]
    assert whole_pieces("text", calls, "thought") == [
        ReasoningDelta("thought"),
        TextDelta("text"),
        ToolCallDelta(0, "a", "a", "{}"),
        ToolCallDelta(1, "b", "b", "{}", extra_content=signed),
    ]
    assert whole_pieces(None, None) == whole_pieces("", []) == []
