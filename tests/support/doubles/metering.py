"""Metering in memory, and what metering tests are made of."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache

from promptyard.domain.errors import Conflict, PromptyardError
from promptyard.domain.metering.held import Held
from promptyard.domain.metering.ledger import Committed, LedgerEntry, Minute, MonthUsage, Reservation, Totals, minute_of
from promptyard.domain.metering.limits import Limits
from promptyard.domain.models.catalogue import Catalogue
from promptyard.domain.models.catalogue_data import load_models
from promptyard.domain.runs.run import Run
from promptyard.providers.registry import PROVIDERS
from promptyard.services.metering.meter import Meter


class MemoryMonths:
    """`failures` are raised by the next writes, before anything is done."""

    def __init__(self) -> None:
        self.months: dict[tuple[str, str], MonthUsage] = {}
        self.failures: list[PromptyardError] = []

    async def month(self, tenant: str, month: str) -> MonthUsage:
        return self.months.get((tenant, month), MonthUsage(tenant, month))

    async def reserve(self, reservation: Reservation, limits: Limits, now: datetime) -> MonthUsage:
        self._fail()
        month = await self.month(reservation.tenant, reservation.month)
        if limits.refusal(month, reservation, now) is not None:
            raise Conflict("no room")
        requests = dict(month.requests)
        for rate in limits.rates():
            minute = (minute_of(now), rate.key)
            requests[minute] = requests.get(minute, 0) + 1
        held = {**month.open, reservation.id: reservation}
        return self._keep(
            replace(month, open=held, open_runs=len(held), requests=requests), reservation.committed, reservation.key
        )

    async def release(self, reservation: Reservation, entry: LedgerEntry, past: Iterable[Minute] = ()) -> bool:
        return await self._close(reservation, entry.committed, Totals.of(entry))

    async def cancel(self, reservation: Reservation) -> bool:
        return await self._close(reservation, Committed(), Totals())

    async def overdue(self, before: datetime) -> list[MonthUsage]:
        return [month for month in self.months.values() if any(held.until < before for held in month.open.values())]

    async def looked_at(self, month: MonthUsage) -> None:
        pass

    async def _close(self, reservation: Reservation, charged: Committed, totals: Totals) -> bool:
        self._fail()
        month = await self.month(reservation.tenant, reservation.month)
        if reservation.id not in month.open:
            return False
        held = {name: value for name, value in month.open.items() if name != reservation.id}
        month = replace(month, open=held, open_runs=len(held), settled=month.settled + totals)
        self._keep(month, charged - reservation.committed, reservation.key)
        return True

    def _keep(self, month: MonthUsage, more: Committed, key: str | None) -> MonthUsage:
        keys = month.keys if key is None else {**month.keys, key: month.committed_of(key) + more}
        month = replace(month, committed=month.committed + more, keys=keys)
        self.months[month.tenant, month.month] = month
        return month

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


class MemoryLedger:
    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], LedgerEntry] = {}
        self.failures: list[PromptyardError] = []

    async def append(self, entry: LedgerEntry) -> LedgerEntry:
        if self.failures:
            raise self.failures.pop(0)
        return self.entries.setdefault((entry.tenant, entry.run_id), entry)

    async def entry(self, tenant: str, run_id: str) -> LedgerEntry | None:
        return self.entries.get((tenant, run_id))


@cache
def catalogue() -> Catalogue:
    return Catalogue(PROVIDERS, load_models())


def memory_meter() -> Meter:
    return Meter(MemoryMonths(), MemoryLedger(), catalogue())


async def settle(meter: Meter, run: Run, held: Held) -> None:
    """What is written to charge a run that has ended."""
    await meter.release(held, await meter.charge(run, held))
