"""A table in memory: its items by key, and every partition of it and of its indexes in order.

An item is held as the JSON text that the journal keeps: what is read of it is nobody else's, and it takes no more room
than it has to.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from promptyard_local.dynamodb.large_items import Key, LargeItems, item_of
from promptyard_local.dynamodb.refusals import invalid
from promptyard_local.dynamodb.values import SCALARS, Attributes, kind_of, place

Entry = tuple[Any, str, str]
"""A place in a partition: what it is ordered by, and the item's own key."""

MAX_PARTITION_KEY_BYTES = 2048
MAX_SORT_KEY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Index:
    """What can be queried: the table itself (its name is None), or a global secondary index."""

    name: str | None
    keys: tuple[str, ...]
    """The attributes that are its partition key and, where it has one, its sort key."""
    types: tuple[str, ...]
    held: frozenset[str] | None
    """The attributes that it has; None for all."""

    def part_of(self, item: Attributes) -> Attributes:
        if self.held is None:
            return item
        return {name: value for name, value in item.items() if name in self.held}


class EmbeddedTable:
    """Whoever calls it has the database's lock."""

    def __init__(self, description: dict[str, Any]) -> None:
        """`description` as CreateTable takes it. Raises NotImplementedError for a table of another kind than ours."""
        self.description = description
        self.name: str = description["TableName"]
        types = {each["AttributeName"]: each["AttributeType"] for each in description["AttributeDefinitions"]}
        self.keys = _key_names(description["KeySchema"])
        if len(self.keys) != 2 or {types[name] for name in self.keys} != {"S"}:
            raise NotImplementedError("The embedded DynamoDB has tables with two keys, both texts, and no others")
        self.indexes: dict[str | None, Index] = {None: Index(None, self.keys, ("S", "S"), None)}
        for each in description.get("GlobalSecondaryIndexes", ()):
            index = _index(each, types, self.keys)
            self.indexes[index.name] = index
        self.expires: str | None = None
        """The attribute that says when an item's time is over."""
        self.large = LargeItems()
        self._texts: dict[Key, str] = {}
        self._entries: dict[str | None, defaultdict[Any, list[Entry]]] = {
            name: defaultdict(list) for name in self.indexes
        }
        self._secondary = [index for index in self.indexes.values() if index.name is not None]

    def __len__(self) -> int:
        return len(self._texts)

    def text(self, key: Key) -> str | None:
        return self._texts.get(key)

    def item(self, key: Key) -> Attributes | None:
        """The item, a new one each time."""
        text = self._texts.get(key)
        return None if text is None else item_of(text)

    def entries(self, index: str | None, partition: Any) -> list[Entry]:
        return self._entries[index].get(partition, [])

    def all_keys(self) -> list[Key]:
        """In the order of a Scan."""
        return sorted(self._texts)

    def write(self, key: Key, before: Attributes | None, after: Attributes | None, text: str | None) -> None:
        """Put an item in the place of another one; None for none. `text` is that of `after`."""
        pk, sk = key
        self.large.forget(key)
        if text is None:
            self._texts.pop(key, None)
        else:
            self._texts[key] = text
        if (before is None) != (after is None):
            self._move(None, pk, (sk, pk, sk), there=after is not None)
        for index in self._secondary:
            left, entered = _position(index, key, before), _position(index, key, after)
            if left == entered:
                continue
            if left is not None:
                self._move(index.name, *left, there=False)
            if entered is not None:
                self._move(index.name, *entered, there=True)

    def load(self, rows: Iterable[tuple[Key, str]]) -> None:
        """Put many new items at once. Their texts are not read where no index can have them."""
        named = [(index, [f'"{name}"' for name in index.keys if name not in self.keys]) for index in self._secondary]
        for key, text in rows:
            pk, sk = key
            self._texts[key] = text
            self._entries[None][pk].append((sk, pk, sk))
            item: Attributes | None = None
            for index, names in named:
                if all(name in text for name in names):
                    item = item or item_of(text)
                    position = _position(index, key, item)
                    if position is not None:
                        self._entries[index.name][position[0]].append(position[1])
        for partitions in self._entries.values():
            for entries in partitions.values():
                entries.sort()

    def _move(self, index: str | None, partition: Any, entry: Entry, *, there: bool) -> None:
        entries = self._entries[index][partition]
        if there:
            insort(entries, entry)
            return
        del entries[bisect_left(entries, entry)]
        if not entries:
            del self._entries[index][partition]

    def index(self, name: str | None) -> Index:
        """Raises ValidationException."""
        if name not in self.indexes:
            raise invalid(f"The table does not have the specified index: {name}")
        return self.indexes[name]

    def key(self, attributes: Mapping[str, Any]) -> Key:
        """The two values of a key that has nothing else. Raises ValidationException."""
        if len(attributes) != 2 or not all("S" in attributes.get(name, ()) for name in self.keys):
            raise invalid("The provided key element does not match the schema")
        return self._checked_key(attributes)

    def key_of_item(self, item: Attributes) -> Key:
        """Raises ValidationException, for a key of an index, too, that has another type."""
        for name in self.keys:
            if name not in item:
                raise invalid(f"One or more parameter values were invalid: Missing the key {name} in the item")
            if "S" not in item[name]:
                raise invalid(f"One or more parameter values were invalid: Type mismatch for key {name} expected: S")
        self.check_index_keys(item)
        return self._checked_key(item)

    def check_index_keys(self, item: Attributes) -> None:
        """Raises ValidationException."""
        for index in self._secondary:
            for name, kind in zip(index.keys, index.types, strict=True):
                if name in item and kind not in item[name]:
                    raise invalid(
                        f"One or more parameter values were invalid: Type mismatch for Index Key {name} "
                        f"Expected: {kind} Actual: {kind_of(item[name])} IndexName: {index.name}"
                    )
                if name in item and item[name].get("S") == "":
                    raise invalid(
                        "One or more parameter values are not valid. A value specified for a secondary index key is "
                        f"not supported. The AttributeValue for a key attribute cannot contain an empty string. {name}"
                    )

    def _checked_key(self, attributes: Mapping[str, Any]) -> Key:
        pk, sk = (attributes[name]["S"] for name in self.keys)
        for value, most in ((pk, MAX_PARTITION_KEY_BYTES), (sk, MAX_SORT_KEY_BYTES)):
            if not value:
                raise invalid("The AttributeValue for a key attribute cannot contain an empty string value")
            if len(value) * 4 > most and len(value.encode()) > most:
                raise invalid(f"One or more parameter values were invalid: Size of a key has exceeded {most} bytes")
        return pk, sk

    def key_attributes(self, key: Key) -> Attributes:
        return {name: {"S": value} for name, value in zip(self.keys, key, strict=True)}


def _index(description: Mapping[str, Any], types: Mapping[str, str], table_keys: tuple[str, ...]) -> Index:
    keys = _key_names(description["KeySchema"])
    if not {types[name] for name in keys} <= SCALARS:
        raise NotImplementedError("The embedded DynamoDB has no keys of binary values")
    projection = description["Projection"]
    held = None
    if projection["ProjectionType"] != "ALL":
        held = frozenset({*keys, *table_keys, *projection.get("NonKeyAttributes", ())})
    return Index(description["IndexName"], keys, tuple(types[name] for name in keys), held)


def _key_names(schema: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(each["AttributeName"] for each in sorted(schema, key=lambda each: each["KeyType"]))  # HASH, RANGE


def _position(index: Index, key: Key, item: Attributes | None) -> tuple[Any, Entry] | None:
    """The item's partition of an index and its place in it; None where it is not in it."""
    if item is None:
        return None
    places = []
    for name in index.keys:
        if name not in item:
            return None
        places.append(place(item[name]))
    partition, *rest = places
    return partition, (rest[0] if rest else "", *key)
