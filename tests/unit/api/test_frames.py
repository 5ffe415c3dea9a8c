"""The frames of a run's and of a comparison's events: what is asked for is told, in the form that is documented."""

import json
from itertools import product
from typing import Any

import pytest

from promptyard.api.answers.comparison_frames import comparison_frame, final_result
from promptyard.api.answers.events import (
    RunContentEvent,
    RunReasoningEvent,
    RunReplayEvent,
    RunToolCallEvent,
    TargetContentEvent,
    TargetReasoningEvent,
    TargetToolCallEvent,
    event_frame,
)
from promptyard.api.answers.frames import Wanted, run_frame
from promptyard.domain.models.provider_events import AnswerPiece, ReasoningDelta, ReplayPart, TextDelta, ToolCallDelta
from promptyard.services.runs.comparisons import ComparisonEnded, ComparisonEvent, TargetPiece
from promptyard.services.runs.run_events import RunBegan

TEXT, THOUGHT = TextDelta("a\n"), ReasoningDelta("hm")
FIRST, NEXT = ToolCallDelta(1, "c", "pay", "{"), ToolCallDelta(1, arguments="}")
INSTEAD = ToolCallDelta(1, arguments='{"a": 1}', replaces=True)

FIRST_FIELDS = {"id": "c", "name": "pay", "arguments": "{"}
NEXT_FIELDS = {"id": None, "name": None, "arguments": "}"}
INSTEAD_FIELDS = {"id": None, "name": None, "arguments": '{"a": 1}', "replaces": True}


@pytest.mark.parametrize(
    ("piece", "of_run", "of_target"),
    [
        (TEXT, (RunContentEvent(content="a\n"), ""), (TargetContentEvent(index=3, content="a\n"), "chunk:3")),
        (
            THOUGHT,
            (RunReasoningEvent(reasoning="hm"), "reasoning"),
            (TargetReasoningEvent(index=3, reasoning="hm"), "reasoning:3"),
        ),
        *(
            (
                piece,
                (RunToolCallEvent.model_validate({"index": 1, **fields}), "tool_call"),
                (TargetToolCallEvent.model_validate({"index": 3, "call_index": 1, **fields}), "tool_call:3"),
            )
            for piece, fields in ((FIRST, FIRST_FIELDS), (NEXT, NEXT_FIELDS), (INSTEAD, INSTEAD_FIELDS))
        ),
    ],
)
def test_a_piece_is_framed_as_its_model_says(piece: AnswerPiece, of_run: Any, of_target: Any) -> None:
    wanted: Wanted = ["reasoning", "tool_calls"]
    assert _read(run_frame(wanted, 7, piece)) == _read(event_frame(*of_run, 7))
    assert _read(comparison_frame(wanted, 7, TargetPiece(3, piece))) == _read(event_frame(*of_target, 7))


@pytest.mark.parametrize(("piece", "part"), [(THOUGHT, "reasoning"), (FIRST, "tool_calls"), (TEXT, None)])
def test_only_what_is_wanted_is_told(piece: AnswerPiece, part: str | None) -> None:
    for reasoning, calls in product([True, False], repeat=2):
        wanted = [name for name, is_wanted in (("reasoning", reasoning), ("tool_calls", calls)) if is_wanted]
        is_told = part is None or part in wanted
        assert bool(run_frame(wanted, 1, piece)) is is_told  # type: ignore[arg-type]
        assert bool(comparison_frame(wanted, 1, TargetPiece(0, piece))) is is_told  # type: ignore[arg-type]
    assert bool(run_frame(None, 1, piece)) is (part is None)


def test_the_beginning_is_not_told() -> None:
    assert run_frame(["reasoning", "tool_calls"], 1, RunBegan()) == b""


def test_the_final_result_has_every_part_of_each_target_in_one_piece() -> None:
    events: list[ComparisonEvent] = [
        TargetPiece(0, THOUGHT),
        TargetPiece(1, TextDelta("x")),
        TargetPiece(0, ReasoningDelta("!")),
        TargetPiece(0, FIRST),
        TargetPiece(1, TextDelta("y")),
        TargetPiece(0, INSTEAD),
        ComparisonEnded("c-1"),
    ]
    call = '"call_index": 1, "id": "c", "name": "pay", "arguments": "{\\"a\\": 1}", "replaces": true'
    told = final_result(["reasoning", "tool_calls"], events).decode()
    assert told.split("\n\n") == [
        'event: reasoning:0\ndata: {"index": 0, "reasoning": "hm!"}',
        f'event: tool_call:0\ndata: {{"index": 0, {call}}}',
        'event: chunk:1\ndata: {"index": 1, "content": "xy"}',
        'event: end\ndata: {"comparison_id": "c-1"}',
        "",
    ]


def _read(frame: bytes) -> dict[str, object]:
    fields = dict(line.split(": ", 1) for line in frame.decode().rstrip("\n").split("\n"))
    return {**fields, "data": json.loads(fields["data"])}


def test_what_goes_back_is_kept_where_the_form_has_a_place_for_it() -> None:
    thought, sealed = ReasoningDelta("hm", "rs_1"), ReplayPart({"type": "reasoning", "id": "rs_1"})
    kept: Wanted = ["reasoning", "replay"]
    assert _read(run_frame(kept, 7, sealed)) == _read(
        event_frame(RunReplayEvent(replay=dict(sealed.part)), "replay", 7)
    )
    named = RunReasoningEvent(reasoning="hm", item="rs_1")
    assert _read(run_frame(kept, 7, thought)) == _read(event_frame(named, "reasoning", 7))
    assert run_frame(["reasoning"], 7, sealed) == b""
    assert run_frame(["reasoning"], 7, thought) == run_frame(["reasoning"], 7, THOUGHT)
