"""Settles what processes that died have left: reservations past their deadline with their runs, and what is counted or
deleted by half.

A run is found by its reservation, which is there before its record is and goes after everything else is done."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.errors import DeadlineExceeded, NotFound, PromptyardError
from promptyard.domain.metering.charges import was_claimed_by
from promptyard.domain.metering.ledger import MonthUsage, Reservation, month_of
from promptyard.domain.runs.causes import Cause
from promptyard.domain.runs.run import Run
from promptyard.services.runs.observing import NOBODY, Observers

if TYPE_CHECKING:
    from promptyard.services.metering.meter import Meter
    from promptyard.services.ports.metering import MonthsToSweep
    from promptyard.services.ports.runs import RunStore

AT_ONCE = 10

logger = logging.getLogger("promptyard.sweeper")

Left = TypeVar("Left")


@dataclass(frozen=True, slots=True)
class Swept:
    """How many reservations and runs there were. `failed` are left for the next time."""

    settled: int = 0
    failed: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(self.settled + other.settled, self.failed + other.failed)


class Sweeper:
    def __init__(
        self, runs: "RunStore", months: "MonthsToSweep", meter: "Meter", observers: Observers = NOBODY
    ) -> None:
        self._runs = runs
        self._months = months
        self._meter = meter
        self._observers = observers

    async def sweep(self, before: datetime) -> Swept:
        """Settle whatever should have been settled before that moment. May run beside itself, and beside the
        processes that it takes for dead. Raises StoreUnavailable when it cannot learn what there is."""
        swept = await self._sweep_reservations(before) + await self._sweep_half_done(before)
        if swept.settled or swept.failed:
            logger.info("swept", extra={"settled": swept.settled, "left": swept.failed})
        return swept

    async def _sweep_reservations(self, before: datetime) -> Swept:
        swept = Swept()
        while months := await self._months.overdue(before):
            left = [held for month in months for held in month.open.values() if held.until < before]
            round_ = await _each(self.settle_reservation, left)
            await _each(self._look_again, months)
            swept += round_
            if round_.failed or not left:
                break
        return swept

    async def _sweep_half_done(self, before: datetime) -> Swept:
        swept = Swept()
        while left := await self._runs.half_done(before):
            round_ = await _each(partial(self._finish, before), left)
            swept += round_
            if round_.failed:
                break
        return swept

    async def _look_again(self, month: MonthUsage) -> None:
        await self._months.looked_at(await self._months.month(month.tenant, month.month))

    async def settle(self, run: Run) -> None:
        """Settle a run whose process died: what was reserved for it is charged, or given back where it was never sent.
        Raises StoreUnavailable."""
        month = await self._months.month(run.tenant, month_of(run.created_at))
        ended = await self._ended(run)
        for held in month.open.values():
            if held.run_id == run.id:
                await self._meter.close(held, await self._meter.charge_for(ended, held))

    async def _finish(self, before: datetime, run: tuple[str, str]) -> None:
        await self._runs.finish(*run, before)

    async def settle_reservation(self, held: Reservation) -> None:
        """Settle what a process that died has reserved, and its run. Raises StoreUnavailable."""
        try:
            run = await self._runs.get(held.tenant, held.run_id)
        except NotFound:
            run = None
        if run is not None and was_claimed_by(run, held):
            run = await self._ended(run)
        await self._meter.close(held, await self._meter.charge_for(run, held))

    async def _ended(self, run: Run) -> Run | None:
        """It with its end in its record, before anything is charged: a process that only stood still may take a record
        that has none back unsent. None where it has."""
        if run.settled:
            return run
        ended = _interrupted(run)
        if await self._runs.settle(ended):
            Context().run(self._observers.tell, ended, Cause.OURS)  # of no trace of who found it
            return ended
        try:
            return await self._runs.get(run.tenant, run.id)
        except NotFound:
            return None


async def _each(settle: Callable[[Left], Awaitable[None]], left: Iterable[Left]) -> Swept:
    """A few at a time."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def settle_one(one: Left) -> bool:
        async with slots:
            try:
                await settle(one)
            except PromptyardError as error:
                logger.warning("left to the next sweep", extra={"code": error.code})
                return False
            except Exception as unexpected:  # noqa: BLE001 - one record that cannot be settled keeps no other one open
                logger.error("sweep crashed", extra=crash_fields(unexpected))
                return False
            return True

    outcomes = await asyncio.gather(*(settle_one(one) for one in left))
    return Swept(settled=outcomes.count(True), failed=outcomes.count(False))


def _interrupted(run: Run) -> Run:
    error = DeadlineExceeded("The process that carried the run ended before the run did")
    return run.ended(error, at=datetime.now(UTC))
