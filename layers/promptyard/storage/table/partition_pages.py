"""Pages of one partition of a table, in the order of its sort keys or backwards."""

from promptyard.domain.errors import BadCursor
from promptyard.domain.paging import Page, PageRequest
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.cursors import decode_cursor, encode_cursor
from promptyard.storage.table.expressions import Expression
from promptyard.storage.table.keys import Key
from promptyard.storage.table.table import Table

MAX_SORT_KEY_BYTES = 1024


async def read_partition(
    table: Table,
    partition: str,
    request: PageRequest,
    *,
    backwards: bool = False,
    between: tuple[str, str] | None = None,
) -> Page[Item]:
    """The items, of all or of those between two sort keys: 1 request, and 1 more a MB that the offset skips.

    Raises BadCursor for a cursor that was not given out for this list.
    """
    list_, whole = partition, Expression("#pk = :pk", {"pk": partition})
    if between is not None:
        low, high = between
        list_ = f"{partition} {between}"
        whole = Expression("#pk = :pk AND #sk BETWEEN :low AND :high", {"pk": partition, "low": low, "high": high})
    after = None if request.cursor is None else Key(pk=partition, sk=_place(list_, request.cursor))
    if after is not None and between is not None and not between[0] <= after["sk"] <= between[1]:
        raise BadCursor
    skip = request.offset if request.cursor is None else 0
    while skip:
        passed = await table.query(whole, limit=skip, after=after, only=("pk", "sk"), backwards=backwards)
        if passed.last_key is None:
            return Page([])
        skip -= len(passed.items)
        after = Key(pk=partition, sk=passed.last_key["sk"])
    # One more than is shown, so that the last page is known for the last.
    found = await table.query(whole, limit=request.limit + 1, after=after, backwards=backwards)
    items = found.items[: request.limit]
    more = len(found.items) > request.limit or found.last_key is not None
    return Page(items, next_cursor=encode_cursor(list_, {"after": items[-1]["sk"]}) if more and items else None)


def _place(list_: str, cursor: str) -> str:
    after = decode_cursor(list_, cursor).get("after")
    if not isinstance(after, str) or not 0 < len(after.encode()) <= MAX_SORT_KEY_BYTES:
        raise BadCursor
    return after
