"""The memory that a run takes while it goes on, and what is remembered of its stream after it."""

import tracemalloc
from collections.abc import Callable
from functools import partial

import pytest

from promptyard.api.answers.frames import run_frame
from promptyard.domain.headroom import Headroom
from promptyard.domain.models.provider_events import AnswerPiece, ReasoningDelta, TextDelta, ToolCallDelta
from promptyard.services.runs.answer import Answer
from promptyard.services.runs.comparisons import ComparisonHandle, TargetPiece
from promptyard.services.runs.resuming.ended_stream import EndedStream
from promptyard.services.runs.resuming.framed_log import FramedLog
from promptyard.services.runs.run_handle import RunHandle
from tests.support.samples.sample_runs import new_run, settled

CHARACTERS = 5
BEFORE, MEASURED = 1_000, 15_000
"""Pieces. What the first of them take beside is less than what has come lately takes always."""
KINDS: dict[str, Callable[[str], AnswerPiece]] = {
    "text": TextDelta,
    "reasoning": ReasoningDelta,
    "tool call": lambda text: ToolCallDelta(0, arguments=text),
}


def bytes_a_piece(tell: Callable[[int], None]) -> float:
    """What is held of each piece when `tell` was called with the numbers of so many."""
    tracemalloc.start()
    try:
        for number in range(BEFORE):
            tell(number)
        before, _ = tracemalloc.get_traced_memory()
        for number in range(BEFORE, BEFORE + MEASURED):
            tell(number)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / MEASURED


@pytest.mark.parametrize("kind", KINDS)
async def test_a_piece_takes_little_more_than_its_characters_twice(kind: str) -> None:
    """Once for the record, once for whoever resumes the stream."""
    handle, answer = RunHandle(new_run(), Headroom()), Answer()

    def tell(number: int) -> None:
        piece = KINDS[kind](f"{number:0{CHARACTERS}}")
        answer.add(piece, 0.0)
        handle.tell(piece)

    assert bytes_a_piece(tell) <= 2 * CHARACTERS + 10
    assert len(handle.log) == BEFORE + MEASURED


async def test_so_does_a_piece_of_a_comparison() -> None:
    log = ComparisonHandle("c-1").log
    targets = 3

    def tell(number: int) -> None:
        log.append(TargetPiece(number % targets, TextDelta(f"{number:0{CHARACTERS}}")))

    assert bytes_a_piece(tell) <= CHARACTERS + 10


async def test_what_is_remembered_of_an_ended_stream_says_its_size() -> None:
    run = new_run()
    handle = RunHandle(run, Headroom())
    for number in range(MEASURED):
        handle.tell(TextDelta(f"{number:0{CHARACTERS}}"))
    handle.settle(settled(run, output="x" * 50_000), None)
    stream = FramedLog(run.tenant, run.id, handle.log, partial(run_frame, None))
    ended = EndedStream(stream)
    assert MEASURED * CHARACTERS + 50_000 <= ended.size <= MEASURED * (CHARACTERS + 8) + 52_000
