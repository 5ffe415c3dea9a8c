"""Metric configurations in the `playgrounds` table: see `keys` for the access patterns."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from promptyard.domain.errors import NotFound
from promptyard.domain.identifiers import is_id
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table, once
from promptyard.storage.table.tombstones import bury, change_living, is_buried

_GONE = "Metric configuration not found"


class DynamoConfigurationStore:
    """Implements `services.ports.playgrounds.ConfigurationStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, configuration: MetricConfiguration) -> None:
        key = keys.metric_key(configuration.tenant, configuration.playground_id, configuration.id)
        fields = configuration.model_dump(mode="json", exclude={"id", "tenant", "playground_id"}, exclude_none=True)
        await self._table.put(*once({**key, "v": keys.SCHEMA_VERSION, **_plain(fields)}))

    async def all(self, tenant: str, playground_id: str) -> list[MetricConfiguration]:
        """A playground's, the oldest first."""
        partition = keys.metrics_partition(tenant, playground_id)
        items = await self._table.read_all(Expression("#pk = :pk", {"pk": partition}))
        return [_configuration(item, playground_id) for item in items if not is_buried(item)]

    async def get(self, tenant: str, playground_id: str, configuration_id: str) -> MetricConfiguration:
        """Raises NotFound."""
        item = await self._table.get(_key(tenant, playground_id, configuration_id))
        if item is None or is_buried(item):
            raise NotFound(_GONE)
        return _configuration(item, playground_id)

    async def change(self, tenant: str, playground_id: str, configuration_id: str, changes: Mapping[str, Any]) -> None:
        """Set fields, given as JSON has them; None removes one. Raises NotFound."""
        wanted = Changes().assign(_plain(changes))
        await change_living(self._table, _key(tenant, playground_id, configuration_id), wanted, _GONE)

    async def delete(self, tenant: str, playground_id: str, configuration_id: str, at: datetime) -> None:
        """For a day it may be repeated. Raises NotFound."""
        if not await bury(self._table, _key(tenant, playground_id, configuration_id), at):
            raise NotFound(_GONE)


def _key(tenant: str, playground_id: str, configuration_id: str) -> keys.Key:
    if not (is_id(playground_id) and is_id(configuration_id)):
        raise NotFound(_GONE)
    return keys.metric_key(tenant, playground_id, configuration_id)


def _plain(fields: Mapping[str, Any]) -> Item:
    """The moderation as JSON: its comparand may be a number that DynamoDB would round."""
    return {
        name: json.dumps(value) if name == "moderation" and value is not None else value
        for name, value in fields.items()
    }


def _configuration(item: Item, playground_id: str) -> MetricConfiguration:
    fields = {name: item[name] for name in MetricConfiguration.model_fields if name in item}
    if "moderation" in fields:
        fields["moderation"] = json.loads(fields["moderation"])
    known = {"id": item["sk"], "tenant": keys.tenant_of(item["pk"]), "playground_id": playground_id}
    return MetricConfiguration.model_validate(fields | known)
