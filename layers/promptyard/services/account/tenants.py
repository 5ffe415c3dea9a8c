"""Tenants: managed by the operators, read at every run."""

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from typing import Any

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.api_keys import NewApiKey
from promptyard.domain.account.quotas import Quotas
from promptyard.domain.account.tenants import Tenant, TenantStatus
from promptyard.domain.errors import Conflict, Forbidden, NotFound
from promptyard.services.account.api_keys import ApiKeys
from promptyard.services.account.audit import AuditLog
from promptyard.services.ports.account import TenantPage, TenantStore
from promptyard.services.ttl_cache import TtlCache

CACHE_SECONDS = 60.0
CACHE_SIZE = 10_000
PAGE = 100
_STAYS = {"id", "created_at", "quotas"}
FIRST_KEY_NAME = "First admin key"


class TenantDirectory:
    """Tenants as the rest of the service reads them: at most a minute old."""

    def __init__(self, store: TenantStore, built_in: Tenant | None = None) -> None:
        """`built_in` is a tenant that is there without being stored: the open local server's."""
        self._store = store
        self._built_in = built_in
        self._cache: TtlCache[str, Tenant] = TtlCache(CACHE_SECONDS, CACHE_SIZE)

    async def find(self, tenant_id: str) -> Tenant | None:
        if self._built_in is not None and tenant_id == self._built_in.id:
            return self._built_in
        tenant = self._cache.get(tenant_id)
        if tenant is None:
            started = self._cache.now()
            tenant = await self._store.get(tenant_id)
            if tenant is not None:
                self._cache.put(tenant_id, tenant, started)
        return tenant

    async def every(self) -> AsyncGenerator[Tenant, None]:
        """All tenants, as they are stored."""
        if self._built_in is not None:
            yield self._built_in
        cursor = None
        while True:
            page = await self._store.page(limit=PAGE, cursor=cursor)
            for tenant in page.tenants:
                yield tenant
            cursor = page.next_cursor
            if cursor is None:
                return

    async def of(self, caller: Caller) -> Tenant:
        """The caller's own. Raises Forbidden when it is gone, or going, though its keys may still be known."""
        tenant = await self.find(caller.tenant)
        if tenant is None:
            raise Forbidden("The credential's tenant is gone")
        _check_active(tenant)
        return tenant

    async def check_open(self, caller: Caller) -> None:
        """Raises Forbidden to callers of a tenant that is being erased. What was decided elsewhere is known here within
        CACHE_SECONDS."""
        tenant = None if caller.role is Role.OPERATOR else await self.find(caller.tenant)
        if tenant is not None:
            _check_active(tenant)

    def is_built_in(self, tenant_id: str) -> bool:
        return self._built_in is not None and tenant_id == self._built_in.id

    async def mark(self, tenant_id: str, status: TenantStatus) -> None:
        """Note how far a tenant's erasure is. With its end the settings go too; the built-in tenant, which has none,
        is as new then. Raises NotFound."""
        if self._built_in is not None and tenant_id == self._built_in.id:
            now = TenantStatus.ACTIVE if status is TenantStatus.ERASED else status
            self._built_in = self._built_in.model_copy(update={"status": now})
            return
        if status is TenantStatus.ERASED:
            nothing = Tenant(id=tenant_id, name="", created_at=datetime.now(UTC), status=status)
            settings = nothing.model_dump(mode="json", exclude=_STAYS)
            await self._store.change(tenant_id, settings, nothing.quotas.model_dump())
        else:
            await self._store.change(tenant_id, {"status": status.value}, {})
        self.forget(tenant_id)

    def forget(self, tenant_id: str) -> None:
        """Read it anew the next time."""
        self._cache.drop(tenant_id)


def _check_active(tenant: Tenant) -> None:
    if tenant.status is not TenantStatus.ACTIVE:
        raise Forbidden(f"The tenant is {'being erased' if tenant.status is TenantStatus.ERASING else 'erased'}")


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
        wanted = Quotas(**quotas).model_dump(mode="json", include=set(quotas))
        await self._audit.record(
            caller, "tenant.changed", tenant_id, {"changes": {**changes, **wanted}}, tenant=tenant_id
        )
        await self._store.change(tenant_id, changes, quotas)
        self._directory.forget(tenant_id)
        return await self.get(tenant_id)

    async def page(self, *, limit: int, offset: int = 0, cursor: str | None = None) -> TenantPage:
        """By id. Raises BadCursor."""
        return await self._store.page(limit=limit, offset=offset, cursor=cursor)
