"""The end of runs that have expired: their records go by themselves, their large content does not."""

from datetime import UTC, datetime, timedelta

from promptyard.domain.account.tenants import Tenant
from promptyard.services.ports.runs import RunContentStore

MARGIN = timedelta(days=1)
"""Records live until the midnight that follows their retention."""


class Retention:
    def __init__(self, content: RunContentStore, deployment: timedelta | None) -> None:
        """`deployment` is how long runs are kept where their tenant does not say."""
        self._content = content
        self._deployment = deployment

    async def delete_expired_content(self, tenant: Tenant) -> int:
        """Delete what the tenant's expired runs have left; returns how many parts there were. Once a day is enough.
        Where runs are kept it looks at nothing. Raises StoreUnavailable."""
        before = expired_before(tenant, self._deployment)
        return 0 if before is None else await self._content.delete_expired(tenant.id, before)


def expired_before(tenant: Tenant, deployment: timedelta | None) -> datetime | None:
    """What began before that moment is kept no longer; None where all is kept."""
    retention = deployment if tenant.retention_days is None else timedelta(days=tenant.retention_days)
    return None if retention is None else datetime.now(UTC) - retention - MARGIN
