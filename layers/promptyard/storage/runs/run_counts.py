"""How many runs there are: kept in counter items, so that no list has to count.

A counter item has one number per day on which runs expire, and one for those that do not: what expires vanishes from
the total on its day without a write. An increment is no part of the run's own write (there are no transactions), so a
process that dies between the two leaves a counter off by one; `repair` mends it.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from promptyard.domain.identifiers import first_id_at
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table

COUNTED_KINDS = frozenset({"prompt", "version", "playground"})
"""A comparison has so few runs that they are counted where they are read."""

_FOREVER = "forever"
_UNTIL = "until_"
_PAGE = 1000


def expiry_of(created_at: datetime, retention: timedelta | None) -> int | None:
    """When a run expires, in Unix seconds: the midnight (UTC) that follows its retention, so that the runs of a day
    go together. None for a run that is kept."""
    if retention is None:
        return None
    last = (created_at + retention).astimezone(UTC)
    midnight = last.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int(midnight.timestamp())


def is_live(item: Item, now: datetime) -> bool:
    return "expires_at" not in item or item["expires_at"] > now.timestamp()


def live_count(counter: Item | None, now: datetime) -> int:
    """How many runs a counter item counts at that moment."""
    if counter is None:
        return 0
    today = f"{_UNTIL}{now:%Y%m%d}"
    return max(0, sum(number for name, number in _numbers(counter).items() if name == _FOREVER or name > today))


class RunCounts:
    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, run: Item, number: int) -> None:
        """Add `number` (1 or -1) to every counter that this run's item is counted in."""
        tenant = keys.tenant_of(run["pk"])
        change = {_name(run): number}
        await asyncio.gather(*(self._apply(keys.count_key(tenant, what), change) for what in counted_in(run)))

    async def repair(self, tenant: str) -> int:
        """Count the tenant's runs again and correct what differs; returns how many counters were off.

        Corrections are differences, so that runs which start meanwhile stay counted; only one whose start record and
        increment fall on two sides of the first read is missed or doubled: repair when little is going on.
        """
        kept = {item["sk"]: _numbers(item) async for item in self._items(keys.counts_partition(tenant), ())}
        now = datetime.now(UTC)
        counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
        newest = first_id_at(int(now.timestamp() * 1000))
        attributes = ("pk", "sk", "expires_at", *(f"{kind}_id" for kind in sorted(COUNTED_KINDS)))
        async for run in self._items(keys.runs_partition(tenant), attributes):
            if run["sk"] < newest and is_live(run, now):
                for what in counted_in(run):
                    counted[what][_name(run)] += 1
        today = f"{_UNTIL}{now:%Y%m%d}"
        off = 0
        for what in kept.keys() | counted.keys():
            before = kept.get(what, {})
            past = [name for name in before if name != _FOREVER and name <= today]
            changes = {name: counted[what][name] - before.get(name, 0) for name in counted[what].keys() | before.keys()}
            changes = {name: number for name, number in changes.items() if number and name not in past}
            if changes or past:
                await self._apply(keys.count_key(tenant, what), changes, forget=past)
            off += bool(changes)
        return off

    async def _apply(self, key: keys.Key, changes: Mapping[str, int], forget: Sequence[str] = ()) -> None:
        change = Changes().set("v", keys.SCHEMA_VERSION)
        for name, number in changes.items():
            change.add(name, number)
        for name in forget:
            change.remove(name)
        await self._table.update(key, change)

    async def _items(self, partition: str, only: tuple[str, ...]) -> AsyncIterator[Item]:
        async for items in self._table.pages(Expression("#pk = :pk", {"pk": partition}), limit=_PAGE, only=only):
            for item in items:
                yield item


def counted_in(item: Item) -> list[str]:
    """The counters that a run is counted in."""
    linked_ids = ((kind, item.get(f"{kind}_id")) for kind in sorted(COUNTED_KINDS))
    return [keys.COUNT_ALL, *(keys.count_of(kind, linked_id) for kind, linked_id in linked_ids if linked_id)]


def _name(run: Item) -> str:
    expires_at = run.get("expires_at")
    return _FOREVER if expires_at is None else f"{_UNTIL}{datetime.fromtimestamp(expires_at, UTC):%Y%m%d}"


def _numbers(counter: Item) -> dict[str, int]:
    return {name: number for name, number in counter.items() if name == _FOREVER or name.startswith(_UNTIL)}
