"""One update of an item, put together piece by piece: its attributes' names need not be known in advance."""

from typing import Any

from promptyard.storage.table.table import Expression


class UpdateBuilder:
    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._clauses: dict[str, list[str]] = {}
        self._conditions: list[str] = []

    def set(self, attribute: str, value: Any) -> None:
        self._clause("SET", f"{self._name(attribute)} = {self._value(value)}")

    def set_if_missing(self, attribute: str, value: Any) -> None:
        name = self._name(attribute)
        self._clause("SET", f"{name} = if_not_exists({name}, {self._value(value)})")

    def add(self, attribute: str, number: int) -> None:
        if number:
            self._clause("ADD", f"{self._name(attribute)} {self._value(number)}")

    def remove(self, attribute: str) -> None:
        self._clause("REMOVE", self._name(attribute))

    def require_missing(self, attribute: str) -> None:
        self._conditions.append(f"attribute_not_exists({self._name(attribute)})")

    def require_there(self, attribute: str) -> None:
        self._conditions.append(f"attribute_exists({self._name(attribute)})")

    def require_equal(self, attribute: str, value: Any) -> None:
        self._conditions.append(f"{self._name(attribute)} = {self._value(value)}")

    def require_at_most(self, attribute: str, number: int) -> None:
        """What is missing counts as 0."""
        name, value = self._name(attribute), self._value(number)
        missing = f"attribute_not_exists({name}) OR " if number >= 0 else ""
        self._conditions.append(f"({missing}{name} <= {value})")

    def update(self) -> Expression:
        text = " ".join(f"{verb} {', '.join(clauses)}" for verb, clauses in self._clauses.items())
        return Expression(text, self._values, self._names)

    def condition(self) -> Expression:
        """To be used with `update`, whose values it shares."""
        return Expression(" AND ".join(self._conditions), {}, self._names)

    def _clause(self, verb: str, text: str) -> None:
        self._clauses.setdefault(verb, []).append(text)

    def _name(self, attribute: str) -> str:
        placeholder = next((name for name, known in self._names.items() if known == attribute), f"n{len(self._names)}")
        self._names[placeholder] = attribute
        return f"#{placeholder}"

    def _value(self, value: Any) -> str:
        placeholder = f"v{len(self._values)}"
        self._values[placeholder] = value
        return f":{placeholder}"
