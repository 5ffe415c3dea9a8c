"""Where runs are read: the tenant's partition of the table, or the index of what they belong to."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from promptyard.storage.runs.run_counts import COUNTED_KINDS, is_live, live_count
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Expression
from promptyard.storage.table.table import Found, Table

FILTERED_ROUND = 200
"""Items of the table that one round reads when it has to look for those that match."""
FILTERED_LINK_ROUND = 100
"""Items behind an index that one round reads when it has to look for those that match."""
MAX_COMPARISON = 100
"""Far more runs than a comparison has. Those of a larger one are read by the page, and not counted."""


@dataclass(frozen=True, slots=True)
class IdRange:
    """The ids between which the runs are, both included."""

    low: str
    high: str


EVERY_ID = IdRange(str(UUID(int=0)), str(UUID(int=(1 << 128) - 1)))


@dataclass(frozen=True, slots=True)
class ReadPosition:
    """Where to go on: after which id (None: from the newest), leaving out how many matching runs from there."""

    after: str | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """The matching items that one round read, newest first, and where to go on, None at the end."""

    items: list[Item]
    place: ReadPosition | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs of a source are wanted."""

    ids: IdRange
    equal: Mapping[str, str]
    """Attributes that are filtered by while reading."""

    @property
    def all(self) -> bool:
        """Every run of the source: then their number is known."""
        return not self.equal and self.ids == EVERY_ID


class TenantRuns:
    """The runs of a tenant, in the table itself."""

    def __init__(self, table: Table, tenant: str, wanted: Wanted) -> None:
        self.total: int | None = None
        self._table = table
        self._wanted = wanted
        self._partition = keys.runs_partition(tenant)
        self._counter = keys.count_key(tenant, keys.COUNT_ALL) if wanted.all else None

    async def read(self, place: ReadPosition, want: int) -> Round:
        if self._counter is None:
            return await self._read(place, want)
        found, counter = await asyncio.gather(self._read(place, want), self._table.get(self._counter))
        self._counter, self.total = None, live_count(counter, datetime.now(UTC))
        return found

    async def _read(self, place: ReadPosition, want: int) -> Round:
        if self._wanted.equal:
            found = await self._query(place.after, FILTERED_ROUND, where=_all_equal(self._wanted.equal))
            return _take(_live(found), place.skip, want)
        after, skip = place.after, place.skip
        while skip:
            skipped = await self._query(after, skip, only=("sk",))
            if skipped.last_key is None:
                return Round([], None)
            after = skipped.last_key["sk"]
            skip -= len(skipped.items)
        return _take(_live(await self._query(after, want + 1)), 0, want)

    async def _query(
        self, after: str | None, limit: int, where: Expression | None = None, only: Sequence[str] = ()
    ) -> Found:
        return await self._table.query(
            Expression(
                "#pk = :pk AND #sk BETWEEN :low AND :high",
                {"pk": self._partition, "low": self._wanted.ids.low, "high": self._wanted.ids.high},
            ),
            limit=limit,
            after=None if after is None else keys.Key(pk=self._partition, sk=after),
            where=where,
            only=only,
            backwards=True,
        )


class LinkedRuns:
    """The runs that belong to one prompt, version, playground or comparison, by the index of its kind: their keys
    first, then the items."""

    def __init__(self, table: Table, tenant: str, kind: str, linked_id: str, wanted: Wanted) -> None:
        self.total: int | None = None
        self._table = table
        self._wanted = wanted
        self._kind = kind
        self._runs = keys.runs_partition(tenant)
        self._partition = keys.link_partition(tenant, kind, linked_id)
        counted = wanted.all and kind in COUNTED_KINDS
        self._counter = keys.count_key(tenant, keys.count_of(kind, linked_id)) if counted else None

    async def read(self, place: ReadPosition, want: int) -> Round:
        if self._wanted.equal:
            found = await self._query(place.after, FILTERED_LINK_ROUND)
            items = await self._items(found.items)
            matching = [item for item in items if self._wanted.equal.items() <= item.items()]
            return _take(Found(matching, found.last_key), place.skip, want)
        if self._kind == "comparison" and self._wanted.all:
            whole = await self._query(None, MAX_COMPARISON)
            if whole.last_key is None:
                return await self._read_comparison(whole.items, place, want)
        page = _take(await self._query(place.after, place.skip + want + 1), place.skip, want)
        return Round(await self._items(page.items), page.place)

    async def _read_comparison(self, found: Sequence[Item], place: ReadPosition, want: int) -> Round:
        """All runs of a comparison, which are few, to count those that are left of it; then those after the place."""
        items = await self._items(found)
        self.total = len(items)
        rest = [item for item in items if place.after is None or item["sk"] < place.after]
        return _take(Found(rest, None), place.skip, want)

    async def _items(self, found: Sequence[Item]) -> list[Item]:
        """The runs with these keys, in their order; and the counter, within the same request."""
        asked = [keys.Key(pk=self._runs, sk=key["sk"]) for key in found]
        items = await self._table.get_many(asked if self._counter is None else [*asked, self._counter])
        now = datetime.now(UTC)
        if self._counter is not None:
            self.total = live_count(items.get((self._counter["pk"], self._counter["sk"])), now)
            self._counter = None
        runs = (items.get((key["pk"], key["sk"])) for key in asked)
        return [run for run in runs if run is not None and is_live(run, now)]

    async def _query(self, after: str | None, limit: int) -> Found:
        attribute = keys.link_attribute(self._kind)
        start = None if after is None else {attribute: self._partition, "pk": self._runs, "sk": after}
        return await self._table.query(
            Expression(
                f"#{attribute} = :partition AND #sk BETWEEN :low AND :high",
                {"partition": self._partition, "low": self._wanted.ids.low, "high": self._wanted.ids.high},
            ),
            index=keys.link_index(self._kind),
            limit=limit,
            after=start,
            backwards=True,
        )


def _live(found: Found) -> Found:
    now = datetime.now(UTC)
    return Found([item for item in found.items if is_live(item, now)], found.last_key)


def _take(found: Found, skip: int, want: int) -> Round:
    """`want` of what was found, after leaving out the first `skip`."""
    taken = found.items[skip : skip + want]
    if len(found.items) > skip + want:
        return Round(taken, ReadPosition(taken[-1]["sk"]))
    if found.last_key is None:
        return Round(taken, None)
    return Round(taken, ReadPosition(found.last_key["sk"], max(0, skip - len(found.items))))


def _all_equal(equal: Mapping[str, str]) -> Expression:
    return Expression(" AND ".join(f"#{name} = :{name}" for name in equal), equal)
