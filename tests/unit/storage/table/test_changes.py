"""Updates of items: what they do, and what they require before."""

from datetime import UTC, datetime
from typing import Any

import pytest

from promptyard.domain.errors import Conflict, NotFound
from promptyard.storage.table import keys
from promptyard.storage.table.expressions import Changes
from promptyard.storage.table.table import Table
from promptyard.storage.table.tombstones import bury, change_living

KEY = keys.run_key("acme", "one")
BEFORE: dict[str, Any] = {"name": "a", "size": 3, "gone": "x", "labels": {"production": 1}}


async def changed(table: Table, changes: Changes) -> dict[str, Any]:
    """What an item becomes."""
    await table.put({**KEY, **BEFORE})
    await table.update(KEY, changes)
    item = await table.get(KEY)
    assert item is not None
    return {name: value for name, value in item.items() if name not in KEY}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (Changes().assign({"name": "b", "gone": None, "new": True}), {"name": "b", "new": True, "gone": None}),
        (Changes().assign({"order": 1, "a b#c": "any name"}), {"order": 1, "a b#c": "any name"}),
        (Changes().set(("labels", "x.y"), 2), {"labels": {"production": 1, "x.y": 2}}),
        (Changes().remove(("labels", "production")).set("name", "b"), {"labels": {}, "name": "b"}),
        (Changes().set_if_missing("name", "b").set_if_missing("new", "b"), {"new": "b"}),
        (Changes().add("size", -1).add("new", 2).add("name", 0), {"size": 2, "new": 2}),
        (Changes().set("size", 4).require_equal("size", 3).require_there("name").require_missing("new"), {"size": 4}),
        (Changes().set("name", "b").require_at_most("size", 3).require_at_most("new", 0), {"name": "b"}),
        (Changes().set("name", "b").require_fewer_or_there(("labels", "new"), 2), {"name": "b"}),
        (Changes().set("name", "b").require_fewer_or_there(("labels", "production"), 1), {"name": "b"}),
    ],
)  # fmt: skip
async def test_an_item_is_as_it_was_but_for_the_changes(
    runs_table: Table, changes: Changes, expected: dict[str, Any]
) -> None:
    wanted = {name: value for name, value in {**BEFORE, **expected}.items() if value is not None}
    assert await changed(runs_table, changes) == wanted


@pytest.mark.parametrize(
    "required",
    [
        Changes().require_missing("name"),
        Changes().require_there("new"),
        Changes().require_there(("labels", "new")),
        Changes().require_equal("size", 4),
        Changes().require_at_most("size", 2),
        Changes().require_at_most("new", -1),
        Changes().require_fewer_or_there(("labels", "new"), 1),
        Changes().require_fewer_or_there(("maps", "new"), 1),
        Changes().require_there("name").require_there("new"),
    ],
)
async def test_where_what_they_require_does_not_hold_nothing_is_done(runs_table: Table, required: Changes) -> None:
    with pytest.raises(Conflict):
        await changed(runs_table, required.set("name", "b"))
    item = await runs_table.get(KEY)
    assert item == {**KEY, **BEFORE}


async def test_only_what_is_there_and_not_buried_is_changed(runs_table: Table) -> None:
    with pytest.raises(NotFound, match="No such thing"):
        await change_living(runs_table, KEY, Changes().set("name", "b"), "No such thing")
    await runs_table.put({**KEY, **BEFORE})
    await change_living(runs_table, KEY, Changes().set("name", "b"), "No such thing")
    assert await runs_table.get(KEY) == {**KEY, **BEFORE, "name": "b", "v": keys.SCHEMA_VERSION}
    await bury(runs_table, KEY, datetime.now(UTC))
    with pytest.raises(NotFound, match="No such thing"):
        await change_living(runs_table, KEY, Changes().set("name", "c"), "No such thing")
