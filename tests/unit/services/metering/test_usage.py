"""What a month is made of is summed up from the ledger, each hour once."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.identifiers import first_id_of
from promptyard.domain.metering.ledger import ChargeSource, Committed, LedgerEntry, MonthUsage, Reservation, Totals
from promptyard.domain.metering.usage_summary import MAX_NAMES, OTHERS, Summary
from promptyard.domain.paging import Page
from promptyard.services.metering import usage
from promptyard.services.metering.reconciliation import Difference, Reconciler
from promptyard.services.metering.usage import UsageService
from promptyard.services.ports.metering import Hours

MONTH = "2026-11"
START = datetime(2026, 11, 1, tzinfo=UTC)


def entry(at: datetime, number: int = 0, **changes: object) -> LedgerEntry:
    fields = {
        "tenant": "t",
        "run_id": first_id_of(at)[:-6] + f"{number:06}",
        "at": at,
        "key": "k",
        "endpoint": "playground/run",
        "provider": "demo",
        "model": "echo",
        "input_tokens": 10,
        "output_tokens": 1,
        "pico_usd": 5,
        "platform_units": 1,
        "source": ChargeSource.REPORTED,
        "estimated_tokens": 100,
        "reservation_id": f"r{at.timestamp()}.{number}",
    }
    return LedgerEntry.model_validate(fields | changes)


class Ledger:
    """In pages of three."""

    def __init__(self, *entries: LedgerEntry) -> None:
        self.all = sorted(entries, key=lambda one: one.run_id)
        self.read = 0

    async def entries(self, tenant: str, since: datetime, until: datetime) -> AsyncGenerator[list[LedgerEntry], None]:
        found = [one for one in self.all if since <= one.at < until]
        for start in range(0, len(found) or 1, 3):
            self.read += len(found[start : start + 3])
            yield found[start : start + 3]

    async def page(self, *_: object, **__: object) -> Page[LedgerEntry]:
        raise NotImplementedError


class Months:
    def __init__(self, *months: MonthUsage) -> None:
        self.months = list(months)

    async def month(self, tenant: str, month: str) -> MonthUsage:
        return self.months[0] if len(self.months) == 1 else self.months.pop(0)


class KeptHours:
    def __init__(self) -> None:
        self.kept = Hours(START)

    async def hours(self, tenant: str, month: str) -> Hours:
        return self.kept

    async def keep(self, tenant: str, month: str, hours: Hours) -> None:
        self.kept = Hours(hours.until, {**self.kept.sums, **hours.sums})


def held(at: datetime, reservation_id: str = "r.0", key: str | None = None) -> Reservation:
    return Reservation(
        id=reservation_id,
        tenant="t",
        run_id=first_id_of(at),
        month=MONTH,
        until=at,
        input_tokens=50,
        output_tokens=50,
        pico_usd=7,
        key=key,
    )


def service(ledger: Ledger, hours: KeptHours, *open_: Reservation) -> UsageService:
    month = MonthUsage("t", MONTH, open={one.id: one for one in open_})
    return UsageService(Months(month), ledger, hours)  # type: ignore[arg-type]


HOURS = [START + timedelta(hours=9 * number) for number in range(12)]


async def test_every_entry_is_in_its_day_and_under_its_names() -> None:
    ledger = Ledger(*(entry(at, model=f"m{number % 2}") for number, at in enumerate(HOURS)))
    report = await service(ledger, KeptHours()).report("t", MONTH, HOURS[-1] + timedelta(hours=1))
    assert [(day, summary.total.runs) for day, summary in report.days.items()] == [
        ("2026-11-01", 3),
        ("2026-11-02", 3),
        ("2026-11-03", 2),
        ("2026-11-04", 3),
        ("2026-11-05", 1),
    ]
    assert {name: totals.runs for name, totals in report.whole.by["model"].items()} == {"demo/m0": 6, "demo/m1": 6}
    assert report.whole.total == Totals(runs=12, input_tokens=120, output_tokens=12, pico_usd=60, platform_units=12)
    assert report.until == HOURS[-1] + timedelta(hours=1)


async def test_an_hour_that_is_over_is_read_once() -> None:
    ledger, hours = Ledger(*(entry(at) for at in HOURS)), KeptHours()
    now = HOURS[-1] + timedelta(minutes=30)
    first = await service(ledger, hours).report("t", MONTH, now)
    ledger.read = 0
    second = await service(ledger, hours).report("t", MONTH, now)
    assert ledger.read == 1
    assert (first.days, first.whole) == (second.days, second.whole)


async def test_an_hour_in_which_a_run_began_that_goes_on_is_not_over() -> None:
    ledger, hours = Ledger(entry(HOURS[0]), entry(HOURS[3])), KeptHours()
    began = HOURS[2] + timedelta(minutes=20)
    await service(ledger, hours, held(began)).report("t", MONTH, HOURS[5])
    assert hours.kept.until == HOURS[2]
    late = Ledger(*ledger.all, entry(began))
    report = await service(late, hours).report("t", MONTH, HOURS[5])
    assert report.whole.total.runs == 3
    assert hours.kept.until == HOURS[5] - timedelta(hours=1)  # a run may be on its way to its reservation


async def test_a_month_that_is_over_is_kept_to_its_end() -> None:
    ledger, hours = Ledger(*(entry(at) for at in HOURS)), KeptHours()
    report = await service(ledger, hours).report("t", MONTH, datetime(2027, 1, 5, tzinfo=UTC))
    assert hours.kept.until == report.until == datetime(2026, 12, 1, tzinfo=UTC)


async def test_a_month_that_has_not_begun_is_empty() -> None:
    report = await service(Ledger(), KeptHours()).report("t", MONTH, START - timedelta(days=40))
    assert (report.days, report.whole.total) == ({}, Totals())


async def test_where_there_is_too_much_to_read_the_next_report_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "MAX_ENTRIES", 4)
    moments = [at + timedelta(minutes=minute) for at in HOURS for minute in range(3)]
    ledger, hours = Ledger(*(entry(at) for at in moments)), KeptHours()
    now = HOURS[-1] + timedelta(hours=5)
    counts, untils = [], []
    for _ in range(6):
        report = await service(ledger, hours).report("t", MONTH, now)
        counts.append(report.whole.total.runs)
        untils.append(report.until)
    assert counts == [6, 12, 18, 24, 30, 36]
    assert untils == sorted(untils)
    assert untils[-1] == now


def test_who_is_not_known_has_no_name() -> None:
    summary = Summary()
    for key in ("k", None, "k"):
        summary.add(entry(START, key=key))
    assert {name: totals.runs for name, totals in summary.by["key"].items()} == {"k": 2, "": 1}


def test_names_beyond_a_number_are_put_together() -> None:
    summary = Summary()
    for number in range(MAX_NAMES + 50):
        summary.add(entry(START, model=f"m{number}"))
    other = Summary()
    other.add(entry(START, model="another"))
    summary.merge(other)
    assert len(summary.by["model"]) == MAX_NAMES + 1
    assert summary.by["model"][OTHERS].runs == 51
    assert Summary.of_plain(summary.plain()) == summary


# --- reconciliation


def counted(*entries: LedgerEntry, open_: tuple[Reservation, ...] = (), **changes: object) -> MonthUsage:
    """A month as it should be."""
    reserved = sum((one.committed for one in open_), Committed())
    fields = {
        "committed": sum((one.committed for one in entries), reserved),
        "settled": sum((Totals.of(one) for one in entries), Totals()),
        "open": {one.id: one for one in open_},
        "open_runs": len(open_),
    }
    return MonthUsage("t", MONTH, **(fields | changes))  # type: ignore[arg-type]


async def differences(month: MonthUsage, ledger: Ledger, hours: KeptHours | None = None) -> list[Difference] | None:
    reconciler = Reconciler(Months(month), ledger, hours or KeptHours())  # type: ignore[arg-type]
    return (await reconciler.reconcile("t", MONTH)).differences


ENTRIES = [entry(at) for at in HOURS]


async def test_counts_that_are_as_in_the_ledger() -> None:
    assert await differences(counted(*ENTRIES), Ledger(*ENTRIES)) == []


async def test_what_is_charged_and_not_yet_released_counts_as_reserved() -> None:
    charged = entry(HOURS[0], reservation_id="r.0")
    month = counted(*ENTRIES[1:], open_=(held(HOURS[0], "r.0"), held(HOURS[1], "r.1")))
    assert await differences(month, Ledger(charged, *ENTRIES[1:])) == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"committed": Committed(133, 60)}, "reserved and charged: tokens"),
        ({"committed": Committed(132, 59)}, "reserved and charged: pico_usd"),
        ({"settled": Totals(12, 120, 12, 1, 60, 0, 12)}, "charged: cached_tokens"),
        ({"open_runs": 1}, "open runs"),
        ({"keys": {"k": Committed(131, 60)}}, "key k: tokens"),
        ({"keys": {"gone": Committed(1, 0)}}, "key gone: tokens"),
    ],
)
async def test_what_differs_is_named(changes: dict[str, object], what: str) -> None:
    found = await differences(counted(*ENTRIES, **changes), Ledger(*ENTRIES))
    assert found is not None
    assert [difference.what for difference in found] == [what]


async def test_hours_that_were_summed_up_too_early_are_named() -> None:
    hours = KeptHours()
    await service(Ledger(*ENTRIES[:5]), hours).report("t", MONTH, HOURS[11])
    found = await differences(counted(*ENTRIES), Ledger(*ENTRIES), hours)
    assert found == []  # an hour without entries is not kept, and cannot be wrong
    early = Summary()
    early.add(ENTRIES[0])
    early.add(ENTRIES[0])
    hours.kept = Hours(HOURS[11], {HOURS[0]: early})
    found = await differences(counted(*ENTRIES), Ledger(*ENTRIES), hours)
    assert found is not None
    assert {difference.what.rpartition(":")[0] for difference in found} == {"hour 2026-11-01T00"}


async def test_of_a_month_that_changes_while_it_is_read_nothing_is_said() -> None:
    months = Months(*(counted(*ENTRIES[:number]) for number in range(12)), *[counted()] * 20)
    months.months = [counted(*ENTRIES[: number % 12]) for number in range(40)]
    reconciler = Reconciler(months, Ledger(*ENTRIES), KeptHours())  # type: ignore[arg-type]
    assert (await reconciler.reconcile("t", MONTH)).differences is None
