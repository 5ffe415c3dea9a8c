"""The spans that have come to a collector."""

import asyncio
from typing import Any

from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer

TRACES = "/v1/traces"


def spans_at(server: RunningServer, collector: FakeUpstream) -> list[dict[str, Any]]:
    """When all that the server had under way have come."""
    asyncio.run_coroutine_threadsafe(server.services.runs.rest(), server.loop).result(30)
    return [
        span
        for request in collector.requests
        if request.path == TRACES
        for resource in request.json["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    return {entry["key"]: next(iter(entry["value"].values())) for entry in span["attributes"]}
