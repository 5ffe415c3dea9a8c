"""Pages of runs, newest first, along the access patterns of `keys`."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from promptyard.domain.errors import BadCursor
from promptyard.domain.identifiers import first_id_of
from promptyard.domain.paging import Page, PageRequest, fitting
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs.run_items import LINK_KINDS, shown_bytes
from promptyard.storage.runs.run_sources import EVERY_ID, IdRange, LinkedRuns, ReadPosition, Round, TenantRuns, Wanted
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.cursors import decode_cursor, encode_cursor
from promptyard.storage.table.table import Table

MAX_ROUNDS = 5
MAX_ID_BYTES = 512
"""No id is longer; DynamoDB takes partition keys of at most 2,048 bytes."""


class Source(Protocol):
    """Where the runs of a filter are read."""

    total: int | None
    """How many match in all, None where that is not kept. Known after the first read."""

    async def read(self, place: ReadPosition, want: int) -> Round:
        """At most `want` of the matching items after that place. One round costs a bounded number of requests, so it
        may find fewer, or none, before the end."""


async def read_page(table: Table, tenant: str, where: RunFilter, request: PageRequest) -> Page[Item]:
    """Raises BadCursor."""
    ids = _id_range(where)
    list_ = f"runs of {tenant}: {where!r}"
    cursor = request.cursor
    start = ReadPosition(skip=request.offset) if cursor is None else _place(decode_cursor(list_, cursor), ids)
    if ids.low > ids.high:  # a range of time that ends before it begins: DynamoDB refuses to look for it
        return Page([])
    source = _source(table, tenant, where, ids)
    if source is None:
        return Page([], total=0)
    items, place = await _read_rounds(source, start, request.limit)
    count = fitting(shown_bytes(item) for item in items)
    if count < len(items):
        items, place = items[:count], ReadPosition(items[count - 1]["sk"])
    next_cursor = None if place is None else encode_cursor(list_, {"after": place.after, "skip": place.skip})
    return Page(items, source.total, next_cursor)


async def _read_rounds(source: Source, place: ReadPosition, limit: int) -> tuple[list[Item], ReadPosition | None]:
    """Rounds until the page is full, the end is reached, or the bound is."""
    items: list[Item] = []
    for _ in range(MAX_ROUNDS):
        found = await source.read(place, limit - len(items))
        items += found.items
        if found.place is None:
            return items, None
        place = found.place
        if len(items) >= limit:
            break
    return items, place


def _source(table: Table, tenant: str, where: RunFilter, ids: IdRange) -> Source | None:
    """The narrowest way to what the filter describes; None when it can match nothing."""
    equal = {
        name: value
        for name in ("provider", "model", "status", *(f"{kind}_id" for kind in LINK_KINDS))
        if (value := getattr(where, name)) is not None
    }
    for kind in LINK_KINDS:
        linked_id = equal.pop(f"{kind}_id", None)
        if linked_id is not None:
            if not 0 < len(linked_id.encode()) <= MAX_ID_BYTES:
                return None
            return LinkedRuns(table, tenant, kind, linked_id, Wanted(ids, equal))
    return TenantRuns(table, tenant, Wanted(ids, equal))


def _id_range(where: RunFilter) -> IdRange:
    """The range of ids that were made in [since, until)."""
    low = EVERY_ID.low if where.since is None else first_id_of(where.since)
    high = EVERY_ID.high if where.until is None else first_id_of(where.until)
    return IdRange(low, high)


def _place(position: Mapping[str, object], ids: IdRange) -> ReadPosition:
    after, skip = position.get("after"), position.get("skip")
    if not isinstance(skip, int) or skip < 0 or not (after is None or _is_within(after, ids)):
        raise BadCursor
    assert after is None or isinstance(after, str)
    return ReadPosition(after, skip)


def _is_within(after: object, ids: IdRange) -> bool:
    try:
        return isinstance(after, str) and str(UUID(after)) == after and ids.low <= after <= ids.high
    except ValueError:
        return False
