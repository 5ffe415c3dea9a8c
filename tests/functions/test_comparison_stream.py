"""A comparison's events on the wire, and the short stream that repetitions of its request are answered with."""

import asyncio
from functools import partial
from typing import Any

from functions.compare.comparison_response import event_stream
from promptyard.api.answers.comparison_frames import comparison_frame
from promptyard.api.sse import EventStream
from promptyard.domain.errors import DeadlineExceeded
from promptyard.domain.models.provider_events import ReasoningDelta, TextDelta, ToolCallDelta
from promptyard.services.runs.comparisons import (
    ComparisonEnded,
    ComparisonEvent,
    ComparisonHandle,
    TargetEnded,
    TargetPiece,
)
from promptyard.services.runs.resuming.framed_log import FramedLog
from tests.support.samples.sample_runs import new_run

RUN = new_run(id="r-1")
EVENTS: list[ComparisonEvent] = [
    TargetPiece(0, TextDelta("a")),
    TargetPiece(1, TextDelta("x\n")),
    TargetPiece(1, ReasoningDelta("hm")),
    TargetPiece(0, TextDelta("b")),
    TargetEnded(0, RUN, DeadlineExceeded("Too late"), 5),
    TargetPiece(1, ToolCallDelta(0, "c", "pay", "{}")),
    TargetPiece(1, TextDelta("y")),
    TargetEnded(1, RUN, DeadlineExceeded("Too late"), 5),
    ComparisonEnded("c-1"),
]
ERROR = '"error": {"code": "deadline", "message": "Too late", "retryable": true}, "id": "r-1"}'


def stream() -> EventStream[ComparisonEvent]:
    handle = ComparisonHandle("c-1")
    handle.log.extend(EVENTS)
    handle.log.close()
    framed = FramedLog("acme", handle.id, handle.log, partial(comparison_frame, handle.events))
    return event_stream(handle, framed, "continue")


def test_every_event_has_its_number_in_the_log_and_what_nobody_asked_for_is_left_out() -> None:
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Any:
        await asyncio.Event().wait()

    asyncio.run(stream()({"type": "http"}, receive, send))
    assert b"".join(sent).decode() == "".join(
        f"{frame}\n\n"
        for frame in (
            'id: 1\nevent: chunk:0\ndata: {"index": 0, "content": "a"}',
            'id: 2\nevent: chunk:1\ndata: {"index": 1, "content": "x\\n"}',
            'id: 4\nevent: chunk:0\ndata: {"index": 0, "content": "b"}',
            f'id: 5\nevent: error:0\ndata: {{"index": 0, {ERROR}',
            'id: 7\nevent: chunk:1\ndata: {"index": 1, "content": "y"}',
            f'id: 8\nevent: error:1\ndata: {{"index": 1, {ERROR}',
            'id: 9\nevent: end\ndata: {"comparison_id": "c-1"}',
        )
    )


def test_the_final_result_has_each_text_in_one_piece_and_then_the_ends() -> None:
    final_result = stream().final_result
    assert final_result is not None
    assert final_result().decode() == "".join(
        f"{frame}\n\n"
        for frame in (
            'event: chunk:0\ndata: {"index": 0, "content": "ab"}',
            'event: chunk:1\ndata: {"index": 1, "content": "x\\ny"}',
            f'event: error:0\ndata: {{"index": 0, {ERROR}',
            f'event: error:1\ndata: {{"index": 1, {ERROR}',
            'event: end\ndata: {"comparison_id": "c-1"}',
        )
    )
