"""Writing the end of a run: its charge, its final record, and the release of what it reserved.

Whoever waits for the run waits for a few tries of that and no longer: the answer is paid for, and is theirs. What the
store does not take then is tried on beside, until the run's reservation is over and the sweeper would find it.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.errors import OurFault
from promptyard.domain.metering.held import Held
from promptyard.domain.metering.ledger import LedgerEntry
from promptyard.domain.runs.causes import Cause
from promptyard.domain.runs.run import Run
from promptyard.services.metering.meter import Meter, insistently
from promptyard.services.ports.runs import RunStore
from promptyard.services.runs.observing import NOBODY, Observers

PATIENCE_SECONDS = 5.0
"""How long the run's end is kept back, however slow the store is."""
LATER_SECONDS = 1.0
"""Before the end is tried again beside; each further pause is twice as long."""
MAX_LATER_SECONDS = 15.0
CLOSE_SECONDS = 2.0
"""How long a process that stops goes on with that."""

logger = logging.getLogger("promptyard.run")

Result = TypeVar("Result")


@dataclass(slots=True)
class _End:
    run: Run
    held: Held
    others: Awaitable[object] | None
    cause: Cause | None
    entry: LedgerEntry | None = None
    is_settled: bool = False
    """The record has this end, or another one."""
    is_recorded: bool = False
    """It has this one."""
    is_written: bool = False

    @property
    def is_the_sweepers(self) -> bool:
        return datetime.now(UTC) >= self.held.reservation.until


class Settlement:
    def __init__(self, store: RunStore, meter: Meter, observers: Observers = NOBODY) -> None:
        self._store = store
        self._meter = meter
        self._observers = observers
        self._going_on: set[asyncio.Task[None]] = set()

    async def settle(
        self, run: Run, held: Held, others: Awaitable[object] | None = None, *, cause: Cause | None = None
    ) -> bool:
        """Returns, when all of it is written or could not be soon, whether the record has this end. `others` is what
        else is written of the run, before its reservation is released; `cause` is whose matter it is that it failed."""
        end = _End(run, held, others, cause)
        trying = self._beside(self._try(end))
        await asyncio.wait({trying}, timeout=PATIENCE_SECONDS)
        if trying.done():
            trying.result()  # what ends the whole process
        if not end.is_written:
            self._beside(self._try_on(end, trying))
        return end.is_recorded

    async def close(self) -> None:
        """What is not written soon is left to the sweeper."""
        if self._going_on:
            await asyncio.wait(self._going_on, timeout=CLOSE_SECONDS)
        left = list(self._going_on)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _beside(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)
        return task

    async def _try(self, end: _End) -> None:
        writing = asyncio.gather(self._charged(end), self._settled(end))
        others, end.others = end.others, None
        if others is not None:
            await others
        end.entry, settled = await writing
        end.is_settled = settled is not None
        if settled is True and not end.is_recorded:
            end.is_recorded = True
            self._observers.tell(end.run, end.cause)
        if end.is_settled:
            released = await without_crash(end.run, self._meter.release(end.held, end.entry))
            end.is_written = released is not None

    async def _charged(self, end: _End) -> LedgerEntry | None:
        return end.entry or await without_crash(end.run, self._meter.charge(end.run, end.held))

    async def _settled(self, end: _End) -> bool | None:
        if end.is_settled:
            return end.is_recorded
        return await without_crash(end.run, insistently(lambda: self._store.settle(end.run), end.run.id))

    async def _try_on(self, end: _End, trying: "asyncio.Task[None]") -> None:
        await asyncio.wait({trying})
        pause = LATER_SECONDS
        while not (end.is_written or end.is_the_sweepers):
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, guards nothing
            pause = min(2 * pause, MAX_LATER_SECONDS)
            await self._try(end)


async def without_crash(run: Run, write: Awaitable[Result]) -> Result | None:
    """The result; None, and a line in the log, where there is none."""
    try:
        return await write
    except Exception as unexpected:  # noqa: BLE001 - whoever waits for the run's end is told of it all the same
        crash(run, unexpected)
        return None


def crash(run: Run, unexpected: BaseException) -> OurFault:
    logger.error("run crashed", extra={"run_id": run.id, **crash_fields(unexpected)})
    return OurFault()
