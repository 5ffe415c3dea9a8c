"""A run that is going on, as those who wait for it see it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from promptyard.domain.errors import PromptyardError
from promptyard.domain.headroom import Headroom
from promptyard.domain.runs.run import Run
from promptyard.services.ports.runs import RunGuard


@dataclass(frozen=True, slots=True)
class RunBegan:
    """The provider's first event came: from here on nothing is retried."""


@dataclass(frozen=True, slots=True)
class RunText:
    text: str


@dataclass(frozen=True, slots=True)
class RunSettled:
    """The end: the run's final record, and the error behind it where it did not succeed."""

    run: Run
    error: PromptyardError | None


RunEvent = RunBegan | RunText | RunSettled


class RunHandle:
    """A run going on in its own task. Iterate it once for its events; the last one is RunSettled.

    The task does not depend on who reads: a reader that goes away stops nothing, `cancel` does.
    """

    def __init__(self, run: Run, headroom: Headroom, guard: RunGuard | None = None) -> None:
        self.run = run
        self.headroom = headroom
        self.guard = guard
        self.stop_reason: str | None = None
        """Why it is to be cancelled, where somebody asked for that."""
        self._events: asyncio.Queue[RunEvent] = asyncio.Queue()
        self._stop = asyncio.Event()
        self._pending: RunEvent | None = None

    @classmethod
    def of_settled(cls, run: Run) -> Self:
        """A handle that tells the events of a run that has ended, its text in one piece."""
        handle = cls(run, Headroom())
        if run.output or run.tool_calls or run.error is None:
            handle.tell(RunBegan())
        if run.output:
            handle.tell(RunText(run.output))
        handle.tell(RunSettled(run, None if run.error is None else run.error.as_error()))
        return handle

    async def started(self, patience: float) -> RunEvent | None:
        """The first event, left in place for the iteration; None when it did not come within `patience` seconds."""
        if self._pending is None:
            with suppress(TimeoutError):
                self._pending = await asyncio.wait_for(self._events.get(), patience)
        return self._pending

    async def __aiter__(self) -> AsyncIterator[RunEvent]:
        while True:
            event, self._pending = self._pending or await self._events.get(), None
            yield event
            if isinstance(event, RunSettled):
                return

    async def settled(self) -> RunSettled:
        """Reads to the end."""
        async for event in self:
            if isinstance(event, RunSettled):
                return event
        raise AssertionError("a run's events end with RunSettled")

    def cancel(self, reason: str) -> None:
        """Stop the provider call and settle the run as cancelled. Does nothing to a settled run."""
        if self.stop_reason is None:
            self.stop_reason = reason
            self._stop.set()

    async def stopped(self) -> None:
        """Waits until somebody cancels."""
        await self._stop.wait()

    def tell(self, event: RunEvent) -> None:
        """Of whoever carries the run out: the next of its events."""
        self._events.put_nowait(event)
