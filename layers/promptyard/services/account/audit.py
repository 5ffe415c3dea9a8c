"""The audit log: who made, changed or deleted what. One per tenant; entries are only ever added."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from promptyard.domain.account.access import Caller
from promptyard.domain.account.audit import AuditEntry
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.paging import Page, PageRequest
from promptyard.services.ports.account import AuditStore


class AuditLog:
    def __init__(self, store: AuditStore) -> None:
        self._store = store

    async def record(
        self,
        caller: Caller,
        action: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
        *,
        tenant: str | None = None,
    ) -> None:
        """Write an entry into `tenant`'s log, else the caller's own tenant's.

        To be called when the act is certain to be allowed and before it is done: so that an act without an entry
        cannot be, whatever fails; an entry whose act then failed can. Raises StoreUnavailable.
        """
        await self._store.append(
            AuditEntry(
                id=time_ordered_id(),
                tenant=tenant or caller.tenant,
                at=datetime.now(UTC),
                actor=caller.actor.id,
                actor_name=caller.actor.name,
                actor_role=caller.role.value,
                action=action,
                subject=subject,
                details=dict(details or {}),
            )
        )

    async def page(self, tenant: str, request: PageRequest) -> Page[AuditEntry]:
        """Newest first. Raises BadCursor."""
        return await self._store.page(tenant, request)
