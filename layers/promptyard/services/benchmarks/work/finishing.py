"""The end of a benchmark run: its results as lines of JSON, its report, whether it has passed, and who is told."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkRun, BenchmarkStatus, CellResult
from promptyard.domain.benchmarks.evidence.building import report_of
from promptyard.domain.benchmarks.evidence.changes import rows_to_read, with_answers
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from promptyard.domain.benchmarks.evidence.scores import ScoreTable
from promptyard.domain.benchmarks.messages import FinishMessage
from promptyard.domain.errors import Conflict, NotFound
from promptyard.services.benchmarks.kept_results import keep_results

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.datasets import Row
    from promptyard.services.benchmarks.work.known_runs import KnownRuns
    from promptyard.services.ports.benchmark_work import BenchmarkEnd, EvidenceStore
    from promptyard.services.ports.benchmarks import BenchmarkRunStore, CellStore

logger = logging.getLogger("promptyard.benchmarks")

PageOf = Callable[[BenchmarkReport], str]
"""A report as a page of HTML."""


class Finisher:
    def __init__(
        self,
        runs: "BenchmarkRunStore",
        cells: "CellStore",
        known: "KnownRuns",
        evidence: "EvidenceStore",
        end: "BenchmarkEnd",
        *,
        page_of: PageOf | None = None,
    ) -> None:
        self._runs = runs
        self._cells = cells
        self._known = known
        self._evidence = evidence
        self._end = end
        self._page_of = page_of

    async def finish(self, message: FinishMessage, *, again: bool) -> None:
        """Of a run that ended before its time, with what there is. Whatever dies here, the message comes again, and all
        of it is done anew; `again`: it may be that all was done but telling. Raises StoreUnavailable."""
        run = await self._runs.get(message.tenant, message.benchmark_run_id)
        if run.status is BenchmarkStatus.COMPLETED:
            if again:
                await self._end.ended(run)
            return
        is_imported = run.trigger == "import"
        if run.status in GOING_ON and not (is_imported or await self._cells.all_counted(run)):
            return
        status = BenchmarkStatus.COMPLETED if run.status in GOING_ON else run.status
        report = await self._report(run, status)
        changes: dict[str, Any] = {}  # what was imported is counted, and what it cost nobody knows
        if not is_imported:
            progress = await self._cells.progress(run)
            changes |= {"cells": progress.counts, "cost_usd": progress.known_cost_usd}
        if run.status in GOING_ON:
            changes |= {"status": status, "ended_at": datetime.now(UTC)}
            changes |= {"passed": report.passed, "failed_gates": report.failed_gates}
        try:
            run = await self._runs.change(message.tenant, run.id, changes, {run.status})
        except Conflict:  # stopped or resumed meanwhile: another message comes of it
            return
        told = {"benchmark_run_id": run.id, "status": run.status.value, "passed": run.passed}
        logger.info("benchmark run", extra=told)
        await self._end.ended(run)

    async def _report(self, run: BenchmarkRun, status: BenchmarkStatus) -> BenchmarkReport:
        """Made and kept, and the results with it. Of each cell its numbers are held, and its answer of some rows."""
        table = ScoreTable(run)
        await keep_results(run, self._cells, self._evidence, table.add_all)
        report = await asyncio.to_thread(report_of, table, status)
        report = await self._with_answers(run, report)
        await self._evidence.put_report(run, "json", report.model_dump_json().encode())
        if self._page_of is not None:
            page = await asyncio.to_thread(self._page_of, report)
            await self._evidence.put_report(run, "html", page.encode())
        return report

    async def _with_answers(self, run: BenchmarkRun, report: BenchmarkReport) -> BenchmarkReport:
        """What was asked and answered in the rows that changed most."""
        wanted, width = rows_to_read(report), len(run.columns) * run.benchmark.repeats
        cells: list[CellResult] = []
        rows: list[Row] = []
        try:
            for row in wanted:
                cells += await self._cells.between(run, (row - 1) * width, row * width)
                rows.append(await self._known.row(run, row))
        except NotFound:  # the dataset was deleted meanwhile
            logger.warning("report without inputs", extra={"benchmark_run_id": run.id})
        return with_answers(report, cells, rows)
