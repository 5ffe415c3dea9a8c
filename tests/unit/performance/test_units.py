"""What requests to the store are billed: against AWS's own examples and rules."""

import pytest

from promptyard.storage.table.attributes import to_attributes
from promptyard_local.dynamodb.values import item_size
from tests.performance.bench.units import Index, read_units, write_units

OPEN = Index("open_key", "open_until")


def item(size: int, **more: str) -> dict[str, dict[str, str]]:
    """Of so many bytes in all, without what is in `more`."""
    made = to_attributes({"pk": "p", "sk": "s", "t": ""})
    made["t"] = {"S": "x" * (size - item_size(made))}
    return {**made, **to_attributes(more)}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, item(1024), 1),
        (None, item(1025), 2),
        (item(3000), item(100), 3),  # the larger of the two
        (item(3000), None, 3),
        (None, None, 1),  # a condition that did not hold, on what is not there
        (None, item(100, open_key="o", open_until="1"), 2),
        (item(100, open_key="o", open_until="1"), item(200, open_key="o", open_until="1"), 1),
        (item(100, open_key="o", open_until="1"), item(100, open_key="o", open_until="2"), 3),
        (item(100, open_key="o", open_until="1"), item(100), 2),
        (None, item(100, open_key="o"), 1),  # without its sort key it is in no index
    ],
)
def test_write_units(before: dict[str, object] | None, after: dict[str, object] | None, units: int) -> None:
    assert write_units(before, after, [OPEN]) == units  # type: ignore[arg-type]


def test_read_units() -> None:
    assert read_units([0], consistent=False, together=False) == 0.5
    assert read_units([4097], consistent=True, together=False) == 2
    assert read_units([100] * 40, consistent=True, together=False) == 40
    assert read_units([100] * 40, consistent=True, together=True) == 1
