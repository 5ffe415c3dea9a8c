"""What the OpenAPI document says of its fields and parameters. `test_make_openapi` holds the file to the routes."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel, Field

from functions import field_words
from functions.field_words import BORROWED, PATH_PARAMETERS, words_of
from functions.local import ROUTERS
from scripts import make_openapi

DOCUMENT: Mapping[str, Any] = json.loads(make_openapi.FILE.read_text())
SCHEMAS: Mapping[str, Any] = DOCUMENT["components"]["schemas"]
assert ROUTERS, "their import brings all models"
MODELS = field_words._models()

UNITS = {
    "_ms": "milliseconds",
    "_seconds": "seconds",
    "seconds_left": "seconds",
    "cost_usd": "US dollars",
    "budget_usd": "US dollars",
    "estimate_usd": "US dollars",
    "costusd": "US dollars",
    "per_mtok": "US dollars per million tokens",
    "_tokens": "tokens",
    "_percent": "percent",
    "_days": "days",
    "bytes": "bytes",
}
"""What a number's description has to say, by the end of its name."""


def properties(value: Any, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every property of the document, with its place; those of schemas that stand inside of others as well."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "properties" and not place.endswith("/properties"):
                yield from ((f"{place}/{field}", schema) for field, schema in inner.items())
            if name != "examples":
                yield from properties(inner, f"{place}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from properties(inner, f"{place}/{number}")


PROPERTIES = list(properties(DOCUMENT))
PARAMETERS = [
    (f"{method} {path} {parameter['name']}", parameter)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    for parameter in operation.get("parameters", ())
]


def test_every_property_and_parameter_has_a_description() -> None:
    assert len(PROPERTIES) > 1_500
    assert len(PARAMETERS) > 200
    assert [place for place, told in PROPERTIES + PARAMETERS if not told.get("description", "").strip()] == []


def test_what_may_be_null_in_an_answer_says_what_that_means() -> None:
    silent = [
        f"{name}.{field}"
        for name in answered()
        for field, schema in SCHEMAS[name].get("properties", {}).items()
        if {"type": "null"} in schema.get("anyOf", [schema]) and "null" not in schema["description"].lower()
    ]
    assert silent == []


def answered() -> set[str]:
    """The schemas of answers that no request has."""
    operations = [operation for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    asked = referred([operation.get("requestBody") for operation in operations])
    return referred([operation["responses"] for operation in operations]) - asked


def referred(value: Any) -> set[str]:
    found: set[str] = set()
    new = set(names(value))
    while new:
        found |= new
        new = {inner for name in new for inner in names(SCHEMAS[name])} - found
    return found


def names(value: Any) -> Iterator[str]:
    return (each.rpartition("/")[2] for each in re.findall(r'"#/components/schemas/[^"]+(?=")', json.dumps(value)))


def test_numbers_say_their_unit() -> None:
    silent = [
        place
        for place, schema in PROPERTIES
        for end, unit in UNITS.items()
        if place.lower().endswith(end) and is_number(schema) and unit.lower() not in schema["description"].lower()
    ]
    assert silent == []


TECHNICAL = 10**9
"""A bound from here on is there for the store, and nobody comes near it."""


def test_bounds_are_told() -> None:
    silent = [
        (place, bound)
        for place, told in PROPERTIES + PARAMETERS
        for bound in bounds(told.get("schema", told))
        if f"{bound:,}".replace("-", "−") not in told["description"]
    ]
    assert silent == []


def bounds(schema: Mapping[str, Any]) -> Iterator[int]:
    """Of a number, and of how many things a list holds."""
    for kind in schema.get("anyOf", [schema]):
        names = ("minimum", "maximum", "exclusiveMinimum", "maxItems") if "prefixItems" not in kind else ()
        yield from (int(kind[name]) for name in names if name in kind and abs(kind[name]) < TECHNICAL)


def is_number(schema: Mapping[str, Any]) -> bool:
    return any(kind.get("type") in {"integer", "number"} for kind in schema.get("anyOf", [schema]))


@pytest.mark.parametrize(("model", "lender"), [(name, lender) for name, lent in BORROWED.items() for lender in lent])
def test_words_are_borrowed_where_they_are_needed(model: str, lender: str, monkeypatch: pytest.MonkeyPatch) -> None:
    borrower = MODELS[model]
    told = words_of(borrower)
    rest = tuple(other for other in BORROWED[model] if other != lender)
    monkeypatch.setattr(field_words, "BORROWED", {**BORROWED, model: rest})
    fields = {field.alias or name for name, field in field_words._fields(borrower).items()}
    assert {name for name in fields & told.keys() if words_of(borrower).get(name) != told[name]}


def test_path_parameters_are_told_of_that_are_there() -> None:
    there = {parameter["name"] for _, parameter in PARAMETERS if parameter["in"] == "path"}
    assert set(PATH_PARAMETERS) <= there


class Told(BaseModel):
    length: int | None = None
    """Its length in metres.
    None: not known, None."""
    width: int = Field(1, alias="breadth")
    """Its width."""
    silent: int = 0


class ToldAgain(Told):
    length: int | None = None
    """Another length."""


def test_words_are_the_docstrings_under_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(field_words, "PACKAGES", (*field_words.PACKAGES, __name__.partition(".")[0]))
    assert words_of(Told) == {"length": "Its length in metres. Null: not known, null.", "breadth": "Its width."}
    assert words_of(ToldAgain) == {"length": "Another length.", "breadth": "Its width."}
