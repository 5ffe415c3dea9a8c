"""What a tenant has used: the month as it is counted, what it is made of, and the ledger behind both.

The counts are the month's own item, one read. What they are made of (by day, model, key, endpoint) is summed up from
the ledger when somebody asks for it, and the sums of each hour that can no longer change are kept: so an entry is read
once or twice, and no run pays for counters that most never look at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from promptyard.domain.identifiers import moment_of
from promptyard.domain.metering.ledger import LedgerEntry, MonthUsage, month_bounds
from promptyard.domain.metering.usage_summary import Summary
from promptyard.domain.paging import Page, PageRequest
from promptyard.services.ports.metering import Hours, HourStore, LedgerReader, MonthStore

MAX_ENTRIES = 50_000
"""What one report reads of the ledger, and finishes the hour; the next one goes on from there."""
STILL_COMING = timedelta(minutes=2)
"""How long a run may be on its way to its reservation."""


@dataclass(frozen=True, slots=True)
class MonthReport:
    counted: MonthUsage
    days: Mapping[str, Summary]
    """By YYYY-MM-DD."""
    whole: Summary
    """All days together."""
    until: datetime
    """How far the days go: to now, or, where there was too much to read at once, to some hour before."""


class UsageService:
    def __init__(self, months: MonthStore, ledger: LedgerReader, hours: HourStore) -> None:
        self._months = months
        self._ledger = ledger
        self._hours = hours

    async def report(self, tenant: str, month: str, now: datetime) -> MonthReport:
        """`month` is YYYY-MM."""
        counted = await self._months.month(tenant, month)
        known = await self._hours.hours(tenant, month)
        _, end = month_bounds(month)
        read = await self._sum_up(tenant, known.until, min(end, now))
        final = hour_of(min(read.until, _settled_until(counted, now)))
        if final > known.until:
            fresh = {hour: sums for hour, sums in read.sums.items() if hour < final}
            await self._hours.keep(tenant, month, Hours(final, fresh))
        return _report(counted, {**known.sums, **read.sums}, read.until)

    async def _sum_up(self, tenant: str, since: datetime, until: datetime) -> Hours:
        sums: dict[datetime, Summary] = {}
        count = 0
        async for entries in self._ledger.entries(tenant, since, until):
            for entry in entries:
                hour = hour_of(entry.at)
                if count >= MAX_ENTRIES and hour not in sums:
                    return Hours(hour, sums)
                sums.setdefault(hour, Summary()).add(entry)
                count += 1
        return Hours(max(since, until), sums)

    async def ledger(self, tenant: str, month: str | None, request: PageRequest) -> Page[LedgerEntry]:
        """Newest first; of one month, or of all. Raises BadCursor."""
        since, until = (None, None) if month is None else month_bounds(month)
        return await self._ledger.page(tenant, since, until, request)


def hour_of(moment: datetime) -> datetime:
    """The hour's first moment."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _settled_until(counted: MonthUsage, now: datetime) -> datetime:
    """The moment before which every run has its entry: entries come in when runs end, and are sorted by when they
    began."""
    oldest = min((moment_of(held.run_id) for held in counted.open.values()), default=now)
    return min(oldest, now - STILL_COMING)


def _report(counted: MonthUsage, sums: Mapping[datetime, Summary], until: datetime) -> MonthReport:
    days: dict[str, Summary] = {}
    whole = Summary()
    for hour in sorted(sums):
        days.setdefault(f"{hour:%Y-%m-%d}", Summary()).merge(sums[hour])
        whole.merge(sums[hour])
    return MonthReport(counted, days, whole, until)
