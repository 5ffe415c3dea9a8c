"""What requests to the store are billed, as AWS says ("DynamoDB item sizes and formats", "Read and write operations"):
computed, for no stand-in counts it whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from promptyard_local.dynamodb.values import Attributes, item_size

WRITE_BYTES, READ_BYTES = 1024, 4096
KEYS = ("pk", "sk")


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index that holds keys alone."""

    hash_key: str
    range_key: str


def write_units(before: Attributes | None, after: Attributes | None, indexes: Sequence[Index]) -> int:
    """Of one write, with its indexes': the larger of the item before and after counts; a condition that does not hold
    is billed, too."""
    larger = max(item_size(before or {}), item_size(after or {}))
    return max(1, ceil(larger / WRITE_BYTES)) + sum(_index_units(before, after, index) for index in indexes)


def _index_units(before: Attributes | None, after: Attributes | None, index: Index) -> int:
    """An entry that is made, removed or replaced; another key is both of the first two."""
    old, new = _entry(before, index), _entry(after, index)
    if old == new:
        return 0
    return sum(max(1, ceil(item_size(entry) / WRITE_BYTES)) for entry in (old, new) if entry is not None)


def _entry(item: Attributes | None, index: Index) -> Attributes | None:
    if item is None or index.hash_key not in item or index.range_key not in item:
        return None
    return {name: item[name] for name in {*KEYS, index.hash_key, index.range_key}}


def read_units(sizes: Sequence[int], *, consistent: bool, together: bool) -> float:
    """Of a GetItem, or of a BatchGetItem, whose items are rounded up one by one; `together`: of a Query."""
    blocks = ceil(sum(sizes) / READ_BYTES) if together else sum(max(1, ceil(size / READ_BYTES)) for size in sizes)
    return max(1, blocks) * (1.0 if consistent else 0.5)
