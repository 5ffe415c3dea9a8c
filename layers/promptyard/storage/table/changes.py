"""One update of an item, put together piece by piece: what it sets, adds and removes, and what has to hold before."""

from collections.abc import Mapping
from typing import Any, Self

from promptyard.storage.table.expressions import Expression

Path = str | tuple[str, ...]
"""An attribute; or one, and the keys that lead into it, where it is a map. None of them has to be known in advance."""


class Changes:
    """Every method returns the same changes, with one more."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
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

    def require_at_most(self, path: Path, number: int) -> Self:
        """What is missing counts as 0."""
        name, value = self._name(path), self._value(number)
        missing = f"attribute_not_exists({name}) OR " if number >= 0 else ""
        return self._require(f"({missing}{name} <= {value})")

    def require_fewer_or_there(self, path: tuple[str, str], number: int) -> Self:
        """The map is there and has room: fewer keys than that, or this one among them."""
        size = f"size({self._name(path[0])}) < {self._value(number)}"
        return self.require_there(path[0])._require(f"({size} OR attribute_exists({self._name(path)}))")

    def update(self) -> Expression:
        text = " ".join(f"{verb} {', '.join(clauses)}" for verb, clauses in self._clauses.items())
        return Expression(text, self._values, self._names)

    def condition(self) -> Expression | None:
        """To be used with `update`, whose values it shares."""
        return Expression(" AND ".join(self._conditions), {}, self._names) if self._conditions else None

    def _clause(self, verb: str, text: str) -> Self:
        self._clauses.setdefault(verb, []).append(text)
        return self

    def _require(self, text: str) -> Self:
        self._conditions.append(text)
        return self

    def _name(self, path: Path) -> str:
        return ".".join(self._placeholder(part) for part in ([path] if isinstance(path, str) else path))

    def _placeholder(self, attribute: str) -> str:
        placeholder = next((name for name, known in self._names.items() if known == attribute), f"n{len(self._names)}")
        self._names[placeholder] = attribute
        return f"#{placeholder}"

    def _value(self, value: Any) -> str:
        placeholder = f"v{len(self._values)}"
        self._values[placeholder] = value
        return f":{placeholder}"
