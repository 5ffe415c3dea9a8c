"""Random attribute values and items of one table: of few keys and attributes, so that they meet."""

from collections.abc import Callable
from random import Random
from typing import Any

PARTITIONS, SORTS, GROUPS = ("p", "q"), ("a", "ab", "b", "ba", "c"), ("g", "h")
TEXTS = ("a", "ab", "b", "ü", "z")
NUMBERS = ("0", "1", "2", "10", "-3", "2.50", "1e2", "-0.001")
PLAIN = ("a", "b", "c")
"""Attributes that may be anything."""
Attribute = dict[str, Any]


class RandomValues:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def number(self) -> Attribute:
        return {"N": self.random.choice(NUMBERS)}

    def text(self) -> Attribute:
        return {"S": self.random.choice(TEXTS)}

    def scalar(self) -> Attribute:
        return self.random.choice((self.number, self.text, self.number, self.text, self._flag))()

    def _flag(self) -> Attribute:
        return self.random.choice(({"BOOL": True}, {"BOOL": False}, {"NULL": True}))

    def set_of(self, kind: str) -> Attribute:
        entries = TEXTS if kind == "SS" else NUMBERS
        return {kind: self.random.sample(entries, self.random.randint(1, 3))}

    def list_of(self) -> Attribute:
        return {"L": [self.scalar() for _ in range(self.random.randint(0, 3))]}

    def map_of(self) -> Attribute:
        return {"M": {name: self.scalar() for name in self.random.sample(("x", "y", "z"), self.random.randint(0, 3))}}

    def any(self) -> Attribute:
        makers: list[Callable[[], Attribute]] = [self.scalar, self.scalar, self.scalar, self.list_of, self.map_of]
        makers += [lambda: self.set_of("SS"), lambda: self.set_of("NS")]
        return self.random.choice(makers)()

    def key(self) -> dict[str, Attribute]:
        return {"pk": {"S": self.random.choice(PARTITIONS)}, "sk": {"S": self.random.choice(SORTS)}}

    def item(self) -> dict[str, Attribute]:
        made = {
            "group": lambda: {"S": self.random.choice(GROUPS)},
            "rank": self.number,
            **dict.fromkeys(PLAIN, self.any),
            "n": self.number,
            "m": self.map_of,
            "l": self.list_of,
            "s": lambda: self.set_of("SS"),
            "t": lambda: self.set_of("NS"),
        }
        return self.key() | {name: make() for name, make in made.items() if self.random.random() < 0.6}
