"""Datasets in the `benchmarks` table: see `benchmark_keys` for the access patterns."""

from collections.abc import Mapping
from datetime import datetime

from promptyard.domain.benchmarks.datasets import Dataset
from promptyard.domain.errors import NotFound
from promptyard.domain.identifiers import is_id
from promptyard.domain.paging import Page, PageRequest
from promptyard.storage.table import benchmark_keys, keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.partition_pages import read_partition
from promptyard.storage.table.table import Table, once
from promptyard.storage.table.tombstones import bury, change_living, is_buried

_GONE = "Dataset not found"


class DynamoDatasetStore:
    """Implements `services.ports.benchmarks.DatasetRegistry`."""

    def __init__(self, table: Table, objects: Objects) -> None:
        self._table = table
        self._objects = objects

    async def add(self, dataset: Dataset) -> None:
        fields = dataset.model_dump(exclude={"id", "tenant"}, exclude_none=True)
        fields |= {name: value.isoformat() for name, value in fields.items() if isinstance(value, datetime)}
        key = benchmark_keys.dataset_key(dataset.tenant, dataset.id)
        await self._table.put(*once({**key, "v": keys.SCHEMA_VERSION, **fields}))

    async def get(self, tenant: str, dataset_id: str) -> Dataset:
        """Raises NotFound."""
        item = await self._table.get(_key(tenant, dataset_id))
        if item is None or is_buried(item):
            raise NotFound(_GONE)
        return _dataset(item)

    async def page(self, tenant: str, request: PageRequest) -> Page[Dataset]:
        """Newest first. Raises BadCursor."""
        page = await read_partition(self._table, benchmark_keys.datasets_partition(tenant), request, backwards=True)
        return page.holding([item for item in page.items if not is_buried(item)]).map(_dataset)

    async def change(self, tenant: str, dataset_id: str, changes: Mapping[str, str], at: datetime) -> None:
        """Set fields. Raises NotFound."""
        wanted = Changes().assign({**changes, "updated_at": at.isoformat()})
        await change_living(self._table, _key(tenant, dataset_id), wanted, _GONE)

    async def delete(self, tenant: str, dataset_id: str, at: datetime) -> None:
        """May be repeated for a day. Raises NotFound."""
        if not await bury(self._table, _key(tenant, dataset_id), at):
            raise NotFound(_GONE)


def _key(tenant: str, dataset_id: str) -> keys.Key:
    if not is_id(dataset_id):
        raise NotFound(_GONE)
    return benchmark_keys.dataset_key(tenant, dataset_id)


def _dataset(item: Item) -> Dataset:
    fields = {name: item[name] for name in Dataset.model_fields if name in item}
    return Dataset.model_validate(fields | {"id": item["sk"], "tenant": keys.tenant_of(item["pk"])})
