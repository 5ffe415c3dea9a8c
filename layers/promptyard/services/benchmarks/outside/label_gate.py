"""What a guarded label waits for: a benchmark run that its version has passed."""

import asyncio
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import GOING_ON, VersionVerdict
from promptyard.domain.benchmarks.matrix import versions_held
from promptyard.domain.errors import GatesFailed
from promptyard.domain.paging import PageRequest
from promptyard.domain.prompts.names import split_version_id
from promptyard.services.benchmarks.outside.outcomes import verdict_of

if TYPE_CHECKING:
    from promptyard.services.ports.benchmarks import BenchmarkRunStore, BenchmarkStore

NEWEST = 20


class BenchmarkGate:
    """Implements `services.ports.prompts.LabelGate`. A label that nothing guards costs one request."""

    def __init__(self, benchmarks: "BenchmarkStore", runs: "BenchmarkRunStore") -> None:
        self._benchmarks = benchmarks
        self._runs = runs

    async def check(self, tenant: str, prompt_id: str, label: str, version_id: str) -> None:
        """Raises GatesFailed where a benchmark guards the label, and that version has not passed it."""
        guards = [
            watching.benchmark_id
            for watching in await self._benchmarks.watching(tenant, prompt_id)
            if watching.label == label
        ]
        verdicts = await asyncio.gather(*(self._verdict(tenant, guard, version_id) for guard in guards))
        failed_gates: list[str] = []
        run_ids: list[str] = []
        for benchmark_id, verdict in zip(guards, verdicts, strict=True):
            if verdict is None:
                failed_gates.append(f"benchmark {benchmark_id} has not been run on this version")
            elif not verdict.passed:
                failed_gates += verdict.failed_gates
                run_ids.append(verdict.run_id)
        if failed_gates:
            _, number = split_version_id(version_id)
            message = f"{label} is guarded, and version {number} has not passed: {'; '.join(failed_gates)}"
            raise GatesFailed(message, failed_gates=failed_gates, run_ids=run_ids)

    async def _verdict(self, tenant: str, benchmark_id: str, version_id: str) -> VersionVerdict | None:
        """A run is seen to have ended a moment before its verdict is noted: where none is known that has passed, the
        newest runs are looked at themselves."""
        noted = await self._runs.verdict(tenant, benchmark_id, version_id)
        if noted is not None and noted.passed:
            return noted
        runs = (await self._runs.page(tenant, benchmark_id, PageRequest(NEWEST))).items
        said = [
            verdict_of(run)
            for run in runs
            if run.status not in GOING_ON and version_id in versions_held(run.columns, run.baseline, run.version_id)
        ]
        return next((verdict for verdict in said if verdict.passed), said[0] if said else noted)
