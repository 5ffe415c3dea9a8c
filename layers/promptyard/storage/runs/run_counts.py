"""How many runs there are: kept in counter items, so that no list has to count.

A counter item has one number per day on which runs expire, and one for those that do not: what expires vanishes from
the total on its day without a write. How a run is counted exactly once, whoever dies, is in `run_claims`.
"""

from datetime import UTC, datetime, timedelta

from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item

COUNTED_KINDS = frozenset({"prompt", "version", "playground"})
"""A comparison has so few runs that they are counted where they are read."""

DELETING = "deleting"
"""The attribute of a run's item from the moment on in which its deletion began: then it is not shown any more."""

FOREVER = "forever"
_UNTIL = "until_"


def expiry_of(created_at: datetime, retention: timedelta | None) -> int | None:
    """When a run expires, in Unix seconds: the midnight (UTC) that follows its retention, so that the runs of a day
    go together. None for a run that is kept."""
    if retention is None:
        return None
    last = (created_at + retention).astimezone(UTC)
    midnight = last.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int(midnight.timestamp())


def is_live(item: Item, now: datetime) -> bool:
    return DELETING not in item and not is_expired(item, now)


def is_expired(item: Item, now: datetime) -> bool:
    return "expires_at" in item and bool(item["expires_at"] <= now.timestamp())


def live_count(counter: Item | None, now: datetime) -> int:
    """How many runs a counter item counts at that moment."""
    if counter is None:
        return 0
    return max(0, sum(number for name, number in numbers(counter).items() if not is_past(name, now)))


def counted_in(item: Item) -> list[str]:
    """The counters that a run is counted in."""
    linked_ids = ((kind, item.get(f"{kind}_id")) for kind in sorted(COUNTED_KINDS))
    return [keys.COUNT_ALL, *(keys.count_of(kind, linked_id) for kind, linked_id in linked_ids if linked_id)]


def number_of(run: Item) -> str:
    """The attribute of a counter that counts this run."""
    expires_at = run.get("expires_at")
    return FOREVER if expires_at is None else f"{_UNTIL}{datetime.fromtimestamp(expires_at, UTC):%Y%m%d}"


def is_past(name: str, now: datetime) -> bool:
    """Whether what that attribute counts has expired."""
    return name != FOREVER and name <= f"{_UNTIL}{now:%Y%m%d}"


def numbers(counter: Item) -> dict[str, int]:
    """By attribute."""
    return {name: number for name, number in counter.items() if name == FOREVER or name.startswith(_UNTIL)}
