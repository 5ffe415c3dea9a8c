"""The end of runs that have expired: their records go by themselves, their large content does not."""

from datetime import UTC, datetime, timedelta

from promptyard.domain.tenants import Tenant
from promptyard.services.ports import RunContentStore

MARGIN = timedelta(days=1)
"""Records live until the midnight that follows their retention."""


class Retention:
    def __init__(self, content: RunContentStore, deployment: timedelta | None) -> None:
        """`deployment` is how long runs are kept where their tenant does not say."""
        self._content = content
        self._deployment = deployment

    async def delete_expired_content(self, tenant: Tenant) -> int:
        """Delete what expired runs have left; returns how many parts there were. Of a tenant whose runs are kept it
        looks at nothing."""
        retention = self._deployment if tenant.retention_days is None else timedelta(days=tenant.retention_days)
        if retention is None:
            return 0
        return await self._content.delete_expired(tenant.id, datetime.now(UTC) - retention - MARGIN)
