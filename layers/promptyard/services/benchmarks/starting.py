"""From a benchmark to a run of it: what it is made from, and what it will probably cost."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import MAX_CELLS, MAX_RUN_BYTES, Benchmark, BenchmarkRun, CellCounts
from promptyard.domain.benchmarks.cells import cell_count
from promptyard.domain.benchmarks.estimate import SampledCall, estimate_usd
from promptyard.domain.benchmarks.matrix import baseline_of
from promptyard.domain.errors import Conflict, InvalidRequest, NotFound, PromptyardError, TooLarge
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.models.targets import Target
from promptyard.services.benchmarks.defining.versions import Matrix, target_of
from promptyard.services.benchmarks.row_prompts import compose_row

if TYPE_CHECKING:
    from promptyard.domain.account.access import Caller
    from promptyard.domain.benchmarks.datasets import DatasetVersion, Row
    from promptyard.domain.models.catalogue import ModelInfo
    from promptyard.services.benchmarks.defining.versions import MatrixReader
    from promptyard.services.ports.benchmarks import DatasetStore
    from promptyard.services.runs.targets import TargetResolver

SAMPLE_ROWS = 20


class RunMaker:
    def __init__(self, datasets: "DatasetStore", matrix: "MatrixReader", resolver: "TargetResolver") -> None:
        self._datasets = datasets
        self._matrix = matrix
        self._resolver = resolver

    async def make(self, benchmark: Benchmark, caller: "Caller", version_id: str | None) -> BenchmarkRun:
        """A queued run, which nobody knows of yet. Raises Conflict where there are no rows, or the prompt has no
        version; InvalidRequest for what has gone or become too much since the benchmark was made; TooLarge."""
        rows = await self._rows_of(benchmark)
        matrix = await self._matrix.read(benchmark, version_id)
        if matrix is None:
            raise Conflict("The benchmark's prompt has no version yet")
        if not matrix.columns:
            raise Conflict("The benchmark has no targets: what it was imported with are results")
        baseline = baseline_of(matrix.columns, benchmark.baseline)
        run = BenchmarkRun(
            id=time_ordered_id(),
            benchmark=benchmark,
            dataset_version=rows.number,
            row_count=rows.row_count,
            columns=matrix.columns,
            baseline=baseline or 0,
            version_id=version_id,
            created_at=datetime.now(UTC),
            created_by=caller.actor.id,
            quotas=caller.quotas,
        )
        cells = cell_count(run)
        if cells > MAX_CELLS:
            raise InvalidRequest(f"These are {cells:,} cells: {MAX_CELLS:,} are allowed", kind="too_many_cells")
        estimate = await self._estimate(run, rows, matrix, cells)
        run = run.model_copy(update={"cells": CellCounts(total=cells), "estimate_usd": estimate})
        if len(run.model_dump_json().encode()) > MAX_RUN_BYTES:
            raise TooLarge(f"The benchmark and its columns can take {MAX_RUN_BYTES:,} bytes")
        return run

    async def _rows_of(self, benchmark: Benchmark) -> "DatasetVersion":
        with suppress(NotFound):
            version = await self._datasets.version(benchmark.tenant, benchmark.dataset_id, benchmark.dataset_version)
            if version.row_count:
                return version
        raise Conflict("The benchmark's dataset has no rows")

    async def _estimate(self, run: BenchmarkRun, rows: "DatasetVersion", matrix: Matrix, cells: int) -> Decimal | None:
        """Of the first rows."""
        sample = await self._datasets.rows(run.benchmark.tenant, rows, 1, SAMPLE_ROWS)
        calls = [call for row in sample for call in self._calls(run, matrix, row)]
        twice = min(run.benchmark.judge_twice, run.row_count) * len(run.columns)
        return estimate_usd(calls, cells, run.created_at, judged_twice=twice)

    def _calls(self, run: BenchmarkRun, matrix: Matrix, row: "Row") -> Sequence[SampledCall]:
        """None of a row that cannot be run: it will cost nothing."""
        calls = []
        judges = self._judges(run, row)
        for column in run.columns:
            version = None if column.version_id is None else matrix.versions[column.version_id]
            with suppress(PromptyardError):
                prompt = compose_row(run.benchmark, column, version, row)
                target = target_of(column.target, version)
                calls.append(SampledCall(self._priced(target), prompt.messages, target.parameters, judges))
        return calls

    def _judges(self, run: BenchmarkRun, row: "Row") -> "list[ModelInfo | None]":
        specs = {spec.label: spec for spec in (*run.benchmark.metrics, *row.metrics)}
        return [self._priced(Target(model=spec.judge)) for spec in specs.values() if spec.judge is not None]

    def _priced(self, target: Target) -> "ModelInfo | None":
        return None if target.custom_base_url is not None else self._resolver.model(target).info
