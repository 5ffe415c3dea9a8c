"""A value planted at each place of a JSON document in turn: of one that is there, or of all that a schema takes."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

Place = tuple[str | int, ...]


def planted_in(document: Any, text: str, number: int, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """The document once for each of its texts and numbers, with the canary in its place."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        if isinstance(value, dict | list):
            planted: Iterator[tuple[Place, Any]] = planted_in(value, text, number, (*place, key))
        elif isinstance(value, str):
            planted = iter([((*place, key), text), ((*place, key, "behind"), f"{value} {text}")])
        elif isinstance(value, int | float) and not isinstance(value, bool):
            planted = iter([((*place, key), number)])
        else:
            continue
        for where, changed in planted:
            whole = copy.copy(document)
            whole[key] = changed
            yield where, whole


class SchemaLeaves:
    """What a JSON schema takes, as small as can be but for one leaf, which holds the canary."""

    def __init__(self, schema: Mapping[str, Any], text: str, number: int) -> None:
        self._definitions = schema.get("$defs", {})
        self._root = schema
        self._text = text
        self._number = number

    def each(self) -> Iterator[tuple[Place, Any]]:
        return self._planted(self._root, (), 0)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self._definitions[schema["$ref"].rpartition("/")[2]]
        return schema

    def _planted(self, schema: Any, place: Place, depth: int) -> Iterator[tuple[Place, Any]]:
        schema = self._resolved(schema) if isinstance(schema, Mapping) else {}
        if depth > 12 or "const" in schema or "enum" in schema:
            return
        for branch in [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
            yield from self._planted(branch, place, depth + 1)
        match schema.get("type"):
            case "object":
                yield from self._in_object(schema, place, depth)
            case "array":
                for where, value in self._planted(schema.get("items", {}), (*place, 0), depth + 1):
                    yield where, [value]
            case "string":
                yield place, self._text
                if "pattern" in schema:
                    yield place, f"https://example.com/{self._text}"
                    yield place, f"data:image/png;base64,{self._text}"
            case "integer" | "number":
                yield place, self._number
            case None if "anyOf" not in schema and "oneOf" not in schema:
                yield from self._anything(place)

    def _in_object(self, schema: Mapping[str, Any], place: Place, depth: int) -> Iterator[tuple[Place, Any]]:
        properties = schema.get("properties", {})
        for base in self._smallest_objects(schema):
            for name, inner in properties.items():
                for where, value in self._planted(inner, (*place, name), depth + 1):
                    yield where, {**base, name: value}
            if schema.get("additionalProperties", False) is not False:
                for where, value in self._anything((*place, "*")):
                    yield where, {**base, "x": value}
                yield (*place, "a name"), {**base, self._text: "x"}

    def _anything(self, place: Place) -> Iterator[tuple[Place, Any]]:
        yield place, self._text
        yield place, self._number
        yield place, float(self._number)
        yield place, {"deep": [{"in": self._text}]}

    def _smallest_objects(self, schema: Mapping[str, Any]) -> list[dict[str, Any]]:
        """With what must be there; once for each role of a message."""
        properties = schema.get("properties", {})
        needed = [name for name, inner in properties.items() if name in schema.get("required", ()) or "const" in inner]
        base = {name: self._smallest(properties[name]) for name in needed}
        roles = self._resolved(properties.get("role", {})).get("enum", [None])
        return [base if role is None else {**base, "content": "Hi", "role": role} for role in roles]

    def _smallest(self, schema: Any) -> Any:
        schema = self._resolved(schema)
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        if "enum" in schema:
            return schema["enum"][0]
        if branches := [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
            return self._smallest(branches[0])
        if schema.get("type") == "object":
            return self._smallest_objects(schema)[0]
        return {"array": [], "string": "x", "integer": 1, "number": 1, "boolean": True}.get(schema.get("type", ""), "x")
