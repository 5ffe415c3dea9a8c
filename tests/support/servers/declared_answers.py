"""Holds every answer to what the OpenAPI document says of it: JSON, JSON Lines and the events of streams, with no field
that is not declared."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NoReturn

import jsonschema_rs
from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.local import create_local_app
from promptyard.api.app import SLASHED
from promptyard_local import backup

JSON, LINES, EVENTS = "application/json", "application/x-ndjson", "text/event-stream"
PIECES = {LINES: b"\n", EVENTS: b"\n\n"}
"""What stands at the end of each piece, in the media types that come in pieces."""
ERROR = {JSON: {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
"""What is answered where there is no route."""
UNDESCRIBED_METHODS = frozenset({"HEAD", "OPTIONS"})

Schema = Mapping[str, Any]


@contextmanager
def held_to_document() -> Iterator["Watch"]:
    """Fails at its end when an app that was watched has answered otherwise than it says it does."""
    watch = Watch()
    yield watch
    assert not watch.mistakes, "\n".join(["answers that are not as /openapi.json declares them:", *watch.mistakes])


class Watch:
    """What was wrong with the answers of the apps that it was put around."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def around(self, app: ASGIApp) -> ASGIApp:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] in UNDESCRIBED_METHODS:
                await app(scope, receive, send)
                return
            answer = _Answer(scope["method"], scope["path"], send)
            try:
                await app(scope, receive, answer.send)
            finally:
                self.mistakes += answer.mistakes

        return watched


class _Answer:
    """One answer, looked at while it is sent. Of one that breaks off, what came whole is looked at."""

    def __init__(self, method: str, path: str, send: Send) -> None:
        self.mistakes: list[str] = []
        self._request = (method, path)
        self._send = send
        self._schema: Schema | None = None
        self._ends = b""
        self._unread = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            media_type = Headers(raw=message["headers"]).get("content-type", "").partition(";")[0]
            self._ends = PIECES.get(media_type, b"")
            self._begin(message["status"], media_type)
        elif self._schema is not None:
            self._read(message.get("body", b""), whole=not message.get("more_body", False))
        await self._send(message)

    def _begin(self, status: int, media_type: str) -> None:
        route = _route(*self._request)
        if self._request[1] == backup.PATH or (route is not None and not route.include_in_schema):
            return  # the local server's own, or the page's: in no document
        content = ERROR if route is None else _description().content(self._request[0], route.path_format, status)
        if content is None:
            self._note(f"the status {status} is not declared")
        elif media_type in content:
            self._schema = content[media_type].get("schema" if media_type == JSON else "itemSchema")
        elif content or media_type:
            self._note(f"the media type {media_type or 'none'} is not declared")

    def _read(self, body: bytes, *, whole: bool) -> None:
        self._unread += body
        if self._ends:
            *pieces, self._unread = self._unread.split(self._ends)
        else:
            pieces = [self._unread] if whole else []
        for piece in pieces:
            value = _event(piece) if self._ends == PIECES[EVENTS] else json.loads(piece)
            if value is not None and self._schema is not None:
                self._note(*_description().mistakes(self._schema, value))

    def _note(self, *mistakes: str) -> None:
        self.mistakes += (f"{' '.join(self._request)}: {mistake}" for mistake in mistakes)


class Description:
    """An OpenAPI document, as what answers are held to. Its schemas are compiled when they are first needed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._paths: Mapping[str, Any] = document["paths"]
        self._components = _closed(document["components"])
        self._validators: dict[str, Any] = {}

    def content(self, method: str, path: str, status: int) -> Mapping[str, Any] | None:
        """What the route answers with that status, by media type; None where the status is not declared."""
        responses = self._paths[path][method.lower()]["responses"]
        declared = responses.get(str(status)) or (responses["default"] if status >= 400 else None)
        return None if declared is None else declared.get("content", {})

    def mistakes(self, schema: Schema, value: Any) -> list[str]:
        key = json.dumps(schema)
        if key not in self._validators:
            whole = {**_closed(schema), "components": self._components}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        errors = self._validators[key].iter_errors(value)
        return [f"{'.'.join(map(str, error.instance_path))}: {error.message[:500]}" for error in errors]


def _event(block: bytes) -> dict[str, Any] | None:
    """An event with its fields, and its data as the JSON that it is; None for a comment."""
    fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if not line.startswith(":"))
    return {**fields, "data": _data(fields["data"])} if fields else None


def _data(text: str) -> Any:
    """OpenAI ends its streams with a word that is no JSON."""
    return text if text == "[DONE]" else json.loads(text)


def _closed(schema: Any) -> Any:
    """With objects that have the declared fields and no others; and what is JSON in a text as itself."""
    if isinstance(schema, list):
        return [_closed(entry) for entry in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "contentSchema" in schema:
        return _closed(schema["contentSchema"])
    closed = {name: _closed(value) for name, value in schema.items()}
    return {"additionalProperties": False, **closed} if isinstance(schema.get("properties"), Mapping) else closed


def _route(method: str, path: str) -> Any:
    whole = f"{path}/" if path.startswith(SLASHED) and not path.endswith("/") else path
    scope = {"type": "http", "method": method, "path": whole, "root_path": "", "headers": []}
    return next((route for route in _routes() if route.matches(scope)[0] is Match.FULL), None)


@cache
def _description() -> Description:
    return Description(create_local_app(_never).openapi())


@cache
def _routes() -> tuple[BaseRoute, ...]:
    return tuple(create_local_app(_never).routes)


def _never() -> NoReturn:
    raise AssertionError("a description needs no services")
