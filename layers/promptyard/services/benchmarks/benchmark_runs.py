"""Use cases around benchmark runs: start, find, cancel, resume."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkRun, BenchmarkStatus, CellResult, Trigger
from promptyard.domain.benchmarks.messages import PlanMessage
from promptyard.domain.errors import Conflict, InvalidRequest, NotFound
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.paging import Page, PageRequest

if TYPE_CHECKING:
    from promptyard.services.benchmarks.starting import RunMaker
    from promptyard.services.ports.benchmarks import (
        BenchmarkExecution,
        BenchmarkRunStore,
        BenchmarkStore,
        CellStore,
        EvidenceReader,
        Queue,
    )

_RESUMABLE = frozenset(BenchmarkStatus) - {BenchmarkStatus.COMPLETED}


class BenchmarkRunService:
    """Methods that take the id of a benchmark or of a run raise NotFound where there is no such one in the tenant."""

    def __init__(
        self,
        *,
        benchmarks: "BenchmarkStore",
        runs: "BenchmarkRunStore",
        cells: "CellStore",
        maker: "RunMaker",
        queue: "Queue",
        execution: "BenchmarkExecution",
        evidence: "EvidenceReader",
    ) -> None:
        self._benchmarks = benchmarks
        self._runs = runs
        self._cells = cells
        self._maker = maker
        self._queue = queue
        self._execution = execution
        self._evidence = evidence

    async def start(
        self,
        caller: Caller,
        benchmark_id: str,
        *,
        version_id: str | None = None,
        request_id: str | None = None,
        trigger: Trigger = "api",
    ) -> BenchmarkRun:
        """A run in the queue; the one that there is for a request that was made before, whatever died at it. Raises
        what `RunMaker.make` does."""
        benchmark = await self._benchmarks.get(caller.tenant, benchmark_id)
        tenant, run_id = caller.tenant, time_ordered_id()
        if request_id is not None:
            run_id = await self._runs.claim(tenant, benchmark.id, request_id, run_id)
        try:
            run = await self._runs.get(tenant, run_id)
        except NotFound:
            run = await self._maker.make(benchmark, caller, version_id)
            run = run.model_copy(update={"id": run_id, "request_id": request_id, "trigger": trigger})
            try:
                await self._runs.add(run)
            except Conflict:  # the same request, made twice at once
                run = await self._runs.get(tenant, run_id)
        if run.status is BenchmarkStatus.QUEUED:  # maybe by one that died before the queue was told
            await self._queue.send([PlanMessage(tenant=tenant, benchmark_run_id=run.id)])
        return run

    async def get(self, tenant: str, run_id: str) -> BenchmarkRun:
        """With its counts and its cost as they are now."""
        return await self._counted(await self._runs.get(tenant, run_id))

    async def page(self, tenant: str, benchmark_id: str | None, request: PageRequest) -> Page[BenchmarkRun]:
        """Newest first. Raises BadCursor."""
        page = await self._runs.page(tenant, benchmark_id, request)
        return page.holding(list(await asyncio.gather(*(self._counted(run) for run in page.items))))

    async def _counted(self, run: BenchmarkRun) -> BenchmarkRun:
        if run.status is BenchmarkStatus.COMPLETED or run.trigger == "import":
            return run
        progress = await self._cells.progress(run)
        counts = progress.counts.model_copy(update={"total": run.cells.total})
        return run.model_copy(update={"cells": counts, "cost_usd": progress.known_cost_usd})

    async def results(
        self, tenant: str, run_id: str, *, column: str | None, row: int | None
    ) -> tuple[BenchmarkRun, "AsyncGenerator[list[CellResult], None]", int | None]:
        """The run, the pages of its cells, of one row or of all, and the index of the column of that name. Raises
        InvalidRequest for a column that the run has not."""
        run = await self._runs.get(tenant, run_id)
        names = [known.name for known in run.columns]
        if column is not None and column not in names:
            message = f"column is none of {', '.join(names)}"
            raise InvalidRequest(message, loc=("query", "column"), kind="not_found")
        if row is not None:
            pages = self._of_row(run, row)
        elif run.status is BenchmarkStatus.COMPLETED:
            pages = self._evidence.results(tenant, run_id)
        else:
            pages = self._cells.pages(tenant, run_id)
        return run, pages, None if column is None else names.index(column)

    async def _of_row(self, run: BenchmarkRun, row: int) -> "AsyncGenerator[list[CellResult], None]":
        width = len(run.columns) * run.benchmark.repeats
        if 1 <= row <= run.row_count:
            yield await self._cells.between(run, (row - 1) * width, row * width)

    async def report(self, tenant: str, run_id: str, kind: Literal["json", "html"]) -> bytes:
        """Raises NotFound also where the run has none yet."""
        run = await self._runs.get(tenant, run_id)
        try:
            return await self._evidence.report(tenant, run_id, kind)
        except NotFound:
            raise NotFound(f"The benchmark run is {run.status}, and has no report yet") from None

    async def cancel(self, tenant: str, run_id: str) -> BenchmarkRun:
        """What goes on is stopped, what has not begun is not run. One that has ended stays as it is."""
        changes = {"status": BenchmarkStatus.CANCELLED, "ended_at": datetime.now(UTC)}
        try:
            run = await self._runs.change(tenant, run_id, changes, GOING_ON)
        except Conflict:
            run = await self._runs.get(tenant, run_id)
            if run.status is not BenchmarkStatus.CANCELLED:
                return run
        await self._execution.stop(run)
        return await self.get(tenant, run_id)

    async def resume(self, tenant: str, run_id: str, *, budget_usd: Decimal | None = None) -> BenchmarkRun:
        """Run what is missing, maybe with another budget. One that is complete stays as it is."""
        changes: dict[str, Any] = {"status": BenchmarkStatus.RUNNING, "ended_at": None, "error": None}
        if budget_usd is not None:
            changes["budget_usd"] = budget_usd
        try:
            run = await self._runs.change(tenant, run_id, changes, _RESUMABLE)
        except Conflict:
            return await self._runs.get(tenant, run_id)
        await self._execution.resume(run)
        return await self.get(tenant, run_id)
