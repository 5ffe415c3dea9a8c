"""Arguments for a tool, made from the JSON schema of its parameters: the demo provider's, which knows no meaning."""

import json
import math
from collections.abc import Mapping
from typing import Any

from promptyard.providers.writing.references import inlined

MAX_DEPTH = 20
"""What lies deeper is left empty."""
MAX_ITEMS = 10
"""Of a list."""
MAX_CHARACTERS = 100_000
"""Of all values as JSON, roughly."""

_OF_FORMAT = {
    "date": "2026-11-21",
    "time": "10:30:00Z",
    "date-time": "2026-11-21T10:30:00Z",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def arguments(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What the schema itself gives (a constant, a default, an example, the first choice), else the plainest value of
    its type; a text is its property's name. Of an object the required properties, or all where none are. Patterns and
    conditions are not looked at. What is more than MAX_CHARACTERS is left empty, as what is deeper than MAX_DEPTH."""
    made = _Maker().value(inlined(schema), "value", MAX_DEPTH)
    return made if isinstance(made, dict) else {}


class _Maker:
    """Of the values of one schema, which may hold lists of lists of lists."""

    def __init__(self) -> None:
        self._left = MAX_CHARACTERS

    def value(self, schema: Any, name: str, depth: int) -> Any:
        self._left -= 1
        if not isinstance(schema, dict) or depth == 0 or self._left < 0:
            return name
        schema = _chosen(schema)
        self._left -= len(_mapping(schema.get("properties")))
        self._left -= sum(len(_list(schema.get(field))) for field in ("required", "allOf", "anyOf", "oneOf"))
        given = [schema[field] for field in ("const", "default") if field in schema]
        given += [_list(schema.get(field))[0] for field in ("enum", "examples") if _list(schema.get(field))]
        made = given[0] if given else self._plainest(schema, name, depth)
        if given or isinstance(made, str):
            self._left -= len(json.dumps(made))
        return made

    def _plainest(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        match _type_of(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer" | "number":
                return _number(schema)
            case "boolean" | "null" as kind:
                return True if kind == "boolean" else None
        return _text(schema, name)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = _mapping(schema.get("properties"))
        names = [str(name) for name in _list(schema.get("required"))] or list(properties)
        return {name: self.value(properties.get(name), name, depth - 1) for name in names}

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        first = _list(schema.get("prefixItems"))
        most = min(_count(schema.get("maxItems"), MAX_ITEMS), MAX_ITEMS)
        wanted = min(max(_count(schema.get("minItems"), 0), len(first), 1), most)
        kinds = [*first, *[schema.get("items")] * wanted][:wanted]
        return [self.value(kind, name, depth - 1) for kind in kinds]


def _chosen(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema together with all of `allOf` and the first of its alternatives that is more than null. `properties`
    and `required` are of all of them."""
    chosen = dict(schema)
    properties = dict(_mapping(schema.get("properties")))
    required = list(_list(schema.get("required")))
    for field in ("allOf", "anyOf", "oneOf"):
        options = [one for one in _list(chosen.get(field)) if isinstance(one, dict)]
        if field != "allOf":
            options = [one for one in options if one.get("type") != "null"][:1]
        for one in options:
            chosen |= one
            properties |= _mapping(one.get("properties"))
            required += _list(one.get("required"))
    return chosen | ({"properties": properties} if properties else {}) | ({"required": required} if required else {})


def _type_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kind)


def _number(schema: Mapping[str, Any]) -> int | float:
    """The bound that is there, in whole numbers where it is one; else the step, or 1."""
    bounds = {"minimum": 0, "exclusiveMinimum": 1, "maximum": 0, "exclusiveMaximum": -1, "multipleOf": 0}
    for field, beyond in bounds.items():
        bound = schema.get(field)
        if isinstance(bound, int | float) and not isinstance(bound, bool) and -math.inf < bound < math.inf:
            return int(bound) + beyond if bound == int(bound) else bound + beyond
    return 1


def _text(schema: Mapping[str, Any], name: str) -> str:
    text = _OF_FORMAT.get(str(schema.get("format")), name)
    text = text.ljust(min(_count(schema.get("minLength"), 0), 1_000), "x")
    return text[: _count(schema.get("maxLength"), len(text))]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and value >= 0 else otherwise
