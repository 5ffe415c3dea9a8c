"""The end of benchmark runs that have expired: kept as long as runs, and deleted with their results and reports."""

from datetime import timedelta
from typing import TYPE_CHECKING

from promptyard.domain.account.tenants import Tenant
from promptyard.domain.benchmarks.benchmark import GOING_ON
from promptyard.services.runs.retention import expired_before

if TYPE_CHECKING:
    from promptyard.services.ports.benchmark_work import EvidenceStore
    from promptyard.services.ports.benchmarks import BenchmarkRunStore, CellStore


class BenchmarkRetention:
    def __init__(
        self,
        runs: "BenchmarkRunStore",
        cells: "CellStore",
        evidence: "EvidenceStore",
        deployment: timedelta | None,
    ) -> None:
        """`deployment` is how long they are kept where their tenant does not say."""
        self._runs = runs
        self._cells = cells
        self._evidence = evidence
        self._deployment = deployment

    async def delete_expired(self, tenant: Tenant) -> int:
        """Delete the tenant's expired benchmark runs; returns how many there were. What a run has said of a prompt
        version stays, for a label may move by it. A run is deleted after all that is its, so that whatever dies here is
        found the next time. Raises StoreUnavailable."""
        before, deleted = expired_before(tenant, self._deployment), 0
        if before is None:
            return 0
        async for run in self._runs.begun_before(tenant.id, before):
            if run.status not in GOING_ON:
                await self._cells.delete(tenant.id, run.id)
                await self._evidence.delete(tenant.id, run.id)
                await self._runs.delete(run)
                deleted += 1
        return deleted
