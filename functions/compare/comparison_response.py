"""The HTTP answer to a comparison: its events, or its ends in the targets' order."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from promptyard.api.answers.comparison_frames import comparison_frame, final_result
from promptyard.api.answers.fields import json_response
from promptyard.api.bulkheads.turns import leave_turn
from promptyard.api.claims import note_comparison
from promptyard.api.rate_limits import limit_headers
from promptyard.api.requests import OnDisconnect
from promptyard.api.run_response import CALLER_LEFT, settled_or_left
from promptyard.api.schemas.runs import StreamFields
from promptyard.api.sse import EventStream
from promptyard.domain.account.access import Caller
from promptyard.services.runs.comparisons import ComparisonEvent, ComparisonHandle, TargetEnded
from promptyard.services.runs.resuming.framed_log import FramedLog
from promptyard.services.runs.resuming.kept_streams import KeptStreams


async def response(
    request: Request,
    handle: ComparisonHandle,
    answer: Callable[[list[TargetEnded]], BaseModel],
    *,
    stream: FramedLog[ComparisonEvent] | None,
    on_disconnect: OnDisconnect,
) -> Response:
    """The stream, or what `answer` makes of every target's end, in their order. An error that it raises carries
    `x-comparison-id` all the same."""
    if stream is not None:
        return event_stream(handle, stream, on_disconnect)
    request.state.answer_headers = _headers(handle)
    leave_turn(request)
    await note_comparison(request, handle.id)
    ends = await settled_or_left(request, handle.ended(), _leave(handle, on_disconnect))
    return json_response(answer(ends), headers=_headers(handle))


def event_stream(
    handle: ComparisonHandle, stream: FramedLog[ComparisonEvent], on_disconnect: OnDisconnect
) -> EventStream[ComparisonEvent]:
    return EventStream(
        handle.log.read(),
        stream.frame_of,
        on_disconnect=_leave(handle, on_disconnect),
        headers=_headers(handle),
        final_result=lambda: final_result(handle.events, handle.log.joined()),
    )


def keep(
    handle: ComparisonHandle,
    streams: KeptStreams,
    caller: Caller,
    body: StreamFields,
    seconds: float,
    *,
    streamed: bool,
) -> FramedLog[ComparisonEvent] | None:
    """What it tells from now on, for as long as its runs may take, to be resumed. The stream where it is the answer."""
    stream = FramedLog(caller.tenant, handle.id, handle.log, partial(comparison_frame, handle.events))
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    goes_on = body.when_left() == "continue"
    handle.before_end = streams.keep(stream, deadline, streamed=streamed, resumable=body.resumable, goes_on=goes_on)
    return stream if streamed else None


def _headers(handle: ComparisonHandle) -> dict[str, str]:
    """A stream's are sent before its runs begin, and so say nothing of the caller's limits."""
    return {"x-comparison-id": handle.id, **limit_headers(handle.headroom)}


def _leave(handle: ComparisonHandle, on_disconnect: OnDisconnect) -> Callable[[], None] | None:
    return partial(handle.cancel, CALLER_LEFT) if on_disconnect == "cancel" else None
