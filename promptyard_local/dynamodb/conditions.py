"""Conditions as they are once parsed. Each node checks what the request gives it, and says whether it holds for an
item.

Names and values are looked up at each use: the parsed expression is the same for every request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any, Protocol

from promptyard_local.dynamodb.documents import Steps, part_at
from promptyard_local.dynamodb.refusals import invalid
from promptyard_local.dynamodb.values import SCALARS, Attribute, Attributes, kind_of, place, same

TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"})
ORDERS = {"<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass(frozen=True, slots=True)
class Given:
    """The request's ExpressionAttributeNames and ExpressionAttributeValues."""

    names: Mapping[Any, str]
    values: Attributes


class Operand(Protocol):
    def value(self, item: Attributes, given: Given) -> Attribute | None:
        """None where the item has none."""


class Test(Protocol):
    def check(self, given: Given) -> None:
        """Raises ValidationException where what is given can never be compared like this."""

    def holds(self, item: Attributes, given: Given) -> bool: ...


@dataclass(frozen=True, slots=True)
class DocumentPath:
    parts: Steps
    """As written: `#name` for a placeholder."""

    def steps(self, given: Given) -> Steps:
        names = given.names
        if len(self.parts) == 1:  # nearly always
            return (names.get(self.parts[0], self.parts[0]),)
        return tuple([names.get(part, part) for part in self.parts])

    def value(self, item: Attributes, given: Given) -> Attribute | None:
        return part_at(self.steps(given), item)


@dataclass(frozen=True, slots=True)
class GivenValue:
    name: str

    def value(self, item: Attributes, given: Given) -> Attribute | None:  # noqa: ARG002 - the same for every item
        return given.values[self.name]


@dataclass(frozen=True, slots=True)
class SizeOf:
    """A number and a truth value have no size."""

    path: DocumentPath

    def value(self, item: Attributes, given: Given) -> Attribute | None:
        found = self.path.value(item, given)
        if found is None:
            return None
        [(kind, value)] = found.items()
        return {"N": str(len(value))} if kind in {"S", "M", "L", "SS", "NS"} else None


@dataclass(frozen=True, slots=True)
class Compared:
    """`=`, `<>` and the four orders. What is missing differs from everything and stands in no order."""

    sign: str
    left: Operand
    right: Operand

    def check(self, given: Given) -> None:
        refuse_same_path(self.left, self.right, given)
        if self.sign in ORDERS:
            for operand in (self.left, self.right):
                refuse_types(operand, SCALARS, given)

    def holds(self, item: Attributes, given: Given) -> bool:
        left, right = self.left.value(item, given), self.right.value(item, given)
        if left is None or right is None:
            return self.sign == "<>"
        if self.sign == "=":
            return same(left, right)
        if self.sign == "<>":
            return not same(left, right)
        return _comparable(left, right) and bool(ORDERS[self.sign](place(left), place(right)))


@dataclass(frozen=True, slots=True)
class Within:
    """BETWEEN."""

    operand: Operand
    low: Operand
    high: Operand

    def check(self, given: Given) -> None:
        bounds = [literal(bound, given) for bound in (self.low, self.high)]
        for operand in (self.operand, self.low, self.high):
            refuse_types(operand, SCALARS, given)
        low, high = bounds
        if low is not None and high is not None:
            if not _comparable(low, high):
                raise invalid("The BETWEEN operator requires same data type for lower and upper bounds")
            if place(low) > place(high):
                raise invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound")

    def holds(self, item: Attributes, given: Given) -> bool:
        found, low, high = (operand.value(item, given) for operand in (self.operand, self.low, self.high))
        if found is None or low is None or high is None:
            return False
        return _comparable(found, low) and _comparable(found, high) and bool(place(low) <= place(found) <= place(high))


@dataclass(frozen=True, slots=True)
class OneOf:
    """IN."""

    operand: Operand
    options: tuple[Operand, ...]

    def check(self, given: Given) -> None:
        for option in self.options:
            refuse_same_path(self.operand, option, given)

    def holds(self, item: Attributes, given: Given) -> bool:
        found = self.operand.value(item, given)
        if found is None:
            return False
        options = (option.value(item, given) for option in self.options)
        return any(option is not None and same(found, option) for option in options)


@dataclass(frozen=True, slots=True)
class Exists:
    path: DocumentPath

    def check(self, given: Given) -> None:
        """Nothing can be wrong with it."""

    def holds(self, item: Attributes, given: Given) -> bool:
        return self.path.value(item, given) is not None


@dataclass(frozen=True, slots=True)
class HasType:
    operand: Operand
    wanted: Operand

    def check(self, given: Given) -> None:
        wanted = literal(self.wanted, given)
        if wanted is None or kind_of(wanted) != "S":
            raise invalid("Incorrect operand type for operator or function; operator or function: attribute_type")
        if wanted["S"] not in TYPES:
            raise invalid(f"Invalid attribute type name found; type: {wanted['S']}")

    def holds(self, item: Attributes, given: Given) -> bool:
        found, wanted = self.operand.value(item, given), self.wanted.value(item, given)
        return found is not None and wanted is not None and kind_of(found) == wanted["S"]


@dataclass(frozen=True, slots=True)
class BeginsWith:
    operand: Operand
    beginning: Operand

    def check(self, given: Given) -> None:
        refuse_same_path(self.operand, self.beginning, given)
        for operand in (self.operand, self.beginning):
            refuse_types(operand, frozenset({"S"}), given)

    def holds(self, item: Attributes, given: Given) -> bool:
        found, beginning = self.operand.value(item, given), self.beginning.value(item, given)
        if found is None or beginning is None or "S" not in found or "S" not in beginning:
            return False
        return bool(found["S"].startswith(beginning["S"]))


@dataclass(frozen=True, slots=True)
class Contains:
    """A text in a text, an entry in a set or a list."""

    operand: Operand
    entry: Operand

    def check(self, given: Given) -> None:
        refuse_same_path(self.operand, self.entry, given)

    def holds(self, item: Attributes, given: Given) -> bool:
        found, entry = self.operand.value(item, given), self.entry.value(item, given)
        if found is None or entry is None:
            return False
        [(kind, value)] = found.items()
        if kind == "L":
            return any(same(one, entry) for one in value)
        if kind in {"SS", "NS"}:
            return kind_of(entry) == kind[0] and any(same({kind[0]: one}, entry) for one in value)
        return kind == "S" and "S" in entry and entry["S"] in value


@dataclass(frozen=True, slots=True)
class Every:
    tests: tuple[Test, ...]

    def check(self, given: Given) -> None:
        for test in self.tests:
            test.check(given)

    def holds(self, item: Attributes, given: Given) -> bool:
        return all(test.holds(item, given) for test in self.tests)


@dataclass(frozen=True, slots=True)
class Either:
    tests: tuple[Test, ...]

    def check(self, given: Given) -> None:
        for test in self.tests:
            test.check(given)

    def holds(self, item: Attributes, given: Given) -> bool:
        return any(test.holds(item, given) for test in self.tests)


@dataclass(frozen=True, slots=True)
class Not:
    test: Test

    def check(self, given: Given) -> None:
        self.test.check(given)

    def holds(self, item: Attributes, given: Given) -> bool:
        return not self.test.holds(item, given)


def literal(operand: Operand, given: Given) -> Attribute | None:
    """What stands in the request itself."""
    return given.values[operand.name] if isinstance(operand, GivenValue) else None


def refuse_types(operand: Operand, allowed: frozenset[str], given: Given) -> None:
    """Raises ValidationException where the request gives a value of another type."""
    value = literal(operand, given)
    if value is not None and kind_of(value) not in allowed:
        raise invalid(f"Incorrect operand type for operator or function; operand type: {kind_of(value)}")


def refuse_same_path(one: Operand, other: Operand, given: Given) -> None:
    if isinstance(one, DocumentPath) and isinstance(other, DocumentPath) and one.steps(given) == other.steps(given):
        raise invalid("The first operand must be distinct from the remaining operands for this operator or function")


def _comparable(one: Attribute, other: Attribute) -> bool:
    return kind_of(one) == kind_of(other) and kind_of(one) in SCALARS
