"""A comparison's events as the frames of its stream, as `frames` has those of a run."""

from collections.abc import Iterable

from promptyard.api.answers.events import ComparisonEndEvent, TargetDoneEvent, TargetErrorEvent, event_frame
from promptyard.api.answers.frames import Wanted, piece_frame
from promptyard.api.errors import ErrorBody
from promptyard.domain.models.provider_events import AnswerPiece
from promptyard.domain.runs.failures import RunFailure
from promptyard.services.runs.comparisons import ComparisonEnded, ComparisonEvent, TargetEnded, TargetPiece
from promptyard.services.runs.pieces import joined


def comparison_frame(wanted: Wanted, number: int | None, event: ComparisonEvent) -> bytes:
    """Nothing for an event that is not told."""
    match event:
        case TargetPiece(index, piece):
            return piece_frame(wanted, number, piece, index=index)
        case TargetEnded(index, run, error) if error is not None:
            failure = ErrorBody.of(RunFailure.of(error))
            data = TargetErrorEvent(index=index, error=failure, id=run.id)
            return event_frame(data, f"error:{index}", number)
        case TargetEnded(index, run):
            return event_frame(TargetDoneEvent.of_target(index, run), f"done:{index}", number)
        case ComparisonEnded(comparison_id):
            return event_frame(ComparisonEndEvent(comparison_id=comparison_id), "end", number)


def final_result(wanted: Wanted, events: Iterable[ComparisonEvent]) -> bytes:
    """The events as a short stream: every target's text, its reasoning and each of its tool calls in one piece, then
    the ends. Its frames have no place in the log, and so no number."""
    pieces: dict[int, list[AnswerPiece]] = {}
    ends: list[ComparisonEvent] = []
    for event in events:
        match event:
            case TargetPiece(index, piece):
                pieces.setdefault(index, []).append(piece)
            case _:
                ends.append(event)
    whole = [TargetPiece(index, piece) for index, told in pieces.items() for piece in joined(told)]
    return b"".join(comparison_frame(wanted, None, event) for event in [*whole, *ends])
