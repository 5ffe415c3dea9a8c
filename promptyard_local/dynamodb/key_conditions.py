"""KeyConditionExpressions: one partition, and a range of it."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any

from promptyard_local.dynamodb.conditions import (
    BeginsWith,
    Compared,
    DocumentPath,
    Every,
    Given,
    GivenValue,
    Operand,
    Test,
    Within,
)
from promptyard_local.dynamodb.refusals import invalid
from promptyard_local.dynamodb.tables import Entry, Index
from promptyard_local.dynamodb.values import kind_of, place

_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class KeyRange:
    """What is ordered from `low` to `high`, both with or without themselves; None for no bound."""

    partition: Any
    low: Any = None
    high: Any = None
    with_low: bool = True
    with_high: bool = True
    beginning: str | None = None
    """What it begins with."""

    def has(self, value: Any) -> bool:
        """Whether a value is in it."""
        above = self.low is None or (value >= self.low if self.with_low else value > self.low)
        below = self.high is None or (value <= self.high if self.with_high else value < self.high)
        return above and below and (self.beginning is None or value.startswith(self.beginning))

    def part_of(self, entries: list[Entry]) -> tuple[int, int]:
        """Where it begins and ends in a partition."""
        if self.beginning is not None:
            beginning = self.beginning
            low = bisect_left(entries, beginning, key=_ordered_by)
            return low, bisect_right(entries, beginning, lo=low, key=lambda entry: entry[0][: len(beginning)])
        low, high = 0, len(entries)
        if self.low is not None:
            low = (bisect_left if self.with_low else bisect_right)(entries, self.low, key=_ordered_by)
        if self.high is not None:
            high = (bisect_right if self.with_high else bisect_left)(entries, self.high, key=_ordered_by)
        return low, max(low, high)


def _ordered_by(entry: Entry) -> Any:
    return entry[0]


def key_range(condition: Test, index: Index, given: Given) -> KeyRange:
    """Raises ValidationException for a condition that is none on the keys of the table or index."""
    tests = condition.tests if isinstance(condition, Every) else (condition,)
    by_key: dict[str, Test] = {}
    for test in tests:
        name = _key_of(test, index, given)
        if name in by_key:
            raise invalid("KeyConditionExpressions must only contain one condition per key")
        by_key[name] = test
    partition = by_key.pop(index.keys[0], None)
    if partition is None:
        raise invalid(f"Query condition missed key schema element: {index.keys[0]}")
    if not isinstance(partition, Compared) or partition.sign != "=":
        raise invalid("Query key condition not supported")
    _, value = _sides(partition)
    found = KeyRange(_given_place(value, index.types[0], given))
    return found if not by_key else _narrowed(found.partition, next(iter(by_key.values())), index.types[1], given)


def _key_of(test: Test, index: Index, given: Given) -> str:
    if isinstance(test, Compared) and test.sign != "<>":
        operand, _ = _sides(test)
    elif isinstance(test, Within | BeginsWith):
        operand = test.operand
    else:
        raise invalid("Invalid operator used in KeyConditionExpression")
    if not isinstance(operand, DocumentPath):
        raise invalid("Invalid condition in KeyConditionExpression: No key attribute specified")
    name, *rest = operand.steps(given)
    if rest:
        raise invalid("KeyConditionExpressions cannot have conditions on nested attributes")
    if name not in index.keys:
        raise invalid(f"Query condition missed key schema element: {index.keys[-1]}")
    return str(name)


def _sides(test: Compared) -> tuple[Operand, Operand]:
    """The key's and the value's, whichever stands first."""
    return (test.right, test.left) if isinstance(test.left, GivenValue) else (test.left, test.right)


def _narrowed(partition: Any, test: Test, kind: str, given: Given) -> KeyRange:
    if isinstance(test, Within):
        return KeyRange(partition, _given_place(test.low, kind, given), _given_place(test.high, kind, given))
    if isinstance(test, BeginsWith):
        return KeyRange(partition, beginning=_given_place(test.beginning, kind, given))
    assert isinstance(test, Compared)
    value = _given_place(_sides(test)[1], kind, given)
    sign = _MIRRORED[test.sign] if isinstance(test.left, GivenValue) else test.sign
    if sign == "=":
        return KeyRange(partition, value, value)
    if sign in {"<", "<="}:
        return KeyRange(partition, high=value, with_high=sign == "<=")
    return KeyRange(partition, low=value, with_low=sign == ">=")


def _given_place(operand: Operand, kind: str, given: Given) -> Any:
    if not isinstance(operand, GivenValue):
        raise invalid("Invalid condition in KeyConditionExpression: a key is compared with a value of the request")
    value = given.values[operand.name]
    if kind_of(value) != kind:
        raise invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
    if value.get("S") == "":
        raise invalid(
            "One or more parameter values are not valid. A key attribute cannot contain an empty string value"
        )
    return place(value)
