"""What became of the cells of benchmark runs, and how many are done.

A cell's result is one item, which is put if it is not there. The cells of a block are counted in one item, which has an
attribute for each that is counted: so each counts once, however often that is tried.
"""

from collections.abc import AsyncGenerator, Collection, Iterator
from decimal import Decimal
from typing import Any

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, CellCounts, CellResult, CellStatus
from promptyard.domain.benchmarks.cells import BLOCK, CellProgress, CountedCell, cell_count
from promptyard.domain.errors import Conflict
from promptyard.domain.metering.ledger import from_pico, to_pico
from promptyard.storage.table import benchmark_keys, keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table, once

RESULTS_PAGE = 200
BLOCKS_PAGE = 20


class DynamoCellStore:
    """Implements `services.ports.benchmarks.CellStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, run: BenchmarkRun, number: int, result: CellResult) -> bool:
        key = benchmark_keys.cell_key(run.benchmark.tenant, run.id, number)
        text = result.model_dump_json(exclude_none=True)
        item, condition = once({**key, "v": keys.SCHEMA_VERSION, "result": text})
        try:
            await self._table.put(item, condition)
        except Conflict:
            return False
        return True

    async def result(self, run: BenchmarkRun, number: int) -> CellResult | None:
        item = await self._table.get(benchmark_keys.cell_key(run.benchmark.tenant, run.id, number))
        return None if item is None else _result(item)

    async def count(self, run: BenchmarkRun, number: int, result: CellResult, spent_usd: Decimal) -> CountedCell:
        block, place = divmod(number, BLOCK)
        key = benchmark_keys.cell_block_key(run.benchmark.tenant, run.id, block)
        mark = _mark(place)
        change = Changes().require_missing(mark).set(mark, True).set("v", keys.SCHEMA_VERSION)
        change.add("counted", 1).add(result.status.value, 1)
        cost = _cost(result)
        known = cost if cost is not None else result.cost_usd or 0
        change.add("unpriced", int(cost is None)).add("pico_usd", to_pico(spent_usd + known))
        try:
            item = await self._table.update_and_get(key, change)
        except Conflict:
            item = await self._table.get(key) or {}
            return CountedCell(anew=False, block_done=_is_done(run, block, item))
        return CountedCell(anew=True, block_done=_is_done(run, block, item))

    async def counted(self, run: BenchmarkRun, first: int, count: int) -> Collection[int]:
        low, high = first // BLOCK, (first + count - 1) // BLOCK
        items = await self._table.read_all(_blocks(run, low, high))
        wanted = range(first, first + count)
        return {number for item in items for number in _numbers(item) if number in wanted}

    async def all_counted(self, run: BenchmarkRun) -> bool:
        """Cells are planned in their order: what is not done is found near the end."""
        last = _last_block(run)
        expected = iter(range(last, -1, -1))
        after = None
        while True:
            found = await self._table.query(_blocks(run, 0, last), limit=BLOCKS_PAGE, after=after, backwards=True)
            for item in found.items:
                block = int(item["sk"])
                if next(expected, None) != block or not _is_done(run, block, item):
                    return False
            after = found.last_key
            if after is None:
                return next(expected, None) is None

    async def progress(self, run: BenchmarkRun) -> CellProgress:
        sums = dict.fromkeys((*CellStatus, "unpriced", "pico_usd"), 0)
        names = tuple(str(name) for name in sums)
        async for page in self._table.pages(_blocks(run, 0, _last_block(run)), limit=1000, only=names):
            for item in page:
                for name in sums:
                    sums[name] += item.get(str(name), 0)
        counts = CellCounts(
            total=cell_count(run),
            done=sums[CellStatus.DONE],
            failed=sums[CellStatus.FAILED],
            poison=sums[CellStatus.POISON],
        )
        return CellProgress(counts, cost_usd=from_pico(sums["pico_usd"]), unpriced=sums["unpriced"])

    async def pages(self, tenant: str, benchmark_run_id: str) -> AsyncGenerator[list[CellResult], None]:
        partition = benchmark_keys.cells_partition(tenant, benchmark_run_id)
        async for page in self._table.pages(Expression("#pk = :pk", {"pk": partition}), limit=RESULTS_PAGE):
            yield [_result(item) for item in page]

    async def between(self, run: BenchmarkRun, first: int, end: int) -> list[CellResult]:
        words = {
            "pk": benchmark_keys.cells_partition(run.benchmark.tenant, run.id),
            "low": benchmark_keys.cell_number(first),
            "high": benchmark_keys.cell_number(end - 1),
        }
        items = await self._table.read_all(Expression("#pk = :pk AND #sk BETWEEN :low AND :high", words))
        return [_result(item) for item in items]

    async def delete(self, tenant: str, benchmark_run_id: str) -> None:
        partitions = (
            benchmark_keys.cells_partition(tenant, benchmark_run_id),
            benchmark_keys.cell_blocks_partition(tenant, benchmark_run_id),
            benchmark_keys.cell_slots_key(tenant, benchmark_run_id)["pk"],
        )
        for partition in partitions:
            everything = Expression("#pk = :pk", {"pk": partition})
            async for page in self._table.pages(everything, limit=RESULTS_PAGE, only=("pk", "sk")):
                for item in page:
                    await self._table.delete(keys.Key(pk=item["pk"], sk=item["sk"]))


def _result(item: Item) -> CellResult:
    return CellResult.model_validate_json(item["result"])


def _cost(result: CellResult) -> Decimal | None:
    """What the cell cost, with its judges; None where it is not known. What was not sent cost nothing."""
    return Decimal(0) if result.run_id is None else result.whole_cost_usd


def _mark(place: int) -> str:
    return f"c{place}"


def _numbers(item: Item) -> Iterator[int]:
    start = int(item["sk"]) * BLOCK
    return (start + place for place in range(BLOCK) if _mark(place) in item)


def _last_block(run: BenchmarkRun) -> int:
    return max(0, cell_count(run) - 1) // BLOCK


def _is_done(run: BenchmarkRun, block: int, item: Item) -> bool:
    counted: Any = item.get("counted", 0)
    return bool(counted >= min(BLOCK, cell_count(run) - block * BLOCK))


def _blocks(run: BenchmarkRun, low: int, high: int) -> Expression:
    return Expression(
        "#pk = :pk AND #sk BETWEEN :low AND :high",
        {
            "pk": benchmark_keys.cell_blocks_partition(run.benchmark.tenant, run.id),
            "low": benchmark_keys.cell_number(low),
            "high": benchmark_keys.cell_number(high),
        },
    )
