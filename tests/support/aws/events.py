"""Server-sent events as a client of ours sees them."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: Any
    at: float
    """When it was read whole, `time.monotonic()`."""
    number: int | None = None
    """Its `id`."""


def read_events(response: httpx.Response) -> Iterator[Event]:
    """The events of a streamed answer, as they come. Written for our own framing: one `data` line an event."""
    buffer = b""
    for chunk in response.iter_raw():
        buffer += chunk
        while b"\n\n" in buffer:
            block, buffer = buffer.split(b"\n\n", 1)
            fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if not line.startswith(":"))
            if "data" in fields:
                number = int(fields["id"]) if "id" in fields else None
                yield Event(fields.get("event", "message"), json.loads(fields["data"]), time.monotonic(), number)
    assert buffer == b"", f"the stream ends within an event: {buffer!r}"


def post_for_events(client: httpx.Client, path: str, body: Any) -> tuple[httpx.Response, list[Event]]:
    """The whole stream of a POST."""
    with client.stream("POST", path, json=body) as response:
        if response.status_code != 200:
            response.read()
            return response, []
        return response, list(read_events(response))
