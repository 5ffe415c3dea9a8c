"""A response's stream once more: the events of its run, read out of the frames that are kept of them."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from fastapi import Response

from functions.openai.headers import run_headers
from functions.openai.responses.frames import ResponseFrames
from promptyard.api.resumed_streams import error_at_end, opened_run
from promptyard.api.sse import EventReader, EventStream, frames_after
from promptyard.domain.errors import NotFound
from promptyard.domain.models.provider_events import ReasoningDelta, ReplayPart, TextDelta, ToolCallDelta
from promptyard.domain.runs.run import Run
from promptyard.services.runs.resuming.framed_log import FramedLog
from promptyard.services.runs.run_events import RunBegan, RunEvent, RunSettled
from promptyard.services.runs.run_handle import RunHandle

if TYPE_CHECKING:
    from promptyard.services.runs.history import RunHistory
    from promptyard.services.runs.resuming.kept_streams import KeptStreams
    from promptyard.services.runs.resuming.piece_reader import PieceReader

END_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Before each further look for a run's end: the last of its stream is written before its record."""


async def resumed_response(
    streams: "KeptStreams", history: "RunHistory", tenant: str, run_id: str, *, after: int | None, seconds: float
) -> Response:
    """After the event with that number; None: all of it. Raises NotFound, also for a stream that is not kept: of a run
    that has ended all of it can be told all the same, but nothing is known of the numbers that it had."""
    run = await history.get(tenant, run_id)
    events: EventReader[RunEvent]
    try:
        opened = await opened_run(streams, history, tenant, run_id, after=0, seconds=seconds)
    except NotFound:
        if not run.settled or after is not None:
            raise
        events = RunHandle.of_settled(run).log.read()
    else:
        if isinstance(opened, FramedLog):
            events = opened.log.read()
        else:
            events = KeptEvents(opened, partial(_settled, history, tenant, run_id))
    frames = ResponseFrames(run, -1 if after is None else after)
    return EventStream(events, frames, headers={"x-run-id": run_id, **run_headers(run)})


class KeptEvents:
    """Iterated as a log's reader is."""

    def __init__(self, frames: "PieceReader", settled: Callable[[], Awaitable[Run]]) -> None:
        self._frames = frames
        self._settled = settled
        self._began = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[tuple[int, RunEvent]]:
        batch = await anext(self._frames)
        told: list[tuple[int, RunEvent]] = []
        for after, frames in batch:
            for number, name, data in _read(frames_after(after, frames)):
                told.append((number, await self._event(name, data)))
        if told and not self._began:
            self._began = True
            told.insert(0, (1, RunBegan()))
        return told

    def nudge(self) -> None:
        self._frames.nudge()

    async def _event(self, name: str, data: dict[str, Any]) -> RunEvent:
        match name:
            case "reasoning":
                return ReasoningDelta(data["reasoning"], data.get("item"))
            case "tool_call":
                replaces = data.get("replaces", False)
                return ToolCallDelta(data["index"], data["id"], data["name"], data["arguments"], replaces=replaces)
            case "replay":
                return ReplayPart(data["replay"])
            case "done" | "error":
                return await self._end(name)
        return TextDelta(data["content"])

    async def _end(self, name: str) -> RunEvent:
        run = await self._settled()
        if name == "done":
            return RunSettled(run, None)
        error = error_at_end(run)
        return RunSettled(run if run.error is not None else run.ended(error, at=run.deadline_at), error)


def _read(frames: bytes) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for block in frames.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line)
        if fields:
            yield int(fields["id"]), fields.get("event", ""), json.loads(fields["data"])


async def _settled(history: "RunHistory", tenant: str, run_id: str) -> Run:
    run = await history.get(tenant, run_id)
    for pause in END_PAUSES:
        if run.settled:
            break
        await asyncio.sleep(pause)
        run = await history.get(tenant, run_id)
    return run
