"""Which tenants have a collector of their own, in the `account` table: see `keys`."""

from promptyard.storage.table import keys
from promptyard.storage.table.table import Table


class DynamoCollectorNotes:
    """Implements `services.ports.account.CollectorNotes`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def has(self, tenant: str) -> bool:
        return await self._table.get(keys.collector_key(tenant), only=("pk",)) is not None

    async def note(self, tenant: str) -> None:
        await self._table.put({**keys.collector_key(tenant), "v": keys.SCHEMA_VERSION})

    async def remove(self, tenant: str) -> None:
        await self._table.delete(keys.collector_key(tenant))
