"""Whatever dies and whatever is asked for twice: no quota is overrun, no charge is lost or made twice, and what is
counted is what the ledger says. On a store that is not moto, which cannot judge races."""

import asyncio
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from promptyard.domain.errors import DeadlineExceeded, LimitReached, NotFound, StoreUnavailable
from promptyard.domain.headroom import Headroom
from promptyard.domain.identifiers import random_id, time_ordered_id
from promptyard.domain.metering.held import Held
from promptyard.domain.metering.ledger import ChargeSource, Reservation, month_of
from promptyard.domain.metering.limits import NO_LIMITS, Limits
from promptyard.services.metering import meter
from promptyard.services.metering.meter import Meter
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.doubles.metering import catalogue
from tests.support.doubles.metering_chaos import KEYS, Stores, chaos_of, new_chaos, violations
from tests.support.doubles.mortal import MortalMonths, Process
from tests.support.samples.sample_runs import new_run

ATTEMPTS = int(os.environ.get("METERING_ATTEMPTS", "5000"))


@pytest.fixture
def stores(dynalite_aws: LocalAws) -> Stores:
    return Stores.of(dynalite_aws)


@pytest.mark.parametrize("attempts", [400, pytest.param(ATTEMPTS, marks=pytest.mark.hard)])
async def test_every_promise_is_kept(stores: Stores, attempts: int) -> None:
    chaos = await chaos_of(attempts, stores, seed := random.randrange(10**6))
    assert await violations(chaos) == [], f"seed {seed}"
    assert chaos.refused > attempts / 10
    assert chaos.unanswered < attempts / 50
    assert chaos.conflicts > attempts / 100
    assert len(chaos.crashed) > attempts / 50
    assert len(chaos.bill) > attempts / 10


async def test_no_more_go_on_than_may_however_many_ask(stores: Stores) -> None:
    """The tenant's own number, or that of the deployment."""
    for limits, most in ((NO_LIMITS, 7), (Limits(runs_at_once=3), 3)):
        open_runs: list[int] = []
        months = MortalMonths(Process(), stores.months, lambda month, seen=open_runs: seen.append(month.open_runs))
        meter = Meter(months, stores.ledger, catalogue(), runs_at_once=7)
        tenant, refused = random_id(), 0

        async def begin_and_end(meter: Meter, limits: Limits, tenant: str) -> bool:
            run = new_run(id=time_ordered_id(), tenant=tenant)
            try:
                held = await meter.reserve(meter.plan(run, limits), limits)
            except (LimitReached, StoreUnavailable):
                return False
            await asyncio.sleep(0.02)
            await meter.cancel(held)
            return True

        begun = await asyncio.gather(*(begin_and_end(meter, limits, tenant) for _ in range(64)))
        refused = begun.count(False)
        assert max(open_runs) == most
        assert 0 < refused < 64
        assert (await stores.months.month(tenant, month_of(datetime.now(UTC)))).open_runs == 0


TAKEN_FOR_DEAD = tuple(
    f"{when} {step}" for step in ("call", "ledger", "settle", "release") for when in ("before", "after")
)


async def swept_at(moment: str, stores: Stores) -> list[str]:
    """What is wrong when the sweeper takes a process for dead at that moment, which then goes on."""
    chaos = new_chaos(100, stores)
    run = chaos.new_run()
    chaos.crashed.add(run.id)
    await chaos.attempt(run, KEYS[0], Process(meanwhile=(moment, stores.sweep)))
    assert len(chaos.bill) == 1
    return await violations(chaos)


@pytest.mark.parametrize("moment", TAKEN_FOR_DEAD)
async def test_a_process_that_only_seemed_dead_charges_nothing_again(stores: Stores, moment: str) -> None:
    assert await swept_at(moment, stores) == []


@pytest.mark.parametrize("is_swept", [True, False])
async def test_one_that_stood_still_until_its_time_was_over_is_charged_as_its_record_says(
    stores: Stores, is_swept: bool
) -> None:
    """It sends nothing any more. Who took it for dead has charged it, and its record stays; else nothing does."""
    chaos = new_chaos(100, stores)
    run = chaos.new_run().model_copy(update={"deadline_at": datetime.now(UTC)})
    chaos.crashed.add(run.id)
    with pytest.raises(DeadlineExceeded):
        await chaos.attempt(run, KEYS[0], Process(meanwhile=("after claim", stores.sweep) if is_swept else None))
    assert chaos.bill == {}
    assert await violations(chaos) == []
    entry = await stores.ledger.entry(run.tenant, run.id)
    if is_swept:
        assert (entry.source if entry else None) is ChargeSource.EXPIRED
        kept = await stores.runs_of(Process()).get(run.tenant, run.id)
        assert (kept.error.code if kept.error else None) == "deadline"
    else:
        assert entry is None
        with pytest.raises(NotFound):
            await stores.runs_of(Process()).get(run.tenant, run.id)


# --- each promise hangs on a line of code: without it, the tests above have to find something wrong


def without_condition(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Items of that kind are put whatever is there."""
    put = Table.put

    async def put_anyway(table: Table, item: Item, condition: Expression | None = None) -> None:
        await put(table, item, None if item["pk"].endswith(f"#{kind}") else condition)

    monkeypatch.setattr(Table, "put", put_anyway)


def no_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    without_condition(monkeypatch, "run")


def no_look_at_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Limits, "quotas", lambda _: iter(()))
    monkeypatch.setattr(Limits, "rates", lambda _: iter(()))


def no_reservation(monkeypatch: pytest.MonkeyPatch) -> None:
    async def reserve(_: Meter, planned: Reservation, limits: Limits) -> Held:
        return Held(planned, Headroom())

    monkeypatch.setattr(Meter, "reserve", reserve)


def release_whether_it_is_open_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Changes, "require_there", lambda change, _: change.require_missing("anything"))


@pytest.mark.parametrize("mutate", [no_claim, no_look_at_the_limits, no_reservation, release_whether_it_is_open_or_not])
async def test_what_a_mutation_breaks_is_seen(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, mutate: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutate(monkeypatch)
    assert await violations(await chaos_of(150, stores, seed=7)) != []


@pytest.mark.parametrize("moment", ["before call", "after call"])
async def test_a_ledger_entry_that_could_be_replaced_is_seen(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    without_condition(monkeypatch, "ledger")
    assert await swept_at(moment, stores) != []


async def test_a_reservation_taken_for_that_of_another_claim_is_seen(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await charged_for_another(stores) == 0
    monkeypatch.setattr(meter, "was_claimed_by", lambda *_: True)
    assert await charged_for_another(stores) == 1


async def charged_for_another(stores: Stores) -> int:
    """A process died after it had reserved for a run; another one reserved for it, too, claimed it, and goes on.
    Returns how many runs are charged when the first one's reservation is settled."""
    chaos = new_chaos(100, stores)
    run = chaos.new_run()
    await chaos.attempt(run, KEYS[0], Process("before claim"))
    [left] = (await stores.months.month(chaos.tenant, month_of(run.created_at))).open.values()
    await chaos.attempt(run, KEYS[0], Process("before call"))
    await stores.sweeper().settle_reservation(left)
    month = await stores.months.month(chaos.tenant, month_of(run.created_at))
    assert left.id not in month.open
    return month.settled.runs
