"""What no request may be taken for, whatever the route: one type for another."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from functions.local import ROUTERS
from promptyard.api.requests import WireRequest, _types_of

assert ROUTERS  # their schemas are imported with them
NUMBERS = {int, float, Decimal}


def requests(base: type[WireRequest] = WireRequest) -> Iterator[type[WireRequest]]:
    for model in base.__subclasses__():
        if model.__module__.startswith(("functions.", "promptyard.")):
            yield model
            yield from requests(model)


def fields_of(kinds: set[Any]) -> list[tuple[type[WireRequest], str]]:
    """Those that are of one of these types, and not also true or false."""
    return [
        (model, name)
        for model in sorted(set(requests()), key=lambda model: model.__qualname__)
        for name in model.model_fields
        if _types_of(model, name) & kinds and (kinds == {bool} or bool not in _types_of(model, name))
    ]


def mistakes(model: type[WireRequest], name: str, value: Any) -> list[str]:
    """What is said of that field, of a body that has it alone."""
    wire_name = model.model_fields[name].alias or name
    try:
        TypeAdapter(model).validate_python({wire_name: value})
    except ValidationError as error:
        return [entry["msg"] for entry in error.errors() if entry["loc"][:1] in {(name,), (wire_name,)}]
    return []


def test_no_number_and_no_other_word_is_true_or_false() -> None:
    flags = [(model, name) for model, name in fields_of({bool}) if _types_of(model, name) == {bool}]
    assert len(flags) > 20
    for model, name in flags:
        for value in (0, 1, 1.0, "1", "0", "yes", "off", "t", "", []):
            assert "Value error, this is true or false" in mistakes(model, name, value), (model, name, value)
        for value in (True, False, "true", "False", None):
            assert mistakes(model, name, value) == [], (model, name, value)


def test_no_number_is_true_or_false() -> None:
    numbers = fields_of(NUMBERS)
    assert len(numbers) > 50
    for model, name in numbers:
        assert mistakes(model, name, True), (model, name)


def test_no_number_is_a_moment() -> None:
    moments = fields_of({datetime})
    assert len(moments) >= 4
    for model, name in moments:
        for value in (0, 1_700_000_000, 0.5, "0.5", "1700000000", "-1", "20261121", "now"):
            assert mistakes(model, name, value), (model, name, value)
        for value in ("2026-11-21", "2026-11-21T10:30:00Z", "2026-11-21 10:30:00.5+02:00"):
            assert mistakes(model, name, value) == [], (model, name, value)


@pytest.mark.parametrize("value", [None, 7, "x", [None]])
def test_what_is_left_is_pydantics(value: Any) -> None:
    class Plain(WireRequest):
        anything: Any = None
        numbers: list[bool] = []  # noqa: RUF012
        union: bool | int = 0

    assert Plain(anything=value).anything == value
    assert Plain(union=True).union is True
    assert Plain(union=7).union == 7
