"""A run's events as the frames of its stream. A frame is made of what the stream was asked for, the event and its
number alone: a stream that is read again is the same, byte for byte."""

from collections.abc import Collection

from promptyard.api.answers.events import RunDoneEvent, RunErrorEvent, event_frame
from promptyard.api.sse import content_frame, frame
from promptyard.domain.models.provider_events import (
    AnswerPiece,
    KeptPart,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
    ToolCallDelta,
)
from promptyard.services.runs.run_events import RunEvent, RunSettled

Wanted = Collection[KeptPart] | None
"""What a stream tells beside the text."""


def run_frame(wanted: Wanted, number: int | None, event: RunEvent) -> bytes:
    """Nothing for an event that is not told."""
    match event:
        case TextDelta() | ReasoningDelta() | ToolCallDelta():
            return piece_frame(wanted, number, event)
        case ReplayPart(part) if wanted and "replay" in wanted:
            return frame({"replay": part}, "replay", number)
        case RunSettled(run, _) if run.error is not None:
            return event_frame(RunErrorEvent.of(run.error, run.id), "error", number)
        case RunSettled(run, _):
            return event_frame(RunDoneEvent.of(run), "done", number)
    return b""


def piece_frame(wanted: Wanted, number: int | None, piece: AnswerPiece, *, index: int | None = None) -> bytes:
    """A piece of an answer, in a comparison of the target with that index. The fields are those of the models in
    `events.py`, of which nothing is made here: there are thousands."""
    match piece:
        case TextDelta(text):
            return content_frame(text, number, index=index)
        case ReasoningDelta(text, item) if wanted and "reasoning" in wanted:
            named = {"item": item} if item is not None and "replay" in wanted else {}
            return _frame({"reasoning": text, **named}, "reasoning", number, index)
        case ToolCallDelta() if wanted and "tool_calls" in wanted:
            call: dict[str, object] = {"index" if index is None else "call_index": piece.index}
            call |= {"id": piece.id, "name": piece.name, "arguments": piece.arguments}
            return _frame(call | ({"replaces": True} if piece.replaces else {}), "tool_call", number, index)
    return b""


def _frame(data: dict[str, object], event: str, number: int | None, index: int | None) -> bytes:
    if index is None:
        return frame(data, event, number)
    return frame({"index": index, **data}, f"{event}:{index}", number)
