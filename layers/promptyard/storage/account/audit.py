"""The audit log in the `account` table: entries are added and read, and nothing here changes or deletes one."""

import json
from functools import partial

from promptyard.domain.account.audit import AuditEntry
from promptyard.domain.paging import Page, PageRequest
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Expression
from promptyard.storage.table.partition_pages import read_partition
from promptyard.storage.table.table import Table


class DynamoAuditStore:
    """Implements `services.ports.account.AuditStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def append(self, entry: AuditEntry) -> None:
        fields = entry.model_dump(mode="json", exclude={"id", "tenant", "details"}, exclude_none=True)
        details = json.dumps(entry.details, ensure_ascii=False, separators=(",", ":"))
        item = {**keys.audit_key(entry.tenant, entry.id), "v": keys.SCHEMA_VERSION, **fields, "details": details}
        await self._table.put(item, Expression("attribute_not_exists(#pk)", {}))

    async def page(self, tenant: str, request: PageRequest) -> Page[AuditEntry]:
        """Newest first. Raises BadCursor."""
        page = await read_partition(self._table, keys.audit_partition(tenant), request, backwards=True)
        return page.map(partial(_entry, tenant))


def _entry(tenant: str, item: Item) -> AuditEntry:
    known = {**item, "id": item["sk"], "tenant": tenant, "details": json.loads(item["details"])}
    return AuditEntry.model_validate(known)
