"""API keys: made, listed, revoked by a tenant's admin; looked up at every request."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.api_keys import ApiKey, NewApiKey, hash_key, looks_like_key, make_key, prefix_of
from promptyard.domain.account.quotas import UNLIMITED, Quotas
from promptyard.domain.errors import Conflict, InvalidRequest, PromptyardError, Unauthenticated
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.metering.ledger import MonthUsage, month_of
from promptyard.services.account.audit import AuditLog
from promptyard.services.ports.account import ApiKeyStore
from promptyard.services.ttl_cache import TtlCache

MAX_KEYS = 1_000
"""What one tenant may have. (Two made at the same moment may go one over it.)"""
MAX_METERED_KEYS = 100
"""Of those, the keys with limits of their own: each is counted in the item of its tenant's month, at every run."""
MAX_COUNTED_KEYS = 500
"""In one month, those that were revoked meanwhile included: the item holds what they used until the month is over."""
CACHE_SECONDS = 60.0
"""How long a revoked key may go on elsewhere; where it was revoked it stops at once."""
UNKNOWN_SECONDS = 10.0
CACHE_SIZE = 10_000
LAST_USE_INTERVAL = timedelta(minutes=1)

_REFUSED = "The key is not one that this API takes"

logger = logging.getLogger("promptyard.keys")


class ApiKeys:
    def __init__(self, store: ApiKeyStore, audit: AuditLog, month: Callable[[str, str], Awaitable[MonthUsage]]) -> None:
        """`month` reads what a tenant's month counts."""
        self._store = store
        self._audit = audit
        self._month = month
        # Apart, so that a flood of unknown keys pushes no known one out.
        self._known: TtlCache[str, ApiKey] = TtlCache(CACHE_SECONDS, CACHE_SIZE)
        self._unknown: TtlCache[str, bool] = TtlCache(UNKNOWN_SECONDS, CACHE_SIZE)
        self._writes: set[asyncio.Task[None]] = set()

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
            await self._check_room(owner, {key.id for key in others if key.quotas != UNLIMITED}, now)
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
            created_by=caller.id,
            expires_at=expires_at,
            quotas=quotas,
        )
        expiry = expires_at.isoformat() if expires_at else None
        details = {"name": name, "role": role.value, "prefix": record.prefix, "expires_at": expiry}
        await self._audit.record(caller, "key.created", record.id, details, tenant=owner)
        await self._store.add(record)
        return NewApiKey(secret=secret, record=record)

    async def _check_room(self, tenant: str, metered: set[str], now: datetime) -> None:
        """Raises Conflict where there is none for one more key with limits of its own."""
        if len(metered) >= MAX_METERED_KEYS:
            raise Conflict(f"A tenant has at most {MAX_METERED_KEYS} keys with limits of their own: revoke one first")
        counted = (await self._month(tenant, month_of(now))).keys
        if len(metered | counted.keys()) >= MAX_COUNTED_KEYS:
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
        self._known.drop(record.hash)

    async def revoke_all(self, tenant: str, *, but: str | None = None) -> int:
        """All of a tenant's, but the one with that id, without a word in its log: for its erasure, which takes the log
        along. Returns how many there were."""
        hashes = await self._store.remove_all(tenant, but)
        for key_hash in hashes:
            self._known.drop(key_hash)
        return len(hashes)

    async def identify(self, key: str) -> ApiKey:
        """The record of a key that is good now. Raises Unauthenticated."""
        if not looks_like_key(key):
            raise Unauthenticated(_REFUSED)
        key_hash = hash_key(key)
        record = self._known.get(key_hash) or await self._read(key_hash)
        if record.expired(datetime.now(UTC)):
            raise Unauthenticated("The key has expired")
        return record

    async def _read(self, key_hash: str) -> ApiKey:
        if self._unknown.get(key_hash):
            raise Unauthenticated(_REFUSED)
        started = self._known.now()
        record = await self._store.by_hash(key_hash)
        if record is None:
            self._unknown.put(key_hash, True, started)
            raise Unauthenticated(_REFUSED)
        self._known.put(key_hash, record, started)
        self._note_use(record)
        return record

    def _note_use(self, record: ApiKey) -> None:
        """Write the last use beside the request, not before it: at most once a reading of the record, so about once
        a minute."""
        now = datetime.now(UTC)
        if record.expired(now) or (record.last_used_at is not None and now - record.last_used_at < LAST_USE_INTERVAL):
            return
        write = asyncio.create_task(self._write_use(record, now))
        self._writes.add(write)
        write.add_done_callback(self._writes.discard)

    async def _write_use(self, record: ApiKey, now: datetime) -> None:
        try:
            await self._store.mark_used(record, now)
        except PromptyardError as error:
            logger.warning("last use not noted", extra={"key_id": record.id, "code": error.code})

    async def close(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writes, return_exceptions=True)
