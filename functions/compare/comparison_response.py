"""The HTTP answer to a comparison: its events, or its ends in the targets' order."""

from collections.abc import AsyncIterator, Callable
from functools import partial

from fastapi import Request
from starlette.responses import Response

from promptyard.api.answers.events import (
    ComparisonEndEvent,
    TargetContentEvent,
    TargetDoneEvent,
    TargetErrorEvent,
    event_frame,
)
from promptyard.api.errors import ErrorBody
from promptyard.api.idempotency import note_comparison
from promptyard.api.rate_limits import limit_headers
from promptyard.api.run_response import CALLER_LEFT, settled_or_left
from promptyard.api.schemas import OnDisconnect
from promptyard.api.sse import EventStream
from promptyard.domain.runs.failures import RunFailure
from promptyard.services.runs.comparisons import ComparisonHandle, TargetEnded, TargetText


def headers(handle: ComparisonHandle) -> dict[str, str]:
    """A stream's are sent before its runs begin, and so say nothing of the caller's limits."""
    return {"x-comparison-id": handle.id, **limit_headers(handle.headroom)}


def stream(handle: ComparisonHandle, on_disconnect: OnDisconnect) -> Response:
    return EventStream(_frames(handle), on_disconnect=_leave(handle, on_disconnect), headers=headers(handle))


async def ended(request: Request, handle: ComparisonHandle, on_disconnect: OnDisconnect) -> list[TargetEnded]:
    """Every target's end, in their order; the caller's leaving cancels unless the request said otherwise. An error
    that is raised afterwards carries `x-comparison-id` all the same."""
    request.state.answer_headers = headers(handle)
    await note_comparison(request, handle.id)
    return await settled_or_left(request, handle.ended(), _leave(handle, on_disconnect))


def _leave(handle: ComparisonHandle, on_disconnect: OnDisconnect) -> Callable[[], None]:
    return partial(handle.cancel, CALLER_LEFT) if on_disconnect == "cancel" else lambda: None


async def _frames(handle: ComparisonHandle) -> AsyncIterator[bytes]:
    async for event in handle:
        index = event.index
        match event:
            case TargetText(_, text):
                yield event_frame(TargetContentEvent(index=index, content=text), f"chunk:{index}")
            case TargetEnded(run=run, error=error) if error is not None:
                failure = ErrorBody.of(RunFailure.of(error))
                data = TargetErrorEvent(index=index, error=failure, id=run.id if run else None)
                yield event_frame(data, f"error:{index}")
            case TargetEnded(run=run) if run is not None:
                yield event_frame(TargetDoneEvent.of_target(index, run), f"done:{index}")
    yield event_frame(ComparisonEndEvent(comparison_id=handle.id), "end")
