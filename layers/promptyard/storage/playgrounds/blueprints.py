"""LLM blueprints in the `playgrounds` table: see `keys` for the access patterns.

A blueprint is there when its playground's item says so: to make one is to write its item, and then its id and whether
it is saved into the playground's item; to remove one is the reverse.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.identifiers import is_id
from promptyard.domain.playgrounds.blueprints import LlmBlueprint
from promptyard.domain.playgrounds.playground import MAX_BLUEPRINTS, Playground
from promptyard.storage.playgrounds.playgrounds import DynamoPlaygroundStore
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table, once
from promptyard.storage.table.tombstones import bury, change_living, is_buried

_GONE = "LLM blueprint not found"
_MODELS = ("custom_model", "parameters")
"""Kept as JSON: numbers among them are not all such as DynamoDB keeps."""


class DynamoBlueprintStore:
    """Implements `services.ports.playgrounds.BlueprintStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._playgrounds = DynamoPlaygroundStore(table)

    async def add(self, blueprint: LlmBlueprint) -> None:
        """Raises NotFound when its playground is not there, Conflict when that is full."""
        fields = blueprint.model_dump(exclude={"id", "tenant", "is_saved", *_MODELS}, exclude_none=True)
        fields |= {name: value for name in _MODELS if (value := getattr(blueprint, name)) is not None}
        key = keys.blueprint_key(blueprint.tenant, blueprint.id)
        await self._table.put(*once({**key, "v": keys.SCHEMA_VERSION, **_plain(fields)}))
        place = ("blueprints", blueprint.id)
        named = Changes().set(place, blueprint.is_saved).require_fewer_or_there(place, MAX_BLUEPRINTS)
        playground = keys.playground_key(blueprint.tenant, blueprint.playground_id)
        try:
            await change_living(self._table, playground, named, _GONE)
        except NotFound:
            await self._table.delete(key)
            await self._playgrounds.get(blueprint.tenant, blueprint.playground_id)
            raise Conflict(f"The playground has {MAX_BLUEPRINTS:,} LLM blueprints already") from None

    async def get(self, tenant: str, blueprint_id: str) -> LlmBlueprint:
        """Raises NotFound."""
        item = await self._item(tenant, blueprint_id)
        found = [] if is_buried(item) else _known([item], await self._living(tenant, item["playground_id"]))
        if not found:
            raise NotFound(_GONE)
        return found[0]

    async def of_playground(self, playground: Playground) -> list[LlmBlueprint]:
        """All of one playground."""
        asked = [keys.blueprint_key(playground.tenant, blueprint_id) for blueprint_id in playground.blueprints]
        return _known((await self._table.get_many(asked)).values(), [playground])

    async def all(self, tenant: str) -> list[LlmBlueprint]:
        """All of a tenant."""
        items = await self._table.read_all(Expression("#pk = :pk", {"pk": keys.blueprints_partition(tenant)}))
        return _known(items, await self._playgrounds.all(tenant))

    async def change(self, tenant: str, blueprint_id: str, changes: Mapping[str, Any], by: str, at: datetime) -> None:
        """Set fields; None removes one. Raises NotFound."""
        wanted = Changes().assign({**_plain(changes), "updated_by": by, "updated_at": at.isoformat()})
        await change_living(self._table, keys.blueprint_key(tenant, blueprint_id), wanted, _GONE)

    async def save(self, tenant: str, playground_id: str, blueprint_id: str, saved: bool) -> None:
        """Note whether it is saved. Raises NotFound."""
        place = ("blueprints", blueprint_id)
        noted = Changes().set(place, saved).require_there(place)
        await change_living(self._table, keys.playground_key(tenant, playground_id), noted, _GONE)

    async def delete(self, tenant: str, blueprint_id: str, at: datetime) -> None:
        """For a day it may be repeated. Raises NotFound."""
        item = await self._item(tenant, blueprint_id)
        if is_buried(item):
            return
        for playground in await self._living(tenant, item["playground_id"]):
            unnamed = Changes().remove(("blueprints", blueprint_id))
            await self._table.update(keys.playground_key(tenant, playground.id), unnamed)
        await bury(self._table, keys.blueprint_key(tenant, blueprint_id), at)

    async def _item(self, tenant: str, blueprint_id: str) -> Item:
        item = await self._table.get(keys.blueprint_key(tenant, blueprint_id)) if is_id(blueprint_id) else None
        if item is None:
            raise NotFound(_GONE)
        return item

    async def _living(self, tenant: str, playground_id: str) -> Sequence[Playground]:
        try:
            return [await self._playgrounds.get(tenant, playground_id)]
        except NotFound:
            return []


def _known(items: Iterable[Item], playgrounds: Iterable[Playground]) -> list[LlmBlueprint]:
    """Those of the items that one of the playgrounds names."""
    saved = {blueprint_id: saved for playground in playgrounds for blueprint_id, saved in playground.blueprints.items()}
    return [_blueprint(item, saved[item["sk"]]) for item in items if item["sk"] in saved and not is_buried(item)]


def _blueprint(item: Item, is_saved: bool) -> LlmBlueprint:
    fields = {name: item[name] for name in LlmBlueprint.model_fields if name in item}
    fields |= {name: json.loads(item[name]) for name in _MODELS if name in item}
    known = {"id": item["sk"], "tenant": keys.tenant_of(item["pk"]), "is_saved": is_saved}
    return LlmBlueprint.model_validate(fields | known)


def _plain(fields: Mapping[str, Any]) -> Item:
    return {name: _plain_value(value) for name, value in fields.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump_json(exclude_none=True)
    return value.isoformat() if isinstance(value, datetime) else value
