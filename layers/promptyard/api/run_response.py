"""The HTTP answer to one run, streamed or whole."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.responses import Response

from promptyard.api.answers.fields import json_response
from promptyard.api.answers.frames import Wanted, run_frame
from promptyard.api.answers.runs import RunAnswer
from promptyard.api.bulkheads.turns import leave_turn
from promptyard.api.claims import note_run
from promptyard.api.rate_limits import limit_headers
from promptyard.api.requests import OnDisconnect
from promptyard.api.sse import EventStream, wait_for_disconnect
from promptyard.domain.headroom import Headroom
from promptyard.services.runs.resuming.framed_log import FramedLog
from promptyard.services.runs.run_events import RunEvent, RunSettled
from promptyard.services.runs.run_handle import RunHandle

if TYPE_CHECKING:
    from promptyard.domain.runs.run import Run
    from promptyard.services.runs.resuming.kept_streams import KeptStreams

Result = TypeVar("Result")
FIRST_EVENT_PATIENCE_SECONDS = 10.0
"""How long the answer's status may wait for the provider's first event."""
CALLER_LEFT = "The caller left"


class RunForm(Protocol):
    """How a run is answered in another form than ours."""

    def whole(self, run: "Run") -> BaseModel: ...

    def frames(self) -> Callable[[int, RunEvent], bytes]:
        """What makes the frames of one reader, who is told every event from the first on."""

    def headers(self, run: "Run") -> dict[str, str]:
        """Of an answer to the run, which may be going on."""


async def run_response(
    request: Request,
    handle: RunHandle,
    *,
    stream: bool,
    on_disconnect: OnDisconnect,
    streams: "KeptStreams | None",
    resumable: bool = False,
    form: RunForm | None = None,
    waits: bool = True,
) -> Response:
    """`streams` keep what the run tells, in our own form whatever the `form`; None: it is told again already. Raises
    the run's own error where it failed before the answer started; it has the same headers. Without `waits` what is not
    streamed is answered at once, as far as it is known; the request goes on until the run has ended, for else Lambda
    would stop the process."""
    leave_turn(request)
    frame_of = partial(_retold_frame if handle.is_retold else run_frame, handle.run.events)
    framed = FramedLog(handle.run.tenant, handle.run.id, handle.log, frame_of)
    if streams is not None:
        goes_on = on_disconnect == "continue"
        handle.before_end = streams.keep(
            framed, handle.run.deadline_at, streamed=stream, resumable=resumable, goes_on=goes_on
        )
    headers = request.state.answer_headers = {"x-run-id": handle.run.id}
    if handle.headroom != Headroom():
        headers |= limit_headers(handle.headroom)
    if hasattr(request.state, "claim"):
        await note_run(request, handle.run.id, stream=stream)
    leave = partial(handle.cancel, CALLER_LEFT) if on_disconnect == "cancel" else None
    if not (stream or waits) and form is not None:
        answer = json_response(form.whole(handle.run), headers=headers | form.headers(handle.run))
        answer.background = BackgroundTask(handle.settled)
        return answer
    if not stream:
        settled = await settled_or_left(request, handle.settled(), leave)
        if settled.error is not None:
            raise settled.error
        if form is not None:
            return json_response(form.whole(settled.run), headers=headers | form.headers(settled.run))
        return json_response(RunAnswer.of(settled.run), headers=headers)
    first = await handle.started(FIRST_EVENT_PATIENCE_SECONDS)
    if isinstance(first, RunSettled) and first.error is not None:
        raise first.error
    if form is not None:
        headers = headers | form.headers(handle.run)
    frame = framed.frame_of if form is None else form.frames()
    return EventStream(handle.log.read(), frame, on_disconnect=leave, headers=headers)


def _retold_frame(wanted: Wanted, _: int, event: RunEvent) -> bytes:
    """Without a number: it would be none of the stream that can be resumed."""
    return run_frame(wanted, None, event)


async def settled_or_left(
    request: Request, outcome: Coroutine[Any, Any, Result], leave: Callable[[], None] | None
) -> Result:
    """The outcome; `leave` is called once when the caller goes before it is there."""
    if leave is None:
        return await outcome
    is_there = False

    def left(leaving: asyncio.Task[None]) -> None:
        if not (is_there or leaving.cancelled()):
            leaving.result()
            leave()

    leaving = asyncio.create_task(wait_for_disconnect(request.receive))
    leaving.add_done_callback(left)
    try:
        return await outcome
    finally:
        is_there = True
        leaving.cancel()
