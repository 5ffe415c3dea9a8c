"""How far rounds over all tenants have come, in the `account` table: see `keys`."""

from promptyard.storage.table import keys
from promptyard.storage.table.table import Table


class DynamoRoundStore:
    """Implements `services.ports.account.RoundStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def last_begun(self, name: str) -> str:
        item = await self._table.get(keys.round_key(name))
        return "" if item is None else str(item["tenant"])

    async def begin(self, name: str, tenant_id: str) -> None:
        await self._table.put({**keys.round_key(name), "v": keys.SCHEMA_VERSION, "tenant": tenant_id})
