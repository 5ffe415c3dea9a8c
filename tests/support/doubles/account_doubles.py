"""Stand-ins for the account services' ports, in memory."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from promptyard.domain.account.api_keys import ApiKey
from promptyard.domain.account.audit import AuditEntry
from promptyard.domain.account.provider_keys import KeysByProvider
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.errors import NotFound, PromptyardError
from promptyard.domain.models.catalogue import ProviderInfo
from promptyard.domain.paging import Page, PageRequest


class MemoryAudit:
    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self.failure: PromptyardError | None = None

    async def append(self, entry: AuditEntry) -> None:
        if self.failure is not None:
            raise self.failure
        self.entries.append(entry)

    async def page(self, tenant: str, request: PageRequest) -> Page[AuditEntry]:
        found = [entry for entry in reversed(self.entries) if entry.tenant == tenant]
        return Page(found[request.offset : request.offset + request.limit])

    def acts(self) -> list[tuple[str, str, str]]:
        return [(entry.tenant, entry.action, entry.subject) for entry in self.entries]


class MemoryApiKeys:
    def __init__(self) -> None:
        self.records: dict[str, ApiKey] = {}
        self.reads = 0
        self.failure: PromptyardError | None = None
        self.used = asyncio.Event()

    async def by_hash(self, key_hash: str) -> ApiKey | None:
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        return self.records.get(key_hash)

    async def add(self, key: ApiKey) -> None:
        self.records[key.hash] = key

    async def get(self, tenant: str, key_id: str) -> ApiKey:
        for record in self.records.values():
            if (record.tenant, record.id) == (tenant, key_id):
                return record
        raise NotFound("Key not found")

    async def all_of(self, tenant: str) -> list[ApiKey]:
        return [record for record in self.records.values() if record.tenant == tenant]

    async def remove(self, key: ApiKey) -> None:
        del self.records[key.hash]

    async def remove_all(self, tenant: str, but: str | None) -> list[str]:
        doomed = [record for record in await self.all_of(tenant) if record.id != but]
        return [self.records.pop(record.hash).hash for record in doomed]

    async def mark_used(self, key: ApiKey, at: datetime) -> None:
        self.used.set()
        if self.failure is not None:
            raise self.failure
        self.records[key.hash] = key.model_copy(update={"last_used_at": at})


class MemoryTenants:
    def __init__(self, *tenants: Tenant) -> None:
        self.tenants = {tenant.id: tenant for tenant in tenants}
        self.reads = 0

    async def add(self, tenant: Tenant) -> None:
        self.tenants[tenant.id] = tenant

    async def get(self, tenant_id: str) -> Tenant | None:
        self.reads += 1
        return self.tenants.get(tenant_id)

    async def change(self, tenant_id: str, changes: Mapping[str, Any], quotas: Mapping[str, Any]) -> None:
        tenant = self.tenants[tenant_id]
        update = {**changes, "quotas": tenant.quotas.model_copy(update=quotas)}
        self.tenants[tenant_id] = tenant.model_copy(update=update)

    async def page(self, request: PageRequest, after: str = "", up_to: str = "") -> Page[Tenant]:
        chosen = [tenant for tenant in self.tenants.values() if after < tenant.id <= (up_to or "~")]
        return Page(chosen[request.offset : request.offset + request.limit])


class MemoryRounds:
    """Implements `services.ports.account.RoundStore`."""

    def __init__(self) -> None:
        self.begun: list[str] = []

    async def last_begun(self, name: str) -> str:
        return self.begun[-1] if self.begun else ""

    async def begin(self, name: str, tenant_id: str) -> None:
        self.begun.append(tenant_id)


class MemorySecrets:
    def __init__(self) -> None:
        self.keys: dict[str, KeysByProvider] = {}
        self.reads = 0
        self.failure: PromptyardError | None = None

    async def read(self, tenant: str) -> KeysByProvider:
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        return self.keys.get(tenant, {})

    async def change(self, tenant: str, change: Callable[[KeysByProvider], KeysByProvider]) -> None:
        self.keys[tenant] = change(self.keys.get(tenant, {}))

    async def delete(self, tenant: str) -> None:
        self.keys.pop(tenant, None)


class FixedDeploymentKeys:
    """The deployment has one key for every provider, at its own address."""

    def __init__(self, key: str | None = "sk-deployment") -> None:
        self._key = None if key is None else SecretStr(key)
        self.address: str | None = None
        """Of providers that have none of their own."""
        self.renewed: str | None = None
        """What has taken the key's place meanwhile."""

    async def key(self, provider: ProviderInfo, *, fresh: bool = False) -> SecretStr | None:
        return SecretStr(self.renewed) if fresh and self.renewed is not None else self._key

    def base_url(self, provider: ProviderInfo) -> str | None:
        return provider.base_url or self.address

    def missing(self, provider: ProviderInfo) -> str | None:
        return "SOME_API_KEY" if provider.requires_key and self._key is None else None


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds
