"""What is left for a day of an item that was deleted, so that the deletion may be repeated."""

from datetime import datetime, timedelta

from promptyard.domain.errors import Conflict, NotFound
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table

DELETED_FOR = timedelta(days=1)


def tombstone(at: datetime) -> Item:
    """The attributes that mark what was deleted, and have it removed when the day is over."""
    return {"deleted_at": at.isoformat(), "expires_at": int((at + DELETED_FOR).timestamp())}


async def bury(table: Table, key: keys.Key, at: datetime) -> bool:
    """Leave nothing of an item but the mark; False when it was not there, nor its mark."""
    try:
        await table.put({**key, "v": keys.SCHEMA_VERSION, **tombstone(at)}, Expression("attribute_exists(#pk)", {}))
    except Conflict:
        return False
    return True


async def change_living(table: Table, key: keys.Key, changes: Changes, gone: str) -> None:
    """Change an item that is there and not buried; raises NotFound, saying `gone`, where it is not."""
    living = changes.set("v", keys.SCHEMA_VERSION).require_there("pk").require_missing("deleted_at")
    try:
        await table.update(key, living)
    except Conflict:
        raise NotFound(gone) from None


def is_buried(item: Item) -> bool:
    return "deleted_at" in item
