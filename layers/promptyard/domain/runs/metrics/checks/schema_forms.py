"""Whether a JSON schema is one that can be checked: every keyword known, and of its form."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from promptyard.domain.runs.metrics.checks.formats import FORMATS
from promptyard.domain.runs.metrics.checks.json_schema import is_number, resolve
from promptyard.domain.runs.metrics.checks.patterns import PatternRefused, check_pattern

MAX_SCHEMAS = 2_000

_TYPES = frozenset({"object", "array", "string", "boolean", "null", "number", "integer"})
_Place = tuple[str | int, ...]


class SchemaRefused(ValueError):
    """`place` is the path within the schema."""

    def __init__(self, place: _Place, why: str) -> None:
        super().__init__(f"{'/'.join(map(str, place)) or 'the schema'} {why}")
        self.place = place


def check_schema(schema: Any) -> None:
    """Raises SchemaRefused."""
    left: list[tuple[_Place, Any]] = [((), schema)]
    seen = 0
    while left:
        place, one = left.pop()
        seen += 1
        if seen > MAX_SCHEMAS:
            raise SchemaRefused((), f"holds more than {MAX_SCHEMAS:,} schemas")
        if isinstance(one, bool):
            continue
        if not isinstance(one, dict):
            raise SchemaRefused(place, "is neither an object nor true nor false")
        for keyword, value in one.items():
            there = (*place, keyword)
            if keyword not in _FORMS:
                raise SchemaRefused(there, "is not a keyword that is known")
            why = _FORMS[keyword](value)
            if why is not None:
                raise SchemaRefused(there, why)
            if keyword == "$ref":
                _check_reference(there, schema, value)
            left += [((*there, *name), inner) for name, inner in _inner(keyword, value)]


def _check_reference(place: _Place, root: Any, reference: str) -> None:
    try:
        resolve(root, reference)
    except LookupError:
        raise SchemaRefused(place, "names nothing in this schema; others are not fetched") from None


def _inner(keyword: str, value: Any) -> Iterator[tuple[_Place, Any]]:
    """The schemas that stand in a keyword's value."""
    if keyword in _ONE and not isinstance(value, list):
        yield (), value
    elif keyword in _LISTS or keyword == "items":
        yield from (((number,), inner) for number, inner in enumerate(value))
    elif keyword in _MAPS:
        yield from (((name,), inner) for name, inner in value.items())


def _anything(value: Any) -> str | None:  # noqa: ARG001 - a form's signature
    return None


def _is(kind: type | tuple[type, ...], what: str) -> Callable[[Any], str | None]:
    return lambda value: None if isinstance(value, kind) else f"is not {what}"


def _count(value: Any) -> str | None:
    return None if is_number(value) and value >= 0 and value == int(value) else "is not a whole number from 0 on"


def _number(value: Any) -> str | None:
    return None if is_number(value) else "is not a number"


def _step(value: Any) -> str | None:
    return None if is_number(value) and value > 0 else "is not a number over 0"


def _names(value: Any) -> str | None:
    fits = isinstance(value, list) and all(isinstance(name, str) for name in value)
    return None if fits else "is not a list of names"


def _type(value: Any) -> str | None:
    names = [value] if isinstance(value, str) else value
    fits = isinstance(names, list) and names and all(isinstance(name, str) and name in _TYPES for name in names)
    return None if fits else f"is none of {', '.join(sorted(_TYPES))}"


def _pattern(value: Any) -> str | None:
    if not isinstance(value, str):
        return "is not a text"
    try:
        check_pattern(value)
    except PatternRefused as refusal:
        return str(refusal)
    return None


def _patterns(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "is not an object"
    return next((f"has a pattern that {why}" for name in value if (why := _pattern(name))), None)


def _format(value: Any) -> str | None:
    return None if isinstance(value, str) and value in FORMATS else f"is none of {', '.join(FORMATS)}"


def _dependent_names(value: Any) -> str | None:
    fits = isinstance(value, dict) and all(_names(names) is None for names in value.values())
    return None if fits else "is not an object of lists of names"


_some = _is(list, "a list")
_object = _is(dict, "an object")
_text = _is(str, "a text")
_flag = _is(bool, "true or false")


def _schemas(value: Any) -> str | None:
    return None if isinstance(value, list) and value else "is not a list with a schema in it"


_ONE = frozenset(
    {"not", "if", "then", "else", "items", "additionalItems", "contains", "additionalProperties", "propertyNames"}
)
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})

_FORMS: Mapping[str, Callable[[Any], str | None]] = {
    **dict.fromkeys(("title", "description", "$schema", "$id", "$comment"), _text),
    **dict.fromkeys(("default", "examples", "example", "const"), _anything),
    **dict.fromkeys(("readOnly", "writeOnly", "deprecated", "uniqueItems"), _flag),
    **dict.fromkeys(_ONE, _anything),
    **dict.fromkeys(_LISTS, _schemas),
    **dict.fromkeys(_MAPS, _object),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _number),
    **dict.fromkeys(
        (
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minContains",
            "maxContains",
            "minProperties",
            "maxProperties",
        ),
        _count,
    ),
    "$ref": _text,
    "type": _type,
    "enum": _some,
    "required": _names,
    "multipleOf": _step,
    "pattern": _pattern,
    "patternProperties": _patterns,
    "format": _format,
    "dependentRequired": _dependent_names,
}
