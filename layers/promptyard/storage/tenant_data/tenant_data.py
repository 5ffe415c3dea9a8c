"""All that is a tenant's, wherever it is: what an erasure deletes. A new kind of thing is a new row of KINDS."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from promptyard.domain.tenant_data.erasure import Erasure
from promptyard.storage.metering.months import without_ledger
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.benchmark_keys import benchmark_owner_key
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table

_PAGE = 100
_AT_ONCE = 20
_COUNT = "count@"

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Kind:
    """What is in the partition `{tenant}#{word}` of a table; `inside`, by kind, the words of the partitions
    `{tenant}#{word}#{id}` that each of these things has of its own."""

    name: str
    table: str
    word: str
    inside: Mapping[str, str]
    pointer: Callable[[str], keys.Key] | None = None
    """Of each of these things, by its id, the key of the pointer that no tenant's partition holds."""


KINDS = (
    Kind("runs", "runs", "run", {}),
    Kind("saved_runs", "runs", "saved-run", {}),
    Kind("cancellations", "runs", "cancel", {}),
    Kind("stream_pieces", "runs", "stream", {}),
    Kind("run_counters", "runs", "count", {}),
    Kind("prompts", "prompts", "prompt", {"prompt_versions": "version"}),
    Kind("prompt_aliases", "prompts", "prompt-alias", {}),
    Kind(
        "playgrounds",
        "playgrounds",
        "playground",
        {"metric_configurations": "metric", "moderation_reports": "report"},
    ),
    Kind("llm_blueprints", "playgrounds", "blueprint", {}),
    Kind(
        "datasets",
        "benchmarks",
        "dataset",
        {"dataset_versions": "dataset-version", "dataset_uploads": "dataset-upload"},
    ),
    Kind("benchmarks", "benchmarks", "benchmark", {}, benchmark_owner_key),
    Kind("benchmark_watches", "benchmarks", "benchmark-watch", {}),
    Kind(
        "benchmark_runs",
        "benchmarks",
        "benchmark-run",
        {"benchmark_cells": "cell", "benchmark_cell_blocks": "cell-block", "benchmark_slots": "cell-slots"},
    ),
    Kind("runs_of_benchmarks", "benchmarks", "benchmark-runs-of", {}),
    Kind("benchmark_requests", "benchmarks", "benchmark-request", {}),
    Kind("benchmark_verdicts", "benchmarks", "benchmark-verdict", {}),
    Kind("webhook_deliveries", "benchmarks", "webhook-delivery", {}),
    Kind("ledger", "usage", "ledger", {}),
    Kind("usage_hours", "usage", "hour", {}),
    Kind("idempotency_keys", "usage", "idempotency", {}),
    Kind("collectors", "account", "collector", {}),
    Kind("audit", "account", "audit", {}),
)  # fmt: skip

TABLES = tuple(dict.fromkeys(kind.table for kind in KINDS))


class DynamoTenantData:
    """Implements `services.ports.tenant_data.TenantData`."""

    def __init__(self, tables: Mapping[str, Table], objects: Objects) -> None:
        """`tables` are those of TABLES."""
        self._tables = tables
        self._objects = objects

    async def erasure(self, tenant: str) -> Erasure | None:
        item = await self._tables["account"].get(keys.erasure_key(tenant))
        return None if item is None else _erasure(tenant, item)

    async def begin(self, tenant: str, at: datetime) -> Erasure:
        item = {**keys.erasure_key(tenant), "v": keys.SCHEMA_VERSION, "started_at": at.isoformat()}
        await self._tables["account"].put(item)
        return _erasure(tenant, item)

    async def count(self, tenant: str, kind: str, number: int) -> None:
        """Add to what was deleted."""
        await self._tables["account"].update(keys.erasure_key(tenant), Changes().add(f"{_COUNT}{kind}", number))

    async def finish(self, tenant: str, at: datetime) -> None:
        await self._tables["account"].update(keys.erasure_key(tenant), Changes().set("erased_at", at.isoformat()))

    async def months(self, tenant: str) -> list[str]:
        """Those in which anything was used, oldest first."""
        items = await self._tables["usage"].read_all(_whole(keys.months_partition(tenant)), only=("sk",))
        return [item["sk"] for item in items]

    async def delete_all(self, tenant: str) -> AsyncGenerator[tuple[str, int], None]:
        """Delete everything but the sums, page after page; yields the kind and the number of each page. What was
        deleted is not looked at again: an erasure that was cut goes on where it was. Objects go before the items
        that name them, and what is inside a thing before the thing."""
        for below in (keys.tenant_objects(tenant), keys.import_objects(tenant)):
            async for objects in self._objects.keys_below(below):
                for batch in _batches(objects):
                    await asyncio.gather(*(self._objects.delete(key) for key in batch))
                    yield "objects", len(batch)
        for kind in KINDS:
            table = self._tables[kind.table]
            while page := await self._page(table, keys.tenant_partition(tenant, kind.word)):
                for name, word in kind.inside.items():
                    for thing in page:
                        inside = keys.tenant_partition(tenant, word, thing["sk"])
                        while inner := await self._page(table, inside):
                            yield name, await _delete(table, inner)
                if kind.pointer is not None:
                    await asyncio.gather(*(table.delete(kind.pointer(thing["sk"])) for thing in page))
                yield kind.name, await _delete(table, page)

    async def keep_sums_only(self, tenant: str) -> None:
        """Of the months: what their API keys used, and the runs of the last minutes, go too. Nothing is reserved any
        more. Raises Conflict where something is."""
        usage = self._tables["usage"]
        for month in await usage.read_all(_whole(keys.months_partition(tenant))):
            sums = without_ledger(month)
            if sums != month:
                await usage.put(sums, Expression("attribute_not_exists(#open_runs) OR #open_runs = :none", {"none": 0}))

    async def _page(self, table: Table, partition: str) -> list[Item]:
        found = await table.query(_whole(partition), limit=_PAGE, only=("pk", "sk"))
        return found.items


async def _delete(table: Table, items: Sequence[Item]) -> int:
    """How many of them were there still: somebody else may be erasing the same tenant."""
    deleted = 0
    for batch in _batches(items):
        outcomes = await asyncio.gather(*(table.delete(keys.Key(pk=item["pk"], sk=item["sk"])) for item in batch))
        deleted += sum(outcome is not None for outcome in outcomes)
    return deleted


def _batches(things: Sequence[Thing]) -> Iterator[Sequence[Thing]]:
    return (things[start : start + _AT_ONCE] for start in range(0, len(things), _AT_ONCE))


def _whole(partition: str) -> Expression:
    return Expression("#pk = :pk", {"pk": partition})


def _erasure(tenant: str, item: Item) -> Erasure:
    counts = {name.removeprefix(_COUNT): value for name, value in sorted(item.items()) if name.startswith(_COUNT)}
    times = {name: item[name] for name in ("started_at", "erased_at") if name in item}
    return Erasure.model_validate({"tenant": tenant, "counts": counts, **times})
