"""What the services of accounts need from outside, as protocols. Every method of a store raises StoreUnavailable when
it does not answer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from pydantic import SecretStr

from promptyard.domain.account.api_keys import ApiKey
from promptyard.domain.account.audit import AuditEntry
from promptyard.domain.account.provider_keys import KeysByProvider
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.models.catalogue import ProviderInfo
from promptyard.domain.paging import Page, PageRequest


class ApiKeyStore(Protocol):
    """Every method raises StoreUnavailable when the store does not answer."""

    async def by_hash(self, key_hash: str) -> ApiKey | None:
        """One exact read."""

    async def add(self, key: ApiKey) -> None: ...

    async def get(self, tenant: str, key_id: str) -> ApiKey:
        """Raises NotFound."""

    async def all_of(self, tenant: str) -> list[ApiKey]:
        """Newest first."""

    async def remove(self, key: ApiKey) -> None: ...

    async def remove_all(self, tenant: str, but: str | None) -> list[str]:
        """All of a tenant but the one with that id; returns the hashes of those that were there."""

    async def mark_used(self, key: ApiKey, at: datetime) -> None:
        """Does nothing to a key that has been removed."""


class AuditStore(Protocol):
    """Every method raises StoreUnavailable when the store does not answer."""

    async def append(self, entry: AuditEntry) -> None: ...

    async def page(self, tenant: str, request: PageRequest) -> Page[AuditEntry]:
        """Newest first. Raises BadCursor."""


class TenantStore(Protocol):
    """Every method raises StoreUnavailable when the store does not answer."""

    async def add(self, tenant: Tenant) -> None:
        """Raises Conflict when the id is taken."""

    async def get(self, tenant_id: str) -> Tenant | None: ...

    async def change(self, tenant_id: str, changes: Mapping[str, Any], quotas: Mapping[str, Any]) -> None:
        """Set these fields, and these of the quotas, and leave the others. Raises NotFound."""

    async def page(self, request: PageRequest, after: str = "", up_to: str = "") -> Page[Tenant]:
        """By id, those that come after the one, up to the other. Raises BadCursor."""


class RoundStore(Protocol):
    """How far each round over all tenants has come, by its name. Every method raises StoreUnavailable when the store
    does not answer."""

    async def last_begun(self, name: str) -> str:
        """The tenant's id, "" where there was none yet."""

    async def begin(self, name: str, tenant_id: str) -> None: ...


class SecretStore(Protocol):
    """One secret a tenant. Every method raises StoreUnavailable when it cannot be reached."""

    async def read(self, tenant: str) -> KeysByProvider: ...

    async def change(self, tenant: str, change: Callable[[KeysByProvider], KeysByProvider]) -> None:
        """Read, change, write, so that none of two changes made at once is lost: `change` may be called again."""

    async def delete(self, tenant: str) -> None:
        """At once and for good; does nothing where there is none."""


class CollectorNotes(Protocol):
    """Which tenants have a collector of their own, which is a secret itself: what a run's end asks first. Every method
    raises StoreUnavailable when the store does not answer."""

    async def has(self, tenant: str) -> bool: ...

    async def note(self, tenant: str) -> None: ...

    async def remove(self, tenant: str) -> None:
        """Does nothing where there is none."""


class DeploymentKeys(Protocol):
    """The deployment's own keys and addresses."""

    async def key(self, provider: ProviderInfo, *, fresh: bool = False) -> SecretStr | None:
        """`fresh`: as it is now, where it is kept elsewhere. Raises StoreUnavailable where that cannot be reached."""

    def base_url(self, provider: ProviderInfo) -> str | None: ...

    def missing(self, provider: ProviderInfo) -> str | None:
        """The name of what would have to be set for the provider to be ready; None when it is."""


class SecretValues(Protocol):
    async def value(self, secret: str) -> SecretStr:
        """Raises StoreUnavailable when it cannot be reached, or is not there."""


class ProviderKeys(Protocol):
    """Where keys and base URLs come from when the request brings none. Raises StoreUnavailable when what is stored
    cannot be read."""

    async def key(
        self, tenant: str, provider: ProviderInfo, base_url: str, *, own_only: bool, fresh: bool = False
    ) -> SecretStr | None:
        """The key that the tenant stored for this provider at that address, else, unless `own_only`, the deployment's
        where the tenant may use it. At most a minute old; `fresh`: as it is now."""

    async def lends(self, tenant: str) -> bool:
        """Whether the tenant may use what the deployment pays for."""

    def base_url(self, provider: ProviderInfo) -> str | None: ...

    async def missing(self, tenant: str, provider: ProviderInfo) -> str | None:
        """The name of what would have to be set for the provider to be ready for the tenant; None when it is."""
