"""Claim and reservation go together, and whatever ends a run is charged."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from promptyard.domain.account.quotas import Quotas
from promptyard.domain.errors import (
    Blocked,
    Conflict,
    DeadlineExceeded,
    InvalidRequest,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderUnreachable,
    QuotaExceeded,
    RateLimited,
    StoreBusy,
    StoreUnavailable,
)
from promptyard.domain.metering.ledger import ChargeSource, Committed, LedgerEntry, MonthUsage, Reservation, month_of
from promptyard.domain.metering.limits import NO_LIMITS, Limits
from promptyard.domain.models.provider_events import TextDelta, UsageReport
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.run import Run
from promptyard.services.metering import meter
from promptyard.services.metering.meter import Meter
from promptyard.services.playgrounds.unrecorded import Unrecorded
from promptyard.services.ports.runs import RunGuard
from promptyard.services.runs import provider_attempts
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.settling.sweeper import Sweeper
from tests.support.doubles.doubles import MemoryRunStore, ScriptedGateway, Step, hang, says
from tests.support.doubles.metering import MemoryLedger, MemoryMonths, catalogue
from tests.support.doubles.metering_chaos import call_of
from tests.support.samples.sample_runs import new_run

FULL = Limits(Quotas(tokens_per_month=1))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "RESERVE_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(meter, "SETTLE_PAUSE_SECONDS", 0.0)


class House:
    """Everything a run needs, in memory."""

    def __init__(self) -> None:
        self.runs = MemoryRunStore()
        self.months = MemoryMonths()
        self.ledger = MemoryLedger()
        self.meter = Meter(self.months, self.ledger, catalogue())
        self.sweeper = Sweeper(self.runs, self.months, self.meter)
        self.run = new_run(provider="openai", model="gpt-4o", parameters=Parameters(max_tokens=100))
        self.gateway = ScriptedGateway()

    async def carry_out(self, *script: Step, limits: Limits = NO_LIMITS, guard: RunGuard | None = None) -> Run:
        self.gateway = ScriptedGateway(script)
        executor = RunExecutor(self.runs, self.gateway, self.meter)
        return (await (await executor.start(self.run, call_of(self.run), limits, guard=guard)).settled()).run

    async def month(self) -> MonthUsage:
        return await self.months.month(self.run.tenant, month_of(self.run.created_at))

    @property
    def entry(self) -> LedgerEntry | None:
        return self.ledger.entries.get((self.run.tenant, self.run.id))


@pytest.fixture
def house() -> House:
    return House()


async def test_a_run_is_charged_what_it_used_and_nothing_stays_reserved(house: House) -> None:
    await house.carry_out(*says("Hello there", tokens_in=30, tokens_out=20))
    assert house.entry is not None
    assert (house.entry.input_tokens, house.entry.output_tokens) == (30, 20)
    month = await house.month()
    assert (month.open, month.committed, month.settled.runs) == ({}, house.entry.committed, 1)


async def test_no_record_is_without_a_reservation(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """By which the sweeper finds it."""
    start = house.runs.start

    async def start_reserved(run: Run) -> None:
        assert [held.run_id for held in (await house.month()).open.values()] == [run.id]
        await start(run)

    monkeypatch.setattr(house.runs, "start", start_reserved)
    assert (await house.carry_out(*says("Hello"))).error is None


async def test_a_refused_run_leaves_nothing_and_sends_nothing(house: House) -> None:
    with pytest.raises(QuotaExceeded):
        await house.carry_out(*says("never"), limits=FULL)
    assert (house.runs.runs, house.gateway.calls, house.entry) == ({}, [], None)
    assert (await house.month()).committed == Committed()


async def test_a_tenant_past_its_rate_asks_the_store_once_a_minute(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = datetime.now(UTC).replace(second=20)
    asked: list[str] = []
    reserve = house.months.reserve

    async def counted(reservation: Reservation, limits: Limits, now: datetime) -> MonthUsage:
        asked.append(reservation.tenant)
        return await reserve(reservation, limits, now)

    monkeypatch.setattr(house.months, "reserve", counted)
    house.meter = Meter(house.months, house.ledger, catalogue(), now=lambda: clock)

    async def begin(limit: int | None, *, tenant: str = house.run.tenant, refused: bool = False) -> int:
        """How often the store was asked to let a run begin."""
        before = len(asked)
        house.run = new_run(provider="openai", model="gpt-4o", parameters=Parameters(max_tokens=100), tenant=tenant)
        limits = Limits(Quotas(requests_per_minute=limit))
        if refused:
            with pytest.raises(RateLimited) as caught:
                await house.carry_out(*says("never"), limits=limits)
            assert caught.value.retry_after == 60 - clock.timestamp() % 60
            assert caught.value.numbers["used"] == 1
            assert house.gateway.prepared == 0 or len(asked) > before
        else:
            await house.carry_out(*says("Hello"), limits=limits)
        return len(asked) - before

    assert await begin(1) == 1
    assert await begin(1, refused=True) == 1
    clock += timedelta(seconds=10)
    assert [await begin(1, refused=True) for _ in range(5)] == [0] * 5
    assert await begin(1, tenant="another") == 1
    assert await begin(2) == 1, "a limit that was raised is looked at"
    clock += timedelta(seconds=30)
    assert await begin(1) == 1
    assert await begin(None) == 1


async def test_a_run_that_is_claimed_already_is_a_conflict_and_holds_nothing(house: House) -> None:
    await house.carry_out(*says("Hello"))
    before = await house.month()
    with pytest.raises(Conflict):
        await house.carry_out(*says("never"))
    assert house.gateway.calls == []
    assert await house.month() == before
    assert len(house.runs.runs) == 1


@pytest.mark.parametrize("carried_out", [False, True])
async def test_a_claim_without_an_answer_is_taken_back_with_what_was_reserved(
    house: House, monkeypatch: pytest.MonkeyPatch, *, carried_out: bool
) -> None:
    start = house.runs.start

    async def away(run: Run) -> None:
        if carried_out:
            await start(run)
        raise StoreUnavailable("away")

    monkeypatch.setattr(house.runs, "start", away)
    with pytest.raises(StoreUnavailable):
        await house.carry_out(*says("never"))
    assert (house.gateway.calls, house.runs.runs) == ([], {})
    assert (await house.month()).committed == Committed()


async def test_a_record_that_cannot_be_written_at_the_end_is_left_to_the_sweeper(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Run) -> bool:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(house.runs, "settle", away)
        patched.setattr(meter, "SETTLE_PAUSE_SECONDS", 0)
        await house.carry_out(*says("Hello"))
    assert len((await house.month()).open) == 1
    await house.sweeper.sweep(datetime.now(UTC) + timedelta(hours=1))
    assert house.runs.runs[house.run.tenant, house.run.id].settled
    assert house.entry is not None
    month = await house.month()
    assert (month.open, month.committed) == ({}, house.entry.committed)


async def test_without_an_answer_of_the_meter_nothing_is_sent(house: House) -> None:
    house.months.failures = [StoreUnavailable("away")] * 100
    with pytest.raises(StoreUnavailable):
        await house.carry_out(*says("never"))
    assert (house.runs.runs, house.gateway.calls) == ({}, [])


async def test_a_store_that_is_busy_for_a_moment_is_asked_again(house: House) -> None:
    house.months.failures = [StoreBusy("busy")] * 3
    run = await house.carry_out(*says("Hello"))
    assert run.error is None


async def test_what_cannot_be_charged_now_is_charged_by_the_sweeper(house: House) -> None:
    house.ledger.failures = [StoreUnavailable("away")] * 3
    run = await house.carry_out(*says("Hello", tokens_in=30, tokens_out=20))
    assert run.error is None
    assert house.entry is None
    assert len((await house.month()).open) == 1
    await house.sweeper.sweep(datetime.now(UTC) + timedelta(hours=1))
    assert house.entry is not None
    assert (house.entry.source, house.entry.input_tokens) == (ChargeSource.REPORTED, 30)
    assert (await house.month()).committed == house.entry.committed


async def test_what_cannot_be_released_now_is_released_by_the_sweeper(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> bool:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(house.months, "release", away)
        await house.carry_out(*says("Hello", tokens_in=30, tokens_out=20))
    assert house.entry is not None
    await house.sweeper.sweep(datetime.now(UTC) + timedelta(hours=1))
    month = await house.month()
    assert (month.open, month.committed) == ({}, house.entry.committed)


@pytest.mark.parametrize(
    "script",
    [
        says("Hello there", tokens_in=30, tokens_out=20),
        [TextDelta("half an "), TextDelta("answer"), ProviderMalformed("cut")],
        [UsageReport(Usage(input_tokens=77)), TextDelta("half"), ProviderMalformed("cut")],
        [ProviderAuth("bad key", status=401)],
        [ProviderUnreachable("no connection")],
        [ProviderError("went silent")],
        [ValueError("a bug")],
    ],
    ids=["answered", "cut", "cut, with a count", "refused", "not reached", "silent", "crashed"],
)
@pytest.mark.parametrize("guard", [None, Unrecorded()], ids=["recorded", "unrecorded"])
async def test_the_sweeper_charges_what_the_process_would_have(script: list[Step], guard: RunGuard | None) -> None:
    charged = []
    for failures in (0, 3):
        house = House()
        house.ledger.failures = [StoreUnavailable("away")] * failures
        await house.carry_out(*script, guard=guard)
        await house.sweeper.sweep(datetime.now(UTC) + timedelta(hours=1))
        assert house.entry is not None
        assert (await house.month()).committed == house.entry.committed
        charged.append(house.entry.model_dump(exclude={"run_id", "at", "reservation_id"}))
    assert charged[0] == charged[1]


async def test_a_run_that_never_called_its_provider_costs_nothing_whoever_charges_it() -> None:
    for failures in (0, 3):
        house = House()
        house.ledger.failures = [StoreUnavailable("away")] * failures
        await house.carry_out(*says("never"), guard=Refusing())
        assert house.gateway.calls == []
        await house.sweeper.sweep(datetime.now(UTC) + timedelta(hours=1))
        assert house.entry is not None
        assert (house.entry.source, house.entry.committed) == (ChargeSource.REPORTED, Committed())


async def test_an_attempt_that_may_have_worked_is_charged_though_the_next_one_was_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_attempts, "_backoff", lambda _: 0.0)
    scripts = [[ProviderError("went silent", retryable=True)], [ProviderAuth("bad key", status=401)]]
    executor = RunExecutor(house.runs, ScriptedGateway(*scripts), house.meter)
    await (await executor.start(house.run, call_of(house.run))).settled()
    assert house.entry is not None
    assert house.entry.source is ChargeSource.ESTIMATED
    assert house.entry.input_tokens > 0


@pytest.mark.parametrize("stop", ["deadline", "cancel"])
async def test_a_run_that_ends_while_it_waits_for_another_attempt_is_charged_by_those_that_there_were(
    house: House, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    waiting = asyncio.Event()

    def backoff(_: int) -> float:
        waiting.set()
        return 60.0

    monkeypatch.setattr(provider_attempts, "_backoff", backoff)
    if stop == "deadline":
        house.run = new_run(provider="openai", model="gpt-4o", deadline_at=datetime.now(UTC) + timedelta(seconds=0.2))
    executor = RunExecutor(house.runs, ScriptedGateway([ProviderUnreachable("nobody", retryable=True)]), house.meter)
    handle = await executor.start(house.run, call_of(house.run))
    await waiting.wait()
    if stop == "cancel":
        handle.cancel("enough")
    await handle.settled()
    assert house.entry is not None
    assert (house.entry.source, house.entry.committed) == (ChargeSource.REPORTED, Committed())


class Refusing(Unrecorded):
    async def check_prompt(self, run: Run, sent: object) -> None:
        raise Blocked("Not this")


async def test_a_run_whose_time_is_over_before_it_is_claimed_is_not_sent(house: House) -> None:
    house.run = new_run(provider="openai", model="gpt-4o", deadline_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(DeadlineExceeded):
        await house.carry_out(*says("never"))
    assert (house.runs.runs, house.gateway.calls, house.entry) == ({}, [], None)
    assert (await house.month()).committed == Committed()


async def test_a_reservation_is_open_until_nothing_more_is_written_of_its_run(house: House) -> None:
    """An erasure waits for it, and nothing of the tenant is to be written after that."""
    open_at: dict[str, int] = {}

    class Slow(Unrecorded):
        async def report(self, run: Run) -> None:
            for _ in range(50):
                await asyncio.sleep(0)
            open_at["report"] = len((await house.month()).open)

    await house.carry_out(*says("Hello"), guard=Slow())
    assert open_at == {"report": 1}
    assert (await house.month()).open == {}


async def test_the_sweeper_leaves_alone_what_may_still_end_by_itself(house: House) -> None:
    executor = RunExecutor(house.runs, ScriptedGateway([hang]), house.meter)
    handle = await executor.start(house.run, call_of(house.run), NO_LIMITS)
    await house.sweeper.sweep(house.run.deadline_at + timedelta(seconds=29))
    assert len((await house.month()).open) == 1
    assert not house.runs.runs[house.run.tenant, house.run.id].settled
    handle.cancel("enough")
    await handle.settled()
    assert house.entry is not None
    assert house.entry.source is ChargeSource.ESTIMATED


async def test_a_run_whose_process_died_is_settled_and_charged_what_was_reserved(house: House) -> None:
    held = await reserve_and_die(house)
    await house.sweeper.sweep(datetime.now(UTC) + timedelta(hours=1))
    assert house.entry is not None
    assert (house.entry.source, house.entry.committed) == (ChargeSource.EXPIRED, held)
    run = house.runs.runs[house.run.tenant, house.run.id]
    assert run.error is not None
    assert (run.status.value, run.error.code) == ("failed", "deadline")
    assert (await house.month()).committed == held


async def test_a_reservation_that_cannot_be_settled_keeps_no_other_one_open(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reserve_and_die(house)
    charge_for, broken = house.meter.charge_for, house.run.id

    async def crash(run: Run | None, reservation: Reservation) -> LedgerEntry | None:
        if reservation.run_id == broken:
            raise ValueError("a record that nobody can read")
        return await charge_for(run, reservation)

    monkeypatch.setattr(house.meter, "charge_for", crash)
    house.run = new_run(provider="openai", model="gpt-4o")
    await reserve_and_die(house)
    swept = await house.sweeper.sweep(datetime.now(UTC) + timedelta(hours=1))
    assert house.entry is not None
    assert swept.failed == 1
    assert [held.run_id for held in (await house.month()).open.values()] == [broken]


async def reserve_and_die(house: House) -> Committed:
    planned = house.meter.plan(house.run, NO_LIMITS)
    await house.runs.start(house.run.model_copy(update={"reservation_id": planned.id}))
    return (await house.meter.reserve(planned, NO_LIMITS)).reservation.committed


async def test_a_quota_in_money_refuses_a_model_without_a_price(house: House) -> None:
    house.run = new_run(provider="openai", model="gpt-new")
    with pytest.raises(InvalidRequest):
        await house.carry_out(*says("never"), limits=Limits(Quotas(usd_per_month=Decimal(1))))
    assert house.runs.runs == {}
