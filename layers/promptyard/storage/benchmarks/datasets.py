"""Datasets, their versions and rows: items in the `benchmarks` table, rows in objects. Each write is one conditional
item write that may be repeated. See `benchmark_keys` for the access patterns."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from promptyard.domain.benchmarks.datasets import Dataset, DatasetVersion, Row, RowContent
from promptyard.domain.errors import BadCursor, NotFound
from promptyard.domain.identifiers import is_id
from promptyard.domain.paging import PAGE_BYTES, Page, PageRequest, fitting
from promptyard.storage.table import benchmark_keys, keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.cursors import decode_cursor, encode_cursor
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.partition_pages import read_partition
from promptyard.storage.table.table import Table, once
from promptyard.storage.table.tombstones import bury, change_living, is_buried

_GONE = "Dataset not found"
_AT_ONCE = 20
ROWS_TYPE = "application/x-ndjson"


class DynamoDatasetStore:
    """Implements `services.ports.benchmarks.DatasetStore`."""

    def __init__(self, table: Table, objects: Objects) -> None:
        self._table = table
        self._objects = objects

    async def add(self, dataset: Dataset) -> None:
        key = benchmark_keys.dataset_key(dataset.tenant, dataset.id)
        await self._table.put(*once({**key, "v": keys.SCHEMA_VERSION, **plain_fields(dataset, "id", "tenant")}))

    async def get(self, tenant: str, dataset_id: str) -> Dataset:
        """Raises NotFound."""
        item = await self._table.get(dataset_key(tenant, dataset_id))
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
        await change_living(self._table, dataset_key(tenant, dataset_id), wanted, _GONE)

    async def delete(self, tenant: str, dataset_id: str, at: datetime) -> None:
        """With its versions, uploads and rows; for a day it may be repeated. Raises NotFound."""
        if not await bury(self._table, dataset_key(tenant, dataset_id), at):
            raise NotFound(_GONE)
        await self._drop_below(benchmark_keys.dataset_objects(tenant, dataset_id))
        for partition in (
            benchmark_keys.dataset_versions_partition(tenant, dataset_id),
            benchmark_keys.dataset_uploads_partition(tenant, dataset_id),
        ):
            async for items in self._table.pages(_whole(partition), limit=_AT_ONCE, only=("pk", "sk")):
                places = [keys.Key(pk=item["pk"], sk=item["sk"]) for item in items]
                await asyncio.gather(*(self._table.delete(place) for place in places))

    async def add_version(self, tenant: str, version: DatasetVersion) -> None:
        """Raises Conflict when the number is taken, NotFound when the dataset is gone, and its rows with it."""
        key = benchmark_keys.dataset_version_key(tenant, version.dataset_id, version.number)
        await self._table.put(*once({**key, "v": keys.SCHEMA_VERSION, **plain_fields(version, "dataset_id")}))
        # A process that dies here leaves a version of which the dataset does not know: the next one mends that.
        latest = Changes().set("latest_version", version.number).set("updated_at", version.created_at.isoformat())
        latest.require_at_most("latest_version", version.number - 1)
        try:
            await change_living(self._table, dataset_key(tenant, version.dataset_id), latest, _GONE)
        except NotFound:
            with suppress(NotFound):  # it is there, and knows of a later one
                await self.get(tenant, version.dataset_id)
                return
            await self.drop_rows(tenant, version.dataset_id, version.id)
            await self._table.delete(key)
            raise

    async def versions(self, tenant: str, dataset_id: str, request: PageRequest) -> Page[DatasetVersion]:
        """Newest first. Raises BadCursor.

        Numbers have no gaps, so the newest one is the total, and an offset leads to a number.
        """
        list_ = f"dataset versions {tenant} {dataset_id}"
        total = await self._newest_number(tenant, dataset_id)
        first = total - request.offset if request.cursor is None else _position(list_, request.cursor)
        partition = benchmark_keys.dataset_versions_partition(tenant, dataset_id)
        items: list[Item] = []
        after = None
        while first > 0:
            up_to = Expression("#pk = :pk AND #sk <= :last", {"pk": partition, "last": keys.version_number(first)})
            left = request.limit - len(items)
            found = await self._table.query(up_to, limit=left, after=after, backwards=True)
            items += found.items
            after = found.last_key
            if after is None or len(items) == request.limit:
                break
        versions = [_version(dataset_id, item) for item in items]
        count = fitting(len(version.model_dump_json().encode()) for version in versions)
        following = first - (count if count < len(versions) else request.limit)
        next_cursor = encode_cursor(list_, {"at": following}) if following > 0 else None
        return Page(versions[:count], total, next_cursor)

    async def version(self, tenant: str, dataset_id: str, number: int | None) -> DatasetVersion:
        """The newest for None. Raises NotFound."""
        dataset_key(tenant, dataset_id)
        if number is None:
            number = await self._newest_number(tenant, dataset_id)
        item = await self._table.get(benchmark_keys.dataset_version_key(tenant, dataset_id, number))
        if item is None:
            raise NotFound(f"The dataset has no version {number}" if number else "The dataset has no version yet")
        return _version(dataset_id, item)

    async def _newest_number(self, tenant: str, dataset_id: str) -> int:
        partition = benchmark_keys.dataset_versions_partition(tenant, dataset_id)
        found = await self._table.query(_whole(partition), limit=1, backwards=True, only=("sk",))
        return int(found.items[0]["sk"]) if found.items else 0

    async def rows(self, tenant: str, version: DatasetVersion, first: int, count: int) -> list[Row]:
        """By number: reads the objects that hold them, one after the other."""
        return [row async for held in self._rows_from(tenant, version, first, count) for row in held]

    async def _rows_from(
        self, tenant: str, version: DatasetVersion, first: int, count: int
    ) -> AsyncGenerator[list[Row], None]:
        """The same, an object's at a time."""
        last = min(first + count - 1, version.row_count)
        at = max(first, 1)
        while at <= last:
            chunk = bisect_right(version.chunks, at) - 1
            held = await self._chunk(tenant, version, chunk)
            begins = version.chunks[chunk]
            yield held[at - begins : last - begins + 1]
            at = begins + len(held)

    async def rows_page(self, tenant: str, version: DatasetVersion, request: PageRequest) -> Page[Row]:
        """In order. Raises BadCursor."""
        list_ = f"dataset rows {tenant} {version.id}"
        first = request.offset + 1 if request.cursor is None else _position(list_, request.cursor)
        rows: list[Row] = []
        room = PAGE_BYTES
        async for held in self._rows_from(tenant, version, first, request.limit):
            sizes = [len(row.json_text().encode()) for row in held]
            fit = fitting(sizes, room) if not rows or sizes[0] <= room else 0
            rows += held[:fit]
            room -= sum(sizes[:fit])
            if fit < len(held):
                break
        following = first + (len(rows) or request.limit)
        next_cursor = encode_cursor(list_, {"at": following}) if following <= version.row_count else None
        return Page(rows, version.row_count, next_cursor)

    async def row_pages(self, tenant: str, version: DatasetVersion) -> AsyncGenerator[list[Row], None]:
        """All of them in order, by the object."""
        for chunk in range(len(version.chunks)):
            yield await self._chunk(tenant, version, chunk)

    async def _chunk(self, tenant: str, version: DatasetVersion, chunk: int) -> list[Row]:
        first = version.chunks[chunk]
        key = benchmark_keys.rows_object(tenant, version.dataset_id, version.id, first)
        lines = (await self._objects.get(key)).split(b"\n")
        return [
            Row.of(version.id, first + position, RowContent.model_validate_json(line))
            for position, line in enumerate(lines)
        ]

    async def put_rows(self, tenant: str, dataset_id: str, version_id: str, first: int, rows: Sequence[bytes]) -> None:
        """Keep rows, each as its JSON text, from that number on, for a version that is to be added."""
        key = benchmark_keys.rows_object(tenant, dataset_id, version_id, first)
        await self._objects.put(key, b"\n".join(rows), ROWS_TYPE)

    async def drop_rows(self, tenant: str, dataset_id: str, version_id: str) -> None:
        """Of a version that is not added after all."""
        await self._drop_below(f"{benchmark_keys.dataset_objects(tenant, dataset_id)}{version_id}/")

    async def _drop_below(self, prefix: str) -> None:
        async for found in self._objects.keys_below(prefix):
            for start in range(0, len(found), _AT_ONCE):
                await asyncio.gather(*(self._objects.delete(key) for key in found[start : start + _AT_ONCE]))


def dataset_key(tenant: str, dataset_id: str) -> keys.Key:
    """Raises NotFound for what cannot be a dataset's id."""
    if not is_id(dataset_id):
        raise NotFound(_GONE)
    return benchmark_keys.dataset_key(tenant, dataset_id)


def plain_fields(thing: BaseModel, *but: str) -> dict[str, Any]:
    """A model's fields as an item has them."""
    fields = thing.model_dump(exclude=set(but), exclude_none=True)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}


def _dataset(item: Item) -> Dataset:
    fields = {name: item[name] for name in Dataset.model_fields if name in item}
    return Dataset.model_validate(fields | {"id": item["sk"], "tenant": keys.tenant_of(item["pk"])})


def _version(dataset_id: str, item: Item) -> DatasetVersion:
    fields = {name: item[name] for name in DatasetVersion.model_fields if name in item}
    return DatasetVersion.model_validate(fields | {"dataset_id": dataset_id})


def _whole(partition: str) -> Expression:
    return Expression("#pk = :pk", {"pk": partition})


def _position(list_: str, cursor: str) -> int:
    """Raises BadCursor."""
    position = decode_cursor(list_, cursor).get("at")
    if not isinstance(position, int):
        raise BadCursor
    return position
