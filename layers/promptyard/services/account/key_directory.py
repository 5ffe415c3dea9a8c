"""API keys as every request reads them: at most a minute old."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from promptyard.domain.account.api_keys import ApiKey, hash_key, looks_like_key
from promptyard.domain.errors import PromptyardError, Unauthenticated
from promptyard.services.ports.account import ApiKeyStore
from promptyard.services.ttl_cache import TtlCache

CACHE_SECONDS = 60.0
"""How long a revoked key may go on elsewhere; where it was revoked it stops at once."""
UNKNOWN_SECONDS = 10.0
CACHE_SIZE = 10_000
LAST_USE_INTERVAL = timedelta(minutes=1)

_REFUSED = "The key is not one that this API takes"

logger = logging.getLogger("promptyard.keys")


class KeyDirectory:
    def __init__(self, store: ApiKeyStore) -> None:
        self._store = store
        # Apart, so that a flood of unknown keys pushes no known one out.
        self._known: TtlCache[str, ApiKey] = TtlCache(CACHE_SECONDS, CACHE_SIZE)
        self._unknown: TtlCache[str, bool] = TtlCache(UNKNOWN_SECONDS, CACHE_SIZE)
        self._writes: set[asyncio.Task[None]] = set()

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

    def forget(self, key_hash: str) -> None:
        """Read it anew the next time: it was revoked here."""
        self._known.drop(key_hash)

    async def close(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writes, return_exceptions=True)
