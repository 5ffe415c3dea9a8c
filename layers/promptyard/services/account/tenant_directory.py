"""Tenants as every request reads them."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from functools import partial

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.tenants import Tenant, TenantStatus
from promptyard.domain.errors import Forbidden
from promptyard.domain.paging import each_page
from promptyard.services.ports.account import TenantStore
from promptyard.services.ttl_cache import TtlCache

CACHE_SECONDS = 60.0


CACHE_SIZE = 10_000


PAGE = 100


_STAYS = {"id", "created_at", "quotas"}


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

    async def every(self, after: str = "", up_to: str = "") -> AsyncGenerator[Tenant, None]:
        """All tenants, as they are stored, by id: those that come after the one, up to the other. The built-in one
        comes first."""
        if self._built_in is not None and not after:
            yield self._built_in
        async for tenants in each_page(partial(self._store.page, after=after, up_to=up_to), PAGE):
            for tenant in tenants:
                yield tenant

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
