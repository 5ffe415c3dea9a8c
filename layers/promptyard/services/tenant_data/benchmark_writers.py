"""How datasets, benchmarks and what they measured are written, where they are not there yet."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

from promptyard.domain.benchmarks.benchmark import GOING_ON, Benchmark, BenchmarkRun, CellResult
from promptyard.domain.benchmarks.cells import Cell
from promptyard.domain.benchmarks.datasets import Dataset, DatasetVersion, RowContent
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from promptyard.domain.benchmarks.matrix import versions_held
from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.tenant_data.importing import WENT_ON
from promptyard.services.benchmarks.kept_results import keep_results
from promptyard.services.benchmarks.outside.outcomes import verdict_of
from promptyard.services.benchmarks.row_writer import RowWriter
from promptyard.services.ports.benchmark_work import EvidenceStore
from promptyard.services.ports.benchmarks import BenchmarkRunStore, BenchmarkStore, CellStore, DatasetStore
from promptyard.services.tenant_data.import_outcomes import IMPORTED_NOW, THERE, ImportInto, Outcome, there

OTHER_VERSION = "another version has its number here"
_NO_DATASET = "its dataset is not there"
_NO_RUN = "its benchmark run is not there"
_NO_CELL = "its benchmark run has no such cell"
_GOES_ON = "its benchmark run is going on here"
_OF_ANOTHER_TENANT = "it was deleted here, or another tenant of this deployment has it"
_UNSIGNED = "an archive holds no secrets: set the benchmark's webhook_url again to get a new one"


class BenchmarkWriters:
    def __init__(
        self,
        *,
        datasets: DatasetStore,
        benchmarks: BenchmarkStore,
        runs: BenchmarkRunStore,
        cells: CellStore,
        evidence: EvidenceStore,
    ) -> None:
        self._datasets = datasets
        self._benchmarks = benchmarks
        self._runs = runs
        self._cells = cells
        self._evidence = evidence
        self.by_kind: Mapping[str, Callable[[Any, ImportInto], Awaitable[Outcome]]] = {
            "datasets": self._dataset,
            "benchmarks": self._benchmark,
            "benchmark_runs": self._run,
            "benchmark_cells": self._cell,
            "benchmark_reports": self._report,
        }

    async def write_version(
        self, version: DatasetVersion, rows: AsyncGenerator[RowContent, None], into: ImportInto
    ) -> Outcome:
        """Of its rows as many are read as are needed."""
        tenant, dataset_id = into.tenant, version.dataset_id
        try:
            await self._datasets.get(tenant, dataset_id)
        except NotFound:
            return _NO_DATASET
        try:
            found = await self._datasets.version(tenant, dataset_id, version.number)
            return THERE if found.id == version.id else OTHER_VERSION
        except NotFound:
            """It is to be written."""
        writer = RowWriter(self._datasets, tenant, dataset_id, version.id)
        async for row in rows:
            await writer.add(row, row.json_text().encode())
        await writer.finish()
        written = version.model_copy(update={"chunks": writer.chunks, "bytes": writer.bytes})
        try:
            await self._datasets.add_version(tenant, written)
        except Conflict:
            return THERE  # somebody imports the same at the same time: the rows are in the same objects
        except NotFound:
            return _NO_DATASET
        return IMPORTED_NOW

    async def _dataset(self, dataset: Dataset, into: ImportInto) -> Outcome:  # noqa: ARG002 - as the others
        try:
            await self._datasets.add(dataset)
        except Conflict:
            return await there(self._datasets.get(dataset.tenant, dataset.id))
        return IMPORTED_NOW

    async def _benchmark(self, benchmark: Benchmark, into: ImportInto) -> Outcome:
        try:
            await self._benchmarks.add(benchmark)
        except Conflict:
            return await there(self._benchmarks.get(benchmark.tenant, benchmark.id), else_=_OF_ANOTHER_TENANT)
        if benchmark.webhook_url is not None:
            into.report.leave_out("webhook_secrets", _UNSIGNED, benchmark.id)
        return IMPORTED_NOW

    async def _run(self, run: BenchmarkRun, into: ImportInto) -> Outcome:
        if run.status in GOING_ON:
            return WENT_ON
        tenant, benchmark_id = into.tenant, run.benchmark.id
        if run.request_id is not None:
            await self._runs.claim(tenant, benchmark_id, run.request_id, run.id)
        try:
            await self._runs.add(run)
        except Conflict:
            return THERE
        for version_id in versions_held(run.columns, run.baseline, run.version_id):
            await self._runs.note_verdict(tenant, benchmark_id, version_id, verdict_of(run))
        return IMPORTED_NOW

    async def _cell(self, placed: tuple[str, CellResult], into: ImportInto) -> Outcome:
        run_id, cell = placed
        run = await self._run_of(run_id, into)
        if run is None:
            return _NO_RUN
        if run.status in GOING_ON:
            return _GOES_ON
        if not Cell.is_of(run, cell.row, cell.column, cell.repeat):
            return _NO_CELL
        number = Cell.number_of(run, cell.row, cell.column, cell.repeat)
        added = await self._cells.add(run, number, cell)
        if run.trigger != "import":  # of those nothing is counted
            await self._cells.count(run, number, cell, Decimal(0))
        return IMPORTED_NOW if added else THERE

    async def _report(self, placed: tuple[BenchmarkReport, str], into: ImportInto) -> Outcome:
        """With the results of its run, whose cells are there by now, as they are kept when a run ends. The report is
        written last: by it the rest is known to be there."""
        report, page = placed
        run = await self._run_of(report.run_id, into)
        if run is None:
            return _NO_RUN
        if run.status in GOING_ON:
            return _GOES_ON
        try:
            await self._evidence.report(into.tenant, run.id, "json")
        except NotFound:
            await keep_results(run, self._cells, self._evidence)
            await self._evidence.put_report(run, "html", page.encode())
            await self._evidence.put_report(run, "json", report.model_dump_json().encode())
            return IMPORTED_NOW
        return THERE

    async def _run_of(self, run_id: str, into: ImportInto) -> BenchmarkRun | None:
        known = into.benchmark_runs
        if run_id in known:
            return known[run_id]
        try:
            found: BenchmarkRun | None = await self._runs.get(into.tenant, run_id)
        except NotFound:
            found = None
        known.clear()
        known[run_id] = found
        return found
