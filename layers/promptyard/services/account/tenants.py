"""Tenants: managed by the operators, read at every run."""

from collections.abc import Mapping
from typing import Any

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.api_keys import NewApiKey
from promptyard.domain.account.quotas import TenantQuotas
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.paging import Page, PageRequest
from promptyard.services.account.api_keys import ApiKeys
from promptyard.services.account.audit import AuditLog
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.services.ports.account import TenantStore

FIRST_KEY_NAME = "First admin key"


class Tenants:
    def __init__(self, store: TenantStore, directory: TenantDirectory, keys: ApiKeys, audit: AuditLog) -> None:
        self._store = store
        self._directory = directory
        self._keys = keys
        self._audit = audit

    async def make(self, caller: Caller, tenant: Tenant) -> NewApiKey:
        """Make the tenant and its first admin key. Raises Conflict when the id is taken."""
        if await self._store.get(tenant.id) is not None:
            raise Conflict("There is a tenant with this id")
        settings = tenant.model_dump(mode="json", exclude={"id", "created_at"}, exclude_none=True)
        await self._audit.record(caller, "tenant.created", tenant.id, settings, tenant=tenant.id)
        await self._store.add(tenant)
        return await self._keys.make(caller, name=FIRST_KEY_NAME, role=Role.ADMIN, tenant=tenant.id)

    async def get(self, tenant_id: str) -> Tenant:
        """As it is stored. Raises NotFound."""
        tenant = await self._store.get(tenant_id)
        if tenant is None:
            raise NotFound("Tenant not found")
        return tenant

    async def change(
        self, caller: Caller, tenant_id: str, changes: Mapping[str, Any], quotas: Mapping[str, Any]
    ) -> Tenant:
        """Set fields of the tenant and of its quotas; None takes a limit away. Raises NotFound."""
        tenant = await self.get(tenant_id)
        if not changes and not quotas:
            return tenant
        wanted = TenantQuotas(**quotas).model_dump(mode="json", include=set(quotas))
        await self._audit.record(
            caller, "tenant.changed", tenant_id, {"changes": {**changes, **wanted}}, tenant=tenant_id
        )
        await self._store.change(tenant_id, changes, quotas)
        self._directory.forget(tenant_id)
        return await self.get(tenant_id)

    async def page(self, request: PageRequest) -> Page[Tenant]:
        """By id. Raises BadCursor."""
        return await self._store.page(request)
