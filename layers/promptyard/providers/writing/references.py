"""JSON schemas without references, for APIs that resolve none."""

from collections.abc import Mapping
from typing import Any

ANYTHING: dict[str, Any] = {"type": "object"}
"""Stands where a schema would hold itself."""

MAX_PARTS = 50_000
"""Of a schema without references: no provider takes as large a one."""

_DEFINITIONS = ("$defs", "definitions")


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with each `$ref` into its own definitions replaced by what it refers to; one that is recursive, or
    refers elsewhere, by any object. A schema that is too large or too deep for that stays as it is."""
    try:
        return _Resolver(schema).resolved() if _refers(schema) else dict(schema)
    except (RecursionError, OverflowError):
        return dict(schema)


def _refers(value: Any) -> bool:
    if isinstance(value, Mapping):
        return isinstance(value.get("$ref"), str) or any(_refers(inner) for inner in value.values())
    return isinstance(value, list) and any(_refers(inner) for inner in value)


class _Resolver:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = MAX_PARTS

    def resolved(self) -> dict[str, Any]:
        result: dict[str, Any] = self._of(_without_definitions(self._root), ())
        return result

    def _of(self, value: Any, within: tuple[str, ...]) -> Any:
        """Raises OverflowError: definitions that hold one another twice grow without end."""
        self._left -= 1
        if self._left < 0:
            raise OverflowError
        if isinstance(value, list):
            return [self._of(inner, within) for inner in value]
        if not isinstance(value, Mapping):
            return value
        reference = value.get("$ref")
        if not isinstance(reference, str):
            return {name: self._of(inner, within) for name, inner in value.items()}
        beside = {name: self._of(inner, within) for name, inner in value.items() if name != "$ref"}
        found = None if reference in within else self._at(reference)
        if not isinstance(found, Mapping):
            return ANYTHING | beside
        return self._of(_without_definitions(found), (*within, reference)) | beside

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            return None
        found: Any = self._root
        for step in reference[2:].split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


def _without_definitions(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in _DEFINITIONS}
