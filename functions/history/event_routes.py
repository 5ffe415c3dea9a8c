"""The path of a run's stream."""

from fastapi import Response

from promptyard.api.answers.streams import RUN_EVENTS
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Viewer
from promptyard.api.resumed_streams import After, opened_run, resumed_stream
from promptyard.bootstrap.parts import RunSeconds
from promptyard.bootstrap.services import History, Streams

router = group_router("history")


@router.get(
    "/api/v1/playground/runs/{run_id}/events",
    response_class=Response,
    responses=RUN_EVENTS,
    summary="A run's stream again, from any of its events on",
)
async def run_events(
    run_id: str, caller: Viewer, history: History, streams: Streams, after: After, seconds: RunSeconds
) -> Response:
    """The same bytes that the run's own answer has, or would have had with `stream`, after the event with that `id`:
    what is there at once, the rest as it comes. Events are kept while the run goes on and for an hour after it, where
    the run was asked for with `resumable` or `"on_disconnect": "continue"`, on a local server with `stream`, too. A run
    whose events are not kept, as those of a comparison's targets, is a 404."""
    opened = await opened_run(streams, history, caller.tenant, run_id, after=after, seconds=seconds.streamed)
    return resumed_stream(opened, after, {"x-run-id": run_id})
