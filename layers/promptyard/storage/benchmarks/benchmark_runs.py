"""Benchmark runs in the `benchmarks` table: see `benchmark_keys` for the access patterns.

What a run was made from never changes, and stands in its item as JSON; what becomes known while it goes on are
attributes of their own, each changed under a condition on its status.
"""

import hashlib
import json
from collections.abc import AsyncGenerator, Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, BenchmarkStatus, VersionVerdict
from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.identifiers import first_id_of, is_id
from promptyard.domain.paging import Page, PageRequest, as_many_as_fit
from promptyard.storage.table import benchmark_keys, keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.partition_pages import read_partition
from promptyard.storage.table.table import Table, once

_GONE = "Benchmark run not found"
_CHANGING = frozenset({"status", "cells", "cost_usd", "passed", "failed_gates", "started_at", "ended_at", "error"})
_BUDGET = "budget_usd"
"""A new one, beside the one that the benchmark had."""
_PASSED = "passed"
PAGE = 100


class DynamoBenchmarkRunStore:
    """Implements `services.ports.benchmarks.BenchmarkRunStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def claim(self, tenant: str, benchmark_id: str, request_id: str, run_id: str) -> str:
        """The id of the run that was asked for by this request: the one given now, or the one of the first time."""
        key = benchmark_keys.benchmark_request_key(tenant, benchmark_id, _hash(request_id))
        changes = Changes().set("v", keys.SCHEMA_VERSION).set_if_missing("run_id", run_id)
        return str((await self._table.update_and_get(key, changes))["run_id"])

    async def add(self, run: BenchmarkRun) -> None:
        """Raises Conflict when there is one with that id."""
        tenant = run.benchmark.tenant
        pointer = benchmark_keys.run_of_benchmark_key(tenant, run.benchmark.id, run.id)
        await self._table.put({**pointer, "v": keys.SCHEMA_VERSION})
        item = {
            **benchmark_keys.benchmark_run_key(tenant, run.id),
            "v": keys.SCHEMA_VERSION,
            "body": run.model_dump_json(exclude=set(_CHANGING), by_alias=True),
            **_plain({name: value for name in _CHANGING if (value := getattr(run, name)) is not None}),
        }
        await self._table.put(*once(item))

    async def get(self, tenant: str, run_id: str) -> BenchmarkRun:
        """Raises NotFound."""
        item = await self._table.get(_key(tenant, run_id))
        if item is None:
            raise NotFound(_GONE)
        return _run(item)

    async def page(self, tenant: str, benchmark_id: str | None, request: PageRequest) -> Page[BenchmarkRun]:
        """Newest first. Raises BadCursor."""
        if benchmark_id is None:
            partition = benchmark_keys.benchmark_runs_partition(tenant)
            return (await read_partition(self._table, partition, request, backwards=True)).map(_run)
        if not is_id(benchmark_id):
            return Page([])
        fetch = partial(self._items_of_benchmark, tenant, benchmark_id)
        return (await as_many_as_fit(fetch, request, lambda item: len(item["body"].encode()))).map(_run)

    async def _items_of_benchmark(self, tenant: str, benchmark_id: str, request: PageRequest) -> Page[Item]:
        partition, between = benchmark_keys.runs_of_benchmark_partition(tenant), benchmark_keys.below(benchmark_id)
        page = await read_partition(self._table, partition, request, backwards=True, between=between)
        wanted = [benchmark_keys.benchmark_run_key(tenant, item["sk"].split("#")[1]) for item in page.items]
        found = await self._table.get_many(wanted)
        return page.holding([item for key in wanted if (item := found.get((key["pk"], key["sk"])))])

    async def change(
        self, tenant: str, run_id: str, changes: Mapping[str, Any], was: Collection[BenchmarkStatus]
    ) -> BenchmarkRun:
        """Set fields of `_CHANGING`, and the budget, if its status is one of `was`; None removes one. Returns the run
        as it is then. Raises NotFound, and Conflict where its status is another one."""
        if unknown := changes.keys() - _CHANGING - {_BUDGET}:
            raise ValueError(f"no changing fields of a benchmark run: {sorted(unknown)}")
        wanted = Changes().set("v", keys.SCHEMA_VERSION).assign(_plain(changes)).require_one_of("status", sorted(was))
        try:
            return _run(await self._table.update_and_get(_key(tenant, run_id), wanted))
        except Conflict:
            run = await self.get(tenant, run_id)
            raise Conflict(f"The benchmark run is {run.status}") from None

    async def begun_before(self, tenant: str, before: datetime) -> AsyncGenerator[BenchmarkRun, None]:
        """Oldest first."""
        words = {"pk": benchmark_keys.benchmark_runs_partition(tenant), "end": first_id_of(before)}
        async for page in self._table.pages(Expression("#pk = :pk AND #sk < :end", words), limit=PAGE):
            for item in page:
                yield _run(item)

    async def delete(self, run: BenchmarkRun) -> None:
        """The run alone, and not what it says of prompt versions. May be repeated."""
        tenant, benchmark_id = run.benchmark.tenant, run.benchmark.id
        await self._table.delete(benchmark_keys.run_of_benchmark_key(tenant, benchmark_id, run.id))
        if run.request_id is not None:
            hashed = _hash(run.request_id)
            await self._table.delete(benchmark_keys.benchmark_request_key(tenant, benchmark_id, hashed))
        await self._table.delete(benchmark_keys.benchmark_run_key(tenant, run.id))

    async def note_verdict(self, tenant: str, benchmark_id: str, version_id: str, verdict: VersionVerdict) -> None:
        """What has passed once, stays passed; else the newest run counts."""
        key = benchmark_keys.benchmark_verdict_key(tenant, benchmark_id, version_id)
        item = {**key, "v": keys.SCHEMA_VERSION, "verdict": _verdict_word(verdict), "body": verdict.model_dump_json()}
        unpassed = Expression("attribute_not_exists(#pk) OR #verdict < :passed", {"passed": _PASSED})
        newer = Expression("attribute_not_exists(#pk) OR #verdict <= :this", {"this": item["verdict"]})
        try:
            await self._table.put(item, unpassed if verdict.passed else newer)
        except Conflict:
            return

    async def verdict(self, tenant: str, benchmark_id: str, version_id: str) -> VersionVerdict | None:
        item = await self._table.get(benchmark_keys.benchmark_verdict_key(tenant, benchmark_id, version_id))
        return None if item is None else VersionVerdict.model_validate_json(item["body"])


def _hash(request_id: str) -> str:
    return hashlib.sha256(request_id.encode()).hexdigest()


def _verdict_word(verdict: VersionVerdict) -> str:
    """It sorts: a run that has passed after those that failed, and those by age."""
    return _PASSED if verdict.passed else f"failed#{verdict.run_id}"


def _key(tenant: str, run_id: str) -> keys.Key:
    if not is_id(run_id):
        raise NotFound(_GONE)
    return benchmark_keys.benchmark_run_key(tenant, run_id)


def _plain(fields: Mapping[str, Any]) -> Item:
    """Models as JSON, what else has no type of its own as a text."""
    return {
        name: value.model_dump_json() if isinstance(value, BaseModel) else to_jsonable_python(value)
        for name, value in fields.items()
    }


def _run(item: Item) -> BenchmarkRun:
    fields = json.loads(item["body"]) | {name: item[name] for name in _CHANGING if name in item}
    if "cells" in item:
        fields["cells"] = json.loads(item["cells"])
    if _BUDGET in item:
        fields["benchmark"][_BUDGET] = item[_BUDGET]
    return BenchmarkRun.model_validate(fields)
