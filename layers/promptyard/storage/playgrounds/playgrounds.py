"""Playgrounds in the `playgrounds` table: see `keys` for the access patterns."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.identifiers import is_id
from promptyard.domain.playgrounds.playground import Playground
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table, once
from promptyard.storage.table.tombstones import change_living, is_buried, tombstone

_GONE = "Playground not found"
_IS_ANNOUNCED = "attribute_exists(#deleted_at) AND attribute_not_exists(#expires_at)"
"""As if deleted, but for good."""
_CONTENT = tuple(sorted(Playground.model_fields.keys() - {"id", "tenant", "blueprints"}))


class DynamoPlaygroundStore:
    """Implements `services.ports.playgrounds.PlaygroundStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def announce(self, playground: Playground) -> None:
        key = keys.playground_key(playground.tenant, playground.id)
        await self._table.put({**key, "v": keys.SCHEMA_VERSION, "deleted_at": playground.created_at.isoformat()})

    async def add(self, playground: Playground) -> None:
        fields = playground.model_dump(exclude={"id", "tenant"})
        fields |= {name: value.isoformat() for name, value in fields.items() if isinstance(value, datetime)}
        key = keys.playground_key(playground.tenant, playground.id)
        item, unwritten = once({**key, "v": keys.SCHEMA_VERSION, **fields})
        await self._table.put(item, Expression(f"{unwritten.text} OR {_IS_ANNOUNCED}", unwritten.values))

    async def get(self, tenant: str, playground_id: str) -> Playground:
        """Raises NotFound."""
        item = await self._table.get(_key(tenant, playground_id))
        if item is None or is_buried(item):
            raise NotFound(_GONE)
        return _playground(item)

    async def all(self, tenant: str) -> list[Playground]:
        """Every playground of a tenant, the oldest first."""
        items = await self._table.read_all(_whole(keys.playgrounds_partition(tenant)))
        return [_playground(item) for item in items if not is_buried(item)]

    async def change(
        self, tenant: str, playground_id: str, changes: Mapping[str, str | bool], by: str, at: datetime
    ) -> None:
        """Set fields. Raises NotFound."""
        wanted = Changes().assign({**changes, "updated_by": by, "updated_at": at.isoformat()})
        await change_living(self._table, _key(tenant, playground_id), wanted, _GONE)

    async def delete(self, tenant: str, playground_id: str, at: datetime) -> None:
        """Delete a playground, then its blueprints, metric configurations and reports; for a day it may be repeated.
        Raises NotFound."""
        key = _key(tenant, playground_id)
        emptied = Changes().assign({**dict.fromkeys(_CONTENT), **tombstone(at)})
        try:
            await self._table.update(key, emptied.require_there("pk"))
        except Conflict:
            raise NotFound(_GONE) from None
        deleted = await self._table.get(key, only=("blueprints",)) or {}
        doomed = [keys.blueprint_key(tenant, blueprint_id) for blueprint_id in deleted.get("blueprints", {})]
        for partition in (keys.metrics_partition(tenant, playground_id), keys.reports_partition(tenant, playground_id)):
            found = await self._table.read_all(_whole(partition), only=("pk", "sk"))
            doomed += [keys.Key(pk=item["pk"], sk=item["sk"]) for item in found]
        await asyncio.gather(*(self._table.delete(place) for place in doomed))


def _key(tenant: str, playground_id: str) -> keys.Key:
    if not is_id(playground_id):
        raise NotFound(_GONE)
    return keys.playground_key(tenant, playground_id)


def _whole(partition: str) -> Expression:
    return Expression("#pk = :pk", {"pk": partition})


def _playground(item: Item) -> Playground:
    fields = {name: item[name] for name in Playground.model_fields if name in item}
    return Playground.model_validate(fields | {"id": item["sk"], "tenant": keys.tenant_of(item["pk"])})
