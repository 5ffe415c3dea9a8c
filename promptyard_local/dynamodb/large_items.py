"""Large items that are changed again and again, as they were last written: a tenant's month has an attribute for every
run that goes on, and reading three hundred of them from the item's text takes longer than all else that is done."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

from pydantic_core import from_json, to_json

from promptyard_local.dynamodb.values import Attribute, Attributes

Key = tuple[str, str]
"""The values of a table's two keys."""
Parts = dict[str, str]
"""The text of each attribute with its name, by name."""

LARGE = 2000
"""Characters of an item's text."""
AT_HAND = 32


def text_of(item: Attributes) -> str:
    """An item as it is held and kept."""
    return to_json(item).decode()


def item_of(text: str) -> Attributes:
    """A new one each time."""
    item: Attributes = from_json(text)
    return item


def joined(item: Attributes, parts: Parts) -> str:
    """The same, of parts that are made already."""
    return "{" + ",".join([parts[name] for name in item]) + "}"


@dataclass(frozen=True, slots=True)
class LargeItem:
    item: Attributes
    """Of which nothing may be changed."""
    parts: Parts

    def parts_of(self, item: Attributes, changed: Collection[str]) -> Parts:
        """Those of what it has become by a change of these attributes."""
        parts = self.parts.copy()
        for name in changed:
            parts.pop(name, None)
            if name in item:
                parts[name] = _part(name, item[name])
        return parts


class LargeItems:
    """The last ones that an update has written, as long as nothing else was written in their place."""

    def __init__(self) -> None:
        self._at_hand: OrderedDict[Key, LargeItem] = OrderedDict()

    def get(self, key: Key) -> LargeItem | None:
        return self._at_hand.get(key)

    def keep(self, key: Key, item: Attributes, text: str, parts: Parts | None) -> None:
        """`parts` of the item, where they are made."""
        if len(text) < LARGE:
            return
        parts = parts or {name: _part(name, attribute) for name, attribute in item.items()}
        self._at_hand[key] = LargeItem(item, parts)
        if len(self._at_hand) > AT_HAND:
            self._at_hand.popitem(last=False)

    def forget(self, key: Key) -> None:
        self._at_hand.pop(key, None)


def _part(name: str, attribute: Attribute) -> str:
    return to_json({name: attribute}).decode()[1:-1]
