"""API keys: made, listed, revoked by a tenant's admin."""

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.api_keys import ApiKey, NewApiKey, hash_key, make_key, prefix_of
from promptyard.domain.account.quotas import UNLIMITED, Quotas
from promptyard.domain.errors import Conflict, InvalidRequest
from promptyard.domain.identifiers import time_ordered_id
from promptyard.services.account.audit import AuditLog
from promptyard.services.account.key_directory import KeyDirectory
from promptyard.services.ports.account import ApiKeyStore

MAX_KEYS = 1_000
"""What one tenant may have. (Two made at the same moment may go one over it.)"""
MAX_METERED_KEYS = 100
"""Of those, the keys with limits of their own: each is counted in the item of its tenant's month, at every run."""
MAX_COUNTED_KEYS = 500
"""In one month, those that were revoked meanwhile included: the item holds what they used until the month is over."""


class ApiKeys:
    def __init__(
        self,
        store: ApiKeyStore,
        directory: KeyDirectory,
        audit: AuditLog,
        counted_keys: Callable[[str], Awaitable[Collection[str]]],
    ) -> None:
        """`counted_keys` tells the ids of a tenant's keys that are counted apart this month."""
        self._store = store
        self._directory = directory
        self._audit = audit
        self._counted_keys = counted_keys

    async def make(
        self,
        caller: Caller,
        *,
        name: str,
        role: Role,
        expires_at: datetime | None = None,
        quotas: Quotas = UNLIMITED,
        tenant: str | None = None,
    ) -> NewApiKey:
        """A new key of `tenant`, else of the caller's own. Raises InvalidRequest, Conflict at MAX_KEYS."""
        now = datetime.now(UTC)
        if expires_at is not None and expires_at <= now:
            raise InvalidRequest("expires_at has to be in the future", loc=("body", "expires_at"))
        owner = tenant or caller.tenant
        others = await self._store.all_of(owner)
        if len(others) >= MAX_KEYS:
            raise Conflict(f"A tenant has at most {MAX_KEYS} keys: revoke one first")
        if quotas != UNLIMITED:
            await self._check_room(owner, {key.id for key in others if key.quotas != UNLIMITED})
        secret = make_key()
        text = secret.get_secret_value()
        record = ApiKey(
            id=time_ordered_id(),
            hash=hash_key(text),
            prefix=prefix_of(text),
            tenant=owner,
            name=name,
            role=role,
            created_at=now,
            created_by=caller.actor.id,
            expires_at=expires_at,
            quotas=quotas,
        )
        expiry = expires_at.isoformat() if expires_at else None
        details = {"name": name, "role": role.value, "prefix": record.prefix, "expires_at": expiry}
        await self._audit.record(caller, "key.created", record.id, details, tenant=owner)
        await self._store.add(record)
        return NewApiKey(secret=secret, record=record)

    async def _check_room(self, tenant: str, metered: set[str]) -> None:
        """Raises Conflict where there is none for one more key with limits of its own."""
        if len(metered) >= MAX_METERED_KEYS:
            raise Conflict(f"A tenant has at most {MAX_METERED_KEYS} keys with limits of their own: revoke one first")
        if len(metered.union(await self._counted_keys(tenant))) >= MAX_COUNTED_KEYS:
            raise Conflict(f"A tenant has at most {MAX_COUNTED_KEYS} keys with limits of their own in a month")

    async def all_of(self, tenant: str) -> list[ApiKey]:
        """Newest first."""
        return await self._store.all_of(tenant)

    async def revoke(self, caller: Caller, key_id: str, *, tenant: str | None = None) -> None:
        """Raises NotFound."""
        record = await self._store.get(tenant or caller.tenant, key_id)
        details = {"name": record.name, "role": record.role.value, "prefix": record.prefix}
        await self._audit.record(caller, "key.revoked", key_id, details, tenant=record.tenant)
        await self._store.remove(record)
        self._directory.forget(record.hash)

    async def revoke_all(self, tenant: str, *, but: str | None = None) -> int:
        """All of a tenant's, but the one with that id, without a word in its log: for its erasure, which takes the log
        along. Returns how many there were."""
        hashes = await self._store.remove_all(tenant, but)
        for key_hash in hashes:
            self._directory.forget(key_hash)
        return len(hashes)
