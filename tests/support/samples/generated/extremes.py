"""Values at and beyond the edges of what JSON, Python, DynamoDB and the calendar hold, for every field of every request
that the OpenAPI document describes."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
Schema = dict[str, Any]

_TEXTS = (
    "",
    "x",
    "9999-12-31T23:59:59-05:00",
    "9999-12-31T23:59:59.999999Z",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01",
    "9999-12-31",
    "1969-12-31T23:59:59Z",
    "NaN",
    "1e400",
    "9" * 39,
    "\u202e\u05d0\u0627 a",
    "a\u2028b\u2029c\u0085d",
    "\ufeff\ufffe\uffff",
    "\U0010ffff\U0001f468\u200d\U0001f469",
    "\x01\x1f\x7f",
    "\r\nset-cookie: a=b",
    "=1+1",
    "\uff1d1",
    "{{",
    "{{a}}",
    "../../x",
    "a#b/c",
    "x" * 300,
    "x" * 3_000,
)
TEXTS = (*(json.dumps(text) for text in _TEXTS), r'"\ud800"', r'"a\udc00b"', r'"\u0000"', r'"a\u0000b"')
NUMBERS = (
    "0",
    "-0",
    "-0.0",
    "-1",
    "1",
    "0.1",
    "9007199254740993",
    "-9007199254740993",
    "9223372036854775808",
    "1" * 38,
    "1" * 39,
    "1" * 5_000,
    "0." + "1" * 60,
    "1e38",
    "1e126",
    "1e-130",
    "5e-324",
    "1.7976931348623157e308",
    "1e400",
    "-1e400",
    "NaN",
    "Infinity",
    "-Infinity",
)
OTHERS = ("null", "true", "[]", "{}", '[""]', '{"": ""}', r'{"\ud800": 1}', '{"a": NaN}')
"""All of them as JSON text, which need not be what a writer of JSON would write."""

_PLACE = "@@the value@@"


@dataclass(frozen=True, slots=True)
class Field:
    path: Path
    """Where in a body it stands; of lists the first place, of maps one name."""
    schemas: tuple[Schema, ...]
    """What it may be."""
    of: tuple[str, Path]
    """The schema that has it, by name, and where: the same in every request that has one of that schema."""


def fields(document: Schema, name: str) -> Iterator[Field]:
    """All that a body of that schema may have."""
    found: dict[Path, Field] = {}
    for path, schema, of in _fields(
        document["components"]["schemas"], document["components"]["schemas"][name], (), (name,), ()
    ):
        there = found.get(path)
        found[path] = Field(path, (schema,) if there is None else (*there.schemas, schema), of)
    yield from found.values()


def _fields(
    known: Schema, schema: Schema, path: Path, within: tuple[str, ...], inner_path: Path
) -> Iterator[tuple[Path, Schema, tuple[str, Path]]]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in within:
            yield from _fields(known, known[name], path, (*within, name), ())
        return
    for form in (form for word in ("anyOf", "oneOf", "allOf") for form in schema.get(word, ())):
        yield from _fields(known, form, path, within, inner_path)
    below: list[tuple[str | int, Schema]] = list(schema.get("properties", {}).items())
    if schema.get("type") == "array":
        below.append((0, schema.get("items", {})))
    if schema.get("type") == "object" and schema.get("additionalProperties"):
        inner = schema["additionalProperties"]
        below.append(("x", inner if isinstance(inner, dict) else {}))
    for step, inner in below:
        yield from _fields(known, inner, (*path, step), within, (*inner_path, step))
    if path and "properties" not in schema:
        yield path, schema, (within[-1], inner_path)


def values(field: Field) -> list[str]:
    """What is tried in it, as JSON."""
    return list(dict.fromkeys(value for schema in field.schemas for value in _values(schema)))


def _values(schema: Schema) -> tuple[str, ...]:
    kind = schema.get("type")
    if kind == "string":
        longest = schema.get("maxLength")
        return TEXTS if longest is None else (*TEXTS, *(json.dumps("é" * (longest + more)) for more in (0, 1)))
    if kind in {"integer", "number"}:
        edges = (schema[word] for word in ("minimum", "maximum") if word in schema)
        return (*NUMBERS, *(str(edge + more) for edge in edges for more in (-1, 0, 1)))
    return OTHERS if kind in {"boolean", "null", "array", "object"} else (*OTHERS, *NUMBERS, *TEXTS)


def with_value(document: Schema, name: str, body: Any, path: Path, value: str) -> str:
    """The body as JSON text, with that value there. What the way leads through is made where it is not there."""
    body = copy.deepcopy(body)
    schemas = document["components"]["schemas"]
    forms = [schemas[name]]
    inner = body
    for step, after in zip(path, [*path[1:], None], strict=True):
        forms = [found for form in forms for found in _below(schemas, form, step)]
        there: Any = _PLACE if after is None else _way(schemas, forms, after)
        known = _there(inner, step)
        if after is None or not isinstance(known, type(there)):
            if isinstance(inner, list):
                inner[:] = [there]
            else:
                inner[step] = there
        inner = inner[step]
    return json.dumps(body).replace(json.dumps(_PLACE), value)


def _there(value: Any, step: Any) -> Any:
    return value.get(step) if isinstance(value, dict) else next(iter(value), None)


def _way(schemas: Schema, forms: list[Schema], after: str | int) -> Any:
    """What may have that place in it."""
    if isinstance(after, int):
        return []
    fitting = (_smallest(schemas, form) for form in forms if any(True for _ in _below(schemas, form, after)))
    return next((made for made in fitting if isinstance(made, dict)), {})


def _resolved(schemas: Schema, schema: Schema) -> Iterator[Schema]:
    """The forms that a value of the schema may have."""
    if "$ref" in schema:
        yield from _resolved(schemas, schemas[schema["$ref"].rpartition("/")[2]])
        return
    yield schema
    for form in (form for word in ("anyOf", "oneOf", "allOf") for form in schema.get(word, ())):
        yield from _resolved(schemas, form)


def _below(schemas: Schema, schema: Schema, step: str | int) -> Iterator[Schema]:
    for form in _resolved(schemas, schema):
        if isinstance(step, int):
            if "items" in form:
                yield form["items"]
        elif step in form.get("properties", {}):
            yield form["properties"][step]
        elif isinstance(form.get("additionalProperties"), dict):
            yield form["additionalProperties"]


def _smallest(schemas: Schema, schema: Schema, depth: int = 0) -> Any:
    """A value of the schema with what is required and nothing else, as far as that can be told."""
    forms = list(_resolved(schemas, schema))
    form = next((form for form in forms if "properties" in form or form.get("type") == "array"), forms[-1])
    for word in ("const", "default"):
        if word in form:
            return form[word]
    if "enum" in form:
        return form["enum"][0]
    kind = form.get("type")
    if kind == "array":
        return []
    if kind in {"integer", "number"}:
        return form.get("minimum", 1)
    if kind == "boolean":
        return False
    if kind == "object" or "properties" in form:
        required = form.get("required", ()) if depth < 6 else ()
        return {name: _smallest(schemas, form["properties"][name], depth + 1) for name in required}
    return "x"
