"""What the streams of runs and of comparisons have in common where they are read again, from any of their events on,
live to their end."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Header, Query, Response

from promptyard.api.answers.frames import run_frame
from promptyard.api.sse import EventStream, frames_after
from promptyard.domain.errors import NotFound, PromptyardError, StoreUnavailable
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.run import Run
from promptyard.services.runs.resuming.framed_log import FramedLog
from promptyard.services.runs.run_events import RunSettled

if TYPE_CHECKING:
    from promptyard.services.runs.history import RunHistory
    from promptyard.services.runs.resuming.kept_streams import KeptStreams
    from promptyard.services.runs.resuming.piece_reader import PieceReader

HIGHEST = 9_999_999_999
WRITER_IS_DONE = timedelta(seconds=5)
"""After a run was settled: what is not written of its stream by then will not be."""
NOT_KEPT = (
    "are not kept: they are for an hour after its end, where the request said `resumable` or "
    '`"on_disconnect": "continue"`, on a local server where it said `stream`, too'
)


async def _after(
    after: Annotated[int, Query(ge=0, le=HIGHEST, description="The `id` of the last event that is known, from 0")] = 0,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=HIGHEST, description="The same, from 0, as browsers send it; it wins over `after`")
    ] = None,
) -> int:
    return after if last_event_id is None else last_event_id


After = Annotated[int, Depends(_after)]
"""The number of the last event that the caller knows."""


def resumed_stream(opened: "FramedLog[Any] | PieceReader", after: int, headers: dict[str, str]) -> Response:
    """204 is how browsers are told not to ask again."""
    if isinstance(opened, FramedLog):
        if opened.log.ended and len(opened.log) <= after:
            return Response(status_code=204, headers=headers)
        return EventStream(opened.log.read(after), opened.frame_of, headers=headers)
    if opened.is_at_end:
        return Response(status_code=204, headers=headers)
    return EventStream(opened, frames_after, headers=headers)


def is_done(run: Run) -> bool:
    """Whether nothing more of its stream is on its way into the store."""
    return run.settled_at is not None and datetime.now(UTC) - run.settled_at > WRITER_IS_DONE


def error_at_end(run: Run) -> PromptyardError:
    """How a stream ends whose last events are lost: with the run's failure. Where that has none, the rest of its answer
    is not known here, and the stream must not seem whole."""
    if run.error is not None:
        return run.error.as_error()
    lost = StoreUnavailable("The rest of the stream could not be kept: see the run's record")
    lost.retryable = False
    return lost


async def opened_run(
    streams: "KeptStreams", history: "RunHistory", tenant: str, run_id: str, *, after: int, seconds: float
) -> "FramedLog[Any] | PieceReader":
    """To be read from the event after that number on, for so many seconds at most where that is from the store. Raises
    NotFound."""

    async def end_of(last: int) -> bytes | None:
        try:
            return _end_of_run(await history.get(tenant, run_id), last)
        except NotFound:
            return b""

    opened = await streams.open(tenant, run_id, after, end_of=end_of, seconds=seconds)
    if opened is None:
        run = await history.get(tenant, run_id)
        if run.links.comparison_id is not None:
            raise NotFound(f"The run's events are those of its comparison, {run.links.comparison_id}")
        raise NotFound(f"The run's events {NOT_KEPT}. Its record has the answer")
    return opened


def _end_of_run(run: Run, last: int) -> bytes | None:
    if not is_done(run):
        return None
    error = error_at_end(run)
    settled = RunSettled(run.model_copy(update={"error": RunFailure.of(error)}), error)
    return run_frame(None, last + 1, settled)
