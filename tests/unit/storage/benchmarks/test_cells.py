"""A cell has one result and counts once, whoever says so how often; what is done is known from a few items."""

import asyncio
import random
from decimal import Decimal
from typing import Any

import pytest

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, CellStatus
from promptyard.domain.benchmarks.cells import BLOCK, cell_count
from promptyard.storage.benchmarks.cells import DynamoCellStore
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests
from tests.support.samples.sample_benchmarks import new_benchmark_run, new_result

BENCHMARKS_TABLE = "PROMPTYARD_BENCHMARKS_TABLE"
NOTHING = Decimal(0)


def cells_of(aws: LocalAws) -> DynamoCellStore:
    return DynamoCellStore(Table(aws.clients.dynamodb, aws.names[BENCHMARKS_TABLE]))


@pytest.fixture
def cells(local_aws: LocalAws) -> DynamoCellStore:
    return cells_of(local_aws)


async def finish(cells: DynamoCellStore, run: BenchmarkRun, number: int, **fields: Any) -> bool:
    """Whether it counted."""
    result = new_result(number, columns=len(run.columns), **fields)
    await cells.add(run, number, result)
    return (await cells.count(run, number, result, NOTHING)).anew


async def test_the_first_result_stays(cells: DynamoCellStore) -> None:
    run = new_benchmark_run()
    assert await cells.result(run, 3) is None
    first = new_result(3, run_id="a", cost_usd=Decimal("0.000123"), scores={"exact_match": None, "x": 0.5})
    assert await cells.add(run, 3, first)
    assert not await cells.add(run, 3, new_result(3, run_id="b"))
    assert await cells.result(run, 3) == first


async def test_a_cell_counts_once_with_what_it_cost(cells: DynamoCellStore) -> None:
    run = new_benchmark_run(rows=4)
    done = new_result(0, run_id="a", cost_usd=Decimal("0.25"), judge_cost_usd=Decimal("0.5"))
    poison = new_result(1, status=CellStatus.POISON)
    failed = new_result(2, status=CellStatus.FAILED, run_id="b", cost_usd=Decimal(1))
    for _ in range(2):
        for number, result in enumerate((done, poison, failed)):
            await cells.count(run, number, result, Decimal("0.125"))
    progress = await cells.progress(run)
    counts = progress.counts
    assert (counts.total, counts.done, counts.failed, counts.poison, counts.left) == (4, 1, 1, 1, 1)
    assert progress.known_cost_usd == Decimal("2.125")
    await cells.count(run, 3, new_result(3, run_id="c", cost_usd=None), NOTHING)
    assert (await cells.progress(run)).known_cost_usd is None
    assert (await cells.progress(run)).cost_usd == Decimal("2.125")


@pytest.mark.parametrize("rows", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK - 1])
async def test_all_is_counted_when_the_last_cell_is_whichever_that_is(cells: DynamoCellStore, rows: int) -> None:
    run = new_benchmark_run(rows=rows)
    numbers = list(range(rows))
    random.Random(rows).shuffle(numbers)
    for number in numbers[:-1]:
        await cells.count(run, number, new_result(number), NOTHING)
    assert not await cells.all_counted(run)
    assert set(await cells.counted(run, 0, rows)) == set(numbers[:-1])
    last = await cells.count(run, numbers[-1], new_result(numbers[-1]), NOTHING)
    assert (last.anew, last.block_done) == (True, True)
    assert await cells.all_counted(run)
    assert (await cells.progress(run)).counts.left == 0


async def test_what_is_counted_is_told_between_any_two_numbers(cells: DynamoCellStore) -> None:
    run = new_benchmark_run(rows=400)
    chosen = set(random.Random(1).sample(range(400), 90))
    for number in chosen:
        await cells.count(run, number, new_result(number), NOTHING)
    for first, count in ((0, 400), (99, 2), (100, 100), (150, 249), (399, 1)):
        assert set(await cells.counted(run, first, count)) == chosen & set(range(first, first + count))


async def test_a_look_whether_all_is_done_is_short_while_it_is_not(local_aws: LocalAws, cells: DynamoCellStore) -> None:
    run = new_benchmark_run(rows=12 * BLOCK)
    for block in range(11):
        await cells.count(run, block * BLOCK, new_result(block * BLOCK), NOTHING)
    with counted_requests(local_aws.clients.dynamodb()) as counts:
        assert not await cells.all_counted(run)
    assert counts == {"Query": 1}


async def test_results_come_in_order_all_or_of_one_row(cells: DynamoCellStore) -> None:
    run, other = new_benchmark_run(rows=5, columns=3), new_benchmark_run(rows=5, columns=3)
    for number in random.Random(2).sample(range(15), 15):
        await finish(cells, run, number)
        await finish(cells, other, number)
    expected = [new_result(number, columns=3) for number in range(15)]
    assert [result async for page in cells.pages("acme", run.id) for result in page] == expected

    assert await cells.between(run, 3, 6) == expected[3:6]
    await cells.delete("acme", run.id)
    assert [page async for page in cells.pages("acme", run.id)] in ([], [[]])
    assert (await cells.progress(run)).counts.left == cell_count(run)
    assert len(await cells.between(other, 0, 15)) == 15


# --- on a store that is not moto


async def test_of_many_results_one_stays_and_one_counts(dynalite_aws: LocalAws) -> None:
    cells, run = cells_of(dynalite_aws), new_benchmark_run(rows=7)
    tries = [(number, str(attempt)) for number in range(7) for attempt in range(20)]
    random.Random(3).shuffle(tries)

    async def try_once(number: int, run_id: str) -> tuple[bool, bool]:
        result = new_result(number, run_id=run_id, cost_usd=Decimal(1))
        added = await cells.add(run, number, result)
        return added, (await cells.count(run, number, result, NOTHING)).anew

    outcomes = await asyncio.gather(*(try_once(*attempt) for attempt in tries))
    assert sum(added for added, _ in outcomes) == 7
    assert sum(anew for _, anew in outcomes) == 7
    progress = await cells.progress(run)
    assert (progress.counts.done, progress.cost_usd) == (7, 7)
    assert await cells.all_counted(run)
