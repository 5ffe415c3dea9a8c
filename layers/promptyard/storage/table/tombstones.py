"""What is left for a day of an item that was deleted, so that the deletion may be repeated."""

from datetime import datetime, timedelta

from promptyard.domain.errors import Conflict
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.table import Expression, Table

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


def is_buried(item: Item) -> bool:
    return "deleted_at" in item
