"""Query and Scan: pages of at most so many items, and of at most a megabyte."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

from promptyard_local.dynamodb.database import Database
from promptyard_local.dynamodb.key_conditions import KeyRange, key_range
from promptyard_local.dynamodb.large_items import Key, item_of
from promptyard_local.dynamodb.refusals import invalid
from promptyard_local.dynamodb.requests import (
    PLACEHOLDERS,
    Expressions,
    Parameters,
    check_parameters,
    expressions_of,
    one_of,
)
from promptyard_local.dynamodb.tables import EmbeddedTable, Entry, Index
from promptyard_local.dynamodb.values import Attributes, item_size, kept, place

PAGE_BYTES = 1024 * 1024
_WHOLE = "ALL_ATTRIBUTES"
_PAGED = (
    "IndexName", "Limit", "ExclusiveStartKey", "ConsistentRead", "FilterExpression", "ProjectionExpression", "Select",
    *PLACEHOLDERS,
)  # fmt: skip


def query(database: Database, parameters: Parameters) -> dict[str, Any]:
    check_parameters("Query", parameters, ("TableName", "KeyConditionExpression"), (*_PAGED, "ScanIndexForward"))
    table = database.table(parameters["TableName"])
    index = _index(table, parameters)
    expressions = expressions_of(parameters, "KeyConditionExpression", "FilterExpression", "ProjectionExpression")
    assert expressions.key is not None
    wanted = key_range(expressions.key, index, expressions.given)
    _check_filter(index, expressions)
    forwards = bool(parameters.get("ScanIndexForward", True))
    start = _start(table, index, parameters)
    if start is not None:
        _check_start(wanted, *start)
    with database.lock:
        entries = _between(table.entries(index.name, wanted.partition), wanted, start, forwards=forwards)
        return _page(table, index, entries, parameters, expressions)


def scan(database: Database, parameters: Parameters) -> dict[str, Any]:
    check_parameters("Scan", parameters, ("TableName",), tuple(name for name in _PAGED if name != "IndexName"))
    table = database.table(parameters["TableName"])
    index = table.index(None)
    expressions = expressions_of(parameters, "FilterExpression", "ProjectionExpression")
    start = _start(table, index, parameters)
    with database.lock:
        keys = table.all_keys()
        first = 0 if start is None else bisect_right(keys, start[1][1:])
        entries = ((sk, pk, sk) for pk, sk in keys[first:])
        return _page(table, index, entries, parameters, expressions)


def _index(table: EmbeddedTable, parameters: Parameters) -> Index:
    index = table.index(parameters.get("IndexName"))
    if index.name is not None and parameters.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    return index


def _check_filter(index: Index, expressions: Expressions) -> None:
    if expressions.filter is None:
        return
    for head in expressions.filter_heads:
        if head in index.keys:
            raise invalid(
                f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {head}"
            )


def _start(table: EmbeddedTable, index: Index, parameters: Parameters) -> tuple[Any, Entry] | None:
    """The partition and the place after which to go on."""
    if parameters.get("ExclusiveStartKey") is None:
        return None
    given = kept(parameters["ExclusiveStartKey"])
    types = dict(zip((*table.keys, *index.keys), ("S", "S", *index.types), strict=True))
    if given.keys() != types.keys() or any(kind not in given[name] for name, kind in types.items()):
        raise invalid("The provided starting key is invalid")
    key: Key = table.key({name: given[name] for name in table.keys})
    partition, *rest = (place(given[name]) for name in index.keys)
    return partition, (rest[0] if rest else "", *key)


def _check_start(wanted: KeyRange, partition: Any, entry: Entry) -> None:
    if not wanted.has(entry[0]):
        raise invalid("The provided starting key does not match the range key predicate")
    if partition != wanted.partition:
        raise invalid("The provided starting key is outside query boundaries based on provided conditions")


def _between(
    entries: list[Entry], wanted: KeyRange, start: tuple[Any, Entry] | None, *, forwards: bool
) -> Iterator[Entry]:
    low, high = wanted.part_of(entries)
    if start is not None and forwards:
        low = max(low, bisect_right(entries, start[1]))
    elif start is not None:
        high = min(high, bisect_left(entries, start[1]))
    places = range(low, high) if forwards else range(high - 1, low - 1, -1)
    return (entries[at] for at in places)


def _page(
    table: EmbeddedTable, index: Index, entries: Iterable[Entry], parameters: Parameters, expressions: Expressions
) -> dict[str, Any]:
    limit = parameters.get("Limit")
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise invalid(
            "Value at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
        )
    counted = _is_counted(index, parameters, expressions)
    size, found, scanned, last = _PageSize(), [], 0, None
    for _, pk, sk in entries:
        text = table.text((pk, sk))
        assert text is not None
        item = index.part_of(item_of(text))
        size.add(text, item)
        scanned += 1
        if expressions.filter is None or expressions.filter.holds(item, expressions.given):
            found.append(item)
        if scanned == limit or size.is_full():
            last = {name: item[name] for name in (*table.keys, *index.keys)}
            break
    answer: dict[str, Any] = {"Count": len(found), "ScannedCount": scanned}
    if not counted:
        answer["Items"] = [expressions.projected(item) for item in found]
    if last is not None:
        answer["LastEvaluatedKey"] = last
    return answer


def _is_counted(index: Index, parameters: Parameters, expressions: Expressions) -> bool:
    """Whether the items are left out of the answer. Raises ValidationException for what cannot be selected."""
    default = "SPECIFIC_ATTRIBUTES" if expressions.projection is not None else "ALL_PROJECTED_ATTRIBUTES"
    if index.name is None and expressions.projection is None:
        default = _WHOLE
    select = one_of(parameters, "Select", default, _WHOLE, "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT")
    if (select == "SPECIFIC_ATTRIBUTES") != (expressions.projection is not None):
        raise invalid(f"Cannot specify the ProjectionExpression when choosing to get {select}")
    if select == "ALL_PROJECTED_ATTRIBUTES" and index.name is None:
        raise invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    if select == _WHOLE and index.held is not None:
        raise invalid(
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
            f"secondary index {index.name} because its projection type is not ALL"
        )
    if expressions.projection is not None and index.held is not None:
        lacking = {str(steps[0]) for steps in expressions.projection} - index.held
        if lacking:
            raise invalid(
                f"One or more parameter values were invalid: Global secondary index {index.name} does not project "
                f"{sorted(lacking)}"
            )
    return select == "COUNT"


class _PageSize:
    """Counts the bytes of a page's items. An item's text is never shorter than DynamoDB counts the item: they are
    counted one by one only where their texts might fill the page."""

    def __init__(self) -> None:
        self._at_most = self._exactly = 0
        self._uncounted: list[Attributes] = []

    def add(self, text: str, item: Attributes) -> None:
        self._at_most += len(text) if text.isascii() else 4 * len(text)
        self._uncounted.append(item)

    def is_full(self) -> bool:
        if self._at_most < PAGE_BYTES:
            return False
        self._at_most = self._exactly = self._exactly + sum(map(item_size, self._uncounted))
        self._uncounted.clear()
        return self._exactly >= PAGE_BYTES
