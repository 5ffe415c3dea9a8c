"""What requests to the store are billed, as AWS says ("DynamoDB item sizes and formats", "Read and write operations"):
computed, for no stand-in counts it whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

Attributes = Mapping[str, Mapping[str, Any]]
"""An item as DynamoDB's API has it."""

WRITE_BYTES, READ_BYTES = 1024, 4096
KEYS = ("pk", "sk")


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index that holds keys alone."""

    hash_key: str
    range_key: str


def item_bytes(item: Attributes) -> int:
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(attribute: Mapping[str, Any]) -> int:
    [(kind, value)] = attribute.items()
    match kind:
        case "N":
            return (len(value.replace(".", "").strip("-0")) + 1) // 2 + 1
        case "M":
            return 3 + sum(len(name.encode()) + 1 + _value_bytes(inner) for name, inner in value.items())
        case "L":
            return 3 + sum(1 + _value_bytes(inner) for inner in value)
        case "BOOL" | "NULL":
            return 1
    return len(str(value).encode())


def write_units(before: Attributes | None, after: Attributes | None, indexes: Sequence[Index]) -> int:
    """Of one write, with its indexes': the larger of the item before and after counts; a condition that does not hold
    is billed, too."""
    larger = max(item_bytes(before or {}), item_bytes(after or {}))
    return max(1, ceil(larger / WRITE_BYTES)) + sum(_index_units(before, after, index) for index in indexes)


def _index_units(before: Attributes | None, after: Attributes | None, index: Index) -> int:
    """An entry that is made, removed or replaced; another key is both of the first two."""
    old, new = _entry(before, index), _entry(after, index)
    if old == new:
        return 0
    return sum(max(1, ceil(item_bytes(entry) / WRITE_BYTES)) for entry in (old, new) if entry is not None)


def _entry(item: Attributes | None, index: Index) -> Attributes | None:
    if item is None or index.hash_key not in item or index.range_key not in item:
        return None
    return {name: item[name] for name in {*KEYS, index.hash_key, index.range_key}}


def read_units(sizes: Sequence[int], *, consistent: bool, together: bool) -> float:
    """Of a GetItem, or of a BatchGetItem, whose items are rounded up one by one; `together`: of a Query."""
    blocks = ceil(sum(sizes) / READ_BYTES) if together else sum(max(1, ceil(size / READ_BYTES)) for size in sizes)
    return max(1, blocks) * (1.0 if consistent else 0.5)
