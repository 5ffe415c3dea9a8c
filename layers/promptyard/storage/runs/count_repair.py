"""Counting a tenant's runs again: after a restore of the table, or of an old copy of it."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from promptyard.domain.identifiers import first_id_at
from promptyard.storage.runs.run_claims import UNCOUNTED, is_counted
from promptyard.storage.runs.run_counts import COUNTED_KINDS, counted_in, is_expired, is_past, number_of, numbers
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table

_PAGE = 1000


async def repair_counts(table: Table, tenant: str) -> int:
    """Count the tenant's runs again and correct what differs; returns how many counters were off.

    Corrections are differences, so that runs which start meanwhile stay counted; only one whose start record and
    increment fall on two sides of the first read is missed or doubled: repair when little is going on. What is still to
    be counted in, or taken off, is left to whoever does that; of runs that go on, the claims say whether they are
    counted, and where those were lost it takes another repair when the runs have ended.
    """
    kept = {item["sk"]: item async for item in _items(table, keys.counts_partition(tenant), ())}
    now = datetime.now(UTC)
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    newest = first_id_at(int(now.timestamp() * 1000))
    attributes = ("pk", "sk", "status", "expires_at", UNCOUNTED, *(f"{kind}_id" for kind in sorted(COUNTED_KINDS)))
    async for run in _items(table, keys.runs_partition(tenant), attributes):
        if run["sk"] < newest and not is_expired(run, now):
            for what in counted_in(run):
                counted[what][number_of(run)] += is_counted(run, kept.get(what, {}))
    off = 0
    for what in kept.keys() | counted.keys():
        before = numbers(kept.get(what, {}))
        past = [name for name in before if is_past(name, now)]
        changes = {name: counted[what][name] - before.get(name, 0) for name in counted[what].keys() | before.keys()}
        changes = {name: number for name, number in changes.items() if number and name not in past}
        if changes or past:
            change = Changes().set("v", keys.SCHEMA_VERSION)
            for name, number in changes.items():
                change.add(name, number)
            for name in past:
                change.remove(name)
            await table.update(keys.count_key(tenant, what), change)
        off += bool(changes)
    return off


async def _items(table: Table, partition: str, only: tuple[str, ...]) -> AsyncIterator[Item]:
    async for items in table.pages(Expression("#pk = :pk", {"pk": partition}), limit=_PAGE, only=only):
        for item in items:
            yield item
