"""The end of benchmark runs that have expired: kept as long as runs, and deleted with their results and reports."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from promptyard.domain.account.tenants import Tenant
from promptyard.domain.benchmarks.benchmark import GOING_ON
from promptyard.services.runs.retention import expired_before

if TYPE_CHECKING:
    from promptyard.services.account.tenant_directory import TenantDirectory
    from promptyard.services.ports.benchmark_work import EvidenceStore
    from promptyard.services.ports.benchmarks import BenchmarkRunStore, CellStore

logger = logging.getLogger("promptyard.retention")


class BenchmarkRetention:
    def __init__(
        self,
        runs: "BenchmarkRunStore",
        cells: "CellStore",
        evidence: "EvidenceStore",
        tenants: "TenantDirectory",
        deployment: timedelta | None,
    ) -> None:
        """`deployment` is how long they are kept where their tenant does not say."""
        self._runs = runs
        self._cells = cells
        self._evidence = evidence
        self._tenants = tenants
        self._deployment = deployment

    async def sweep(self) -> int:
        """Delete the expired benchmark runs of all tenants; returns how many there were. Raises StoreUnavailable."""
        deleted = 0
        async for tenant in self._tenants.every():
            deleted += await self.delete_expired(tenant)
        if deleted:
            logger.info("expired benchmark runs deleted", extra={"runs": deleted})
        return deleted

    async def delete_expired(self, tenant: Tenant) -> int:
        """The same of one tenant. What a run has said of a prompt version stays, for a label may move by it. A run is
        deleted after all that is its, so that whatever dies here is found the next time."""
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
