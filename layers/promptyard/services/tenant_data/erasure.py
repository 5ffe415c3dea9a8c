"""The end of a tenant: everything that is its own is deleted, but what it used in each month.

1. The tenant is marked, which keeps everybody out, and all API keys are revoked but the one that asks.
2. Requests that were let in before, here or elsewhere, end; what runs have reserved is charged or given back.
3. Everything is deleted, again and again until nothing is found.
4. The tenant is marked as erased, and the last key goes.

Every step may be repeated, and is bounded: whoever asks again goes on where it was left, however it was left.
"""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller
from promptyard.domain.account.tenants import OPERATORS, TenantStatus
from promptyard.domain.tenant_data.erasure import Erasure
from promptyard.services.account.key_directory import CACHE_SECONDS

if TYPE_CHECKING:
    from promptyard.services.account.api_keys import ApiKeys
    from promptyard.services.account.audit import AuditLog
    from promptyard.services.account.provider_keys import StoredProviderKeys
    from promptyard.services.account.tenant_directory import TenantDirectory
    from promptyard.services.ports.metering import MonthStore
    from promptyard.services.ports.tenant_data import TenantData
    from promptyard.services.runs.resuming.kept_streams import KeptStreams
    from promptyard.services.runs.settling.sweeper import Sweeper

LET_IN_BEFORE = timedelta(seconds=2 * CACHE_SECONDS)
"""How long requests may still begin to write: until every process knows of the mark and of the revoked keys, and as
long again for what was let in at the last moment. What runs for longer has reserved something by then."""
LOOK_AGAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Progress:
    erasure: Erasure
    waits_for: str | None = None
    look_again_seconds: float = 0.0
    """When asking again gets any further."""


class TenantErasure:
    def __init__(
        self,
        *,
        data: "TenantData",
        tenants: "TenantDirectory",
        keys: "ApiKeys",
        provider_keys: "StoredProviderKeys",
        collector_secrets: "StoredProviderKeys",
        months: "MonthStore",
        sweeper: "Sweeper",
        audit: "AuditLog",
        streams: "KeptStreams",
        let_in_before: timedelta = LET_IN_BEFORE,
    ) -> None:
        self._data = data
        self._tenants = tenants
        self._keys = keys
        self._provider_keys = provider_keys
        self._collector_secrets = collector_secrets
        self._months = months
        self._sweeper = sweeper
        self._audit = audit
        self._streams = streams
        self._let_in_before = let_in_before

    async def erase(self, caller: Caller, seconds: float) -> Progress:
        """Go on with the erasure of the caller's tenant for so long, or to its end. Raises StoreUnavailable."""
        end = time.monotonic() + seconds
        erasure = await self._begun(caller)
        if erasure.erased_at is None:
            await self._keys.revoke_all(caller.tenant, but=caller.id)
            waiting = await self._waiting(erasure)
            if waiting is not None:
                return waiting
            while await self._delete(caller.tenant, end):
                if time.monotonic() > end:
                    return await self._progress(caller.tenant)
            await self._finish(caller)
        await self._keys.revoke_all(caller.tenant)
        return await self._progress(caller.tenant)

    async def _delete(self, tenant: str, end: float) -> bool:
        """Everything, until that moment; whether there was anything. What was on its way is found by looking again."""
        self._streams.forget_tenant(tenant)
        found = False
        async for kind, number in self._data.delete_all(tenant):
            found = True
            await self._data.count(tenant, kind, number)
            if time.monotonic() > end:
                break
        return found

    async def _begun(self, caller: Caller) -> Erasure:
        tenant = caller.tenant
        erasure = await self._data.erasure(tenant)
        if erasure is not None and erasure.erased_at is not None:
            if not self._tenants.is_built_in(tenant):
                return erasure
            erasure = None  # of what it had before
        if erasure is None:
            await self._audit.record(_unnamed(caller), "tenant.erasing", tenant, tenant=OPERATORS)
        await self._tenants.mark(tenant, TenantStatus.ERASING)
        return erasure or await self._data.begin(tenant, datetime.now(UTC))

    async def _waiting(self, erasure: Erasure) -> Progress | None:
        """What the erasure has to wait for."""
        now = datetime.now(UTC)
        left = (erasure.started_at + self._let_in_before - now).total_seconds()
        if left > 0:
            return Progress(erasure, "requests that were let in before", left)
        going_on = 0
        for month in await self._data.months(erasure.tenant):
            for held in (await self._months.month(erasure.tenant, month)).open.values():
                if held.until < now:
                    await self._sweeper.settle_reservation(held)
                else:
                    going_on += 1
        return Progress(erasure, f"{going_on} runs that are going on", LOOK_AGAIN_SECONDS) if going_on else None

    async def _finish(self, caller: Caller) -> None:
        provider_keys = await self._provider_keys.forget(caller.tenant)
        if provider_keys:
            await self._data.count(caller.tenant, "provider_keys", provider_keys)
        await self._collector_secrets.forget(caller.tenant)
        await self._data.keep_sums_only(caller.tenant)
        counts = (await self._progress(caller.tenant)).erasure.counts
        await self._audit.record(_unnamed(caller), "tenant.erased", caller.tenant, counts, tenant=OPERATORS)
        await self._tenants.mark(caller.tenant, TenantStatus.ERASED)
        await self._data.finish(caller.tenant, datetime.now(UTC))

    async def _progress(self, tenant: str) -> Progress:
        erasure = await self._data.erasure(tenant)
        assert erasure is not None, "it has begun"
        return Progress(erasure)


def _unnamed(caller: Caller) -> Caller:
    """The operators' log stays, and names nobody of the tenant's."""
    return replace(caller, id=None, name=None)
