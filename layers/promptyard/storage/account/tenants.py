"""Tenants in the `account` table: see `keys` for the access patterns."""

from collections.abc import Mapping
from typing import Any

from promptyard.domain.account.quotas import TenantQuotas
from promptyard.domain.account.tenants import Tenant, is_tenant_id
from promptyard.domain.errors import Conflict
from promptyard.domain.paging import Page, PageRequest
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.partition_pages import read_partition
from promptyard.storage.table.table import Table
from promptyard.storage.table.tombstones import change_living

_TAKEN = "There is a tenant with this id"


class DynamoTenantStore:
    """Implements `services.ports.account.TenantStore`. Quotas are attributes beside the others, so that each can
    be changed by itself."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, tenant: Tenant) -> None:
        """Raises Conflict when the id is taken."""
        await self._table.put({**keys.tenant_pointer(tenant.id), "v": keys.SCHEMA_VERSION})
        fields = tenant.model_dump(mode="json", exclude={"quotas"}, exclude_none=True)
        quotas = tenant.quotas.model_dump(exclude_none=True)
        item = {**keys.tenant_key(tenant.id), "v": keys.SCHEMA_VERSION, **fields, **quotas}
        try:
            await self._table.put(item, Expression("attribute_not_exists(#pk)", {}))
        except Conflict:
            raise Conflict(_TAKEN) from None

    async def get(self, tenant_id: str) -> Tenant | None:
        item = await self._table.get(keys.tenant_key(tenant_id)) if is_tenant_id(tenant_id) else None
        return None if item is None else _tenant(item)

    async def change(self, tenant_id: str, changes: Mapping[str, Any], quotas: Mapping[str, Any]) -> None:
        """Set these fields, and these of the quotas, and leave the others. Raises NotFound."""
        wanted = Changes().assign({**changes, **quotas})
        await change_living(self._table, keys.tenant_key(tenant_id), wanted, "Tenant not found")

    async def page(self, request: PageRequest, after: str = "", up_to: str = "") -> Page[Tenant]:
        """By id, those that come after the one, up to the other. Raises BadCursor."""
        between = keys.tenants_between(after, up_to) if after or up_to else None
        page = await read_partition(self._table, keys.TENANTS_PARTITION, request, between=between)
        places = [keys.tenant_key(pointer["sk"]) for pointer in page.items]
        items = await self._table.get_many(places)
        found = (items.get((place["pk"], place["sk"])) for place in places)
        return page.holding([_tenant(item) for item in found if item is not None])


def _tenant(item: Item) -> Tenant:
    quotas = TenantQuotas(**{name: item[name] for name in TenantQuotas.model_fields if name in item})
    return Tenant.model_validate({**item, "quotas": quotas})
