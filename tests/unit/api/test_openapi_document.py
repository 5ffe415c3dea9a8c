"""What the OpenAPI document may not say, whatever the routes: it is what clients are generated from."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from scripts import make_openapi

Place = tuple[str, ...]
DATES = re.compile(r"(^|_)(at|until|date)$|Date$|^day$")


@cache
def document() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(make_openapi.text())
    return parsed


def everything(value: Any, place: Place = ()) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Every object in it, with its place."""
    if isinstance(value, dict):
        yield place, value
        for name, inner in value.items():
            yield from everything(inner, (*place, name))
    elif isinstance(value, list):
        for inner in value:
            yield from everything(inner, place)


def schemas_of(value: Any, seen: set[str]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Every object in it, and in the schemas that it refers to."""
    for place, found in everything(value):
        yield place, found
        reference = found.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            seen.add(reference)
            yield from schemas_of(referred(reference), seen)


def referred(reference: str) -> Any:
    found: Any = document()
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def test_everything_that_is_referred_to_is_there() -> None:
    references = [found["$ref"] for _, found in everything(document()) if isinstance(found.get("$ref"), str)]
    assert references
    for reference in references:
        assert referred(reference)


def test_a_change_has_no_defaults(subtests: pytest.Subtests) -> None:
    """A client that was generated sends the defaults of what it was not told. What stands inside of a field is sent as
    a whole, with the defaults that it has."""
    for path, methods in document()["paths"].items():
        if "patch" not in methods:
            continue
        with subtests.test(path):
            schema = methods["patch"]["requestBody"]["content"]["application/json"]["schema"]
            fields = referred(schema["$ref"])["properties"]
            assert [name for name, field in fields.items() if "default" in field] == []


def test_defaults_are_what_they_are_the_defaults_of() -> None:
    """One outside its own enumeration, or shorter than its least length, makes generators give up the whole schema."""
    components = document()["components"]
    wrong = []
    for place, schema in everything(document()):
        if "default" in schema and place[-1] != "responses":
            validator = jsonschema_rs.Draft202012Validator({**schema, "components": components})
            wrong += [place] * (not validator.is_valid(schema["default"]))
    assert wrong == []


def test_dates_have_their_format() -> None:
    for name, schema in document()["components"]["schemas"].items():
        for field, declared in schema.get("properties", {}).items():
            if DATES.search(field) and name != "OpenAIResponse":  # whose moments are seconds since 1970
                kinds = {kind.get("format", kind.get("type")) for kind in declared.get("anyOf", [declared])}
                assert kinds - {"null"} <= {"date-time", "date"}, (name, field)


MESSAGE_EVENTS = (
    *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
    *("message_delta", "message_stop", "error"),
)


def test_streams_say_what_their_events_hold() -> None:
    streams = {
        path: methods["post"]["responses"]["200"]["content"]["text/event-stream"]
        for path, methods in document()["paths"].items()
        if "text/event-stream" in methods.get("post", {}).get("responses", {}).get("200", {}).get("content", {})
    }
    assert streams
    for path, stream in streams.items():
        names = {kind["properties"].get("event", {}).get("pattern") for kind in stream["itemSchema"]["oneOf"]}
        of_clients = {
            "/v1/chat/completions": {None},
            "/v1/responses": {"^response[.].+$"},
            "/v1/messages": {f"^{name}$" for name in MESSAGE_EVENTS},
        }
        assert names in (
            of_clients.get(path),
            {None, "^reasoning$", "^tool_call$", "^done$", "^error$"},
            {f"^{name}:[0-9]+$" for name in ("chunk", "reasoning", "tool_call", "done", "error")} | {"^end$"},
        )
