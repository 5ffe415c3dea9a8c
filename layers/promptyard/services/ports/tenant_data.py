"""What keeps all that is a tenant's, as a protocol."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Protocol

from promptyard.domain.tenant_data.erasure import Erasure


class TenantData(Protocol):
    """All that is a tenant's. Every method raises StoreUnavailable when the store does not answer."""

    async def erasure(self, tenant: str) -> Erasure | None: ...

    async def begin(self, tenant: str, at: datetime) -> Erasure: ...

    async def count(self, tenant: str, kind: str, number: int) -> None:
        """Add to what was deleted."""

    async def finish(self, tenant: str, at: datetime) -> None: ...

    async def months(self, tenant: str) -> list[str]:
        """Those in which anything was used."""

    def delete_all(self, tenant: str) -> AsyncGenerator[tuple[str, int], None]:
        """Delete everything but the sums, page after page; yields the kind and the number of each page."""

    async def keep_sums_only(self, tenant: str) -> None:
        """Of the months. Raises Conflict where something is reserved still."""
