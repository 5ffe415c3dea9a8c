"""A run that is going on, as those who wait for it see it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

from promptyard.domain.errors import PromptyardError
from promptyard.domain.headroom import Headroom
from promptyard.domain.models.provider_events import AnswerPiece, ReplayPart
from promptyard.domain.runs.run import Run
from promptyard.services.ports.runs import RunGuard
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.pieces import PieceGatherer, whole_pieces
from promptyard.services.runs.run_events import RunBegan, RunEvent, RunSettled, parts_of_event


class RunHandle:
    """A run going on in its own task. Its `log` tells its events to whoever reads; the last one is RunSettled.

    The task does not depend on who reads: a reader that goes away stops nothing, `cancel` does.
    """

    def __init__(
        self,
        run: Run,
        headroom: Headroom,
        guard: RunGuard | None = None,
        *,
        promises_counts: bool = False,
    ) -> None:
        self.run = run
        self.headroom = headroom
        self.guard = guard
        self.promises_counts = promises_counts
        self.tells_replay = "replay" in (run.events or ())
        """Its log also has what the provider wants back, as it comes."""
        self.is_recorded = False
        """Its record has the end that is told here: not where the store did not take it, or somebody had taken the run
        for left behind."""
        self.stop_reason: str | None = None
        """Why it is to be cancelled, where somebody asked for that."""
        self.is_retold = False
        """Its log is not the one that the run was told by: its numbers are others."""
        self.before_end: Callable[[RunEvent], Awaitable[None]] | None = None
        """Awaited with the last event while the run is settled, before the log has it."""
        self.log: EventLog[RunEvent] = EventLog(parts_of_event)
        self._pieces = PieceGatherer(self.log.extend)
        self.stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when somebody cancels."""
        self._settled: RunSettled | None = None

    @classmethod
    def of_settled(cls, run: Run) -> Self:
        """A handle that tells the events of a run that has ended, its text in one piece."""
        handle = cls(run, Headroom())
        handle.is_retold = True
        pieces = whole_pieces(run.output, run.tool_calls, run.reasoning or "")
        if pieces or run.error is None:
            handle.begin()
        handle.tell(*pieces)
        handle.settle(run, None if run.error is None else run.error.as_error())
        return handle

    async def started(self, patience: float) -> RunEvent | None:
        """The first event; None when it did not come within `patience` seconds."""
        if not self.log:
            with suppress(TimeoutError):
                await asyncio.wait_for(anext(self.log.read()), patience)
        return next(iter(self.log), None)

    async def settled(self) -> RunSettled:
        """Waits for the end."""
        await self.log.closed()
        assert self._settled is not None, "a run's log is closed when it is settled"
        return self._settled

    def cancel(self, reason: str) -> None:
        """Stop the provider call and settle the run as cancelled. Does nothing to a settled run."""
        if self.stop_reason is None:
            self.stop_reason = reason
            self.stopped.set_result(None)

    def begin(self) -> None:
        """The provider has begun to answer. For the run's own task alone, as are `tell` and `settle`."""
        self.log.append(RunBegan())

    def tell(self, *pieces: AnswerPiece | ReplayPart) -> None:
        """The next pieces of the answer that may leave."""
        self._pieces.add(pieces)

    async def keep_end(self, run: Run, error: PromptyardError | None) -> None:
        """What is told by now, and how it will end, is all that there will be."""
        self._pieces.flush()
        if self.before_end is not None:
            await self.before_end(RunSettled(run, error))

    def settle(self, run: Run, error: PromptyardError | None) -> None:
        """The end of the events."""
        self._pieces.flush()
        if error is not None:
            error.__traceback__ = None  # its frames have this handle, which has it
        self._settled = RunSettled(run, error)
        self.log.append(self._settled)
        self.log.close()
