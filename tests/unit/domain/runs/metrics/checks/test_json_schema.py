import time
from contextlib import suppress
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.runs.metrics.checks.json_schema import SchemaTooCostly, conforms
from promptyard.domain.runs.metrics.checks.schema_forms import SchemaRefused, check_schema

NAMES = st.sampled_from(["a", "b", "ab", "x-1"])
SCALARS = st.none() | st.booleans() | st.integers(-4, 9) | st.sampled_from([0.5, 1.0, 2.5]) | st.text("ab1", max_size=4)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
COUNTS = st.integers(0, 3)
TYPES = st.sampled_from(["object", "array", "string", "number", "integer", "boolean", "null"])


def schemas() -> st.SearchStrategy[Any]:
    return st.recursive(st.booleans() | plain({}), lambda inner: st.one_of(plain(nested(inner)), inner), max_leaves=8)


def plain(more: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
        "const": SCALARS,
        "enum": st.lists(VALUES, min_size=1, max_size=3, unique_by=repr),
        "minimum": st.integers(-2, 5),
        "maximum": st.integers(-2, 5),
        "exclusiveMinimum": st.integers(-2, 5),
        "exclusiveMaximum": st.integers(-2, 5),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minLength": COUNTS,
        "maxLength": COUNTS,
        "pattern": st.sampled_from(["^a", "b$", "1+", "[ab]{2}"]),
        "minItems": COUNTS,
        "maxItems": COUNTS,
        "uniqueItems": st.booleans(),
        "minProperties": COUNTS,
        "maxProperties": COUNTS,
        "required": st.lists(NAMES, max_size=2, unique=True),
        "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=2),
    }
    return st.fixed_dictionaries({}, optional=keywords | more)


def nested(inner: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    some = st.lists(inner, min_size=1, max_size=2)
    return {
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), some),
        **dict.fromkeys(
            ("not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames"), inner
        ),
        **dict.fromkeys(("properties", "dependentSchemas"), st.dictionaries(NAMES, inner, max_size=2)),
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b", "-"]), inner, max_size=2),
        "minContains": COUNTS,
        "maxContains": COUNTS,
    }


@settings(max_examples=250)
@given(schema=schemas(), value=VALUES)
def test_what_another_validator_lets_through_is_let_through(schema: Any, value: Any) -> None:
    check_schema(schema)
    assert conforms(schema, value) is jsonschema_rs.validator_for(schema).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}}, "x", True),
        (
            {"$ref": "#/$defs/list", "$defs": {"list": {"items": {"$ref": "#/$defs/list"}, "type": "array"}}},
            [[[]]],
            True,
        ),
        (
            {"$ref": "#/$defs/list", "$defs": {"list": {"items": {"$ref": "#/$defs/list"}, "type": "array"}}},
            [[1]],
            False,
        ),
        ({"items": [{"type": "string"}], "additionalItems": False}, ["a"], True),
        ({"items": [{"type": "string"}], "additionalItems": False}, ["a", "b"], False),
        ({"format": "date"}, "2024-02-30", False),
        ({"format": "date"}, "2024-02-29", True),
        ({"format": "date-time"}, "2024-02-29T23:59:59.5+02:00", True),
        ({"format": "email"}, "a.b@example.org", True),
        ({"format": "email"}, "a..b@example.org", False),
        ({"format": "uuid"}, "123e4567-e89b-12d3-a456-426614174000", True),
        ({"format": "ipv4"}, "256.0.0.1", False),
        ({"format": "ipv6"}, "::1", True),
        ({"format": "uri"}, "https://example.org/a?b=c", True),
        ({"format": "uri"}, "example", False),
    ],
)
def test_references_and_formats(schema: Any, value: Any, fits: bool) -> None:
    check_schema(schema)
    assert conforms(schema, value) is fits


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"properties": {"a": {"typ": "string"}}}, "properties/a/typ is not a keyword"),
        ({"type": "text"}, "type is none of"),
        ({"$ref": "https://example.org/schema"}, "others are not fetched"),
        ({"$ref": "#/$defs/missing"}, "names nothing"),
        ({"pattern": "(?=a)"}, "look-around"),
        ({"patternProperties": {"(": True}}, "unclosed group"),
        ({"format": "credit-card"}, "format is none of"),
        ({"exclusiveMinimum": True, "minimum": 1}, "exclusiveMinimum is not a number"),
        ({"anyOf": [{"required": "a"}]}, "anyOf/0/required is not a list of names"),
        (["a"], "the schema is neither"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_its_place(schema: Any, why: str) -> None:
    with pytest.raises(SchemaRefused, match=why):
        check_schema(schema)


def test_a_schema_that_leads_back_to_itself_or_doubles_ends() -> None:
    loop = {"$ref": "#"}
    doubling = {
        "$ref": "#/$defs/0",
        "$defs": {
            str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}, {"$ref": f"#/$defs/{n + 1}"}]} if n < 40 else {}
            for n in range(41)
        },
    }
    for schema in (loop, doubling):
        check_schema(schema)
        with pytest.raises(SchemaTooCostly):
            conforms(schema, 1)


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"pattern": f"a[ab]{{{400 + number % 90}}}c"} for number in range(500)]},
        {"enum": ["a" * 40] * 1_000 + ["b"]},
        {"allOf": [{"const": "a"} for _ in range(1_500)]},
        {"allOf": [{"not": {"enum": ["a"]}} for _ in range(900)]},
    ],
)
def test_a_schema_that_asks_much_of_a_long_text_ends(schema: Any) -> None:
    check_schema(schema)
    began = time.process_time()
    with suppress(SchemaTooCostly):
        conforms(schema, "ab" * 50_000)
    assert time.process_time() - began < 20
