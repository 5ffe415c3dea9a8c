"""Benchmarks in the `benchmarks` table: see `benchmark_keys` for the access patterns.

A benchmark's item is its whole definition as JSON. To make one is to write the pointer that names its tenant, then what
it watches, then its item; whatever names one whose item is not there, or does not watch that any more, is left out.
"""

import asyncio
from datetime import datetime

from promptyard.domain.benchmarks.benchmark import Benchmark, Watching
from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.identifiers import is_id
from promptyard.domain.paging import Page, PageRequest
from promptyard.storage.table import benchmark_keys, keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Expression
from promptyard.storage.table.partition_pages import read_partition
from promptyard.storage.table.table import Table, once
from promptyard.storage.table.tombstones import bury, is_buried

_GONE = "Benchmark not found"


class DynamoBenchmarkStore:
    """Implements `services.ports.benchmarks.BenchmarkStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, benchmark: Benchmark) -> None:
        owner = benchmark_keys.benchmark_owner_key(benchmark.id)
        own = Expression("attribute_not_exists(#pk) OR #tenant = :tenant", {"tenant": benchmark.tenant})
        await self._table.put({**owner, "v": keys.SCHEMA_VERSION, "tenant": benchmark.tenant}, own)
        await self._watch(benchmark)
        await self._table.put(*once(_item(benchmark)))

    async def get(self, tenant: str, benchmark_id: str) -> Benchmark:
        """Raises NotFound."""
        item = await self._table.get(_key(tenant, benchmark_id))
        if item is None or is_buried(item):
            raise NotFound(_GONE)
        return _benchmark(item)

    async def tenant_of(self, benchmark_id: str) -> str:
        """Events name a benchmark by its id alone. Raises NotFound."""
        item = await self._table.get(benchmark_keys.benchmark_owner_key(benchmark_id)) if is_id(benchmark_id) else None
        if item is None:
            raise NotFound(_GONE)
        return str(item["tenant"])

    async def page(self, tenant: str, request: PageRequest) -> Page[Benchmark]:
        """Newest first. Raises BadCursor."""
        partition = benchmark_keys.benchmarks_partition(tenant)
        page = await read_partition(self._table, partition, request, backwards=True)
        return page.holding([_benchmark(item) for item in page.items if not is_buried(item)])

    async def replace(self, benchmark: Benchmark, was: Benchmark) -> None:
        """Put a changed benchmark in the place of what it was. Raises NotFound, and Conflict where somebody else has
        changed it since."""
        await self._watch(benchmark)
        item = _item(benchmark)
        unchanged = Expression("#body = :was OR #body = :now", {"was": _item(was)["body"], "now": item["body"]})
        try:
            await self._table.put(item, unchanged)
        except Conflict:
            await self.get(benchmark.tenant, benchmark.id)
            raise Conflict("Somebody else has changed this benchmark: read it again") from None
        await self._unwatch(was, but=_watched(benchmark))

    async def delete(self, tenant: str, benchmark_id: str, at: datetime) -> None:
        """May be repeated for a day. What it ran stays. Raises NotFound."""
        item = await self._table.get(_key(tenant, benchmark_id))
        if item is None:
            raise NotFound(_GONE)
        if not is_buried(item):
            await self._unwatch(_benchmark(item))
            await bury(self._table, _key(tenant, benchmark_id), at)
        await self._table.delete(benchmark_keys.benchmark_owner_key(benchmark_id))

    async def watching(self, tenant: str, watched_id: str) -> list[Watching]:
        """What watches this prompt, or this dataset: a request, and one more a benchmark."""
        low, high = benchmark_keys.below(watched_id)
        partition = benchmark_keys.benchmark_watches_partition(tenant)
        between = {"pk": partition, "low": low, "high": high}
        items = await self._table.read_all(Expression("#pk = :pk AND #sk BETWEEN :low AND :high", between))
        found = await asyncio.gather(*(self._watching(tenant, watched_id, item["sk"][len(low) :]) for item in items))
        return [watching for watching in found if watching is not None]

    async def _watching(self, tenant: str, watched_id: str, benchmark_id: str) -> Watching | None:
        try:
            benchmark = await self.get(tenant, benchmark_id)
        except NotFound:
            return None
        if watched_id not in _watched(benchmark):
            return None
        guards = benchmark.watch is not None and benchmark.watch.prompt_id == watched_id
        return Watching(benchmark_id=benchmark_id, label=benchmark.watch.label if benchmark.watch and guards else None)

    async def _watch(self, benchmark: Benchmark) -> None:
        for watched in _watched(benchmark):
            key = benchmark_keys.benchmark_watch_key(benchmark.tenant, watched, benchmark.id)
            await self._table.put({**key, "v": keys.SCHEMA_VERSION})

    async def _unwatch(self, benchmark: Benchmark, but: list[str] | None = None) -> None:
        for watched in set(_watched(benchmark)).difference(but or []):
            await self._table.delete(benchmark_keys.benchmark_watch_key(benchmark.tenant, watched, benchmark.id))


def _watched(benchmark: Benchmark) -> list[str]:
    return [] if benchmark.watch is None else benchmark.watch.watched(benchmark.dataset_id)


def _key(tenant: str, benchmark_id: str) -> keys.Key:
    if not is_id(benchmark_id):
        raise NotFound(_GONE)
    return benchmark_keys.benchmark_key(tenant, benchmark_id)


def _item(benchmark: Benchmark) -> Item:
    key = benchmark_keys.benchmark_key(benchmark.tenant, benchmark.id)
    return {**key, "v": keys.SCHEMA_VERSION, "body": benchmark.model_dump_json(by_alias=True)}


def _benchmark(item: Item) -> Benchmark:
    return Benchmark.model_validate_json(item["body"])
