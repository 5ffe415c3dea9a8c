"""API keys in the `account` table: see `keys` for the access patterns.

A key is two items: the record, found by the key's hash, and a pointer in its tenant's list. The pointer is made first
and deleted last, so that whatever fails in between leaves no key that nobody can see.
"""

from datetime import datetime

from promptyard.domain.account.api_keys import ApiKey
from promptyard.domain.errors import Conflict, NotFound
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table

_MAX_ID_LENGTH = 64
"""Far longer than a key's id."""


class DynamoApiKeyStore:
    """Implements `services.ports.account.ApiKeyStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def by_hash(self, key_hash: str) -> ApiKey | None:
        item = await self._table.get(keys.api_key(key_hash))
        return None if item is None else ApiKey.model_validate(item)

    async def add(self, key: ApiKey) -> None:
        pointer = {**keys.api_key_pointer(key.tenant, key.id), "v": keys.SCHEMA_VERSION, "hash": key.hash}
        await self._table.put(pointer)
        await self._table.put(
            {**keys.api_key(key.hash), "v": keys.SCHEMA_VERSION, **key.model_dump(mode="json", exclude_none=True)}
        )

    async def get(self, tenant: str, key_id: str) -> ApiKey:
        """Raises NotFound."""
        if not 0 < len(key_id) <= _MAX_ID_LENGTH:
            raise NotFound("Key not found")
        pointer = await self._table.get(keys.api_key_pointer(tenant, key_id))
        record = await self.by_hash(pointer["hash"]) if pointer else None
        if record is None:
            raise NotFound("Key not found")
        return record

    async def all_of(self, tenant: str) -> list[ApiKey]:
        """Newest first."""
        places = [keys.api_key(pointer["hash"]) for pointer in reversed(await self._pointers(tenant))]
        records = await self._table.get_many(places)
        found_records = (records.get((place["pk"], place["sk"])) for place in places)
        return [ApiKey.model_validate(record) for record in found_records if record is not None]

    async def remove(self, key: ApiKey) -> None:
        await self._table.delete(keys.api_key(key.hash))
        await self._table.delete(keys.api_key_pointer(key.tenant, key.id))

    async def remove_all(self, tenant: str, but: str | None) -> list[str]:
        """All of a tenant but the one with that id, and pointers that point at nothing; returns the hashes of the keys
        that were there."""
        removed = []
        for pointer in await self._pointers(tenant):
            if pointer["sk"] != but:
                if await self._table.delete(keys.api_key(pointer["hash"])) is not None:
                    removed.append(pointer["hash"])
                await self._table.delete(keys.api_key_pointer(tenant, pointer["sk"]))
        return removed

    async def _pointers(self, tenant: str) -> list[Item]:
        """Oldest first."""
        return await self._table.read_all(Expression("#pk = :pk", {"pk": keys.api_keys_partition(tenant)}))

    async def mark_used(self, key: ApiKey, at: datetime) -> None:
        """Does nothing to a key that has been removed."""
        try:
            used = Changes().set("last_used_at", at.isoformat()).require_there("pk")
            await self._table.update(keys.api_key(key.hash), used)
        except Conflict:
            return
