"""How the OpenAPI document tells of answers that a route makes itself: JSON with headers of its own, and what comes in
pieces. OpenAPI 3.2's `itemSchema` is of one piece: a line, or an event as its fields, of which `data` is JSON.

FastAPI tells by itself of the models that routes return, and makes a serializer for each of those routes.
"""

from collections.abc import Mapping
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

ResponseDescriptions = dict[int | str, dict[str, Any]]
"""What FastAPI takes as a route's `responses`."""

DATA = {"type": "string", "contentMediaType": "application/json", "description": "The event's content, as JSON."}
"""What an event of a stream holds, beside the schema of it."""

_REFERENCE = "#/components/schemas/{model}"
_described: dict[str, type[BaseModel]] = {}


def json_answer(model: type[BaseModel]) -> ResponseDescriptions:
    return {200: {"content": {"application/json": json_of_model(model)}}}


def json_of_model(model: type[BaseModel]) -> dict[str, Any]:
    return {"schema": _reference(model)}


def json_lines_of(model: type[BaseModel]) -> dict[str, Any]:
    return {"itemSchema": _reference(model)}


def json_or_stream(
    description: str, answer: type[BaseModel], events: Mapping[str, type[BaseModel]]
) -> ResponseDescriptions:
    """What is answered without and with `stream`, whose events are described as in `stream_of`."""
    [described] = stream_of(description, events).values()
    content = {"application/json": json_of_model(answer), **described["content"]}
    return {200: {**described, "content": content}}


def stream_of(description: str, events: Mapping[str, type[BaseModel]]) -> ResponseDescriptions:
    """What the events' `data` is, by patterns of their names; the empty pattern is of events that have none."""
    stream = {"itemSchema": {"oneOf": [_event(pattern, data) for pattern, data in events.items()]}}
    return {200: {"content": {"text/event-stream": stream}, "description": description}}


def _event(pattern: str, data: type[BaseModel]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "data": {**DATA, "contentSchema": _reference(data)},
        "id": {"type": "string", "description": "The event's number, by which the stream is resumed, where it can be."},
    }
    named = {"description": "The event's name."}
    if not pattern:
        fields["event"] = {"const": "message", **named}  # what readers of streams take an event for that has none
        return {"type": "object", "properties": fields, "required": ["data"]}
    fields["event"] = {"type": "string", "pattern": f"^{pattern}$", **named}
    return {"type": "object", "properties": fields, "required": ["event", "data"]}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    _described[model.__name__] = model
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def add_described(app: FastAPI) -> None:
    """To the app's OpenAPI document: the schemas of the models that are described here."""

    def with_described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schemas = FastAPI.openapi(app)["components"]["schemas"]
            schemas.update({name: schema for name, schema in _schemas().items() if name not in schemas})
        return FastAPI.openapi(app)

    app.openapi = with_described  # type: ignore[method-assign]  # as FastAPI's guide to extending OpenAPI does


def _schemas() -> dict[str, Any]:
    models: list[tuple[type[BaseModel], Literal["serialization"]]] = [
        (model, "serialization") for model in _described.values()
    ]
    _, schema = models_json_schema(models, by_alias=True, ref_template=_REFERENCE)
    return dict(schema["$defs"])
