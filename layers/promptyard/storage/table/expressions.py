"""Expressions of DynamoDB, the parameters of a request that they make, and updates that are put together piece by
piece."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from promptyard.storage.table.attributes import to_attribute

_NAMES = re.compile(r"#\w+")


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition or filter with the values that its `:names` stand for. Attribute names are all written as `#name`, so
    that none of them can be a reserved word."""

    text: str
    values: Mapping[str, Any]


def request_parameters(
    *,
    key: Expression | None = None,
    where: Expression | None = None,
    condition: Expression | None = None,
    projection: Sequence[str] = (),
) -> dict[str, Any]:
    """The request's expressions with the names and values they use."""
    parameters: dict[str, Any] = {}
    names = {f"#{name}": name for name in projection}
    values: dict[str, Any] = {}
    for parameter, expression in (
        ("KeyConditionExpression", key),
        ("FilterExpression", where),
        ("ConditionExpression", condition),
    ):
        if expression is not None:
            parameters[parameter] = expression.text
            names.update((name, name[1:]) for name in _NAMES.findall(expression.text))
            values.update((f":{name}", to_attribute(value)) for name, value in expression.values.items())
    if projection:
        parameters["ProjectionExpression"] = ", ".join(f"#{name}" for name in projection)
    if names:
        parameters["ExpressionAttributeNames"] = names
    if values:
        parameters["ExpressionAttributeValues"] = values
    return parameters


Path = str | tuple[str, ...]
"""An attribute; or one, and the keys that lead into it, where it is a map. None of them has to be known in advance."""


class Changes:
    """Every method but `parameters` returns the same changes, with one more."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        """The placeholders of attributes, by attribute."""
        self._values: dict[str, Any] = {}
        """By placeholder."""
        self._clauses: dict[str, list[str]] = {}
        self._conditions: list[str] = []

    def assign(self, fields: Mapping[str, Any]) -> Self:
        """Set these attributes; None removes one."""
        for attribute, value in fields.items():
            if value is None:
                self.remove(attribute)
            else:
                self.set(attribute, value)
        return self

    def set(self, path: Path, value: Any) -> Self:
        return self._clause("SET", f"{self._name(path)} = {self._value(value)}")

    def set_if_missing(self, path: Path, value: Any) -> Self:
        name = self._name(path)
        return self._clause("SET", f"{name} = if_not_exists({name}, {self._value(value)})")

    def add(self, attribute: str, number: int) -> Self:
        return self._clause("ADD", f"{self._name(attribute)} {self._value(number)}") if number else self

    def remove(self, path: Path) -> Self:
        return self._clause("REMOVE", self._name(path))

    def require_missing(self, path: Path) -> Self:
        return self._require(f"attribute_not_exists({self._name(path)})")

    def require_there(self, path: Path) -> Self:
        return self._require(f"attribute_exists({self._name(path)})")

    def require_equal(self, path: Path, value: Any) -> Self:
        return self._require(f"{self._name(path)} = {self._value(value)}")

    def require_one_of(self, path: Path, values: Sequence[Any]) -> Self:
        name = self._name(path)
        return self._require(f"{name} IN ({', '.join([self._value(value) for value in values])})")

    def require_at_most(self, path: Path, number: int) -> Self:
        """What is missing counts as 0."""
        name, value = self._name(path), self._value(number)
        missing = f"attribute_not_exists({name}) OR " if number >= 0 else ""
        return self._require(f"({missing}{name} <= {value})")

    def require_fewer(self, attribute: str, number: int) -> Self:
        """The map is there and has fewer keys than that."""
        return self._require(f"size({self._name(attribute)}) < {self._value(number)}")

    def require_fewer_or_there(self, path: tuple[str, str], number: int) -> Self:
        """The map is there and has room: fewer keys than that, or this one among them."""
        size = f"size({self._name(path[0])}) < {self._value(number)}"
        return self.require_there(path[0])._require(f"({size} OR attribute_exists({self._name(path)}))")

    def parameters(self) -> dict[str, Any]:
        """The request's expressions with the names and values they use."""
        parameters: dict[str, Any] = {
            "UpdateExpression": " ".join([f"{verb} {', '.join(texts)}" for verb, texts in self._clauses.items()]),
            "ExpressionAttributeNames": {placeholder: attribute for attribute, placeholder in self._names.items()},
        }
        if self._conditions:
            parameters["ConditionExpression"] = " AND ".join(self._conditions)
        if self._values:
            parameters["ExpressionAttributeValues"] = self._values
        return parameters

    def _clause(self, verb: str, text: str) -> Self:
        self._clauses.setdefault(verb, []).append(text)
        return self

    def _require(self, text: str) -> Self:
        self._conditions.append(text)
        return self

    def _name(self, path: Path) -> str:
        if isinstance(path, str):
            return self._names.setdefault(path, f"#n{len(self._names)}")
        return ".".join([self._name(part) for part in path])

    def _value(self, value: Any) -> str:
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = to_attribute(value)
        return placeholder
