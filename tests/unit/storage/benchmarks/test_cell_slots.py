"""A cell is one worker's at a time, no more go on at once than may, and the budget has room for whatever goes on."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from promptyard.domain.benchmarks.benchmark import BenchmarkRun
from promptyard.domain.benchmarks.cells import CellClaim, RefusedCell
from promptyard.domain.identifiers import time_ordered_id
from promptyard.storage.benchmarks.cell_slots import DynamoSlotStore
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.samples.sample_benchmarks import new_benchmark_run

BENCHMARKS_TABLE = "PROMPTYARD_BENCHMARKS_TABLE"
LATER = timedelta(minutes=5)
PAST = timedelta(seconds=-1)


def slots_of(aws: LocalAws) -> DynamoSlotStore:
    return DynamoSlotStore(Table(aws.clients.dynamodb, aws.names[BENCHMARKS_TABLE]))


@pytest.fixture
def slots(local_aws: LocalAws) -> DynamoSlotStore:
    return slots_of(local_aws)


def new_claim(lasts: timedelta = LATER, usd: str = "0", attempt: int = 0) -> CellClaim:
    until = (datetime.now(UTC) + lasts).replace(microsecond=0)
    return CellClaim(time_ordered_id(), until, Decimal(usd), attempt)


async def claim(slots: DynamoSlotStore, run: BenchmarkRun, number: int, **fields: Any) -> CellClaim | RefusedCell:
    return await slots.claim(run, number, new_claim(**fields), "openai")


async def claimed(slots: DynamoSlotStore, run: BenchmarkRun, number: int, **fields: Any) -> CellClaim:
    answer = await claim(slots, run, number, **fields)
    assert isinstance(answer, CellClaim)
    return answer


async def why(slots: DynamoSlotStore, run: BenchmarkRun, number: int, **fields: Any) -> str | None:
    answer = await claim(slots, run, number, **fields)
    return answer.why if isinstance(answer, RefusedCell) else None


async def test_as_many_cells_go_on_as_may(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run(concurrency=2)
    first = await claimed(slots, run, 0)
    second = await claimed(slots, run, 1)
    assert await why(slots, run, 2) == "full"
    assert sorted(await slots.going_on(run)) == sorted([first.run_id, second.run_id])
    await slots.release(run, 0, first, Decimal(0))
    await slots.release(run, 0, first, Decimal(0))
    await claimed(slots, run, 2)
    assert await why(slots, run, 3) == "full"


async def test_no_more_cells_of_a_provider_go_on_than_it_has_room_for(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run(concurrency=4, provider_concurrency={"openai": 2})
    first, second = await claimed(slots, run, 0), await claimed(slots, run, 1)
    assert await why(slots, run, 2) == "provider_full"
    for number in (3, 4):
        assert isinstance(await slots.claim(run, number, new_claim(), "demo"), CellClaim)
    assert await why(slots, run, 5) == "full"
    for _ in range(2):  # a message that comes twice gives nothing back twice
        await slots.release(run, 0, first, Decimal(0))
    await claimed(slots, run, 2)
    await slots.release(run, 1, second, Decimal(0))
    assert isinstance(await claim(slots, run, 5), CellClaim)
    assert await why(slots, run, 6) == "full"


async def test_what_dead_workers_have_left_of_a_provider_makes_room_and_takes_it_again(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run(concurrency=9, provider_concurrency={"openai": 2})
    for number in (0, 1):
        await claimed(slots, run, number, lasts=PAST)
    new = [await claimed(slots, run, number) for number in (2, 3)]
    assert await why(slots, run, 0) == "provider_full"
    await slots.release(run, 2, new[0], Decimal(0))
    taken = await claimed(slots, run, 0)
    assert (taken.deaths, taken.provider) == (1, "openai")
    assert await why(slots, run, 1) == "provider_full"
    await slots.release(run, 0, taken, Decimal(0))
    assert (await claimed(slots, run, 1)).deaths == 1


async def test_a_cell_is_one_workers_until_its_time_is_over(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run(concurrency=5)
    await claimed(slots, run, 0)
    refused = await claim(slots, run, 0)
    assert isinstance(refused, RefusedCell)
    assert refused.why == "busy"
    assert 290 < refused.wait_seconds <= 300
    dead = await claimed(slots, run, 1, lasts=PAST, attempt=2, usd="0.5")
    taken = await claimed(slots, run, 1, lasts=PAST)
    assert (await claimed(slots, run, 1)).deaths == 2
    assert (taken.run_id, taken.attempt, taken.reserved_usd, taken.deaths) == (dead.run_id, 2, Decimal("0.5"), 1)
    assert await why(slots, run, 1) == "busy"


async def test_what_a_dead_worker_has_left_keeps_no_other_from_going_on(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run(concurrency=1)
    dead = await claimed(slots, run, 0, lasts=PAST)
    alive = await claimed(slots, run, 1)
    assert await slots.going_on(run) == [alive.run_id]
    assert await why(slots, run, 0) == "full"
    await slots.release(run, 1, alive, None)
    taken = await claimed(slots, run, 0)
    assert (taken.run_id, taken.deaths) == (dead.run_id, 1)


async def test_one_that_only_seemed_dead_gives_its_slot_back(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run(concurrency=1, budget_usd=Decimal(3))
    slow = await claimed(slots, run, 0, lasts=PAST, usd="2")
    other = await claimed(slots, run, 1, usd="1")
    await slots.release(run, 0, slow, Decimal("0.5"))
    await slots.release(run, 1, other, Decimal(1))
    assert (await claimed(slots, run, 0, usd="1.5")).deaths == 0


async def test_the_budget_has_room_for_what_goes_on(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run(concurrency=9, budget_usd=Decimal("1.00"))
    first = await claimed(slots, run, 0, usd="0.6")
    assert await why(slots, run, 1, usd="0.5") == "full"
    await slots.release(run, 0, first, Decimal("0.55"))
    assert await why(slots, run, 1, usd="0.5") == "budget"
    second = await claimed(slots, run, 1, usd="0.45")
    await slots.release(run, 1, second, None)
    assert await why(slots, run, 2, usd="0.000000000001") == "budget"
    await claimed(slots, run, 2)


async def test_a_provider_that_wants_no_calls_gets_none(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run()
    await claimed(slots, run, 0)
    await slots.pause(run, "openai", datetime.now(UTC) + LATER)
    refused = await claim(slots, run, 1)
    assert isinstance(refused, RefusedCell)
    assert (refused.why, refused.wait_seconds > 290) == ("paused", True)
    assert isinstance(await slots.claim(run, 1, new_claim(), "anthropic"), CellClaim)
    await slots.pause(run, "openai", datetime.now(UTC) + PAST)
    await claimed(slots, run, 2)


async def test_workers_that_are_gone_are_given_up_at_once(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run(concurrency=1)
    left = await claimed(slots, run, 0)
    await slots.abandon(run)
    assert await slots.going_on(run) == []
    assert (await claimed(slots, run, 0)).run_id == left.run_id


# --- planning


def soon(seconds: float = 60) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_each_stretch_is_planned_by_one(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run()
    assert await slots.plan(run, 0, 0, soon()) == 0
    wait = await slots.plan(run, 0, 0, soon())
    assert wait is not None
    assert 58 < wait <= 60
    await slots.planned(run, 0, 0, 500)
    assert await slots.plan(run, 0, 0, soon()) is None
    assert await slots.plan(run, 0, 500, soon()) == 0
    assert await slots.plan(run, 0, 0, soon()) is None


async def test_what_a_planner_that_died_has_left_is_planned_again(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run()
    assert await slots.plan(run, 0, 0, soon(-1)) == 0
    assert await slots.plan(run, 0, 0, soon()) == 0
    # it died after it had sent the next message, and before it could say so
    assert await slots.plan(run, 0, 500, soon()) == 0
    await slots.planned(run, 0, 0, 500)
    assert await slots.plan(run, 0, 0, soon()) is None


async def test_a_new_round_begins_anew_and_ends_the_ones_before(slots: DynamoSlotStore) -> None:
    run = new_benchmark_run()
    assert await slots.plan(run, 0, 1000, soon()) == 0
    assert await slots.plan_again(run) == 1
    assert await slots.plan(run, 0, 1500, soon()) is None
    assert await slots.plan(run, 1, 0, soon()) == 0


# --- on a store that is not moto


async def test_races_for_slots_and_money(dynalite_aws: LocalAws) -> None:
    slots = slots_of(dynalite_aws)
    run = new_benchmark_run(concurrency=4, budget_usd=Decimal("10.00"))
    working: set[int] = set()
    spent: list[Decimal] = []
    most = 0
    chance = random.Random(5)

    async def work(number: int) -> None:
        nonlocal most
        for _ in range(400):
            answer = await claim(slots, run, number, usd="0.40")
            if isinstance(answer, RefusedCell):
                if answer.why == "budget":
                    return
                await asyncio.sleep(0.01)
                continue
            assert number not in working
            working.add(number)
            most = max(most, len(working))
            await asyncio.sleep(chance.random() / 200)
            cost = Decimal(chance.randint(10, 40)) / 100
            spent.append(cost)
            assert sum(spent) <= run.benchmark.budget_usd
            working.discard(number)
            await slots.release(run, number, answer, cost)
            await slots.release(run, number, answer, cost)

    await asyncio.gather(*(work(number % 12) for number in range(24)))
    assert most <= 4
    assert sum(spent) > Decimal("9.20")


async def test_one_of_many_planners_has_the_planning(dynalite_aws: LocalAws) -> None:
    slots, run = slots_of(dynalite_aws), new_benchmark_run()
    answers = await asyncio.gather(*(slots.plan(run, 0, 0, soon()) for _ in range(20)))
    assert sum(answer == 0 for answer in answers) == 1
