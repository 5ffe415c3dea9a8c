"""A month in the store: the conditions of its writes are the limits of the domain, and nothing is counted twice."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from promptyard.domain.account.quotas import Quotas
from promptyard.domain.errors import Conflict, StoreUnavailable
from promptyard.domain.identifiers import random_id
from promptyard.domain.metering.ledger import ChargeSource, Committed, LedgerEntry, Reservation, minute_of, month_of
from promptyard.domain.metering.limits import NO_LIMITS, Limits
from promptyard.services.metering.meter import Meter
from promptyard.storage.metering.ledger import DynamoLedger
from promptyard.storage.metering.months import DynamoMonths, _month, _reserved, without_ledger
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import to_attributes
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import USAGE_TABLE, first_answer_lost
from tests.support.doubles.metering import MemoryMonths, catalogue, settle
from tests.support.samples.sample_runs import new_run, settled

NOW = datetime.now(UTC)


@pytest.fixture(params=["embedded", "dynalite"])
def aws(request: pytest.FixtureRequest) -> LocalAws:
    found: LocalAws = request.getfixturevalue("local_aws" if request.param == "embedded" else "dynalite_aws")
    return found


@pytest.fixture
def months(aws: LocalAws) -> DynamoMonths:
    return months_of(aws)


def months_of(aws: LocalAws) -> DynamoMonths:
    name = aws.names[USAGE_TABLE]
    return DynamoMonths(Table(aws.clients.dynamodb, name), Table(aws.clients.dynamodb_once, name))


def ledger_of(aws: LocalAws) -> DynamoLedger:
    return DynamoLedger(Table(aws.clients.dynamodb, aws.names[USAGE_TABLE]))


@pytest.fixture
def tenant() -> str:
    return random_id()


def reservation(tenant: str, tokens: int = 10, pico_usd: int | None = 5, **changes: Any) -> Reservation:
    fields = {
        "id": random_id()[:16],
        "tenant": tenant,
        "run_id": random_id(),
        "month": month_of(NOW),
        "until": NOW.replace(microsecond=0) + timedelta(minutes=5),
        "input_tokens": tokens,
        "output_tokens": 0,
        "pico_usd": pico_usd,
    }
    return Reservation.model_validate(fields | changes)


def entry(held: Reservation, tokens: int = 4, pico_usd: int | None = 3) -> LedgerEntry:
    return LedgerEntry(
        tenant=held.tenant,
        run_id=held.run_id,
        at=NOW,
        key=held.key,
        endpoint="playground/run",
        provider="demo",
        model="echo",
        input_tokens=tokens,
        output_tokens=0,
        pico_usd=pico_usd,
        platform_units=1,
        source=ChargeSource.REPORTED,
        estimated_tokens=held.committed.tokens,
        reservation_id=held.id,
    )


LIMITS = [
    Limits(
        Quotas(tokens_per_month=300, usd_per_month=Decimal("0.000001"), requests_per_minute=30),
        Quotas(tokens_per_month=100, requests_per_minute=12),
        key,
        runs_at_once=8,
    )
    for key in ("a", "b")
]


async def test_the_store_lets_through_what_the_domain_would_and_counts_the_same(
    months: DynamoMonths, tenant: str
) -> None:
    chance = random.Random(seed := random.randrange(10**6))
    memory = MemoryMonths()
    made: list[Reservation] = []
    moment = NOW
    for step in range(150):
        moment += timedelta(seconds=chance.choice([0, 0, 0, 20]))
        known = await memory.month(tenant, month_of(NOW))
        outcomes: list[object] = []
        if made and chance.random() < 0.45:
            held, tokens = chance.choice(made), chance.randrange(40)
            for store in (months, memory):
                if tokens % 4 == 0:
                    outcomes.append(await store.cancel(held))
                else:
                    outcomes.append(await store.release(held, entry(held, tokens), known.past_minutes(moment)))
        else:
            limits = chance.choice([*LIMITS, NO_LIMITS])
            asked = reservation(tenant, chance.randrange(60), chance.choice([None, 7, 90_000]), key=limits.metered_key)
            made.append(asked)
            outcomes = [await reserved(store, asked, limits, moment) for store in (months, memory)]
        assert outcomes[0] == outcomes[1], f"seed {seed}, step {step}"
        counted, expected = [await store.month(tenant, month_of(NOW)) for store in (months, memory)]
        for field in ("committed", "settled", "open", "open_runs"):
            assert getattr(counted, field) == getattr(expected, field), f"seed {seed}, step {step}"
        for key in ("a", "b"):
            assert counted.committed_of(key) == expected.committed_of(key), f"seed {seed}, step {step}"


async def reserved(
    store: DynamoMonths | MemoryMonths, asked: Reservation, limits: Limits, moment: datetime
) -> Committed | None:
    try:
        return (await store.reserve(asked, limits, moment)).committed
    except Conflict:
        return None


async def test_what_was_released_is_not_released_again(months: DynamoMonths, tenant: str) -> None:
    held = reservation(tenant)
    await months.reserve(held, NO_LIMITS, NOW)
    outcomes = await asyncio.gather(*(months.release(held, entry(held)) for _ in range(16)), months.cancel(held))
    assert outcomes.count(True) == 1
    month = await months.month(tenant, held.month)
    assert (month.open, month.open_runs) == ({}, 0)
    assert month.committed in {Committed(4, 3), Committed(0, 0)}
    assert month.committed.tokens == month.settled.input_tokens


async def test_a_reservation_is_made_once(months: DynamoMonths, tenant: str) -> None:
    held = reservation(tenant)
    await months.reserve(held, NO_LIMITS, NOW)
    with pytest.raises(Conflict):
        await months.reserve(held, NO_LIMITS, NOW)
    month = await months.month(tenant, held.month)
    assert (list(month.open), month.open_runs, month.committed) == ([held.id], 1, held.committed)


async def test_of_many_at_once_as_many_are_let_through_as_there_is_room_for(months: DynamoMonths, tenant: str) -> None:
    limits = Limits(Quotas(tokens_per_month=105))
    outcomes = await asyncio.gather(*(reserved(months, reservation(tenant), limits, NOW) for _ in range(32)))
    assert sum(outcome is not None for outcome in outcomes) == 10
    assert (await months.month(tenant, month_of(NOW))).committed.tokens == 100


async def test_of_many_at_once_as_many_go_on_as_may(months: DynamoMonths, tenant: str) -> None:
    limits = Limits(runs_at_once=5)
    asked = [reservation(tenant) for _ in range(32)]
    outcomes = await asyncio.gather(*(reserved(months, held, limits, NOW) for held in asked))
    begun = [held for held, outcome in zip(asked, outcomes, strict=True) if outcome is not None]
    assert len(begun) == (await months.month(tenant, month_of(NOW))).open_runs == 5
    await months.cancel(begun[0])
    outcomes = await asyncio.gather(*(reserved(months, reservation(tenant), limits, NOW) for _ in range(8)))
    assert sum(outcome is not None for outcome in outcomes) == 1


async def test_past_minutes_are_forgotten(months: DynamoMonths, tenant: str) -> None:
    limits = Limits(Quotas(requests_per_minute=5), Quotas(requests_per_minute=5), "k")
    for minute in range(30):
        moment = NOW + timedelta(minutes=3 * minute)
        held = reservation(tenant, key="k")
        month = await months.reserve(held, limits, moment)
        await months.release(held, entry(held), month.past_minutes(moment))
    month = await months.month(tenant, month_of(NOW))
    assert set(month.requests) == {(minute_of(moment), None), (minute_of(moment), "k")}


@pytest.mark.parametrize("key", [None, "k"])
async def test_a_limit_on_runs_a_minute_is_reached_by_itself(
    months: DynamoMonths, tenant: str, key: str | None
) -> None:
    rate = Quotas(requests_per_minute=3)
    limits = Limits(tenant=rate) if key is None else Limits(key=rate, key_id=key)
    for _ in range(3):
        await months.reserve(reservation(tenant, key=key), limits, NOW)
    with pytest.raises(Conflict):
        await months.reserve(reservation(tenant, key=key), limits, NOW)
    await months.reserve(reservation(tenant, key=key), limits, NOW + timedelta(minutes=1))
    counted = (await months.month(tenant, month_of(NOW))).requests
    assert counted[minute_of(NOW), key] == 3


async def test_a_month_is_in_the_index_under_the_first_deadline_of_those_that_are_open(
    months: DynamoMonths, tenant: str
) -> None:
    def ending(minutes_ago: int) -> Reservation:
        return reservation(tenant, until=NOW.replace(microsecond=0) - timedelta(minutes=minutes_ago))

    async def due(minutes_ago: int) -> bool:
        found = await months.overdue(NOW - timedelta(minutes=minutes_ago))
        return tenant in [month.tenant for month in found]

    first, latest, second = ending(30), ending(2), ending(20)
    for held in (first, latest, second):
        await months.reserve(held, NO_LIMITS, NOW)
    assert await due(29)
    await months.cancel(first)
    await months.looked_at(await months.month(tenant, first.month))
    assert [await due(21), await due(19)] == [False, True]


async def test_a_month_says_by_which_schema_it_is_written(months: DynamoMonths, tenant: str) -> None:
    held = reservation(tenant)
    await months.reserve(held, NO_LIMITS, NOW)
    item = await months._table.get(keys.month_key(tenant, held.month))
    assert item is not None
    assert item["v"] == keys.SCHEMA_VERSION


async def test_who_looked_at_a_month_long_ago_moves_it_nowhere(months: DynamoMonths, tenant: str) -> None:
    first = reservation(tenant, until=NOW.replace(microsecond=0) - timedelta(minutes=5))
    await months.reserve(first, NO_LIMITS, NOW)
    late = await months.month(tenant, first.month)
    await months.cancel(first)
    await months.looked_at(await months.month(tenant, first.month))
    second = reservation(tenant, until=NOW.replace(microsecond=0) - timedelta(minutes=9))
    await months.reserve(second, NO_LIMITS, NOW)
    await months.looked_at(late)
    assert tenant in [month.tenant for month in await months.overdue(NOW - timedelta(minutes=8))]


async def test_months_are_in_the_index_while_something_is_open(months: DynamoMonths, tenant: str) -> None:
    first = reservation(tenant, until=NOW.replace(microsecond=0) - timedelta(minutes=9))
    second = reservation(tenant, until=NOW.replace(microsecond=0) - timedelta(minutes=5))

    async def due(minutes_ago: int) -> list[str]:
        found = await months.overdue(NOW - timedelta(minutes=minutes_ago))
        return [month.tenant for month in found if month.tenant == tenant]

    await months.reserve(first, NO_LIMITS, NOW)
    await months.reserve(second, NO_LIMITS, NOW)
    assert (await due(10), await due(8)) == ([], [tenant])
    await months.cancel(first)
    await months.looked_at(await months.month(tenant, first.month))
    assert (await due(6), await due(4)) == ([], [tenant])
    await months.cancel(second)
    late = await months.month(tenant, first.month)
    third = reservation(tenant)
    await months.reserve(third, NO_LIMITS, NOW)
    await months.looked_at(late)  # which does not know of the third
    assert await due(4) == [tenant]
    await months.cancel(third)
    await months.looked_at(await months.month(tenant, first.month))
    assert await due(-60) == []


def test_as_many_reservations_as_may_be_open_fit_into_the_item() -> None:
    held = reservation("t", 10**6, 10**15, run_id=random_id(), key=random_id())
    size = len("open@" + "0123456789abcdef.0") + 4 + size_of(to_attributes(_reserved(held)))
    assert size < 200
    assert 1000 * size < 400_000 / 2


def size_of(attributes: dict[str, Any]) -> int:
    """As DynamoDB counts: names, values, and 1 byte for each (AWS, "DynamoDB item sizes and formats")."""
    return sum(len(name) + 1 + len(next(iter(value.values()))) for name, value in attributes.items())


# --- answers that are lost


def meter_of(aws: LocalAws) -> Meter:
    return Meter(months_of(aws), ledger_of(aws), catalogue())


async def test_a_reservation_whose_answer_was_lost_is_made_anew_and_both_are_given_back(
    local_aws: LocalAws, tenant: str
) -> None:
    meter, run = meter_of(local_aws), new_run(tenant=tenant)
    with first_answer_lost(local_aws.clients.dynamodb_once(), "UpdateItem"):
        held = await meter.reserve(meter.plan(run, NO_LIMITS), NO_LIMITS)
    month = await months_of(local_aws).month(tenant, held.reservation.month)
    assert len(month.open) == 2
    assert [doubtful.id for doubtful in held.doubtful] == [name for name in month.open if name != held.reservation.id]
    run = run.model_copy(update={"reservation_id": held.reservation.id.partition(".")[0]})
    await settle(meter, settled(run), held)
    month = await months_of(local_aws).month(tenant, held.reservation.month)
    charged = await ledger_of(local_aws).entry(tenant, run.id)
    assert charged is not None
    assert (month.open, month.committed, month.settled.runs) == ({}, charged.committed, 1)


@pytest.mark.parametrize("operation", ["UpdateItem", "PutItem"])
async def test_a_charge_whose_answer_was_lost_is_made_once(local_aws: LocalAws, tenant: str, operation: str) -> None:
    meter, run = meter_of(local_aws), new_run(tenant=tenant)
    held = await meter.reserve(meter.plan(run, NO_LIMITS), NO_LIMITS)
    with first_answer_lost(local_aws.clients.dynamodb(), operation):
        await settle(meter, settled(run), held)
    month = await months_of(local_aws).month(tenant, held.reservation.month)
    charged = await ledger_of(local_aws).entry(tenant, run.id)
    assert charged is not None
    assert (month.open, month.committed, month.settled.runs) == ({}, charged.committed, 1)


async def test_a_store_that_is_away_lets_nothing_through(aws: LocalAws, tenant: str) -> None:
    aws.clients.dynamodb_once().meta.events.register_first("before-send", _unreachable)
    meter = meter_of(aws)
    with pytest.raises(StoreUnavailable):
        await meter.reserve(meter.plan(new_run(tenant=tenant), NO_LIMITS), NO_LIMITS)


def _unreachable(**_: Any) -> None:
    raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")


def test_of_a_key_that_committed_one_thing_the_other_is_nothing() -> None:
    month = _month("t", {"sk": "2026-11", "tokens@k": 5, "pico_usd@l": 6})
    assert month.keys == {"k": Committed(5, 0), "l": Committed(0, 6)}
    assert (month.committed, month.open_runs, month.due) == (Committed(0, 0), 0, None)


def test_of_a_month_whose_ledger_is_erased_its_sums_are_left() -> None:
    kept = {"pk": "p", "sk": "2026-11", "v": 1, "tokens": 5, "input_tokens": 4}
    item = {**kept, "tokens@k": 5, "requests@7": 2, "open_runs": 0}
    sums = {"tokens": 5, "input_tokens": 4}
    assert without_ledger(item) == {**kept, "erased": sums}
    month = _month("t", without_ledger(item))
    assert (month.committed, month.erased, month.keys, month.requests) == (Committed(5, 0), Committed(5, 0), {}, {})
