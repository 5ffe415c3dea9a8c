"""A run's stream once more."""

from typing import TYPE_CHECKING

from fastapi import Response

from promptyard.api.answers.frames import run_frame
from promptyard.api.resumed_streams import NOT_KEPT, error_at_end, is_done, resumed_stream
from promptyard.domain.errors import NotFound
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.run import Run
from promptyard.services.runs.run_events import RunSettled

if TYPE_CHECKING:
    from promptyard.services.runs.history import RunHistory
    from promptyard.services.runs.resuming.kept_streams import KeptStreams


async def resumed_run(
    streams: "KeptStreams", history: "RunHistory", tenant: str, run_id: str, *, after: int, seconds: float
) -> Response:
    """For so many seconds at most, where it is read from the store. Raises NotFound."""

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
    return resumed_stream(opened, after, {"x-run-id": run_id})


def _end_of_run(run: Run, last: int) -> bytes | None:
    if not is_done(run):
        return None
    error = error_at_end(run)
    settled = RunSettled(run.model_copy(update={"error": RunFailure.of(error)}), error)
    return run_frame(None, last + 1, settled)
