"""Whether a month's counts are what its ledger and its open reservations add up to."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from promptyard.domain.metering.ledger import Committed, MonthUsage, Totals, month_bounds
from promptyard.services.metering.usage import hour_of
from promptyard.services.ports.metering import Hours, HourStore, LedgerReader, MonthStore

ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    counted: int
    expected: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    month: MonthUsage
    differences: list[Difference] | None
    """None where the month changed every time that it was read: then nothing can be said."""


@dataclass(slots=True)
class _Expected:
    committed: Committed = field(default_factory=Committed)
    keys: dict[str, Committed] = field(default_factory=lambda: defaultdict(Committed))
    settled: Totals = field(default_factory=Totals)
    hours: dict[datetime, Totals] = field(default_factory=lambda: defaultdict(Totals))


class Reconciler:
    def __init__(self, months: MonthStore, ledger: LedgerReader, hours: HourStore) -> None:
        self._months = months
        self._ledger = ledger
        self._hours = hours

    async def reconcile(self, tenant: str, month: str) -> Reconciliation:
        """Reads the month's whole ledger, between two readings of its counts that have to be the same."""
        for _ in range(ATTEMPTS):
            before = await self._months.month(tenant, month)
            expected = await self._expected(before)
            kept = await self._hours.hours(tenant, month)
            after = await self._months.month(tenant, month)
            if replace(before, requests={}, due=None) == replace(after, requests={}, due=None):
                return Reconciliation(after, list(_differences(after, kept, expected)))
        return Reconciliation(after, None)

    async def _expected(self, month: MonthUsage) -> _Expected:
        expected = _Expected(committed=month.erased + month.reserved_of(None), settled=month.erased_totals)
        for key in month.keys:
            expected.keys[key] = month.reserved_of(key)
        async for entries in self._ledger.entries(month.tenant, *month_bounds(month.month)):
            for entry in entries:
                expected.hours[hour_of(entry.at)] += Totals.of(entry)
                if entry.reservation_id in month.open:
                    continue  # charged, and not released yet
                expected.settled += Totals.of(entry)
                expected.committed += entry.committed
                expected.keys[entry.key or ""] += entry.committed
        return expected


def _differences(month: MonthUsage, kept: Hours, expected: _Expected) -> Iterator[Difference]:
    pairs: dict[str, tuple[Committed, Committed] | tuple[Totals, Totals]] = {
        "reserved and charged": (month.committed, expected.committed),
        "charged": (month.settled, expected.settled),
        **{f"key {key}": (counted, expected.keys[key]) for key, counted in month.keys.items()},
        **{f"hour {hour:%Y-%m-%dT%H}": (summed.total, expected.hours[hour]) for hour, summed in kept.sums.items()},
    }
    for what, (counted, right) in pairs.items():
        for name, number in asdict(counted).items():
            if number != getattr(right, name):
                yield Difference(f"{what}: {name}", number, getattr(right, name))
    if month.open_runs != len(month.open):
        yield Difference("open runs", month.open_runs, len(month.open))
