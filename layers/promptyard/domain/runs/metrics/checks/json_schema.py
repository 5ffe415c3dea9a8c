"""JSON Schema, drafts 7 to 2020-12: what an answer's JSON has to be like.

Written here because a schema is a caller's: its patterns must be matched in linear time, its references must not lead
away from it, nor its size into hours of work. A keyword that is not known is refused, and not passed over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from promptyard.domain.runs.metrics.checks.formats import FORMATS
from promptyard.domain.runs.metrics.checks.json_values import canonical
from promptyard.domain.runs.metrics.checks.patterns import TextTooLong, matches

MAX_STEPS = 100_000
"""How many pairs of a schema and a value are looked at, and how many times five characters are searched or compared."""
MAX_DEPTH = 100

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: is_number(value),  # noqa: PLW0108 - defined below
    "integer": lambda value: is_number(value) and value == int(value),
}


class SchemaTooCostly(ValueError):
    """Checking the value takes too many steps, or a reference leads back to itself."""


def conforms(schema: Any, value: Any) -> bool:
    """Whether a value is as the schema says, which `check_schema` has let through. Raises SchemaTooCostly."""
    try:
        return _Check(schema).holds(schema, value, 0)
    except RecursionError:
        raise SchemaTooCostly("the schema nests too deep") from None


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def resolve(root: Any, reference: str) -> Any:
    """What a reference within a schema names: `#`, `#/…`, or `#name` of an `$anchor`-less schema is not known. Raises
    LookupError."""
    if reference != "#" and not reference.startswith("#/"):
        raise LookupError(reference)
    found = root
    for part in reference[2:].split("/") if reference != "#" else ():
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list):
            found = found[int(name)] if name.isdecimal() and int(name) < len(found) else None
        elif isinstance(found, dict):
            found = found[name]
        if not isinstance(found, dict | list | bool):
            raise LookupError(reference)
    return found


@dataclass(slots=True)
class _Check:
    root: Any
    steps: int = field(default=0)

    def holds(self, schema: Any, value: Any, depth: int) -> bool:
        self._spend(5 * MAX_STEPS if depth > MAX_DEPTH else 0)
        if isinstance(schema, bool):
            return schema
        if "$ref" in schema and not self.holds(resolve(self.root, schema["$ref"]), value, depth + 1):
            return False
        return (
            _of_type(schema, value)
            and self._is_one_of(schema, value)
            and (not is_number(value) or _number_holds(schema, value))
            and (not isinstance(value, str) or self._text_holds(schema, value))
            and (not isinstance(value, list) or self._array_holds(schema, value, depth))
            and (not isinstance(value, dict) or self._object_holds(schema, value, depth))
            and self._combination_holds(schema, value, depth)
        )

    def _spend(self, characters: int) -> None:
        self.steps += 1 + characters // 5
        if self.steps > MAX_STEPS:
            raise SchemaTooCostly("the schema takes too long to check")

    def _is_one_of(self, schema: dict[str, Any], value: Any) -> bool:
        wanted = [[schema["const"]]] if "const" in schema else []
        wanted += [schema["enum"]] if "enum" in schema else []
        if not wanted:
            return True
        found = self._canonical(value)
        return all(any(canonical(one) == found for one in some) for some in wanted)

    def _canonical(self, value: Any) -> str:
        text = canonical(value)
        self._spend(len(text))
        return text

    def _matches(self, pattern: str, text: str) -> bool:
        self._spend(len(text))
        try:
            return matches(pattern, text)
        except TextTooLong:
            raise SchemaTooCostly("a text is too long for its pattern") from None

    def _text_holds(self, schema: dict[str, Any], value: str) -> bool:
        return (
            schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
            and ("pattern" not in schema or self._matches(schema["pattern"], value))
            and ("format" not in schema or FORMATS[schema["format"]](value))
        )

    def _combination_holds(self, schema: dict[str, Any], value: Any, depth: int) -> bool:
        def count(schemas: list[Any]) -> int:
            return sum(self.holds(one, value, depth + 1) for one in schemas)

        all_of, any_of, one_of = (schema.get(name) for name in ("allOf", "anyOf", "oneOf"))
        if "if" in schema:
            branch = "then" if self.holds(schema["if"], value, depth + 1) else "else"
            if branch in schema and not self.holds(schema[branch], value, depth + 1):
                return False
        return (
            (all_of is None or count(all_of) == len(all_of))
            and (any_of is None or count(any_of) > 0)
            and (one_of is None or count(one_of) == 1)
            and ("not" not in schema or not self.holds(schema["not"], value, depth + 1))
        )

    def _array_holds(self, schema: dict[str, Any], value: list[Any], depth: int) -> bool:
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return False
        if schema.get("uniqueItems") and len({self._canonical(item) for item in value}) < len(value):
            return False
        items, rest = schema.get("prefixItems", []), schema.get("items", True)
        if isinstance(rest, list):
            items, rest = rest, schema.get("additionalItems", True)
        for number, item in enumerate(value):
            if not self.holds(items[number] if number < len(items) else rest, item, depth + 1):
                return False
        if "contains" not in schema:
            return True
        found = sum(self.holds(schema["contains"], item, depth + 1) for item in value)
        return bool(schema.get("minContains", 1) <= found <= schema.get("maxContains", found))

    def _object_holds(self, schema: dict[str, Any], value: dict[str, Any], depth: int) -> bool:
        if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
            return False
        if any(name not in value for name in schema.get("required", ())):
            return False
        named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        names = schema.get("propertyNames", True)
        for name, inner in value.items():
            applying = [named[name]] if name in named else []
            applying += [one for pattern, one in patterns.items() if self._matches(pattern, name)]
            if not applying:
                applying = [schema.get("additionalProperties", True)]
            if not all(self.holds(one, inner, depth + 1) for one in applying) or not self.holds(names, name, depth + 1):
                return False
        dependencies = {**schema.get("dependentRequired", {}), **schema.get("dependentSchemas", {})}
        return all(
            self.holds({"required": more} if isinstance(more, list) else more, value, depth + 1)
            for name, more in dependencies.items()
            if name in value
        )


def _of_type(schema: dict[str, Any], value: Any) -> bool:
    wanted = schema.get("type")
    if wanted is None:
        return True
    return any(_TYPES[name](value) for name in ([wanted] if isinstance(wanted, str) else wanted))


def _number_holds(schema: dict[str, Any], value: float) -> bool:
    step = schema.get("multipleOf")
    return (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        and (step is None or _is_multiple(value, step))
    )


def _is_multiple(value: float, step: float) -> bool:
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    try:
        return (value / step).is_integer()
    except OverflowError:
        return False
