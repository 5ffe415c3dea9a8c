"""What the contract tests hold every answer to."""

import json
from typing import Any

import httpx
import pytest

from tests.support.servers.declared_answers import held_to_document

RUN = "/api/v1/playground/run"
PROVIDERS = "/v1/playground/providers"
KEY = {"provider": "openai", "origin": "https://x", "last_four": None, "updated_at": "2026-11-21T10:30:00.000Z"}
ENTRY: dict[str, Any] = {
    "run_id": "r",
    "at": "2026-11-21T10:30:00.000Z",
    "key": None,
    "endpoint": "playground/run",
    "provider": "demo",
    "model": "echo",
    "input_tokens": 1,
    "output_tokens": 1,
    "cached_tokens": None,
    "cost_usd": 0.1,
    "platform_units": 1,
    "source": "reported",
    "estimated_tokens": 2,
    "text_units": None,
    "estimated_cost_usd": None,
    "price_date": "2026-11-21",
}
ERROR = {"detail": "No", "error": {"code": "not_found", "message": "No", "retryable": False, "request_id": "1"}}
FAILED = {"error": {"code": "deadline", "message": "Late", "retryable": True}, "id": "r"}
JSON, EVENTS, LINES = "application/json", "text/event-stream", "application/x-ndjson"


async def mistakes(method: str, path: str, status: int, media_type: str, body: str) -> str:
    """What is found wrong with such an answer."""

    async def app(_: Any, __: Any, send: Any) -> None:
        headers = [(b"content-type", f"{media_type}; charset=utf-8".encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for half in (body[:9], body[9:]):
            await send({"type": "http.response.body", "body": half.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    try:
        with held_to_document() as watch:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(watch.around(app))) as client:
                await client.request(method, f"http://test{path}")
    except AssertionError as error:
        return str(error)
    return ""


AS_DECLARED: Any = [
    ("GET", PROVIDERS, 200, JSON, json.dumps({"providers": []})),
    ("GET", PROVIDERS, 503, JSON, json.dumps(ERROR)),
    ("GET", "/nowhere", 404, JSON, json.dumps(ERROR)),
    ("PUT", "/api/v1/provider-keys/openai", 200, JSON, json.dumps(KEY)),
    ("DELETE", "/api/v1/provider-keys/openai", 204, "", ""),
    ("DELETE", "/api/v2/genai/playgrounds/x", 204, "", ""),
    ("GET", "/api/v1/usage/ledger?format=jsonl", 200, LINES, json.dumps(ENTRY) + "\n" + json.dumps(ENTRY) + "\n"),
    ("GET", "/docs", 200, "text/html", "<p>"),
    (
        "POST",
        RUN,
        200,
        EVENTS,
        f'data: {{"content": "a"}}\n\n: keep-alive\n\nevent: error\ndata: {json.dumps(FAILED)}\n\n',
    ),
    ("POST", RUN, 200, EVENTS, 'data: {"content": "a"}\n\ndata: {"con'),
]


async def test_what_is_as_declared_passes(subtests: pytest.Subtests) -> None:
    for answer in AS_DECLARED:
        with subtests.test(answer):
            assert await mistakes(*answer) == ""


OTHERWISE: Any = [
    ("GET", PROVIDERS, 200, JSON, json.dumps({"providers": [], "more": 1}), "'more' was unexpected"),
    ("GET", PROVIDERS, 200, JSON, json.dumps({"providers": "none"}), "providers: "),
    ("GET", PROVIDERS, 200, JSON, json.dumps({}), '"providers" is a required property'),
    ("GET", PROVIDERS, 201, JSON, json.dumps({"providers": []}), "the status 201 is not declared"),
    ("GET", PROVIDERS, 200, "text/csv", "a,b", "the media type text/csv is not declared"),
    ("GET", PROVIDERS, 404, JSON, json.dumps({"detail": "No"}), '"error" is a required property'),
    ("GET", "/nowhere", 404, JSON, json.dumps({"detail": "No"}), '"error" is a required property'),
    ("PUT", "/api/v1/provider-keys/x", 200, JSON, json.dumps(KEY | {"updated_at": "yesterday"}), "date-time"),
    ("PUT", "/api/v1/provider-keys/x", 200, JSON, json.dumps(KEY | {"origin": None}), "origin: "),
    ("GET", "/api/v1/usage/ledger", 200, LINES, json.dumps(ENTRY | {"key": 1}) + "\n", "key: "),
    ("POST", RUN, 200, EVENTS, 'data: {"content": "a", "more": 1}\n\n', "not valid"),
    ("POST", RUN, 200, EVENTS, 'event: surprise\ndata: {"content": "a"}\n\n', "not valid"),
    ("POST", RUN, 200, EVENTS, f"event: error\ndata: {json.dumps(FAILED | {'id': None})}\n\n", "not valid"),
    ("POST", RUN, 200, EVENTS, 'event: done\ndata: {"done": true}\n\n', "not valid"),
]


async def test_what_is_not_as_declared_is_found(subtests: pytest.Subtests) -> None:
    for *answer, mistake in OTHERWISE:
        with subtests.test(answer):
            assert mistake in await mistakes(*answer)
