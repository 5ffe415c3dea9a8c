"""The ledger in the `usage` table: an entry for every run that was sent. Entries are added and read; nothing here
changes or deletes one."""

from collections.abc import AsyncGenerator
from datetime import datetime

from promptyard.domain.errors import Conflict
from promptyard.domain.identifiers import first_id_of
from promptyard.domain.metering.ledger import LedgerEntry
from promptyard.domain.paging import Page, PageRequest
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Expression
from promptyard.storage.table.partition_pages import read_partition
from promptyard.storage.table.table import Table

_PAGE = 2_000
"""Entries that one request of a long reading asks for: about 1 MB."""


class DynamoLedger:
    """Implements `services.ports.metering.LedgerStore` and `services.ports.metering.LedgerReader`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def append(self, entry: LedgerEntry) -> LedgerEntry:
        """Write the entry, and return it; or the one that the run has already."""
        fields = entry.model_dump(mode="json", exclude={"tenant", "run_id"}, exclude_none=True)
        item = {**keys.ledger_key(entry.tenant, entry.run_id), "v": keys.SCHEMA_VERSION, **fields}
        try:
            await self._table.put(item, Expression("attribute_not_exists(#pk)", {}))
        except Conflict:
            known = await self.entry(entry.tenant, entry.run_id)
            assert known is not None, "a ledger's entry is never deleted"
            return known
        return entry

    async def entry(self, tenant: str, run_id: str) -> LedgerEntry | None:
        item = await self._table.get(keys.ledger_key(tenant, run_id))
        return None if item is None else _entry(item)

    async def page(
        self, tenant: str, since: datetime | None, until: datetime | None, request: PageRequest
    ) -> Page[LedgerEntry]:
        """Newest first, of runs that began in [since, until). Raises BadCursor."""
        partition, between = keys.ledger_partition(tenant), _id_range(since, until)
        page = await read_partition(self._table, partition, request, backwards=True, between=between)
        return page.map(_entry)

    async def entries(self, tenant: str, since: datetime, until: datetime) -> AsyncGenerator[list[LedgerEntry], None]:
        """All of the runs that began in [since, until), oldest first, as they are asked for."""
        low, high = _id_range(since, until)
        condition = Expression(
            "#pk = :pk AND #sk BETWEEN :low AND :high", {"pk": keys.ledger_partition(tenant), "low": low, "high": high}
        )
        async for items in self._table.pages(condition, limit=_PAGE):
            yield [_entry(item) for item in items]


def _id_range(since: datetime | None, until: datetime | None) -> tuple[str, str]:
    """The ids made in [since, until): no id is the smallest one of its millisecond, so the bounds are in none."""
    return "0" if since is None else first_id_of(since), "g" if until is None else first_id_of(until)


def _entry(item: Item) -> LedgerEntry:
    tenant = keys.tenant_of(item["pk"])
    return LedgerEntry.model_validate({**item, "tenant": tenant, "run_id": item["sk"]})
