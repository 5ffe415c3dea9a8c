"""What benchmark runs leave when they end: their results as lines of JSON, and their reports."""

from collections.abc import AsyncGenerator, Sequence
from itertools import count

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, CellResult
from promptyard.domain.errors import NotFound
from promptyard.services.ports.benchmark_work import ReportKind
from promptyard.storage.table import benchmark_keys
from promptyard.storage.table.objects import Objects

JSON_LINES = "application/x-ndjson"
TYPES: dict[ReportKind, str] = {"json": "application/json", "html": "text/html; charset=utf-8"}


class S3EvidenceStore:
    """Implements `services.ports.benchmark_work.EvidenceStore`."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def put_results(self, run: BenchmarkRun, part: int, results: Sequence[CellResult]) -> None:
        lines = "".join(result.model_dump_json() + "\n" for result in results)
        key = benchmark_keys.results_object(run.benchmark.tenant, run.id, part)
        await self._objects.put(key, lines.encode(), JSON_LINES)

    async def results(self, tenant: str, benchmark_run_id: str) -> AsyncGenerator[list[CellResult], None]:
        """In order, an object at a time; none of a run that has not ended."""
        for part in count():
            try:
                lines = await self._objects.get(benchmark_keys.results_object(tenant, benchmark_run_id, part))
            except NotFound:
                return
            yield [CellResult.model_validate_json(line) for line in lines.splitlines()]

    async def put_report(self, run: BenchmarkRun, kind: ReportKind, body: bytes) -> None:
        await self._objects.put(benchmark_keys.report_object(run.benchmark.tenant, run.id, kind), body, TYPES[kind])

    async def report(self, tenant: str, benchmark_run_id: str, kind: ReportKind) -> bytes:
        return await self._objects.get(benchmark_keys.report_object(tenant, benchmark_run_id, kind))

    async def delete(self, tenant: str, benchmark_run_id: str) -> None:
        below = benchmark_keys.run_objects(tenant, benchmark_run_id)
        async for names in self._objects.keys_below(below):
            for name in names:
                await self._objects.delete(name)
