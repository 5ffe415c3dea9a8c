"""The HTTP answer to a comparison: its events, or its ends in the targets' order."""

from collections.abc import Callable, Iterable
from functools import partial

from fastapi import Request
from starlette.responses import Response

from promptyard.api.answers.events import (
    ComparisonEndEvent,
    TargetDoneEvent,
    TargetErrorEvent,
    event_frame,
)
from promptyard.api.claims import note_comparison
from promptyard.api.errors import ErrorBody
from promptyard.api.rate_limits import limit_headers
from promptyard.api.requests import OnDisconnect
from promptyard.api.run_response import CALLER_LEFT, settled_or_left
from promptyard.api.sse import EventStream, content_frame
from promptyard.domain.models.provider_events import TextDelta
from promptyard.domain.runs.failures import RunFailure
from promptyard.services.runs.comparisons import (
    ComparisonEnded,
    ComparisonEvent,
    ComparisonHandle,
    TargetEnded,
    TargetPiece,
)


def headers(handle: ComparisonHandle) -> dict[str, str]:
    """A stream's are sent before its runs begin, and so say nothing of the caller's limits."""
    return {"x-comparison-id": handle.id, **limit_headers(handle.headroom)}


def stream(handle: ComparisonHandle, on_disconnect: OnDisconnect) -> Response:
    return EventStream(
        handle.log,
        _frame,
        on_disconnect=_leave(handle, on_disconnect),
        headers=headers(handle),
        final_result=lambda: _final_result(handle.log),
    )


async def ended(request: Request, handle: ComparisonHandle, on_disconnect: OnDisconnect) -> list[TargetEnded]:
    """Every target's end, in their order; the caller's leaving cancels unless the request said otherwise. An error
    that is raised afterwards carries `x-comparison-id` all the same."""
    request.state.answer_headers = headers(handle)
    await note_comparison(request, handle.id)
    return await settled_or_left(request, handle.ended(), _leave(handle, on_disconnect))


def _leave(handle: ComparisonHandle, on_disconnect: OnDisconnect) -> Callable[[], None]:
    return partial(handle.cancel, CALLER_LEFT) if on_disconnect == "cancel" else lambda: None


def _frame(number: int | None, event: ComparisonEvent) -> bytes:
    match event:
        case TargetPiece(index, TextDelta(text)):
            return content_frame(text, number, index=index)
        case TargetEnded(index, run, error) if error is not None:
            failure = ErrorBody.of(RunFailure.of(error))
            data = TargetErrorEvent(index=index, error=failure, id=run.id if run else None)
            return event_frame(data, f"error:{index}", number)
        case TargetEnded(index, run) if run is not None:
            return event_frame(TargetDoneEvent.of_target(index, run), f"done:{index}", number)
        case ComparisonEnded(comparison_id):
            return event_frame(ComparisonEndEvent(comparison_id=comparison_id), "end", number)
    return b""


def _final_result(events: Iterable[ComparisonEvent]) -> bytes:
    """The events as a short stream: every text in one piece, then the ends. Its frames have no place in the log, and so
    no number."""
    texts: dict[int, list[str]] = {}
    ends: list[ComparisonEvent] = []
    for event in events:
        match event:
            case TargetPiece(index, TextDelta(text)):
                texts.setdefault(index, []).append(text)
            case TargetEnded() | ComparisonEnded():
                ends.append(event)
    whole = [TargetPiece(index, TextDelta("".join(pieces))) for index, pieces in texts.items()]
    return b"".join(_frame(None, event) for event in [*whole, *ends])
