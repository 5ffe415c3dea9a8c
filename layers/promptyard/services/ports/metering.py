"""What metering needs from outside, as protocols. Every method raises StoreUnavailable when the store is silent."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from promptyard.domain.metering.ledger import LedgerEntry, Minute, MonthUsage, Reservation
from promptyard.domain.metering.usage_summary import Summary
from promptyard.domain.paging import Page, PageRequest

if TYPE_CHECKING:
    from promptyard.domain.metering.limits import Limits


class MonthStore(Protocol):
    """Every method raises StoreUnavailable when the store does not answer."""

    async def reserve(self, reservation: Reservation, limits: "Limits", now: datetime) -> MonthUsage:
        """One write; returns the month as it is after it, but for what is open. Raises Conflict when a limit has no
        room, StoreBusy when nothing was done, StoreUnavailable when it is not known what was done."""

    async def release(self, reservation: Reservation, entry: LedgerEntry, past: Iterable[Minute] = ()) -> bool:
        """Put the entry in the place of its reservation, and forget the requests of past minutes; False when that was
        done before."""

    async def cancel(self, reservation: Reservation) -> bool:
        """Give back what was reserved; False when it is not there."""

    async def month(self, tenant: str, month: str) -> MonthUsage: ...


class LedgerStore(Protocol):
    """Every method raises StoreUnavailable when the store does not answer."""

    async def append(self, entry: LedgerEntry) -> LedgerEntry:
        """Write the entry, and return it; or the one that the run has already."""

    async def entry(self, tenant: str, run_id: str) -> LedgerEntry | None: ...


class MonthsToSweep(MonthStore, Protocol):
    async def overdue(self, before: datetime) -> list[MonthUsage]:
        """Months that may have reservations whose time was over before that moment."""

    async def looked_at(self, month: MonthUsage) -> None:
        """Look again when the first of its open reservations is due; never, when there is none."""


class LedgerReader(Protocol):
    """Every method raises StoreUnavailable when the store does not answer."""

    async def page(
        self, tenant: str, since: datetime | None, until: datetime | None, request: PageRequest
    ) -> Page[LedgerEntry]:
        """Newest first, of runs that began in [since, until). Raises BadCursor."""

    def entries(self, tenant: str, since: datetime, until: datetime) -> AsyncGenerator[list[LedgerEntry], None]:
        """All of the runs that began in [since, until), oldest first, as they are asked for."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The sums of those hours of a month in which anything ended, by their first moment; all of them until `until`."""

    until: datetime
    sums: Mapping[datetime, Summary] = field(default_factory=dict)


class HourStore(Protocol):
    """Every method raises StoreUnavailable when the store does not answer."""

    async def hours(self, tenant: str, month: str) -> Hours: ...

    async def keep(self, tenant: str, month: str, hours: Hours) -> None:
        """Add to those that are kept."""
