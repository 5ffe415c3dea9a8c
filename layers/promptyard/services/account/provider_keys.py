"""Provider keys: a tenant's own, stored and used; the deployment's where the tenant may use them."""

from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import SecretStr

from promptyard.domain.account.access import Caller
from promptyard.domain.account.provider_keys import KeysByProvider, ProviderKey, is_sendable, origin_of
from promptyard.domain.errors import InvalidRequest, NotFound
from promptyard.domain.models.catalogue import Catalogue, ProviderInfo
from promptyard.services.account.audit import AuditLog
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.services.ports.account import DeploymentKeys, SecretStore
from promptyard.services.ttl_cache import TtlCache

CACHE_SECONDS = 60.0
CACHE_SIZE = 1_000


class StoredProviderKeys:
    """What the tenants stored, as the rest of the service reads it: at most a minute old."""

    def __init__(self, store: SecretStore) -> None:
        self._store = store
        self._cache: TtlCache[str, KeysByProvider] = TtlCache(CACHE_SECONDS, CACHE_SIZE)

    async def of(self, tenant: str, *, fresh: bool = False) -> KeysByProvider:
        keys = None if fresh else self._cache.get(tenant)
        if keys is None:
            started = self._cache.now()
            keys = await self._store.read(tenant)
            self._cache.put(tenant, keys, started)
        return keys

    async def change(self, tenant: str, change: Callable[[KeysByProvider], KeysByProvider]) -> None:
        try:
            await self._store.change(tenant, change)
        finally:
            self._cache.drop(tenant)

    async def forget(self, tenant: str) -> int:
        """Delete all that a tenant has stored; returns how many keys there were."""
        stored = await self.of(tenant, fresh=True)
        try:
            await self._store.delete(tenant)
        finally:
            self._cache.drop(tenant)
        return len(stored)


def provider_keys_of(stored: KeysByProvider) -> KeysByProvider:
    """Without what is no provider's, and kept beside them under a name with a colon: secrets of webhooks."""
    return {name: key for name, key in stored.items() if ":" not in name}


class TenantKeys:
    """Implements `services.ports.account.ProviderKeys`: the tenant's stored keys, then the deployment's."""

    def __init__(self, stored: StoredProviderKeys, tenants: TenantDirectory, deployment: DeploymentKeys) -> None:
        self._stored = stored
        self._tenants = tenants
        self._deployment = deployment

    async def key(
        self, tenant: str, provider: ProviderInfo, base_url: str, *, own_only: bool, fresh: bool = False
    ) -> SecretStr | None:
        if not provider.wire.takes_key:
            return None
        own = await self._own(tenant, provider, base_url, fresh=fresh)
        if own is not None or own_only or not await self.lends(tenant):
            return own
        return await self._deployment.key(provider, fresh=fresh)

    async def lends(self, tenant: str) -> bool:
        record = await self._tenants.find(tenant)
        return record is not None and record.may_use_deployment_keys

    def base_url(self, provider: ProviderInfo) -> str | None:
        return self._deployment.base_url(provider)

    async def missing(self, tenant: str, provider: ProviderInfo) -> str | None:
        lends = await self.lends(tenant)
        base_url = self.base_url(provider)
        has_place = base_url is not None or not provider.wire.needs_address
        if provider.is_the_deployments and has_place and not lends:
            return "may_use_deployment_keys"
        if provider.requires_key and base_url is not None:
            if await self._own(tenant, provider, base_url, fresh=False) is not None:
                return None
            if not lends:
                return "provider_key"
        return self._deployment.missing(provider)

    async def _own(self, tenant: str, provider: ProviderInfo, base_url: str, *, fresh: bool) -> SecretStr | None:
        stored = (await self._stored.of(tenant, fresh=fresh)).get(provider.id)
        return stored.key if stored is not None and stored.origin == origin_of(base_url) else None


class ProviderKeyService:
    """What a tenant's admin does with its provider keys."""

    def __init__(
        self,
        stored: StoredProviderKeys,
        catalogue: Catalogue,
        base_url: Callable[[ProviderInfo], str | None],
        audit: AuditLog,
    ) -> None:
        """`base_url` gives the address at which the deployment calls a provider."""
        self._stored = stored
        self._catalogue = catalogue
        self._base_url = base_url
        self._audit = audit

    async def all_of(self, tenant: str) -> KeysByProvider:
        return provider_keys_of(await self._stored.of(tenant, fresh=True))

    async def put(
        self, caller: Caller, provider_name: str, key: SecretStr, origin: str | None
    ) -> tuple[str, ProviderKey]:
        """Store a key for use at `origin`, else at the provider's own; returns the provider's id and what is stored.

        Raises NotFound, InvalidRequest.
        """
        provider = self._provider(provider_name)
        if not provider.wire.takes_key:
            raise InvalidRequest(f"{provider.name} takes no key", loc=("path", "provider"))
        if not is_sendable(key.get_secret_value()):
            raise InvalidRequest("key may hold visible ASCII characters only", loc=("body", "key"))
        address = origin or self._base_url(provider)
        if address is None:
            raise InvalidRequest(f"{provider.name} has no address of its own: name one", loc=("body", "origin"))
        bound_to = origin_of(address)
        if bound_to is None:
            raise InvalidRequest("origin has to be a scheme, a host and perhaps a port", loc=("body", "origin"))
        stored = ProviderKey(key=key, origin=bound_to, updated_at=datetime.now(UTC))
        details = {"origin": bound_to, "last_four": stored.last_four}
        await self._audit.record(caller, "provider_key.stored", provider.id, details)
        await self._stored.change(caller.tenant, lambda keys: {**keys, provider.id: stored})
        return provider.id, stored

    async def remove(self, caller: Caller, provider_name: str) -> None:
        """Raises NotFound."""
        provider = self._provider(provider_name)
        stored = (await self.all_of(caller.tenant)).get(provider.id)
        if stored is None:
            raise NotFound("No key is stored for this provider")
        details = {"origin": stored.origin, "last_four": stored.last_four}
        await self._audit.record(caller, "provider_key.removed", provider.id, details)
        await self._stored.change(
            caller.tenant, lambda keys: {name: key for name, key in keys.items() if name != provider.id}
        )

    def _provider(self, name: str) -> ProviderInfo:
        provider = self._catalogue.provider(name)
        if provider is None:
            raise NotFound("Provider not found")
        return provider
