"""Results that were made elsewhere as a finished benchmark run: each of their runs is a column, so that they can be
compared."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import Benchmark, BenchmarkRun, CellCounts, CellResult, CellStatus, Column
from promptyard.domain.benchmarks.cells import Cell
from promptyard.domain.benchmarks.messages import PlanMessage
from promptyard.domain.errors import PromptyardError
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.models.targets import Target

if TYPE_CHECKING:
    from promptyard.domain.account.access import Caller
    from promptyard.domain.benchmarks.datasets import DatasetVersion
    from promptyard.domain.benchmarks.imports.imported import ImportedRun
    from promptyard.services.ports.benchmarks import BenchmarkRunStore, CellStore, Queue

AT_ONCE = 20


class ImportedRuns:
    def __init__(self, runs: "BenchmarkRunStore", cells: "CellStore", queue: "Queue") -> None:
        self._runs = runs
        self._cells = cells
        self._queue = queue

    async def take(
        self, caller: "Caller", benchmark: Benchmark, version: "DatasetVersion", runs: "Sequence[ImportedRun]"
    ) -> BenchmarkRun:
        """Their cells, each run a column by its id, the first the baseline. The report is made by the queue's worker.
        Raises StoreUnavailable with nothing kept, as far as the store can still be reached."""
        run = _run_of(caller, benchmark, version, runs)
        try:
            await self._keep(
                [cell.model_copy(update={"column": place}) for place, one in enumerate(runs) for cell in one.cells], run
            )
            await self._runs.add(run)
            await self._queue.send([PlanMessage(tenant=caller.tenant, benchmark_run_id=run.id)])
        except PromptyardError:
            await self._cells.delete(caller.tenant, run.id)
            await self._runs.delete(run)
            raise
        return run

    async def _keep(self, cells: Sequence[CellResult], run: BenchmarkRun) -> None:
        slots = asyncio.Semaphore(AT_ONCE)

        async def keep(cell: CellResult) -> None:
            async with slots:
                await self._cells.add(run, Cell.number_of(run, cell.row, cell.column, cell.repeat), cell)

        await asyncio.gather(*(keep(cell) for cell in cells))


def _run_of(
    caller: "Caller", benchmark: Benchmark, version: "DatasetVersion", runs: "Sequence[ImportedRun]"
) -> BenchmarkRun:
    statuses = [cell.status for one in runs for cell in one.cells]
    counts = CellCounts(
        total=len(statuses), done=statuses.count(CellStatus.DONE), failed=statuses.count(CellStatus.FAILED)
    )
    return BenchmarkRun(
        id=time_ordered_id(),
        benchmark=benchmark,
        dataset_version=version.number,
        row_count=version.row_count,
        columns=[Column(index=place, name=one.run_id, target=Target()) for place, one in enumerate(runs)],
        baseline=0,
        trigger="import",
        cells=counts,
        created_at=datetime.now(UTC),
        created_by=caller.actor.id,
        quotas=caller.quotas,
    )
